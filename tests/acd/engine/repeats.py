"""Lines with urgent callers who call again."""

from typing import Any

from acd.engine.model.events import CallAttached
from acd.engine.model.facts import CallQueued
from acd.engine.model.ids import CallId, NodeId
from tests.acd.engine.line import Line

HOUR = 3600.0
A, B, C = "05321110001", "05321110002", "05321110003"


def line_of(agents: str = "1001", **rules: Any) -> Line:
    """One urgent call an hour counts as the first; all agents are signed in."""
    given = {"urgent_calls_per_hour": 1, "urgent_calls_withheld": 2, "wrapup_s": 0.0, **rules}
    line = Line(agents, **given)
    line.ready(*agents.split())
    return line


def comes(line: Line, call: str, number: str, service: str = "funeral") -> None:
    """A caller with a number goes straight to a service."""
    channel = f"PJSIP/trunk-{call}"
    line.do(CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=channel, number=number))
    line.chooses(call, service)


def served(line: Line, call: str, talk_s: float = 1.0) -> None:
    """The agent who rings for a call answers, and both hang up."""
    line.answers(call)
    line.passes(talk_s)
    line.agent_hangs_up(call)
    line.caller_gone(call)


def order_of(line: Line, agent: str = "1001") -> list[str]:
    """Callers in the order in which an agent serves them from now on."""
    order = []
    while agent in line.offered:
        order.append(line.offered[agent])
        served(line, order[-1])
    return order


def queued(line: Line, call: str) -> CallQueued:
    """The fact of a call's queueing."""
    (fact,) = [fact for fact in line.facts(CallQueued) if fact.call == call]
    return fact  # type: ignore[no-any-return]  # found by its class


def again_and_first() -> Line:
    """While the agent rings for "busy", A waits with their second urgent call ("a2") and B with their first ("b1")."""
    line = line_of()
    comes(line, "a1", A)
    served(line, "a1")
    comes(line, "busy", C)
    for call, number in (("a2", A), ("b1", B)):
        comes(line, call, number)
    return line
