"""The engine's configuration: services, agents and rules. It arrives in a `ConfigChanged` event, so that a replay of
the journal uses the configuration of that time."""

from typing import Literal

import msgspec
from msgspec.structs import force_setattr

from acd.engine.model.ids import AgentId, NodeId, ServiceId
from acd.engine.model.phone_numbers import number_key
from acd.engine.model.recording_facts import WhichRecorded

ServiceClass = Literal["urgent", "routine", "outcome"]
"""How soon a call is served. `outcome`: a citizen is called to be told the outcome of a request, behind everybody who
holds the line."""
CallerClass = Literal["urgent", "routine"]
"""The classes that a service may have."""
StrategyName = Literal["longest_idle", "least_calls", "linear", "quickest"]
AutoAnswer = Literal["no", "urgent", "all"]
"""For which calls an agent's phone is asked to answer by itself."""

TRANSFER_PREFIX = "*8"
"""The digits that an agent dials before a service's code to transfer a caller there."""
Refusal = Literal["wait", "overflow", "release"]
"""Let callers wait nevertheless; move them to the overflow service; say why and release them."""

MAX_LEVEL = 10
"""Levels of skill go from 1 to this."""
LEAST_EVERY_S = 10.0
"""Least seconds between two announcements to a caller."""
LONGEST_S = 30 * 86_400.0
"""The longest time that can be set. No time may be infinite: the journal could not store it."""
MOST_AGEING = 1_000_000.0
"""The most points per second."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Opening times, computed in advance from weekdays, hours and holidays: the engine knows no calendar."""

    id: str
    open: tuple[tuple[float, float], ...]
    """Begin and end (exclusive) of each span; Unix seconds, in order, without overlap."""
    known_until: float
    """Nothing is known beyond this."""


class Relaxation(msgspec.Struct, frozen=True, kw_only=True):
    """A step of relaxation: lower requirements for the agent after a wait."""

    after_s: float
    """Seconds since the caller came to the service."""
    level: int | None = None
    """The least level from then on; None: as before."""
    any_language: bool = False
    """Whether the caller's language is no longer required."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of request, and how its callers are treated. Times are seconds."""

    id: ServiceId
    priority: CallerClass = "routine"
    opens_ticket: bool = False
    """Whether a ticket is opened as soon as the caller has chosen this service."""
    max_wait_s: float | None = None
    """After this long in the queue the caller moves to `overflow_to`, or hears so and is released."""
    overflow_to: ServiceId | None = None
    max_waiting: int | None = None
    """If so many callers wait, a further caller overflows at once."""
    transfer_code: str = ""
    """Agents transfer a caller to this service with `TRANSFER_PREFIX` and this code; empty: they cannot."""
    ageing: float = 1.0
    """Points per second that a waiting caller gains. Inside a class the caller with the most points is served first,
    then the earliest; with equal rates this is first come, first served."""
    join_empty: Refusal = "wait"
    """What happens to a caller who comes while no agent on duty could take the call."""
    leave_empty: Refusal = "wait"
    """What happens to a waiting caller when the last such agent goes off duty."""
    hours: str | None = None
    """The schedule by which the service is open; None: always. An urgent service always is."""
    closed: Literal["overflow", "release"] = "release"
    """What happens to a caller who comes while the service is closed. A caller who waits already is served."""
    closed_prompt: str = "queue_goodbye_closed"
    """The prompt for a caller who is released for that."""
    min_level: int = 1
    """An agent needs at least this level of skill in the service."""
    language_required: bool = True
    """An agent must speak the caller's language."""
    relax: tuple[Relaxation, ...] = ()
    """Steps of relaxation. A step is taken at once if waiting cannot help: no agent on duty can take the call before
    it, and one can after it."""


PAGE = "-web"
"""Behind an extension: the endpoint of that agent's page in the browser, `PJSIP/1001-web`."""


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
    """The agent's languages; empty means all."""
    backup: bool = False
    """Whether the agent is in the backup tier: rung only for urgent callers who have waited `backup_after_s`."""
    auto_answer: AutoAnswer = "no"
    for_shift: bool = False
    """Whether a shift lead has given the agent these services until they sign out."""

    @property
    def page(self) -> str:
        """The endpoint of the agent's page in a browser, which Asterisk dials in place of `endpoint` while it is
        open."""
        return f"PJSIP/{self.id}{PAGE}"

    def has(self, channel: str) -> bool:
        """Whether a channel belongs to one of the agent's two phones, as far as its name shows."""
        return channel.rpartition("-")[0] in (self.endpoint, self.page)


class Announcements(msgspec.Struct, frozen=True, kw_only=True):
    """Announcements to waiting callers of a class. Times are seconds."""

    priority: ServiceClass
    position: bool = False
    wait: bool = False
    """Whether to announce the estimated minutes, if there is an estimate."""
    after_s: float = 20.0
    """From entering the queue to the first announcement."""
    every_s: float = 45.0
    """From one announcement to the next; 0: there is only one."""


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Every rule the engine follows. Times are seconds."""

    services: tuple[Service, ...] = ()
    agents: tuple[AgentProfile, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    default_service: ServiceId = ServiceId("agent")
    """The service of a caller whose flow ended without a choice."""
    flow: str = "hotline"
    strategy: StrategyName = "longest_idle"
    """Which of several idle agents is rung: the one idle longest, the one who has answered fewest calls since signing
    in, the first in the order of `agents`, or the one whose phone has rung shortest lately until it was picked up."""
    wrapup_s: float = 10.0
    ring_s: float = 15.0
    max_misses: int = 2
    """After so many missed offers in a row an agent is paused with reason `missed_calls`."""
    retry_s: float = 5.0
    """Seconds after which a caller whom every agent on duty has let pass is offered to them again."""
    skip_s: float = 60.0
    """Seconds for which an agent who let a caller pass does not get that caller again, while others are on duty."""
    regroup_s: float = 2.0
    """After a restart no caller is offered until all who waited are attached again, or so many seconds have passed."""
    offer_grace_s: float = 5.0
    """Seconds after its ring time at which an offer without any event is given up."""
    reserve: int = 0
    """Idle agents held back from routine callers, always."""
    headroom: int = 0
    """At most so many further idle agents are held back, by the urgent load of the last quarter of an hour."""
    headroom_from: int = 5
    """With fewer agents on duty than this, none is held back for headroom."""
    wrapup_recall: bool = False
    """Whether an urgent caller may get an agent in after-call work; the rest of that work follows the call."""
    early_ring: bool = False
    """Whether an agent's phone rings as soon as a caller presses "urgent", while they press the kind."""
    ring_recall: bool = False
    """Whether an urgent caller may get an agent whose phone rings for a routine caller, who keeps their place."""
    blocked: frozenset[str] = frozenset()
    """Numbers, by `phone_numbers.e164`, whose routine calls are not connected to agents."""
    vip: dict[str, float] = {}
    """Points at the start in a routine queue, by `phone_numbers.e164`."""
    switchboards: frozenset[str] = frozenset()
    """Numbers, by `phone_numbers.e164`, that many callers share."""
    most_calls: int = 0
    """The most calls on the line at once; 0: no limit is known."""
    emergency_places: int = 0
    """So many of these places are for urgent callers."""
    empty_grace_s: float = 10.0
    """Seconds with nobody on duty for waiting callers before `leave_empty` applies."""
    owner_first_s: float = 0.0
    """Seconds for which a routine caller waits for the preferred agent only, if that agent is on duty; 0: not at
    all."""
    urgent_calls_per_hour: int = 0
    """A number's urgent calls beyond so many within an hour come after first-time callers, and so does its second call
    at the same time; 0: no call does."""
    urgent_calls_withheld: int = 0
    """The same limit for all calls without a number together."""
    first_time_agents: int = 0
    """So many idle agents are kept for first-time urgent callers while there is a crowd of repeat callers."""
    backup_after_s: float = 30.0
    """Seconds after which the backup tier is rung too for an urgent caller."""
    escalation_key: str = ""
    """The key by which a waiting routine caller says that it is urgent; empty: none."""
    redial_s: float = 0.0
    """Seconds within which an urgent caller who hung up while waiting and calls again gets their place back; 0:
    never."""
    callbacks: bool = False
    """Whether callbacks are possible: there is a trunk for them."""
    callback_key: str = ""
    """The key by which a waiting caller asks for a callback; empty: none."""
    callback_offer_after_s: float = 0.0
    """A callback is offered to a caller with a wait, or an estimate, of so many seconds; 0: it is never offered, but
    the key works."""
    callback_tries: int = 3
    """How often the line tries to reach a caller."""
    callback_retry_s: float = 300.0
    """Seconds from one try to the next."""
    callback_ring_s: float = 30.0
    """Seconds for which the caller's phone rings."""
    callback_abandoned_urgent: bool = False
    """Whether an urgent caller who hung up while waiting is called back."""
    callbacks_per_number: int = 0
    """The most callbacks of a number within 24 hours; 0: no limit."""
    callbacks_per_hour: int = 0
    """The most callbacks of a class within an hour; 0: no limit."""
    callback_denied: tuple[str, ...] = ()
    """Numbers that begin so are never called back, such as +90392."""
    monitoring: bool = False
    """Whether shift leads may monitor talks."""
    announcements: tuple[Announcements, ...] = ()
    """At most one for each class; a class without one hears no announcements."""
    recording: WhichRecorded = "none"
    """Which calls are recorded."""
    rules: dict[str, float | bool] = {}
    """Settings of the rules in `acd.engine.rules.registry`, by name; a missing one has its default."""

    def __post_init__(self) -> None:
        """Bring numbers into their form: journals of older versions have the last ten digits of each."""
        if self.blocked or self.vip or self.switchboards:
            force_setattr(self, "blocked", frozenset(map(number_key, self.blocked)))
            force_setattr(self, "vip", {number_key(number): points for number, points in self.vip.items()})
            force_setattr(self, "switchboards", frozenset(map(number_key, self.switchboards)))
