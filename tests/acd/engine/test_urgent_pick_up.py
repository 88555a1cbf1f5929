"""An urgent caller has an agent who picks up soon; how long an agent's phone rings is learnt from each."""

import pytest

from acd.engine.model.events import EngineStarted, LineStops
from acd.engine.model.facts import CallQueued
from acd.engine.model.ids import AgentId
from acd.engine.rules.averages import pick_up_s
from tests.acd.engine.calling_back import busy, hangs_up, presses
from tests.acd.engine.line import Line
from tests.acd.engine.test_strategies import known, rung
from tests.acd.explain.telling import texts


def test_of_those_who_pick_up_about_as_soon_the_one_idle_longest_is_rung() -> None:
    line = known(urgent_pick_up_s=1.0)
    line.arrives("u1", "funeral")
    assert line.offered == {"1003": "u1"}
    line.arrives("u2", "funeral")
    line.arrives("u3", "funeral")
    assert line.offered == {"1003": "u1", "1002": "u2", "1001": "u3"}, "a slow agent is better than none"


def test_after_a_restart_each_urgent_caller_has_an_agent_who_picks_up_soon() -> None:
    line = known(urgent_pick_up_s=1.0, regroup_s=5)
    line.do(LineStops(at=line.at))
    line.arrives("r0", "request")
    line.arrives("u1", "funeral")
    line.arrives("u2", "funeral")
    line.do(EngineStarted(at=line.at))
    for call in ("r0", "u1", "u2"):
        line.attaches(call)
    assert line.offered == {"1003": "u1", "1002": "u2", "1001": "r0"}


def test_a_routine_caller_has_who_is_idle_longest_and_so_has_everybody_where_it_is_off() -> None:
    line = known(urgent_pick_up_s=1.0)
    line.arrives("r1", "request")
    assert line.offered == {"1001": "r1"}
    line = known()
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}


def test_an_agent_who_let_the_caller_pass_is_not_rung_for_being_quick() -> None:
    line = known(urgent_pick_up_s=1.0)
    line.arrives("u1", "funeral")
    line.fails("u1", "BUSY")
    assert line.offered == {"1002": "u1"}


def test_it_is_told() -> None:
    line = known(urgent_pick_up_s=1.0)
    line.arrives("u1", "funeral")
    assert any("of those of 3 free who pick up soonest" in text for text in texts(line, "u1"))


def test_one_ring_out_of_the_ordinary_makes_nobody_slow_for_long() -> None:
    line = Line("1001", wrapup_s=0, ring_s=30)
    line.ready("1001")
    core = line.engine.core
    for n in range(20):
        rung(line, "1001", 2, f"a{n}")
    assert pick_up_s(core, core.state.agents[AgentId("1001")]) == pytest.approx(2)
    rung(line, "1001", 20, "b")
    assert 2.5 < pick_up_s(core, core.state.agents[AgentId("1001")]) < 3.5


def test_a_phone_that_nobody_picks_up_counts_and_one_who_is_called_back_does_not() -> None:
    line = Line("1001", wrapup_s=0, ring_s=12, max_misses=9)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(12)
    line.fails("c1", "NOANSWER")
    assert line.engine.state.agents[AgentId("1001")].pick_up.value == pytest.approx(12)
    line = busy()
    before = line.engine.state.agents[AgentId("1001")].pick_up.count
    presses(line, "c1")
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(9)
    line.answers("c1")
    assert line.engine.state.agents[AgentId("1001")].pick_up.count == before


def test_a_phone_that_says_no_answer_before_its_time_makes_nobody_quick() -> None:
    """Some phones refuse with SIP 480, for which Asterisk has the word of a ring that was too long."""
    line = known(urgent_pick_up_s=1.0)
    before = line.engine.state.agents[AgentId("1003")].pick_up
    value, count = before.value, before.count
    line.arrives("u1", "funeral")
    assert line.offered == {"1003": "u1"}
    line.passes(0.5)
    line.fails("u1", "NOANSWER")
    after = line.engine.state.agents[AgentId("1003")].pick_up
    assert (after.value, after.count) == (value, count)


def test_the_estimate_is_that_of_the_agent_who_would_be_rung() -> None:
    line = known(urgent_pick_up_s=1.0)
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    slow, quick = (fact.ewt_s for fact in line.facts(CallQueued) if fact.call in ("r1", "u1"))
    assert slow > 6.5
    assert quick < 4
