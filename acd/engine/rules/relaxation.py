"""Timed relaxation: the longer a caller waits, the less is asked of the agent, as their service's steps say.

A step that would be waited for in vain is taken at once: a caller who speaks English does not wait half a minute for an
agent who does while no such agent is on duty. That is looked at when the caller comes, and again whenever an agent
comes on duty or goes off duty, before anybody is matched.
"""

from acd.engine.core import Core
from acd.engine.index.skills import need_of
from acd.engine.model.config import Service
from acd.engine.model.facts import CallRelaxed
from acd.engine.model.state import Call
from acd.engine.timers import call_timer

TIMER = call_timer("relax", lambda _, call: call.relax_at)
"""The next step of a waiting caller."""


def begin(core: Core, call: Call, service: Service) -> None:
    """A caller who is in no queue now is to wait for `service`, to which they came at `moved_at`. What had been asked
    less of agents is not asked again."""
    assert call.moved_at is not None
    if not service.relax and call.relax_at is None:
        call.relaxed = 0
        return
    before, steps, urgent = call.relaxed, service.relax, call.priority == "urgent"
    due = sum(core.at >= call.moved_at + step.after_s for step in steps)
    call.relaxed = max(min(before, len(steps)), due)
    if _somebody_could(core, call, service):
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
        TIMER.start(core, call)
    else:
        stop(core, call)


def stop(core: Core, call: Call) -> None:
    """No further step is waited for."""
    if call.relax_at is not None:
        call.relax_at = None
        TIMER.stop(core, call)


def skip_vain(core: Core, call: Call) -> bool:
    """Take the steps that a caller, who is in no queue now, would wait for in vain; whether there were any."""
    if call.relax_at is None or call.service is None:
        return False
    service = core.service(call.service)
    if core.could_take(core.need(call), urgent=call.priority == "urgent") or not _somebody_could(core, call, service):
        return False
    begin(core, call, service)
    return True


def catch_up(core: Core) -> None:
    """Take the steps that waiting callers wait for in vain since agents came on duty or went off duty."""
    core.staff_changed = False
    unserved = [
        call
        for queue in core.waiting.queues()
        if len(queue) and queue.service.relax and not core.could_take(queue.need, urgent=queue.priority == "urgent")
        for call in queue.calls()
        if call.relax_at is not None and _somebody_could(core, call, queue.service)
    ]
    for call in sorted(unserved, key=lambda call: (call.order, call.id)):
        core.waiting.remove(call)
        core.relaxed |= skip_vain(core, call)
        core.waiting.add(call)


def _somebody_could(core: Core, call: Call, service: Service) -> bool:
    """Whether an agent on duty could take the caller once all steps are taken."""
    need = need_of(service, call.language, len(service.relax))
    return core.could_take(need, urgent=call.priority == "urgent") > 0
