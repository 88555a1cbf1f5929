"""Calls from the line to their row: what happens, and what the engine then wants."""

from acd.engine.model.commands import HoldCaller, OfferCall, ReleaseCall, RunFlow
from acd.engine.model.events import (
    CallAttached,
    CallerGone,
    CallHeld,
    CallUnheld,
    FlowFinished,
    FlowStepped,
    HangupRequested,
    KeyPressed,
    LegGone,
)
from acd.engine.model.facts import CallQueued, KeyHeard, ServiceNamed, WrapupEnded
from acd.engine.model.ids import CallId, NodeId, OfferId
from tests.acd.engine.line import Line

C1 = CallId("c1")


def test_a_call_from_the_line_to_its_row() -> None:
    line = Line(wrapup_s=10)
    line.ready("1001")
    line.attaches("c1")
    assert line.commands == [RunFlow(call=C1, flow="hotline")]
    line.passes(5)
    line.chooses("c1", "funeral")
    assert [type(command) for command in line.commands] == [OfferCall]
    assert line.shown("1001") == "ringing"
    line.passes(2)
    line.answers("c1")
    assert line.talking == {"1001": "c1"}
    line.passes(30)
    line.do(CallHeld(at=line.at, call=C1))
    line.passes(4)
    line.do(CallUnheld(at=line.at, call=C1))
    line.passes(6)
    line.do(HangupRequested(at=line.at, call=C1, by="agent"))
    line.agent_hangs_up("c1")
    assert line.commands == [ReleaseCall(call=C1, reason="talk_ended", offer=OfferId("c1#1"))]
    assert line.shown("1001") == "wrapup"
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.hangup_by, end.priority) == ("answered", "1001", "agent", "urgent")
    assert (end.wait_s, end.answer_delay_s, end.ring_s, end.talk_s, end.hold_s) == (2, 7, 2, 40, 4)
    line.passes(10)
    assert [fact.wrapup_s for fact in line.facts(WrapupEnded)] == [10]
    assert line.shown("1001") == "ready"


def test_a_caller_who_hangs_up_while_ringing_frees_the_agent_at_once() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.rings("c1")
    line.do(HangupRequested(at=line.at, call=C1, by="caller"))
    line.fails("c1", "CANCEL")
    assert line.offered == {"1001": "c2"}
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by, end.agent) == ("abandoned", "caller", None)
    assert line.shown("1001") == "ringing"


def test_hang_ups_in_the_menu_on_hold_and_in_talk_end_once() -> None:
    line = Line("1001", wrapup_s=0)
    line.attaches("menu")
    line.caller_gone("menu")
    line.arrives("wait", "request")
    line.passes(3)
    line.caller_gone("wait")
    line.ready("1001")
    line.arrives("talk", "request")
    line.answers("talk")
    line.do(HangupRequested(at=line.at, call=CallId("talk"), by="caller"))
    line.agent_hangs_up("talk")
    line.caller_gone("talk")
    line.caller_gone("talk")
    assert line.outcome("menu").outcome == "abandoned_in_menu"
    assert (line.outcome("wait").outcome, line.outcome("wait").wait_s) == ("abandoned", 3)
    assert (line.outcome("talk").outcome, line.outcome("talk").hangup_by) == ("answered", "caller")
    assert line.engine.state.calls == {}


def test_the_ticket_is_due_when_the_kind_is_known() -> None:
    line = Line()
    line.arrives("c1", "funeral")
    line.arrives("c2", "request")
    assert [(fact.call, fact.opens_ticket) for fact in line.facts(ServiceNamed)] == [("c1", True), ("c2", False)]
    assert [fact.position for fact in line.facts(CallQueued)] == [1, 2]
    line.do(KeyPressed(at=line.at, call=C1, key="9"))
    assert [fact.key for fact in line.facts(KeyHeard)] == ["9"]


def test_a_caller_who_needs_nobody_is_let_go() -> None:
    line = Line()
    line.attaches("c1")
    line.do(FlowStepped(at=line.at, call=C1, step="information", key="3"))
    line.do(FlowFinished(at=line.at, call=C1))
    assert line.commands == [ReleaseCall(call=C1, reason="flow_finished")]
    line.caller_gone("c1")
    assert line.outcome("c1").outcome == "self_served"


def test_an_agent_who_hangs_up_is_free_before_their_leg_is_gone() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.do(HangupRequested(at=line.at, call=C1, by="agent", channel=leg))
    assert line.offered == {"1001": "c2"}
    line.do(LegGone(at=line.at, call=C1, channel=leg, cause_code=16))
    line.caller_gone("c1")
    assert (line.offered, line.outcome("c1").hangup_by) == ({"1001": "c2"}, "agent")


def test_who_was_answered_and_gone_before_a_session_began_has_a_row_too() -> None:
    line = Line()
    line.do(CallerGone(at=line.at, call=CallId("ast1-1.5"), channel="PJSIP/trunk-1", number="05321"))
    end = line.outcome("ast1-1.5")
    assert (end.outcome, end.hangup_by, end.number, end.node) == ("abandoned_in_menu", "caller", "05321", "ast1")
    line.do(CallerGone(at=line.at, call=C1))
    assert line.engine.state.calls == {}


def test_a_caller_waits_and_is_offered_in_their_language_and_by_their_number() -> None:
    line = Line("1001")
    line.do(CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1", number="0532"))
    line.chooses("c1", "request", language="en")
    assert HoldCaller(call=C1, language="en") in line.commands
    line.ready("1001")
    (offer,) = (command for command in line.commands if isinstance(command, OfferCall))
    assert (offer.number, offer.endpoint, offer.service) == ("0532", "PJSIP/1001", "request")
