"""The next caller and agent among several queues and line-ups."""

from typing import Any

from acd.engine.model.config import Service
from acd.engine.model.events import CallDetached, EngineStarted
from acd.engine.model.ids import CallId, ServiceId
from tests.acd.engine.line import Line, profile


def test_more_points_go_before_an_earlier_arrival_whichever_queue_is_looked_at_first() -> None:
    services = (Service(id=ServiceId("fast"), ageing=3), Service(id=ServiceId("slow")), Service(id=ServiceId("agent")))
    for first in ("fast", "slow"):
        line = Line("1001", services, wrapup_s=0)
        line.arrives("c0", first)
        line.caller_gone("c0")
        line.arrives("c1", "slow")
        line.passes(10)
        line.arrives("c2", "fast")
        line.passes(10)
        line.ready("1001")
        assert line.offered == {"1001": "c2"}, "30 points, and 20"
        line.wishes("1001", "offline")


def test_after_a_restart_the_urgent_caller_who_came_first_interrupts_the_after_call_work() -> None:
    """Callers of several services wait. Matching begins once all are back, not before."""
    line = Line("1001", wrapup_s=60, wrapup_recall=True)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("u0", "funeral")
    line.arrives("u1", "ambulance")
    line.arrives("u2", "funeral")
    line.arrives("r1", "request")
    line.caller_gone("u0")
    line.do(EngineStarted(at=line.at))
    for call in ("u1", "u2"):
        line.attaches(call)
    line.ready("1001")
    line.agent_hangs_up("c0")
    assert (line.shown("1001"), line.offered) == ("wrapup", {})
    line.attaches("r1")
    assert line.offered == {"1001": "u1"}


def ringing(*agents: str, **rules: Any) -> Line:
    """Agents as `1001=request funeral`, each rung for a routine caller of their own, in this order."""
    profiles = tuple(profile(*one.split("=")) for one in agents)
    line = Line(profiles, wrapup_s=0, ring_recall=True, max_misses=9, **rules)
    for n, one in enumerate(profiles):
        line.ready(one.id)
        line.arrives(f"r{n}", "request")
        line.rings(f"r{n}")
    return line


def test_of_those_who_ring_the_last_one_who_can_take_the_urgent_caller_is_taken() -> None:
    for agents in (
        ("1003=request", "1001=request funeral", "1002=request funeral ambulance"),
        ("1001=request funeral", "1003=request", "1002=request funeral ambulance"),
        ("1001=request funeral", "1002=request funeral ambulance", "1003=request"),
    ):
        line = ringing(*agents)
        line.arrives("u1", "funeral")
        assert line.offered["1002"] == "u1"
        line.arrives("u2", "funeral")
        assert line.offered["1001"] == "u2"
        line.arrives("u3", "funeral")
        assert "u3" not in line.offered.values(), "1003 cannot take them"


def test_of_two_groups_that_ring_the_later_is_taken_though_the_latest_of_the_other_has_let_the_caller_pass() -> None:
    one, other = "request funeral", "request funeral ambulance"
    agents = (profile("1001", one), profile("1002", other), profile("1003", one), profile("1004", other))
    line = Line(agents, wrapup_s=0, ring_recall=True, max_misses=9, retry_s=600, skip_s=600)
    line.ready("1004")
    line.arrives("u1", "funeral")
    line.fails("u1", "NOANSWER")
    line.do(CallDetached(at=line.at, call=CallId("u1")))
    line.wishes("1004", "paused", "break")
    for agent in ("1001", "1002", "1003", "1004"):
        line.ready(agent)
        line.arrives(f"r{agent}", "request")
        line.rings(f"r{agent}")
    line.attaches("u1")
    assert line.offered["1003"] == "u1"


def test_who_has_let_the_urgent_caller_pass_is_not_taken_from_the_one_they_ring_for() -> None:
    line = Line((profile("1001"),), wrapup_s=0, ring_recall=True, max_misses=9, retry_s=60)
    line.ready("1001")
    line.arrives("u1", "funeral")
    line.arrives("r1", "request")
    line.fails("u1", "NOANSWER")
    line.rings("r1")
    line.attaches("u1")
    assert line.offered == {"1001": "r1"}
