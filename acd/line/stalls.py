"""Is the event loop late? Everything the daemon does shares it, so its stalls are every caller's."""

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
    """Tell `observe`, every `every_s` seconds and until cancelled, how many seconds late the loop woke us.

    The moments have nothing to do with the line's work, so the samples are what an event that arrives at any moment
    has to wait. A loop's timers may round to a millisecond; shorter stalls are noise.
    """
    while True:
        due = clock() + every_s
        await asyncio.sleep(every_s)
        observe(max(0.0, clock() - due))
