"""The line knows of a talk before the database does: who is refused for that is asked again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from tickets.failures import NotGranted

BEHIND_S: Final = 2.0
"""Seconds that the database may be behind the line."""
AGAIN_S: Final = 0.1
T = TypeVar("T")


async def once_stored(ask: Callable[[], Awaitable[T]], codes: Sequence[str]) -> T:
    """What `ask` gives. Who has talked, and since when, is in the database a moment after the page knows it: a refusal
    with one of these codes counts only if it stands for so long. Raises `NotGranted`, `Unavailable`."""
    deadline = time.monotonic() + BEHIND_S
    while True:
        try:
            return await ask()
        except NotGranted as error:
            if error.refusal.code not in codes or time.monotonic() > deadline:
                raise
        await asyncio.sleep(AGAIN_S)
