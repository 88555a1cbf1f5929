"""A connection of Asterisk's that is accepted after its channel hung up: the call has ended and is not begun again."""

import time

from acd.engine.model.facts import CallEnded, CallEntered
from bench.stack import until
from phones import Agent, Blind, HangUp, Wait
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import journal_facts, times_bridged


def test_a_caller_who_is_sent_on_and_leaves_while_the_daemon_stands_still(line: Line) -> None:
    """The transfer makes a second connection, which waits to be accepted; the hangup is told by AMI before it is."""
    phone = line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("1002", None)))
    bridged_before = times_bridged(line.stack, "1001")
    (number,) = line.dial(*choosing("request", Wait(60.0), HangUp()))
    line.await_state("1001", "talking")
    until("they are bridged", lambda: times_bridged(line.stack, "1001") > bridged_before, 60)
    daemon = line.stack.daemon
    daemon.suspend()  # for less than its heartbeat allows, on a slow machine too
    try:
        phone.go_on()
        until("Asterisk has connected again", lambda: _application(line, number) == "AGI", 60)
        callers, _ = line.callers[0]
        callers.hang_up()
        callers.wait(60)
    finally:
        daemon.resume()
    rows = until(
        "the call has its row",
        lambda: [row for row in line.stack.calls() if row["caller"] == number and row["outcome"]],
        60,
    )
    line.await_state("1001", "ready")
    time.sleep(1.0)  # for what would come late
    assert len(rows) == 1
    of_call = [fact for fact in journal_facts(line.stack, CallEntered) if fact.call == rows[0]["id"]]
    assert len(of_call) == 1
    assert len([fact for fact in journal_facts(line.stack, CallEnded) if fact.call == rows[0]["id"]]) == 1
    assert line.stack.rows("SELECT count(*) FROM calls WHERE id = ? AND outcome IS NOT NULL", rows[0]["id"]) == [(1,)]


def _application(line: Line, number: str) -> str:
    """What the dialplan does with a caller."""
    return next((row["Application"] for row in line.observer.channels() if row["CallerIDNum"] == number), "")
