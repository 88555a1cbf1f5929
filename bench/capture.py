"""What went over the wire, from a capture: when it was sent, by the kernel's clock, whatever the phones were busy with.

Needs tshark, and the right to capture (root, or dumpcap's own).
"""

import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

START_S = 60.0
WRITTEN_S = 60.0
"""So long it may take until what was sent is in the file: dumpcap writes its blocks about twice a second, and late on
a busy machine."""
DISCARD = 9
"""Where the last packet of a capture goes: nobody listens there."""
_NO_QUOTES = "not icmp"
"""A phone that is gone is told of by ICMP, which quotes the beginning of what was sent to it."""


class CaptureError(Exception):
    """tshark could not capture or read. The text quotes it."""


class Capture:
    """Captures loopback into `path` for as long as the `with` lasts: all that was sent until then is in the file.
    `bpf` is a capture filter."""

    def __init__(self, path: Path, bpf: str) -> None:
        self.path = path
        self._bpf = f"({bpf}) or udp dst port {DISCARD}"
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            ["dumpcap", "-q", "-i", "lo", "-B", "32", "-f", self._bpf, "-w", str(self.path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said,
        )  # fmt: skip
        deadline = time.monotonic() + START_S
        while b"File: " not in self._words():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._end()
                raise CaptureError(f"dumpcap does not capture: {self._words().decode('utf-8', 'replace')[-500:]}")
            time.sleep(0.02)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._await_all()
        finally:
            self._end()
            if self._said is not None:
                self._said.close()

    def _await_all(self) -> None:
        """Wait until a packet sent now is in the file. dumpcap writes them in their order."""
        assert self._process is not None
        mark, deadline = secrets.token_bytes(16), time.monotonic() + WRITTEN_S
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last, self.path.open("rb") as written:
            seen = b""
            while mark not in seen:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise CaptureError(f"dumpcap does not write: {self._words().decode('utf-8', 'replace')[-500:]}")
                last.sendto(mark, ("127.0.0.1", DISCARD))
                time.sleep(0.02)
                seen = seen[-len(mark) :] + written.read()

    def _words(self) -> bytes:
        assert self._said is not None
        self._said.seek(0)
        return self._said.read()

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@dataclass(frozen=True, slots=True)
class Sip:
    """One SIP message on the wire. `at` is Unix seconds."""

    at: float
    source: int
    target: int
    """UDP ports."""
    method: str
    """The method of a request; empty for a response."""
    status: int
    """The status of a response; 0 for a request."""
    cseq: str
    """The method that the CSeq names."""
    call_id: str
    user: str
    """The user part of a request's URI."""
    caller: str
    """The user part of From."""


@dataclass(frozen=True, slots=True)
class Rtp:
    """One RTP packet on the wire."""

    at: float
    source: int
    target: int
    payload: int
    marker: bool
    stamp: int
    ssrc: int
    body: bytes


def tshark_fields(path: Path, port_is: Iterable[str], show: str, fields: Iterable[str]) -> Iterator[list[str]]:
    command = ["tshark", "-n", "-r", str(path), "-Y", show, "-T", "fields", "-E", "occurrence=f"]
    for decode in port_is:
        command += ["-d", decode]
    names = list(fields)
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CaptureError(f"tshark cannot read {path}: {done.stderr[-500:]}")
    # Not splitlines: it also breaks at characters that a field's text may hold, such as U+0085.
    for line in done.stdout.removesuffix("\n").split("\n") if done.stdout else []:
        row = line.split("\t")
        yield row + [""] * (len(names) - len(row))


def read_sip(path: Path, sip_port: int) -> list[Sip]:
    """The SIP messages to and from `sip_port`, in order."""
    fields = ("frame.time_epoch", "udp.srcport", "udp.dstport", "sip.Method", "sip.Status-Code", "sip.CSeq.method",
              "sip.Call-ID", "sip.r-uri.user", "sip.from.user")  # fmt: skip
    return [
        Sip(float(row[0]), int(row[1]), int(row[2]), row[3], int(row[4] or 0), row[5], row[6], row[7], row[8])
        for row in tshark_fields(path, [f"udp.port=={sip_port},sip"], f"sip and {_NO_QUOTES}", fields)
    ]


def read_rtp(path: Path, ports: Iterable[int]) -> list[Rtp]:
    """The RTP to and from the phones' `ports`, in order. A port that was given back may speak SIP since, which read as
    RTP is of version 1: its first byte is a letter."""
    wanted = sorted(set(ports))
    fields = ("frame.time_epoch", "udp.srcport", "udp.dstport", "rtp.p_type", "rtp.marker", "rtp.timestamp",
              "rtp.ssrc", "rtp.payload")  # fmt: skip
    return [
        Rtp(
            float(row[0]),
            int(row[1]),
            int(row[2]),
            int(row[3]),
            row[4] in ("1", "True"),
            int(row[5]),
            int(row[6], 16),
            bytes.fromhex(row[7].replace(":", "")),
        )
        for row in tshark_fields(
            path, [f"udp.port=={port},rtp" for port in wanted], f"rtp.version == 2 and {_NO_QUOTES}", fields
        )
    ]


def idle_gaps_ms(messages: Iterable[Sip], agent_ports: Iterable[int]) -> list[float]:
    """From an agent's own BYE to the next INVITE to that agent, where a caller waited at the BYE: the line had answered
    more INVITEs than it had sent to agents. Without one, the agent waits for somebody to call. Each agent must pick up
    at once, so that one INVITE serves one caller."""
    ports = set(agent_ports)
    answered: set[str] = set()
    agent_of: dict[str, str] = {}
    freed_at: dict[str, float | None] = {}
    gaps = []
    for message in messages:
        if message.status == 200 and message.cseq == "INVITE" and not ports & {message.source, message.target}:
            answered.add(message.call_id)
        elif message.method == "INVITE" and message.target in ports and message.call_id not in agent_of:
            agent_of[message.call_id] = message.user
            if (freed := freed_at.pop(message.user, None)) is not None:
                gaps.append((message.at - freed) * 1000)
        elif message.method == "BYE" and message.source in ports and message.call_id in agent_of:
            waits = len(answered) > len(agent_of)
            freed_at.setdefault(agent_of[message.call_id], message.at if waits else None)
    return gaps


def rings_ms(messages: Iterable[Sip], caller_ports: Iterable[int], agent_ports: Iterable[int]) -> list[float]:
    """From the line's answer to a caller to the INVITE to an agent. Calls must come one after the other, each to an
    idle agent: an INVITE belongs to the answer before it."""
    callers, agents = set(caller_ports), set(agent_ports)
    answered: list[float] = []
    seen: set[tuple[str, str]] = set()
    rings = []
    for message in messages:
        key = (message.call_id, "answer" if message.status else "invite")
        if message.status == 200 and message.cseq == "INVITE" and message.target in callers and key not in seen:
            seen.add(key)
            answered.append(message.at)
        elif message.method == "INVITE" and message.target in agents and key not in seen:
            seen.add(key)
            if answered:
                rings.append((message.at - answered.pop(0)) * 1000)
    return rings
