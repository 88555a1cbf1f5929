"""Watches deadlines: gives warnings and escalations when their time comes, also if it came while the desk was down."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from acd.desk.database import RETRY_S, Records
from acd.lib.clock import clock
from console.ports import Unavailable
from storage.database import DatabaseError

log = structlog.get_logger()

LOOK_S: Final = 5.0
"""Seconds within which an earlier deadline after a change is noticed; deadlines of minutes are the shortest."""


async def watch_deadlines(records: Records, digest_now: Callable[[], str]) -> None:
    """Give due warnings and escalations, until cancelled. `digest_now` gives the digest of the files with which
    deadlines are computed; after a change of it all deadlines are computed again."""
    known = ""
    error = ""
    while True:
        try:
            watch = records.watch
            if known != (digest := digest_now()):
                moved = await watch.recompute(digest)
                known = digest
                if moved:
                    log.info("deadlines_computed_again", requests=moved)
            await watch.look()
            next_at = await watch.next_at()
            error = ""
        except (Unavailable, DatabaseError) as problem:
            if str(problem) != error and isinstance(problem, DatabaseError):
                log.warning("deadlines_not_watched", error=str(problem))
            error = str(problem)
            await asyncio.sleep(RETRY_S)
            continue
        until_s = LOOK_S if next_at is None else next_at - clock()
        await asyncio.sleep(min(LOOK_S, max(until_s, 0.05)))
