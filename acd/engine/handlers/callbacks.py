"""Call back instead of waiting: a caller without a channel keeps their place in the queue, is offered like all others,
and is called once an agent has picked up.

A callback begins when a waiting caller asks for it by a key, or when an urgent caller hangs up while waiting. It is the
same call from its first moment to its end, so that it has one row, one outcome (`called_back`, `callback_failed`,
`callback_cancelled`) and its true wait: from entering the queue to the answer of the caller's phone.

There is one callback to a number at a time, and `callback_caps` says how many there are at most. It is tried so often,
with a pause between; an agent who does not pick up is no try.

No call ends a callback: numbers can be forged. A caller who calls again meanwhile and queues has the callback's place,
once, and the callback stands still until that call is over. Then they are called back all the same: that they pick up
is the only proof of who they are.
"""

from acd.engine.core import Core, happened_at, last_offer
from acd.engine.handlers.offers import answer, give_up_offer, is_leg
from acd.engine.model.commands import Announce, CancelOffer, ReleaseCall
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import CallbackCancelled, CalleeAnswered, CalleeFailed, SeenCall
from acd.engine.model.facts import (
    CallbackDialled,
    CallbackMissed,
    CallbackPaused,
    CallbackQueued,
    CallbackReason,
    CallbackRefused,
    OfferResult,
    Outcome,
    OutcomeBegan,
)
from acd.engine.model.ids import CallId
from acd.engine.model.state import Agent, Call, Callback, Left, Offer, Queued, Released, Telling
from acd.engine.model.transitions import move_call
from acd.engine.rules import announcements, callback_caps, line_faults, telling
from acd.engine.rules.matching import match_agent, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import TIMER as OFFER
from acd.engine.rules.offer import back_to_queue, cancel, close_offer
from acd.engine.timers import Timer, part_timer

TIMER: Timer[tuple[Call, Callback]] = part_timer(
    "callback", lambda call: call.callback, lambda callback: callback.until
)
"""When a caller who was kept out of the queue may be in it again."""

HOURS: Timer[tuple[Call, Callback]] = part_timer(
    "outcome",
    lambda call: call.to_call_back,
    lambda callback: callback.not_after,
)
"""The hours in which citizens are told outcomes are over."""

LEAVING_S = 15.0
"""How long a caller who asked is given to hear that they will be called back and to hang up. Until then their phone is
busy with us."""
LENT_S = 600.0
"""A callback whose place is lent is looked at this often, in case the end of the other call did not set it going."""

# --- how it begins


def ask(core: Core, call: Call) -> None:
    """A waiting caller wants to be called back. One for whom it cannot be is told so and waits on."""
    queued = call.place
    if call.id not in core.waiting:  # their agent rings already
        return
    if call.telling is not None or not possible(core, call, queued, "asked"):
        core.emit(Announce(call=call.id, prompts=("callback_impossible",), language=call.language))
        return
    core.waiting.remove(queued)
    callback = begin(core, call, queued, "asked")
    let_go(core, call)
    park(core, call, callback, core.at + LEAVING_S)


def possible(core: Core, call: Call, queued: Queued, wish: CallbackReason) -> bool:
    """Whether this caller can be called back; where not, the reason is put on record."""
    why = callback_caps.refusal(core, call, queued)
    if why is not None:
        core.emit(CallbackRefused(at=core.at, call=call.id, wish=wish, why=why))
    return why is None


def still_possible(core: Core, call: Call) -> bool:
    """Whether the rules, which have changed, let a caller be called back who is to be."""
    return core.state.config.callbacks and not callback_caps.is_denied(core.state.config, call.callable)


def begin(core: Core, call: Call, queued: Queued, reason: CallbackReason) -> Callback:
    """From now on the caller, who is in no queue at this moment, waits without a channel."""
    announcements.stop(core, queued)
    MAX_WAIT.stop(core, call)
    callback = Callback(reason=reason, asked_at=core.at)
    if call.callback is not None:  # of the same number, and so with the same limits
        callback.tries, callback.lent_to = call.callback.tries, call.callback.lent_to
        if call.callback.wish:  # a citizen who was told an outcome and sent on is a caller like all others
            forget(core, call)
    give_way(core, call.callable)
    call.callback, call.attached = callback, True
    call.orphaned, call.sent_on = False, None  # all that was of the channel they had
    core.callbacks[call.callable] = call.id
    callback_caps.count(core, call, queued)
    tell_queued(core, call, queued, callback)
    return callback


def tell_queued(core: Core, call: Call, queued: Queued, callback: Callback) -> None:
    """Put on record that the caller waits for their callback."""
    core.emit(
        CallbackQueued(
            at=core.at,
            call=call.id,
            service=queued.service,
            priority=queued.priority,
            number=call.callable,
            reason=callback.reason,
            wish=callback.wish,
        )
    )


def give_way(core: Core, digits: str) -> None:
    """A caller of this number is called back: no agent is rung to tell them an outcome at the same time. The desk tries
    again later."""
    other = core.state.calls.get(core.outcome_calls.get(digits, CallId("")))
    match other:
        case Call(phase="waiting", to_call_back=Callback() as callback):
            give_up(core, other, callback)


def let_go(core: Core, call: Call) -> None:
    """Confirm to the caller that they will be called back, and hang up."""
    core.emit(ReleaseCall(call=call.id, reason="callback", announce="callback_confirmed", language=call.language))


def lend_place(core: Core, call: Call, queued: Queued) -> Left | None:
    """The place of the callback to a caller's number, now that they have called again and queue in the same class.

    A place is lent once: otherwise a forged number could hold a callback up for ever."""
    other = _to_number(core, call.callable)
    callback = None if other is None else other.to_call_back
    if other is None or callback is None or other.phase != "waiting":
        return None
    if other.place.priority != queued.priority or callback.lent_to is not None:
        return None
    callback.lent_to = call.id
    park(core, other, callback, core.at + LENT_S)
    return Left(call=other.id, order=other.place.order, at=core.at)


def _to_number(core: Core, digits: str) -> Call | None:
    """The call whose caller is, or was, called back at this number."""
    call_id = core.callbacks.get(digits)
    return None if call_id is None else core.state.calls[call_id]


def is_lent(core: Core, callback: Callback) -> bool:
    """Whether another call of the same number has the callback's place now."""
    return callback.lent_to is not None and callback.lent_to in core.state.calls


def _borrowed(core: Core, call: Call) -> tuple[Call, Callback] | None:
    """The callback whose place a caller has."""
    other = _to_number(core, call.callable)
    callback = None if other is None else other.callback
    return (other, callback) if other is not None and callback is not None and callback.lent_to == call.id else None


def is_borrower(core: Core, call: Call) -> bool:
    """Whether a caller has the place of a callback."""
    return _borrowed(core, call) is not None


def give_back(core: Core, ended: Call, freed: Agent | None) -> None:
    """A call is over. If it had the place of a callback, its caller is called back as if they had not called again.

    `freed`: the agent whom the end of the call set free."""
    borrowed = _borrowed(core, ended)
    if borrowed is None:
        return
    other, callback = borrowed
    if other.phase != "waiting" or callback.until is None:
        return
    if callback.tries:  # not at once after a try, as after any
        park(core, other, callback, core.at + core.state.config.callback_retry_s)
    else:
        TIMER.stop(core, borrowed)
        _resume(core, other, callback, freed)


# --- how it is offered


def on_callee_answered(core: Core, event: CalleeAnswered) -> None:
    """They picked up: caller and agent talk."""
    call = core.state.calls.get(event.call)
    match call:
        case Call(telling=Telling() as told, away=True):
            told.picked_up = True
        case Call(to_call_back=Callback() as callback, offer=Offer() as offer) if is_leg(core, offer, event.channel):
            callback.channel = event.callee
            talk(core, call, callback, offer, event.channel, happened_at(core, event))


def talk(core: Core, call: Call, callback: Callback, offer: Offer, channel: str, at: float | None = None) -> None:
    """Caller and agent talk from now, or since `at`. The caller is on the line again, but with no session of ours until
    an agent sends them on."""
    call.hangup_by = None  # what was said of the first channel
    callback.reached, call.attached = True, False
    if callback.reason == "outcome":
        core.emit(OutcomeBegan(at=core.at if at is None else at, call=call.id, wish=callback.wish))
    answer(core, call, offer, channel, at)


def has_reached(core: Core, call: Call, leg: str, channel: str) -> None:
    """The agent of this leg sends a caller on by a channel that is not their first one, so the caller was reached: AMI
    is late."""
    callback, offer = call.to_call_back, call.offer
    if callback is None or offer is None or channel == call.channel:
        return
    if leg != call.rung.get(offer.agent) and is_leg(core, offer, leg):
        callback.channel = channel
        talk(core, call, callback, offer, leg)


def picked_up(core: Core, call: Call, offer: Offer, channel: str) -> None:
    """The agent has picked up, and the caller's phone rings next."""
    config = core.state.config
    if offer.picked_up:
        return
    agent = core.state.agents[offer.agent]
    offer.channel, offer.picked_up = channel, True
    line_faults.forget(agent)
    answer_s = config.callback_ring_s if offer.answer_s is None else offer.answer_s
    offer.expires_at = core.at + answer_s + config.offer_grace_s
    OFFER.start(core, (call, offer))
    core.emit(CallbackDialled(at=core.at, call=call.id, agent=offer.agent))
    core.refresh(agent)


def on_callee_failed(core: Core, event: CalleeFailed) -> None:
    """They did not. The agent is free once their channel is gone, which is next; CANCEL is an agent who gave up."""
    call = core.state.calls.get(event.call)
    match call:
        case Call(telling=Telling() as told, away=True):
            telling.not_reached(core, call, told, event.status)
        case Call(away=True, offer=Offer() as offer) if is_leg(core, offer, event.channel):
            picked_up(core, call, offer, event.channel)
            offer.failed = event.status


def leg_gone(core: Core, call: Call, callback: Callback, offer: Offer) -> None:
    """The agent's channel is gone after they had picked up. An agent who gives up has others ring the caller later; a
    citizen whom they ring themselves has not answered."""
    if offer.failed and (callback.is_own or offer.failed != "CANCEL"):
        missed(core, call, callback, offer, "NOANSWER" if offer.failed == "CANCEL" else offer.failed)
    else:
        give_up_offer(core, call, offer, "declined")


def missed(core: Core, call: Call, callback: Callback, offer: Offer, status: DialStatus) -> None:
    """The caller was not reached: another time, or not again."""
    agent = close_offer(core, call, offer, "unreached")
    back_to_queue(core, call)
    callback.tries += 1
    if callback.tries >= most_tries(core, callback):
        core.emit(CallbackMissed(at=core.at, call=call.id, tries=callback.tries, status=status))
        give_up(core, call, callback)
    else:
        again_at = core.at + core.state.config.callback_retry_s
        park(core, call, callback, again_at)
        core.emit(CallbackMissed(at=core.at, call=call.id, tries=callback.tries, status=status, again_at=again_at))
    match_agent(core, agent)
    core.drop_removed(agent)


def most_tries(core: Core, callback: Callback) -> int:
    """How often somebody is called. A next try to tell an outcome, or about a task, is another wish of the desk."""
    return 1 if callback.wish else core.state.config.callback_tries


def put_off(core: Core, call: Call, callback: Callback, offer: Offer, result: OfferResult = "lost") -> None:
    """It could not even be tried: soon again, and no try is counted. An agent who rings a citizen themselves may press
    again."""
    if callback.is_own:
        give_up_offer(core, call, offer, result)
        return
    agent = close_offer(core, call, offer, result)
    back_to_queue(core, call)
    park(core, call, callback, core.at + core.state.config.retry_s)
    match_agent(core, agent)
    core.drop_removed(agent)


def park(core: Core, call: Call, callback: Callback, until: float) -> None:
    """Keep the caller out of the queue for a while; their place stays."""
    core.leave_queue(call)
    call.attached, callback.until = False, until
    lent_to = callback.lent_to if is_lent(core, callback) else None
    core.emit(CallbackPaused(at=core.at, call=call.id, until=until, lent_to=lent_to))
    TIMER.start(core, (call, callback))


def on_due(core: Core, subject: tuple[Call, Callback]) -> None:
    """A caller who was kept out of the queue may be in it again."""
    call, callback = subject
    if is_lent(core, callback):
        park(core, call, callback, core.at + LENT_S)
    else:
        _resume(core, call, callback)


def hung_up(core: Core, call: Call, callback: Callback) -> None:
    """The channel of one who is to be called back is gone: they can be."""
    if callback.until is not None and not callback.tries and not is_lent(core, callback):
        TIMER.stop(core, (call, callback))
        _resume(core, call, callback)


def _resume(core: Core, call: Call, callback: Callback, freed: Agent | None = None) -> None:
    callback.until = None
    core.emit(CallbackPaused(at=core.at, call=call.id))
    if call.phase == "waiting":
        call.attached = True
        wait(core, call, freed=freed)


# --- how it ends


def give_up(core: Core, call: Call, callback: Callback) -> None:
    """Nobody is called back any more. For an urgent caller who had hung up, that is how the call has ended."""
    core.leave_queue(call)
    abandoned, failed = callback.reason == "abandoned", callback.tries >= most_tries(core, callback)
    outcome: Outcome = "abandoned" if abandoned else "callback_failed" if failed else "callback_cancelled"
    call.released = Released(outcome=outcome, at=core.at)
    call.hangup_by = "caller" if abandoned else "system"
    move_call(call, "leaving")
    core.over.append(call)


def on_cancelled(core: Core, event: CallbackCancelled) -> None:
    """Somebody says that this caller need not be called back. One who is talked to already is left alone."""
    call = core.state.calls.get(event.call)
    callback = None if call is None else call.to_call_back
    if call is None or callback is None:
        return
    if call.telling is not None:
        telling.give_up(core, call, call.telling, None, "callback_cancelled")
    elif (offer := call.offer) is not None:
        cancel(core, call, offer)
        if callback.is_own and offer.picked_up:  # their telephone rings
            missed(core, call, callback, offer, "NOANSWER")
        else:
            withdraw(core, call, callback, offer)
    elif call.phase == "waiting":
        give_up(core, call, callback)


def withdraw(core: Core, call: Call, callback: Callback, offer: Offer) -> None:
    """Nobody is called back any more, and the agent who rings for them, or hears them rung, takes others."""
    agent = close_offer(core, call, offer, "recalled")
    move_call(call, "waiting")
    give_up(core, call, callback)
    match_agent(core, agent)
    core.drop_removed(agent)


def forget(core: Core, call: Call) -> None:
    """The call is over."""
    for called in (core.callbacks, core.outcome_calls):
        if called.get(call.callable) == call.id:
            del called[call.callable]
    if call.callback is not None and call.callback.until is not None:
        TIMER.stop(core, (call, call.callback))
    if call.callback is not None and call.callback.not_after is not None:
        HOURS.stop(core, (call, call.callback))
    if call.telling is not None and call.telling.until is not None:
        telling.TIMER.stop(core, (call, call.telling))


# --- after a restart


def correct(core: Core, call: Call, callback: Callback, seen: SeenCall | None) -> None:
    """Bring one who has not been reached in line with what is seen of the two channels."""
    if call.telling is not None:
        if seen is None:
            telling.give_up(core, call, call.telling, "failed")
    elif (offer := call.offer) is not None and not offer.after:
        if seen is None and callback.wish and offer.picked_up:  # perhaps they were told: a person finds out
            missed(core, call, callback, offer, "")
        elif seen is None:
            give_up_offer(core, call, offer, "lost")
        elif seen.talking:
            callback.channel = seen.channel
            talk(core, call, callback, offer, seen.leg)
    elif call.phase == "waiting" and seen is not None:
        core.emit(CancelOffer(call=call.id, offer=last_offer(call), channel=seen.leg))
