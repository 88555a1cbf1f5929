"""A connection of Asterisk's that is accepted after its channel hung up: the call has ended and is not begun again."""

import time

from acd.engine.model.facts import CallEnded, CallEntered
from bench.stack import until
from phones import Agent, Blind, Caller, HangUp, Wait
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import journal_facts


def test_a_caller_who_is_sent_on_and_leaves_while_the_daemon_stands_still(line: Line) -> None:
    """The transfer makes a second connection, which waits to be accepted; the hangup is told by AMI before it is."""
    sends_on = Blind("1002", after_s=2.5)
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None, transfer=sends_on))
    steps = choosing("request", Wait(4.4), HangUp())
    (number,) = line.dial(script=Caller(steps=steps))
    line.await_state("1001", "talking")
    daemon = line.stack.daemon
    daemon.suspend()
    try:
        callers, _ = line.callers[0]
        callers.wait(20)
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
