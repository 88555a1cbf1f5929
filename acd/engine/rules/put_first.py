"""Put first: the shift lead lets a waiting caller come before all others of the same class.

Classes stay strict: a routine caller who is put first comes after every urgent caller. Several such callers keep their
order among themselves. The place (`Queued.order`) of a caller who is put first is negative: it lies `LATER` before the
caller's own place, which is found again as `order % LATER`. A caller who changes to another class has their own place
there, since nobody has put them before those callers."""

from acd.engine.core import Core
from acd.engine.index.queues import is_first
from acd.engine.model.agent_events import FirstPlaceWished
from acd.engine.model.facts import CallPutFirst
from acd.engine.rules import preferred_agent, repeat_callers
from acd.engine.rules.matching import match_call


def on_wished(core: Core, event: FirstPlaceWished) -> None:
    """Put a caller first who waits or is being rung for. A caller who is first already, or talks, is left alone."""
    call = core.state.calls.get(event.call)
    queued = None if call is None else call.queued
    if call is None or queued is None or call.phase not in ("waiting", "offered"):
        return
    if is_first(queued) or queued.priority == "outcome":
        return
    with core.waiting.moving(queued) as waits:
        repeat_callers.vouch(core, queued)
        preferred_agent.drop(core, queued, "first")
        queued.order -= repeat_callers.LATER
    core.emit(
        CallPutFirst(at=core.at, call=call.id, service=queued.service, priority=queued.priority, reason=event.reason)
    )
    if waits:
        match_call(core, queued)
