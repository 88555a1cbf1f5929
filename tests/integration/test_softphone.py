"""A real softphone that nobody here wrote, as an agent's phone and as a caller's: it answers by itself when the line
asks it to, and an empty chair before it keeps no caller."""

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.events import NodeReconciled
from acd.engine.model.facts import CallAnswered, CallQueued, HoldBegan, OfferEnded, TalkEnded
from bench.stack import Stack, agents_toml, until
from ivr.sound import RATE
from ivr.tones import as_wav, sine
from phones import Agent, Caller, Callers, HangUp, Phones, Press, Wait
from tests.integration.softphone import FRAME, Softphone, loudness, sound_s
from tests.integration.witnesses import journal_entries, journal_facts
from tests.services import missing

CHAIR_S = 5.0
RING_S = 4.0
AGENT_HZ, CALLER_HZ = 650.0, 1150.0
SILENT = 0.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    for program in ("baresip", "sipp"):
        if shutil.which(program) is None:
            missing(program)
    folder = tmp_path_factory.mktemp("softphone")
    stack = Stack(
        folder, agents=6, wrapup_s=0, ring_s=RING_S, max_misses=100, empty_chair_s=CHAIR_S, urgent_calls_per_hour=0
    )
    text = agents_toml(stack.logins)
    for extension, wish in (("1001", "all"), ("1002", "all"), ("1003", "urgent")):
        text = text.replace(f'extension = "{extension}"\n', f'extension = "{extension}"\nauto_answer = "{wish}"\n')
    (folder / "agents.toml").write_text(text, "utf-8")
    with stack:
        yield stack


class Room:
    """The phones of one test."""

    def __init__(self, stack: Stack, folder: Path, phones: Phones, closing: ExitStack) -> None:
        self.stack, self.folder, self.phones, self._closing = stack, folder, phones, closing
        self._nth = 0

    def phone(self, user: str, **how: Any) -> Softphone:
        """A softphone; an agent's, if its user is one."""
        self._nth += 1
        known = next((login.password for login in self.stack.logins if login.user == user), "none")
        port = int(str(self.stack.settings["sip_port"]))
        made = Softphone(self.folder / f"{self._nth}-{user}", port, user, known, **how)
        return self._closing.enter_context(made)

    def agent(self, extension: str, **how: Any) -> Softphone:
        """An agent with a softphone, signed in."""
        made = self.phone(extension, **how)
        self.ready(extension)
        return made

    def person(self, extension: str, phone: Agent) -> None:
        """An agent with a phone of sipp's, signed in."""
        self.phones.staff([self.stack.login(extension)], phone)
        self.ready(extension)

    def ready(self, extension: str) -> None:
        self.stack.set_state(extension, "ready")
        self.await_state(extension, "ready")

    def await_state(self, extension: str, state: str, within_s: float = 60.0) -> None:
        until(
            f"{extension} is {state}",
            lambda: self.stack.state_of(extension) == state,
            within_s,
            say=lambda: self.stack.agents()[extension],
        )

    def caller(self, number: str, *keys: str) -> Softphone:
        """A caller with a softphone, who presses these keys."""
        made = self.phone(number, hz=CALLER_HZ, registers=False)
        made.does(f"dial sip:4440411@127.0.0.1:{self.stack.settings['sip_port']}")
        until("the line has answered", lambda: "Call established" in made.told(), 60, say=made.told)
        for key in keys:
            made.presses(key)
        return made

    def dials(self, number: str, key: str = "0") -> Callers:
        """A caller with a phone of sipp's."""
        return self.phones.call(Caller(steps=(Wait(0.5), Press(key), Wait(60.0), HangUp())), numbers=[number])

    def record(self, number: str, within_s: float = 60.0) -> dict[str, Any]:
        """The one record of a number's call, once it is over."""
        return until(
            f"{number}'s call is over",
            lambda: next((one for one in self.stack.calls() if one["caller"] == number), None),
            within_s,
        )

    def answered_in_s(self, call: str, agent: str) -> float:
        """How soon an agent's phone answered that Asterisk rang, by its own log."""
        rows = [one for one in self.stack.cel() if one.linkedid == call and one.channel.startswith(f"PJSIP/{agent}-")]
        began, answered = (next(one.at for one in rows if one.event == event) for event in ("CHAN_START", "ANSWER"))
        return answered - began

    def lasts(self, kind: type[CallAnswered | HoldBegan], call: str, more_than_s: float) -> None:
        """Wait until a talk or a hold of this call has lasted for longer than that."""

        def have() -> bool:
            began = [one.at for one in journal_facts(self.stack, kind) if one.call == call]
            return bool(began) and time.time() > began[-1] + more_than_s

        until(f"it lasts for {more_than_s:g} s", have, 60)

    def results(self, call: str) -> list[tuple[str, str]]:
        ends = journal_facts(self.stack, OfferEnded)
        return [(one.agent, one.result) for one in ends if one.call == call]


@pytest.fixture
def room(stack: Stack, tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as closing:
        phones = stack.phones(tmp_path / "sipp")
        closing.callback(phones.close)
        yield Room(stack, tmp_path, phones, closing)
    for extension in stack.agents():
        stack.set_state(extension, "offline")
    until(
        "everybody has left",
        lambda: not stack.queue() and {one["state"] for one in stack.agents().values()} == {"offline"},
        60,
        say=lambda: (stack.queue(), stack.agents()),
    )


@pytest.mark.alone  # it measures how soon
def test_it_answers_by_itself_and_both_are_heard(room: Room) -> None:
    agent = room.agent("1001", hz=AGENT_HZ, auto_answer=True)
    caller = room.caller("05327100001", "0")
    room.await_state("1001", "talking")
    until("the agent hears the caller", lambda: agent.hears(CALLER_HZ), 60, say=agent.account)
    until("the caller hears the agent", lambda: caller.hears(AGENT_HZ), 60, say=caller.account)
    caller.does("hangup")
    row = room.record("05327100001")
    assert (row["outcome"], row["agent"], row["hangup_by"]) == ("answered", "1001", "caller")
    assert room.answered_in_s(row["id"], "1001") < 2.0, "no person is so quick"
    assert room.results(row["id"]) == [("1001", "answered")]


def test_hold_is_music_and_is_counted(room: Room) -> None:
    agent = room.agent("1001", hz=AGENT_HZ, auto_answer=True, listens=False)
    caller = room.caller("05327200001", "0")
    until("they talk", lambda: caller.hears(AGENT_HZ), 60, say=caller.account)
    call = str(room.stack.agents()["1001"]["call"])
    agent.does("hold")
    until("the caller hears music", lambda: caller.hears_no(AGENT_HZ) and caller.hears_sound(), 60)
    room.lasts(HoldBegan, call, 1.0)  # silence between frames makes the last second of a recording shorter
    agent.does("resume")
    until("they talk again", lambda: caller.hears(AGENT_HZ), 60, say=caller.account)
    agent.does("hangup")
    row = room.record("05327200001")
    assert row["hold_s"] > 0.8
    assert (row["outcome"], row["hangup_by"]) == ("answered", "agent")


def test_a_caller_who_is_sent_on_talks_to_the_other(room: Room) -> None:
    agent = room.agent("1001", hz=AGENT_HZ, auto_answer=True)
    room.person("1004", Agent(answer_after_s=0.3, talk_s=0.5))
    room.stack.set_state("1004", "paused")
    caller = room.caller("05327300001", "0")
    until("they talk", lambda: caller.hears(AGENT_HZ), 60, say=caller.account)
    room.ready("1004")
    agent.does(f"transfer sip:1004@127.0.0.1:{room.stack.settings['sip_port']}")
    row = room.record("05327300001")
    parts = [(one.agent, one.how) for one in journal_facts(room.stack, TalkEnded) if one.call == row["id"]]
    assert parts == [("1001", "answered"), ("1004", "blind")]


def test_of_two_phones_of_one_account_the_latest_is_the_phone(room: Room) -> None:
    first = room.phone("1001", hz=500.0, auto_answer=True)
    second = room.phone("1001", hz=AGENT_HZ, auto_answer=True)
    room.ready("1001")
    caller = room.caller("05327400001", "0")
    until("the caller hears the second", lambda: caller.hears(AGENT_HZ), 60, say=caller.account)
    assert "Incoming call" not in first.told()
    caller.does("hangup")
    room.record("05327400001")
    second.close()
    room.await_state("1001", "unavailable")


def test_an_empty_chair_hands_the_caller_back(room: Room) -> None:
    room.agent("1001", hz=SILENT, auto_answer=True)
    room.person("1004", Agent(answer_after_s=0.3, talk_s=1.0))
    room.dials("05327500001")
    row = room.record("05327500001")
    assert room.results(row["id"]) == [("1001", "empty_chair"), ("1004", "answered")]
    assert room.stack.agents()["1001"]["state"] == "paused"
    assert room.stack.agents()["1001"]["reason"] == "empty_chair"
    assert (row["outcome"], row["agent"], row["hangup_by"]) == ("answered", "1004", "agent")
    (answered,), (queued,) = (
        [one for one in journal_facts(room.stack, kind) if one.call == row["id"]] for kind in (CallAnswered, CallQueued)
    )
    assert answered.agent == "1004"
    assert CHAIR_S < row["wait_s"] == pytest.approx(answered.at - queued.at, abs=0.002), "the wait went on"
    assert len([one for one in room.stack.calls() if one["caller"] == "05327500001"]) == 1


def reloads(stack: Stack) -> list[NodeReconciled]:
    """The lists of Asterisk that were asked for in a reload."""
    events = [entry.event for entry in journal_entries(stack)]
    return [one for one in events if isinstance(one, NodeReconciled) and not one.gap]


def test_a_reload_takes_no_empty_chair_for_an_agent(room: Room) -> None:
    """It asks Asterisk which channels are up: the phone's is."""
    agent = room.agent("1001", hz=SILENT, auto_answer=True)
    room.person("1004", Agent(answer_after_s=0.3, talk_s=1.0))
    room.dials("05327910001")
    until("the phone has answered", lambda: "Call established" in agent.told(), 60, say=agent.told)
    room.stack.daemon.send_signal(signal.SIGHUP)
    until("Asterisk's lists of the reload are journalled", lambda: reloads(room.stack), 60)
    row = room.record("05327910001")
    assert room.results(row["id"]) == [("1001", "empty_chair"), ("1004", "answered")]


def test_a_key_is_a_sign_of_life(room: Room) -> None:
    agent = room.agent("1001", hz=SILENT, auto_answer=True)
    caller = room.dials("05327600001")
    until("the phone has answered", lambda: "Call established" in agent.told(), 60, say=agent.told)
    agent.presses("5")
    room.await_state("1001", "talking")
    room.lasts(CallAnswered, str(room.stack.agents()["1001"]["call"]), CHAIR_S + 1)
    caller.hang_up()
    row = room.record("05327600001")
    assert (row["outcome"], row["agent"], row["hangup_by"]) == ("answered", "1001", "caller")
    assert row["talk_s"] > CHAIR_S


def test_an_agent_who_hangs_up_without_a_word_declines(room: Room) -> None:
    agent = room.agent("1001", hz=SILENT, auto_answer=True)
    room.person("1004", Agent(answer_after_s=0.3, talk_s=0.5))
    room.dials("05327700001")
    until("the phone has answered", lambda: "Call established" in agent.told(), 60, say=agent.told)
    agent.does("hangup")
    row = room.record("05327700001")
    assert room.results(row["id"]) == [("1001", "declined"), ("1004", "answered")]
    assert room.stack.agents()["1001"]["state"] == "ready"


def test_a_phone_that_ignores_the_header_rings_as_ever(room: Room) -> None:
    agent = room.agent("1001", hz=AGENT_HZ)
    caller = room.caller("05327800001", "0")
    until("it rings", lambda: "Incoming call" in agent.told(), 60, say=agent.told)
    room.await_state("1001", "ringing")
    agent.does("accept")
    room.await_state("1001", "talking")
    until("the caller hears the agent", lambda: caller.hears(AGENT_HZ), 60, say=caller.account)
    caller.does("hangup")
    assert room.record("05327800001")["outcome"] == "answered"


def test_a_phone_that_is_not_to_answer_by_itself_rings_for_a_routine_caller(room: Room) -> None:
    """1003's phone is asked for urgent calls only."""
    agent = room.agent("1003", hz=AGENT_HZ, auto_answer=True)
    first = room.dials("05327900001")
    until("they let it ring", lambda: [one for one in journal_facts(room.stack, OfferEnded) if one.agent == "1003"], 60)
    first.hang_up()  # they let it ring again and again
    row = room.record("05327900001")
    assert room.results(row["id"])[0] == ("1003", "no_answer")
    assert "Call established" not in agent.told()
    caller = room.caller("05327900002", "1", "4")
    until("the urgent caller hears them", lambda: caller.hears(AGENT_HZ), 60, say=caller.account)
    caller.does("hangup")
    assert room.record("05327900002")["agent"] == "1003"


@pytest.mark.parametrize("at", ["the chair is looked at", "the caller is taken back"])
def test_a_kill_of_the_line_keeps_the_caller(room: Room, at: str) -> None:
    agent = room.agent("1001", hz=SILENT, auto_answer=True)
    room.person("1004", Agent(answer_after_s=0.3, talk_s=1.0))
    number = "05327000001" if at == "the caller is taken back" else "05327000002"
    room.dials(number)
    until("the phone has answered", lambda: "Call established" in agent.told(), 60, say=agent.told)
    if at == "the caller is taken back":
        until("it is empty", lambda: room.stack.agents()["1001"]["reason"] == "empty_chair", 60, every_s=0.001)
    before = room.stack.kill_daemon()
    room.stack.await_another_daemon(before)
    if at == "the chair is looked at":  # nobody knows what was said meanwhile: the talk is left alone
        room.await_state("1001", "talking")
        agent.does("hangup")
    row = room.record(number)
    answered = "1004" if at == "the caller is taken back" else "1001"
    assert (row["outcome"], row["agent"]) == ("answered", answered)
    assert len([one for one in room.stack.calls() if one["caller"] == number]) == 1


def test_a_tone_is_heard_between_frames_of_silence(tmp_path: Path) -> None:
    """baresip plays one after each frame that it has received, now and then."""
    tone, frame = sine(AGENT_HZ, 2.0, 0.3), 2 * FRAME
    frames = (tone[start : start + frame] + bytes(frame) for start in range(0, len(tone), frame))
    (tmp_path / "heard.wav").write_bytes(as_wav(b"".join(frames)) + bytes(100))
    assert loudness(tmp_path / "heard.wav", AGENT_HZ, 1.0) > 0.9
    assert loudness(tmp_path / "heard.wav", CALLER_HZ, 1.0) < 0.02
    assert sound_s(tmp_path / "heard.wav", 0) == 2.0
    assert sound_s(tmp_path / "heard.wav", 44 + len(tone)) == 1.0
    (tmp_path / "heard.wav").write_bytes(as_wav(bytes(2 * RATE)))
    assert loudness(tmp_path / "heard.wav", AGENT_HZ, 1.0) == 0
