"""Timed relaxation: the longer a caller waits, the lower the requirements for the agent, by their service's steps.

A step is taken at once if waiting cannot help: a caller who speaks English does not wait half a minute for an agent who
speaks it while no such agent is on duty. This is checked when the caller comes, and again whenever an agent comes on
duty or goes off duty, before anybody is matched.
"""

from acd.engine.core import Core
from acd.engine.index.skills import need_of
from acd.engine.model.config import Service
from acd.engine.model.facts import CallRelaxed
from acd.engine.model.state import Queued
from acd.engine.timers import queue_timer

TIMER = queue_timer("relax", lambda queued: queued.relax_at)
"""The next step of a waiting caller."""


def begin(core: Core, queued: Queued, service: Service) -> None:
    """Begin relaxation for a caller, who must be in no queue now, for `service`, to which they came at `moved_at`.
    Requirements that fell before do not rise again."""
    if not service.relax and queued.relax_at is None:
        queued.relaxed = 0
        return
    before, steps, urgent = queued.relaxed, service.relax, queued.priority == "urgent"
    due = sum(core.at >= queued.moved_at + step.after_s for step in steps)
    queued.relaxed = max(min(before, len(steps)), due)
    if _somebody_could(core, queued, service):
        while queued.relaxed < len(steps):
            if core.could_take(need_of(service, queued.language, queued.relaxed, untold=queued.untold), urgent=urgent):
                break
            queued.relaxed += 1
    if queued.relaxed > before:
        need = need_of(service, queued.language, queued.relaxed, untold=queued.untold)
        core.emit(
            CallRelaxed(
                at=core.at,
                call=queued.call,
                service=service.id,
                steps=queued.relaxed,
                level=need.level,
                language=need.language,
            )
        )
    if queued.relaxed < len(steps):
        queued.relax_at = queued.moved_at + steps[queued.relaxed].after_s
        TIMER.start(core, queued)
    else:
        stop(core, queued)


def stop(core: Core, queued: Queued) -> None:
    """Stop relaxation."""
    if queued.relax_at is not None:
        queued.relax_at = None
        TIMER.stop(core, queued)


def skip_vain(core: Core, queued: Queued) -> bool:
    """Take the steps for which waiting cannot help. The caller must be in no queue now. Returns whether there were
    any."""
    if queued.relax_at is None:
        return False
    service = core.service(queued.service)
    if core.could_take(core.need(queued), urgent=queued.priority == "urgent") or not _somebody_could(
        core, queued, service
    ):
        return False
    begin(core, queued, service)
    return True


def catch_up(core: Core) -> None:
    """Take the steps for which waiting cannot help any more, after agents came on duty or went off duty."""
    core.staff_changed = False
    unserved = [
        queued
        for queue in core.waiting.queues()
        if len(queue) and queue.service.relax and not core.could_take(queue.need, urgent=queue.priority == "urgent")
        for queued in queue.calls()
        if queued.relax_at is not None and _somebody_could(core, queued, queue.service)
    ]
    for queued in sorted(unserved, key=lambda one: (one.order, one.call)):
        with core.waiting.moving(queued):
            core.relaxed |= skip_vain(core, queued)


def _somebody_could(core: Core, queued: Queued, service: Service) -> bool:
    """Whether an agent on duty could take the caller once all steps are taken."""
    need = need_of(service, queued.language, len(service.relax), untold=queued.untold)
    return core.could_take(need, urgent=queued.priority == "urgent") > 0
