"""Which phones stop ringing when an urgent caller gives a kind that the agent does not take, and when."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened
from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import EngineStarted, NodeLost, NodeReconciled, SeenCall
from acd.engine.model.facts import CallAnswered, OfferEnded
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.engine.line import Line, profile
from tests.acd.engine.repeats import A, B, C, comes
from tests.acd.engine.telling_kinds import line_of, presses, rung, says_urgent


def busy(*more: Any, talks: str = "funeral", **rules: Any) -> Line:
    """1002, who alone takes funerals, talks; then 1001, who takes ambulances, is rung for a caller who presses
    "funeral"."""
    line = line_of((profile("1001", "ambulance"), profile("1002", "funeral request"), *more), **rules)
    line.ready("1002")
    line.arrives("c0", talks)
    line.answers("c0")
    line.ready("1001")
    says_urgent(line)
    line.rings("c1")
    presses(line, "1")
    return line


def results(line: Line) -> list[tuple[str, str]]:
    return [(one.agent, one.result) for one in line.facts(OfferEnded)]


def test_a_phone_rings_on_while_everybody_who_takes_the_kind_talks() -> None:
    line = busy()
    assert not [one for one in line.history if isinstance(one, CancelOffer)]
    assert line.offered == {"1001": "c1"}
    line.passes(3.0)
    line.answers("c1")
    assert [(one.call, one.agent) for one in line.facts(CallAnswered)][1:] == [("c1", "1001")]


def test_a_phone_rings_on_while_the_agent_who_takes_the_kind_makes_a_call_of_their_own() -> None:
    line = line_of((profile("1001", "ambulance"), profile("1002", "funeral")))
    line.ready("1001", "1002")
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1002"), channel="PJSIP/1002-own"))
    says_urgent(line)
    line.rings("c1")
    presses(line, "1")
    assert line.offered == {"1001": "c1"}
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1002"), channel="PJSIP/1002-own"))
    assert line.offered == {"1002": "c1"}
    assert results(line) == [("1001", "exchanged")]


def test_a_phone_rings_on_until_the_backup_tier_is_rung() -> None:
    line = line_of(
        (profile("1001", "ambulance"), profile("1002", "funeral", backup=True)), backup_after_s=10, ring_s=30
    )
    line.ready("1001", "1002")
    says_urgent(line)
    line.rings("c1")
    presses(line, "1")
    line.passes(9.9)
    assert line.offered == {"1001": "c1"}
    line.passes(0.2)
    assert line.offered == {"1002": "c1"}
    assert results(line) == [("1001", "exchanged")]


def test_the_phone_is_exchanged_once_an_agent_who_takes_the_kind_is_free() -> None:
    line = busy(wrapup_s=0)
    line.passes(2.0)
    line.agent_hangs_up("c0")
    assert line.offered == {"1002": "c1"}
    assert results(line)[1:] == [("1001", "exchanged")]


def test_it_is_exchanged_for_one_who_has_just_signed_in() -> None:
    line = line_of((profile("1001", "ambulance"), profile("1002", "funeral")))
    line.ready("1001")
    says_urgent(line)
    line.rings("c1")
    presses(line, "1")
    line.ready("1002")
    assert line.offered == {"1002": "c1"}


def test_it_is_exchanged_for_one_in_after_call_work_if_they_may_be_recalled() -> None:
    line = busy(wrapup_s=30)
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1"}
    line.passes(30.1)
    assert rung(line)[-1] == "1002"
    line = busy(wrapup_s=30, wrapup_recall=True)
    line.agent_hangs_up("c0")
    assert line.offered == {"1002": "c1"}


def test_it_is_exchanged_for_one_who_rings_for_a_routine_caller_if_they_may_be_recalled() -> None:
    for recalled in (False, True):
        line = line_of((profile("1001", "ambulance"), profile("1002", "funeral request")), ring_recall=recalled)
        line.ready("1001", "1002")
        line.arrives("r1", "request")
        says_urgent(line)
        line.rings("c1")
        presses(line, "1")
        assert line.offered == {"1001": "c1", "1002": "r1"}, "nothing is known of 1002's leg yet"
        line.rings("r1")
        assert line.offered == ({"1002": "c1"} if recalled else {"1001": "c1", "1002": "r1"})


def test_who_is_free_goes_to_an_urgent_caller_for_whom_no_phone_rings_and_then_to_the_one_with_a_wrong_one() -> None:
    line = busy(profile("1003", "funeral request"), wrapup_s=0)
    line.arrives("u2", "funeral")
    line.arrives("r1", "request")
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1", "1002": "u2"}
    line.ready("1003")
    assert line.offered == {"1003": "c1", "1002": "u2"}, "before a routine caller"


def test_of_two_callers_with_wrong_phones_the_first_has_who_is_free() -> None:
    line = busy(profile("1003", "ambulance"), wrapup_s=0)
    line.ready("1003")
    says_urgent(line, "c2")
    line.rings("c2")
    presses(line, "1", "c2")
    assert line.offered == {"1001": "c1", "1003": "c2"}
    line.agent_hangs_up("c0")
    assert line.offered == {"1002": "c1", "1003": "c2"}


def test_one_who_has_let_the_caller_pass_is_nobody_to_exchange_for() -> None:
    line = line_of((profile("1001", "ambulance"), profile("1002", "funeral doctor")), max_misses=9)
    line.ready("1002", "1001")
    says_urgent(line)
    line.fails("c1", "BUSY")
    line.rings("c1")
    presses(line, "1")
    assert line.offered == {"1001": "c1"}


def test_a_phone_that_has_answered_is_exchanged_for_nobody() -> None:
    line = busy(wrapup_s=0)
    line.answers("c1")
    line.agent_hangs_up("c0")
    assert line.talking == {"1001": "c1"}


def test_a_caller_whom_a_colleague_sends_to_an_agent_is_for_that_agent() -> None:
    """1003 does not take funerals; the colleague knows why."""
    line = line_of((profile("1001", "funeral"), profile("1002", "funeral"), profile("1003", "request")))
    line.ready("1001", "1002", "1003")
    says_urgent(line)
    presses(line, "1")
    line.answers("c1")
    leg = line.sends("c1", "1003")
    line.comes_back("c1", leg, "1003")
    line.rings("c1")
    assert line.offered == {"1003": "c1"}
    assert "exchanged" not in [result for _, result in results(line)]


def test_no_phone_is_exchanged_while_asterisk_cannot_be_told_to_stop_it() -> None:
    line = busy(wrapup_s=0)
    legs = {call: line.leg(call) for call in ("c0", "c1")}
    line.do(NodeLost(at=line.at, node=NodeId("ast1")))
    line.returns("c0", "ANSWER")  # the caller's session tells of the end of the talk
    assert line.offered == {"1001": "c1"}
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=legs["c1"])
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=(seen,),
            available=(AgentId("1001"), AgentId("1002")),
            agent_channels={AgentId("1001"): (legs["c1"],)},
        )
    )
    assert line.offered == {"1002": "c1"}
    assert results(line)[-1] == ("1001", "exchanged")


def test_what_waits_to_be_exchanged_outlives_a_snapshot() -> None:
    line = busy(wrapup_s=0)
    line.engine = Engine.restore(line.engine.snapshot())
    line.agent_hangs_up("c0")
    assert line.offered == {"1002": "c1"}


def test_a_caller_without_a_session_could_not_be_offered_to_another_agent() -> None:
    line = busy(wrapup_s=0)
    line.engine = Engine.restore(line.engine.snapshot())
    line.do(EngineStarted(at=line.at))
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize(("others", "rung_now"), [("1002 1003", "1002"), ("1002", "1001")])
def test_it_is_exchanged_for_one_of_a_crowd_of_repeat_callers_unless_that_takes_the_last_agent(
    others: str, rung_now: str
) -> None:
    """Two of the crowd wait for a doctor. The agents who take funerals are idle; the last one is kept for first-time
    callers."""
    agents = (profile("1001", "ambulance"), *(profile(one, "funeral") for one in others.split()))
    line = line_of(agents, urgent_calls_per_hour=1, first_time_agents=1)
    for call, number in (("a", A), ("b", B)):
        comes(line, f"{call}1", number, "doctor")
        line.caller_gone(f"{call}1")
        comes(line, f"{call}2", number, "doctor")
    says_urgent(line, "c0", C)
    line.caller_gone("c0")
    line.ready("1001", *others.split())
    says_urgent(line, "c1", C)
    line.rings("c1")
    presses(line, "1")
    assert line.offered == {rung_now: "c1"}
