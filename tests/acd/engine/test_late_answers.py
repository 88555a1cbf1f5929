"""AMI is seconds behind FastAGI: each talk that two people had is in its call's row, once, with its times; nobody is
rung who talks, and no talk is cut (`handlers/late_answers.py`)."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CancelOffer, FindCaller, HoldCaller, ReleaseCall
from acd.engine.model.config import AutoAnswer
from acd.engine.model.events import (
    AgentHeard,
    CallDetached,
    CallerFound,
    CallerGone,
    CallImported,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    LegGone,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, OfferEnded, OfferMade, TalkEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId
from tests.acd.engine.line import Line, profile
from tests.acd.engine.telling_kinds import line_of, presses, says_urgent

C1, AST1 = CallId("c1"), NodeId("ast1")
RING_S, GRACE_S = 15, 5


def connected(agents: str = "1001", auto: AutoAnswer = "no", **rules: Any) -> Line:
    """A line whose AMI connection has no gap, with agents who are ready."""
    profiles = tuple(profile(name, auto_answer=auto) for name in agents.split())
    line = Line(profiles, ring_s=RING_S, offer_grace_s=GRACE_S, wrapup_s=5, **rules)
    line.do(NodeReconciled(at=line.at, node=AST1, available=tuple(AgentId(name) for name in agents.split())))
    line.ready(*agents.split())
    return line


def returned(line: Line, status: Any, *, unsure: bool = False) -> None:
    offer = line.engine.state.calls[C1].offer
    assert offer is not None
    line.do(OfferReturned(at=line.at, call=C1, offer=offer.id, status=status, unsure=unsure))
    if unsure:
        line.do(CallDetached(at=line.at, call=C1))


def caller_ends(line: Line, leg: str, late_s: float, *, answered: bool = True) -> None:
    """AMI tells that the caller hung up, so long ago."""
    end = OfferFailed(at=line.at, late_s=late_s, call=C1, channel=leg, status="CANCEL")
    line.do(HangupRequested(at=line.at, late_s=late_s, call=C1, by="caller"))
    line.do(LegGone(at=line.at, late_s=late_s, call=C1, channel=leg) if answered else end)
    line.do(CallerGone(at=line.at, late_s=late_s, call=C1))


def talks(line: Line) -> list[tuple[str, float, float]]:
    return [(one.agent, one.began_at, one.at) for one in line.facts(TalkEnded)]


def results(line: Line) -> list[tuple[str, str]]:
    return [(one.agent, one.result) for one in line.facts(OfferEnded)]


# --- the caller hangs up


@pytest.mark.parametrize("status", ["CANCEL", ""])
def test_a_talk_that_the_caller_ended_before_ami_told_of_the_answer_is_recorded(status: str) -> None:
    """Offered at 1000, answered at 1002, hung up at 1006; AMI tells of both at 1010."""
    line = connected("1001 1002")
    line.arrives("c1", "request")
    leg = line.leg("c1")
    line.passes(6)
    returned(line, status, unsure=True)
    assert (line.offered, line.said) == ({"1001": "c1"}, []), "nobody knows yet whether they have talked"
    line.passes(4)
    line.do(OfferRinging(at=line.at, late_s=10, call=C1, channel=leg))
    line.do(OfferAnswered(at=line.at, late_s=8, call=C1, channel=leg))
    assert line.talking == {"1001": "c1"}
    caller_ends(line, leg, 4)
    assert talks(line) == [("1001", 1002, 1006)]
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.answered_at, end.ended_at) == ("answered", "1001", 1002, 1006)
    assert (end.wait_s, end.talk_s, end.hangup_by) == (2, 4, "caller")
    assert results(line) == [("1001", "answered")]
    assert line.shown("1001") == "wrapup"
    assert not [one for one in line.history if isinstance(one, CancelOffer)]


def test_a_reload_while_it_rings_is_no_gap() -> None:
    line = connected("1001 1002")
    line.arrives("c1", "request")
    leg = line.leg("c1")
    there = (AgentId("1001"), AgentId("1002"))
    line.passes(1)
    line.do(NodeReconciled(at=line.at, node=AST1, available=there, gap=False))
    line.passes(5)
    returned(line, "CANCEL", unsure=True)
    assert line.offered == {"1001": "c1"}, "AMI is still to tell of the answer"
    line.do(OfferAnswered(at=line.at, late_s=4, call=C1, channel=leg))
    caller_ends(line, leg, 0)
    assert talks(line) == [("1001", 1002, 1006)]


@pytest.mark.parametrize("told_as", ["failed", "gone"])
def test_a_caller_who_hung_up_while_it_rang_is_abandoned_as_soon_as_ami_tells(told_as: str) -> None:
    line = connected()
    line.arrives("c1", "request")
    leg = line.leg("c1")
    line.passes(6)
    returned(line, "CANCEL", unsure=True)
    line.passes(4)
    assert line.shown("1001") == "ringing"
    if told_as == "failed":
        caller_ends(line, leg, 4, answered=False)
    else:
        line.do(CallerGone(at=line.at, late_s=4, call=C1))
    assert (line.outcome("c1").outcome, line.outcome("c1").ended_at, talks(line)) == ("abandoned", 1006, [])
    assert (results(line), line.shown("1001")) == ([("1001", "caller_gone")], "ready")


def test_an_agent_whose_caller_may_have_talked_to_them_gets_no_other_caller() -> None:
    line = connected("1001", ring_recall=True)
    line.arrives("c1", "request")
    line.rings("c1")
    line.passes(6)
    returned(line, "CANCEL", unsure=True)
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "c1"}, "not even an urgent one: there is no ring to take the phone from"
    line.wishes("1001", "paused")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable", endpoint="PJSIP/1001"))
    assert line.offered == {"1001": "c1"}
    line.do(OfferAnswered(at=line.at, late_s=2, call=C1, channel="PJSIP/1001-c1#1"))
    assert talks(line) == []
    caller_ends(line, "PJSIP/1001-c1#1", 0)
    assert talks(line) == [("1001", 1004, 1006)]


@pytest.mark.parametrize("gap", ["lost", "back", "started", "never"])
def test_while_ami_may_have_missed_the_answer_agi_alone_decides(gap: str) -> None:
    line = connected() if gap != "never" else Line("1001", ring_s=RING_S)
    line.ready("1001")
    line.arrives("c1", "request")
    if gap == "lost":
        line.do(NodeLost(at=line.at, node=AST1))
    line.passes(1)
    if gap == "back":
        line.do(NodeLost(at=line.at, node=AST1), NodeReconciled(at=line.at, node=AST1, available=(AgentId("1001"),)))
    if gap == "started":
        line.do(EngineStarted(at=line.at))
    line.passes(1)
    returned(line, "CANCEL", unsure=True)
    assert (results(line), line.shown("1001")) == ([("1001", "caller_gone")], "ready")


def test_an_answer_that_ami_never_tells_is_waited_for_only_so_long() -> None:
    line = connected()
    line.arrives("c1", "request")
    line.passes(6)
    returned(line, "CANCEL", unsure=True)
    line.passes(29)
    assert line.shown("1001") == "ringing"
    line.passes(1)
    assert (results(line), line.shown("1001")) == ([("1001", "caller_gone")], "ready")


def test_a_ring_that_is_over_is_over_once() -> None:
    line = connected()
    line.arrives("c1", "request")
    line.passes(6)
    returned(line, "CANCEL", unsure=True)
    line.do(OfferReturned(at=line.at, call=C1, offer=OfferId("c1#1"), status="NOANSWER"))
    assert line.offered == {"1001": "c1"}


# --- the agent hangs up


def test_a_talk_that_the_agent_ended_before_ami_told_of_the_answer_has_its_begin() -> None:
    line = connected("1001 1002")
    line.arrives("c1", "request")
    leg = line.leg("c1")
    line.passes(6)
    returned(line, "ANSWER")
    release = ReleaseCall(call=C1, reason="talk_ended", offer=OfferId("c1#1"))
    assert line.commands == [release], "the caller need not wait for AMI"
    assert line.shown("1001") == "ringing"
    line.do(CallDetached(at=line.at, call=C1))
    line.passes(4)
    line.do(OfferAnswered(at=line.at, late_s=8, call=C1, channel=leg))
    line.do(HangupRequested(at=line.at, late_s=4, call=C1, by="agent", channel=leg))
    assert (talks(line), line.shown("1001")) == ([("1001", 1002, 1006)], "wrapup")
    line.do(LegGone(at=line.at, late_s=4, call=C1, channel=leg))
    line.do(CallerGone(at=line.at, late_s=3.5, call=C1))
    end = line.outcome("c1")
    assert (end.outcome, end.talk_s, end.ended_at, end.hangup_by) == ("answered", 4, 1006.5, "agent")
    assert results(line) == [("1001", "answered")]
    assert len(line.facts(CallAnswered)) == len(talks(line)) == 1


def test_events_that_do_not_say_how_late_they_are_put_no_talk_beyond_its_dial() -> None:
    line = connected()
    line.arrives("c1", "request")
    leg = line.leg("c1")
    line.passes(6)
    returned(line, "ANSWER")
    line.passes(4)
    line.do(OfferAnswered(at=line.at, call=C1, channel=leg))
    line.passes(1)
    line.do(LegGone(at=line.at, call=C1, channel=leg))
    assert talks(line) == [("1001", 1006, 1006)]


@pytest.mark.parametrize("then", ["gone", "time", "stops"])
def test_a_talk_of_whose_answer_ami_never_tells_has_a_row_nevertheless(then: str) -> None:
    line = connected()
    line.arrives("c1", "request")
    line.passes(6)
    returned(line, "ANSWER")
    line.do(CallDetached(at=line.at, call=C1))
    if then == "time":
        line.passes(30)
    line.do(CallerGone(at=line.at, call=C1))
    assert talks(line) == [("1001", 1006, 1006)]
    assert (line.outcome("c1").outcome, line.outcome("c1").agent) == ("answered", "1001")
    assert results(line) == [("1001", "answered")]


@pytest.mark.parametrize("then", ["rejoins", "imported", "imported as over"])
def test_a_served_caller_who_comes_back_before_ami_told_of_the_answer_is_rung_for_no_more(then: str) -> None:
    """Their session broke before it could release them."""
    line = connected("1001 1002")
    line.arrives("c1", "request")
    line.passes(6)
    returned(line, "ANSWER")
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.passes(1)
    if then != "rejoins":
        ended_at = line.at if then == "imported as over" else None
        imported = CallImported(at=line.at, call=C1, node=AST1, arrived_at=1000, queued_at=1006.5, ended_at=ended_at)
        line.do(msgspec.structs.replace(imported, channel="PJSIP/trunk-c1", regroup=ended_at is None))
    if then != "imported as over":
        line.attaches("c1")
        assert [type(one) for one in line.commands] == [ReleaseCall]
        assert line.offered == {}
        line.do(OfferAnswered(at=line.at, late_s=5, call=C1, channel="PJSIP/1001-c1#1"))
        line.caller_gone("c1")
    assert (talks(line), results(line)) == ([("1001", 1006, 1006)], [("1001", "answered")])
    assert (line.outcome("c1").outcome, line.outcome("c1").talk_s) == ("answered", 0)


# --- the time for the ring is up


def test_a_ring_that_agi_has_not_ended_is_a_talk_of_which_ami_has_not_told_yet() -> None:
    """Answered at 1014; the time for the ring is up at 1020; AMI tells at 1022."""
    line = connected("1001 1002")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.passes(22)
    assert (line.offered, results(line)) == ({"1001": "c1"}, [])
    line.do(OfferAnswered(at=line.at, late_s=8, call=C1, channel=leg))
    line.passes(60)
    line.do(LegGone(at=line.at, call=C1, channel=leg))
    assert talks(line) == [("1001", 1014, 1082)]
    assert not [one for one in line.history if isinstance(one, CancelOffer | HoldCaller)]
    assert [one.agent for one in line.facts(OfferMade)] == ["1001"]


@pytest.mark.parametrize(
    ("place", "result"),
    [("talking", "answered"), ("dialplan", "no_answer"), ("nowhere", "no_answer"), ("gone", "caller_gone")],
)
def test_asterisk_is_asked_what_became_of_a_ring_that_nothing_ends(place: Any, result: str) -> None:
    line = connected(max_misses=9)
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.do(CallerFound(at=line.at, call=C1, node=AST1, place="gone"))
    line.passes(29)
    assert not [one for one in line.history if isinstance(one, FindCaller)]
    line.passes(1)
    assert [one for one in line.commands if isinstance(one, FindCaller)] == [FindCaller(call=C1, node=AST1)]
    assert line.offered == {"1001": "c1"}
    found_leg = leg if place == "talking" else ""
    line.do(CallerFound(at=line.at, call=C1, node=AST1, place=place, channel="PJSIP/trunk-c1", leg=found_leg))
    assert results(line) == [("1001", result)]
    assert line.talking == ({"1001": "c1"} if place == "talking" else {})


@pytest.mark.parametrize("why", ["urgent", "signs out", "phone gone"])
def test_no_rule_takes_the_phone_of_a_ring_that_can_last_so_long_only_as_a_talk(why: str) -> None:
    line = connected("1001", ring_recall=True)
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.passes(21)
    if why == "urgent":
        line.arrives("u1", "funeral")
    elif why == "signs out":
        line.wishes("1001", "offline")
    else:
        line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable", endpoint="PJSIP/1001"))
    assert line.offered == {"1001": "c1"}
    assert not [one for one in line.history if isinstance(one, CancelOffer)]
    line.do(OfferAnswered(at=line.at, late_s=8, call=C1, channel=leg))
    assert line.talking == {"1001": "c1"}


def test_a_kind_that_is_given_late_takes_no_caller_out_of_such_a_talk() -> None:
    agents = (profile("1001", "ambulance"), profile("1002", "funeral request"))
    line = line_of(agents, ring_s=RING_S, offer_grace_s=GRACE_S, wrapup_s=2)
    line.do(NodeReconciled(at=line.at, node=AST1, available=(AgentId("1001"), AgentId("1002"))))
    line.ready("1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.ready("1001")
    says_urgent(line)
    line.rings("c1")
    presses(line, "1")
    line.passes(21)
    line.agent_hangs_up("c0")
    line.passes(5)
    assert line.shown("1002") == "ready"
    assert line.offered == {"1001": "c1"}
    assert not [one for one in line.history if isinstance(one, CancelOffer)]


def test_a_talk_of_whose_answer_nothing_is_told_began_when_its_ring_could_last_no_longer_and_teaches_no_ring() -> None:
    line = connected()
    line.arrives("c1", "request")
    leg = line.leg("c1")
    line.passes(30)
    line.do(CallerFound(at=line.at, call=C1, node=AST1, place="talking", channel="PJSIP/trunk-c1", leg=leg))
    assert (line.engine.state.averages.ring.count, line.engine.state.agents[AgentId("1001")].pick_up.count) == (0, 0)
    line.passes(10)
    line.do(LegGone(at=line.at, call=C1, channel=leg))
    assert talks(line) == [("1001", 1015, 1040)]
    [answered] = line.facts(CallAnswered)
    assert (answered.at, answered.wait_s, answered.ring_s) == (1015, 15, 15)


def test_a_ring_of_a_caller_without_a_session_ends_with_its_time() -> None:
    line = connected(max_misses=9)
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.passes(RING_S + GRACE_S)
    assert results(line) == [("1001", "no_answer")]


# --- transfers, and phones that answer by themselves


def test_who_sends_the_caller_on_has_answered_though_ami_has_not_told() -> None:
    line = connected("1001 1002", max_misses=9)
    line.arrives("c1", "request")
    leg = line.leg("c1")
    line.passes(6)
    returned(line, "", unsure=True)
    line.comes_back("c1", leg, "1002")
    assert line.offered == {"1002": "c1"}
    assert talks(line) == [("1001", 1006, 1006)]
    assert line.shown("1001") == "wrapup"
    line.do(OfferAnswered(at=line.at, late_s=4, call=C1, channel=leg))
    line.do(Transferred(at=line.at, late_s=1, call=C1, leg=leg, kind="blind", dialled="1002"))
    line.do(LegGone(at=line.at, late_s=1, call=C1, channel=leg))
    assert line.offered == {"1002": "c1"}
    assert len(talks(line)) == 1


@pytest.mark.parametrize("picked_up", ["told", "untold"])
@pytest.mark.parametrize("spoke", [True, False])
def test_a_phone_that_answered_by_itself_had_a_talk_if_its_agent_was_heard(picked_up: str, *, spoke: bool) -> None:
    line = connected(auto="all", rules={"empty_chair_s": 6.0})
    line.arrives("c1", "request")
    leg = line.leg("c1")
    picks_up = OfferAnswered(at=line.at, call=C1, channel=leg, listens=True)
    line.passes(1)
    if picked_up == "told":
        line.do(msgspec.structs.replace(picks_up, at=line.at))
    line.passes(3)
    returned(line, "CANCEL", unsure=True)
    line.passes(1)
    if picked_up == "untold":
        line.do(msgspec.structs.replace(picks_up, at=line.at, late_s=4))
    if spoke:
        line.do(AgentHeard(at=line.at, late_s=2, call=C1, channel=leg))
    caller_ends(line, leg, 1)
    assert talks(line) == ([("1001", 1001, 1004)] if spoke else [])
    assert line.outcome("c1").outcome == ("answered" if spoke else "abandoned")
    assert line.shown("1001") == ("wrapup" if spoke else "ready")


def test_an_empty_chair_before_which_the_caller_hung_up_sets_nobody_aside() -> None:
    line = connected(auto="all", rules={"empty_chair_s": 6.0})
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(3)
    returned(line, "CANCEL", unsure=True)
    line.passes(3)
    assert (results(line), line.shown("1001")) == ([("1001", "caller_gone")], "ready")


@pytest.mark.parametrize(("before_s", "after_s", "at_s"), [(6.0, 60.0, 20), (0.0, 60.0, 20), (0.0, 6.0, 3)])
def test_a_dial_is_judged_by_the_rules_of_its_offer_whatever_is_reloaded(
    before_s: float, after_s: float, at_s: float
) -> None:
    """Ten seconds after the offer the Dial is over, with an answer of which AMI never tells."""
    line = connected(auto="all", rules={"empty_chair_s": before_s})
    line.arrives("c1", "request")
    for second in range(1, 51):
        line.passes(1)
        if second == at_s:
            rules = msgspec.structs.replace(line.config, rules={"empty_chair_s": after_s})
            line.do(ConfigChanged(at=line.at, config=rules))
        if second == 10:
            returned(line, "ANSWER")
            line.do(CallDetached(at=line.at, call=C1))
    assert (results(line), talks(line)) == ([("1001", "answered")], [("1001", 1010, 1010)])
