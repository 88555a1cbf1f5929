"""Late events have the time at which they happened: their effects begin and end then, but not before what they end."""

import pytest

from acd.engine.model.agent_events import AgentChannelOpened
from acd.engine.model.commands import HoldCaller
from acd.engine.model.events import (
    CallDetached,
    CallerGone,
    CallHeld,
    CallUnheld,
    EngineStarted,
    HangupRequested,
    LegGone,
    Meanwhile,
    NodeReconciled,
    OfferAnswered,
    SeenCall,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, CallQueued, CallTakenOver, HoldBegan, HoldEnded, TalkEnded
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.engine.handing_on import parts, talking
from tests.acd.engine.line import Line

C1, AST1 = CallId("c1"), NodeId("ast1")


@pytest.mark.parametrize(("late_s", "talk_s"), [(4.0, 6.0), (60.0, 0.0)])
@pytest.mark.parametrize("how", ["hangs_up", "leg_gone", "blind", "rings", "attended"])
def test_a_talk_that_is_told_late_to_be_over_ended_when_it_did(how: str, late_s: float, talk_s: float) -> None:
    """1001 talks to c1 since ten seconds ago."""
    line = talking()
    leg, own = line.leg("c1"), "PJSIP/1002-own"
    if how == "hangs_up":
        line.do(HangupRequested(at=line.at, call=C1, by="agent", channel=leg, late_s=late_s))
    elif how == "leg_gone":
        line.do(LegGone(at=line.at, call=C1, channel=leg, late_s=late_s))
    elif how == "blind":
        line.do(Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled="1002", late_s=late_s))
    elif how == "rings":
        line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", late_s=late_s))
    else:
        line.do(AgentChannelOpened(at=line.at, agent=AgentId("1002"), channel=own))
        line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg=own, late_s=late_s))
        line.do(LegGone(at=line.at, call=C1, channel=own))
        assert parts(line)[1:] == [("1002", 10.0 - talk_s, 0.0, "attended")]
    assert parts(line)[:1] == [("1001", talk_s, 0.0, "answered")]
    assert line.facts(TalkEnded)[0].at == 1005.0 + talk_s


def test_a_hold_lies_within_its_talk() -> None:
    """1001 talks to c1 since ten seconds ago."""
    line = talking()
    line.do(CallHeld(at=line.at, call=C1, late_s=60.0))
    line.passes(2)
    line.do(CallUnheld(at=line.at, call=C1, late_s=60.0))
    line.do(CallHeld(at=line.at, call=C1, late_s=3.0))
    line.do(CallUnheld(at=line.at, call=C1, late_s=1.0))
    assert [(fact.at, fact.call) for fact in line.facts(HoldBegan)] == [(1005.0, C1), (1014.0, C1)]
    assert [(fact.at, fact.call) for fact in line.facts(HoldEnded)] == [(1005.0, C1), (1016.0, C1)]
    line.agent_hangs_up("c1")
    assert parts(line) == [("1001", 12.0, 2.0, "answered")]


def test_who_hangs_up_ends_the_talk_though_the_leg_goes_later_and_a_leg_that_goes_ends_it_alone() -> None:
    for hangs_up in (True, False):
        line = talking()
        leg = line.leg("c1")
        gone = LegGone(at=line.at, call=C1, channel=leg, late_s=2.0)
        hung_up = HangupRequested(at=line.at, call=C1, by="agent", channel=leg, late_s=5.0)
        line.do(Meanwhile(at=line.at, node=AST1, told=(hung_up, gone) if hangs_up else (gone,)))
        assert parts(line) == [("1001", 5.0 if hangs_up else 8.0, 0.0, "answered")]


def orphan(line: Line, call: str) -> None:
    """A caller whose session was lost; the dialplan has them."""
    line.do(CallDetached(at=line.at, call=CallId(call), lost=True))


def test_an_agent_who_picks_up_for_a_caller_whose_session_was_lost_talks_to_them() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    orphan(line, "c1")
    line.passes(10)
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7", late_s=4.0))
    assert line.talking == {"1001": "c1"}
    assert [fact.at for fact in line.facts(CallAnswered)] == [1006.0]


def test_a_caller_from_whom_another_agent_was_taken_and_who_hung_up_then_is_not_told_to_wait() -> None:
    """No connection for a while. 1001 rings for c1, but has picked up for c2, whose session was lost."""
    line = Line("1001", ring_s=60.0)
    line.arrives("c2", "request")
    orphan(line, "c2")
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(10)
    told = (
        OfferAnswered(at=line.at, call=CallId("c2"), channel="PJSIP/1001-7", late_s=5.0),
        CallerGone(at=line.at, call=C1, late_s=3.0),
    )
    seen = SeenCall(call=CallId("c2"), channel="PJSIP/trunk-c2", leg="PJSIP/1001-7", talking=True)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),), told=told))
    assert (line.talking, line.outcome("c1").outcome, line.outcome("c1").wait_s) == ({"1001": "c2"}, "abandoned", 7.0)
    assert not [one for one in line.commands if isinstance(one, HoldCaller)]
    line = Line("1001", ring_s=60.0)
    line.arrives("c2", "request")
    orphan(line, "c2")
    line.ready("1001")
    line.arrives("c1", "request")
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),), told=told[:1]))
    assert [one.call for one in line.commands if isinstance(one, HoldCaller)] == ["c1"], "who is there still waits"


def test_who_was_picked_up_in_the_flow_meanwhile_talked_by_that_leg() -> None:
    """The standby had them; its word comes later."""
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.attaches("c1")
    line.passes(10)
    line.do(EngineStarted(at=line.at))
    answered = OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7", late_s=6.0)
    line.do(Meanwhile(at=line.at, node=AST1, told=(answered,)))
    assert line.talking == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-8"))
    assert line.talking == {"1001": "c1"}, "another leg of theirs"
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-7", late_s=1.0))
    assert [(fact.began_at, fact.talk_s) for fact in line.facts(TalkEnded)] == [(1004.0, 5.0)]


def test_an_answer_that_is_told_again_changes_nothing() -> None:
    line = talking()
    leg = line.leg("c1")
    line.do(EngineStarted(at=line.at))
    again = OfferAnswered(at=line.at, call=C1, channel=leg, late_s=10.0)
    line.do(Meanwhile(at=line.at, node=AST1, told=(again,)))
    assert (parts(line), line.talking, len(line.facts(CallAnswered))) == ([], {"1001": "c1"}, 1)


def test_a_caller_who_waits_with_us_again_was_not_picked_up() -> None:
    """They came back from a talk that the log tells of, by a new session."""
    line = Line("1001")
    line.arrives("c1", "request")
    answered = OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7", late_s=5.0)
    line.do(Meanwhile(at=line.at, node=AST1, told=(answered,)))
    assert (line.talking, line.facts(CallAnswered)) == ({}, [])


@pytest.mark.parametrize(("late_s", "at"), [(2.0, 1006.0), (60.0, 1005.0)])
def test_an_answer_that_is_told_late_came_then_but_not_before_the_ring(late_s: float, at: float) -> None:
    line = Line("1001")
    line.arrives("c0", "request")
    line.caller_gone("c0")
    line.passes(5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(3)
    line.do(OfferAnswered(at=line.at, call=C1, channel=line.leg("c1"), late_s=late_s))
    (answered,) = line.facts(CallAnswered)
    assert (answered.at, answered.order) == (at, line.facts(CallQueued)[-1].order)
    assert answered.order > 0


@pytest.mark.parametrize(("late_s", "at"), [(2.0, 1018.0), (60.0, 1015.0)])
def test_who_picks_up_for_a_caller_sent_on_talks_since_then_but_not_before_the_other_did(
    late_s: float, at: float
) -> None:
    line = talking()
    line.do(Transferred(at=line.at, call=C1, leg=line.leg("c1"), kind="attended"))
    line.passes(5)
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1002-own", late_s=late_s))
    assert [(fact.agent, fact.at) for fact in line.facts(CallTakenOver)] == [("1002", at)]


def test_who_is_told_late_to_be_gone_was_not_before_the_latest_that_is_known_of_them() -> None:
    line = Line("1001")
    line.attaches("c1")
    line.passes(5)
    line.chooses("c1", "request")
    line.passes(3)
    line.do(CallerGone(at=line.at, call=C1, late_s=60.0))
    assert line.outcome("c1").ended_at == 1005.0
    line = talking()
    line.do(CallerGone(at=line.at, call=C1, late_s=60.0))
    assert line.outcome("c1").ended_at == 1005.0, "the talk began then"


@pytest.mark.parametrize(
    ("late_s", "arrived_at", "came", "ended"), [(2.0, None, 998.0, 998.0), (9.0, 995.0, 995.0, 995.0)]
)
def test_one_who_was_gone_before_a_session_began_came_and_went_by_what_is_told(
    late_s: float, arrived_at: float | None, came: float, ended: float
) -> None:
    line, call = Line("1001"), CallId("ast-1-1700.1")
    line.do(CallerGone(at=line.at, call=call, channel="PJSIP/trunk-9", late_s=late_s, arrived_at=arrived_at))
    end = line.outcome(call)
    assert (end.node, end.name, end.dialled) == ("ast-1", "", "")
    assert (end.arrived_at, end.ended_at) == (came, ended)
