"""A talk that is handed on, for the scripts about it."""

from typing import Any

from acd.engine.model.config import AgentProfile, Service
from acd.engine.model.facts import (
    CallTransferred,
    TalkEnded,
)
from acd.engine.model.ids import CallId, ServiceId
from tests.acd.engine.line import Line

SERVICES = (
    Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True, transfer_code="11"),
    Service(id=ServiceId("request"), transfer_code="2"),
    Service(id=ServiceId("agent"), transfer_code="0"),
)
C1 = CallId("c1")


def talking(agents: str | tuple[AgentProfile, ...] = "1001 1002", service: str = "request", **rules: Any) -> Line:
    """1001 talks to c1 for 10 s; the others are idle."""
    line = Line(agents, SERVICES, **{"wrapup_s": 10.0, **rules})
    line.ready("1001")
    line.arrives("c1", service)
    line.passes(5)
    line.answers("c1")
    line.passes(10)
    return line


def parts(line: Line, call: str = "c1") -> list[tuple[str, float, float, str]]:
    """Each part of a call's talk: agent, seconds, seconds on hold, how it came about."""
    return [(one.agent, one.talk_s, one.hold_s, one.how) for one in line.facts(TalkEnded) if one.call == call]


def tells(line: Line) -> list[tuple[str, str, str | None]]:
    """Transfers: the agent who transferred, to what, to whom."""
    return [(fact.by, fact.to, fact.agent) for fact in line.facts(CallTransferred)]
