"""Phones that answer by themselves, and the empty chair before one."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import BringBack, CallBack, CancelOffer, HoldCaller, OfferCall, ReleaseCall
from acd.engine.model.config import AutoAnswer, Service
from acd.engine.model.events import (
    AgentHeard,
    AnyEvent,
    CallAttached,
    CallDetached,
    CallerFound,
    CallerGone,
    CallHeld,
    CallUnheld,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    KeyPressed,
    LegGone,
    Meanwhile,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    OfferReturned,
    SeenCall,
    Transferred,
)
from acd.engine.model.facts import (
    CallAnswered,
    CallReturned,
    CallTransferred,
    HoldBegan,
    LineFaultBegan,
    MissesUndone,
    OfferEnded,
    OfferMade,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.line import SERVICES, Line, profile
from tests.acd.engine.telling_kinds import SERVICES as URGENT
from tests.acd.engine.telling_kinds import presses, says_urgent
from tests.acd.explain.telling import texts

NODE = NodeId("ast1")
CHAIR_S = 6.0


def headsets(agents: str = "1001", *more: str, auto: AutoAnswer = "all", rules: Any = None, **others: Any) -> Line:
    """A line on which the phones of `agents` are asked to answer by themselves, and those of `more` are not."""
    profiles = tuple(profile(name, auto_answer=auto) for name in agents.split()) + tuple(map(profile, more))
    line = Line(profiles, rules={"empty_chair_s": CHAIR_S} if rules is None else rules, **others)
    line.ready(*(one.id for one in profiles))
    return line


def heard(line: Line, call: str, leg: str) -> None:
    line.do(AgentHeard(at=line.at, call=CallId(call), channel=leg))


def asked(line: Line) -> list[bool]:
    """Of each phone that was to ring, in order: whether it was asked to answer by itself."""
    return [one.auto_answer for one in line.history if isinstance(one, OfferCall)]


def results(line: Line) -> list[tuple[str, str, float]]:
    return [(one.agent, one.result, one.ring_s) for one in line.facts(OfferEnded)]


def brought(line: Line) -> list[str]:
    """The callers who were to be brought back by the last step."""
    return [one.call for one in line.out if isinstance(one, BringBack)]


def sees(line: Line, call: str, leg: str, *, talking: bool = True) -> NodeReconciled:
    seen = SeenCall(call=CallId(call), channel=f"PJSIP/trunk-{call}", leg=leg, talking=talking)
    agents = tuple(AgentId(agent.id) for agent in line.config.agents)
    return NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=agents)


# --- whose phone is asked, and for whom


@pytest.mark.parametrize(
    ("auto", "service", "wanted"),
    [
        ("no", "funeral", False),
        ("no", "request", False),
        ("urgent", "funeral", True),
        ("urgent", "request", False),
        ("all", "funeral", True),
        ("all", "request", True),
    ],
)
def test_a_phone_is_asked_to_answer_by_itself_as_its_agent_has_it(auto: AutoAnswer, service: str, wanted: bool) -> None:
    line = headsets(auto=auto)
    line.arrives("c1", service)
    assert asked(line) == [wanted]
    assert [one.auto_answer for one in line.facts(OfferMade)] == [wanted]


def test_one_who_says_that_it_is_urgent_is_answered_from_then_on() -> None:
    line = headsets("1001", "1002", auto="urgent", escalation_key="9", max_misses=9)
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    assert asked(line) == [False, False]
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="9"))
    line.fails("c1", "NOANSWER")
    line.passes(5)
    assert asked(line) == [False, False, True]


def test_a_callback_rings_as_ever() -> None:
    line = headsets(callbacks=True, callback_abandoned_urgent=True)
    line.wishes("1001", "paused")
    line.do(CallAttached(at=line.at, call=CallId("u1"), node=NODE, channel="PJSIP/trunk-u1", callable="05321"))
    line.chooses("u1", "funeral")
    line.caller_gone("u1")
    line.wishes("1001", "ready")
    assert [type(one) for one in line.commands] == [CallBack]
    assert [one.auto_answer for one in line.facts(OfferMade)] == [False]


# --- the agent is there


def test_the_talk_counts_from_the_answer_once_the_agent_is_heard() -> None:
    line = headsets()
    line.passes(1)
    line.arrives("c1", "request")
    line.passes(0.25)
    leg = line.answers_itself("c1")
    assert line.talking == {}
    assert line.facts(CallAnswered) == []
    assert line.shown("1001") == "ringing"
    line.passes(1.5)
    heard(line, "c1", leg)
    assert line.talking == {"1001": "c1"}
    [answered] = line.facts(CallAnswered)
    assert (answered.wait_s, answered.ring_s, answered.answer_delay_s) == (0.25, 0.25, 0.25)
    assert answered.at == line.at - 1.5
    assert results(line) == [("1001", "answered", 0.25)]
    line.passes(60)
    assert line.talking == {"1001": "c1"}, "heard once is enough"
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.wait_s, end.talk_s) == ("answered", 0.25, 61.5)


def test_the_pick_up_is_learnt_as_any_other() -> None:
    line = headsets()
    line.arrives("c1", "request")
    line.passes(0.25)
    leg = line.answers_itself("c1")
    line.passes(3)
    heard(line, "c1", leg)
    assert line.engine.state.agents[AgentId("1001")].pick_up.value == 0.25


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(lambda at, leg: AgentHeard(at=at, call=CallId("c1"), channel=leg), id="speech or a key"),
        pytest.param(lambda at, leg: CallHeld(at=at, call=CallId("c1"), channel=leg), id="hold"),
        pytest.param(lambda at, leg: NodeLost(at=at, node=NODE), id="no sign can arrive any more"),
        pytest.param(lambda at, leg: EngineStarted(at=at), id="an engine that knows of no signs"),
    ],
)
def test_what_makes_the_agent_there(sign: Any) -> None:
    line = headsets()
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S - 0.001)
    line.do(sign(line.at, leg))
    assert line.talking == {"1001": "c1"}
    line.passes(60)
    assert line.talking == {"1001": "c1"}
    assert not line.facts(CallReturned)


def test_hold_is_counted_from_its_begin() -> None:
    line = headsets()
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(2)
    line.do(CallHeld(at=line.at, call=CallId("c1"), channel=leg))
    assert [one.at for one in line.facts(HoldBegan)] == [line.at]
    line.passes(3)
    line.do(CallUnheld(at=line.at, call=CallId("c1"), channel=leg))
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").hold_s, line.outcome("c1").talk_s) == (3, 5)


@pytest.mark.parametrize("first", ["ami", "agi"])
def test_who_is_sent_on_without_a_word_was_answered(first: str) -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(1)
    if first == "ami":
        line.do(Transferred(at=line.at, call=CallId("c1"), leg=leg, kind="blind", dialled="1002"))
        line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg))
        line.do(CallDetached(at=line.at, call=CallId("c1")))
    line.comes_back("c1", leg, "1002")
    assert [(one.by, one.agent) for one in line.facts(CallTransferred)] == [("1001", "1002")]
    assert line.offered == {"1002": "c1"}
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").agent, line.outcome("c1").talk_s) == ("1001", 1)


def test_a_sign_of_another_leg_is_none() -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    for other in ("PJSIP/1002-9", "PJSIP/1001-other", ""):
        heard(line, "c1", other)
        line.do(CallHeld(at=line.at, call=CallId("c1"), channel=other))
    heard(line, "c2", "PJSIP/1001-c1#1")
    assert line.talking == {}
    line.do(NodeLost(at=line.at, node=NodeId("ast2")))
    assert line.talking == {}, "that node has no call of ours"


def test_a_sign_before_the_phone_has_answered_is_none() -> None:
    line = headsets()
    line.arrives("c1", "request")
    line.rings("c1")
    heard(line, "c1", line.leg("c1"))
    line.do(NodeLost(at=line.at, node=NODE))
    assert (line.talking, line.offered) == ({}, {"1001": "c1"})


def test_the_answer_counts_at_once_where_nobody_listens() -> None:
    """An Asterisk of before, no connection to it for a moment, or the agent was heard during the beep."""
    line = headsets()
    line.arrives("c1", "request")
    line.answers("c1")
    assert line.talking == {"1001": "c1"}


@pytest.mark.parametrize(
    ("auto", "rules"), [("no", None), ("all", {}), ("all", {"empty_chair_s": 0.0})], ids=["rings", "left out", "off"]
)
def test_the_answer_counts_at_once_where_the_rule_does_not_hold(auto: AutoAnswer, rules: Any) -> None:
    line = headsets(auto=auto, rules=rules)
    line.arrives("c1", "request")
    line.answers_itself("c1")
    assert line.talking == {"1001": "c1"}


def test_a_ring_that_lasts_is_given_up_as_ever() -> None:
    """A phone that does not answer by itself."""
    line = headsets(ring_s=10, offer_grace_s=5)
    line.arrives("c1", "request")
    line.passes(14.999)
    assert line.offered == {"1001": "c1"}
    line.passes(0.001)
    assert [one.result for one in line.facts(OfferEnded)] == ["no_answer"]


def test_the_ring_may_be_almost_over_when_the_phone_answers() -> None:
    line = headsets(ring_s=10, offer_grace_s=5)
    line.arrives("c1", "request")
    line.passes(12)
    leg = line.answers_itself("c1")
    line.passes(5.9)
    assert line.offered == {"1001": "c1"}, "the time of the ring is over, and counts no more"
    heard(line, "c1", leg)
    assert line.talking == {"1001": "c1"}


# --- the chair is empty


def test_the_caller_is_brought_back_and_the_agent_set_aside() -> None:
    line = headsets("1001", "1002")
    line.wishes("1002", "paused")
    line.passes(1)
    line.arrives("c1", "request")
    line.passes(0.2)
    line.answers_itself("c1")
    line.passes(CHAIR_S - 0.001)
    assert line.offered == {"1001": "c1"}
    line.passes(0.001)
    assert line.commands == [BringBack(call=CallId("c1"), node=NODE, channel="PJSIP/trunk-c1")]
    assert len(line.facts(CallReturned)) == 1
    assert results(line) == [("1001", "empty_chair", 6.2)]
    assert line.shown("1001") == "paused/empty_chair"
    assert line.facts(CallAnswered) == []


def test_they_go_on_at_the_front_and_their_wait_goes_on() -> None:
    line = headsets("1001", "1002", wrapup_s=0)
    line.wishes("1002", "paused")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(1)
    line.arrives("c2", "request")
    line.passes(CHAIR_S)
    line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg))
    line.do(CallDetached(at=line.at, call=CallId("c1")))
    line.attaches("c1")
    assert line.commands == [HoldCaller(call=CallId("c1"))]
    line.wishes("1002", "ready")
    assert line.offered == {"1002": "c1"}, "who came first is first"
    line.passes(2)
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.wait_s, end.ring_s, end.talk_s) == ("answered", "1002", 9, 2, 0)
    assert len(line.facts(CallAnswered)) == 1


def test_who_hangs_up_before_the_agent_is_heard_was_not_answered() -> None:
    line = headsets()
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(3)
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by="caller"))
    line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg))
    assert line.offered == {"1001": "c1"}
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by, end.wait_s, end.agent) == ("abandoned", "caller", 3, None)
    assert results(line) == [("1001", "caller_gone", 3)]
    assert line.shown("1001") == "ready"


def test_an_urgent_caller_who_hangs_up_before_it_is_called_back() -> None:
    line = headsets(callbacks=True, callback_abandoned_urgent=True)
    line.do(CallAttached(at=line.at, call=CallId("u1"), node=NODE, channel="PJSIP/trunk-u1", callable="05321"))
    line.chooses("u1", "funeral")
    line.answers_itself("u1")
    line.caller_gone("u1")
    assert [type(one) for one in line.commands] == [CallBack]


def test_no_phone_answers_by_itself_for_one_who_met_an_empty_chair() -> None:
    line = headsets("1001 1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.attaches("c1")
    assert line.offered == {"1002": "c1"}
    assert asked(line) == [True, False]
    line.answers_itself("c1")
    assert line.talking == {"1002": "c1"}


def test_others_are_answered_as_before() -> None:
    line = headsets("1001 1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.arrives("c2", "request")
    assert asked(line) == [True, True]


def test_the_agent_is_not_offered_that_caller_again_at_once() -> None:
    line = headsets("1001", retry_s=5)
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.attaches("c1")
    line.wishes("1001", "ready")
    assert line.offered == {}
    line.passes(5)
    assert line.offered == {"1001": "c1"}


def test_the_preferred_agent_is_waited_for_no_longer() -> None:
    line = headsets("1001", "1002", owner_first_s=60)
    line.wishes("1002", "paused")
    line.arrives("c1", "request", preferred=AgentId("1001"))
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.attaches("c1")
    line.wishes("1002", "ready")
    assert line.offered == {"1002": "c1"}


def test_an_answer_that_counts_at_once_counts_from_its_time_and_on_its_leg() -> None:
    line = headsets()
    line.arrives("c1", "request")
    line.passes(3)
    leg = line.leg("c1")
    line.do(OfferAnswered(at=line.at, late_s=1, call=CallId("c1"), channel=leg))
    talk = line.engine.state.calls[CallId("c1")].talk
    assert talk is not None
    assert (talk.channel, talk.began_at) == (leg, line.at - 1)


def test_an_agent_who_has_paused_meanwhile_stays_paused_for_their_own_reason() -> None:
    line = headsets()
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.wishes("1001", "paused", "break")
    assert line.offered == {"1001": "c1"}, "as in a talk"
    line.passes(CHAIR_S)
    assert line.shown("1001") == "paused/break"
    assert brought(line) == ["c1"]


def test_several_empty_chairs_at_once_are_a_fault_of_the_lines() -> None:
    """Asterisk hears nobody: not all agents have left their desks."""
    line = headsets("1001 1002 1003")
    for call in ("c1", "c2", "c3"):
        line.arrives(call, "request")
        line.answers_itself(call)
    line.passes(CHAIR_S)
    assert [one.agents for one in line.facts(MissesUndone)] == [("1001", "1002", "1003")]
    assert [one.why for one in line.facts(LineFaultBegan)] == ["set_aside"]
    assert {line.shown(agent) for agent in ("1001", "1002", "1003")} == {"ready"}


def test_an_agent_in_after_call_work_returns_to_what_is_left_of_it() -> None:
    line = headsets("1001", wrapup_s=30, wrapup_recall=True)
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    line.passes(10)
    line.arrives("u1", "funeral")
    line.answers_itself("u1")
    line.passes(CHAIR_S)
    assert line.shown("1001") == "wrapup"
    line.passes(20)
    assert line.shown("1001") == "paused/empty_chair"


def test_one_removed_meanwhile_is_forgotten() -> None:
    line = headsets("1001", "1002")
    line.wishes("1002", "paused")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, agents=line.config.agents[1:])))
    line.passes(CHAIR_S)
    assert AgentId("1001") not in line.engine.state.agents


# --- the leg ends before the agent was heard


@pytest.mark.parametrize("first", ["ami", "agi"])
@pytest.mark.parametrize("by", ["agent", ""])
def test_a_leg_that_ends_before_it_leaves_the_caller_waiting(by: str, first: str) -> None:
    """An agent can only hang up to decline; and a phone may fail."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(1)
    if by:
        line.do(HangupRequested(at=line.at, call=CallId("c1"), by="agent", channel=leg))
    gone: list[AnyEvent] = [LegGone(at=line.at, call=CallId("c1"), channel=leg, cause_code=16)]
    offer = line.engine.state.calls[CallId("c1")].offer
    assert offer is not None
    returned = OfferReturned(at=line.at, call=CallId("c1"), offer=offer.id, status="ANSWER")
    line.do(*([*gone, returned] if first == "ami" else [returned, *gone]))
    assert results(line) == [("1001", "declined", 1)]
    assert line.offered == {"1002": "c1"}
    assert line.engine.state.calls[CallId("c1")].hangup_by is None
    assert not [one for one in line.history if isinstance(one, ReleaseCall)]
    assert line.engine.state.agents[AgentId("1001")].misses == 1
    line.passes(CHAIR_S)
    assert not [one for one in line.history if isinstance(one, BringBack)]


@pytest.mark.parametrize("seconds", [0.1, CHAIR_S - 0.001])
def test_who_hangs_up_during_the_beep_declines(seconds: float) -> None:
    """Asterisk tells of no answer then."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.rings("c1")
    line.passes(seconds)
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by="agent", channel=line.leg("c1")))
    line.returns("c1", "ANSWER")
    assert results(line) == [("1001", "declined", seconds)]
    assert line.offered == {"1002": "c1"}
    assert line.engine.state.calls[CallId("c1")].hangup_by is None


@pytest.mark.parametrize(("auto", "seconds"), [("all", CHAIR_S), ("no", 0.1)])
def test_a_dial_of_which_no_event_came_was_a_talk(auto: AutoAnswer, seconds: float) -> None:
    line = headsets("1001", "1002", auto=auto)
    line.arrives("c1", "request")
    line.passes(seconds)
    line.returns("c1", "ANSWER")
    assert results(line) == [("1001", "answered", seconds)]
    assert [one.reason for one in line.history if isinstance(one, ReleaseCall)] == ["talk_ended"]


def reconciled(line: Line, at: float | None = None) -> NodeReconciled:
    agents = tuple(AgentId(agent.id) for agent in line.config.agents)
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1")
    return NodeReconciled(at=line.at if at is None else at, node=NODE, calls=(seen,), available=agents)


@pytest.mark.parametrize(
    ("gap", "talks"),
    [
        pytest.param(lambda line: [NodeLost(at=line.at, node=NODE)], True, id="away"),
        pytest.param(lambda line: [NodeLost(at=line.at, node=NODE), reconciled(line)], True, id="away and back"),
        pytest.param(lambda line: [NodeLost(at=line.at, node=NodeId("ast2"))], False, id="another node"),
        pytest.param(lambda line: [EngineStarted(at=line.at)], True, id="a restart"),
    ],
)
def test_a_short_dial_of_which_no_event_could_come_was_a_talk(gap: Any, talks: bool) -> None:
    """The agent spoke, and Asterisk could not tell the line."""
    line = headsets()
    line.arrives("c1", "request")
    line.passes(1.0)
    line.do(*gap(line))
    line.passes(2.0)
    line.returns("c1", "ANSWER")
    assert [one.agent for one in line.facts(CallAnswered)] == (["1001"] if talks else [])
    assert results(line)[-1][:2] == ("1001", "answered" if talks else "declined")


def test_after_a_gap_the_next_dial_is_judged_again() -> None:
    line = headsets()
    line.do(NodeLost(at=line.at, node=NODE), msgspec.structs.replace(reconciled(line), calls=()))
    line.arrives("c1", "request")
    line.passes(1.0)
    line.returns("c1", "ANSWER")
    assert results(line)[-1][:2] == ("1001", "declined")


@pytest.mark.parametrize("status", ["CANCEL", ""])
def test_a_dial_that_ends_with_the_callers_channel_leaves_them_without_a_session(status: Any) -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.returns("c1", status)
    assert line.offered == {}, "nobody is rung for a channel that ends"
    line.caller_gone("c1")
    assert line.outcome("c1").outcome == "abandoned"


def test_a_phone_that_answers_no_questions_may_have_a_talk() -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    assert line.offered == {"1001": "c1"}
    heard(line, "c1", leg)
    assert line.talking == {"1001": "c1"}


def test_a_dialplan_that_brings_the_caller_by_itself_ends_it() -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.attaches("c1")
    assert [one.result for one in line.facts(OfferEnded)] == ["lost"]
    line.passes(CHAIR_S)
    assert not [one for one in line.history if isinstance(one, BringBack)]


# --- other rules, between the answer and the first word


def test_no_urgent_caller_takes_the_phone() -> None:
    line = headsets("1001", ring_recall=True)
    line.arrives("r1", "request")
    line.answers_itself("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "r1"}


def test_a_kind_that_the_agent_does_not_take_is_not_exchanged_any_more() -> None:
    agents = (profile("1001", "ambulance", auto_answer="all"), profile("1002", "funeral"))
    line = Line(agents, URGENT, rules={"empty_chair_s": CHAIR_S}, early_ring=True)
    line.ready("1001", "1002")
    says_urgent(line, "u1")
    leg = line.answers_itself("u1")
    presses(line, "1", "u1")
    assert line.offered == {"1001": "u1"}
    heard(line, "u1", leg)
    assert line.talking == {"1001": "u1"}


def test_the_answer_told_twice_is_the_same() -> None:
    line = headsets()
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(4)
    for listens in (True, False):
        line.do(OfferAnswered(at=line.at, call=CallId("c1"), channel=leg, listens=listens))
    line.passes(CHAIR_S - 4)
    assert brought(line) == ["c1"]


def test_a_wait_that_ends_meanwhile_ends_after_it() -> None:
    services = (*SERVICES[:2], Service(id=ServiceId("request"), max_wait_s=3), SERVICES[3])
    line = Line((profile("1001", auto_answer="all"),), services, rules={"empty_chair_s": CHAIR_S}, ring_s=20)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(2)
    line.answers_itself("c1")
    line.passes(5.9)
    assert line.offered == {"1001": "c1"}
    line.passes(0.1)
    assert brought(line) == ["c1"]


# --- kills and lost connections


def test_a_command_that_was_lost_is_repeated_when_asterisk_is_asked() -> None:
    """The engine dies between the journal and the command: the caller is still with the empty chair."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.do(EngineStarted(at=line.at))
    told = OfferAnswered(at=line.at, late_s=CHAIR_S, call=CallId("c1"), channel=leg)
    line.do(Meanwhile(at=line.at, node=NODE, told=(told,)))
    assert line.talking == {}
    line.do(sees(line, "c1", leg))
    assert brought(line) == ["c1"]
    assert line.talking == {}
    line.do(OfferAnswered(at=line.at, call=CallId("c1"), channel=leg))
    assert line.talking == {}
    line.do(CallerFound(at=line.at, call=CallId("c1"), node=NODE, place="talking", channel="PJSIP/trunk-c1", leg=leg))
    assert line.talking == {}
    line.attaches("c1")
    assert line.offered == {"1002": "c1"}


def test_what_asterisk_could_not_do_is_tried_again() -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.do(CommandFailed(at=line.at, call=CallId("c1"), command="bring_back", error="not connected"))
    line.passes(1.5)
    assert [type(one).__name__ for one in line.commands] == ["FindCaller"]
    line.do(CallerFound(at=line.at, call=CallId("c1"), node=NODE, place="talking", channel="PJSIP/trunk-c1", leg=leg))
    assert brought(line) == ["c1"]


def test_one_who_is_back_is_not_brought_again() -> None:
    line = headsets("1001", "1002")
    line.wishes("1002", "paused")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.attaches("c1")
    line.do(sees(line, "c1", leg))
    assert brought(line) == []
    line.wishes("1002", "ready")
    line.answers("c1")
    line.do(sees(line, "c1", leg))
    assert brought(line) == []


def test_another_agent_who_has_them_keeps_them() -> None:
    """Asterisk's own queue had the caller while no engine ran."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.do(sees(line, "c1", "PJSIP/1002-7"))
    assert brought(line) == []
    assert line.talking == {"1002": "c1"}


def test_a_talk_that_asterisk_lists_counts_from_the_answer() -> None:
    """Texts were forged, and so events may be missing."""
    line = headsets()
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(2)
    line.do(sees(line, "c1", leg))
    assert line.talking == {"1001": "c1"}
    assert [one.wait_s for one in line.facts(CallAnswered)] == [0]


def test_calls_of_other_nodes_wait_for_their_own_signs() -> None:
    line = headsets("1001 1002")
    line.arrives("c1", "request")
    line.do(CallAttached(at=line.at, call=CallId("c2"), node=NodeId("ast2"), channel="PJSIP/trunk-c2"))
    line.chooses("c2", "request")
    line.answers_itself("c1")
    line.answers_itself("c2")
    line.do(NodeLost(at=line.at, node=NodeId("ast2")))
    assert line.talking == {"1002": "c2"}


def test_a_caller_who_rang_off_is_not_taken_for_answered_by_a_restart() -> None:
    line = headsets()
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.do(EngineStarted(at=line.at))
    line.passes(4)
    gone = CallerGone(at=line.at, late_s=1, call=CallId("c1"))
    line.do(Meanwhile(at=line.at, node=NODE, told=(gone,)))
    assert (line.outcome("c1").outcome, line.outcome("c1").talk_s) == ("answered", 3)


def test_nothing_is_cancelled_for_an_empty_chair() -> None:
    """The caller's channel leaves the talk by one action; the leg ends by that."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    assert not [one for one in line.history if isinstance(one, CancelOffer)]


# --- words


def test_why_says_so() -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    told = texts(line, "c1")
    assert "· the phone is asked to answer by itself" in told
    assert (
        "1001's phone answered by itself, and nobody spoke or pressed a key, 6.0 s after the offer: the caller is "
        "taken back, and 1001 is set aside"
    ) in told
    assert "· telefondan kendiliğinden açması istenir" in texts(line, "c1", lang="tr")
