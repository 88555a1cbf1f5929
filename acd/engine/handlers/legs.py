"""What is told of agents' legs: they answered, are gone, were never made, or nothing is heard of them.

AMI and AGI both report a leg's outcome; the first report wins, the second is ignored.
"""

from acd.engine.core import Core, happened_at, last_offer
from acd.engine.handlers import callbacks, offers
from acd.engine.handlers.offers import answer, end_talk, give_up_offer, of_offer
from acd.engine.handlers.transfers import agent_of_leg, hand_over, resume_talk
from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import CommandFailed, LegGone, OfferAnswered, OfferReturned
from acd.engine.model.state import Call
from acd.engine.rules.matching import paused
from acd.engine.rules.offer import cancel


def on_answered(core: Core, event: OfferAnswered) -> None:
    """An agent picked up, for an offer of ours or for a caller whom Asterisk rings them for by itself.

    A leg of an offer that we have given up meanwhile is hung up again."""
    call = core.state.calls.get(event.call)
    if call is None:
        return
    orphaned = call.orphaned and not call.rung_elsewhere
    match call.phase:
        case "flow" | "waiting" if orphaned and (agent := agent_of_leg(core, event.channel)) is not None:
            with paused(core):  # one call gives way to the other
                resume_talk(core, call, agent, event.channel, happened_at(core, event))
        case "waiting" if call.rung_elsewhere and not call.attached:
            hand_over(core, call, event.channel, happened_at(core, event, call.queued_at))
        case "offered" if of_offer(core, call.offer, event.channel):
            assert call.offer is not None
            if call.away:
                callbacks.picked_up(core, call, event.channel)
            else:
                answer(core, call, event.channel, happened_at(core, event, call.offer.made_at))
        case "talking" | "leaving":
            pass
        case _ if event.channel and call.offers:
            core.emit(CancelOffer(call=call.id, offer=last_offer(call), channel=event.channel))


def on_gone(core: Core, event: LegGone) -> None:
    """An agent's leg is gone: the talk is over. Before the answer only the cause is kept: the Dial tells the rest.

    In a callback whose agent has picked up and whose caller has not answered, that ends the offer."""
    call = core.state.calls.get(event.call)
    if call is None or call.offer is None:
        return
    match call.phase:
        case "offered" if (callback := call.to_call_back) is not None and call.offer.picked_up:
            if call.offer.channel == event.channel:
                callbacks.leg_gone(core, call, callback)
        case "offered" if of_offer(core, call.offer, event.channel):
            call.offer.cause_code = event.cause_code
        case "talking" if of_offer(core, call.offer, event.channel):
            end_talk(core, call, at=happened_at(core, event, call.talk_from))


def on_returned(core: Core, event: OfferReturned) -> None:
    """A Dial is over or, in a callback, no leg could be made to the agent's phone: the caller is called later."""
    call = core.state.calls.get(event.call)
    if call is None or call.offer is None or call.offer.id != event.offer:
        return
    callback = call.to_call_back
    if callback is not None and call.phase == "offered" and not offers.was_asked(call.offer, event):
        if event.status in offers.NOT_MADE:
            callbacks.put_off(core, call, callback, "no_leg")
    else:
        offers.returned(core, call, event)


def on_expired(core: Core, call: Call) -> None:
    """Nothing was heard of an offer for longer than it can ring, nor of a caller who is called back."""
    assert call.offer is not None
    cancel(core, call)
    callback = call.to_call_back
    if callback is not None and call.offer.picked_up:
        callbacks.missed(core, call, callback, "NOANSWER")
    else:
        give_up_offer(core, call, "no_answer")


def on_command_failed(core: Core, event: CommandFailed) -> None:
    """A command about a call could not be carried out: there is no session for it, or Asterisk refused it."""
    call = core.state.calls.get(event.call)
    if call is None:
        return
    if (callback := call.to_call_back) is not None:
        if event.command == "call_back" and call.phase == "offered" and call.offer and not call.offer.picked_up:
            callbacks.put_off(core, call, callback)
        return
    match event.command:
        case "offer_call" if call.phase == "offered":
            call.attached = False
            give_up_offer(core, call, "lost")
        case "run_flow" | "play_surge" | "hold_caller" | "announce":
            core.waiting.remove(call)
            call.attached = False
