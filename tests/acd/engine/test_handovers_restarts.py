"""Hand-overs of which nothing is heard, and those over a restart."""

import pytest

from acd.engine.model.commands import BringBack, FindCaller, MuteRecording
from acd.engine.model.events import (
    CallAttached,
    CallerFound,
    EngineStarted,
    LegGone,
    LineStops,
    Meanwhile,
    NodeReconciled,
    SeenCall,
)
from acd.engine.model.facts import CallReturned, OfferMade
from acd.engine.model.ids import AgentId, NodeId
from acd.engine.model.recording_events import RecordingMuted
from tests.acd.engine.handing_on import C1, talking
from tests.acd.engine.handing_over import AST1, TRUNK, answered, ends, fails, found, phase, recorded, rung, wishes

# --- nothing is heard


def test_who_is_not_back_in_time_is_looked_for_and_brought_back() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(29.9)
    assert line.commands == []
    line.passes(0.1)
    assert line.commands == [FindCaller(call=C1, node=AST1)]
    found(line, "dialplan")
    assert (line.commands, phase(line)) == ([], "outside")
    line.passes(1.5)
    assert line.commands == [FindCaller(call=C1, node=AST1)]
    found(line, "nowhere")
    assert line.commands == [BringBack(call=C1, node=AST1, channel="PJSIP/trunk-c1")]
    line.attaches("c1")
    assert (ends(line), line.offered) == ([("failed", 31.5)], {"1001": "c1"})


def test_who_is_gone_in_two_lists_is_gone() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(30)
    found(line, "gone")
    found(line, "dialplan")
    found(line, "gone")
    assert phase(line) == "outside"
    found(line, "gone")
    assert (line.outcome("c1").hangup_by, ends(line)) == ("unknown", [("caller_gone", 30.0)])


def test_a_late_search_leaves_a_talk_with_the_target_alone() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(30)
    answered(line)
    for place in ("nowhere", "gone", "gone"):
        found(line, place)
        assert (line.commands, phase(line)) == ([], "outside")


def test_a_search_of_another_node_says_nothing() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.do(CallerFound(at=line.at, call=C1, node=NodeId("ast2"), place="nowhere", channel="PJSIP/trunk-c1"))
    assert line.commands == []


# --- restarts


def test_after_a_restart_the_dialplan_brings_the_caller_back() -> None:
    line = talking("1001 1002", **TRUNK)
    leg = rung(line)
    line.passes(24)
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    assert line.timers["handover:c1"] == line.at + 6, "as before"
    fails(line, "NOANSWER")
    line.comes_back("c1", leg, "", "NOANSWER")
    assert (ends(line), line.offered) == ([("no_answer", 24.0)], {"1001": "c1"})


def test_a_restart_leaves_it_some_time() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.at += 3600
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    assert line.timers["handover:c1"] == line.at + 5
    line.passes(5)
    assert line.commands == [FindCaller(call=C1, node=AST1)]


@pytest.mark.parametrize("outside", [True, False])
def test_asterisk_s_list_tells_that_the_target_answered_meanwhile(outside: bool) -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(4)
    line.do(EngineStarted(at=line.at))
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", outside=outside)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert phase(line) == "outside"
    assert ends(line) == ([("answered", 4.0)] if outside else [])
    assert ("handover:c1" in line.timers) is not outside
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(), available=(AgentId("1001"),)))
    assert line.outcome("c1").hangup_by == "unknown"


@pytest.mark.parametrize("leg_told", [True, False])
def test_a_caller_who_left_while_the_line_died_is_found_outside(leg_told: bool) -> None:
    """The line dies between the order and the word of the transfer. Asterisk's log tells of the leg's end alone."""
    line = recorded()
    wishes(line)
    leg = line.leg("c1")
    line.do(EngineStarted(at=line.at))
    told = (LegGone(at=line.at, late_s=0.5, call=C1, channel=leg, cause_code=16),) if leg_told else ()
    line.do(Meanwhile(at=line.at, node=AST1, told=told))
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1")
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert (phase(line), line.talking) == ("outside", {})
    assert MuteRecording(call=C1, node=AST1, channel="PJSIP/trunk-c1", paused=True) in line.commands
    assert line.shown("1001") == "wrapup"
    fails(line, "BUSY")
    line.comes_back("c1", leg, "", outside="BUSY")
    assert (line.offered, ends(line)) == ({"1001": "c1"}, [("busy", 0.0)])


def test_a_talk_goes_on_of_which_the_order_was_lost() -> None:
    line = recorded()
    wishes(line)
    leg = line.leg("c1")
    line.do(EngineStarted(at=line.at))
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg=leg, talking=True)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert (phase(line), line.talking) == ("talking", {"1001": "c1"})
    line.passes(40)
    assert ends(line) == [("not_made", 30.0)]


def test_an_order_for_silence_that_was_lost_is_repeated() -> None:
    """The line dies between the journal and the order: the target has heard no notice, and Asterisk would record."""
    line = recorded()
    rung(line)
    muted = MuteRecording(call=C1, node=AST1, channel="PJSIP/trunk-c1", paused=True)
    seen = NodeReconciled(at=line.at, node=AST1, calls=(SeenCall(call=C1, channel="PJSIP/trunk-c1", outside=True),))
    line.do(EngineStarted(at=line.at), seen)
    assert muted in line.commands
    line.do(RecordingMuted(at=line.at, call=C1, paused=True, by="line"))
    line.do(seen)
    assert muted not in line.commands


def test_the_line_stops_while_it_rings() -> None:
    line = talking(**TRUNK)
    leg = rung(line)
    line.do(LineStops(at=line.at))
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert (line.offered, phase(line)) == ({}, "waiting"), "nobody is offered any more"


def test_a_session_that_attaches_without_a_word_of_the_transfer_is_the_caller_back() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.do(CallAttached(at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1-2"))
    call = line.engine.state.calls[C1]
    assert (call.channel, call.attached, call.orphaned) == ("PJSIP/trunk-c1-2", True, False)
    assert [fact.call for fact in line.facts(CallReturned)] == [C1]
    assert [fact.agent for fact in line.facts(OfferMade)] == ["1001", "1001"]
