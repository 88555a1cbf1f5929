"""Whether a caller may queue for a service now: not where it is closed, where nobody is on duty who could take the
call, or where too many wait. A caller who may not goes where the service overflows, or is told why and let go.

An urgent caller is never let go for it; the configuration is checked for that.
"""

from bisect import bisect_right
from typing import NamedTuple

from acd.engine.core import Core
from acd.engine.index.skills import need_of
from acd.engine.model.config import Refusal, Schedule, Service
from acd.engine.model.facts import OverflowWhy
from acd.engine.model.ids import ServiceId
from acd.engine.model.state import Queued
from acd.engine.timers import Timer

EMPTY = Timer[Service](
    "empty",
    lambda core, service: core.state.empty_due.get(service.id),
    key=lambda service: service.id,
    find=lambda core, key: core.services.get(ServiceId(key)),
    subjects=lambda core: [core.services[one] for one in sorted(core.state.empty_due) if one in core.services],
)
"""Nobody who could take a service's waiting callers has been on duty for `empty_grace_s`."""


class Refused(NamedTuple):
    """Why a caller may not queue for a service, and what becomes of them."""

    why: OverflowWhy
    to: ServiceId | None
    """Where they go instead; None: they are let go."""


def refused(core: Core, queued: Queued, service: Service) -> Refused | None:
    """Whether a caller may not queue for a service, and why."""
    urgent = queued.priority == "urgent"
    if service.hours is not None and not urgent and not is_open(core.schedules.get(service.hours), core.at):
        return Refused("closed", service.overflow_to if service.closed == "overflow" else None)
    if service.join_empty != "wait" and not anyone(core, queued, service):
        return _unless_urgent(service, "join_empty", service.join_empty, urgent=urgent)
    if service.max_waiting is not None and core.waiting.count(service.id) >= service.max_waiting:
        return Refused("max_waiting", service.overflow_to)
    return None


def left_alone(core: Core, queued: Queued, service: Service) -> Refused | None:
    """Whether a caller who waits may not go on doing so, since nobody is on duty any more who could take the call."""
    if service.leave_empty == "wait" or anyone(core, queued, service):
        return None
    return _unless_urgent(service, "leave_empty", service.leave_empty, urgent=queued.priority == "urgent")


def _unless_urgent(service: Service, why: OverflowWhy, refusal: Refusal, *, urgent: bool) -> Refused | None:
    if refusal == "release":
        return None if urgent else Refused(why, None)
    return Refused(why, service.overflow_to)


def anyone(core: Core, queued: Queued, service: Service) -> bool:
    """Whether anybody on duty, free or not, could take the call once all has been asked less of them that can be."""
    need = need_of(service, queued.language, len(service.relax), untold=queued.untold)
    return core.could_take(need, urgent=queued.priority == "urgent") > 0


def is_open(schedule: Schedule | None, at: float) -> bool:
    """Whether a schedule has open at a time. Beyond what it knows it has: a calendar that was not brought on must not
    close the line."""
    if schedule is None or at >= schedule.known_until:
        return True
    place = bisect_right(schedule.open, at, key=lambda span: span[0])
    return place > 0 and at < schedule.open[place - 1][1]


def look(core: Core, queued: Queued, service: Service) -> None:
    """A caller is about to wait for a service."""
    if service.leave_empty != "wait" and not anyone(core, queued, service):
        watch(core, service)


def watch(core: Core, service: Service) -> None:
    """Nobody may be on duty for a service's callers any more: look at them once that has lasted."""
    if service.id not in core.state.empty_due:
        core.state.empty_due[service.id] = core.at + core.state.config.empty_grace_s
        EMPTY.start(core, service)


def after_turn(core: Core) -> None:
    """Agents went off duty by this event."""
    for service in core.services.values():
        if service.leave_empty != "wait" and core.waiting.count(service.id):
            watch(core, service)
