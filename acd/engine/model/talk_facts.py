"""What became true of offers and talks."""

import msgspec

from acd.engine.model.config import ServiceClass
from acd.engine.model.fact_base import CallbackReason, ChosenBy, Fact, OfferResult, TalkHow, TransferTo
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId


class Choice(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Why an agent is offered a caller."""

    chosen: ChosenBy
    by: float = 0.0
    """The number by which they were chosen. `only`, `longest_idle`, `quick`, `not_held`: seconds idle; `wrapup`:
    seconds of after-call work; `least_calls`: calls answered; `quickest`: seconds until they pick up."""
    free: int = 0
    """How many idle agents could have had this caller, this one included; 0 if they were not chosen among idle ones."""
    others: tuple[AgentId, ...] = ()
    """The first few of the other ones, in the order of the strategy."""
    held: int = 0
    """How many idle agents could take this caller and are held back for urgent ones."""


class OfferMade(Fact, tag="offer_made", frozen=True, kw_only=True):
    """An agent was reserved for the call and is about to ring."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    waited_s: float
    rings_s: float | None = None
    """Seconds for which the agent's phone rings, if shorter than usual."""
    auto_answer: bool = False
    """Whether the agent's phone is asked to answer by itself."""
    why: Choice | None = None
    """Why this agent; None in entries of versions that did not say it."""
    order: int = 0
    """The caller's place."""


class OfferEnded(Fact, tag="offer_ended", frozen=True, kw_only=True):
    """The result of an offer. `ring_s` counts from the offer to its end."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    result: OfferResult
    ring_s: float


class CallAnswered(Fact, tag="call_answered", frozen=True, kw_only=True):
    """Caller and agent talk. `wait_s` counts from entering the queue, `answer_delay_s` from the line's answer; both to
    now."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    wait_s: float
    answer_delay_s: float
    ring_s: float
    ewt_s: float | None = None
    """The estimated wait when the caller entered the queue."""
    callback: CallbackReason | None = None
    """Whether the caller was called back."""
    order: int = 0
    """The caller's place, if they are found talking and never queued here."""


class CallTransferred(Fact, tag="call_transferred", frozen=True, kw_only=True):
    """An agent transferred the caller, who keeps order and waiting time. Unless `to` is `talk` the caller waits again,
    for `service`."""

    call: CallId
    by: AgentId
    to: TransferTo
    agent: AgentId | None = None
    """The target agent, if there is one."""
    service: ServiceId
    priority: ServiceClass
    queued_at: float


class CallTakenOver(Fact, tag="call_taken_over", frozen=True, kw_only=True):
    """A caller who was answered before talks to an agent again. `CallAnswered` comes once per call."""

    call: CallId
    offer: OfferId
    agent: AgentId
    service: ServiceId
    priority: ServiceClass
    how: TalkHow


class TalkEnded(Fact, tag="talk_ended", frozen=True, kw_only=True):
    """One agent's part of the talk is over; `number` counts a call's parts from 1. `talk_s` includes `hold_s`.
    `CallTransferred` reports a transfer, sometimes later."""

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
