"""Measures how late the event loop is. All work of the line shares it, so every caller waits for its stalls."""

import asyncio
import time
from collections.abc import Callable

EVERY_S = 0.05


async def sample_stalls(
    observe: Callable[[float], None],
    *,
    every_s: float = EVERY_S,
    clock: Callable[[], float] = time.perf_counter,
) -> None:
    """Pass to `observe`, every `every_s` seconds until cancelled, by how many seconds the loop woke us late.

    The sample times do not depend on the line's work, so a sample is the delay of an event that arrives at any time. A
    loop's timers may round to a millisecond; shorter stalls are noise.
    """
    while True:
        due = clock() + every_s
        await asyncio.sleep(every_s)
        observe(max(0.0, clock() - due))
