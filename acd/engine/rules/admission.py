"""Whether a caller may queue for a service now: `refused`. A caller is refused if the service is closed, if no agent
on duty could take the call, or if too many callers wait. A refused caller goes to the overflow service, or hears the
reason and is released.

An urgent caller is never released by these rules; the checks of the configuration guarantee that.
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
"""For `empty_grace_s` no agent on duty could take the waiting callers of a service."""


class Refused(NamedTuple):
    """Why a caller may not queue for a service, and what happens to them."""

    why: OverflowWhy
    to: ServiceId | None
    """The service they go to instead; None: they are released."""


def refused(core: Core, queued: Queued, service: Service) -> Refused | None:
    """The refusal if a caller may not queue for a service; else None."""
    urgent = queued.priority == "urgent"
    if service.hours is not None and not urgent and not is_open(core.schedules.get(service.hours), core.at):
        return Refused("closed", service.overflow_to if service.closed == "overflow" else None)
    if service.join_empty != "wait" and not anyone(core, queued, service):
        return _unless_urgent(service, "join_empty", service.join_empty, urgent=urgent)
    if service.max_waiting is not None and core.waiting.count(service.id) >= service.max_waiting:
        return Refused("max_waiting", service.overflow_to)
    return None


def left_alone(core: Core, queued: Queued, service: Service) -> Refused | None:
    """Whether a waiting caller must stop waiting, since no agent on duty can take the call any more."""
    if service.leave_empty == "wait" or anyone(core, queued, service):
        return None
    return _unless_urgent(service, "leave_empty", service.leave_empty, urgent=queued.priority == "urgent")


def _unless_urgent(service: Service, why: OverflowWhy, refusal: Refusal, *, urgent: bool) -> Refused | None:
    if refusal == "release":
        return None if urgent else Refused(why, None)
    return Refused(why, service.overflow_to)


def anyone(core: Core, queued: Queued, service: Service) -> bool:
    """Whether an agent on duty, free or not, could take the call after all steps of relaxation."""
    need = need_of(service, queued.language, len(service.relax), untold=queued.untold)
    return core.could_take(need, urgent=queued.priority == "urgent") > 0


def is_open(schedule: Schedule | None, at: float) -> bool:
    """Whether a schedule is open at a time. After its last known time it is open: a calendar that nobody extended must
    not close the line."""
    if schedule is None or at >= schedule.known_until:
        return True
    place = bisect_right(schedule.open, at, key=lambda span: span[0])
    return place > 0 and at < schedule.open[place - 1][1]


def look(core: Core, queued: Queued, service: Service) -> None:
    """Check the staff of a service for which a caller waits from now."""
    if service.leave_empty != "wait" and not anyone(core, queued, service):
        watch(core, service)


def watch(core: Core, service: Service) -> None:
    """Start the timer of a service's callers if no agent may be on duty for them any more."""
    if service.id not in core.state.empty_due:
        core.state.empty_due[service.id] = core.at + core.state.config.empty_grace_s
        EMPTY.start(core, service)


def after_turn(core: Core) -> None:
    """Check all services after agents went off duty by this event."""
    for service in core.services.values():
        if service.leave_empty != "wait" and core.waiting.count(service.id):
            watch(core, service)
