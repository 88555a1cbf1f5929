"""Callers on the line without session and agent, after Asterisk has said where they are (`rules/unheld.py`).

If the channel is gone, the call ends. If the dialplan or the standby has the caller, the line looks again later.
Otherwise the caller is stranded, and is brought back to their place.
"""

from acd.engine.core import Core, span
from acd.engine.handlers import handovers, late_answers
from acd.engine.handlers.ending import finish
from acd.engine.handlers.nodes import correct
from acd.engine.model.commands import BringBack
from acd.engine.model.events import CallerFound, SeenCall
from acd.engine.model.facts import CallStranded
from acd.engine.model.state import Call, Unheld
from acd.engine.rules.matching import paused


def on_found(core: Core, event: CallerFound) -> None:
    """Asterisk's answer where a caller without session and agent is."""
    call = core.state.calls.get(event.call)
    if call is None or call.node != event.node:
        return
    if call.phase == "outside" and call.handover is not None:
        handovers.found(core, call, call.handover, event.place, event.channel)
        return
    if call.offer is not None and call.offer.sought:
        late_answers.on_found(core, call, call.offer, event)
    if call.unheld is None:
        return
    unheld = call.unheld
    gone_before, unheld.unseen = unheld.unseen, event.place == "gone"
    match event.place:
        case "gone" if gone_before:  # only after two answers in a row: channels change their names while a list is read
            finish(core, call, by="unknown")
        case "talking":
            with paused(core):  # one call gives way to the other
                correct(core, call, SeenCall(call=call.id, channel=event.channel, leg=event.leg, talking=True))
        case "nowhere":
            if not unheld.stranded:
                unheld.stranded = True
                _tell_stranded(core, call, unheld)
            core.emit(BringBack(call=call.id, node=call.node, channel=event.channel))
        case _:  # the dialplan has the caller, or may have
            pass


def _tell_stranded(core: Core, call: Call, unheld: Unheld) -> None:
    match call.phase:
        case "flow" | "waiting" | "kept" | "message" | "leaving" as phase:  # otherwise an agent has them
            core.emit(CallStranded(at=core.at, call=call.id, phase=phase, unheld_s=span(unheld.since, core.at)))
