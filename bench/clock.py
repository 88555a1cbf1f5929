"""The caller's clock: what a caller lives through, from the moment the line picks up. Read from the wire."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from acd.asterisk.instance_spec import PROMPTS
from bench.capture import Capture, Rtp, Sip, read_rtp, read_sip
from bench.report import caller_lines
from bench.side import Side
from bench.stack import until
from bench.statistics import spread
from bench.voice import first_of, first_word, lasts_s
from ivr.tones import BEEP_S
from phones import Agent, Caller, Callers, HangUp, Phones, Press, Step, Wait
from phones.media import EVENT_PAYLOAD, keys_last_s

SOUNDS = PROMPTS / "tr"
REACTION_S = 0.5
"""A caller presses so long after the option was said."""
PICK_UP_S = 1.0
"""Our agents let it ring for so long: it rings while the urgent caller says what for."""
URGENT: dict[str, tuple[str, tuple[str, ...]]] = {
    "ambulance": ("4", ("option_ambulance",)),
    "funeral": ("1", ("option_ambulance", "option_funeral")),
    "doctor": ("2", ("option_ambulance", "option_funeral", "option_doctor")),
    "patient_transfer": (
        "3",
        ("option_ambulance", "option_funeral", "option_doctor", "option_patient_transfer"),
    ),
    "injured_animal": (
        "5",
        (
            "option_ambulance", "option_funeral", "option_doctor", "option_patient_transfer",
            "option_injured_animal",
        ),
    ),
}  # fmt: skip
"""By service: its key, and what an urgent caller hears until it has been named."""
MUTE = tuple(f"0534000000{n}" for n in range(8))
"""Numbers of callers who press nothing."""
MOMENTS_S = (0.02, 0.2, 0.7, 1.5, 2.4, 3.5, 5.0)
"""When the first key is pressed to see how soon it is answered: from the first moment on, in several prompts."""


def said_s(*prompts: str) -> float:
    """How long it takes to say these."""
    return sum(lasts_s(SOUNDS / f"{prompt}.wav") for prompt in prompts)


@dataclass(slots=True)
class _Call:
    """One caller of the clock, alone in their sipp, so that their media has a port of its own."""

    callers: Callers
    rtp: list[Rtp]
    picked_up_at: float


def measure(side: Side, folder: Path, *, samples: int, silent: bool) -> dict[str, Any]:
    """All of the caller's clock, with the shipped flow and ten idle agents. `samples` calls of each kind; `silent`:
    also callers who press nothing, who take their time."""
    side.retire()
    side.serve(shipped_flow=True)
    side.all_ready([login.user for login in side.logins[:10]])
    sip = int(str(side.settings["sip_port"]))
    with side.phones(folder) as phones:
        agents = phones.staff(side.logins[:10], Agent(answer_after_s=PICK_UP_S, talk_s=1.0), echo=False)
        capture = Capture(folder / "clock.pcapng", "udp")
        with capture:
            mute = [phones.call(Caller(), numbers=[number]) for number in MUTE] if silent else []
            own = (f"0535{n:07d}" for n in count())  # a number with many calls at once is refused
            listening = [phones.call(Caller(steps=(Wait(2.0), HangUp())), numbers=[next(own)]) for _ in range(samples)]
            pressing = []
            for moment in MOMENTS_S:
                pressing += [_press(phones, moment, next(own)) for _ in range(max(1, samples // 3))]
            urgent, numbers = _urgent(phones, samples, "0533")
            for one in (*listening, *pressing, *urgent, *mute):
                one.wait(60)
        messages = read_sip(capture.path, sip)
        ports = [callers.media_port for callers in (*listening, *pressing)]
        rtp = read_rtp(capture.path, ports)
    first_words, keys, released = [], [], []
    for call in _calls(listening, messages, rtp):
        heard = first_word([packet for packet in call.rtp if packet.target == call.callers.media_port])
        if heard is not None:
            first_words.append(heard - call.picked_up_at)
    for call in _calls(pressing, messages, rtp):
        pressed, ended = _key(call)
        heard = first_of([p for p in call.rtp if p.target == call.callers.media_port and p.at > pressed],
                         SOUNDS / "information_menu.wav")  # fmt: skip
        if heard is not None:
            keys.append((heard - pressed) * 1000)
            released.append((heard - ended) * 1000)
    return {
        "pick_up_s": PICK_UP_S,
        "reaction_s": REACTION_S,
        "first_word_s": spread(first_words, 3),
        "key_answered_ms": spread(keys, 1),
        "key_released_to_answer_ms": spread(released, 1),
        "urgent_to_speech_s": spread(_until_speech(numbers, messages, agents.sip_port), 3),
        "urgent_to_speech_auto_s": spread(_by_itself(side, folder / "auto", samples), 3),
        "silent_to_speech_s": spread(_until_speech(MUTE, messages, agents.sip_port), 3) if silent else None,
    }


def _urgent(phones: Phones, samples: int, prefix: str) -> tuple[list[Callers], list[str]]:
    """Urgent callers, of each service as many, and their numbers."""
    numbers = [f"{prefix}{nth:07d}" for nth in range(len(URGENT) * max(1, samples // 3))]
    services = [service for service in URGENT for _ in range(max(1, samples // 3))]
    callers = [
        phones.call(Caller(steps=_urgent_steps(service)), numbers=[number])
        for service, number in zip(services, numbers, strict=True)
    ]
    return callers, numbers


def _by_itself(side: Side, folder: Path, samples: int) -> list[float]:
    """How long urgent callers wait for a person whose phone answers by itself: to the end of the beep that they hear
    first."""
    side.retire()
    side.serve(shipped_flow=True, auto_answer="urgent")
    side.all_ready([login.user for login in side.logins[:10]])
    with side.phones(folder) as phones:
        agents = phones.staff(side.logins[:10], Agent(answer_after_s=0.0, talk_s=1.0), echo=False)
        capture = Capture(folder / "auto.pcapng", "udp")
        with capture:
            urgent, numbers = _urgent(phones, samples, "0536")
            for one in urgent:
                one.wait(60)
        messages = read_sip(capture.path, int(str(side.settings["sip_port"])))
    return [seconds + BEEP_S for seconds in _until_speech(numbers, messages, agents.sip_port)]


def _press(phones: Phones, moment_s: float, number: str) -> Callers:
    return phones.call(Caller(steps=(Wait(moment_s), Press("3"), Wait(1.2), HangUp())), numbers=[number])


def _urgent_steps(service: str) -> tuple[Step, ...]:
    key, heard = URGENT[service]
    second_s = said_s(*heard) + REACTION_S - keys_last_s("1")
    return (Wait(said_s("option_urgent") + REACTION_S), Press("1"), Wait(second_s), Press(key))


def _picked_up(callers: Callers, messages: Sequence[Sip]) -> float | None:
    return next(
        (m.at for m in messages if m.status == 200 and m.cseq == "INVITE" and m.target == callers.sip_port), None
    )


def _calls(callers: Sequence[Callers], messages: Sequence[Sip], rtp: Sequence[Rtp]) -> list[_Call]:
    found = []
    for one in callers:
        picked_up = _picked_up(one, messages)
        if picked_up is not None:
            own = [p for p in rtp if one.media_port in (p.source, p.target) and p.at >= picked_up]
            found.append(_Call(one, own, picked_up))
    return found


def _key(call: _Call) -> tuple[float, float]:
    """When the key was pressed and when it was let go, as the wire saw it."""
    events = [p for p in call.rtp if p.payload == EVENT_PAYLOAD and p.source == call.callers.media_port]
    return events[0].at, next(p.at for p in events if p.body[1] & 0x80)


def _until_speech(numbers: Sequence[str], messages: Sequence[Sip], agent_port: int) -> list[float]:
    """From each caller's pick-up to their agent's. The agent's phone shows the caller's number."""
    picked_up: dict[str, float] = {}
    spoke: dict[str, float] = {}
    for m in messages:
        if m.status == 200 and m.cseq == "INVITE":
            (spoke if m.source == agent_port else picked_up).setdefault(m.caller, m.at)
    return [spoke[number] - picked_up[number] for number in numbers if number in spoke and number in picked_up]


def memory(side: Side, folder: Path, calls: int = 300) -> dict[str, Any]:
    """The line's memory with so many callers up: they wait."""
    side.retire()
    side.serve()
    side.all_ready([])
    before = side.daemon.memory_full_info()
    with side.phones(folder) as phones:
        callers = phones.call(Caller(), count=calls, rate=120)
        until(f"{calls} wait", lambda: len(side.queue()) == calls, 60)
        at = side.daemon.memory_full_info()
        callers.hang_up()
        callers.wait(30)
    return {
        "calls_up": calls,
        "rss_mib": round(at.rss / 2**20, 1),
        "uss_mib": round(at.uss / 2**20, 1),
        "rss_mib_idle": round(before.rss / 2**20, 1),
    }


def main() -> int:
    """Measure the caller's clock alone."""
    parser = argparse.ArgumentParser(prog="python -m bench.clock", description=__doc__.partition("\n")[0])
    parser.add_argument("--samples", type=int, default=12, help="calls of each kind (default: %(default)s)")
    parser.add_argument("--silent", action="store_true", help="also the caller who presses nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cozum-clock-") as name, Side(Path(name) / "side", agents=10) as side:
        found = measure(side, Path(name) / "clock", samples=options.samples, silent=options.silent)
    print(json.dumps(found, indent=2))
    print("\n".join(caller_lines(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
