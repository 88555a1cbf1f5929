"""What the engine is told about services, agents and rules. It arrives inside a `ConfigChanged` event, so that a
replay of the journal decides by the configuration that was in force at the time."""

from typing import Literal

import msgspec

from acd.engine.errors import BadConfig
from acd.engine.ids import AgentId, NodeId, ServiceId

ServiceClass = Literal["urgent", "routine"]
StrategyName = Literal["longest_idle", "least_calls", "linear"]

TRANSFER_PREFIX = "*8"
"""What an agent dials before a service's code to send a caller there."""
Refusal = Literal["wait", "overflow", "release"]
"""Let them wait all the same; move them to where the service overflows; tell them why and let them go."""

MAX_LEVEL = 10
"""Levels of skill go from 1 to this."""
LEAST_EVERY_S = 10.0
"""No caller is told where they stand more often than this."""


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
    klass: ServiceClass = "routine"
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
    """What becomes of a caller who comes while it is closed. Who waits already is served."""
    closed_prompt: str = "queue_goodbye_closed"
    """What a caller is told who is let go for it."""
    min_level: int = 1
    """An agent needs at least this level of skill in the service."""
    language_required: bool = True
    """An agent must speak the caller's language."""
    relax: tuple[Relaxation, ...] = ()
    """Asks less as the wait goes on, step by step. A step for whom it is known that nobody on duty is waited for is
    taken at once."""


class AgentProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Who can answer, and what."""

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
    """Of the second circle: rung for urgent callers only, and only once these have waited `backup_after_s`."""


class Announcements(msgspec.Struct, frozen=True, kw_only=True):
    """What waiting callers of a class are told, and when. Times are seconds."""

    klass: ServiceClass
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
    """Who is rung of several idle agents: the one idle longest, the one who has answered fewest calls since signing in,
    or the first in the order of `agents`."""
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
    ring_recall: bool = False
    """An urgent caller may have an agent whose phone rings for a routine one, who keeps their place."""
    blocked: frozenset[str] = frozenset()
    """Callers, by `numbers.national`, who are not connected to agents for anything routine."""
    vip: dict[str, float] = {}
    """Points that callers, by `numbers.national`, come to a routine queue with."""
    empty_grace_s: float = 10.0
    """How long nobody must have been on duty for waiting callers before `leave_empty` counts."""
    owner_first_s: float = 0.0
    """How long a routine caller waits for the agent who knows them alone, if that agent is on duty; 0: not at all."""
    backup_after_s: float = 30.0
    """How long an urgent caller waits before the second circle is rung too."""
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
    announcements: tuple[Announcements, ...] = ()
    """For each class at most one; a class without is told nothing."""


def checked(config: EngineConfig) -> EngineConfig:
    """`config` itself, or `BadConfig` with every fault found, a line each: key, value and what is allowed."""
    faults: list[str] = []
    services = {service.id: service for service in config.services}
    names = ", ".join(services)
    if len(services) < len(config.services):
        faults.append("service: each id may stand once only")
    if config.default_service not in services:
        faults.append(f"default_service = {config.default_service!r}: one of {names} is allowed")
    for service in config.services:
        key = f"service {service.id}"
        if service.overflow_to is not None:
            faults += _overflow_faults(key, service, services, names)
        elif service.max_waiting is not None:
            faults.append(f"{key}: max_waiting = {service.max_waiting} needs overflow_to, one of {names}")
        if service.max_wait_s is not None and service.max_wait_s <= 0:
            faults.append(f"{key}: max_wait_s = {service.max_wait_s}: more than 0 is allowed")
        if service.ageing <= 0:
            faults.append(f"{key}: ageing = {service.ageing}: more than 0 is allowed")
        faults += _skill_faults(key, service)
        faults += _refusal_faults(key, service, [schedule.id for schedule in config.schedules])
        faults += _code_faults(key, service, config.services)
    seen: set[str] = set()
    for agent in config.agents:
        if agent.id in seen:
            faults.append(f"agent {agent.id}: each extension may stand once only")
        seen.add(agent.id)
        faults += [
            f"agent {agent.id}: services has {name!r}; allowed are {names}"
            for name in sorted(agent.services)
            if name not in services
        ]
        for name, level in sorted(agent.skills.items()):
            if name not in services:
                faults.append(f"agent {agent.id}: skills has {name!r}; allowed are {names}")
            if not 1 <= level <= MAX_LEVEL:
                faults.append(f"agent {agent.id}: skills.{name} = {level}: 1 to {MAX_LEVEL} is allowed")
    if config.callback_key and config.callback_key == config.escalation_key:
        faults.append(f"callback_key = {config.callback_key!r} is the escalation_key already; choose another")
    if config.callback_abandoned_urgent and not config.callbacks:
        faults.append("callback_abandoned_urgent: needs callbacks")
    for told in config.announcements:
        key = f"announcements of {told.klass} callers"
        if sum(other.klass == told.klass for other in config.announcements) > 1:
            faults.append(f"{key}: each class may stand once only")
        if told.after_s < 0:
            faults.append(f"{key}: after_s = {told.after_s}: at least 0 is allowed")
        if told.every_s < 0 or 0 < told.every_s < LEAST_EVERY_S:
            faults.append(f"{key}: every_s = {told.every_s}: 0 (once) or at least {LEAST_EVERY_S:g} is allowed")
    for key, low in (
        ("wrapup_s", 0),
        ("ring_s", 1),
        ("max_misses", 1),
        ("retry_s", 0),
        ("skip_s", 0),
        ("regroup_s", 0),
        ("reserve", 0),
        ("owner_first_s", 0),
        ("empty_grace_s", 0),
        ("callback_offer_after_s", 0),
        ("callback_tries", 1),
        ("callback_retry_s", 1),
        ("callback_ring_s", 1),
        ("headroom", 0),
        ("headroom_from", 1),
        ("backup_after_s", 0),
        ("redial_s", 0),
    ):
        if getattr(config, key) < low:
            faults.append(f"{key} = {getattr(config, key)}: at least {low} is allowed")
    if faults:
        raise BadConfig("\n".join(faults))
    return config


def _code_faults(key: str, service: Service, services: tuple[Service, ...]) -> list[str]:
    """Faults of what agents dial to send callers there."""
    code = service.transfer_code
    if not code:
        return []
    if not (code.isascii() and code.isdigit() and len(code) <= 6):
        return [f"{key}: transfer_code = {code!r}: 1 to 6 digits are allowed"]
    if sum(other.transfer_code == code for other in services) > 1:
        return [f"{key}: transfer_code = {code!r}: each code may stand once only"]
    return []


def _skill_faults(key: str, service: Service) -> list[str]:
    """Faults of what a service asks of its agents."""
    faults = []
    if not 1 <= service.min_level <= MAX_LEVEL:
        faults.append(f"{key}: min_level = {service.min_level}: 1 to {MAX_LEVEL} is allowed")
    after_s, level = 0.0, service.min_level
    for place, step in enumerate(service.relax):
        here = f"{key}: relax.{place}"
        if step.after_s <= after_s:
            faults.append(f"{here}: after_s = {step.after_s}: more than {after_s} is allowed, each step after the last")
        if step.level is None and not step.any_language:
            faults.append(f"{here}: asks no less than before; set level or any_language = true")
        if step.level is not None and not 1 <= step.level < level:
            faults.append(f"{here}: level = {step.level}: at least 1 and less than {level} is allowed")
        after_s, level = step.after_s, step.level or level
    return faults


def _refusal_faults(key: str, service: Service, schedules: list[str]) -> list[str]:
    """Faults of when callers may not queue."""
    faults = []
    urgent = service.klass == "urgent"
    for name, value in (("join_empty", service.join_empty), ("leave_empty", service.leave_empty)):
        if value == "release" and urgent:
            faults.append(f"{key}: {name} = 'release': an urgent caller is never let go; wait or overflow is allowed")
        if value == "overflow" and service.overflow_to is None:
            faults.append(f"{key}: {name} = 'overflow' needs overflow_to")
    if service.hours is not None:
        if urgent:
            faults.append(f"{key}: hours = {service.hours!r}: an urgent service is always open; leave hours out")
        if service.hours not in schedules:
            faults.append(f"{key}: hours = {service.hours!r}: one of {', '.join(schedules) or 'none'} is allowed")
        if service.closed == "overflow" and service.overflow_to is None:
            faults.append(f"{key}: closed = 'overflow' needs overflow_to")
    return faults


def _overflow_faults(key: str, service: Service, services: dict[ServiceId, Service], names: str) -> list[str]:
    """Faults of one service's overflow: unknown, to a lower class, or round in a circle."""
    target = services.get(service.overflow_to or ServiceId(""))
    if target is None:
        return [f"{key}: overflow_to = {service.overflow_to!r}: one of {names} is allowed"]
    if service.klass == "urgent" and target.klass != "urgent":
        return [f"{key}: overflow_to = {target.id!r} is routine: an urgent caller may only go to an urgent service"]
    trail = [service.id]
    while target is not None:
        if target.id in trail:
            return [f"{key}: overflow_to goes round in a circle: {' → '.join([*trail, target.id])}"]
        trail.append(target.id)
        target = services.get(target.overflow_to) if target.overflow_to else None
    return []
