"""Fairness among urgent callers: a crowd of repeat callers leaves the last agents to others."""

import pytest

from acd.engine.model.events import CallerGone, NodeReconciled
from acd.engine.model.facts import WaitReason
from acd.engine.model.ids import CallId, NodeId
from acd.engine.rules import repeat_callers
from tests.acd.engine.line import Line, profile
from tests.acd.engine.repeats import A, B, C, comes, line_of, queued, served


def crowd_of(line: Line, count: int, first: int = 0) -> None:
    """So many repeat callers come, each from a number of its own that has called before."""
    for n in range(first, first + count):
        number = f"0599{n:07d}"
        comes(line, f"x{n}", number)
        line.caller_gone(f"x{n}")
        comes(line, f"y{n}", number)


def test_a_crowd_leaves_the_last_agents_to_first_time_callers() -> None:
    line = line_of("1001 1002 1003 1004", first_time_agents=1)
    crowd_of(line, 5)
    assert len(line.offered) == 3
    assert [call.id for call in line.engine.state.calls.values() if call.phase == "waiting"] == ["y3", "y4"]
    comes(line, "r1", C, "request")  # behind those who say that it is urgent
    assert len(line.offered) == 3
    comes(line, "b1", B)
    assert "b1" in line.offered.values()


def test_a_crowd_waits_for_agents_who_are_kept_for_others() -> None:
    line = line_of("1001 1002 1003 1004", first_time_agents=1)
    crowd_of(line, 5)
    told = {fact.queue: fact.why for fact in line.facts(WaitReason)}
    assert [why for queue, why in told.items() if queue.endswith(":repeat")] == ["held_back"]


def test_a_crowd_is_not_rung_for_in_the_backup_tier_and_that_is_told_at_once() -> None:
    """1001 and 1002 are idle, and take no funerals; 1009 has the first of those."""
    agents = (*(profile(one, "ambulance") for one in ("1001", "1002")), profile("1009", backup=True))
    line = Line(agents, first_time_agents=1, urgent_calls_per_hour=1, backup_after_s=5, wrapup_s=0)
    line.ready("1001", "1002", "1009")
    comes(line, "c1", C)
    line.passes(5)
    line.answers("c1")
    for call, number in (("a1", A), ("a2", A), ("b1", B), ("b2", B)):
        comes(line, call, number)
    line.passes(5)
    comes(line, "a3", A)
    why = [fact.why for fact in line.facts(WaitReason) if fact.queue.endswith(":repeat:backup")]
    assert why == ["skills", "backup"], "busy with somebody, while there are two of them; not to be had, by the third"


def test_the_backup_tier_is_there_for_first_time_callers_beside_a_crowd() -> None:
    """1001 and 1002 are idle, and take no funerals; 1009 has the first of those."""
    agents = (*(profile(one, "ambulance") for one in ("1001", "1002")), profile("1009", backup=True))
    line = Line(agents, first_time_agents=1, urgent_calls_per_hour=1, backup_after_s=5, wrapup_s=0)
    line.ready("1001", "1002", "1009")
    comes(line, "c1", C)
    line.passes(5)
    line.answers("c1")
    crowd_of(line, 3)
    comes(line, "b1", B)
    line.passes(5)
    (why,) = [fact.why for fact in line.facts(WaitReason) if fact.queue.endswith(":urgent:backup")]
    assert why == "skills", "busy with somebody, and whoever is idle cannot take them"


def test_a_few_repeat_callers_have_whoever_is_free() -> None:
    line = line_of("1001 1002 1003", first_time_agents=1)
    crowd_of(line, 2)
    assert len(line.offered) == 2
    comes(line, "r1", C, "request")
    assert len(line.offered) == 3


@pytest.mark.parametrize(
    ("agents", "crowd", "kept"), [(1, 9, 0), (2, 3, 1), (12, 2, 0), (12, 3, 2), (16, 3, 0), (16, 4, 2)]
)
def test_when_there_is_a_crowd(agents: int, crowd: int, kept: int) -> None:
    line = line_of(" ".join(str(1001 + n) for n in range(agents)), first_time_agents=2)
    crowd_of(line, crowd)
    assert repeat_callers.wanted(line.engine.core) == kept


def test_a_crowd_takes_nobody_out_of_after_call_work() -> None:
    line = line_of("1001 1002 1003 1004", first_time_agents=1, wrapup_s=60.0, wrapup_recall=True)
    crowd_of(line, 5)
    (agent,) = (agent for agent, call in line.offered.items() if call == "y0")
    served(line, "y0")
    assert line.shown(agent) == "wrapup"  # while y3 and y4 wait
    comes(line, "b1", B)  # has the one who was kept
    comes(line, "b2", C)
    assert line.offered[agent] == "b2"


def test_when_the_crowd_is_gone_agents_are_for_anybody() -> None:
    line = line_of("1001 1002 1003 1004", first_time_agents=2)
    crowd_of(line, 4)
    assert len(line.offered) == 2
    for n in (0, 1):
        line.do(CallerGone(at=line.at, call=CallId(f"y{n}")))
    assert set(line.offered.values()) == {"y2", "y3"}
    comes(line, "r1", C, "request")
    assert len(line.offered) == 3


def test_an_agent_who_comes_on_duty_may_end_the_crowd() -> None:
    line = Line("1001 1002 1003 1004 1005 1006 1007 1008 1009 1010 1011 1012 1013", urgent_calls_per_hour=1,
                first_time_agents=2)  # fmt: skip
    line.ready("1001", "1002", "1003")
    crowd_of(line, 3)
    assert set(line.offered.values()) == {"y0", "y1"}
    available = tuple(line.engine.state.agents)
    for agent in available:
        line.wishes(agent, "ready")
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), available=available, calls=()))
    assert repeat_callers.wanted(line.engine.core) == 0
    assert len(line.offered) == 3


def test_a_repeat_caller_who_is_no_crowd_takes_an_agent_out_of_after_call_work() -> None:
    line = line_of(wrapup_s=60.0, wrapup_recall=True)
    comes(line, "a1", A)
    served(line, "a1")
    comes(line, "a2", A)
    assert queued(line, "a2").repeat == "per_hour"
    assert line.offered == {"1001": "a2"}
