"""What the engine is told about services, agents and rules. It arrives inside a `ConfigChanged` event, so that a
replay of the journal decides by the configuration that was in force at the time."""

from typing import Literal

import msgspec

from acd.engine.model.ids import AgentId, NodeId, ServiceId

ServiceClass = Literal["urgent", "routine", "outcome"]
"""How soon a call is served. `outcome`: a citizen is called to be told the outcome of a request, behind everybody who
holds the line."""
CallerClass = Literal["urgent", "routine"]
"""The classes that a service may have."""
StrategyName = Literal["longest_idle", "least_calls", "linear"]

TRANSFER_PREFIX = "*8"
"""What an agent dials before a service's code to send a caller there."""
Refusal = Literal["wait", "overflow", "release"]
"""Let them wait all the same; move them to where the service overflows; tell them why and let them go."""

MAX_LEVEL = 10
"""Levels of skill go from 1 to this."""
LEAST_EVERY_S = 10.0
"""No caller is told where they stand more often than this."""
LONGEST_S = 30 * 86_400.0
"""No time that is set is longer than this; above all, none is infinite: the journal could not hold it."""
MOST_AGEING = 1_000_000.0
"""Points a second, at most."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When something is open, worked out beforehand from weekdays, hours and holidays: the engine knows no calendar."""

    id: str
    open: tuple[tuple[float, float], ...]
    """From, to before; Unix seconds, in order, without overlap."""
    known_until: float
    """Nothing is known beyond this."""


class Relaxation(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked less of an agent once a caller has waited a while."""

    after_s: float
    """Counted from when the caller came to the service."""
    level: int | None = None
    """The level that is enough from then on; None: as before."""
    any_language: bool = False
    """The caller's language is no longer asked for."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of request, and how its callers are treated. Times are seconds."""

    id: ServiceId
    priority: CallerClass = "routine"
    opens_ticket: bool = False
    """A ticket is opened the moment a caller is known to want this service."""
    max_wait_s: float | None = None
    """After this long in the queue the caller is moved to `overflow_to`, or else told so and released."""
    overflow_to: ServiceId | None = None
    max_waiting: int | None = None
    """With this many waiting, a further caller overflows at once."""
    transfer_code: str = ""
    """Agents send a caller to this service by dialling `TRANSFER_PREFIX` and this; empty: they cannot."""
    ageing: float = 1.0
    """Points a second that a waiting caller gains. Inside a class the most points are served first, then who came
    first: with equal rates that is first come, first served."""
    join_empty: Refusal = "wait"
    """What becomes of a caller who comes while nobody is on duty who could take the call."""
    leave_empty: Refusal = "wait"
    """What becomes of one who waits when the last of them goes."""
    hours: str | None = None
    """The schedule by which the service is open; None: always. An urgent service always is."""
    closed: Literal["overflow", "release"] = "release"
    """What becomes of a caller who comes while it is closed. A caller who waits already is served."""
    closed_prompt: str = "queue_goodbye_closed"
    """What a caller is told who is let go for it."""
    min_level: int = 1
    """An agent needs at least this level of skill in the service."""
    language_required: bool = True
    """An agent must speak the caller's language."""
    relax: tuple[Relaxation, ...] = ()
    """Asks less as the wait goes on, step by step. A step that is waited for in vain is taken at once: nobody on duty
    can take the caller before it, and somebody can after it."""


class AgentProfile(msgspec.Struct, frozen=True, kw_only=True):
    """An agent: who they are and what they can answer."""

    id: AgentId
    name: str
    endpoint: str
    """What Asterisk dials, such as `PJSIP/1001`. Never built from anything a caller controls."""
    node: NodeId
    services: frozenset[ServiceId] = frozenset()
    """The services this agent takes, at level 1; empty means all, unless `skills` has any."""
    skills: dict[ServiceId, int] = {}
    """Levels of skill by service, for services this agent takes at more than level 1 or besides `services`."""
    languages: frozenset[str] = frozenset()
    """What the agent speaks; empty means all."""
    backup: bool = False
    """Of the backup tier: rung for urgent callers only, and only once these have waited `backup_after_s`."""


class Announcements(msgspec.Struct, frozen=True, kw_only=True):
    """What waiting callers of a class are told, and when. Times are seconds."""

    priority: ServiceClass
    position: bool = False
    wait: bool = False
    """How many minutes it will take, as far as it can be told."""
    after_s: float = 20.0
    """From entering the queue to the first announcement."""
    every_s: float = 45.0
    """From one announcement to the next; 0: there is no second."""


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule the engine follows. Times are seconds."""

    services: tuple[Service, ...] = ()
    agents: tuple[AgentProfile, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    default_service: ServiceId = ServiceId("agent")
    """Where a caller goes whose flow ended without a choice."""
    flow: str = "hotline"
    strategy: StrategyName = "longest_idle"
    """Which of several idle agents is rung: the one idle longest, the one who has answered fewest calls since signing
    in, or the first in the order of `agents`."""
    wrapup_s: float = 10.0
    ring_s: float = 15.0
    max_misses: int = 2
    """After this many offers in a row that the agent let pass, they are paused with reason `missed_calls`."""
    retry_s: float = 5.0
    """A caller whom every agent on duty has let pass is offered to them anew after this long."""
    skip_s: float = 60.0
    """An agent who let a caller pass is not offered that caller again for this long, while others are on duty."""
    regroup_s: float = 2.0
    """After a restart no caller is offered until all who waited are attached again, or this long has passed."""
    offer_grace_s: float = 5.0
    """An offer of which nothing was heard this long after its ring time is given up."""
    reserve: int = 0
    """Idle agents held back from routine callers, always."""
    headroom: int = 0
    """At most so many more idle agents are held back, following the urgent load of the last quarter of an hour."""
    headroom_from: int = 5
    """With fewer agents on duty than this, none is held back for headroom."""
    wrapup_recall: bool = False
    """An urgent caller may have an agent in after-call work; the rest of that work follows the call."""
    early_ring: bool = False
    """An agent's phone rings from the moment a caller says that it is urgent, while they say what for."""
    ring_recall: bool = False
    """An urgent caller may have an agent whose phone rings for a routine one, who keeps their place."""
    blocked: frozenset[str] = frozenset()
    """Callers, by `numbers.national`, who are not connected to agents for anything routine."""
    vip: dict[str, float] = {}
    """Points that callers, by `numbers.national`, come to a routine queue with."""
    switchboards: frozenset[str] = frozenset()
    """Numbers, by `numbers.national`, that many callers share."""
    most_calls: int = 0
    """So many calls are on the line at once, at most; 0: no limit is known."""
    emergency_places: int = 0
    """So many of these are for callers who say that it is urgent."""
    empty_grace_s: float = 10.0
    """How long nobody must have been on duty for waiting callers before `leave_empty` counts."""
    owner_first_s: float = 0.0
    """How long a routine caller waits for the agent who knows them alone, if that agent is on duty; 0: not at all."""
    urgent_calls_per_hour: int = 0
    """A number's urgent calls beyond so many within an hour come after those of first-time callers, and so does its
    second one at the same time; 0: no such difference is made."""
    urgent_calls_withheld: int = 0
    """The same for all calls without a number together."""
    first_time_agents: int = 0
    """So many idle agents are kept for first-time urgent callers while there is a crowd of repeat callers."""
    backup_after_s: float = 30.0
    """How long an urgent caller waits before the backup tier is rung too."""
    escalation_key: str = ""
    """The key by which a waiting routine caller says that it is urgent; empty: none."""
    redial_s: float = 0.0
    """An urgent caller who hung up while waiting and calls again within this time has the place they had; 0: not."""
    callbacks: bool = False
    """Callers can be called back: there is a trunk to do it by."""
    callback_key: str = ""
    """The key by which a waiting caller asks for it; empty: none."""
    callback_offer_after_s: float = 0.0
    """It is offered to a caller whose wait is this long or is estimated to become so; 0: the key must be known."""
    callback_tries: int = 3
    """So often a caller is called."""
    callback_retry_s: float = 300.0
    """One who was not reached is called again after this long."""
    callback_ring_s: float = 30.0
    """How long their phone rings."""
    callback_abandoned_urgent: bool = False
    """An urgent caller who hung up while waiting is called back."""
    callbacks_per_number: int = 0
    """So many callbacks a number has within 24 hours, at most; 0: no limit."""
    callbacks_per_hour: int = 0
    """So many callbacks all callers of a class have within an hour, at most; 0: no limit."""
    callback_denied: tuple[str, ...] = ()
    """How numbers begin that are never called back, such as +90392."""
    announcements: tuple[Announcements, ...] = ()
    """For each class at most one; a class without is told nothing."""
    rules: dict[str, float | bool] = {}
    """Settings of the rules in `acd.engine.rules.registry`, by name; one that is left out has its default."""
