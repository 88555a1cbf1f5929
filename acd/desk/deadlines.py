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


async def watch_deadlines(records: Records) -> None:
    """Give due warnings and escalations, until cancelled."""
    error = ""
    while True:
        try:
            await records.watch.look()
            next_at = await records.watch.next_at()
            error = ""
        except (Unavailable, DatabaseError) as problem:
            if str(problem) != error and isinstance(problem, DatabaseError):
                log.warning("deadlines_not_watched", error=str(problem))
            error = str(problem)
            await asyncio.sleep(RETRY_S)
            continue
        until_s = LOOK_S if next_at is None else next_at - clock()
        await asyncio.sleep(min(LOOK_S, max(until_s, 0.05)))


async def keep_deadlines(records: Records, digest_now: Callable[[], str]) -> None:
    """Compute all deadlines again when the files with which they are computed change, until cancelled. `digest_now`
    gives the digest of these files.

    This is no part of `watch_deadlines`: it takes minutes, for which no warning may wait. Both lock a request and read
    it again before they change it."""
    known = ""
    error = ""
    while True:
        try:
            if known != (digest := digest_now()):
                moved = await records.watch.recompute(digest)
                known = digest
                if moved:
                    log.info("deadlines_computed_again", requests=moved)
            error = ""
        except (Unavailable, DatabaseError) as problem:
            if str(problem) != error and isinstance(problem, DatabaseError):
                log.warning("deadlines_not_computed", error=str(problem))
            error = str(problem)
            await asyncio.sleep(RETRY_S)
            continue
        await asyncio.sleep(LOOK_S)
