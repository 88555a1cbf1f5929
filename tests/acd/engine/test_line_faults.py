"""Faults of the line's own: legs that could not be made, and several agents set aside within seconds."""

from typing import Any

import pytest

from acd.engine.handlers.offers import ENGAGED
from acd.engine.machine import Engine
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.events import EngineStarted, OfferReturned, OfferRinging
from acd.engine.model.facts import LineFaultBegan, LineFaultEnded, MissesUndone, OfferEnded, PreferenceEnded
from acd.engine.model.ids import AgentId, CallId
from tests.acd.engine.line import Line, profile


def no_leg(line: Line, call: str, status: Any = "CHANUNAVAIL") -> None:
    """Asterisk could not make the leg: nothing of it is told by AMI, and no cause is left."""
    line.returns(call, status)


def results(line: Line) -> list[str]:
    return [fact.result for fact in line.facts(OfferEnded)]


def misses(line: Line, call: str, times: int = 2) -> None:
    """The agents of a call's next offers let it pass."""
    for _ in range(times):
        line.fails(call, "NOANSWER")


# --- a leg that could not be made


@pytest.mark.parametrize("status", ["CHANUNAVAIL", "CONGESTION"])
def test_it_is_no_miss_and_the_caller_goes_on_to_the_next(status: str) -> None:
    line = Line("1001 1002", max_misses=1)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    no_leg(line, "c1", status)
    assert results(line) == ["no_leg"]
    assert line.offered == {"1002": "c1"}
    assert line.shown("1001") == "ready"
    assert line.engine.state.agents[AgentId("1001")].misses == 0


@pytest.mark.parametrize(
    ("cause_code", "rings", "result"),
    [(3, False, "unreachable"), (21, False, "declined"), (0, True, "unreachable"), (34, True, "unreachable")],
)
def test_a_phone_that_was_asked_is_another_matter(cause_code: int, rings: bool, result: str) -> None:
    """Its answer leaves a cause, as does one that is not registered; or AMI told that it was dialled."""
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    offer = line.engine.state.calls[CallId("c1")].offer
    assert offer is not None
    if rings:
        line.do(OfferRinging(at=line.at, call=CallId("c1"), channel=line.leg("c1")))
    line.do(OfferReturned(at=line.at, call=CallId("c1"), offer=offer.id, status="CHANUNAVAIL", cause_code=cause_code))
    assert results(line) == [result]
    assert line.engine.state.agents[AgentId("1001")].misses == 1
    assert line.facts(LineFaultBegan) == []


def test_the_agent_rests_for_a_second_and_is_tried_again_for_whoever_is_first_then() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("r1", "request")
    no_leg(line, "r1")
    assert line.offered == {}
    line.passes(0.5)
    line.arrives("u1", "funeral")
    assert line.offered == {}
    line.passes(0.5)
    assert line.offered == {"1001": "u1"}
    for _ in range(20):
        no_leg(line, "u1")
        line.passes(1.0)
    assert line.offered == {"1001": "u1"}
    assert line.shown("1001") == "ringing"
    assert set(results(line)) == {"no_leg"}
    assert len(results(line)) == 21, "one try a second"


def test_an_agent_whom_asterisks_own_queue_has_is_no_miss_and_no_fault_and_rests() -> None:
    """When the line comes back, both may want the same agent at the same moment."""
    line = Line("1001 1002", max_misses=1)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.returns("c1", "CHANUNAVAIL", cause_code=ENGAGED)
    assert results(line) == ["engaged"]
    assert line.offered == {"1002": "c1"}
    assert line.engine.state.agents[AgentId("1001")].misses == 0
    assert line.facts(LineFaultBegan) == []
    line.arrives("c2", "request")
    line.passes(0.9)
    assert line.offered == {"1002": "c1"}
    line.passes(0.1)
    assert line.offered == {"1001": "c2", "1002": "c1"}


def test_who_was_taken_from_after_call_work_rests_too_and_has_it_back() -> None:
    line = Line("1001", wrapup_s=30, wrapup_recall=True)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.agent_hangs_up("c0")
    line.arrives("u1", "funeral")
    no_leg(line, "u1")
    assert (line.shown("1001"), line.offered) == ("wrapup", {})
    line.passes(1.0)
    assert line.offered == {"1001": "u1"}


def test_the_rest_goes_on_over_a_restart() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    no_leg(line, "c1")
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    assert line.offered == {}
    line.passes(1.0)
    assert line.offered == {"1001": "c1"}
    line.answers("c1")
    line.passes(59.0)
    assert len(line.facts(LineFaultEnded)) == 1


def test_it_is_told_once_and_again_when_it_is_over() -> None:
    line = Line("1001 1002 1003")
    line.ready("1001", "1002", "1003")
    line.arrives("c1", "request")
    for _ in range(3):
        no_leg(line, "c1")
    assert [fact.why for fact in line.facts(LineFaultBegan)] == ["no_leg"]
    line.passes(1.0)
    line.answers("c1")
    line.passes(58.9)
    assert line.facts(LineFaultEnded) == []
    line.passes(0.2)
    (end,) = line.facts(LineFaultEnded)
    assert (end.legs, end.undone, end.lasted_s) == (3, 0, 60.0)


# --- several who are set aside at once


def staffed(count: int, **rules: Any) -> Line:
    line = Line(tuple(profile(str(1001 + place)) for place in range(count)), **{"max_misses": 1, **rules})
    line.ready(*(agent.id for agent in line.config.agents))
    return line


def test_three_within_seconds_are_ready_again_and_the_most_urgent_callers_have_them() -> None:
    line = staffed(4)
    line.arrives("c0", "request")
    line.answers("c0")
    for call in ("r1", "r2", "r3"):
        line.arrives(call, "request")
    line.arrives("u1", "funeral")
    line.arrives("r4", "request")
    line.fails("r1", "NOANSWER")
    line.passes(4.0)
    line.fails("r2", "NOANSWER")
    assert [line.shown(agent) for agent in ("1002", "1003")] == ["paused/missed_calls"] * 2
    line.passes(5.0)
    line.fails("r3", "NOANSWER")
    (undone,) = line.facts(MissesUndone)
    assert undone.agents == ("1002", "1003", "1004")
    assert [fact.why for fact in line.facts(LineFaultBegan)] == ["set_aside"]
    assert set(line.offered) == {"1002", "1003", "1004"}
    assert "u1" in line.offered.values()


def test_two_who_are_the_last_on_duty_are_several_and_two_of_more_are_not() -> None:
    line = staffed(2)
    line.arrives("c1", "request")
    misses(line, "c1")
    assert [fact.agents for fact in line.facts(MissesUndone)] == [("1001", "1002")]
    line = staffed(3)
    line.arrives("c1", "request")
    misses(line, "c1")
    assert line.facts(MissesUndone) == []
    assert line.offered == {"1003": "c1"}


def test_one_alone_is_set_aside_as_ever_and_so_are_those_with_time_between() -> None:
    line = staffed(1)
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    line.passes(30.0)
    assert line.shown("1001") == "paused/missed_calls"
    line = staffed(3)
    line.arrives("c1", "request")
    for _ in range(3):
        line.fails("c1", "NOANSWER")
        line.passes(10.0)
    assert {line.shown(agent.id) for agent in line.config.agents} == {"paused/missed_calls"}
    assert line.facts(LineFaultBegan) == []


@pytest.mark.parametrize("meanwhile", ["gone", "break", "offline"])
def test_neither_a_phone_that_is_gone_nor_one_who_said_what_they_are(meanwhile: str) -> None:
    line = staffed(3)
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    if meanwhile == "gone":
        line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    else:
        line.wishes("1001", "paused" if meanwhile == "break" else "offline", meanwhile if meanwhile == "break" else "")
    before = line.shown("1001")
    misses(line, "c1")
    assert [fact.agents for fact in line.facts(MissesUndone)] == [("1002", "1003")]
    assert line.shown("1001") == before


def test_who_lets_calls_pass_again_has_left_their_desk() -> None:
    """An empty room does not count as staffed for ever."""
    line = staffed(3)
    for call in ("c1", "c2", "c3"):
        line.arrives(call, "request")
    for _ in range(2):
        assert len(line.offered) == 3
        for call in list(line.offered.values()):
            line.fails(call, "NOANSWER")
        line.passes(5.0)
    assert {line.shown(agent.id) for agent in line.config.agents} == {"paused/missed_calls"}
    assert len(line.facts(MissesUndone)) == 1


@pytest.mark.parametrize("redeemed", ["answers", "ready", "ten minutes"])
def test_another_chance_is_had_by_who_has_shown_that_they_are_there(redeemed: str) -> None:
    line = staffed(2)
    line.arrives("c1", "request")
    misses(line, "c1")
    if redeemed == "answers":
        line.passes(5.0)
        line.answers("c1")
        line.agent_hangs_up("c1")
        line.passes(60.0)
        line.wishes("1002", "ready")
    elif redeemed == "ready":
        line.caller_gone("c1")
        line.wishes("1001", "ready")
        line.wishes("1002", "ready")
    else:
        line.caller_gone("c1")
        line.passes(600.0)
    line.arrives("c2", "request")
    misses(line, "c2")
    assert [len(fact.agents) for fact in line.facts(MissesUndone)] == [2, 2]


def test_phones_that_cannot_be_reached_are_excused_again_and_again() -> None:
    line = staffed(2)
    line.arrives("c1", "request")
    for _ in range(4):
        line.fails("c1", "CHANUNAVAIL")
        line.fails("c1", "CHANUNAVAIL")
        line.passes(5.0)
    assert len(line.facts(MissesUndone)) == 4
    assert len(line.facts(LineFaultBegan)) == 1
    line.answers("c1")
    line.passes(61.0)
    assert [fact.undone for fact in line.facts(LineFaultEnded)] == [8]


def test_the_last_whom_a_fault_set_aside_is_ready_too_once_somebody_is_reached() -> None:
    line = staffed(3)
    for call in ("r1", "r2", "r3"):
        line.arrives(call, "request")
    for call in ("r1", "r2", "r3"):
        line.fails(call, "CHANUNAVAIL")
    assert len(line.facts(MissesUndone)) == 1
    aside = next(agent for agent, call in line.offered.items() if call == "r1")
    line.fails("r1", "CHANUNAVAIL")
    assert line.shown(aside) == "paused/missed_calls", "one alone is no fault by itself"
    line.answers("r2")
    assert line.facts(MissesUndone)[-1].agents == (aside,)
    line.fails(line.offered[aside], "CHANUNAVAIL")
    assert line.shown(aside) == "paused/missed_calls"
    line.answers(next(iter(line.offered.values())))
    assert line.shown(aside) == "paused/missed_calls", "their own phone, then: once is enough"


@pytest.mark.parametrize(("after_s", "undone"), [(9.5, 2), (10.0, 1)])
def test_whoever_was_set_aside_longer_before_somebody_is_reached_stays_so(after_s: float, undone: int) -> None:
    line = staffed(3)
    for call in ("r1", "r2", "r3"):
        line.arrives(call, "request")
    for call in ("r1", "r2", "r3", "r1"):
        line.fails(call, "CHANUNAVAIL")
    line.passes(after_s)
    line.answers("r2")
    assert len(line.facts(MissesUndone)) == undone


def test_whom_a_fault_undoes_begins_anew_and_who_waits_for_them_alone_waits_on() -> None:
    line = staffed(3, owner_first_s=600.0)
    for call in ("r1", "r2", "r3"):
        line.arrives(call, "request")
    for call in ("c8", "c9"):
        line.arrives(call, "request", preferred=AgentId("1003"))
    for call in ("r1", "r2", "r3"):
        line.fails(call, "NOANSWER")
    assert len(line.facts(MissesUndone)) == 1
    assert {(agent.misses, agent.login, agent.reason) for agent in line.engine.state.agents.values()} == {
        (0, "ready", "")
    }
    assert line.offered["1003"] == "c8"
    assert line.facts(PreferenceEnded) == [], "nor for c9"
