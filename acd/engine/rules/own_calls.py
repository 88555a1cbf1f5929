"""Calls by which an agent rings a citizen themselves, about a task. Such a call is for this agent alone: it is in no
queue, and where it cannot go on it is over. Nobody is rung later by surprise."""

from acd.engine.core import Core
from acd.engine.model.commands import CancelOffer
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import AnyEvent, OfferAnswered, OfferRinging
from acd.engine.model.facts import CallbackMissed, Outcome
from acd.engine.model.ids import TASK_MARK, CallId, OfferId
from acd.engine.model.state import Call, Offer, Released
from acd.engine.model.transitions import move_call


def is_own(call: Call) -> bool:
    """Whether an agent rings the citizen themselves, who has not been reached."""
    return call.callback is not None and call.callback.is_own


def give_up(core: Core, call: Call, offer: Offer) -> None:
    """End the call, whose `offer` is closed, before the citizen was reached. Once the agent has picked up, the
    citizen's telephone may have rung: then nobody says that they were not called."""
    outcome: Outcome = "callback_cancelled"
    if call.callback is not None and offer.picked_up:
        call.callback.tries += 1
        status: DialStatus = "NOANSWER" if offer.failed == "CANCEL" else offer.failed
        core.emit(CallbackMissed(at=core.at, call=call.id, tries=call.callback.tries, status=status))
        outcome = "callback_failed"
    move_call(call, "waiting")
    call.released = Released(outcome=outcome, at=core.at)
    move_call(call, "leaving")
    core.over.append(call)


def is_ring(event: AnyEvent) -> bool:
    """Whether an agent's phone rings, or is picked up, for such a call. The engine must hear of it also when the call
    is over: it stops the phone."""
    return isinstance(event, OfferRinging | OfferAnswered) and TASK_MARK in event.call


def stop_late(core: Core, call: CallId, channel: str) -> None:
    """Stop the phone of an agent that rings, or is picked up, for a call that is over: the citizen would be rung by a
    call that nobody knows. Asterisk may begin the ring after the call was given up."""
    if TASK_MARK in call and channel:
        core.emit(CancelOffer(call=call, offer=OfferId(""), channel=channel))
