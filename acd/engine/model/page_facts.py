"""What became true of callers whose agent's page went in a talk."""

from typing import Literal

from acd.engine.model.config import ServiceClass
from acd.engine.model.fact_base import Fact
from acd.engine.model.ids import AgentId, CallId, ServiceId

KeepingEndedWhy = Literal["back", "time", "missed", "signed_out", "other_call", "outage", "caller_gone"]
"""Why a caller is kept for an agent no more. `back`: they talk again. `time`: the page did not come back in time.
`missed`: it came back, and nobody answered. `signed_out`: the agent did. `other_call`: the agent talks to somebody
else. `outage`: the engine was away, and the standby took the caller."""


class CallKept(Fact, tag="call_kept", frozen=True, kw_only=True):
    """The page of the agent is gone in the talk. The caller hears music and is kept for this agent `until` a time, at
    most. It comes again if the page goes while it rings."""

    call: CallId
    agent: AgentId
    until: float


class KeepingEnded(Fact, tag="keeping_ended", frozen=True, kw_only=True):
    """The caller is kept for the agent no more. Unless they talk again or the caller is gone, the caller waits for
    anyone, at the place they had."""

    call: CallId
    agent: AgentId
    why: KeepingEndedWhy
    service: ServiceId
    priority: ServiceClass
    queued_at: float


PageFact = CallKept | KeepingEnded
