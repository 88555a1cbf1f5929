"""How long a caller waits for a service before they are moved or released, as the service says."""

from acd.engine.core import Core
from acd.engine.model.state import Call
from acd.engine.timers import call_timer


def until(core: Core, call: Call) -> float | None:
    """Until when the caller may wait for their service; None without a limit, and for a caller who waits for a
    callback. A routine service's limit releases no urgent caller."""
    queued = call.queued
    if queued is None or call.phase not in ("waiting", "offered") or call.away:
        return None
    service = core.service(queued.service)
    if service.max_wait_s is None:
        return None
    if queued.priority == "urgent" != service.priority and service.overflow_to is None:
        return None
    return queued.moved_at + service.max_wait_s


MAX_WAIT = call_timer("maxwait", until)
"""The caller has waited as long as their service allows."""
