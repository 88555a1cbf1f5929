"""Wishes to the line that stand in the database: said until the line's facts are in the database too."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import structlog

from acd.desk.database import RETRY_S
from console.ports import Unavailable
from storage.database import DatabaseError
from storage.requests.faults import Fault, is_of_database, pause_s

log = structlog.get_logger()

Item = TypeVar("Item")
Wish = Callable[[Any], Awaitable[bool]]
"""Has the line take an event in; raises `Unavailable`. Returns whether the journal has it: while the disk is full the
line acts on it, and knows nothing of it any more once it was killed. What must not be lost is then said again."""


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

    def knows(self, wish: str) -> bool:
        """Whether it was noted before."""
        return wish in self._at

    def note(self, wish: str) -> None:
        """The line has taken it now."""
        self._at[wish] = time.monotonic()


class Alone:
    """Work on many, on each alone: our own fault with one, of which the operator is told, does not keep the others. It
    is put off, longer each time."""

    def __init__(self, part: str, fault: Fault) -> None:
        self._part, self._fault = part, fault
        self._put_off: dict[str, tuple[int, float]] = {}
        """How often each has failed, and until when it is left alone."""

    async def each(
        self, found: Sequence[Item], work: Callable[[Item], Awaitable[None]], name: Callable[[Item], str]
    ) -> None:
        """Do the work on each, known by its name. Raises `Unavailable` and `DatabaseError`, with which nothing goes
        on."""
        names = {name(one) for one in found}
        self._put_off = {name: one for name, one in self._put_off.items() if name in names}
        for one in found:
            faults, until = self._put_off.get(name(one), (0, 0.0))
            if time.monotonic() < until:
                continue
            try:
                await work(one)
                self._put_off.pop(name(one), None)
            except Exception as error:
                if isinstance(error, Unavailable) or is_of_database(error):
                    raise
                self._fault(self._part, name(one), error)
                self._put_off[name(one)] = faults + 1, time.monotonic() + pause_s(faults + 1)


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
