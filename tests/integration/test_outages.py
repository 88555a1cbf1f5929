"""Time without an engine is no talk and no wait: after any outage of the line the rows are what the phones saw."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from bench.stack import Stack, until
from phones import Agent, Agents, Callers, HangUp, Leg, Phones, Talk, Wait
from phones import Caller as Script
from tests.chaos.crowd import Dialled
from tests.chaos.judge import NEAR_S, Row, judge
from tests.chaos.run import read_records
from tests.integration.conftest import choosing

HEARTBEAT_S = 4.0
PATIENT_S = 60.0
"""With this heartbeat no line that stands still is ended in these tests."""
TALK_S = 2.5


@pytest.fixture
def heartbeat_s() -> float:
    return HEARTBEAT_S


@pytest.fixture
def stack(tmp_path: Path, heartbeat_s: float) -> Iterator[Stack]:
    with Stack(tmp_path / "line", agents=4, wrapup_s=0.2, ring_s=8, heartbeat_s=heartbeat_s) as stack:
        yield stack


class House:
    """Callers and agents of one test, and what they saw."""

    def __init__(self, stack: Stack, phones: Phones) -> None:
        self.stack, self.phones = stack, phones
        self.callers: list[tuple[Callers, str]] = []
        self.agents: list[Agents] = []

    def agent(self, extension: str, *, answer_after_s: float = 0.0, talk_s: float | Talk | None) -> None:
        login = self.stack.login(extension)
        self.agents.append(self.phones.staff([login], Agent(answer_after_s=answer_after_s, talk_s=talk_s)))
        self.stack.set_state(extension, "ready")
        self.await_state(extension, "ready")

    def await_state(self, extension: str, state: str) -> None:
        until(f"{extension} is {state}", lambda: self.stack.state_of(extension) == state, 60)

    def dial(self, script: Script) -> str:
        number = f"0532{len(self.callers):07d}"
        self.callers.append((self.phones.call(script, numbers=(number,), at_most_s=180), number))
        return number

    def await_hang_up(self, extension: str) -> None:
        """Wait until this agent's phone has been in a call and has hung up, whatever the line knows of it."""
        (phone,) = (one for one in self.agents if one.users == (extension,))
        until(f"{extension}'s phone has hung up", lambda: [leg for leg in phone.legs() if leg.ended_at], 60)

    def seen(self) -> list[Dialled]:
        return [Dialled(number, leg, urgent=False) for process, number in self.callers for leg in process.legs()]

    def legs(self) -> list[Leg]:
        return [leg for process in self.agents for leg in process.legs() if leg.incoming]

    def rows(self) -> dict[str, Row]:
        """By number, once all are closed and all calls are over."""
        until("all callers are gone", lambda: not any(one.running for one, _ in self.callers), 120)
        wanted = {number for _, number in self.callers}

        def closed() -> dict[str, Row] | None:
            found = {row["caller"]: row for row in read_records(self.stack).calls if row["outcome"] is not None}
            return found if wanted <= set(found) else None

        return until("each call has a row that is closed", closed, 60, say=lambda: read_records(self.stack).calls)

    def agrees(self, *, cut: bool = False) -> dict[str, Row]:
        """The rows, if all are what the phones and Asterisk's own log say, to half a second; late is no one's word but
        who noticed late."""
        rows = self.rows()
        verdict = judge(self.seen(), self.legs(), read_records(self.stack), self.stack.cel(), cut=cut, shared=True)
        assert verdict.ok, verdict.wrong or verdict
        return rows


@pytest.fixture
def house(stack: Stack, tmp_path: Path) -> Iterator[House]:
    with stack.phones(tmp_path / "phones") as phones:
        yield House(stack, phones)


@contextmanager
def standing_still(stack: Stack) -> Iterator[None]:
    """The daemon hangs, and then until the supervisor ends it and another serves."""
    before = stack.daemon
    before.suspend()
    try:
        yield
    finally:
        stack.await_another_daemon(before.pid)


def test_a_talk_that_ends_in_a_hang_ends_when_the_agent_hung_up(house: House) -> None:
    house.agent("1001", talk_s=None)
    talker = house.dial(Script(steps=choosing("request")))
    house.await_state("1001", "talking")
    with standing_still(house.stack):
        house.agents[0].hang_up()
    row = house.agrees()[talker]
    assert (row["outcome"], row["agent"], row["hangup_by"]) == ("answered", "1001", "agent")


@pytest.mark.parametrize("heartbeat_s", [2 * HEARTBEAT_S])  # so that the talk is over before another daemon is there
def test_who_is_answered_and_let_go_in_a_hang_was_answered(house: House) -> None:
    house.agent("1001", answer_after_s=2.5, talk_s=1.0)
    number = house.dial(Script(steps=choosing("funeral")))
    house.await_state("1001", "ringing")
    with standing_still(house.stack):
        house.await_hang_up("1001")
    row = house.agrees()[number]
    assert (row["outcome"], row["agent"]) == ("answered", "1001")
    house.await_state("1001", "ready")


def test_who_gives_up_in_a_hang_gave_up_then(house: House) -> None:
    waiter = house.dial(Script(steps=choosing("request")))
    until("one waits", lambda: len(house.stack.queue()) == 1, 60)
    with standing_still(house.stack):
        house.callers[0][0].hang_up()
    row = house.agrees()[waiter]
    assert (row["outcome"], row["hangup_by"]) == ("abandoned", "caller")


def test_who_comes_and_goes_in_a_hang_has_a_row_with_their_number(house: House) -> None:
    with standing_still(house.stack):
        number = house.dial(Script(steps=(Wait(0.7), HangUp())))
    assert house.agrees()[number]["outcome"] == "abandoned_in_menu"


@pytest.mark.parametrize("heartbeat_s", [PATIENT_S])
def test_a_daemon_that_stands_still_and_goes_on_tells_the_times_of_then(house: House) -> None:
    house.agent("1001", talk_s=None)
    house.agent("1002", answer_after_s=2.5, talk_s=0.8)
    talker = house.dial(Script(steps=choosing("request")))
    house.await_state("1001", "talking")
    rung = house.dial(Script(steps=choosing("request")))
    house.await_state("1002", "ringing")
    daemon = house.stack.daemon
    daemon.suspend()
    try:
        house.agents[0].hang_up()
        house.await_hang_up("1002")
        time.sleep(1.0)  # so that now, if it were told for then, is too late for the judge
    finally:
        daemon.resume()
    rows = house.agrees()
    assert daemon.pid == house.stack.daemon_pid
    assert (rows[talker]["agent"], rows[rung]["agent"]) == ("1001", "1002")


def test_a_kill_with_a_talk_that_ends_before_the_next_daemon_is_there(house: House) -> None:
    house.agent("1001", talk_s=TALK_S)
    talker = house.dial(Script(steps=choosing("request")))
    house.await_state("1001", "talking")
    over = time.monotonic() + TALK_S + 1.5
    before = 0
    while time.monotonic() < over:  # each that the supervisor starts is killed as soon as it is seen
        if (pid := house.stack.daemon_pid) != before:
            os.kill(pid, signal.SIGKILL)
            before = pid
        time.sleep(0.01)
    house.stack.await_another_daemon(before)
    assert house.agrees()[talker]["agent"] == "1001"


def test_an_ordered_stop_ends_calls_itself_at_that_moment(house: House) -> None:
    house.agent("1001", talk_s=None)
    talker = house.dial(Script(steps=choosing("request")))
    house.await_state("1001", "talking")
    waiter = house.dial(Script(steps=choosing("funeral")))
    until("one waits", lambda: len(house.stack.queue()) == 1, 60)
    house.stack.stop()
    stopped_at = time.time()
    rows = house.agrees(cut=True)  # while nothing runs: the stop itself has closed them
    assert {row["hangup_by"] for row in rows.values()} == {"system"}
    assert (rows[talker]["outcome"], rows[talker]["agent"]) == ("answered", "1001")
    assert rows[waiter]["outcome"] == "abandoned"
    assert all(row["ended_at"] / 1000 <= stopped_at for row in rows.values())
    house.stack.start()
    until("the line knows of no call", lambda: not house.stack.queue(), 60)
    assert house.agrees(cut=True) == rows


@pytest.mark.alone  # what it bounds is how soon the line notices
def test_calls_that_die_with_asterisk_end_with_it(house: House) -> None:
    house.agent("1001", talk_s=None)
    talker = house.dial(Script(steps=choosing("request")))
    house.await_state("1001", "talking")
    time.sleep(1.0)
    pid_file = house.stack.data_dir / "asterisk" / "asterisk.pid"
    before = house.stack.asterisk.pid
    killed_at = time.time()
    os.kill(before, signal.SIGKILL)
    until("it is there again", lambda: int(pid_file.read_text()) != before, 60)
    house.stack.wait_ready(60)
    row = until(
        "its row is closed",
        lambda: next((row for row in house.stack.calls() if row["caller"] == talker), None),
        60,
    )
    ended_at = datetime.fromisoformat(row["ended_at"]).timestamp()
    assert row["outcome"] == "answered"
    assert abs(ended_at - killed_at) <= NEAR_S, (ended_at, killed_at)
