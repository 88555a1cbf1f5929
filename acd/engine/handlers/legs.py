"""Events about agents' legs: they answered, are gone, could not be created, or are not heard of.

AMI and AGI both report a leg's outcome; the first report wins, the second is ignored. But if AGI reports an answer, or
cannot tell whether there was one, AMI is waited for (`late_answers`).
"""

from acd.engine.core import Core, happened_at, last_offer
from acd.engine.handlers import callbacks, empty_chair, handovers, late_answers, offers
from acd.engine.handlers.offers import end_talk, give_up_offer, is_leg
from acd.engine.handlers.transfers import agent_of_leg, hand_over, resume_talk
from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import CommandFailed, LegGone, OfferAnswered, OfferReturned
from acd.engine.model.state import Call, Callback, Offer, Talk
from acd.engine.rules import own_calls, page_reload, telling
from acd.engine.rules.matching import paused
from acd.engine.rules.offer import TIMER, cancel

AWAY_AGAIN_S = 5.0
"""While no events arrive, an offer that rings too long is looked at again after so many seconds."""


def on_answered(core: Core, event: OfferAnswered) -> None:
    """An agent answered, for an offer of ours or for a caller for whom Asterisk itself rings them.

    If we have given up the offer meanwhile, the leg is hung up again."""
    call = core.state.calls.get(event.call)
    if call is None:
        own_calls.stop_late(core, event.call, event.channel)
    if call is None or page_reload.is_dead(call, event.channel):
        return
    orphaned = call.orphaned and not call.rung_elsewhere
    match call.phase:
        case "waiting" if event.channel and event.channel == call.empty_chair:
            pass
        case "flow" | "waiting" if orphaned and (agent := agent_of_leg(core, event.channel)) is not None:
            with paused(core):  # one call gives way to the other
                resume_talk(core, call, agent, event.channel, happened_at(core, event))
        case "waiting" if call.rung_elsewhere and not call.attached:
            hand_over(core, call, None, event.channel, happened_at(core, event, call.place.at))
        case "offered" if (
            (offer := call.offer) is not None
            and is_leg(core, offer, event.channel)
            and not offers.is_earlier(core, call, offer, event)
        ):
            if call.away:
                callbacks.picked_up(core, call, offer, event.channel)
            elif not offer.picked_up:
                at = happened_at(core, event, offer.made_at)
                listens = event.listens and offer.returned != "ANSWER"
                empty_chair.picked_up(core, call, offer, event.channel, at, listens=listens)
        case "talking" | "leaving":
            pass
        case _ if event.channel and call.offers:
            core.emit(CancelOffer(call=call.id, offer=last_offer(call), channel=event.channel))


def on_gone(core: Core, event: LegGone) -> None:
    """An agent's leg is gone: the talk is over. Before the answer only the cause is kept; the Dial reports the rest.

    In a callback whose agent has answered and whose caller has not, this ends the offer."""
    call = core.state.calls.get(event.call)
    talk = None if call is None else call.talk
    # First, and no pattern, which takes ten times as long: this event decides who is served next.
    if call is not None and talk is not None and is_leg(core, talk, event.channel):
        end_talk(core, call, talk, at=happened_at(core, event, talk.began_at))
        return
    match call:
        case Call() if page_reload.is_dead(call, event.channel):
            pass
        case Call(offer=Offer(picked_up=True) as offer, to_call_back=Callback() as callback):
            if offer.channel == event.channel:
                callbacks.leg_gone(core, call, callback, offer)
        case Call(offer=Offer(picked_up=True) as offer) if is_leg(core, offer, event.channel):
            empty_chair.leg_gone(core, call, offer)
        case Call(offer=Offer() as offer) if is_leg(core, offer, event.channel) and not offers.is_earlier(
            core, call, offer, event
        ):
            offer.cause_code = event.cause_code


def on_returned(core: Core, event: OfferReturned) -> None:
    """A Dial is over or, in a callback, no leg could be created to the agent's phone: the caller is called later."""
    call = core.state.calls.get(event.call)
    match call:
        case Call(talk=Talk() as talk) if talk.offer == event.offer:
            end_talk(core, call, talk, by="caller" if event.status == "CANCEL" else "agent")
        case Call(offer=Offer() as offer, to_call_back=callback) if offer.id == event.offer:
            if offer.returned_at is not None:
                return
            if late_answers.is_awaited(core, call, offer, event):
                late_answers.keep(core, call, offer, event)
            elif empty_chair.is_unheard(core, call, offer, event.status):
                empty_chair.returned(core, call, offer, event.status)
            elif callback is None:
                offers.returned(core, call, offer, event.status, event.cause_code, forwarded=event.forwarded)
            elif not offers.was_asked(offer, event.status, event.cause_code):
                callbacks.put_off(core, call, callback, offer, "no_leg")
            elif not offer.picked_up and event.status != "ANSWER":  # only AMI reports those
                offers.returned(core, call, offer, event.status, event.cause_code, forwarded=event.forwarded)


def on_expired(core: Core, subject: tuple[Call, Offer]) -> None:
    """No event came about an offer, or about a caller who is called back, for longer than a phone can ring.

    While the connection to Asterisk is away, its silence says nothing: the agent may have answered."""
    call, offer = subject
    if offer.returned_at is not None:
        late_answers.settle(core, call, offer)
        return
    is_ours = any(profile.node == call.node for profile in core.state.config.agents)
    if is_ours and not core.is_connected(call.node):
        offer.expires_at = core.at + AWAY_AGAIN_S
        TIMER.start(core, (call, offer))
        return
    if late_answers.goes_on(core, call, offer):
        late_answers.look_later(core, call, offer)
        return
    cancel(core, call, offer)
    callback = call.to_call_back
    if callback is not None and offer.picked_up:
        callbacks.missed(core, call, callback, offer, "NOANSWER")
    else:
        give_up_offer(core, call, offer, "no_answer")


def on_command_failed(core: Core, event: CommandFailed) -> None:
    """A command about a call could not be carried out: there is no session for it, or Asterisk refused it."""
    call = core.state.calls.get(event.call)
    if call is None:
        return
    offer = call.offer
    if call.telling is not None and call.away:
        if event.command == "ring_citizen":
            telling.give_up(core, call, call.telling, "failed")
        return
    if (callback := call.to_call_back) is not None:
        if event.command == "call_back" and offer is not None and not offer.picked_up:
            callbacks.put_off(core, call, callback, offer)
        return
    match event.command:
        case "hand_over":
            handovers.not_made(core, call)
        case "offer_call" if offer is not None:
            call.attached = False
            give_up_offer(core, call, offer, "lost")
        case "run_flow" | "play_surge" | "hold_caller" | "announce" | "tell_outcome" | "take_message":
            core.leave_queue(call)
            call.attached = False
