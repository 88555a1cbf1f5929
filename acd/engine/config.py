"""What the engine is told about services, agents and rules. It arrives inside a `ConfigChanged` event, so that a
replay of the journal decides by the configuration that was in force at the time."""

from typing import Literal

import msgspec

from acd.engine.ids import AgentId, NodeId, ServiceId

ServiceClass = Literal["urgent", "routine"]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of request, and how its callers are treated. Times are seconds."""

    id: ServiceId
    klass: ServiceClass = "routine"
    opens_ticket: bool = False
    """A ticket is opened the moment a caller is known to want this service."""
    max_wait_s: float | None = None
    """After this long in the queue the caller is moved to `overflow_to`, or else told so and released."""
    overflow_to: ServiceId | None = None
    max_waiting: int | None = None
    """With this many waiting, a further caller overflows at once."""


class AgentProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Who can answer, and what."""

    id: AgentId
    name: str
    endpoint: str
    """What Asterisk dials, such as `PJSIP/1001`. Never built from anything a caller controls."""
    node: NodeId
    services: frozenset[ServiceId] = frozenset()
    """The services this agent takes; empty means all."""


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule the engine follows. Times are seconds."""

    services: tuple[Service, ...] = ()
    agents: tuple[AgentProfile, ...] = ()
    default_service: ServiceId = ServiceId("agent")
    """Where a caller goes whose flow ended without a choice."""
    flow: str = "hotline"
    wrapup_s: float = 10.0
    ring_s: float = 15.0
    max_misses: int = 2
    """After this many offers in a row that the agent let pass, they are paused with reason `missed_calls`."""
    regroup_s: float = 2.0
    """After a restart no caller is offered until all who waited are attached again, or this long has passed."""
    offer_grace_s: float = 5.0
    """An offer of which nothing was heard this long after its ring time is given up."""
