"""Keeps the names of what the town's files have, and knows those that they had."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from acd.desk.database import RETRY_S, Records
from console.ports import Unavailable
from storage.database import DatabaseError
from tickets.town.model import Named, Town

log = structlog.get_logger()

LOOK_S: Final = 5.0
"""Seconds within which new files are noticed."""


async def keep_town_names(
    records: Records, town_now: Callable[[], Town], know: Callable[[Iterable[Named]], None]
) -> None:
    """Store the names of the files in force when the desk starts and after each change, until cancelled. `know` is
    given all names there are: requests about what an earlier file had have their names after a restart, too."""
    kept: Town | None = None
    error = ""
    while True:
        try:
            if (town := town_now()) is not kept:
                known = await records.town_names.keep(town.names())
                reloaded = town_now() is not town
                know(known)
                kept = None if reloaded else town_now()
            error = ""
        except (Unavailable, DatabaseError) as problem:
            if str(problem) != error and isinstance(problem, DatabaseError):
                log.warning("town_names_not_kept", error=str(problem))
            error = str(problem)
            await asyncio.sleep(RETRY_S)
            continue
        await asyncio.sleep(LOOK_S)
