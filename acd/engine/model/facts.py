"""What became true by an event. The journal has the facts beside their event. They are all that the readers (database,
metrics, console) need: no reader has to know the rules.

Times are Unix seconds, durations seconds. A field may be added with a default but never renamed or removed.
"""

from acd.engine.model.config import ServiceClass
from acd.engine.model.event_base import Party
from acd.engine.model.fact_base import (
    AgentState,
    CallbackReason,
    CallbackRefusal,
    Fact,
    LineFaultWhy,
    OfferResult,
    Outcome,
    OverflowWhy,
    PreferenceEndedWhy,
    RepeatWhy,
    SurgeEndedWhy,
    TalkHow,
)
from acd.engine.model.handover_facts import HandOverFact
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.line_facts import (
    AgentPending,
    AgentStateChanged,
    LineFact,
    LineFaultBegan,
    LineFaultEnded,
    MissesUndone,
    OutcomeCallRefused,
    SurgeBegan,
    SurgeEnded,
    TaskCallRefused,
)
from acd.engine.model.message_facts import MessageFact
from acd.engine.model.monitor_facts import MonitorFact
from acd.engine.model.outcome_facts import OutcomeBegan, OutcomeCallOver, OutcomeDialled, OutcomeFact
from acd.engine.model.page_facts import PageFact
from acd.engine.model.recording_facts import RecordingFact
from acd.engine.model.request_facts import RequestHeard
from acd.engine.model.talk_facts import (
    CallAnswered,
    CallTakenOver,
    CallTransferred,
    HoldBegan,
    HoldEnded,
    OfferEnded,
    OfferMade,
    TalkEnded,
)
from acd.engine.model.task_facts import TaskCallOrdered
from acd.engine.model.wait_facts import CallLinedUp, CallPutFirst, CallRejoined, CallStranded, WaitReason

__all__ = [
    "AgentPending",
    "AgentPreferred",
    "AgentState",
    "AgentStateChanged",
    "AnyFact",
    "CallAnswered",
    "CallEnded",
    "CallEntered",
    "CallEscalated",
    "CallLinedUp",
    "CallOverflowed",
    "CallPutFirst",
    "CallQueued",
    "CallReclassed",
    "CallRejoined",
    "CallRelaxed",
    "CallReleased",
    "CallReturned",
    "CallStepped",
    "CallStranded",
    "CallTakenOver",
    "CallTransferred",
    "CallbackDialled",
    "CallbackMissed",
    "CallbackPaused",
    "CallbackQueued",
    "CallbackReason",
    "CallbackRefusal",
    "CallbackRefused",
    "Fact",
    "HoldBegan",
    "HoldEnded",
    "KeyHeard",
    "KindChanged",
    "LineFact",
    "LineFaultBegan",
    "LineFaultEnded",
    "LineFaultWhy",
    "MissesUndone",
    "OfferEnded",
    "OfferMade",
    "OfferResult",
    "Outcome",
    "OutcomeBegan",
    "OutcomeCallOver",
    "OutcomeCallRefused",
    "OutcomeDialled",
    "OverflowWhy",
    "PreferenceEnded",
    "PreferenceEndedWhy",
    "RepeatWhy",
    "RequestHeard",
    "ServiceNamed",
    "SurgeAnswered",
    "SurgeBegan",
    "SurgeEnded",
    "SurgeEndedWhy",
    "SurgePlayed",
    "TalkEnded",
    "TalkHow",
    "TaskCallOrdered",
    "TaskCallRefused",
    "WaitAnnounced",
    "WaitReason",
    "WrapupEnded",
]


class CallEntered(Fact, tag="call_entered", frozen=True, kw_only=True):
    """A new call is on the line. `arrived_at` is when the line answered it."""

    call: CallId
    node: NodeId
    channel: str
    number: str
    name: str
    dialled: str
    arrived_at: float
    full: bool = False
    """Whether only the places for emergencies are left: the caller is asked at once whether the call is urgent."""


class CallStepped(Fact, tag="call_stepped", frozen=True, kw_only=True):
    """The caller came to a step of the flow."""

    call: CallId
    step: str
    key: str = ""
    language: str = ""


class ServiceNamed(Fact, tag="service_named", frozen=True, kw_only=True):
    """The caller's service is known. With `opens_ticket` a ticket is due, once per call and service."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    language: str
    number: str
    opens_ticket: bool
    fields: dict[str, str] = {}
    asked: bool = False
    """Whether only the urgency is known: the caller is asked for the kind while an agent's phone rings."""
    again: bool = False
    """Whether the number had an urgent call within the last hour. If it has an open ticket for the service, this call
    uses that ticket."""


class KindChanged(Fact, tag="kind_changed", frozen=True, kw_only=True):
    """An agent, or the caller by another key, has changed the kind of an urgent call. A request that the call opened is
    corrected."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    key: str = ""
    """The caller's key; empty: an agent has changed it."""


class CallQueued(Fact, tag="call_queued", frozen=True, kw_only=True):
    """The caller waits in the queue from now. `position` counts from 1 among all who wait, in the order of service."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    number: str
    position: int
    kept_from: CallId | None = None
    """The caller's earlier call, whose place this call gets."""
    ewt_s: float | None = None
    """The estimated wait at this moment; None if no agent for the service was on duty."""
    points: float = 0.0
    """Points at the start."""
    order: int = 0
    """The caller's place; inside a class a smaller place comes first."""
    urgent_calls: int = 0
    """Urgent calls of this number within the last hour, this one included; 0: not urgent, or not counted."""
    repeat: RepeatWhy = ""


class CallReclassed(Fact, tag="call_reclassed", frozen=True, kw_only=True):
    """After a reload of the rules the call has another service, or its service another class."""

    call: CallId
    service: ServiceId
    priority: ServiceClass


class WaitAnnounced(Fact, tag="wait_announced", frozen=True, kw_only=True):
    """An announcement was played to the waiting caller. Its numbers never rise; `ewt_s` is the present estimate of the
    whole wait."""

    call: CallId
    position: int | None = None
    minutes: int | None = None
    ewt_s: float | None = None


class CallbackQueued(Fact, tag="callback_queued", frozen=True, kw_only=True):
    """The caller has hung up, or will, and is called back when it is their turn. They keep their place."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    number: str
    reason: CallbackReason
    wish: str = ""
    """The desk's name for a call that tells an outcome; else empty. Such a citizen has not been on the line before."""


class CallbackRefused(Fact, tag="callback_refused", frozen=True, kw_only=True):
    """The caller asked to be called back, or hung up an urgent call (`wish`), and is not called back."""

    call: CallId
    wish: CallbackReason
    why: CallbackRefusal


class CallbackDialled(Fact, tag="callback_dialled", frozen=True, kw_only=True):
    """The agent has answered and the caller's phone rings."""

    call: CallId
    agent: AgentId


class CallbackMissed(Fact, tag="callback_missed", frozen=True, kw_only=True):
    """The caller was not reached, for the `tries`-th time. `again_at`: the time of the next try; None: there is
    none."""

    call: CallId
    tries: int
    status: str
    again_at: float | None = None


class CallbackPaused(Fact, tag="callback_paused", frozen=True, kw_only=True):
    """A callback is suspended `until` this time: the caller is kept out of the queue; None: they are in it again.

    `lent_to`: a call of the same number that waits at their place meanwhile."""

    call: CallId
    until: float | None = None
    lent_to: CallId | None = None


class CallReturned(Fact, tag="call_returned", frozen=True, kw_only=True):
    """An offer failed and the caller waits again, at the place they had."""

    call: CallId


class CallOverflowed(Fact, tag="call_overflowed", frozen=True, kw_only=True):
    """The caller was moved to another service's queue; the wait goes on."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    to: ServiceId
    why: OverflowWhy


class CallRelaxed(Fact, tag="call_relaxed", frozen=True, kw_only=True):
    """The requirements for the caller's agent fell. `steps` of the service's steps of relaxation are taken."""

    call: CallId
    service: ServiceId
    steps: int
    level: int
    language: str
    """Empty: any."""


class SurgePlayed(Fact, tag="surge_played", frozen=True, kw_only=True):
    """The caller hears the message."""

    call: CallId
    surge: str
    service: ServiceId
    ticket: str = ""
    language: str = ""


class SurgeAnswered(Fact, tag="surge_answered", frozen=True, kw_only=True):
    """The message was all the caller needed."""

    call: CallId
    surge: str
    service: ServiceId
    ticket: str = ""


class AgentPreferred(Fact, tag="agent_preferred", frozen=True, kw_only=True):
    """The caller has a preferred agent on duty. For `for_s` seconds the caller waits for this agent only; 0: the agent
    is preferred only if idle."""

    call: CallId
    agent: AgentId
    for_s: float


class PreferenceEnded(Fact, tag="preference_ended", frozen=True, kw_only=True):
    """The exclusive wait for the preferred agent is over. `passed`: the agent let the call pass; `moved`: the call has
    another service; `urgent`: the caller is urgent now."""

    call: CallId
    agent: AgentId
    why: PreferenceEndedWhy


class CallEscalated(Fact, tag="call_escalated", frozen=True, kw_only=True):
    """The waiting caller pressed that it is urgent. `times` counts this number's calls that did so in the last 30
    days."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    number: str
    times: int
    urgent_calls: int = 0
    """As in `CallQueued`."""
    repeat: RepeatWhy = ""


class KeyHeard(Fact, tag="key_heard", frozen=True, kw_only=True):
    """The waiting caller pressed a key."""

    call: CallId
    key: str


class CallReleased(Fact, tag="call_released", frozen=True, kw_only=True):
    """The line releases a caller whom no agent served. They hear the last prompt, and then the call ends with this
    outcome."""

    call: CallId
    outcome: Outcome


class CallEnded(Fact, tag="call_ended", frozen=True, kw_only=True):
    """The one end of a call, with all measured times.

    `wait_s` of an unanswered call counts to its end, or to its release; the last prompt is no part of it. It is None if
    the call never waited. `talk_s` includes `hold_s`. A call that was transferred is `answered`: `agent`,
    `answered_at`, `wait_s` and `ring_s` are those of the first answer, `talk_s` and `hold_s` the sums over all its
    agents (`TalkEnded`).
    """

    call: CallId
    node: NodeId
    number: str
    name: str
    dialled: str
    service: ServiceId | None
    priority: ServiceClass | None
    language: str
    outcome: Outcome
    hangup_by: Party
    agent: AgentId | None = None
    arrived_at: float
    queued_at: float | None = None
    answered_at: float | None = None
    ended_at: float
    wait_s: float | None = None
    answer_delay_s: float | None = None
    ring_s: float | None = None
    talk_s: float | None = None
    hold_s: float = 0.0
    callback: CallbackReason | None = None
    """The reason of a callback, if there was one; `tries` counts how often it did not reach the caller."""
    tries: int = 0
    transfers: int = 0
    lost_in_transfer: bool = False
    """Whether the caller was transferred and gone before another agent talked to them."""


class WrapupEnded(Fact, tag="wrapup_ended", frozen=True, kw_only=True):
    """The agent's after-call work for this call is over."""

    call: CallId
    agent: AgentId
    wrapup_s: float
    asked_s: float = 0.0
    """So much of it after its time was over: the call still had neither a request nor a disposition."""


AnyFact = (
    CallEntered
    | CallStepped
    | ServiceNamed
    | KindChanged
    | CallQueued
    | CallLinedUp
    | CallReclassed
    | WaitAnnounced
    | CallbackQueued
    | OutcomeFact
    | TaskCallOrdered
    | CallbackRefused
    | CallbackDialled
    | CallbackMissed
    | CallbackPaused
    | CallReturned
    | CallOverflowed
    | CallRelaxed
    | SurgePlayed
    | SurgeAnswered
    | AgentPreferred
    | PreferenceEnded
    | CallEscalated
    | CallPutFirst
    | CallRejoined
    | CallStranded
    | KeyHeard
    | OfferMade
    | OfferEnded
    | CallAnswered
    | CallTransferred
    | HandOverFact
    | CallTakenOver
    | TalkEnded
    | HoldBegan
    | HoldEnded
    | MessageFact
    | PageFact
    | CallReleased
    | CallEnded
    | WrapupEnded
    | MonitorFact
    | RecordingFact
    | RequestHeard
    | LineFact
)
