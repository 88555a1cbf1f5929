"""Where the time of a gap and of a ring goes, on the wire: `python -m bench.stages`.

One capture of SIP, AMI and AGI (loopback, by the kernel's clock). A stage ends with the first packet of its kind:

- of a gap (an agent's BYE to the next INVITE to them): `told` AMI tells of the hangup; `decided` the line writes the
  next caller's `EXEC Dial`; `invite` Asterisk sends the INVITE;
- of a ring (the line's 200 OK to the INVITE): `agi` the caller's AGI connection sends its environment; `decided` and
  `invite` as above.

What lies between `told` or `agi` and `decided` is the line's, all else is Asterisk's. `tcp` is when the kernel gave
the packet to loopback, so a process that is late to read is counted to the stage that waits for it.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.capture import Capture, tshark_fields
from bench.compare import FULL, Comparison
from bench.side import COZUM, Side
from bench.statistics import quantile
from phones import Caller

GAP_STAGES, RING_STAGES = ("told", "decided", "invite"), ("agi", "decided", "invite")


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of the three protocols. SIP fields as in `bench.capture.Sip`; `text` is what TCP carried."""

    at: float
    source: int
    target: int
    method: str
    status: int
    cseq: str
    user: str
    text: bytes


def read(path: Path, sip_port: int) -> list[Packet]:
    """All packets, in order."""
    fields = ("frame.time_epoch", "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport", "sip.Method",
              "sip.Status-Code", "sip.CSeq.method", "sip.r-uri.user", "tcp.payload")  # fmt: skip
    rows = tshark_fields(path, [f"udp.port=={sip_port},sip"], "(sip and not icmp) or tcp.len > 0", fields)
    return [
        Packet(
            float(row[0]), int(row[1] or row[3]), int(row[2] or row[4]), row[5], int(row[6] or 0), row[7], row[8],
            bytes.fromhex(row[9].replace(":", "")),
        )
        for row in rows
    ]  # fmt: skip


def _first(packets: Iterator[Packet], wanted: Callable[[Packet], bool]) -> Packet | None:
    return next((packet for packet in packets if wanted(packet)), None)


def gaps(packets: list[Packet], agent_port: int, ami_port: int, agi_port: int) -> list[list[float]]:
    """By gap, the milliseconds at which each of `GAP_STAGES` ended."""
    found: list[list[float]] = []
    for n, packet in enumerate(packets):
        if packet.method != "BYE" or packet.source != agent_port:
            continue
        later = iter(packets[n:])
        ends = [
            _first(later, lambda p: p.source == ami_port and b"HangupRequest" in p.text),
            _first(later, lambda p: p.source == agi_port and b"EXEC Dial" in p.text),
            _first(later, lambda p: p.method == "INVITE" and p.target == agent_port),
        ]
        _note(found, packet, ends)
    return found


def rings(packets: list[Packet], caller_port: int, agent_port: int, agi_port: int) -> list[list[float]]:
    """By ring, the milliseconds at which each of `RING_STAGES` ended."""
    found: list[list[float]] = []
    for n, packet in enumerate(packets):
        if packet.status != 200 or packet.cseq != "INVITE" or packet.target != caller_port:
            continue
        later = iter(packets[n:])
        ends = [
            _first(later, lambda p: p.target == agi_port and b"agi_uniqueid" in p.text),
            _first(later, lambda p: p.source == agi_port and b"EXEC Dial" in p.text),
            _first(later, lambda p: p.method == "INVITE" and p.target == agent_port),
        ]
        _note(found, packet, ends)
    return found


def _note(found: list[list[float]], begin: Packet, ends: list[Packet | None]) -> None:
    """Add the milliseconds from `begin` to each end, where all of them came and in time."""
    times = [(end.at - begin.at) * 1000 for end in ends if end is not None]
    if len(times) == len(ends) and times[-1] < 50:
        found.append(times)


class Staged(Comparison):
    """The gap and ring phases of the comparison, captured with AMI and AGI."""

    def measure(self) -> dict[str, list[list[float]]]:
        """Milliseconds at which the stages ended, by gap and by ring."""
        ami, agi = (int(str(self.side.settings[key])) for key in ("ami_port", "fastagi_port"))
        ports = f"udp port {self._sip} or tcp port {ami} or tcp port {agi}"
        self._take_the_line("cozum")
        path = self.folder / "ring.pcapng"
        with self._crew("cozum", "ring", 10) as (phones, agents), Capture(path, ports):
            callers = phones.call(Caller(), count=self.plan.ring_calls, rate=self.plan.ring_rate, dialled=COZUM)
            callers.wait(self.plan.ring_calls / self.plan.ring_rate + 30)
        found = {"ring": rings(read(path, self._sip), callers.sip_port, agents.sip_port, agi)}
        path = self.folder / "gap.pcapng"
        with self._crew("cozum", "gap", 5) as (phones, agents), Capture(path, ports):
            callers = phones.call(Caller(), count=self.plan.gap_calls, rate=20, dialled=COZUM)
            callers.wait(self.plan.gap_calls * (self.plan.gap_talk_s + 2) / 5 + 30)
        found["gap"] = gaps(read(path, self._sip), agents.sip_port, ami, agi)
        self.side.retire()
        return found


def main() -> int:
    """The command."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory(prefix="cozum-stages-") as temporary:
        folder = Path(temporary)
        with Side(folder / "side", agents=10, wrapup_s=0) as side:
            found = Staged(side, folder / "stages", FULL, print).measure()
    for name, stages in (("ring", RING_STAGES), ("gap", GAP_STAGES)):
        print(
            f"{name}, {len(found[name])} of them, ms at the median (p95) after its begin, and since the stage before:"
        )
        before = [0.0] * len(found[name])
        for n, stage in enumerate(stages):
            ends = [times[n] for times in found[name]]
            own = [end - begin for end, begin in zip(ends, before, strict=True)]
            print(f"  {stage:8} {quantile(ends, 0.5):6.2f} ({quantile(ends, 0.95):5.2f})   +{quantile(own, 0.5):.2f}")
            before = ends
    return 0


if __name__ == "__main__":
    sys.exit(main())
