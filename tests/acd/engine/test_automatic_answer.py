"""Phones that answer by themselves: for whom, and from when the talk counts."""

from typing import Any

import pytest

from acd.engine.model.commands import CallBack
from acd.engine.model.config import AutoAnswer
from acd.engine.model.events import (
    AgentHeard,
    CallAttached,
    CallDetached,
    CallHeld,
    CallUnheld,
    EngineStarted,
    KeyPressed,
    LegGone,
    NodeLost,
    NodeReconciled,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, CallReturned, CallTransferred, HoldBegan, OfferEnded, OfferMade
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.engine.headsets import CHAIR_S, NODE, asked, headsets, heard, results

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


def test_a_phone_rings_while_nobody_would_notice_that_the_chair_is_empty() -> None:
    line = headsets("1001 1002")
    line.do(NodeLost(at=line.at, node=NODE))
    line.arrives("c1", "request")
    assert asked(line) == [False]
    line.do(NodeReconciled(at=line.at, node=NODE, available=(AgentId("1001"), AgentId("1002"))))
    line.arrives("c2", "request")
    assert asked(line) == [False, True]
    unwatched = headsets(rules={"empty_chair_s": 0.0})
    unwatched.do(NodeLost(at=unwatched.at, node=NODE))
    unwatched.arrives("c1", "request")
    assert asked(unwatched) == [True]


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
