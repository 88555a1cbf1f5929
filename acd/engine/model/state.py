"""The engine's state. Plain data: a snapshot is this, encoded.

Derived data (the order of waiting callers, idle agents, running timers) is not kept here but computed from it, so that
a snapshot cannot contradict itself.
"""

from typing import Literal

import msgspec

from acd.engine.model.agent_parts import Owed, Wrapup
from acd.engine.model.call_parts import (
    Answered,
    Callback,
    Choice,
    Handover,
    Heard,
    Kept,
    KindMenu,
    Message,
    Named,
    Offer,
    Preference,
    Queued,
    Recording,
    Released,
    SentOn,
    Talk,
    Talked,
    Telling,
    Unheld,
)
from acd.engine.model.config import AgentProfile, EngineConfig, ServiceClass
from acd.engine.model.errors import EngineBug
from acd.engine.model.event_base import AgentWish, Party
from acd.engine.model.facts import AgentState
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.monitor_facts import MonitorMode
from acd.engine.model.phone_numbers import number_key
from acd.engine.model.wait_facts import WaitWhy

__all__ = [
    "Activity",
    "Agent",
    "Answered",
    "Call",
    "Callback",
    "Choice",
    "EndedLately",
    "Handover",
    "Heard",
    "Kept",
    "KindMenu",
    "Left",
    "LineFault",
    "Mean",
    "Message",
    "MovingAverages",
    "Named",
    "Offer",
    "Owed",
    "Phase",
    "Preference",
    "Queued",
    "Recording",
    "Released",
    "SentOn",
    "SetAside",
    "State",
    "Surge",
    "Talk",
    "Talked",
    "Telling",
    "Unheld",
    "Wrapup",
]

Phase = Literal["flow", "waiting", "offered", "talking", "kept", "outside", "message", "leaving"]
Activity = Literal["idle", "reserved", "talking", "wrapup"]

# gc=False: calls and agents contain no reference back to themselves, and the collector would have to search up to a
# hundred thousand waiting callers.


class Surge(msgspec.Struct, kw_only=True):
    """The message that callers of some services hear before they queue."""

    id: str
    since: float
    services: tuple[ServiceId, ...]
    prompts: dict[str, str]
    ticket: str = ""
    until: float | None = None
    played: int = 0
    answered: int = 0


class Left(msgspec.Struct, kw_only=True):
    """The place of an urgent caller who hung up while waiting."""

    call: CallId
    order: int
    at: float


class Mean(msgspec.Struct, kw_only=True):
    """A moving average."""

    value: float = 0.0
    count: int = 0
    """The number of values so far."""


class MovingAverages(msgspec.Struct, kw_only=True):
    """Averages of the line's work and of callers' patience, from which waits are estimated."""

    talk: Mean = msgspec.field(default_factory=Mean)
    wrapup: Mean = msgspec.field(default_factory=Mean)
    early: Mean = msgspec.field(default_factory=Mean)
    """The share of after-call work that agents end early."""
    ring: Mean = msgspec.field(default_factory=Mean)
    waited_s: dict[ServiceClass, float] = {}
    """By class, the seconds waited by callers who left the queue lately, and how many of them gave up."""
    gone: dict[ServiceClass, float] = {}


class Call(msgspec.Struct, kw_only=True, gc=False):
    """A caller, from the line's answer to the one outcome."""

    id: CallId
    node: NodeId
    channel: str
    number: str
    name: str
    dialled: str
    arrived_at: float
    phase: Phase = "flow"
    attached: bool = True
    """Whether an AGI session has the channel now; only such a call can be offered."""
    orphaned: bool = False
    """Whether the dialplan has the channel, and perhaps the standby, which may then report the call's end too."""
    unheld: Unheld | None = None
    full: bool = False
    """Whether the call came while only the places for emergencies were left."""
    noticed: bool = False
    """Whether the caller has heard whole that the talk may be monitored."""
    language: str = "tr"
    step: str = ""
    queued: Queued | None = None
    """None for a caller who has not entered the queue. It stays during offers and talks."""
    unqueued: Named | None = None
    """The wish of a caller who was released before entering the queue."""
    heard: Heard | None = None
    callable: str = ""
    """The digits to dial for a callback; empty if the caller cannot be called back."""
    callback: Callback | None = None
    """Until the caller is reached, the call counts as attached while it is to be offered."""
    telling: Telling | None = None
    """The call is an automatic one about an outcome."""
    message: Message | None = None
    """Set once they have been asked for a message."""
    offers: int = 0
    """How many there have been so far."""
    offer: Offer | None = None
    """Only in phase `offered`."""
    rung: dict[AgentId, str] = {}
    """By agent, the leg of the latest offer or talk that is over, as far as its name is known."""
    answered: Answered | None = None
    talk: Talk | None = None
    """Only in phase `talking`."""
    talked: Talked | None = None
    kept: Kept | None = None
    """In phase `kept`, and in phase `offered` while the agent for whom they are kept rings."""
    transfers: int = 0
    handover: Handover | None = None
    """In phase `outside`, and before it while Asterisk takes them out of the talk."""
    sent_on: SentOn | None = None
    """Until their channel is back with us."""
    empty_chair: str = ""
    """The leg of an agent who was not heard, from which the caller was taken back. From then on no phone answers by
    itself for them."""
    privacy_at: float | None = None
    """When the caller had heard to the end where the privacy notice is."""
    noticed_at: float | None = None
    """When the caller had heard to the end that the call is recorded."""
    recording: Recording | None = None
    """None until it is decided."""
    released: Released | None = None
    """Without it the phase at the end gives the outcome."""
    disposed: bool = False
    """Whether it has opened a request, or its disposition was said."""
    owes_request: bool = False
    """Whether no service of the caller's has opened a request yet: the first one that opens requests does."""
    hangup_by: Party | None = None

    @property
    def place(self) -> Queued:
        """The place in the queue of a caller who must have one. Raises `EngineBug` if they have none."""
        if self.queued is None:
            raise EngineBug(f"call {self.id}: phase {self.phase}, but it never entered the queue")
        return self.queued

    @property
    def named(self) -> Named | None:
        """What the caller wants, if it is known."""
        return self.unqueued if self.queued is None else self.queued

    @property
    def service(self) -> ServiceId | None:
        """The wanted service, if it is known."""
        named = self.unqueued if self.queued is None else self.queued  # `named`, written out: it runs for every event
        return None if named is None else named.service

    @property
    def priority(self) -> ServiceClass | None:
        """Its class."""
        named = self.unqueued if self.queued is None else self.queued
        return None if named is None else named.priority

    @property
    def untold(self) -> bool:
        """Whether the caller said that it is urgent, and may still say by a key what it is."""
        return self.queued is not None and self.queued.untold

    @property
    def away(self) -> bool:
        """Whether the caller has no channel and waits for a callback."""
        return self.callback is not None and not self.callback.reached

    @property
    def in_flow(self) -> bool:
        """Whether the caller is led through the menu."""
        return self.phase == "flow" and self.telling is None

    @property
    def rung_elsewhere(self) -> bool:
        """Whether Asterisk itself rings an agent for them, after a transfer."""
        return self.sent_on is not None and self.sent_on.rings

    @property
    def leg(self) -> Offer | Talk | None:
        """The offer or talk with the agent's leg, if any."""
        return self.offer if self.talk is None else self.talk

    @property
    def to_call_back(self) -> Callback | None:
        """The callback of a caller who has no channel and has not been reached yet."""
        return None if self.callback is None or self.callback.reached else self.callback


class Agent(msgspec.Struct, kw_only=True, gc=False):
    """An agent. The shown state (`shown`) follows from the other fields."""

    profile: AgentProfile
    login: AgentWish = "offline"
    reason: str = ""
    activity: Activity = "idle"
    reachable: bool = False
    channels: list[str] = []
    """Channels of the agent's phone that exist, ours among them."""
    call: CallId | None = None
    misses: int = 0
    rests_until: float | None = None
    """Asterisk could not create a leg to their phone: no new try before this time."""
    excused_at: float | None = None
    """When a pause for missed calls was undone, because it was the line's fault."""
    handled: int = 0
    """Calls answered since signing in."""
    pick_up: Mean = msgspec.field(default_factory=Mean)
    """How long their phone rings until they pick it up or it is given up."""
    order: int = 0
    """Rank by the time of entering the present slot, such as idle: the lowest has been in it longest."""
    wrapup: Wrapup | None = None
    """Only in activity `wrapup`."""
    owed: list[Owed] = []
    """Interrupted after-call work, the latest last."""
    picks_up_s: float = 0.0
    """How soon they would pick up, as far as was known when they entered the present slot: their rank by strategy
    `quickest`, which must not change while they are idle."""
    removed: bool = False
    """Whether the agent is no longer in the configuration; they are removed after the present call."""
    shown: AgentState = "offline"
    shown_reason: str = ""
    shown_since: float = 0.0
    shown_pending: Literal["", "paused", "offline"] = ""
    """The shown state that the agent will have after the present call."""
    shown_pending_reason: str = ""
    at_page: bool = False
    """Whether the agent said their present state at the page: only there can they say what came of a call."""

    @property
    def asks(self) -> bool:
        """Whether their after-call work, or what is owed of it, asks for a request or a disposition."""
        return (self.wrapup is not None and self.wrapup.asks) or any(owed.asks for owed in self.owed)

    @property
    def is_asked(self) -> bool:
        """Whether their after-call work goes on for that. It does not after a pause or a word at a telephone."""
        return self.wrapup is not None and self.login == "ready" and self.at_page and self.asks


class EndedLately(msgspec.Struct, kw_only=True):
    """Calls that ended since `since`, and those that ended in the time before it."""

    since: float = 0.0
    calls: set[CallId] = set()
    before: set[CallId] = set()


class SetAside(msgspec.Struct, kw_only=True, gc=False):
    """An agent who was set aside for missed calls, and when."""

    agent: AgentId
    at: float


class LineFault(msgspec.Struct, kw_only=True, gc=False):
    """A fault of the line that keeps agents from being rung."""

    since: float
    until: float
    """The fault is over at this time, if it shows no further sign."""
    legs: int = 0
    """How many legs could not be created."""
    undone: int = 0
    """How many agents were set aside by it and are ready again."""
    excused: list[AgentId] = []
    """Agents who were made ready again because somebody else was reached."""


class DutyRing(msgspec.Struct, kw_only=True):
    """A person on duty who is rung about a request, or hears it."""

    wish: str
    request: str
    number: str
    """The digits that are dialled."""
    prompts: tuple[str, ...]
    until: float
    """The ring is over at this time."""
    last: bool
    picked_up: bool = False


class MonitorWish(msgspec.Struct, kw_only=True, gc=False):
    """A shift lead's phone may dial the code for monitoring, once, until a time."""

    call: CallId
    person: str
    role: str
    mode: MonitorMode
    until: float


class Monitor(msgspec.Struct, kw_only=True, gc=False):
    """A shift lead's phone monitors a talk."""

    call: CallId
    person: str
    role: str
    mode: MonitorMode
    channel: str
    """The channel of the lead's phone."""
    agent: AgentId
    """The agent who is heard."""
    began_at: float


class State(msgspec.Struct, kw_only=True):
    """The whole state."""

    config: EngineConfig = EngineConfig()
    calls: dict[CallId, Call] = {}
    agents: dict[AgentId, Agent] = {}
    next_order: int = 1
    next_turn: int = 1
    regrouping: list[CallId] = []
    """Callers who waited when the engine died and are not back yet. While there are any, nobody is offered."""
    regroup_until: float = 0.0
    connected_since: dict[NodeId, float | None] = {}
    """By node, since when its events arrive without a gap; None: they do not arrive now. A node that is not here was
    never heard to have had one."""
    desk_away_since: float | None = 0.0
    """Since when no desk is connected; None: one is."""
    stopping: bool = False
    """Whether the whole system stops: nobody is offered, and calls end because of the line."""
    surge: Surge | None = None
    surges: int = 0
    """How many there have been so far."""
    empty_due: dict[ServiceId, float] = {}
    """By service, when to check whether nobody is on duty for waiting callers."""
    orphans_ended: list[tuple[CallId, float]] = []
    """Calls that ended while orphaned or waiting for a callback, and when that became known: later events about them
    are old."""
    ended_lately: EndedLately = msgspec.field(default_factory=EndedLately)
    """All other calls that ended within the last half minute or so."""
    left: dict[str, Left] = {}
    """By number (`phone_numbers.number_key`), urgent callers who hung up while waiting."""
    escalations: dict[str, list[float]] = {}
    """By number (`phone_numbers.number_key`), times of its escalations in the last 30 days."""
    urgent_calls: dict[str, list[float]] = {}
    """By number (`phone_numbers.e164`; empty: without one), times of its urgent calls in the last hour."""
    urgent_calls_swept_at: float = 0.0
    callbacks_by_number: dict[str, list[float]] = {}
    """By the dialled digits, times of callbacks in the last day."""
    callbacks_by_class: dict[ServiceClass, list[float]] = {}
    """Times of callbacks in the last hour."""
    callbacks_swept_at: float = 0.0
    messages_by_number: dict[str, list[float]] = {}
    """By number (`phone_numbers.e164`; empty: without one), times of messages in the last day, in the last hour of
    those without."""
    messages_lately: list[float] = []
    """Times of all messages in the last hour."""
    messages_swept_at: float = 0.0
    wait_reasons: dict[str, WaitWhy] = {}
    """By queue: what its callers were told to wait for, last."""
    outcome_wishes: dict[str, float] = {}
    """Wishes of the desk to have a citizen called that came lately, and when they came."""
    duty_wishes: dict[str, float] = {}
    """Wishes of the desk to have a person on duty rung that came lately, and when they came."""
    duty_rings: dict[str, DutyRing] = {}
    """The people on duty who are rung now, by wish."""
    monitor_wishes: dict[AgentId, MonitorWish] = {}
    """By lead's phone: the last wish to monitor a talk, until the code is dialled."""
    monitors: dict[AgentId, Monitor] = {}
    """By lead's phone: the talks that are monitored now."""
    urgent_rate: float = 0.0
    """Urgent callers per second, a moving average as of `urgent_rate_at`."""
    urgent_rate_at: float = 0.0
    urgent_talk: Mean = msgspec.field(default_factory=Mean)
    """Talk of an urgent call."""
    averages: MovingAverages = msgspec.field(default_factory=MovingAverages)
    set_aside: list[SetAside] = []
    """Agents who were set aside within the last seconds, perhaps by a fault of the line."""
    line_fault: LineFault | None = None

    def __post_init__(self) -> None:
        """Bring the numbers of a snapshot of an older version into their form."""
        left = sorted(self.left.items(), key=lambda one: one[1].at)
        self.left = {number_key(number): value for number, value in left}
        self.escalations, self.urgent_calls = _by_key(self.escalations), _by_key(self.urgent_calls)


def _by_key(times: dict[str, list[float]]) -> dict[str, list[float]]:
    """Times by number, those of one number that was written in two ways together."""
    found: dict[str, list[float]] = {}
    for number, some in times.items():
        key = number_key(number)
        found[key] = sorted(found[key] + some) if key in found else some
    return found
