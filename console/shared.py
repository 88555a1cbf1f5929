"""What is made for everybody who asks meanwhile, and not for each of them: anybody may ask for it, as often as they
like, and it takes milliseconds of the desk's loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

PAUSE_S: Final = 0.1
"""Least seconds from one making to the next."""
EARLY_S: Final = 0.002
"""By so much a loop that counts in milliseconds (uvloop) may wake a sleeper too early."""


class Shared(Generic[T]):
    """Answers of `make`, each to all who asked before it was begun: none is older than its question. `make` must end:
    whoever asks later waits for it."""

    def __init__(self, make: Callable[[], Awaitable[T]], pause_s: float = PAUSE_S) -> None:
        self._make = make
        self._pause_s = pause_s
        self._began_at = -pause_s
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The next one. Raises what `make` raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._make_next())
        return await asyncio.shield(self._next)  # one who leaves must not take it from the others

    async def _make_next(self) -> T:
        async with self._turn:
            if (left := self._began_at + self._pause_s - time.monotonic()) > 0:
                await asyncio.sleep(left + EARLY_S)
            self._began_at, self._next = time.monotonic(), None
            return await self._make()
