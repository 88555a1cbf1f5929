"""What becomes of an offer: it rings, is answered or comes to nothing; and the talk that follows an answer.

Word of one leg reaches us on two ways, AMI and AGI, in no fixed order: whichever comes first counts and the other
finds nothing left to do. Channels are told apart by name, since a late word about an earlier offer must not end
the present one.
"""

from acd.engine.core import Core, span
from acd.engine.model.commands import ReleaseCall
from acd.engine.model.event_base import DialStatus, Party
from acd.engine.model.events import OfferFailed, OfferReturned, OfferRinging
from acd.engine.model.facts import CallAnswered, CallReturned, CallTakenOver, OfferResult, TalkHow
from acd.engine.model.state import Answered, Call, Offer, Queued, Talk
from acd.engine.model.transitions import move_call
from acd.engine.rules import announcements, averages, preferred_agent, relaxation, talk
from acd.engine.rules.matching import match_agent, settle, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import MISSES, TIMER, cancel, close_offer, ring, tell_end
from acd.engine.rules.repeat_callers import LATER
from acd.engine.timers import queue_timer

RETRY = queue_timer("retry", lambda queued: queued.retry_at)
"""When agents who let a caller pass may be offered to them anew."""

BUSY, REJECTED, REDIRECTED = 17, 21, 23
"""Q.850 causes of a SIP 486, a SIP 603 and a SIP 3xx."""
ENGAGED = 200
"""The dialplan's own cause, which no phone can send: Asterisk's queue has the agent (context `reserve`)."""


NOT_MADE: frozenset[DialStatus] = frozenset({"CHANUNAVAIL", "CONGESTION"})
"""What a Dial says whose leg Asterisk could not make; a phone's own answer may be told so too."""


def result_of(status: DialStatus, cause_code: int, *, forwarded: bool = False, asked: bool = True) -> OfferResult:
    """Return what a Dial that was not answered came to. `asked`: the phone was, as far as can be told."""
    if forwarded or cause_code == REDIRECTED:  # before CANCEL, which app_dial reports of a forward too
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
    """Learn the name of the agent's leg."""
    call = core.state.calls.get(event.call)
    offer = None if call is None else call.offer
    if call is not None and offer is not None and is_leg(core, offer, event.channel):
        offer.channel = event.channel
        agent = core.state.agents[offer.agent]
        core.refresh(agent)  # a phone that is known to ring is one that can be taken from its caller
        match_agent(core, agent)
        exchange(core, call)


def exchange(core: Core, call: Call) -> None:
    """The caller of an offer has said what their urgent call is about. An agent who does not take that is let go
    without a miss, once their leg is known, if anybody on duty takes it."""
    offer, queued = call.offer, call.place
    if queued.kinds is None or queued.untold or offer is None or not offer.channel or call.away:
        return
    need = core.need(queued)
    if core.skills[offer.agent].takes(need) or not core.could_take(need, urgent=True, without=queued.skipped):
        return
    cancel(core, call, offer)
    agent = close_offer(core, call, offer, "exchanged", rings_on=True)
    move_call(call, "waiting")
    core.emit(CallReturned(at=core.at, call=call.id))
    wait(core, call, freed=agent)  # free at once, where nothing has told of a channel of their phone
    core.drop_removed(agent)


def is_leg(core: Core, leg: Offer | Talk | None, channel: str) -> bool:
    """Whether a channel is the leg of this offer or talk, as far as can be told by its name."""
    if leg is None or not channel:
        return False
    if leg.channel:
        return leg.channel == channel
    return channel.startswith(core.state.agents[leg.agent].profile.endpoint + "-")


def answer(core: Core, call: Call, offer: Offer, channel: str = "", answered_at: float | None = None) -> Talk:
    """Caller and agent talk, from now or since `answered_at`. Of a caller who had been answered before, the first
    answer counts."""
    at = core.at if answered_at is None else answered_at
    queued, agent = call.place, core.state.agents[offer.agent]
    how: TalkHow = "answered" if call.answered is None else "blind"
    begun = talk.begin(core, call, agent, offer.id, channel or offer.channel, how, at)
    TIMER.stop(core, (call, offer))
    MAX_WAIT.stop(core, call)
    relaxation.stop(core, queued)
    announcements.stop(core, queued)
    preferred_agent.stop(core, queued)
    tell_end(core, call, offer, "answered")
    if call.answered is not None:
        take_over(core, call, begun)
        return begun
    ring_s, wait_s = span(offer.made_at, at), span(queued.at, at)
    call.answered = Answered(agent=offer.agent, at=at, ring_s=ring_s)
    if call.callback is None:
        averages.answered(core, queued.priority, wait_s, ring_s)
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
    """Tell that another agent talks to a caller who has been answered before."""
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


def on_failed(core: Core, event: OfferFailed) -> None:
    """Asterisk says that the leg did not answer."""
    call = core.state.calls.get(event.call)
    if call is None or call.offer is None or call.offer.picked_up:
        return
    if event.channel and not is_leg(core, call.offer, event.channel):
        return
    fail(core, call, call.offer, event.status, forwarded=event.forwarded)


def was_asked(offer: Offer, event: OfferReturned) -> bool:
    """Whether the agent's phone was asked, as far as can be told. If so, AMI told of its leg, or its answer left a
    cause; so does a phone that is not registered."""
    return event.status not in NOT_MADE or bool(offer.channel or offer.cause_code or event.cause_code)


def returned(core: Core, call: Call, offer: Offer, event: OfferReturned) -> None:
    """The Dial of an offer is over, so no leg of it is left."""
    if event.status == "ANSWER":  # AMI lags: the answer is told by its end only
        end_talk(core, call, answer(core, call, offer))
        return
    asked = was_asked(offer, event)
    offer.cause_code = offer.cause_code or event.cause_code
    fail(core, call, offer, event.status, forwarded=event.forwarded, asked=asked)


def fail(
    core: Core, call: Call, offer: Offer, status: DialStatus, *, forwarded: bool = False, asked: bool = True
) -> None:
    """An offer came to nothing, by Asterisk's own word."""
    result = result_of(status, offer.cause_code, forwarded=forwarded, asked=asked)
    if result == "caller_gone" and not call.away:  # their channel goes next; if it does not, they will attach again
        call.attached = False
    give_up_offer(core, call, offer, result)


def on_parted(core: Core, subject: tuple[Call, Offer]) -> None:
    """The earlier ring of an agent who was taken for this offer has not been seen to stop: ring them all the same."""
    call, offer = subject
    ring(core, call, offer, core.state.agents[offer.agent])


def give_up_offer(core: Core, call: Call, offer: Offer, result: OfferResult) -> None:
    """End an offer without an answer: the caller is back at their place at once, the agent is free for others. What we
    stop ourselves is no miss of theirs."""
    if core.state.stopping and result in MISSES:
        result = "lost"
    agent = close_offer(core, call, offer, result)
    move_call(call, "waiting")
    core.emit(CallReturned(at=core.at, call=call.id))
    if result in MISSES:
        queued = call.place
        queued.skipped = [*queued.skipped, offer.agent]
        if queued.preferred is not None and queued.preferred.agent == offer.agent:
            preferred_agent.drop(core, queued, "passed")
        start_retry(core, queued)
    wait(core, call, freed=agent)
    core.drop_removed(agent)


def start_retry(core: Core, queued: Queued) -> None:
    """Skipping an agent must never strand a caller: soon where nobody else is on duty for them, later else."""
    config = core.state.config
    others = core.could_take(core.need(queued), urgent=queued.priority == "urgent", without=queued.skipped)
    queued.retry_at = core.at + (config.skip_s if others else config.retry_s)
    RETRY.start(core, queued)


def end_talk(
    core: Core, call: Call, over: Talk, *, release: bool = True, by: Party = "agent", at: float | None = None
) -> None:
    """The talk is over, or was `at` a time before now: the agent goes into after-call work, the caller's channel is let
    go."""
    agent, _ = talk.end(core, call, over, core.at if at is None else at)
    call.hangup_by = call.hangup_by or ("system" if core.state.stopping else by)
    move_call(call, "leaving")
    settle(core, agent)
    if release and (call.attached or call.callback is None):  # after the next caller's offer: nobody waits for this
        core.emit(ReleaseCall(call=call.id, reason="talk_ended", language=call.language, offer=over.offer))
    core.drop_removed(agent)
