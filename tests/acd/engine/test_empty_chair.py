"""The empty chair before a phone that answered by itself: its caller is brought back, and waits on."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import BringBack, CallBack, HoldCaller, ReleaseCall
from acd.engine.model.config import AutoAnswer, Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    LegGone,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    OfferReturned,
    SeenCall,
)
from acd.engine.model.facts import CallAnswered, CallReturned, LineFaultBegan, MissesUndone, OfferEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.headsets import CHAIR_S, NODE, asked, brought, headsets, heard, results
from tests.acd.engine.line import SERVICES, Line, profile
from tests.acd.engine.telling_kinds import SERVICES as URGENT
from tests.acd.engine.telling_kinds import presses, says_urgent
from tests.acd.explain.telling import texts

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
    gone: AnyEvent = LegGone(at=line.at, call=CallId("c1"), channel=leg, cause_code=16)
    offer = line.engine.state.calls[CallId("c1")].offer
    assert offer is not None
    returned: AnyEvent = OfferReturned(at=line.at, call=CallId("c1"), offer=offer.id, status="ANSWER")
    for event in (gone, returned) if first == "ami" else (returned, gone):
        line.do(event)
        assert results(line) == [("1001", "declined", 1)], "the first word of it is enough"
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


def test_nor_after_a_restart_at_which_no_caller_was_there() -> None:
    line = headsets()
    line.do(EngineStarted(at=line.at))
    line.arrives("c1", "request")
    line.passes(1.0)
    line.returns("c1", "ANSWER")
    assert [one.agent for one in line.facts(CallAnswered)] == ["1001"]


def test_nor_on_a_node_that_has_callers_and_no_agent() -> None:
    line = headsets()
    line.do(CallAttached(at=line.at, call=CallId("c2"), node=NodeId("ast2"), channel="PJSIP/trunk-c2"))
    line.chooses("c2", "request")
    line.passes(1.0)
    line.do(EngineStarted(at=line.at))
    line.passes(2.0)
    line.returns("c2", "ANSWER")
    assert [one.agent for one in line.facts(CallAnswered)] == ["1001"]


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
