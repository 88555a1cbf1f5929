"""Callers without session and agent are found within two seconds, whatever the cause, and brought back to their
place."""

from collections.abc import Callable
from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import BringBack, FindCaller
from acd.engine.model.events import (
    CallDetached,
    CallerFound,
    CallerGone,
    CommandFailed,
    EngineStarted,
    FlowStepped,
    LineStops,
    Meanwhile,
    NodeLost,
    OfferFailed,
    OfferReturned,
    TimerFired,
)
from acd.engine.model.facts import CallEnded, CallQueued, CallStranded
from acd.engine.model.ids import CallId, NodeId, TimerId
from acd.engine.rules.unheld import LOOK_S
from tests.acd.engine.calling_back import line_of, queued
from tests.acd.engine.line import Line

C1, AST1, CHANNEL = CallId("c1"), NodeId("ast1"), "PJSIP/trunk-c1"
FIND, BRING = FindCaller(call=C1, node=AST1), BringBack(call=C1, node=AST1, channel=CHANNEL)


def waiting(**rules: Any) -> Line:
    """c1 waits, and c2 behind them; nobody is on duty."""
    line = Line("1001 1002", **rules)
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    return line


def detached(line: Line) -> None:
    line.do(CallDetached(at=line.at, call=C1, lost=True))


def found(line: Line, place: Any, **more: Any) -> None:
    channel = "" if place == "gone" else CHANNEL
    line.do(CallerFound(at=line.at, call=C1, node=AST1, place=place, channel=channel, **more))


def test_a_caller_whom_nobody_holds_is_looked_for_and_brought_back_to_their_place() -> None:
    line = waiting()
    detached(line)
    line.passes(LOOK_S - 0.01)
    assert line.commands == []
    line.passes(0.01)
    assert line.commands == [FIND]
    found(line, "nowhere")
    assert line.commands == [BRING]
    [fact] = line.facts(CallStranded)
    assert (fact.call, fact.phase, fact.unheld_s) == ("c1", "waiting", LOOK_S)
    line.attaches("c1")
    line.ready("1001")
    assert line.offered == {"1001": "c1"}
    line.passes(10)
    assert line.history.count(FIND) == 1


def test_both_are_within_two_seconds() -> None:
    assert LOOK_S < 2.0


@pytest.mark.parametrize("again", ["attaches", "hangs up", "is called back"])
def test_who_comes_back_or_hangs_up_in_time_is_not_looked_for(again: str) -> None:
    line = waiting(callbacks=True, callback_abandoned_urgent=True)
    detached(line)
    line.passes(1)
    if again == "attaches":
        line.attaches("c1")
    else:
        line.caller_gone("c1")
    line.passes(20)
    assert not [one for one in line.history if isinstance(one, FindCaller)]
    assert not line.facts(CallStranded)


def test_who_is_with_the_dialplan_is_looked_for_again_until_they_are_back() -> None:
    line = waiting()
    detached(line)
    for _ in range(3):
        line.passes(LOOK_S)
        assert line.commands == [FIND]
        found(line, "dialplan")
        assert line.commands == []
    line.attaches("c1")
    line.passes(10)
    assert line.commands == []
    assert not line.facts(CallStranded)


def test_who_is_not_brought_back_is_fetched_again_and_told_of_once() -> None:
    line = waiting()
    detached(line)
    for _ in range(2):
        line.passes(LOOK_S)
        found(line, "nowhere")
        assert line.commands == [BRING]
        line.do(CommandFailed(at=line.at, call=C1, command="bring_back", error="not connected"))
    assert len(line.facts(CallStranded)) == 1
    line.attaches("c1")
    detached(line)
    line.passes(LOOK_S)
    found(line, "nowhere")
    assert len(line.facts(CallStranded)) == 2, "another time is another"


def test_a_channel_that_is_gone_ends_the_call_when_two_looks_say_so() -> None:
    line = waiting()
    detached(line)
    line.passes(LOOK_S)
    found(line, "gone")
    assert not line.facts(CallEnded)
    line.passes(LOOK_S)
    found(line, "gone")
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by) == ("abandoned", "unknown")
    assert "stranded:c1" not in line.timers


def test_a_channel_that_was_missed_once_is_not_gone() -> None:
    line = waiting()
    detached(line)
    for place in ("gone", "dialplan", "gone", "nowhere"):
        line.passes(LOOK_S)
        found(line, place)
    assert line.commands == [BRING]


def test_who_is_found_in_a_talk_has_their_row() -> None:
    """An agent of the standby's queue answered, and the word of it was lost."""
    line = waiting(wrapup_s=0)
    line.ready("1002")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    line.arrives("c1b", "request")
    line.do(CallDetached(at=line.at, call=CallId("c1b"), lost=True))
    line.passes(LOOK_S)
    line.do(
        CallerFound(
            at=line.at,
            call=CallId("c1b"),
            node=AST1,
            place="talking",
            channel="PJSIP/trunk-c1b",
            leg="PJSIP/1002-77",
        )
    )
    assert line.talking == {"1002": "c1b"}
    line.passes(20)
    assert not [one for one in line.history if isinstance(one, BringBack)]


def test_a_look_that_finds_the_caller_held_already_changes_nothing() -> None:
    line = waiting()
    detached(line)
    line.passes(LOOK_S)
    line.attaches("c1")
    for place in ("gone", "gone", "nowhere", "dialplan"):
        found(line, place)
        assert line.out == []


def test_a_node_that_is_not_the_callers_has_no_say() -> None:
    line = waiting()
    detached(line)
    line.passes(LOOK_S)
    for _ in range(2):
        line.do(CallerFound(at=line.at, call=C1, node=NodeId("ast9"), place="gone"))
    assert line.out == []


def in_the_menu() -> Line:
    line = Line("1001")
    line.attaches("c1")
    line.do(FlowStepped(at=line.at, call=C1, step="urgent", key="1"))
    detached(line)
    return line


def let_go() -> Line:
    """The talk is over, and the caller's channel does not end."""
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    detached(line)
    return line


def given_up() -> Line:
    """Asterisk says that the caller cancelled, and their session goes on: CANCEL stood for something else."""
    line = Line("1001", max_misses=9)
    line.ready("1001")
    line.arrives("c1", "request")
    line.do(OfferFailed(at=line.at, call=C1, status="CANCEL", channel=line.leg("c1")))
    return line


def without_a_session() -> Line:
    line = waiting()
    line.do(CommandFailed(at=line.at, call=C1, command="hold_caller", error="no session"))
    return line


def sent_on() -> Line:
    """By a blind transfer after which the dialplan does not come back."""
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.sends("c1", "*8")
    return line


def lost_while_it_rang() -> Line:
    """The session broke in mid-ring, and the ring came to nothing."""
    line = Line("1001", max_misses=9)
    line.ready("1001")
    line.arrives("c1", "request")
    detached(line)
    line.passes(5)
    line.fails("c1", "NOANSWER")
    return line


def after_a_restart() -> Line:
    line = waiting()
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    return line


@pytest.mark.parametrize(
    "how", [in_the_menu, let_go, given_up, without_a_session, sent_on, lost_while_it_rang, after_a_restart]
)
def test_whatever_left_them_they_are_looked_for(how: Callable[[], Line]) -> None:
    line = how()
    phase = line.engine.state.calls[C1].phase
    line.passes(LOOK_S)
    assert FIND in line.out
    found(line, "nowhere")
    assert BRING in line.out
    [fact] = line.facts(CallStranded)
    assert fact.phase == phase
    line.attaches("c1")
    assert "stranded:c1" not in line.timers


def test_who_cannot_be_told_from_a_caller_who_cancelled_waits_at_their_place_again() -> None:
    line = given_up()
    line.passes(LOOK_S)
    found(line, "nowhere")
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}
    assert len(line.facts(CallQueued)) == 1


def test_an_offer_and_a_talk_hold_a_caller_whose_session_broke() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    offer = line.engine.state.calls[C1].offer
    assert offer is not None
    detached(line)
    line.passes(10)
    line.answers("c1")
    line.passes(60)
    assert not [one for one in line.history if isinstance(one, FindCaller)]
    line.do(OfferReturned(at=line.at, call=C1, offer=offer.id, status="ANSWER"))
    line.passes(LOOK_S)
    assert FIND in line.out


def test_a_look_before_its_time_is_none() -> None:
    line = waiting()
    detached(line)
    line.do(TimerFired(at=line.at, timer=TimerId("stranded:c1")))
    assert line.out == []


def test_a_channel_that_was_missed_before_a_restart_too_is_gone() -> None:
    line = waiting()
    detached(line)
    line.passes(LOOK_S)
    found(line, "gone")
    line.do(EngineStarted(at=line.at))
    line.passes(LOOK_S)
    found(line, "gone")
    assert line.outcome("c1").outcome == "abandoned"


def test_who_lost_session_and_then_the_agent_who_rang_is_looked_for() -> None:
    line = Line("1001", ring_s=60.0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    detached(line)
    assert "stranded:c1" not in line.timers
    line.wishes("1001", "offline")
    assert line.offered == {}
    assert line.timers.get("stranded:c1") == line.at + LOOK_S


@pytest.mark.parametrize("how", ["everything stops", "meanwhile"])
def test_who_is_to_be_called_back_is_looked_for_no_more(how: str) -> None:
    line = line_of(callback_abandoned_urgent=True)
    queued(line, "c1", "funeral")
    detached(line)
    if how == "meanwhile":
        line.do(EngineStarted(at=line.at))
    assert "stranded:c1" in line.timers
    if how == "meanwhile":
        line.do(Meanwhile(at=line.at, node=AST1, told=(CallerGone(at=line.at, call=C1),)))
    else:
        line.do(LineStops(at=line.at), NodeLost(at=line.at, node=AST1))
    assert line.engine.state.calls[C1].away
    assert "stranded:c1" not in line.timers
