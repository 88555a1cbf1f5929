"""Begins and ends offers: reserves an agent for a caller and frees them. `matching` makes the choice.

What becomes of a caller whose agent does not answer is in `handlers.offers` (`give_up_offer`).
"""

from acd.engine.core import Core, next_offer, span
from acd.engine.model.commands import CallBack, CancelOffer, OfferCall
from acd.engine.model.facts import CallReturned, OfferEnded, OfferMade, OfferResult
from acd.engine.model.state import Agent, Call, Offer, Queued
from acd.engine.model.talk_facts import Choice
from acd.engine.model.transitions import move_agent, move_call
from acd.engine.rules import (
    averages,
    choice,
    empty_chair,
    kind_menu,
    line_faults,
    own_calls,
    page_reload,
    recording,
    repeat_callers,
    talk,
    urgent_ring,
    wrapup,
)
from acd.engine.timers import offer_timer

MISSES: frozenset[OfferResult] = frozenset({"no_answer", "busy", "declined", "forwarded", "unreachable"})
"""Results that count against the agent and make this call skip them."""

PENDING_CANCEL_S = 0.5
"""Seconds for the ring of an agent's earlier call to stop, before their phone rings for the new one."""

TIMER = offer_timer("offer", lambda offer: offer.expires_at if offer.speaks_by is None else None)
"""No event came about an offer for longer than it can ring."""
PENDING_CANCEL = offer_timer("pending_cancel", lambda offer: offer.made_at + PENDING_CANCEL_S if offer.after else None)
"""No event says that the earlier ring of this offer's agent has stopped."""


def make_offer(
    core: Core, queued: Queued, agent: Agent, why: Choice, after: str = "", *, reconnects: bool = False
) -> None:
    """Reserve the agent for the caller and ring them: at once, or when their channel `after` is gone. The reservation
    comes before any command. The fact says `why` this agent was chosen. `reconnects`: the caller was kept for them,
    and their page answers by itself."""
    call, agent_id, config = core.state.calls[queued.call], agent.profile.id, core.state.config
    core.waiting.remove(queued)
    queued.lined_up = ""  # the fact of the offer says so
    move_call(call, "offered")
    if agent.wrapup is not None:
        wrapup.interrupt(core, agent, agent.wrapup)
        core.count_staffing(agent)
    offer_id = next_offer(call)
    ring_s = urgent_ring.ring_s(core, queued, agent)
    offer = call.offer = Offer(
        id=offer_id,
        agent=agent_id,
        made_at=core.at,
        expires_at=core.at + ring_s + config.offer_grace_s,
        ring_s=ring_s,
        auto_answer=reconnects or empty_chair.answers_itself(core, call, queued, agent),
        reconnects=reconnects,
        for_agent=why.chosen in choice.FOR_AGENT,
        recording=config.recording,
    )
    empty_chair.begin(core, offer)
    move_agent(agent, "reserved")
    agent.call = call.id
    if after:
        offer.after = after
        PENDING_CANCEL.start(core, (call, offer))
    else:
        ring(core, call, queued, offer, agent)
    core.emit(
        OfferMade(
            at=core.at,
            call=call.id,
            offer=offer_id,
            agent=agent_id,
            service=queued.service,
            priority=queued.priority,
            waited_s=span(queued.at, core.at),
            rings_s=ring_s if ring_s != config.ring_s else None,
            auto_answer=offer.auto_answer,
            why=why,
            order=queued.order,
        )
    )
    TIMER.start_at(core, (call, offer), offer.expires_at)  # as `start` would find it
    core.reserve(agent)


def ring(core: Core, call: Call, queued: Queued, offer: Offer, agent: Agent) -> None:
    """Ring the agent of a call's offer now."""
    if offer.after:
        offer.after = ""
    callback, urgent_calls = call.callback, 0
    if queued.urgent_calls:
        urgent_calls = repeat_callers.known(core, call, queued)
    if callback is not None and not callback.reached:
        offer.answer_s = core.state.config.callback_ring_s
        core.emit(
            CallBack(
                call=call.id,
                offer=offer.id,
                agent=offer.agent,
                endpoint=agent.profile.endpoint,
                ring_s=offer.ring_s,
                answer_s=offer.answer_s,
                service=queued.service,
                priority=queued.priority,
                number=call.callable,
                urgent_calls=urgent_calls,
            )
        )
        return
    if call.noticed_at is not None:  # without the notice nothing is recorded
        recording.begin(core, call)
    music, keys, untold = "", "", False
    if queued.kinds is not None:
        keys = kind_menu.keys(core, call)
        if queued.kinds.is_open:  # as `queued.untold`
            music, untold = queued.kinds.music, True
    core.emit(
        OfferCall(
            call=call.id,
            offer=offer.id,
            agent=offer.agent,
            endpoint=agent.profile.endpoint,
            ring_s=offer.ring_s,
            service=queued.service,
            priority=queued.priority,
            number=call.number,
            urgent_calls=urgent_calls,
            music=music,
            keys=keys,
            untold=untold,
            auto_answer=offer.auto_answer,
        )
    )


def cancel(core: Core, call: Call, offer: Offer) -> None:
    """Stop the agent's phone. If Asterisk has not reported that it rings, the caller's session is not to ring it; where
    the session has just done so, the phone is stopped as soon as it is reported to ring (`on_ringing`)."""
    if offer.channel or (call.attached and not call.away):
        core.emit(CancelOffer(call=call.id, offer=offer.id, channel=offer.channel))


def close_offer(core: Core, call: Call, offer: Offer, result: OfferResult, *, rings_on: bool = False) -> Agent:
    """End an offer without an answer and free the agent; a recalled agent goes back to their after-call work. The
    caller of this function must then requeue the call and settle the agent. `rings_on`: the agent's phone still rings,
    and they get no offer before it has stopped."""
    agent = core.state.agents[offer.agent]
    own = own_calls.is_own(call)
    if result == "no_answer" and not own and span(offer.made_at, core.at) >= offer.ring_s:
        # A phone that says so at once, as some do when they refuse, teaches nothing. A short ring (`urgent_ring`) shows
        # only that the agent takes longer: nobody becomes quick by it.
        averages.rang(agent, max(offer.ring_s, averages.pick_up_s(core, agent)))
    if not call.attached:
        core.parted.append(call)
    TIMER.stop(core, (call, offer))
    if offer.after:
        PENDING_CANCEL.stop(core, (call, offer))
    empty_chair.stop(core, call, offer)
    call.offer = None
    call.rung[agent.profile.id] = offer.channel
    tell_end(core, call, offer, result)
    if offer.channel in agent.channels and not rings_on:
        agent.channels.remove(offer.channel)
    if (kept := call.kept) is not None:
        page_reload.over(core, call, "caller_gone" if result == "caller_gone" else "missed")
        talk.after_work(core, call, agent, kept.talk_s, last=result == "caller_gone")
    elif agent.owed:
        wrapup.resume(core, agent)
    else:
        move_agent(agent, "idle")
        agent.call = None
    if result in MISSES and not own:  # in a call of the agent's own nobody has missed a caller
        agent.misses += 1
        if agent.misses >= core.state.config.max_misses and agent.login == "ready":
            line_faults.set_aside(core, agent, result)
    elif result == "empty_chair":
        if agent.login == "ready":
            line_faults.set_aside(core, agent, result)
    elif result == "no_leg":
        line_faults.no_leg(core, agent)
    elif result == "engaged":
        line_faults.rest(core, agent)
    if agent.asks and not agent.is_asked:  # set aside in after-call work, which ends as that of all who pause
        wrapup.TIMER.start(core, agent)
    core.refresh(agent)
    return agent


def back_to_queue(core: Core, call: Call) -> None:
    """Let the caller wait again, at the place they had. The caller of this function must then have them matched
    (`matching.wait`), or keep them out of the queue."""
    move_call(call, "waiting")
    core.emit(CallReturned(at=core.at, call=call.id))


def tell_end(core: Core, call: Call, offer: Offer, result: OfferResult, rang_until: float | None = None) -> None:
    """Emit the end of an offer. The phone rang until now, or until `rang_until`."""
    queued = call.place
    core.emit(
        OfferEnded(
            at=core.at,
            call=call.id,
            offer=offer.id,
            agent=offer.agent,
            service=queued.service,
            priority=queued.priority,
            result=result,
            ring_s=span(offer.made_at, core.at if rang_until is None else rang_until),
        )
    )
