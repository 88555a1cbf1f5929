"""The fact that an agent rings a citizen about a task."""

from acd.engine.model.fact_base import Fact
from acd.engine.model.ids import AgentId, CallId


class TaskCallOrdered(Fact, tag="task_call_ordered", frozen=True, kw_only=True):
    """The agent's own phone rings from now, and then the citizen's. Readers link the call with the request."""

    call: CallId
    wish: str
    request: str
    task: int
    agent: AgentId
