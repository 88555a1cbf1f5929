"""Why callers wait: told of each queue when it changes, so that readers can say what every second was spent on.

A queue is told, not its callers: an agent who comes on duty changes the reason of thousands at once. What is told hangs
on who is idle and who is on duty alone; while these stay as they are nothing is looked at.
"""

from acd.engine.core import Core
from acd.engine.index.queues import ServiceQueue
from acd.engine.model.state import Queued
from acd.engine.model.wait_facts import CallLinedUp, WaitReason, WaitWhy
from acd.engine.rules import urgent

Stamp = tuple[int, bool, bool, bool]
"""Is another one whenever what `reason` looks at may have changed."""


def after_turn(core: Core) -> None:
    """Tell which callers wait in which queue since this event, and what their queues wait for where that is new."""
    fresh, state, kept = core.waiting.fresh, core.state, core.kept
    # As `urgent.holds_back`: `core.kept` is settled by now.
    held = (state.config.reserve or state.config.headroom or kept) > 0 and not urgent.any_spare(core)
    outage = state.stopping or len(state.regrouping) > 0
    stamp = core.changes.count + core.phones_changed, outage, held, kept > 0
    if stamp == core.reasons_at and not fresh:
        return
    waiting = core.waiting
    if not len(waiting):
        fresh.clear()
        return
    if stamp != core.reasons_at:
        core.reasons_at = stamp
        # In an order that a restart does not change.
        for queue in sorted((queue for queue in waiting.queues() if len(queue)), key=lambda queue: queue.name):
            _tell(core, queue, stamp)
    if fresh:
        for queued in sorted(fresh, key=lambda one: (one.order, one.call)) if len(fresh) > 1 else fresh:
            _line_up(core, queued, stamp)
        fresh.clear()


def _line_up(core: Core, queued: Queued, stamp: Stamp) -> None:
    queue = core.waiting.queue_of(queued.call)
    if queue is None:
        return
    if queue.reason_at != stamp:
        _tell(core, queue, stamp)
    if queued.lined_up != queue.name:
        queued.lined_up = queue.name
        core.emit(CallLinedUp(at=core.at, call=queued.call, queue=queue.name))


def _tell(core: Core, queue: ServiceQueue, stamp: Stamp) -> None:
    queue.reason_at = stamp
    why, told = reason(core, queue), core.state.wait_reasons
    if told.get(queue.name) != why:
        told[queue.name] = why
        core.emit(WaitReason(at=core.at, queue=queue.name, why=why))


def reason(core: Core, queue: ServiceQueue) -> WaitWhy:
    """What the callers of a queue wait for now."""
    if core.state.regrouping or core.state.stopping:
        return "outage"
    if queue.keeper:
        return "preferred"
    need = queue.need
    # As `repeat_callers.is_limited` and `matching.may_take` say of each caller.
    limited = queue.priority != "urgent" or (queue.points < 0 and core.kept > 0)
    idle = [skills for skills, _ in core.idle.sizes() if skills.takes(need)]
    if idle:
        held = limited and urgent.holds_back(core) and all(urgent.suffices(core, skills) for skills in idle)
        return "held_back" if held and not urgent.any_spare(core) else "let_pass"
    backup = queue.opened and not limited
    if backup and core.backup.count(need):
        return "let_pass"
    if core.could_take(need, urgent=backup):
        return "skills" if len(core.idle) or (backup and len(core.backup)) else "busy"
    if queue.priority == "urgent" and core.backup_staffing.count(need):
        return "backup"
    if core.staffing or (backup and core.backup_staffing):
        return "skills"
    unreached = any(agent.shown == "unavailable" for agent in core.state.agents.values())
    return "phones" if unreached else "no_agents"
