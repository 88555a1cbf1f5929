"""The watch over callers who are up and whom nobody holds: no session, no offer, no talk, and not to be called back.

The dialplan brings most of them back within a quarter of a second, and hangs up on others. A caller who is still held
by nobody after `LOOK_S` is looked for in Asterisk (`handlers/stranded.py`).
"""

from acd.engine.core import Core
from acd.engine.model.commands import FindCaller
from acd.engine.model.state import Call
from acd.engine.timers import call_timer

LOOK_S = 1.5
"""How long nobody may hold a caller before they are looked for. With the look itself that stays below two seconds; a
dialplan that is at work brings its callers back after 0.25 s, or after 1 s when no engine answered for long."""

TIMER = call_timer("stranded", lambda _, call: call.look_at)
"""When a caller whom nobody holds is looked for."""


def is_held(call: Call) -> bool:
    """Whether somebody has the caller: a session of ours, an agent who rings or talks, or their own telephone."""
    return call.attached or call.away or call.phase in ("offered", "talking")


def watch(core: Core, call: Call) -> None:
    """Begin or end the watch over a caller. To be called after each event that concerns them."""
    if is_held(call):
        if call.unheld_since is not None:
            _stop(core, call)
    elif call.unheld_since is None:
        call.unheld_since = core.at
        _look_later(core, call)


def watch_anew(core: Core, call: Call) -> None:
    """Begin the watch from now: what was known of the caller was before a restart."""
    call.unheld_since, call.look_at = None, None
    watch(core, call)


def on_due(core: Core, call: Call) -> None:
    """Nobody has held a caller for a while: ask Asterisk where they are."""
    core.emit(FindCaller(call=call.id, node=call.node))
    _look_later(core, call)


def _stop(core: Core, call: Call) -> None:
    call.unheld_since, call.look_at, call.unseen, call.stranded = None, None, False, False
    TIMER.stop(core, call)


def _look_later(core: Core, call: Call) -> None:
    call.look_at = core.at + LOOK_S
    TIMER.start(core, call)
