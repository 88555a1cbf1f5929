"""A caller's channel arrives: new, back after a restart, transferred by an agent, or of a caller who waits for a
callback."""

from acd.engine.core import Core
from acd.engine.handlers import (
    automatic_calls,
    callbacks,
    empty_chair,
    handovers,
    late_answers,
    messages,
    offers,
    page_reload,
    transfers,
)
from acd.engine.handlers.calls import believed, choose
from acd.engine.handlers.ending import regrouped
from acd.engine.handlers.offers import end_talk, give_up_offer
from acd.engine.model.commands import ReleaseCall, RunFlow
from acd.engine.model.events import CallAttached
from acd.engine.model.facts import CallRejoined
from acd.engine.model.phone_numbers import known
from acd.engine.model.state import Call, Callback, Kept, Telling
from acd.engine.rules import emergency_places, ended_calls, kind_menu, surge
from acd.engine.rules.entry_facts import take_on
from acd.engine.rules.matching import wait
from acd.engine.rules.max_wait import MAX_WAIT


def on_attached(core: Core, event: CallAttached) -> None:
    """Take the caller on, or continue from where they were."""
    call, freed = core.state.calls.get(event.call), None
    if call is not None and event.transfer_leg:
        empty_chair.is_there(core, call, event.transfer_leg)
        offers.has_answered(core, call, event.transfer_leg)
        callbacks.has_reached(core, call, event.transfer_leg, event.channel)
    if call is not None and event.transfer_leg and (part := transfers.part_of(call, event.transfer_leg)) is not None:
        freed = transfers.leave(core, call, part, event.transfer_to)
    match call:
        # Not begun again: the channel hung up while its connection waited to be accepted.
        case None if ended_calls.has_ended(core, event.call):
            core.emit(ReleaseCall(call=event.call, reason="not_ours"))
        case None:
            _run_flow(core, _enter(core, event))
        case Call(phase="outside"):
            handovers.arrive(core, call, event.channel, event.outside)
            transfers.free(core, freed)
        case Call(phase="waiting", attached=False, away=False) if event.transfer_leg:
            transfers.arrive(core, call, event.channel, freed)
        case Call(telling=Telling() as told, callback=Callback() as callback, phase="flow"):
            automatic_calls.arrive(core, call, callback, told, event.channel)
        case Call(phase="kept", kept=Kept() as kept):
            page_reload.arrive(core, call, kept, event.channel)
        case Call(away=True):
            callbacks.let_go(core, call)
        case _:
            _rejoin(core, call, event.channel)


def _rejoin(core: Core, call: Call, channel: str) -> None:
    """Continue with a caller whose session broke."""
    was_attached, call.attached, call.orphaned, call.channel = call.attached, True, False, channel
    core.emit(CallRejoined(at=core.at, call=call.id))
    late_answers.believe(core, call)
    kind_menu.begin_anew(core, call)
    match call.phase:
        case "flow" if (
            call.heard is not None and (choice := surge.chosen(call.heard)) is not None
        ):  # the message was interrupted
            choose(core, call, choice)
        case "flow":
            _run_flow(core, call)
        case "message" if call.message is not None:
            messages.arrive(core, call, call.message)
        case "waiting":
            queued = call.place
            if was_attached:
                core.waiting.remove(queued)
            MAX_WAIT.start(core, call)
            wait(core, call)
            regrouped(core, call.id)
        case "offered" if call.offer is not None:
            give_up_offer(core, call, call.offer, "lost")
        case "talking" if call.talk is not None:  # the dialplan comes back only when the Dial is over
            end_talk(core, call, call.talk, release=False)
            core.emit(ReleaseCall(call=call.id, reason="talk_ended", language=call.language))
        case "leaving":
            core.emit(ReleaseCall(call=call.id, reason="talk_ended", language=call.language))


def _run_flow(core: Core, call: Call) -> None:
    """Lead the caller through the flow, from the step that they had reached."""
    flow = core.state.config.flow
    noticed = call.noticed_at is not None
    core.emit(RunFlow(call=call.id, flow=flow, step=call.step, language=call.language, full=call.full, noticed=noticed))


def _enter(core: Core, event: CallAttached) -> Call:
    """Take a new call on."""
    call = Call(
        id=event.call,
        node=event.node,
        channel=event.channel,
        number=known(event.number),
        name=event.name,
        dialled=event.dialled,
        arrived_at=believed(core, event.arrived_at),
        callable=event.callable,
        full=emergency_places.is_full(core, coming=1),
    )
    return take_on(core, call)
