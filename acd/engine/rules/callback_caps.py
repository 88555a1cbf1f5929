"""Limits of callbacks, so that nobody can use them as a weapon.

A caller's number is text that the caller chose. An attacker who forges it could make the line ring a stranger again and
again, or a number that costs money. So a number gets at most `callbacks_per_number` callbacks a day, all numbers
together get `callbacks_per_hour`, and numbers that begin with one of `callback_denied` get none.

A day and an hour are the last 24 hours and the last 60 minutes. Urgent callers who hung up have an hourly cap of their
own, as large as that of routine callers, so that using up one cap does not touch the other.
"""

from bisect import bisect_right
from collections.abc import Iterable

from acd.engine.core import Core
from acd.engine.model.config import EngineConfig
from acd.engine.model.facts import CallbackRefusal
from acd.engine.model.phone_numbers import international
from acd.engine.model.state import Call, Queued

DAY_S = 86_400.0
HOUR_S = 3600.0
SWEEP_S = 3600.0
"""Seconds between two removals of times older than a day."""


def is_denied(config: EngineConfig, digits: str) -> bool:
    """Whether a number, as it would be dialled, is in a range that is never called."""
    return international(digits).startswith(config.callback_denied)


def refusal(core: Core, call: Call, queued: Queued) -> CallbackRefusal | None:
    """Why this caller cannot be called back; None where they can."""
    config, digits = core.state.config, call.callable
    if not config.callbacks:
        return "off"
    if not digits:
        return "no_number"
    if is_denied(config, digits):
        return "denied"
    if core.callbacks.get(digits, call.id) != call.id:
        return "pending"
    if _is_used_up(core.state.callbacks_by_number.get(digits, ()), core.at - DAY_S, config.callbacks_per_number):
        return "per_number"
    times = core.state.callbacks_by_class.get(queued.priority, ())
    return "per_hour" if _is_used_up(times, core.at - HOUR_S, config.callbacks_per_hour) else None


def _is_used_up(times: Iterable[float], since: float, most: int) -> bool:
    return bool(most) and sum(at > since for at in times) >= most


def count(core: Core, call: Call, queued: Queued) -> None:
    """Count a callback against the caps. Call it once for each callback."""
    state = core.state
    hour = state.callbacks_by_class.get(queued.priority, [])
    state.callbacks_by_class[queued.priority] = [*hour[bisect_right(hour, core.at - HOUR_S) :], core.at]
    if core.at >= state.callbacks_swept_at + SWEEP_S:
        since = core.at - DAY_S
        state.callbacks_swept_at = core.at
        state.callbacks_by_number = {one: at for one, at in state.callbacks_by_number.items() if at[-1] > since}
    day = state.callbacks_by_number.get(call.callable, [])
    state.callbacks_by_number[call.callable] = [*day[bisect_right(day, core.at - DAY_S) :], core.at]
