"""How long a caller waits for a service before they are moved or released, as the service says."""

from acd.engine.core import Core
from acd.engine.model.state import Call
from acd.engine.timers import call_timer


def until(core: Core, call: Call) -> float | None:
    """Until when the caller may wait for their service; None without a limit, and for a caller who waits for a
    callback."""
    queued = call.queued
    if queued is None or call.phase not in ("waiting", "offered") or call.away:
        return None
    longest_s = core.service(queued.service).max_wait_s
    return None if longest_s is None else queued.moved_at + longest_s


MAX_WAIT = call_timer("maxwait", until)
"""The caller has waited as long as their service allows."""
