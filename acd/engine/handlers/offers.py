"""The course of an offer: it rings, is answered or fails; and the talk that follows an answer.

`give_up_offer` has what happens to the caller whose agent does not answer, `rules.offer` what happens to the agent.
AMI and AGI both report a leg's outcome, in no fixed order: the first report wins, the second is ignored. But if AGI
reports an answer, or cannot tell whether there was one, AMI is waited for (`late_answers`). Channels are compared by
name, since a late report about an earlier offer must not end the present one.
"""

from acd.engine.core import Core, happened_at, last_offer, span
from acd.engine.model.commands import CancelOffer, ReleaseCall
from acd.engine.model.event_base import DialStatus, Party
from acd.engine.model.events import LegGone, OfferAnswered, OfferFailed, OfferRinging
from acd.engine.model.facts import CallAnswered, CallTakenOver, OfferResult, TalkHow
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent, Answered, Call, Offer, Queued, Talk
from acd.engine.model.target import counts_from
from acd.engine.model.transitions import move_call
from acd.engine.rules import announcements, averages, empty_chair, own_calls, preferred_agent, relaxation, talk
from acd.engine.rules.matching import exchange, match_agent, settle, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import MISSES, TIMER, back_to_queue, close_offer, ring, tell_end
from acd.engine.rules.repeat_callers import LATER
from acd.engine.timers import Timer, queue_timer

RETRY: Timer[Queued] = queue_timer("retry", lambda queued: queued.retry_at)
"""When a caller may be offered again to agents who let them pass."""

BUSY, REJECTED, REDIRECTED = 17, 21, 23
"""Q.850 causes of a SIP 486, a SIP 603 and a SIP 3xx."""
ENGAGED = 200
"""The dialplan's own cause, which no phone can send: Asterisk's queue has the agent (context `reserve`)."""


SAME_S = 0.05
"""So much earlier than an offer nothing can have happened to its leg, whatever the clocks' rounding is."""

NOT_MADE: frozenset[DialStatus] = frozenset({"CHANUNAVAIL", "CONGESTION"})
"""Statuses of a Dial whose leg Asterisk could not create; a phone's own answer may have them too."""


def result_of(status: DialStatus, cause_code: int, *, forwarded: bool, asked: bool) -> OfferResult:
    """The result of a Dial that was not answered. `asked`: whether the phone was asked, as far as is known."""
    if forwarded or cause_code == REDIRECTED:  # before CANCEL, which app_dial also reports for a forward
        return "forwarded"
    if status == "CANCEL":
        return "caller_gone"
    if cause_code == ENGAGED:
        return "engaged"
    if cause_code == REJECTED:
        return "declined"
    if status == "BUSY" or cause_code == BUSY:
        return "busy"
    if status == "NOANSWER":
        return "no_answer"
    if status == "":
        return "lost"
    return "unreachable" if asked else "no_leg"


def on_ringing(core: Core, event: OfferRinging) -> None:
    """Learn the name of the agent's leg; the latest to ring is that of the present offer. An offer may have been given
    up before this was known, such as that of an agent who signs out in this moment: then the phone is stopped, since
    the caller's session rings nobody else meanwhile."""
    call = core.state.calls.get(event.call)
    if call is None:
        own_calls.stop_late(core, event.call, event.channel)
    if call is None or not event.channel:
        return
    offer = call.offer
    if offer is not None and is_earlier(core, call, offer, event):
        return
    agent = None if offer is None else core.state.agents[offer.agent]
    if offer is not None and agent is not None and agent.profile.has(event.channel):
        if not offer.picked_up:
            offer.channel = event.channel
            core.refresh(agent)  # a routine caller can lose a phone only when it is known to ring
            match_agent(core, agent)
            exchange(core, call)
    elif call.offers and call.attached and call.phase in ("waiting", "offered"):
        core.emit(CancelOffer(call=call.id, offer=last_offer(call), channel=event.channel))


def is_leg(core: Core, leg: Offer | Talk | None, channel: str) -> bool:
    """Whether a channel is the leg of this offer or talk, as far as its name shows."""
    if leg is None or not channel:
        return False
    if leg.channel:
        return leg.channel == channel
    return core.state.agents[leg.agent].profile.has(channel)


def is_earlier(
    core: Core, call: Call, offer: Offer, event: OfferRinging | OfferAnswered | OfferFailed | LegGone
) -> bool:
    """Whether AMI, which is late, tells of the leg of an earlier offer of this call to the same agent. It tells in
    order, so where the latest such leg is known by its name, no other can be meant."""
    leg = call.rung.get(offer.agent)
    if leg is None or not event.channel or event.channel == offer.channel:
        return False
    if leg:
        return event.channel == leg
    return happened_at(core, event) < offer.made_at - SAME_S  # by Asterisk's clock, which may be another


def answer(core: Core, call: Call, offer: Offer, channel: str = "", answered_at: float | None = None) -> Talk:
    """Caller and agent talk, since `answered_at`. If that is not known, they do from now, or since the end of a ring
    that can last no longer; then nothing is learnt of the ring. If the caller was answered before, the first answer
    counts for the record."""
    at = answered_at
    if at is None:
        at = offer.made_at + offer.ring_s if offer.overdue else core.at
    if offer.returned_at is not None:
        at = min(at, offer.returned_at)
    queued, agent = call.place, core.state.agents[offer.agent]
    how: TalkHow = "answered" if call.answered is None else "reload" if offer.reconnects else "blind"
    rang = answered_at is not None and call.offer is offer and call.callback is None and not offer.reconnects
    if rang:  # else nobody saw it ring, or saw how long, or the caller's phone rang too
        averages.rang(agent, span(offer.made_at, at))
    begun = talk.begin(core, call, agent, offer.id, channel or offer.channel, how, at)
    begun.over_by = offer.returned_at
    TIMER.stop(core, (call, offer))
    empty_chair.stop(core, call, offer)
    MAX_WAIT.stop(core, call)
    relaxation.stop(core, queued)
    announcements.stop(core, queued)
    preferred_agent.stop(core, queued)
    tell_end(core, call, offer, "answered", at)
    if call.answered is not None:
        take_over(core, call, begun)
        return begun
    ring_s, wait_s = span(offer.made_at, at), span(queued.at, at)
    counted_from = counts_from(queued.priority, call.arrived_at, queued.at)
    call.answered = Answered(agent=offer.agent, at=at, ring_s=ring_s, counted_from=counted_from)
    if call.callback is None:
        averages.answered(core, queued.priority, wait_s, ring_s if answered_at is not None else None)
    core.emit(
        CallAnswered(
            at=at,
            call=call.id,
            offer=offer.id,
            agent=offer.agent,
            service=queued.service,
            priority=queued.priority,
            wait_s=wait_s,
            answer_delay_s=span(call.arrived_at, at),
            ring_s=ring_s,
            ewt_s=queued.ewt_s,
            callback=None if call.callback is None else call.callback.reason,
            order=queued.order % LATER,
        )
    )
    core.refresh(agent)
    return begun


def take_over(core: Core, call: Call, begun: Talk) -> None:
    """Emit that another agent talks to a caller who was answered before."""
    queued = call.place
    core.emit(
        CallTakenOver(
            at=begun.began_at,
            call=call.id,
            offer=begun.offer,
            agent=begun.agent,
            service=queued.service,
            priority=queued.priority,
            how=begun.how,
        )
    )
    core.refresh(core.state.agents[begun.agent])


def has_answered(core: Core, call: Call, leg: str) -> None:
    """The agent of this leg sends the caller on, so they have answered: AMI is late."""
    offer = call.offer
    if offer is None or call.away or leg == call.rung.get(offer.agent):  # the dialplan names a leg until the next one
        return
    if is_leg(core, offer, leg):
        answer(core, call, offer, leg)


def on_failed(core: Core, event: OfferFailed) -> None:
    """Asterisk reports that the leg did not answer.

    Of an agent who picks up as the caller hangs up, Asterisk may report both: no answer, and then the answer. A caller
    who has hung up needs no other agent; their end, or the answer, ends the offer."""
    call = core.state.calls.get(event.call)
    if call is None or call.offer is None or call.offer.picked_up:
        return
    if call.hangup_by == "caller" and event.status != "CANCEL":
        return
    if event.channel and not is_leg(core, call.offer, event.channel):
        return
    if is_earlier(core, call, call.offer, event):
        return
    fail(core, call, call.offer, event.status, forwarded=event.forwarded)


def was_asked(offer: Offer, status: DialStatus, cause_code: int) -> bool:
    """Whether the agent's phone was asked, as far as is known. If it was, AMI reported its leg, or its answer left a
    cause; a phone that is not registered leaves a cause too."""
    return status not in NOT_MADE or bool(offer.channel or offer.cause_code or cause_code)


def returned(core: Core, call: Call, offer: Offer, status: DialStatus, cause_code: int, *, forwarded: bool) -> None:
    """The Dial of an offer is over, so no leg of it is left."""
    if status == "ANSWER":  # AMI is away or very late: only the end shows that there was an answer
        end_talk(core, call, answer(core, call, offer), at=offer.returned_at)
        return
    asked = was_asked(offer, status, cause_code)
    offer.cause_code = offer.cause_code or cause_code
    fail(core, call, offer, status, forwarded=forwarded, asked=asked)


def fail(core: Core, call: Call, offer: Offer, status: DialStatus, *, forwarded: bool, asked: bool = True) -> None:
    """An offer failed, as Asterisk reported."""
    result = result_of(status, offer.cause_code, forwarded=forwarded, asked=asked)
    if result == "caller_gone" and not call.away:  # the caller's channel ends next; if not, they attach again
        call.attached = False
    give_up_offer(core, call, offer, result)


def on_parted(core: Core, subject: tuple[Call, Offer]) -> None:
    """An agent was taken from another call's ring, and no event says that this ring stopped: ring them nevertheless."""
    call, offer = subject
    ring(core, call, call.place, offer, core.state.agents[offer.agent])


def give_up_offer(core: Core, call: Call, offer: Offer, result: OfferResult) -> None:
    """End an offer without an answer: the caller is back at their place at once, the agent is free for others. An offer
    that we stop ourselves is no missed call. A call that was the agent's own is over."""
    if core.state.stopping and result in MISSES:
        result = "lost"
    agent = close_offer(core, call, offer, result)
    if own_calls.is_own(call):
        own_calls.give_up(core, call, offer)
        match_agent(core, agent)
        core.drop_removed(agent)
        return
    back_to_queue(core, call)
    if result in MISSES and not _is_gone(agent, offer, result):
        let_pass(core, call.place, offer.agent)
    wait(core, call, freed=agent)
    core.drop_removed(agent)


def _is_gone(agent: Agent, offer: Offer, result: OfferResult) -> bool:
    """Whether the agent's phone went while it rang. It is rung for nobody until it is back, perhaps a moment later, and
    may then ring for this caller. A leg that is not known yet may still ring for this offer, so it is let pass."""
    return result == "unreachable" and bool(offer.channel) and not agent.reachable


def let_pass(core: Core, queued: Queued, agent: AgentId) -> None:
    """The agent has let the caller pass: offer the caller to others, and to this agent again only after a while. The
    caller must be in no queue now."""
    queued.skipped = [*queued.skipped, agent]
    if queued.preferred is not None and queued.preferred.agent == agent:
        preferred_agent.drop(core, queued, "passed")
    start_retry(core, queued)


def start_retry(core: Core, queued: Queued) -> None:
    """Set when skipped agents may be tried again, so that skipping never strands a caller: soon if nobody else on duty
    can take them, later otherwise."""
    config = core.state.config
    others = core.could_take(core.need(queued), urgent=queued.priority == "urgent", without=queued.skipped)
    queued.retry_at = core.at + (config.skip_s if others else config.retry_s)
    RETRY.start(core, queued)


def end_talk(
    core: Core, call: Call, over: Talk, *, release: bool = True, by: Party = "agent", at: float | None = None
) -> None:
    """End the talk, now or as of `at`: the agent goes into after-call work, and the caller's channel is released."""
    agent = talk.end(core, call, over, core.at if at is None else at, last=True)
    call.hangup_by = call.hangup_by or ("system" if core.state.stopping else by)
    move_call(call, "leaving")
    settle(core, agent)
    # After the next caller's offer, because nobody waits for this.
    if release and (call.attached or call.callback is None):
        core.emit(ReleaseCall(call=call.id, reason="talk_ended", language=call.language, offer=over.offer))
    if agent.removed:
        core.drop_removed(agent)
