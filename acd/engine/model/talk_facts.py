"""What became true of offers and talks."""

from acd.engine.model.config import ServiceClass
from acd.engine.model.fact_base import CallbackReason, Fact, OfferResult, TalkHow, TransferTo
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId


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
