"""What agents and their phones do."""

from typing import Any

import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CancelOffer
from acd.engine.model.event_base import DeviceState
from acd.engine.model.facts import AgentPending, AgentStateChanged, OfferEnded
from acd.engine.model.ids import AgentId, CallId
from tests.acd.engine.line import Line, profile


def phone(line: Line, state: DeviceState, agent: str = "1001") -> None:
    line.do(DeviceStateChanged(at=line.at, agent=AgentId(agent), state=state))


def test_a_phone_that_vanishes_while_it_rests_or_after_a_call_is_not_rung_until_it_is_back() -> None:
    line = Line("1001", wrapup_s=10)
    line.ready("1001")
    phone(line, "unavailable")
    assert line.shown("1001") == "unavailable"
    line.arrives("c1", "request")
    assert line.offered == {}
    phone(line, "available")
    line.answers("c1")
    line.agent_hangs_up("c1")
    phone(line, "unavailable")
    assert line.shown("1001") == "wrapup"
    line.arrives("c2", "request")
    line.passes(10)
    assert (line.shown("1001"), line.offered) == ("unavailable", {})
    phone(line, "available")
    assert line.offered == {"1001": "c2"}


def test_a_talk_goes_on_though_the_phone_is_said_to_be_gone() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    phone(line, "unavailable")
    assert line.talking == {"1001": "c1"}
    line.agent_hangs_up("c1")
    assert line.shown("1001") == "unavailable"


def test_who_says_ready_after_a_call_they_missed_begins_anew() -> None:
    line = Line("1001", max_misses=2, retry_s=5)
    line.ready("1001")
    line.arrives("c1", "request")
    for _ in range(3):
        line.fails("c1", "NOANSWER")
        assert line.shown("1001") == "ready"
        line.wishes("1001", "ready")
        line.passes(5)
    line.fails("c1", "NOANSWER")
    line.passes(5)
    line.wishes("1001", "paused", "break")
    line.fails("c1", "NOANSWER")
    assert line.shown("1001") == "paused/break", "whoever goes by themselves is not set aside"


def test_a_reason_is_that_of_a_pause() -> None:
    line = Line("1001")
    line.ready("1001")
    line.wishes("1001", "ready", "lunch")
    assert line.shown("1001") == "ready"
    line.wishes("1001", "offline", "lunch")
    assert line.shown("1001") == "offline"
    line.wishes("1001", "paused")
    assert line.shown("1001") == "paused"


def states(line: Line) -> list[tuple[str, str, float]]:
    return [(fact.previous, fact.state, fact.lasted_s) for fact in line.facts(AgentStateChanged)]


def test_who_is_given_the_next_caller_at_once_is_not_shown_as_free_for_no_time_at_all() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.passes(30)
    line.agent_hangs_up("c1")
    assert states(line)[2:] == [("ringing", "talking", 0.0), ("talking", "ringing", 30.0)]
    line.answers("c2")
    line.agent_hangs_up("c2")
    assert states(line)[4:] == [("ringing", "talking", 0.0), ("talking", "ready", 0.0)], "nobody waits for them"


def test_nor_is_who_has_a_caller_at_the_end_of_after_call_work_or_of_a_pause() -> None:
    line = Line("1001", wrapup_s=10)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.agent_hangs_up("c1")
    line.passes(10)
    assert states(line)[-1] == ("wrapup", "ringing", 10.0)
    line.wishes("1001", "paused", "meal")
    line.fails("c2", "BUSY")
    line.arrives("c3", "request")
    line.passes(5)
    line.wishes("1001", "ready")
    assert states(line)[-2:] == [("ringing", "paused", 0.0), ("paused", "ringing", 5.0)]


def test_who_is_held_back_is_free_and_shown_so() -> None:
    line = Line((profile("1001"), profile("1002", "request")), reserve=1, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.arrives("c2", "funeral")
    line.answers("c1")
    line.answers("c2")
    line.arrives("c3", "request")
    line.agent_hangs_up("c2")
    assert (line.offered, line.shown("1001")) == ({}, "ready"), "the only one for urgent callers"
    line.agent_hangs_up("c1")
    assert line.offered == {"1002": "c3"}


# --- pausing or signing out in a call


def pending(line: Line, agent: str = "1001") -> list[tuple[str, str]]:
    return [(fact.pending, fact.reason) for fact in line.facts(AgentPending) if fact.agent == agent]


def ringing(service: str, **rules: Any) -> Line:
    """1001 rings for c1, and 1002 is idle."""
    line = Line("1001 1002", wrapup_s=0, **rules)
    line.ready("1001", "1002")
    line.arrives("c1", service)
    line.rings("c1")
    return line


@pytest.mark.parametrize("wish", ["paused", "offline"])
def test_an_urgent_caller_does_not_wait_for_an_agent_who_goes_while_ringing(wish: str) -> None:
    line = ringing("funeral")
    leg = line.leg("c1")
    line.wishes("1001", wish, "break" if wish == "paused" else "")
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == [leg]
    assert line.offered == {"1002": "c1"}
    assert [(fact.agent, fact.result) for fact in line.facts(OfferEnded)] == [("1001", "withdrawn")]
    assert line.shown("1001") == ("paused/break" if wish == "paused" else "offline")
    agent = line.engine.state.agents[AgentId("1001")]
    assert agent.misses == 0, "the agent let nobody pass"
    assert line.engine.state.calls[CallId("c1")].place.skipped == []
    assert pending(line) == []


def test_with_nobody_else_there_the_urgent_caller_has_the_first_who_comes() -> None:
    line = ringing("funeral")
    line.wishes("1002", "offline")
    line.wishes("1001", "paused")
    assert line.offered == {}
    line.wishes("1001", "ready")
    assert line.offered == {"1001": "c1"}


def test_an_agent_may_take_the_routine_call_that_rings_before_a_pause() -> None:
    line = ringing("request")
    line.wishes("1001", "paused", "meal")
    assert line.offered == {"1001": "c1"}
    assert (line.shown("1001"), pending(line)) == ("ringing", [("paused", "meal")])
    line.answers("c1")
    assert line.shown("1001") == "talking"
    line.agent_hangs_up("c1")
    assert (line.shown("1001"), pending(line)[-1]) == ("paused/meal", ("", ""))


def test_who_signs_out_rings_for_nobody() -> None:
    line = ringing("request")
    line.wishes("1001", "offline")
    assert line.offered == {"1002": "c1"}
    assert line.shown("1001") == "offline"


def test_a_recalled_agent_who_pauses_is_back_in_no_after_call_work() -> None:
    line = Line("1001", wrapup_s=30, wrapup_recall=True)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}
    line.wishes("1001", "paused")
    assert (line.offered, line.shown("1001")) == ({}, "paused")


def test_an_agent_who_is_about_to_pause_is_not_taken_for_an_urgent_caller() -> None:
    line = ringing("request", ring_recall=True)
    line.wishes("1002", "offline")
    line.wishes("1001", "paused")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize(("wish", "reason"), [("paused", "break"), ("offline", "")])
def test_what_a_talking_agent_will_be_is_shown_and_can_be_taken_back(wish: str, reason: str) -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "funeral")
    line.answers("c1")
    line.wishes("1001", wish, reason)
    assert line.talking == {"1001": "c1"}
    assert pending(line) == [(wish, reason)]
    line.wishes("1001", "ready")
    assert pending(line)[1:] == [("", "")]
    line.agent_hangs_up("c1")
    assert line.shown("1001") == "ready"


def test_an_agent_who_does_not_pause_after_all_is_taken_for_an_urgent_caller() -> None:
    line = ringing("request", ring_recall=True)
    line.wishes("1002", "offline")
    line.wishes("1001", "paused")
    line.arrives("u1", "funeral")
    line.wishes("1001", "ready")
    assert line.offered == {"1001": "u1"}
