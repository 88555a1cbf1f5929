"""Checks passwords in worker threads, few at once and in fair turns.

A check takes a processor for tens of milliseconds. A flood of sign-ins must neither stall the desk nor keep others from
signing in: one check runs at a time, and one more for browsers that signed in before; one client can fill only a part
of the waiting places."""

import asyncio
from collections import Counter
from typing import Final

from acd.lib import passwords
from console.people_ports import TooManyTries

MOST: Final = 64
"""The most sign-ins that wait or are being checked."""
MOST_OF_CLIENT: Final = 16
BUSY_S: Final = 2.0


class Checks:
    """The checks of one desk."""

    def __init__(self) -> None:
        self._lanes = {known: asyncio.Semaphore(1) for known in (False, True)}
        self._clients: Counter[str] = Counter()

    async def verify(self, password: str, password_hash: str, *, client: str, known: bool) -> bool:
        """Whether this is the password that was hashed. `known`: from a browser that signed in before. Raises
        `TooManyTries` where too many wait."""
        crowded = self._clients.total() >= MOST or self._clients[client] >= MOST_OF_CLIENT
        if crowded and not known:
            raise TooManyTries(BUSY_S, "too many sign in at this moment")
        self._clients[client] += 1
        try:
            async with self._lanes[known]:
                return await asyncio.to_thread(passwords.verify_password, password, password_hash)
        finally:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
