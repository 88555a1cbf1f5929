"""The kind of an urgent call: the caller is asked for it while an agent's phone rings; a key or an agent gives it."""

from acd.engine.core import Core
from acd.engine.handlers import calls, waiting_keys
from acd.engine.model.config import Service
from acd.engine.model.events import KeyPressed, KindAsked, KindSet
from acd.engine.model.facts import KeyHeard, KindChanged
from acd.engine.model.ids import ServiceId
from acd.engine.model.state import Call, Choice, KindMenu, Queued
from acd.engine.rules import announcements, kind_menu, relaxation, repeat_callers
from acd.engine.rules.entry_facts import tell_named
from acd.engine.rules.matching import exchange, hold, wait
from acd.engine.rules.max_wait import MAX_WAIT


def on_asked(core: Core, event: KindAsked) -> None:
    """A caller has pressed "urgent": queue them, and ring an agent while they press the kind."""
    call = core.state.calls.get(event.call)
    if call is None or not call.in_flow:
        return
    call.language = event.language
    kinds = None
    if core.service(event.service).priority == "urgent":
        kinds = KindMenu(services=event.kinds, music=event.music, menu_s=event.menu_s, until=core.at + event.menu_s)
    choice = Choice(service=event.service, fields=kind_menu.UNTOLD, preferred=event.preferred)
    calls.choose(core, call, choice, kinds)
    if call.untold:
        kind_menu.begin(core, call)


def on_menu_over(core: Core, call: Call) -> None:
    """The menu is over, or the talk has gone on for so long that no key is expected any more."""
    queued = call.place
    assert queued.kinds is not None
    if call.phase == "talking":
        kind_menu.settle(core, call)
        return
    queued.kinds.music = ""
    if call.id in core.waiting:
        hold(core, call)
    announcements.resume(core, queued)


def on_key(core: Core, event: KeyPressed) -> None:
    """A key gives the kind of an urgent call, or changes it, or has the same meaning as for any waiting caller."""
    call = core.state.calls.get(event.call)
    if call is None:
        return
    match call.queued:
        case Queued(kinds=KindMenu() as kinds) as queued if kind_menu.takes(core, call, kinds, event.key):
            service = core.service(kinds.services[event.key])
            if not kinds.is_open and service.id == queued.service:  # pressed twice
                return
            core.emit(KeyHeard(at=core.at, call=call.id, key=event.key))
            kinds.key = event.key
            if kinds.is_open:
                tell(core, call, queued, service.id)
            else:
                kinds.changes, kinds.closed_at = kinds.changes + 1, core.at
                _change(core, call, queued, service, event.key)
        case Queued(kinds=KindMenu(is_open=False) as kinds) if kind_menu.is_meant(core, kinds, event.key):
            pass
        case _:
            waiting_keys.press(core, call, event.key)


def on_set(core: Core, event: KindSet) -> None:
    """An agent sets the kind of an urgent call."""
    call = core.state.calls.get(event.call)
    service = core.services.get(event.service)
    if service is None:
        return
    queued = None if call is None else call.queued
    if call is None:
        core.emit(KindChanged(at=core.at, call=event.call, service=service.id, priority=service.priority))
    elif queued is None or queued.priority != "urgent":
        return
    elif queued.untold:
        tell(core, call, queued, service.id)
    else:
        if queued.kinds is not None:  # the agent's word stays, whatever the caller presses
            queued.kinds.key = ""
        if queued.service != service.id or kind_menu.is_left_untold(queued):
            _change(core, call, queued, service)


def _change(core: Core, call: Call, queued: Queued, service: Service, key: str = "") -> None:
    """Take another kind than was given before, from the caller by a key or from an agent."""
    waited = _serve(core, call, queued, service)
    kind_menu.change(core, call, queued, service, key)
    _go_on(core, call, queued, service, waited=waited, music=False)


def tell(core: Core, call: Call, queued: Queued, service_id: ServiceId) -> None:
    """Take the kind of an urgent call, from the caller or from an agent."""
    service = core.service(service_id)
    waited = _serve(core, call, queued, service)
    again = repeat_callers.has_called(core, call, queued)
    tell_named(core, call, queued, opens_ticket=service.opens_ticket, again=again)
    _go_on(core, call, queued, service, waited=waited)


def _serve(core: Core, call: Call, queued: Queued, service: Service) -> bool:
    """Give the call this service and take it out of the queue. It stays urgent and keeps its place. Returns whether it
    waited."""
    waited = call.id in core.waiting
    core.waiting.remove(queued)
    if queued.untold:
        kind_menu.close(core, call, queued)
        announcements.resume(core, queued)
    if call.phase in ("waiting", "offered"):
        MAX_WAIT.stop(core, call)
        relaxation.stop(core, queued)
        queued.relaxed = 0
    queued.service = service.id
    return waited


def _go_on(core: Core, call: Call, queued: Queued, service: Service, *, waited: bool, music: bool = True) -> None:
    """Let the call wait for its new service. A phone that rings for it goes on ringing if its agent takes that
    service. `music`: a caller who waits on hears music from now; else they go on hearing what they hear."""
    if call.phase == "offered":
        calls.place(core, call, queued, service)
        exchange(core, call)
    elif waited:
        if calls.settle(core, call, queued, service):
            wait(core, call, music=music)
    elif call.phase == "waiting":
        calls.place(core, call, queued, service)
