"""An engine that hangs and still takes connections, on a real Asterisk with what `make run` starts: it is noticed and
followed by another one; where each one hangs, Asterisk's own queue has the callers. Nobody is lost or overtaken."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from acd.engine.model.facts import CallQueued
from bench.stack import Stack, until
from phones import Agent, Caller, Phones, Press, Wait
from tests.integration.witnesses import journal_facts

pytestmark = pytest.mark.integration

HEARTBEAT_S = 1.5
AFTER_S = 2.0
ROUTINE = Caller(steps=(Wait(0.4), Press("2")))
URGENT = Caller(steps=(Wait(0.4), Press("1"), Wait(0.4), Press("1")))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(
        tmp_path, agents=3, heartbeat_s=HEARTBEAT_S, standby_after_s=AFTER_S, wrapup_s=0, ring_s=10, regroup_s=2
    ) as stack:
        yield stack


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    with stack.phones(tmp_path / "phones") as phones:
        yield phones


def numbers(prefix: int, count: int) -> tuple[str, ...]:
    return tuple(f"0532{prefix}{n:05d}" for n in range(count))


def daemon(stack: Stack) -> int:
    """Whom the file names, dead or alive."""
    return int((stack.data_dir / "cozum.pid").read_text())


def listens(pid: int) -> bool:
    """Whether a daemon takes callers by now."""
    try:
        return bool(psutil.Process(pid).net_connections("tcp"))
    except psutil.Error:
        return False


def waiting(stack: Stack) -> list[str]:
    return [row["caller"] for row in stack.queue()]


def came(stack: Stack, numbers: tuple[str, ...]) -> list[str]:
    """These callers in the order in which they came to wait. Phones that dial one after the other may not choose in
    that order."""
    return [fact.number for fact in journal_facts(stack, CallQueued) if fact.number in numbers]


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.alone  # a heartbeat of 1.5 s is short, and how soon a hang is noticed is measured
def test_one_hang_costs_nobody_their_place(stack: Stack, phones: Phones) -> None:
    staff = phones.staff([stack.login("1001")], Agent(answer_after_s=0.1, talk_s=8.0))
    stack.set_state("1001", "ready")
    until("1001 is ready", lambda: stack.state_of("1001") == "ready", 60)
    first = phones.call(ROUTINE, numbers=numbers(1, 1))
    until("the first talks", lambda: stack.state_of("1001") == "talking", 60)
    routine = phones.call(ROUTINE, count=6, rate=10, numbers=numbers(2, 6))
    until("six wait", lambda: len(stack.queue()) == 6, 60)
    urgent = phones.call(URGENT, count=2, rate=10, numbers=numbers(3, 2))
    until("two more", lambda: len(stack.queue()) == 8, 60, say=lambda: waiting(stack))
    expected = [*came(stack, numbers(3, 2)), *came(stack, numbers(2, 6))]
    assert waiting(stack) == expected
    assert sorted(expected) == sorted((*numbers(3, 2), *numbers(2, 6)))
    queued_at = {row["caller"]: row["queued_at"] for row in stack.queue()}

    hung, since = daemon(stack), time.monotonic()
    os.kill(hung, signal.SIGSTOP)
    late = phones.call(URGENT, numbers=numbers(4, 1))  # connects to it, and to the next one
    until("another daemon", lambda: daemon(stack) != hung, 60)
    assert time.monotonic() - since < HEARTBEAT_S * 1.25 + 1.0
    stack.wait_ready(60)
    until("all are back", lambda: set(expected) <= set(waiting(stack)), 60, say=lambda: waiting(stack))
    assert [number for number in waiting(stack) if number in queued_at] == expected
    assert {row["caller"]: row["queued_at"] for row in stack.queue() if row["caller"] in queued_at} == queued_at

    phones.staff([stack.login(one) for one in ("1002", "1003")], Agent(answer_after_s=0.1, talk_s=0.5))
    for extension in ("1002", "1003"):
        stack.set_state(extension, "ready")
    for callers in (first, routine, urgent, late):
        assert callers.wait(60).failed == 0
    until("ten rows", lambda: len(stack.calls()) == 10, 60)
    assert 'cozum_daemon_ends_total{why="hung"} 1.0' in stack.metrics()
    rows = {row["caller"]: row for row in stack.calls()}
    assert {row["outcome"] for row in rows.values()} == {"answered"}
    talk = next(leg for leg in staff.legs() if leg.incoming)
    assert talk.answered_at is not None
    assert talk.ended_at is not None
    lasted_s = talk.ended_at - talk.answered_at
    assert lasted_s > 8.0 - 0.4, "the talk heard nothing of it"
    assert rows[numbers(1, 1)[0]]["talk_s"] == pytest.approx(lasted_s, abs=0.4)
    answered = sorted(queued_at, key=lambda number: rows[number]["answered_at"])
    assert set(answered[:2]) == set(numbers(3, 2))
    offers = stack.rows("select call from offers order by made_at")
    number_of = {row["id"]: number for number, row in rows.items()}
    order = [number for number in dict.fromkeys(number_of[call] for (call,) in offers) if number in queued_at]
    assert order == expected
    for number in queued_at:
        waited = seconds(rows[number]["answered_at"]) - seconds(queued_at[number])
        assert rows[number]["wait_s"] == pytest.approx(waited, abs=0.002)


@pytest.mark.alone  # a heartbeat of 1.5 s is short, and how soon the callers are answered is measured
def test_where_each_one_hangs_the_standby_has_the_callers(stack: Stack, phones: Phones) -> None:
    phones.staff([stack.login("1001")], Agent(answer_after_s=0.2, talk_s=1.0))
    stack.set_state("1001", "ready")
    until("1001 is ready", lambda: stack.state_of("1001") == "ready", 60)
    until("the standby is told", lambda: "1001" in (stack.data_dir / "standby_members.json").read_text(), 60)
    stopped: list[int] = []

    def stop_the_next() -> None:
        """Each daemon, once it takes callers."""
        pid = daemon(stack)
        if pid not in stopped:
            if stopped and not listens(pid):
                return
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)

    stop_the_next()
    routine = phones.call(Caller(), count=2, rate=5, numbers=numbers(1, 2))
    began = time.monotonic()

    def answered() -> bool:
        stop_the_next()
        return sum("ANSWER" in row.event and "1001" in row.channel for row in stack.cel()) >= 2

    until("Asterisk's queue brings both to 1001", answered, 60, say=lambda: stack.last_words())
    taken_s = time.monotonic() - began
    assert len(stopped) >= 2, "one that only died is another test"
    # Two hangs, the time without an engine, question and answer, and a talk before the second.
    assert taken_s < 2 * (HEARTBEAT_S * 1.25 + 1.0) + AFTER_S + 20
    assert routine.wait(60).failed == 0
    for pid in stopped:  # whoever is left of them
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue
    stack.wait_ready(60)
    until("both have their row", lambda: len(stack.calls()) == 2, 60)
    assert {row["outcome"] for row in stack.calls()} == {"answered"}
    assert {row["agent"] for row in stack.calls()} == {"1001"}
