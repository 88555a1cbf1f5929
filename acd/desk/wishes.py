"""Wishes to the line that stand in the database: said until the line's facts are in the database too."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import structlog

from acd.desk.database import RETRY_S
from console.ports import Unavailable
from storage.database import DatabaseError

log = structlog.get_logger()

Wish = Callable[[Any], Awaitable[object]]
"""Has the line take an event in; raises `Unavailable`."""


class Said:
    """Wishes that the line has taken, and when, by name. The line drops a name that it knows, so saying a wish twice
    does no harm."""

    def __init__(self, again_s: float) -> None:
        """A wish is due again if the database has no word of it after `again_s` seconds."""
        self._again_s: Final = again_s
        self._at: dict[str, float] = {}

    def keep(self, wanted: Iterable[str]) -> None:
        """Forget all wishes but these."""
        self._at = {wish: self._at[wish] for wish in wanted if wish in self._at}

    def is_due(self, wish: str) -> bool:
        """Whether the line is to be told of it now."""
        at = self._at.get(wish)
        return at is None or time.monotonic() - at >= self._again_s

    def note(self, wish: str) -> None:
        """The line has taken it now."""
        self._at[wish] = time.monotonic()


async def look_for_ever(look: Callable[[], Awaitable[None]], *, every_s: float, failing: str) -> None:
    """Call `look` every so many seconds until cancelled, and later after a failure of the line or the database. A
    failure of the database is logged as `failing`, once for each text."""
    error = ""
    while True:
        pause_s = every_s
        try:
            await look()
            error = ""
        except (Unavailable, DatabaseError) as problem:
            if str(problem) != error and isinstance(problem, DatabaseError):
                log.warning(failing, error=str(problem))
            error = str(problem)
            pause_s = RETRY_S
        await asyncio.sleep(pause_s)
