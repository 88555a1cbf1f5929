"""Keeps the engine's opening hours right while the line runs.

They are computed for some weeks, and extended long before they run out. The engine compares them with the time of its
events, which is ahead of the machine's clock after that was set back (`acd.lib.clock`): then they are moved by as
much, and again whenever the difference has changed. So the engine needs no second time, and people find the line open
by their own."""

import asyncio
from collections.abc import Callable
from typing import Final

from acd.config.rules import Rules
from acd.lib.clock import clock

EVERY_S: Final = 86_400.0
LOOK_S: Final = 600.0
APART_S: Final = 300.0
"""So far the hours may be off before they are moved."""


def in_step(rules: Rules, timezone: str) -> Rules:
    """The rules with the opening hours of now."""
    return rules.with_hours(clock(), timezone, clock.ahead_s)


async def bring_hours_on(rules: Callable[[], Rules], timezone: str, take: Callable[[Rules], None]) -> None:
    """Bring the opening hours up to date, until cancelled. `rules` are those in force; `take` is given new ones."""
    done_at, moved_by_s, seen = clock(), clock.ahead_s, rules()
    while True:
        await asyncio.sleep(LOOK_S)
        is_known = rules() is seen  # a reload has moved its own by what the difference was then
        if is_known and clock() - done_at < EVERY_S and abs(clock.ahead_s - moved_by_s) < APART_S:
            continue
        done_at, moved_by_s, before = clock(), clock.ahead_s, rules()
        if before.hours:
            fresh = await asyncio.to_thread(in_step, before, timezone)
            if rules() is before:  # a reload has computed its own
                take(fresh)
        seen = rules()
