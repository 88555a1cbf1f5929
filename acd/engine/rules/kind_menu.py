"""The kind of an urgent call, asked for while an agent's phone rings.

A caller who says that it is urgent is in the queue from that key on. They hear the menu of kinds meanwhile, as music
whose one file is the menu. Until a key says the kind they are *untold*: their service is the one that the flow names
for callers who do not say, and any agent who takes an urgent service will do. A key counts until the talk is
`KIND_KEY_S` old. Then the call stays untold, and an agent may say the kind (`KindSet`).

The request of the call is opened once, when its kind is known, or known to stay untold.
"""

from typing import Final

from acd.engine.core import Core
from acd.engine.model.commands import KIND_KEY_S
from acd.engine.model.state import Call, Queued
from acd.engine.rules import repeat_callers
from acd.engine.rules.entry_facts import tell_named
from acd.engine.timers import call_timer

AGAIN_S: Final = 3.0
"""The key that said the kind means nothing else for so long: callers press twice."""
UNTOLD: Final = {"kind": "untold"}
"""What the request's fields say of a call whose kind is not known."""


def _due(_: Core, call: Call) -> float | None:
    kinds = None if call.queued is None else call.queued.kinds
    if kinds is None or not kinds.is_open:
        return None
    if call.talk is not None:
        return call.talk.began_at + KIND_KEY_S
    return kinds.until if kinds.music else None


TIMER = call_timer("kind", _due)
"""The menu has been heard; or, in a talk, no key says the kind any more."""


def begin(core: Core, call: Call) -> None:
    """Wait for what comes next: the menu's end, or in a talk the last moment for a key. To be called when either is
    set anew."""
    if _due(core, call) is not None:
        TIMER.start(core, call)


def music(call: Call) -> str:
    """The class of music by which the caller hears the menu now; empty: they do not."""
    kinds = None if call.queued is None else call.queued.kinds
    return kinds.music if kinds is not None and kinds.is_open else ""


def close(core: Core, call: Call, queued: Queued) -> None:
    """No key says the kind any more: it is known now, or stays untold."""
    assert queued.kinds is not None
    if _due(core, call) is not None:
        TIMER.stop(core, call)
    queued.kinds.is_open, queued.kinds.music = False, ""


def settle(core: Core, call: Call, *, opens_ticket: bool = True) -> None:
    """The kind stays untold, if it is so still: the request is opened for the service that stands for it. The caller
    must not be waiting in the queue's index."""
    queued = call.queued
    if queued is None or not queued.untold:
        return
    close(core, call, queued)
    opens = opens_ticket and core.service(queued.service).opens_ticket
    again = repeat_callers.has_called(core, call, queued)
    tell_named(core, call, queued, opens_ticket=opens, fields=UNTOLD, again=again)
