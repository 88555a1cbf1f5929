"""Rights that are checked again during a long answer: a live stream, a telephone's WebSocket.

A person who signs out, is disabled or has no session any more must not go on watching or telephoning."""

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Final

from console.ports import Unavailable

LOOK_AGAIN_S: Final = 10.0


class Standing:
    """The right of a session or token. `key` names it and gives it to nobody, so that it may be told to others; empty:
    it does not end (the machine's own token, the wallboard's). `holds` looks it up by that name."""

    def __init__(self, key: str = "", holds: Callable[[str], Awaitable[bool]] | None = None) -> None:
        self.key = key
        self._holds = holds

    async def holds(self) -> bool:
        """Whether it is still valid; an open page counts as use of a session. While the database is away nobody loses a
        right."""
        if not self.key or self._holds is None:
            return True
        try:
            return await self._holds(self.key)
        except Unavailable:
            return True


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
