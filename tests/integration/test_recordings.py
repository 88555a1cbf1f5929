"""Recordings of talks on the real Asterisk: what is in the file that is played, what is not, and that no disk and no
dead line ends a call."""

import hashlib
import math
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.monitor_facts import NoticeGiven
from acd.engine.model.recording_facts import (
    NotRecorded,
    RecordingKept,
    RecordingLost,
    RecordingPaused,
    RecordingResumed,
)
from bench.stack import Stack, agents_toml, until
from ivr.sound import RATE
from tests.disk import small_disk
from tests.integration.softphone import Softphone
from tests.integration.test_deaths import why
from tests.integration.witnesses import journal_facts
from tests.services import missing

AGENT_HZ, CALLER_HZ = 650.0, 1150.0
WINDOW_S = 0.25
LOUD, SILENT = 3000.0, 30.0
"""Amplitudes of 32,768: each tone is said at 0.3 of that."""
PATIENT_S = 60.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if shutil.which("baresip") is None:
        missing("baresip")
    folder = tmp_path_factory.mktemp("recordings")
    stack = Stack(folder, agents=1, wrapup_s=0, ring_s=8, recording="urgent", urgent_calls_per_hour=0, empty_grace_s=60)
    (folder / "agents.toml").write_text(agents_toml(stack.logins, auto_answer="all"), "utf-8")
    with stack:
        yield stack


class Room:
    """One agent with a softphone, and callers."""

    def __init__(self, stack: Stack, folder: Path, closing: ExitStack) -> None:
        self.stack, self.folder, self._closing = stack, folder, closing
        self.port = int(str(stack.settings["sip_port"]))
        self.agent = closing.enter_context(
            Softphone(folder / "agent", self.port, "1001", "demo1001", hz=AGENT_HZ, auto_answer=True)
        )

    def signs_in(self, state: str = "ready") -> None:
        self.stack.set_state("1001", state, "" if state == "ready" else "break")
        self.awaits(state)

    def awaits(self, state: str) -> str:
        """Wait until the agent is in a state; their call."""
        until(f"1001 is {state}", lambda: self.stack.state_of("1001") == state, PATIENT_S, say=self.stack.agents)
        return str(self.stack.agents()["1001"]["call"])

    def caller(self, number: str, *keys: str) -> Softphone:
        made = self._closing.enter_context(
            Softphone(self.folder / number, self.port, number, hz=CALLER_HZ, registers=False)
        )
        made.does(f"dial sip:4440411@127.0.0.1:{self.port}")
        until("the line has answered", lambda: "Call established" in made.told(), PATIENT_S, say=made.told)
        for key in keys:
            made.presses(key)
        return made

    def both_hear(self, caller: Softphone) -> None:
        until("the agent hears the caller", lambda: self.agent.hears(CALLER_HZ), PATIENT_S, say=self.agent.account)
        until("the caller hears the agent", lambda: caller.hears(AGENT_HZ), PATIENT_S, say=caller.account)

    def both_talk(self, seconds: float) -> None:
        """Let so much of the talk pass, by what the agent hears: a busy machine may stand still."""
        so_far = self.agent.heard_bytes()
        until("they talk on", lambda: self.agent.sound_s(so_far) >= seconds, PATIENT_S, say=self.agent.account)

    def recording(self, call: str, *states: str) -> dict[str, Any]:
        """What the call's record says of its recording, once it is in one of these states."""

        def found() -> dict[str, Any] | None:
            one = self.stack.get(f"calls/{call}")["recording"]
            return dict(one) if one is not None and one["state"] in states else None

        return until(f"the recording is {' or '.join(states)}", found, PATIENT_S)

    def pauses(self, call: str, paused: bool) -> int:
        return self.stack.request("POST", f"/api/v1/calls/{call}/recording", body={"paused": paused}).status_code


@pytest.fixture
def room(stack: Stack, tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as closing:
        yield Room(stack, tmp_path, closing)
    stack.set_state("1001", "offline")
    until("nobody is left", lambda: not stack.queue() and stack.state_of("1001") == "offline", PATIENT_S)


def facts(stack: Stack, kind: type, call: str) -> list[Any]:
    return [one for one in journal_facts(stack, kind) if one.call == call]


def samples(content: bytes) -> list[int]:
    """The samples of a wave file of A-law (ITU-T G.711), as 16 bits."""
    assert content[:4] == b"RIFF"
    assert content[20:22] == b"\x06\x00"
    decoded = []
    for byte in content[content.index(b"data") + 8 :]:
        value = byte ^ 0x55
        exponent, mantissa = value >> 4 & 7, value & 15
        level = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
        decoded.append(level if value & 0x80 else -level)
    return decoded


def level(window: list[int], hz: float) -> float:
    """The amplitude of a tone."""
    step = 2 * math.pi * hz / RATE
    real = sum(one * math.cos(step * n) for n, one in enumerate(window))
    imaginary = sum(one * math.sin(step * n) for n, one in enumerate(window))
    return 2 * math.hypot(real, imaginary) / len(window)


def windows(content: bytes) -> list[tuple[float, float]]:
    """The levels of agent and caller, window by window."""
    heard, count = samples(content), int(WINDOW_S * RATE)
    parts = [heard[at : at + count] for at in range(0, len(heard) - count + 1, count)]
    return [(level(part, AGENT_HZ), level(part, CALLER_HZ)) for part in parts]


def test_an_urgent_talk_is_recorded_paused_and_played_whatever_becomes_of_the_line(room: Room) -> None:
    stack = room.stack
    room.signs_in()
    caller = room.caller("05328100001", "1")  # the phone rings while the menu of kinds plays
    call = room.awaits("talking")
    room.both_hear(caller)
    room.both_talk(1.0)
    assert room.stack.agents()["1001"]["recording"] == "on"
    assert room.pauses(call, True) == 200
    assert room.stack.agents()["1001"]["recording"] == "paused"
    until("a pause of a second", lambda: len(facts(stack, RecordingPaused, call)) == 1, PATIENT_S)
    room.both_talk(1.0)
    for key in "*1":
        room.agent.presses(key)
    until("the agent's key ends the pause", lambda: facts(stack, RecordingResumed, call), PATIENT_S)
    dead = stack.kill_daemon()
    stack.await_another_daemon(dead)
    room.both_talk(2.0)
    assert room.pauses(call, False) == 200, "the new line knows that the talk is recorded"
    caller.does("hangup")
    kept = room.recording(call, "kept")
    answer = stack.request("GET", f"/api/v1/calls/{call}/recording")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    content = answer.content
    assert (len(content), hashlib.sha256(content).hexdigest()) == (kept["size"], kept["sha256"])
    assert [one.sha256 for one in facts(stack, RecordingKept, call)] == [kept["sha256"]], "and the journal has it"
    found = windows(content)
    both = [agent > LOUD and other > LOUD for agent, other in found]
    neither = [agent < SILENT and other < SILENT for agent, other in found]
    assert both.count(True) >= 8, found
    first, last = neither.index(True), len(neither) - 1 - neither[::-1].index(True)
    assert all(neither[first : last + 1]), "one pause, of silence"
    assert True in both[:first]
    assert True in both[last:]
    assert (kept["pauses"], kept["missing_s"]) == (1, None)

    def files() -> list[str]:
        return sorted(one.name for one in (stack.data_dir / "recordings").rglob("*") if one.is_file())

    until("the plain file is gone", lambda: files() == [f"{call}.wav.sealed"], PATIENT_S, say=files)
    (sealed,) = (stack.data_dir / "recordings").rglob("*.sealed")
    assert content[100:160] not in sealed.read_bytes()


def test_a_caller_who_did_not_hear_the_notice_is_not_recorded(room: Room) -> None:
    stack = room.stack
    room.signs_in("paused")
    caller = room.caller("05328100002", "0")
    until("they wait", lambda: [one["class"] for one in stack.queue()] == ["routine"], PATIENT_S)
    caller.presses("9")  # it is urgent
    until("they wait as urgent", lambda: [one["class"] for one in stack.queue()] == ["urgent"], PATIENT_S)
    stack.set_state("1001", "ready")  # and their phone answers at once
    call = room.awaits("talking")
    room.both_hear(caller)
    assert room.pauses(call, True) == 409
    caller.does("hangup")
    found = room.recording(call, "none")
    assert found["why"] == "no_notice"
    assert [one.why for one in facts(stack, NotRecorded, call)] == ["no_notice"]
    assert not list((stack.data_dir / "recordings" / "open").iterdir())
    assert stack.request("GET", f"/api/v1/calls/{call}/recording").status_code == 409


def test_a_disk_that_is_away_ends_no_call_and_is_told_once(room: Room) -> None:
    stack = room.stack
    folder = stack.data_dir / "recordings" / "open"
    folder.rmdir()
    folder.write_bytes(b"")  # no folder: nothing can be written, whoever asks
    try:
        room.signs_in()
        caller = room.caller("05328100003", "1")
        call = room.awaits("talking")
        room.both_hear(caller)
        caller.does("hangup")
        ended = until(
            "the call is over", lambda: next((one for one in stack.calls() if one["id"] == call), None), PATIENT_S
        )
        assert (ended["outcome"], ended["hangup_by"]) == ("answered", "caller")
        until("it is counted", lambda: "cozum_recordings_waiting 1.0" in stack.metrics(), PATIENT_S)

        def told() -> int:
            return (stack.folder / "output").read_text("utf-8").count("recordings_not_stored")

        until("it is told", told, PATIENT_S)
        assert told() == 1
    finally:
        folder.unlink()
        folder.mkdir(mode=0o700)
    assert room.recording(call, "lost")["why"] == "no_file"
    until("it is counted", lambda: 'cozum_recordings_total{result="lost"} 1.0' in stack.metrics(), PATIENT_S)


def counted(stack: Stack, result: str) -> float:
    """How many recordings the metrics have with this result."""
    head = f'cozum_recordings_total{{result="{result}"}} '
    return next((float(line.removeprefix(head)) for line in stack.metrics().splitlines() if line.startswith(head)), 0.0)


def test_a_talk_goes_on_while_nothing_of_it_can_be_written_and_its_loss_is_told(room: Room) -> None:
    """The recording's file is `/dev/full`, which is full for everybody: no right to mount is needed."""
    stack = room.stack
    before = counted(stack, "lost")
    room.signs_in("paused")
    caller = room.caller("05328100004", "1")
    call = str(until("they wait", lambda: next((one["id"] for one in stack.queue()), None), PATIENT_S))
    until("they have heard the notice", lambda: facts(stack, NoticeGiven, call), PATIENT_S)
    file = stack.data_dir / "recordings" / "open" / f"{call}.alaw"
    file.symlink_to("/dev/full")
    stack.set_state("1001", "ready")
    assert room.awaits("talking") == call
    room.both_hear(caller)
    room.both_talk(3.0)
    assert stack.agents()["1001"]["recording"] == "on", "nobody knows yet"
    assert stack.state_of("1001") == "talking"
    caller.does("hangup")
    assert room.recording(call, "lost")["why"] == "no_file"
    [ended] = [one for one in stack.calls() if one["id"] == call]
    assert (ended["outcome"], ended["hangup_by"]) == ("answered", "caller")
    assert ended["talk_s"] > 3.0
    assert [one.why for one in facts(stack, RecordingLost, call)] == ["no_file"]
    assert "there is no recording: Asterisk wrote nothing, its disk was full or away" in why(stack, call)
    until("it is counted", lambda: counted(stack, "lost") == before + 1, PATIENT_S)
    assert "recording_lost" in (stack.folder / "output").read_text("utf-8")
    until("nothing is left of it", lambda: not file.is_symlink(), PATIENT_S)


def test_a_disk_that_fills_up_in_a_talk_costs_the_rest_of_the_recording_and_no_more(room: Room) -> None:
    stack = room.stack
    with small_disk(stack.data_dir / "recordings" / "open", 1) as disk:
        room.signs_in()
        caller = room.caller("05328100005", "1")
        call = room.awaits("talking")
        room.both_hear(caller)
        file = disk.folder / f"{call}.alaw"
        until("a second is written", lambda: file.exists() and file.stat().st_size > RATE, PATIENT_S)
        disk.fill()
        written = file.stat().st_size
        room.both_talk(6.0)
        room.both_hear(caller)
        assert file.stat().st_size <= written + 4096, "what room its last block had"
        caller.does("hangup")
        kept = room.recording(call, "kept")
        [ended] = [one for one in stack.calls() if one["id"] == call]
        assert (ended["outcome"], ended["hangup_by"]) == ("answered", "caller")
        assert kept["missing_s"] == pytest.approx(ended["talk_s"] - kept["seconds"], abs=0.01)
        assert kept["missing_s"] > 5.0
        assert f"it lacks {kept['missing_s']:.1f} s of the talk" in why(stack, call)
        until("it is counted", lambda: counted(stack, "short") == 1, PATIENT_S)
        until("the plain file is gone", lambda: not file.exists(), PATIENT_S)
    assert stack.request("GET", f"/api/v1/calls/{call}/recording").status_code == 200, "what there is can be heard"
