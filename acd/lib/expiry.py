"""The time by which data expires. What is destroyed cannot be brought back, so both clocks must agree on it."""

from typing import Final

import structlog

from acd.lib.clock import SteadyClock

log = structlog.get_logger()

SURE_S: Final = 3600.0
"""So far our time may be ahead of the machine's clock, or that may have been set forward, where data is destroyed."""


def expiry_time(clock: SteadyClock) -> float | None:
    """The machine's time, which is the earlier one. None while ours is far ahead of it, or if it was set far forward
    since this process began, with an error in the log: the machine's clock was wrong for a moment, or is wrong now, and
    by one of them all data may be too old."""
    ahead_s, gained_s = clock.ahead_s, clock.gained_s
    if max(ahead_s, gained_s) > SURE_S:
        log.error(
            "nothing_destroyed",
            ahead_s=round(ahead_s),
            set_forward_s=round(gained_s),
            kept="all that has expired",
            way_out="set the machine's clock right; if it is right, see The clock was set back in docs/operations.md",
        )
        return None
    return clock.wall()
