"""What becomes of an offer: it rings, is answered or comes to nothing; and the talk that follows an answer.

Word of one leg reaches us on two ways, AMI and AGI, in no fixed order: whichever comes first counts and the other
finds nothing left to do. Channels are told apart by name, since a late word about an earlier offer must not end
the present one.
"""

from acd.engine.core import Core, span
from acd.engine.model.commands import ReleaseCall
from acd.engine.model.events import (
    DialStatus,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    Party,
)
from acd.engine.model.facts import CallAnswered, CallReturned, CallTakenOver, OfferResult
from acd.engine.model.state import Agent, Call, Offer
from acd.engine.model.transitions import move_call
from acd.engine.rules import announcements, averages, preferred_agent, relaxation, talk
from acd.engine.rules.matching import match_agent, settle, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import MISSES, TIMER, close_offer, ring, tell_end
from acd.engine.rules.repeat_callers import LATER
from acd.engine.timers import call_timer

RETRY = call_timer("retry", lambda _, call: call.retry_at)
"""When agents who let a caller pass may be offered to them anew."""

BUSY, REJECTED, REDIRECTED = 17, 21, 23
"""Q.850 causes of a SIP 486, a SIP 603 and a SIP 3xx."""


NOT_MADE: frozenset[DialStatus] = frozenset({"CHANUNAVAIL", "CONGESTION"})
"""What a Dial says whose leg Asterisk could not make; a phone's own answer may be told so too."""


def result_of(status: DialStatus, cause_code: int, *, forwarded: bool = False, asked: bool = True) -> OfferResult:
    """Return what a Dial that was not answered came to. `asked`: the phone was, as far as can be told."""
    if forwarded or cause_code == REDIRECTED:  # before CANCEL, which app_dial reports of a forward too
        return "forwarded"
    if status == "CANCEL":
        return "caller_gone"
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
    if call is not None and call.phase == "offered" and of_offer(core, call.offer, event.channel):
        assert call.offer is not None
        call.offer.channel = event.channel
        agent = core.state.agents[call.offer.agent]
        core.refresh(agent)  # a phone that is known to ring is one that can be taken from its caller
        match_agent(core, agent)


def of_offer(core: Core, offer: Offer | None, channel: str) -> bool:
    """Whether a channel is the leg of this offer, as far as can be told by its name."""
    if offer is None or not channel:
        return False
    if offer.channel:
        return offer.channel == channel
    return channel.startswith(core.state.agents[offer.agent].profile.endpoint + "-")


def answer(core: Core, call: Call, channel: str = "", answered_at: float | None = None) -> None:
    """Caller and agent talk, from now or since `answered_at`. Of a caller who had been answered before, the first
    answer counts."""
    at = core.at if answered_at is None else answered_at
    offer = call.offer
    assert offer is not None
    assert call.service is not None
    assert call.priority is not None
    assert call.queued_at is not None
    agent = core.state.agents[offer.agent]
    offer.channel = channel or offer.channel
    talk.begin(call, agent, "answered" if call.answered_at is None else "blind", at)
    TIMER.stop(core, call)
    MAX_WAIT.stop(core, call)
    relaxation.stop(core, call)
    announcements.stop(core, call)
    preferred_agent.stop(core, call)
    tell_end(core, call, offer, "answered")
    if call.answered_at is not None:
        take_over(core, call, agent)
        return
    call.agent, call.answered_at, call.ring_s = offer.agent, at, span(offer.made_at, at)
    wait_s = span(call.queued_at, at)
    if call.callback is None:
        averages.answered(core, call.priority, wait_s, call.ring_s)
    core.emit(
        CallAnswered(
            at=at,
            call=call.id,
            offer=offer.id,
            agent=offer.agent,
            service=call.service,
            priority=call.priority,
            wait_s=wait_s,
            answer_delay_s=span(call.arrived_at, at),
            ring_s=call.ring_s,
            ewt_s=call.ewt_s,
            callback=None if call.callback is None else call.callback.reason,
            order=call.order % LATER,
        )
    )
    core.refresh(agent)


def take_over(core: Core, call: Call, agent: Agent) -> None:
    """Tell that another agent talks to a caller who has been answered before."""
    assert call.offer is not None
    assert call.service is not None
    assert call.priority is not None
    core.emit(
        CallTakenOver(
            at=core.at,
            call=call.id,
            offer=call.offer.id,
            agent=agent.profile.id,
            service=call.service,
            priority=call.priority,
            how=call.talk_how,
        )
    )
    core.refresh(agent)


def on_failed(core: Core, event: OfferFailed) -> None:
    """Asterisk says that the leg did not answer."""
    call = core.state.calls.get(event.call)
    if call is None or call.phase != "offered" or call.offer is None or call.offer.picked_up:
        return
    if event.channel and not of_offer(core, call.offer, event.channel):
        return
    fail(core, call, event.status, forwarded=event.forwarded)


def was_asked(offer: Offer, event: OfferReturned) -> bool:
    """Whether the agent's phone was asked, as far as can be told. If so, AMI told of its leg, or its answer left a
    cause; so does a phone that is not registered."""
    return event.status not in NOT_MADE or bool(offer.channel or offer.cause_code or event.cause_code)


def returned(core: Core, call: Call, event: OfferReturned) -> None:
    """The caller's Dial is over, so no leg of their present offer is left."""
    assert call.offer is not None
    if call.away and (call.phase != "offered" or call.offer.picked_up or event.status == "ANSWER"):
        return  # AMI alone tells of those
    if call.phase == "offered" and event.status == "ANSWER":  # AMI lags: the answer is told by its end only
        answer(core, call)
    if call.phase == "talking":
        end_talk(core, call, by="caller" if event.status == "CANCEL" else "agent")
    elif call.phase == "offered":
        asked = was_asked(call.offer, event)
        call.offer.cause_code = call.offer.cause_code or event.cause_code
        fail(core, call, event.status, forwarded=event.forwarded, asked=asked)


def fail(core: Core, call: Call, status: DialStatus, *, forwarded: bool = False, asked: bool = True) -> None:
    """An offer came to nothing, by Asterisk's own word."""
    assert call.offer is not None
    result = result_of(status, call.offer.cause_code, forwarded=forwarded, asked=asked)
    if result == "caller_gone" and not call.away:  # their channel goes next; if it does not, they will attach again
        call.attached = False
    give_up_offer(core, call, result)


def on_parted(core: Core, call: Call) -> None:
    """The earlier ring of an agent who was taken for this offer has not been seen to stop: ring them all the same."""
    assert call.offer is not None
    ring(core, call, core.state.agents[call.offer.agent])


def give_up_offer(core: Core, call: Call, result: OfferResult) -> None:
    """End an offer without an answer: the caller is back at their place at once, the agent is free for others. What we
    stop ourselves is no miss of theirs."""
    if core.state.stopping and result in MISSES:
        result = "lost"
    agent = close_offer(core, call, result)
    move_call(call, "waiting")
    core.emit(CallReturned(at=core.at, call=call.id))
    if result in MISSES:
        call.skipped = [*call.skipped, agent.profile.id]
        if call.preferred == agent.profile.id:
            preferred_agent.drop(core, call, "passed")
        start_retry(core, call)
    wait(core, call, freed=agent)
    core.drop_removed(agent)


def start_retry(core: Core, call: Call) -> None:
    """Skipping an agent must never strand a caller: soon where nobody else is on duty for them, later else."""
    config = core.state.config
    others = core.could_take(core.need(call), urgent=call.priority == "urgent", without=call.skipped)
    call.retry_at = core.at + (config.skip_s if others else config.retry_s)
    RETRY.start(core, call)


def end_talk(core: Core, call: Call, *, release: bool = True, by: Party = "agent", at: float | None = None) -> None:
    """The talk is over, or was `at` a time before now: the agent goes into after-call work, the caller's channel is let
    go."""
    assert call.offer is not None
    over_at = core.at if at is None else at
    offer, agent = call.offer.id, talk.end(core, call, over_at)
    call.talk_ended_at, call.hangup_by = over_at, call.hangup_by or ("system" if core.state.stopping else by)
    move_call(call, "leaving")
    settle(core, agent)
    if release and (call.attached or call.callback is None):  # after the next caller's offer: nobody waits for this
        core.emit(ReleaseCall(call=call.id, reason="talk_ended", language=call.language, offer=offer))
    core.drop_removed(agent)
