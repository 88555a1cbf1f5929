"""The sampler, on a loop that is really blocked."""

import asyncio
import time

from acd.line.stalls import sample_stalls


async def test_a_held_loop_is_seen_and_a_free_one_is_not() -> None:
    seen: list[float] = []
    told = asyncio.Event()

    def observe(seconds: float) -> None:
        seen.append(seconds)
        told.set()

    task = asyncio.create_task(sample_stalls(observe, every_s=0.01))
    try:
        async with asyncio.timeout(60):
            await told.wait()
            calm = len(seen)
            time.sleep(0.15)  # noqa: ASYNC251 (holding the loop is the point)
            told.clear()
            await told.wait()
        assert calm >= 1
        assert max(seen[calm:]) >= 0.1
    finally:
        task.cancel()
