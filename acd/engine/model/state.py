"""What the engine remembers. Plain data: a snapshot is this, encoded.

Anything that can be derived (who waits in which order, which agents are idle, which timers run) is not kept here
but built anew from it, so that a snapshot cannot contradict itself.
"""

from typing import Literal

import msgspec

from acd.engine.model.call_parts import (
    Answered,
    Callback,
    Choice,
    Heard,
    KindMenu,
    Named,
    Offer,
    Preference,
    Queued,
    Released,
    SentOn,
    Talk,
    Talked,
    Unheld,
)
from acd.engine.model.config import AgentProfile, EngineConfig, ServiceClass
from acd.engine.model.errors import EngineBug
from acd.engine.model.event_base import AgentWish, Party
from acd.engine.model.facts import AgentState
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.wait_facts import WaitWhy

__all__ = [
    "Activity",
    "Agent",
    "Answered",
    "Call",
    "Callback",
    "Choice",
    "EndedLately",
    "Heard",
    "KindMenu",
    "Left",
    "LineFault",
    "Mean",
    "MovingAverages",
    "Named",
    "Offer",
    "Owed",
    "Phase",
    "Preference",
    "Queued",
    "Released",
    "SentOn",
    "SetAside",
    "State",
    "Surge",
    "Talk",
    "Talked",
    "Unheld",
    "Wrapup",
]

Phase = Literal["flow", "waiting", "offered", "talking", "leaving"]
Activity = Literal["idle", "reserved", "talking", "wrapup"]

# gc=False: calls and agents hold nothing that leads back to them, and of callers who wait there may be a hundred
# thousand for the collector to look through.


class Wrapup(msgspec.Struct, kw_only=True, gc=False):
    """After-call work that an agent does now, and what is owed with it."""

    call: CallId
    since: float
    until: float
    worked_s: float = 0.0
    """Done for this call before it was interrupted."""


class Owed(msgspec.Struct, kw_only=True, gc=False):
    """After-call work that an urgent call interrupted: `worked_s` done, `left_s` to do."""

    call: CallId
    worked_s: float
    left_s: float


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
    """Of all values so far; 0: there is none yet."""


class MovingAverages(msgspec.Struct, kw_only=True):
    """How quickly the line works and how long callers wait before they give up: what a wait is estimated from."""

    talk: Mean = msgspec.field(default_factory=Mean)
    wrapup: Mean = msgspec.field(default_factory=Mean)
    early: Mean = msgspec.field(default_factory=Mean)
    """The share of after-call work that agents end before its time."""
    ring: Mean = msgspec.field(default_factory=Mean)
    waited_s: dict[ServiceClass, float] = {}
    """Seconds waited by all who left the queue lately, by class, and how many of them gave up."""
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
    """Whether an AGI session of ours holds the channel now; only such a call can be offered."""
    orphaned: bool = False
    """Whether the channel is with the dialplan and perhaps the standby, which may tell of the call's end as well."""
    unheld: Unheld | None = None
    full: bool = False
    """Came while only the places for emergencies were left."""
    language: str = "tr"
    step: str = ""
    queued: Queued | None = None
    """None for a caller who has not entered the queue. One who is offered or talked to has."""
    unqueued: Named | None = None
    """What a caller wanted who was let go before they entered the queue."""
    heard: Heard | None = None
    callable: str = ""
    """The digits by which the caller can be called back; empty where they cannot."""
    callback: Callback | None = None
    """Until the caller is reached, the call counts as attached while it is to be offered."""
    offers: int = 0
    """How many there have been."""
    offer: Offer | None = None
    """In phase `offered` alone."""
    answered: Answered | None = None
    talk: Talk | None = None
    """In phase `talking` alone."""
    talked: Talked | None = None
    transfers: int = 0
    sent_on: SentOn | None = None
    """Until their channel is back with us."""
    released: Released | None = None
    """Else the phase at the end tells the outcome."""
    hangup_by: Party | None = None

    @property
    def place(self) -> Queued:
        """The place in the queue of a caller who is known to have one. `EngineBug` where they have none."""
        if self.queued is None:
            raise EngineBug(f"call {self.id}: phase {self.phase}, but it never entered the queue")
        return self.queued

    @property
    def named(self) -> Named | None:
        """What the caller wants, where that is known."""
        return self.unqueued if self.queued is None else self.queued

    @property
    def service(self) -> ServiceId | None:
        """The service that they want, where that is known."""
        return None if self.named is None else self.named.service

    @property
    def priority(self) -> ServiceClass | None:
        """Its class."""
        return None if self.named is None else self.named.priority

    @property
    def untold(self) -> bool:
        """Whether the caller said that it is urgent, and may still say by a key what it is."""
        return self.queued is not None and self.queued.untold

    @property
    def away(self) -> bool:
        """Whether the caller has no channel and is to be called back."""
        return self.callback is not None and not self.callback.reached

    @property
    def rung_elsewhere(self) -> bool:
        """Whether Asterisk rings an agent for them by itself, after a transfer."""
        return self.sent_on is not None and self.sent_on.rings

    @property
    def leg(self) -> Offer | Talk | None:
        """What tells of the agent's leg: who rings for the caller, or talks to them."""
        return self.offer if self.talk is None else self.talk

    @property
    def to_call_back(self) -> Callback | None:
        """The callback of a caller who has no channel and has not been reached yet."""
        return None if self.callback is None or self.callback.reached else self.callback


class Agent(msgspec.Struct, kw_only=True, gc=False):
    """Someone who answers. What people see (`shown`) follows from the other fields."""

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
    """Asterisk could not make a leg to their phone: they are not tried again before."""
    excused_at: float | None = None
    """When a pause for missed calls was undone, since it was the line's fault."""
    handled: int = 0
    """Calls answered since signing in."""
    order: int = 0
    """Rank by time of becoming idle, or whatever they can be had from now: the lowest has been it longest."""
    wrapup: Wrapup | None = None
    """In activity `wrapup` alone."""
    owed: list[Owed] = []
    """Interrupted after-call work, the latest last."""
    removed: bool = False
    """No longer in the configuration; goes when the present call is done."""
    shown: AgentState = "offline"
    shown_reason: str = ""
    shown_since: float = 0.0
    shown_pending: Literal["", "paused", "offline"] = ""
    """What people see that the agent will be once the present call is over."""
    shown_pending_reason: str = ""


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
    """A fault of the line's own by which agents cannot be rung."""

    since: float
    until: float
    """It is over then, if nothing more is heard of it."""
    legs: int = 0
    """So many legs could not be made."""
    undone: int = 0
    """So many agents were set aside by it and are ready again."""


class State(msgspec.Struct, kw_only=True):
    """Everything."""

    config: EngineConfig = EngineConfig()
    calls: dict[CallId, Call] = {}
    agents: dict[AgentId, Agent] = {}
    next_order: int = 1
    next_turn: int = 1
    regrouping: list[CallId] = []
    """Callers who waited when the engine died and are not back yet. While there are any, nobody is offered."""
    regroup_until: float = 0.0
    stopping: bool = False
    """Everything is being stopped: nobody is offered, and calls end because of us."""
    surge: Surge | None = None
    surges: int = 0
    """How many there have been."""
    empty_due: dict[ServiceId, float] = {}
    """By service: when to look whether nobody is on duty for those who wait."""
    orphans_ended: list[tuple[CallId, float]] = []
    """Calls that ended while orphaned or to be called back, and when that became known: later news of them is old."""
    ended_lately: EndedLately = msgspec.field(default_factory=EndedLately)
    """All others that ended within the last half minute or so."""
    left: dict[str, Left] = {}
    """By number: urgent callers who hung up while waiting."""
    escalations: dict[str, list[float]] = {}
    """By number: when its calls were said to be urgent, in the last 30 days."""
    urgent_calls: dict[str, list[float]] = {}
    """By number (`numbers.national`; empty: without one): when it had urgent calls, in the last hour."""
    urgent_calls_swept_at: float = 0.0
    callbacks_by_number: dict[str, list[float]] = {}
    """By the digits that are dialled: when callbacks to them began, in the last day."""
    callbacks_by_class: dict[ServiceClass, list[float]] = {}
    """When callbacks began, in the last hour."""
    callbacks_swept_at: float = 0.0
    wait_reasons: dict[str, WaitWhy] = {}
    """By queue: what its callers were told to wait for, last."""
    outcome_wishes: dict[str, float] = {}
    """Wishes of the desk to have a citizen called that came lately, and when they came."""
    urgent_rate: float = 0.0
    """Urgent callers a second, a moving average as of `urgent_rate_at`."""
    urgent_rate_at: float = 0.0
    urgent_talk: Mean = msgspec.field(default_factory=Mean)
    """Talk of an urgent call."""
    averages: MovingAverages = msgspec.field(default_factory=MovingAverages)
    set_aside: list[SetAside] = []
    """Agents who were set aside within the last seconds, perhaps by a fault of the line's."""
    line_fault: LineFault | None = None
