"""The watch over callers who are up and whom nobody holds: no session, no offer, no talk, and not to be called back.

The dialplan brings most of them back within a quarter of a second, and hangs up on others. A caller who is still held
by nobody after `LOOK_S` is looked for in Asterisk (`handlers/stranded.py`).
"""

from acd.engine.core import Core
from acd.engine.model.commands import FindCaller
from acd.engine.model.state import Call, Unheld
from acd.engine.timers import part_timer

LOOK_S = 1.5
"""How long nobody may hold a caller before they are looked for. With the look itself that stays below two seconds; a
dialplan that is at work brings its callers back after 0.25 s, or after 1 s when no engine answered for long."""

TIMER = part_timer("stranded", lambda call: call.unheld, lambda unheld: unheld.look_at, restarts=False)
"""When a caller whom nobody holds is looked for. After a restart the watch begins anew (`watch_anew`)."""


def is_held(call: Call) -> bool:
    """Whether somebody has the caller: a session of ours, an agent who rings or talks, or their own telephone."""
    return call.attached or call.away or call.phase in ("offered", "talking")


def watch(core: Core, call: Call) -> None:
    """Begin or end the watch over a caller. To be called after each event that concerns them."""
    if is_held(call):
        if call.unheld is not None:
            TIMER.stop(core, (call, call.unheld))
            call.unheld = None
    elif call.unheld is None:
        _begin(core, call, Unheld(since=core.at, look_at=core.at))


def watch_anew(core: Core, call: Call) -> None:
    """Begin the watch from now: what was known of the caller was before a restart."""
    before, call.unheld = call.unheld, None
    if before is not None and not is_held(call):
        before.since = core.at
        _begin(core, call, before)
    else:
        watch(core, call)


def on_due(core: Core, subject: tuple[Call, Unheld]) -> None:
    """Nobody has held a caller for a while: ask Asterisk where they are."""
    call, unheld = subject
    core.emit(FindCaller(call=call.id, node=call.node))
    _look_later(core, call, unheld)


def _begin(core: Core, call: Call, unheld: Unheld) -> None:
    call.unheld = unheld
    _look_later(core, call, unheld)


def _look_later(core: Core, call: Call, unheld: Unheld) -> None:
    unheld.look_at = core.at + LOOK_S
    TIMER.start(core, (call, unheld))
