"""Attended transfers: after a consultation, or while the other agent's phone still rings."""

import msgspec
import pytest

from acd.engine.model.commands import CancelOffer, ReleaseCall
from acd.engine.model.config import Announcements, Relaxation, Service
from acd.engine.model.events import (
    CallDetached,
    CallHeld,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    SeenCall,
    Transferred,
)
from acd.engine.model.facts import (
    CallTakenOver,
    CallTransferred,
    OfferEnded,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, NodeId, OfferId, ServiceId
from tests.acd.engine.handing_on import C1, parts, talking, tells
from tests.acd.engine.line import Line, profile


def test_attended_the_talk_goes_on_with_the_other() -> None:
    line = talking()
    line.ready("1002")
    line.do(CallHeld(at=line.at, call=C1, channel=line.leg("c1")))
    line.passes(6)
    new = line.hands_over("c1", "1002")
    assert line.commands == []  # the caller's session goes on
    assert (line.talking, line.shown("1001"), line.shown("1002")) == ({"1002": "c1"}, "wrapup", "talking")
    line.passes(4)
    line.do(CallHeld(at=line.at, call=C1, channel=new))
    line.passes(2)
    line.returns("c1", "ANSWER")
    assert line.commands == [ReleaseCall(call=C1, reason="talk_ended", offer=OfferId("c1#1"))]
    line.caller_gone("c1")
    assert parts(line) == [("1001", 16.0, 6.0, "answered"), ("1002", 6.0, 2.0, "attended")]
    record = line.outcome("c1")
    assert (record.talk_s, record.hold_s, record.agent) == (22.0, 8.0, "1001")
    assert [(fact.agent, fact.how) for fact in line.facts(CallTakenOver)] == [("1002", "attended")]


def test_attended_though_the_legs_end_was_told_first() -> None:
    line = talking()
    line.ready("1002")
    leg = line.leg("c1")
    line.agent_hangs_up("c1")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/1002-own"))
    assert line.talking == {"1002": "c1"}


@pytest.mark.parametrize("leg", ["PJSIP/desk-7-0002", "PJSIP/1002-web-0002"])
def test_attended_to_either_phone_of_an_agent_with_an_endpoint_of_their_own(leg: str) -> None:
    line = talking((profile("1001"), msgspec.structs.replace(profile("1002"), endpoint="PJSIP/desk-7")))
    line.ready("1002")
    line.do(Transferred(at=line.at, call=C1, leg=line.leg("c1"), kind="attended", to_leg=leg))
    assert line.talking == {"1002": "c1"}


def test_attended_to_an_agent_whose_endpoint_begins_like_anothers() -> None:
    line = talking((profile("1001"), msgspec.structs.replace(profile("1002"), endpoint="PJSIP/1001-b")))
    line.ready("1002")
    line.do(Transferred(at=line.at, call=C1, leg=line.leg("c1"), kind="attended", to_leg="PJSIP/1001-b-0001"))
    assert line.talking == {"1002": "c1"}


def test_attended_to_one_who_is_paused_or_in_after_call_work() -> None:
    line = talking("1001 1002")
    line.ready("1002")
    line.wishes("1002", "paused", "meal")
    line.hands_over("c1", "1002")
    line.passes(3)
    line.agent_hangs_up("c1")
    line.passes(10)
    assert line.shown("1002") == "busy" if line.engine.state.agents[AgentId("1002")].channels else "paused/meal"


def test_attended_to_one_who_is_being_rung_for_another() -> None:
    line = talking("1001 1002 1003")
    line.ready("1002")
    line.arrives("c2", "request")
    line.rings("c2")
    line.hands_over("c1", "1002")
    assert (line.talking, line.offered) == ({"1002": "c1"}, {})
    line.ready("1003")
    assert line.offered == {"1003": "c2"}


def test_attended_to_one_who_works_after_a_caller_whom_they_sent_on_leaves_that_caller_alone() -> None:
    line = talking("1001 1002 1003")
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.ready("1003")
    line.arrives("c2", "request")
    line.answers("c2")
    line.hands_over("c2", "1001")
    assert (line.talking, line.offered) == ({"1001": "c2"}, {"1002": "c1"})
    assert [one.call for one in line.facts(OfferEnded) if one.result != "answered"] == []


def test_attended_to_one_who_sent_the_caller_on_who_talks_to_another_leaves_that_talk_alone() -> None:
    line = talking("1001 1002 1003")
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.answers("c1")
    line.ready("1003")
    line.arrives("c2", "request")
    line.answers("c2")
    line.hands_over("c2", "1001")
    assert line.talking == {"1001": "c2", "1002": "c1"}


def test_handed_over_while_it_rings_and_answered() -> None:
    line = talking()
    line.ready("1002")
    new = line.hands_over("c1", "1002", picked_up=False)
    assert (line.shown("1001"), line.shown("1002"), line.offered) == ("wrapup", "busy", {})
    line.passes(3)
    line.do(OfferAnswered(at=line.at, call=C1, channel=new))
    assert line.talking == {"1002": "c1"}
    assert line.commands == []
    line.passes(5)
    line.do(LegGone(at=line.at, call=C1, channel=new))
    line.caller_gone("c1")
    assert parts(line) == [("1001", 10.0, 0.0, "answered"), ("1002", 5.0, 0.0, "attended")]


def test_handed_over_while_it_rings_and_not_answered() -> None:
    line = talking("1001 1002 1003")
    leg = line.leg("c1")
    line.hands_over("c1", "1002", picked_up=False)
    line.arrives("c2", "request")
    line.passes(3)
    line.comes_back("c1", leg, "")
    line.ready("1003")
    assert line.offered == {"1003": "c1"}


def test_what_asterisk_shows_after_a_lost_connection_is_believed() -> None:
    line = talking()
    line.ready("1002")
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg="PJSIP/1002-own", talking=True)
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=(seen,),
            available=(AgentId("1001"), AgentId("1002")),
            agent_channels={AgentId("1002"): ("PJSIP/1002-own",)},
        )
    )
    assert (line.talking, line.shown("1001")) == ({"1002": "c1"}, "wrapup")


def test_handed_over_to_nobody_of_ours_the_talk_is_over() -> None:
    line = talking()
    leg = line.leg("c1")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/stranger-1"))
    assert (line.shown("1001"), line.talking) == ("wrapup", {})
    assert not any(isinstance(one, ReleaseCall) for one in line.commands), "they talk on, but not with us"
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/stranger-1"))
    assert line.out == []
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").talk_s) == ("answered", 10)


def test_handed_over_to_oneself_by_another_line_the_talk_goes_on() -> None:
    line = talking()
    new = line.hands_over("c1", "1001")
    assert (line.talking, line.leg("c1"), line.facts(CallTransferred)) == ({"1001": "c1"}, new, [])


def test_handed_over_to_one_in_a_talk_that_talk_is_over_first() -> None:
    line = talking("1001 1002 1003")
    line.ready("1002")
    line.arrives("c2", "request")
    line.answers("c2")
    line.passes(3)
    line.hands_over("c1", "1002")
    assert line.talking == {"1002": "c1"}
    assert parts(line, "c2") == [("1002", 3.0, 0.0, "answered")]
    line.caller_gone("c2")
    assert line.outcome("c2").hangup_by == "unknown"
    assert [(fact.call, fact.wrapup_s) for fact in line.facts(WrapupEnded)] == [("c2", 0.0)]


def test_handed_over_to_one_who_then_is_free_for_nobody_until_their_channel_is_gone() -> None:
    line = talking(wrapup_s=0)
    line.ready("1002")
    leg = line.leg("c1")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/1002-own"))
    line.arrives("c2", "request")
    assert line.offered == {"1001": "c2"}
    line.arrives("c3", "request")
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert line.offered == {"1001": "c2", "1002": "c3"}


def test_who_is_handed_over_while_they_wait_is_waited_for_no_more() -> None:
    """With all that goes with waiting: the next announcement, less that is asked of an agent, the longest wait."""
    services = (
        Service(id=ServiceId("request"), max_wait_s=90, relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=ServiceId("agent")),
    )
    told = (Announcements(priority="routine", position=True),)
    line = Line("1001 1002", services, wrapup_s=0, announcements=told)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.hands_over("c1", "1002", picked_up=False)
    assert {"announce:c1", "relax:c1", "maxwait:c1"} <= set(line.timers)
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1002-own"))
    assert line.talking == {"1002": "c1"}
    assert {"announce:c1", "relax:c1", "maxwait:c1"}.isdisjoint(line.timers)
    assert tells(line) == [("1001", "ringing", None)], "told once"
    assert [fact.offer for fact in line.facts(CallTakenOver)] == ["c1#2"]


def test_handed_over_to_one_who_rings_for_an_urgent_caller_these_have_the_agent_who_is_free_now() -> None:
    """And not one who rings for a routine caller already: nobody is matched before all is set right."""
    line = talking("1001 1002 1003", wrapup_s=0, ring_recall=True)
    line.ready("1002")
    line.arrives("u1", "funeral")
    line.rings("u1")
    line.ready("1003")
    line.arrives("r1", "request")
    line.rings("r1")
    assert line.offered == {"1002": "u1", "1003": "r1"}
    line.hands_over("c1", "1002")
    assert (line.talking, line.offered) == ({"1002": "c1"}, {"1003": "r1", "1001": "u1"})


def test_who_picks_up_a_caller_who_has_come_back_to_us_meanwhile_is_hung_up() -> None:
    line = talking()
    leg = line.leg("c1")
    new = line.hands_over("c1", "1002", picked_up=False)
    line.comes_back("c1", leg, "")
    line.do(CallDetached(at=line.at, call=C1))
    line.do(OfferAnswered(at=line.at, call=C1, channel=new))
    assert (line.talking, [type(one) for one in line.commands]) == ({}, [CancelOffer])


def test_a_longest_wait_that_ends_while_the_other_phone_rings_is_over_when_the_caller_is_back() -> None:
    """Until then they have no session, and may be answered still."""
    services = (Service(id=ServiceId("request"), max_wait_s=20), Service(id=ServiceId("agent")))
    line = Line("1001 1002", services, wrapup_s=60)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.hands_over("c1", "1002", picked_up=False)
    line.do(CallDetached(at=line.at, call=C1))
    line.passes(30)
    assert not any(isinstance(one, ReleaseCall) for one in line.commands)
    line.comes_back("c1", leg, "1002")
    line.passes(0)
    assert [one.reason for one in line.commands if isinstance(one, ReleaseCall)] == ["timed_out"]
