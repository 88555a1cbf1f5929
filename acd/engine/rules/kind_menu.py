"""The kind of an urgent call, asked for while an agent's phone rings.

A caller who presses "urgent" is in the queue from that key on. Meanwhile they hear the menu of kinds, as music whose
only file is the menu. Until a key gives the kind the call is *untold*: it has the service that the flow names for this
case, and any agent who takes an urgent service can take it. A key counts until the talk is `KIND_KEY_S` seconds old.
After that the call stays untold, and an agent may give the kind (`KindSet`).

The last key counts: a caller who pressed a wrong one presses another, within the same time. It changes the kind as an
agent would, but not a kind that an agent has set, and not more often than `CHANGES` times.

While the menu plays nothing is announced and no key means anything else: an announcement would end it. The keys of the
menu have no other meaning for a while after it, so that nobody who says what is urgent asks for a callback. After that
the key that asks waiting callers for a callback changes no kind.

The call's request is opened once: when the kind is known, or when no key can give it any more. Another key corrects
it. An agent who sends an untold caller on to an urgent service says the kind thereby.
"""

from typing import Final

from acd.engine.core import Core
from acd.engine.model.commands import KIND_KEY_S
from acd.engine.model.config import Service
from acd.engine.model.facts import KindChanged
from acd.engine.model.state import Call, KindMenu, Queued
from acd.engine.rules import repeat_callers
from acd.engine.rules.entry_facts import tell_named
from acd.engine.timers import call_timer

AGAIN_S: Final = 3.0
"""Seconds after a key gave the kind for which the menu's keys have no other meaning: callers press twice."""
CHANGES: Final = 3
"""How often a key may change a kind that a key gave. Each change may stop one phone and ring another, and is told to
the unit that has the request: a caller puts a wrong key right, and a child who plays with the keys does no more harm.
After that the agent says the kind."""
UNTOLD: Final = {"kind": "untold"}
"""The value in the request's fields for an unknown kind."""


def _due(_: Core, call: Call) -> float | None:
    kinds = None if call.queued is None else call.queued.kinds
    if kinds is None or not kinds.is_open:
        return None
    if call.talk is not None:
        return call.talk.began_at + KIND_KEY_S
    return kinds.until if kinds.music and call.attached else None


TIMER = call_timer("kind", _due)
"""The end of the menu or, in a talk, the end of the time for a key."""


def begin(core: Core, call: Call) -> None:
    """Start the timer for the menu's end or, in a talk, for the last moment of a key. Call it when either changes."""
    if _due(core, call) is not None:
        TIMER.start(core, call)


def begin_anew(core: Core, call: Call) -> None:
    """The session of a caller who waits began anew, and with it the menu's file: they hear all of it."""
    queued = call.queued
    if queued is not None and queued.kinds is not None and queued.hears_menu and call.talk is None:
        queued.kinds.until = max(queued.kinds.until, core.at + queued.kinds.menu_s)
        begin(core, call)


def music(call: Call) -> str:
    """The class of music that plays the menu to the caller now; empty if none does."""
    kinds = None if call.queued is None else call.queued.kinds
    return kinds.music if kinds is not None and kinds.is_open else ""


def is_heard(queued: Queued, at: float) -> bool:
    """Whether the menu is not over at a time."""
    return queued.kinds is not None and queued.hears_menu and at < queued.kinds.until


def takes(core: Core, call: Call, kinds: KindMenu, key: str) -> bool:
    """Whether a key of the menu gives the kind now, or changes the one that a key gave."""
    if key not in kinds.services or call.away or call.phase not in ("waiting", "offered", "talking"):
        return False
    if kinds.is_open or not may_change(core, call, kinds):
        return kinds.is_open
    if call.talk is not None:
        return core.at < call.talk.began_at + KIND_KEY_S
    asks = call.id in core.waiting and key == core.state.config.callback_key
    return not asks or core.at < kinds.closed_at + AGAIN_S


def may_change(core: Core, call: Call, kinds: KindMenu) -> bool:
    """Whether another key may change the kind: a key gave it, and neither an agent nor a rule has changed it since."""
    if not kinds.key or kinds.changes >= CHANGES or call.talked is not None or call.callback is not None:
        return False
    return call.place.service == core.service(kinds.services[kinds.key]).id


def keys(core: Core, call: Call) -> str:
    """The keys that may give the kind, or change it, in a talk that begins now."""
    kinds = call.place.kinds
    return "" if kinds is None or not (kinds.is_open or may_change(core, call, kinds)) else "".join(kinds.services)


def is_meant(core: Core, kinds: KindMenu, key: str) -> bool:
    """Whether a key is one of a menu that is closed, and still means nothing else: the caller pressed twice, or goes on
    choosing in a menu that was cut short."""
    until = kinds.closed_at + AGAIN_S
    return key in kinds.services and core.at < (until if kinds.key else max(until, kinds.until))


def close(core: Core, call: Call, queued: Queued) -> None:
    """End the menu: the kind is known now, or stays untold."""
    kinds = queued.kinds
    assert kinds is not None
    if kinds.music or call.talk is not None:
        TIMER.stop(core, call)
    kinds.is_open, kinds.closed_at = False, core.at


def is_left_untold(queued: Queued) -> bool:
    """Whether the call's request was opened without a kind, and no agent has said it since."""
    return queued.kinds is not None and queued.kinds.left_untold


def change(core: Core, call: Call, queued: Queued, service: Service, key: str = "") -> None:
    """Another kind than before was given, by this key or by an agent: the call's request is corrected, or opened if
    there is none yet."""
    if queued.kinds is not None:
        queued.kinds.left_untold = False
    if call.owes_request and service.opens_ticket:
        tell_named(core, call, queued, opens_ticket=True, again=repeat_callers.has_called(core, call, queued))
        return
    core.emit(KindChanged(at=core.at, call=call.id, service=service.id, priority="urgent", key=key))


def settle(core: Core, call: Call, *, opens_ticket: bool = True) -> None:
    """If the kind is still unknown, leave the call untold and open the request for the service that stands for it. The
    caller must not be in the queue's index."""
    queued = call.queued
    if queued is None or queued.kinds is None or not queued.kinds.is_open:
        return
    close(core, call, queued)
    opens = opens_ticket and core.service(queued.service).opens_ticket
    queued.kinds.left_untold = opens
    again = repeat_callers.has_called(core, call, queued)
    tell_named(core, call, queued, opens_ticket=opens, fields=UNTOLD, again=again)
