"""Timed relaxation: the longer a caller waits, the less is asked of the agent, as their service's steps say.

A step that would be waited for in vain is taken at once: who speaks English does not wait half a minute for somebody
who does while nobody on duty does.
"""

from acd.engine.config import Service
from acd.engine.core import Core
from acd.engine.facts import CallRelaxed
from acd.engine.ids import CallId
from acd.engine.matching import wait
from acd.engine.skills import need_of
from acd.engine.state import Call


def begin(core: Core, call: Call, service: Service) -> None:
    """A caller who is in no queue now is to wait for `service`, to which they came at `moved_at`. What had been asked
    less of agents is not asked again."""
    assert call.moved_at is not None
    if not service.relax and call.relax_at is None:
        call.relaxed = 0
        return
    before, steps, urgent = call.relaxed, service.relax, call.klass == "urgent"
    due = sum(core.at >= call.moved_at + step.after_s for step in steps)
    call.relaxed = max(min(before, len(steps)), due)
    if core.could_take(need_of(service, call.language, len(steps)), urgent=urgent):
        while call.relaxed < len(steps):
            if core.could_take(need_of(service, call.language, call.relaxed), urgent=urgent):
                break
            call.relaxed += 1
    if call.relaxed > before:
        need = need_of(service, call.language, call.relaxed)
        core.emit(
            CallRelaxed(
                at=core.at,
                call=call.id,
                service=service.id,
                steps=call.relaxed,
                level=need.level,
                language=need.language,
            )
        )
    if call.relaxed < len(steps):
        call.relax_at = call.moved_at + steps[call.relaxed].after_s
        core.start_timer("relax", call.id, call.relax_at)
    else:
        stop(core, call)


def stop(core: Core, call: Call) -> None:
    """No further step is waited for."""
    if call.relax_at is not None:
        call.relax_at = None
        core.cancel_timer("relax", call.id)


def on_due(core: Core, call_id: CallId) -> None:
    """A step is due: the caller may be taken by more agents from now."""
    call = core.state.calls.get(call_id)
    if call is None or call.relax_at is None or core.at < call.relax_at or call.service is None:
        return
    waits = call in core.waiting
    core.waiting.remove(call)
    begin(core, call, core.service(call.service))
    if waits:
        wait(core, call, music=False)
