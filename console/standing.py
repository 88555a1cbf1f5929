"""Rights that are checked again during a long answer: a live stream, a telephone's WebSocket.

A person who signs out, is disabled or has no session any more must not go on watching or telephoning."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Final

from console.people_ports import Identity
from console.ports import Unavailable

LOOK_AGAIN_S: Final = 10.0


class Standing:
    """The right of a session or token. `again` looks it up; None: it does not end (the machine's own token, the
    wallboard's)."""

    def __init__(self, again: Callable[[], Awaitable[Identity | None]] | None = None) -> None:
        self._again = again

    async def holds(self) -> bool:
        """Whether it is still valid; an open page counts as use of a session. While the database is away nobody loses a
        right."""
        if self._again is None:
            return True
        try:
            return await self._again() is not None
        except Unavailable:
            return True

    async def over(self) -> None:
        """Wait until it is not valid any more."""
        if self._again is None:
            await asyncio.Event().wait()
        while await self.holds():  # noqa: ASYNC110  no event reports it: another process may have ended it
            await asyncio.sleep(LOOK_AGAIN_S)


async def while_it_holds(frames: AsyncGenerator[bytes], standing: Standing) -> AsyncIterator[bytes]:
    """A stream that ends with the right to it."""
    looked = time.monotonic()
    async with contextlib.aclosing(frames):
        async for frame in frames:
            if time.monotonic() - looked > LOOK_AGAIN_S:
                looked = time.monotonic()
                if not await standing.holds():
                    return
            yield frame
