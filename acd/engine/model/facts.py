"""What became true by an event. Facts stand in the journal beside the event they follow from, and are all that the
readers (database, metrics, console) need: none of them has to know the rules.

Times are Unix seconds, durations seconds. A field may be added with a default but never renamed or removed.
"""

from typing import Literal

import msgspec

from acd.engine.model.config import ServiceClass
from acd.engine.model.events import Party
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId

Outcome = Literal[
    "answered",
    "abandoned",
    "abandoned_in_menu",
    "self_served",
    "timed_out",
    "rejected",
    "closed",
    "no_agents",
    "line_full",
    "called_back",
    "callback_failed",
    "callback_cancelled",
]
"""How a call ended. `abandoned`: hung up while waiting or ringing. `timed_out`: waited longer than its service allows.
`closed`: came when its service was. `no_agents`: nobody was on duty who could have taken it.
`line_full`: came when only the places for emergencies were left, and did not say that it is urgent.
`called_back`: reached and talked to, after hanging up by wish or while waiting; `callback_failed`: never reached.
Where a channel vanished while no engine looked, `hangup_by` is `unknown`."""

CallbackReason = Literal["asked", "abandoned"]
"""Why a caller is called back: they asked for it, or hung up an urgent call while waiting."""
CallbackRefusal = Literal["off", "no_number", "denied", "pending", "per_number", "per_hour"]
"""Why a caller is not called back: nobody is; no number that can be dialled; a range that is never called; another
callback to the number; too many callbacks of the number; too many of all."""

RepeatWhy = Literal["", "at_once", "per_hour", "withheld"]
"""Why an urgent call comes after those of first-time callers: another one of its number is up, or there were as many as
count within the hour, of its number or without a number. Empty: it does not."""

SurgeEndedWhy = Literal["withdrawn", "replaced", "expired"]
OverflowWhy = Literal["max_wait", "max_waiting", "closed", "join_empty", "leave_empty"]
PreferenceEndedWhy = Literal["time", "off_duty", "passed", "moved", "urgent"]
TalkHow = Literal["answered", "blind", "attended"]
"""How an agent came to a caller: out of the queue; sent on by another agent and offered anew; or told of them first."""
TransferTo = Literal["service", "agent", "talk", "ringing", "queue"]
"""Where a caller was sent: to a service's queue; to an agent, who is offered them; to an agent who talks to them from
now, or whose phone rings for them; or nowhere we know, and so back to the queue."""
OfferResult = Literal[
    "answered",
    "no_answer",
    "busy",
    "declined",
    "forwarded",
    "unreachable",
    "caller_gone",
    "recalled",
    "exchanged",
    "lost",
    "unreached",
    "withdrawn",
    "no_leg",
    "engaged",
]
"""`forwarded`: the agent's phone named another address (SIP 3xx), where nobody is rung.
`unreached`: the agent picked up, but the caller who was called back did not.
`exchanged`: the caller said while it rang what it is about, and the agent does not take that; another one does.
`withdrawn`: the agent paused or signed out while their phone rang.
`no_leg`: Asterisk could not make the leg, for want of an RTP port, say; the phone was never asked.
`engaged`: Asterisk's own queue rang the agent at that moment, or had them in a talk; the phone was not asked."""
LineFaultWhy = Literal["no_leg", "set_aside"]
AgentState = Literal["offline", "ready", "paused", "ringing", "talking", "wrapup", "busy", "unavailable"]
"""What people see. `busy`: on a call of their own. `unavailable`: signed in, but the phone is not there."""


# gc: none holds another of its kind, so the collector has nothing to look for in the many there are.
class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", omit_defaults=True):
    """Base of all facts."""

    at: float


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


class SurgeBegan(Fact, tag="surge_began", frozen=True, kw_only=True):
    """Callers of these services hear a message before they queue, from now and `until` a time, if any."""

    surge: str
    services: tuple[ServiceId, ...]
    ticket: str = ""
    until: float | None = None


class SurgeEnded(Fact, tag="surge_ended", frozen=True, kw_only=True):
    """The message is over. So many heard it, and so many of them needed nothing more."""

    surge: str
    why: SurgeEndedWhy
    played: int
    answered: int


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


class OfferMade(Fact, tag="offer_made", frozen=True, kw_only=True):
    """An agent was reserved for the call and is about to ring."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    waited_s: float
    rings_s: float | None = None
    """How long the agent's phone rings, where it is shorter than usual."""


class OfferEnded(Fact, tag="offer_ended", frozen=True, kw_only=True):
    """What came of an offer. `ring_s` runs from the offer to its end."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    result: OfferResult
    ring_s: float


class CallAnswered(Fact, tag="call_answered", frozen=True, kw_only=True):
    """Caller and agent talk. `wait_s` from the queue's entry, `answer_delay_s` from the line's answer; both to now."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    wait_s: float
    answer_delay_s: float
    ring_s: float
    ewt_s: float | None = None
    """The wait as it was estimated when the caller entered the queue."""
    callback: CallbackReason | None = None
    """They were called back."""
    order: int = 0
    """The caller's place, for one who is found talking and was never seen to queue."""


class CallTransferred(Fact, tag="call_transferred", frozen=True, kw_only=True):
    """An agent handed the caller on, whose order and waiting time stay. Unless `to` is `talk` the caller waits again,
    for `service`."""

    call: CallId
    by: AgentId
    to: TransferTo
    agent: AgentId | None = None
    """To whom, if it was to an agent."""
    service: ServiceId
    priority: ServiceClass
    queued_at: float


class CallTakenOver(Fact, tag="call_taken_over", frozen=True, kw_only=True):
    """A caller whom an agent had talked to before talks to one again from now. `CallAnswered` is told once a call."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    how: TalkHow


class TalkEnded(Fact, tag="talk_ended", frozen=True, kw_only=True):
    """One agent's part of the talk is over; `number` counts a call's parts from 1. `talk_s` includes `hold_s`. Whether
    they handed the caller on is told by `CallTransferred`, sometimes later."""

    call: CallId
    agent: AgentId
    number: int
    how: TalkHow
    began_at: float
    talk_s: float
    hold_s: float


class HoldBegan(Fact, tag="hold_began", frozen=True, kw_only=True):
    """The agent put the caller on hold."""

    call: CallId


class HoldEnded(Fact, tag="hold_ended", frozen=True, kw_only=True):
    """The caller was taken off hold."""

    call: CallId


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


class AgentStateChanged(Fact, tag="agent_state_changed", frozen=True, kw_only=True):
    """What an agent does from now. `previous` lasted `lasted_s` (0 for the first state known)."""

    agent: AgentId
    state: AgentState
    reason: str = ""
    call: CallId | None = None
    previous: AgentState | None = None
    previous_reason: str = ""
    lasted_s: float = 0.0


class AgentPending(Fact, tag="agent_pending", frozen=True, kw_only=True):
    """What an agent who rings or talks has asked for, and will be once the call is over; empty: nothing any more."""

    agent: AgentId
    pending: Literal["", "paused", "offline"]
    reason: str = ""


class LineFaultBegan(Fact, tag="line_fault_began", frozen=True, kw_only=True):
    """Agents cannot be rung by a fault of the line's own. `no_leg`: Asterisk could not make a leg; `set_aside`: several
    agents were set aside for missed calls within seconds."""

    why: LineFaultWhy


class LineFaultEnded(Fact, tag="line_fault_ended", frozen=True, kw_only=True):
    """Nothing has been heard of the fault for a while. So many legs could not be made, and so many pauses were undone,
    since it began."""

    lasted_s: float
    legs: int
    undone: int


class MissesUndone(Fact, tag="misses_undone", frozen=True, kw_only=True):
    """These agents were set aside for missed calls by a fault of the line's, and are ready again."""

    agents: tuple[AgentId, ...]


LineFact = SurgeBegan | SurgeEnded | AgentStateChanged | AgentPending | LineFaultBegan | LineFaultEnded | MissesUndone
"""Facts that are of no one call."""

AnyFact = (
    CallEntered
    | CallStepped
    | ServiceNamed
    | KindChanged
    | CallQueued
    | CallReclassed
    | WaitAnnounced
    | CallbackQueued
    | CallbackRefused
    | CallbackDialled
    | CallbackMissed
    | CallbackPaused
    | CallReturned
    | CallOverflowed
    | CallRelaxed
    | SurgeBegan
    | SurgeEnded
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
    | AgentStateChanged
    | AgentPending
    | LineFaultBegan
    | LineFaultEnded
    | MissesUndone
)
