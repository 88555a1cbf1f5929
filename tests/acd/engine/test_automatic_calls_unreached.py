"""The line itself tells a citizen an outcome: a citizen who is not reached."""

from typing import Any

import pytest

from acd.engine.model.commands import ReleaseCall
from acd.engine.model.events import (
    CallbackCancelled,
    CalleeAnswered,
    CalleeFailed,
    CallerGone,
    CommandFailed,
    NodeReconciled,
)
from acd.engine.model.facts import OutcomeCallOver, OutcomeCallRefused, OutcomeDialled
from acd.engine.model.ids import CallId
from tests.acd.engine.automatic_calls import CHANNEL, attaches, over, picked_up, rung
from tests.acd.engine.calling_back import NODE, line_of, queued
from tests.acd.engine.test_outcome_calls import O1, wishes


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("NOANSWER", "no_answer"),
        ("CANCEL", "no_answer"),
        ("BUSY", "busy"),
        ("CONGESTION", "unreachable"),
        ("CHANUNAVAIL", "unreachable"),
    ],
)
def test_one_who_does_not_pick_up(status: Any, result: str) -> None:
    line = rung()
    line.do(CalleeFailed(at=line.at, call=CallId(O1), channel=CHANNEL, status=status))
    assert over(line) == (result, None)
    assert line.outcome(O1).outcome == "callback_failed"
    assert line.timers == {}
    line.do(CallerGone(at=line.at, call=CallId(O1), called_back=True))
    assert line.said == []


@pytest.mark.parametrize(("cause_code", "result"), [(17, "busy"), (0, "no_answer"), (19, "no_answer")])
def test_only_the_end_of_the_channel_is_told(cause_code: int, result: str) -> None:
    """By the channel log, after a time without an engine."""
    line = rung()
    line.do(CallerGone(at=line.at, call=CallId(O1), cause_code=cause_code, called_back=True))
    assert over(line) == (result, None)


def test_what_the_channel_log_says_counts_though_their_channel_is_not_listed_either() -> None:
    """Asterisk's word of both comes in one event."""
    line = rung()
    gone = CallerGone(at=line.at, call=CallId(O1), cause_code=17, called_back=True)
    line.do(NodeReconciled(at=line.at, node=NODE, told=(gone,)))
    assert over(line) == ("busy", None)
    assert line.outcome(O1).outcome == "callback_failed"


def test_one_who_picked_up_and_came_to_nobody_was_failed_by_us() -> None:
    line = rung()
    line.do(CalleeAnswered(at=line.at, call=CallId(O1), channel=CHANNEL))
    line.do(CallerGone(at=line.at, call=CallId(O1), called_back=True))
    assert over(line) == ("failed", None)


def test_nothing_is_told_for_longer_than_a_phone_rings() -> None:
    line = rung()
    line.passes(34.9)
    assert line.facts(OutcomeCallOver) == []
    line.passes(0.1)
    assert over(line) == ("no_answer", None)


def test_asterisk_could_not_be_asked() -> None:
    line = rung()
    line.do(CommandFailed(at=line.at, call=CallId(O1), command="hold_caller", error="none"))
    assert line.facts(OutcomeCallOver) == []
    line.do(CommandFailed(at=line.at, call=CallId(O1), command="ring_citizen", error="none"))
    assert over(line) == ("failed", None)


def test_a_call_that_is_taken_back_while_it_rings() -> None:
    line = rung()
    line.do(CallbackCancelled(at=line.at, call=CallId(O1)))
    assert line.facts(OutcomeCallOver) == []
    assert line.outcome(O1).outcome == "callback_cancelled"
    attaches(line)
    assert line.commands == [ReleaseCall(call=CallId(O1), reason="not_ours")]


def test_a_call_that_is_taken_back_too_late_goes_on() -> None:
    line = picked_up()
    line.do(CallbackCancelled(at=line.at, call=CallId(O1)))
    assert line.said == []


def test_the_last_places_are_for_emergencies() -> None:
    line = line_of(most_calls=3, emergency_places=1)
    queued(line, "c1")
    rung(line)
    assert len(line.facts(OutcomeDialled)) == 1
    queued(line, "c2")
    wishes(line, "26-2.1.1", "05320000042", automatic=True)
    assert line.out == [OutcomeCallRefused(at=line.at, wish="26-2.1.1", why="full", automatic=True)]


def test_a_citizen_who_rings_takes_a_place_of_the_line() -> None:
    line = line_of(most_calls=3, emergency_places=1)
    rung(line)
    queued(line, "c1")
    wishes(line, "26-2.1.1", "05320000042", automatic=True)
    assert [fact.why for fact in line.facts(OutcomeCallRefused)] == ["full"]
