"""The event of a call by which an agent rings a citizen about a task."""

from acd.engine.model.event_base import Event
from acd.engine.model.ids import AgentId, NodeId, ServiceId


class TaskCallWished(Event, tag="task_call_wished", frozen=True, kw_only=True):
    """The desk wishes that an agent rings the citizen of a request about a task: first the agent's own phone, then the
    citizen. It is wished once; what comes too late, or a second time, rings nobody."""

    wish: str
    """Request, task, and the time of the wish in milliseconds: `26-000123-3.17.1764025361042`."""
    request: str
    task: int
    agent: AgentId
    number: str
    service: ServiceId
    language: str = "tr"
    not_after: float
    """Unix seconds after which the desk has given up."""
    node: NodeId = NodeId("")
    callable: str = ""
    """The line says these two: by which node, and the digits by which the citizen is called. Empty where they cannot
    be."""
