"""Callers who are up and whom nobody holds: no session, no offer, no talk, and not to be called back.

The dialplan brings most of them back within a quarter of a second, and hangs up on others. Whoever is still held by
nobody after `LOOK_S` is looked for in Asterisk, whatever the cause: a channel that is gone ends its call, a caller whom
the dialplan or the standby has is looked for again, and a caller whom nobody has is stranded and brought back to their
place.
"""

from acd.engine.core import Core, span
from acd.engine.handlers import nodes
from acd.engine.handlers.ending import finish
from acd.engine.model.commands import BringBack, FindCaller
from acd.engine.model.events import CallerFound, EngineStarted, NodeLost, NodeReconciled, SeenCall
from acd.engine.model.facts import CallStranded
from acd.engine.model.ids import CallId
from acd.engine.model.state import Call
from acd.engine.rules.matching import match_all

LOOK_S = 1.5
"""How long nobody may hold a caller before they are looked for. With the look itself that stays below two seconds; a
dialplan that is at work brings its callers back after 0.25 s, or after 1 s when no engine answered for long."""


def is_held(call: Call) -> bool:
    """Whether somebody has the caller: a session of ours, an agent who rings or talks, or their own telephone."""
    return call.attached or call.away or call.phase in ("offered", "talking")


def watch(core: Core, call: Call) -> None:
    """Begin or end the watch over a caller. To be called after each event that concerns them."""
    if is_held(call):
        if call.unheld_since is not None:
            stop(core, call)
    elif call.unheld_since is None:
        call.unheld_since = core.at
        _look_later(core, call)


def on_started(core: Core, event: EngineStarted) -> None:
    """Every session is gone, and so are the old process's timers: watch over all callers until they are back."""
    nodes.on_started(core, event)
    for call in nodes.in_order(core):
        call.unheld_since = None
        watch(core, call)


def on_reconciled(core: Core, event: NodeReconciled) -> None:
    """A node's word may part any caller from an agent, or find them with one."""
    nodes.on_reconciled(core, event)
    for call in nodes.in_order(core):
        watch(core, call)


def on_lost(core: Core, event: NodeLost) -> None:
    """Whose call ends by it may be one who is to be called back, and is held by their telephone then."""
    nodes.on_lost(core, event)
    for call in nodes.in_order(core):
        watch(core, call)


def stop(core: Core, call: Call) -> None:
    """Somebody has the caller again, or the call is over."""
    if call.unheld_since is not None:
        call.unheld_since, call.look_at, call.unseen, call.stranded = None, None, False, False
        core.cancel_timer("stranded", call.id)


def on_due(core: Core, call_id: CallId) -> None:
    """Nobody has held a caller for a while: ask Asterisk where they are."""
    call = core.state.calls.get(call_id)
    if call is None or call.look_at is None or core.at < call.look_at:
        return
    core.emit(FindCaller(call=call.id, node=call.node))
    _look_later(core, call)


def on_found(core: Core, event: CallerFound) -> None:
    """Asterisk says where a caller is whom nobody held when it was asked."""
    call = core.state.calls.get(event.call)
    if call is None or call.node != event.node or call.unheld_since is None:
        return
    gone_before, call.unseen = call.unseen, event.place == "gone"
    match event.place:
        case "gone" if gone_before:  # twice in a row: a list is read while channels change their names
            finish(core, call, by="unknown")
        case "talking":
            core.matching = False  # nobody is offered or forgotten while one call gives way to the other
            try:
                nodes.correct(core, call, SeenCall(call=call.id, channel=event.channel, leg=event.leg, talking=True))
            finally:
                core.matching = True
            match_all(core)
        case "nowhere":
            if not call.stranded:
                call.stranded = True
                unheld_s = span(call.unheld_since, core.at)
                assert call.phase != "offered"
                assert call.phase != "talking"
                core.emit(CallStranded(at=core.at, call=call.id, phase=call.phase, unheld_s=unheld_s))
            core.emit(BringBack(call=call.id, node=call.node, channel=event.channel))
        case _:  # the dialplan has them, or may have
            pass


def _look_later(core: Core, call: Call) -> None:
    call.look_at = core.at + LOOK_S
    core.start_timer("stranded", call.id, call.look_at)
