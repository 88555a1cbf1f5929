"""What became true by an event. Facts stand in the journal beside the event they follow from, and are all that the
readers (database, metrics, console) need: none of them has to know the rules.

Times are Unix seconds, durations seconds. A field may be added with a default but never renamed or removed.
"""

from typing import Literal

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
    TransferTo,
)
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
)
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
from acd.engine.model.wait_facts import CallLinedUp, WaitReason

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
    "OutcomeCallRefused",
    "OverflowWhy",
    "PreferenceEnded",
    "PreferenceEndedWhy",
    "RepeatWhy",
    "ServiceNamed",
    "SurgeAnswered",
    "SurgeBegan",
    "SurgeEnded",
    "SurgeEndedWhy",
    "SurgePlayed",
    "TalkEnded",
    "TalkHow",
    "TransferTo",
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
    """Only the places for emergencies are left: the caller is asked at once whether it is urgent."""


class CallStepped(Fact, tag="call_stepped", frozen=True, kw_only=True):
    """The caller came to a step of the flow."""

    call: CallId
    step: str
    key: str = ""
    language: str = ""


class ServiceNamed(Fact, tag="service_named", frozen=True, kw_only=True):
    """It is known what the caller wants. With `opens_ticket` a ticket is due, once per call and service."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    language: str
    number: str
    opens_ticket: bool
    fields: dict[str, str] = {}
    asked: bool = False
    """It is known only that it is urgent: the caller is asked for the kind while an agent's phone rings."""
    again: bool = False
    """The number had an urgent call within the last hour. If it has an open ticket for the service, that is this call's
    ticket too, and no other is opened."""


class KindChanged(Fact, tag="kind_changed", frozen=True, kw_only=True):
    """An agent has said what an urgent call is about, after it was taken for something else. A request that the call
    opened is put right."""

    call: CallId
    service: ServiceId
    priority: ServiceClass


class CallQueued(Fact, tag="call_queued", frozen=True, kw_only=True):
    """The caller waits in the queue from now. `position` counts from 1 among all who wait, in the order of service."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    number: str
    position: int
    kept_from: CallId | None = None
    """The caller's earlier call, whose place they have."""
    ewt_s: float | None = None
    """The estimated wait, as it looked now; None where nobody who takes the service was on duty."""
    points: float = 0.0
    """What the caller came with."""
    order: int = 0
    """The caller's place: who has a smaller one of the same class came before them."""
    urgent_calls: int = 0
    """Urgent calls of this number within the last hour, this one included; 0: not urgent, or not counted."""
    repeat: RepeatWhy = ""


class CallReclassed(Fact, tag="call_reclassed", frozen=True, kw_only=True):
    """The rules were read anew, and the call's service is another or of another class."""

    call: CallId
    service: ServiceId
    priority: ServiceClass


class WaitAnnounced(Fact, tag="wait_announced", frozen=True, kw_only=True):
    """The waiting caller was told where they stand. What they were told never rises; `ewt_s` is the whole wait as it
    is estimated now."""

    call: CallId
    position: int | None = None
    minutes: int | None = None
    ewt_s: float | None = None


class CallbackQueued(Fact, tag="callback_queued", frozen=True, kw_only=True):
    """The caller has hung up, or is about to, and is called back when it is their turn. Their place stays."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    number: str
    reason: CallbackReason
    wish: str = ""
    """Of a citizen who is told an outcome: the desk's name for this call. They have not been on the line before."""


class OutcomeBegan(Fact, tag="outcome_began", frozen=True, kw_only=True):
    """The citizen has picked up and is told the outcome from now. Whatever happens next, they are not called again
    about it by themselves."""

    call: CallId
    wish: str


class CallbackRefused(Fact, tag="callback_refused", frozen=True, kw_only=True):
    """The caller asked to be called back, or hung up an urgent call (`wish`), and is not called back."""

    call: CallId
    wish: CallbackReason
    why: CallbackRefusal


class CallbackDialled(Fact, tag="callback_dialled", frozen=True, kw_only=True):
    """The agent has picked up and the caller's phone rings."""

    call: CallId
    agent: AgentId


class CallbackMissed(Fact, tag="callback_missed", frozen=True, kw_only=True):
    """The caller was not reached, `tries` times by now. `again_at`: when the next try is due; None: there is none."""

    call: CallId
    tries: int
    status: str
    again_at: float | None = None


class CallbackPaused(Fact, tag="callback_paused", frozen=True, kw_only=True):
    """The caller is kept out of the queue `until` then and is not called back before; None: they are in it again.

    `lent_to`: a call of the same number that waits at their place meanwhile."""

    call: CallId
    until: float | None = None
    lent_to: CallId | None = None


class CallReturned(Fact, tag="call_returned", frozen=True, kw_only=True):
    """An offer came to nothing and the caller waits again, at the place they had."""

    call: CallId


class CallOverflowed(Fact, tag="call_overflowed", frozen=True, kw_only=True):
    """The caller was moved to another service's queue; the wait goes on."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    to: ServiceId
    why: OverflowWhy


class CallRelaxed(Fact, tag="call_relaxed", frozen=True, kw_only=True):
    """Less is asked of the caller's agent from now. `steps` of the service's steps of relaxation are taken."""

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
    """An agent on duty knows the caller, and is preferred: for `for_s` the caller waits for them alone; 0: only if they
    are idle."""

    call: CallId
    agent: AgentId
    for_s: float


class PreferenceEnded(Fact, tag="preference_ended", frozen=True, kw_only=True):
    """The caller waits for the agent who knows them no longer, but for anybody. `passed`: let the call pass; `moved`:
    to another service; `urgent`: the caller is, from now."""

    call: CallId
    agent: AgentId
    why: PreferenceEndedWhy


class CallEscalated(Fact, tag="call_escalated", frozen=True, kw_only=True):
    """The waiting caller said that it is urgent. `times` counts this number's calls that did, in the last 30 days."""

    call: CallId
    service: ServiceId
    priority: ServiceClass
    number: str
    times: int
    urgent_calls: int = 0
    """As in `CallQueued`."""
    repeat: RepeatWhy = ""


class CallRejoined(Fact, tag="call_rejoined", frozen=True, kw_only=True):
    """The caller's channel came back to us after an engine died or its session broke."""

    call: CallId


class CallStranded(Fact, tag="call_stranded", frozen=True, kw_only=True):
    """The caller was up and nobody had held them for `unheld_s`; they are brought back, in the phase they were in."""

    call: CallId
    phase: Literal["flow", "waiting", "leaving"]
    unheld_s: float


class KeyHeard(Fact, tag="key_heard", frozen=True, kw_only=True):
    """The waiting caller pressed a key."""

    call: CallId
    key: str


class CallReleased(Fact, tag="call_released", frozen=True, kw_only=True):
    """We let the caller go whom no agent served; they hear the last of it, and then the call ends with this outcome."""

    call: CallId
    outcome: Outcome


class CallEnded(Fact, tag="call_ended", frozen=True, kw_only=True):
    """The one end of a call, with all that was measured.

    `wait_s` of a call that was not answered runs to its end, or until we let the caller go; what they are told then is
    no part of it. It is None where the call never waited.
    `talk_s` includes `hold_s`. A call that was transferred is `answered`: `agent`, `answered_at`, `wait_s` and `ring_s`
    are those of the first answer, `talk_s` and `hold_s` the sums over all its agents (`TalkEnded`).
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
    """They were to be called back, and why; `tries` counts how often they were not reached."""
    tries: int = 0
    transfers: int = 0
    lost_in_transfer: bool = False
    """Handed on, and gone before another agent talked to them."""


class WrapupEnded(Fact, tag="wrapup_ended", frozen=True, kw_only=True):
    """The agent's after-call work for this call is over."""

    call: CallId
    agent: AgentId
    wrapup_s: float


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
    | OutcomeBegan
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
    | CallRejoined
    | CallStranded
    | KeyHeard
    | OfferMade
    | OfferEnded
    | CallAnswered
    | CallTransferred
    | CallTakenOver
    | TalkEnded
    | HoldBegan
    | HoldEnded
    | CallReleased
    | CallEnded
    | WrapupEnded
    | LineFact
)
