"""Waiting, in an event loop, for what nothing tells of."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], what: str = "what the test waits for", within_s: float = 60.0) -> None:
    """Let the loop run until the condition holds. Raises `AssertionError` at the deadline."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110  the conditions are of many kinds, most without an event
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"not within {within_s:g} s: {what}") from None
