"""The watch over callers on the line whom nobody holds: no session, no offer, no talk, and no callback.

The dialplan brings most of them back within a quarter of a second, and hangs up on others. If still nobody holds a
caller after `LOOK_S` seconds, the line looks for them in Asterisk (`handlers/stranded.py`).
"""

from acd.engine.core import Core
from acd.engine.model.commands import FindCaller
from acd.engine.model.state import Call, Unheld
from acd.engine.rules import audio_messages
from acd.engine.rules.declared import Declared
from acd.engine.timers import part_timer

LOOK_S = 1.5
"""Seconds without a holder after which the line looks for a caller. With the search this stays below two seconds. A
working dialplan brings its callers back after 0.25 s, or after 1 s when no engine answered for long."""

TIMER = part_timer("stranded", lambda call: call.unheld, lambda unheld: unheld.look_at, restarts=False)
"""When the line looks for a caller whom nobody holds. After a restart the watch begins anew (`watch_anew`)."""


def is_held(call: Call) -> bool:
    """Whether somebody holds the caller: a session, an agent who rings or talks, an outside telephone, or (for a
    callback) their own."""
    return call.attached or call.away or call.phase in ("offered", "talking", "outside")


def watch(core: Core, call: Call) -> None:
    """Begin or end the watch over a caller. Call it after each event about them."""
    if is_held(call):
        if call.unheld is not None:
            TIMER.stop(core, (call, call.unheld))
            call.unheld = None
    elif call.unheld is None:
        _begin(core, call, Unheld(since=core.at, look_at=core.at))


def watch_anew(core: Core, call: Call) -> None:
    """Begin the watch from now: the state of the caller is from before a restart."""
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


def _recorded_s(core: Core, call: Call) -> float:
    """How long Asterisk may still record what the caller says: to search for them sooner would cut their message."""
    message = call.message
    if call.phase != "message" or message is None or message.began_at is None or message.kept:
        return 0.0
    return max(0.0, message.began_at + audio_messages.recorded_s(core, message) - core.at)


def _look_later(core: Core, call: Call, unheld: Unheld) -> None:
    unheld.look_at = core.at + LOOK_S + _recorded_s(core, call)
    TIMER.start(core, (call, unheld))


RULE: Declared = Declared(timers={TIMER: on_due})
