"""Callers who are up and whom nobody holds, once Asterisk has said where they are (`rules/unheld.py`).

A channel that is gone ends its call. A caller whom the dialplan or the standby has is looked for again. A caller whom
nobody has is stranded, and brought back to their place.
"""

from acd.engine.core import Core, span
from acd.engine.handlers.ending import finish
from acd.engine.handlers.nodes import correct
from acd.engine.model.commands import BringBack
from acd.engine.model.events import CallerFound, SeenCall
from acd.engine.model.facts import CallStranded
from acd.engine.model.state import Call, Unheld
from acd.engine.rules.matching import paused


def on_found(core: Core, event: CallerFound) -> None:
    """Asterisk says where a caller is whom nobody held when it was asked."""
    call = core.state.calls.get(event.call)
    if call is None or call.node != event.node or call.unheld is None:
        return
    unheld = call.unheld
    gone_before, unheld.unseen = unheld.unseen, event.place == "gone"
    match event.place:
        case "gone" if gone_before:  # twice in a row: a list is read while channels change their names
            finish(core, call, by="unknown")
        case "talking":
            with paused(core):  # one call gives way to the other
                correct(core, call, SeenCall(call=call.id, channel=event.channel, leg=event.leg, talking=True))
        case "nowhere":
            if not unheld.stranded:
                unheld.stranded = True
                _tell_stranded(core, call, unheld)
            core.emit(BringBack(call=call.id, node=call.node, channel=event.channel))
        case _:  # the dialplan has them, or may have
            pass


def _tell_stranded(core: Core, call: Call, unheld: Unheld) -> None:
    match call.phase:
        case "flow" | "waiting" | "leaving" as phase:  # else an agent holds them
            core.emit(CallStranded(at=core.at, call=call.id, phase=phase, unheld_s=span(unheld.since, core.at)))
