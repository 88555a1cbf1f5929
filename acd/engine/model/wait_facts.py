"""What became true of those who wait: in which queue a caller is, whether they come first there, and what a queue waits
for."""

from typing import Literal

from acd.engine.model.config import ServiceClass
from acd.engine.model.fact_base import Fact, FirstWhy
from acd.engine.model.ids import CallId, ServiceId

WaitWhy = Literal["no_agents", "phones", "skills", "busy", "backup", "held_back", "let_pass", "preferred", "outage"]
"""What the callers of a queue wait for. `no_agents`: nobody is on duty. `phones`: agents are signed in, but no phone of
theirs can be reached. `skills`: agents are idle or on duty, but those with the skill and the language are not.
`busy`: all who could take them have a call or work after one. `backup`: only agents of the backup tier could take them,
and it is not rung for them yet. `held_back`: idle agents are kept for urgent callers.
`let_pass`: the idle agents did not pick up for them a moment ago. `preferred`: they wait for the agent who knows them.
`outage`: nobody is offered, since the line has restarted or is being stopped."""


class WaitReason(Fact, tag="wait_reason", frozen=True, kw_only=True):
    """The callers of a queue wait for this from now, until it is told anew. Told while somebody waits there."""

    queue: str
    why: WaitWhy


class CallLinedUp(Fact, tag="call_lined_up", frozen=True, kw_only=True):
    """The caller waits in this queue from now, until they are offered. Empty: in none, since no session of ours holds
    their channel or they are not called back yet. Not told of a caller who is offered at once."""

    call: CallId
    queue: str


class CallPutFirst(Fact, tag="call_put_first", frozen=True, kw_only=True):
    """The shift lead put the caller before all others of the class. A repeat caller is none from now."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    reason: FirstWhy


class CallRejoined(Fact, tag="call_rejoined", frozen=True, kw_only=True):
    """The caller's channel came back to us after an engine died or its session broke."""

    call: CallId


class CallStranded(Fact, tag="call_stranded", frozen=True, kw_only=True):
    """The caller was on the line without session and agent for `unheld_s` seconds, and is brought back in the same
    phase."""

    call: CallId
    phase: Literal["flow", "waiting", "kept", "message", "leaving"]
    unheld_s: float
