"""Lines with urgent callers."""

from typing import Any

from acd.engine.model.agent_events import AgentChannelOpened
from acd.engine.model.events import CallAttached
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.engine.line import Line


def numbered(line: Line, call: str, number: str, service: str) -> None:
    """A caller with a number goes to a service."""
    line.do(
        CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=f"PJSIP/trunk-{call}", number=number)
    )
    line.chooses(call, service)


def ringing(**rules: Any) -> Line:
    """One agent whose phone rings for a routine caller."""
    line = Line("1001", ring_recall=True, wrapup_s=0, **rules)
    line.ready("1001")
    line.arrives("r1", "request")
    line.passes(2)
    leg = line.leg("r1")
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1001"), channel=leg))
    line.rings("r1")
    return line
