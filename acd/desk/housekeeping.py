"""What is let go of by itself: keys of old writes, letters sent long ago, old drafts, notices of units that are some
months old, sessions that are over, spoken words that no call needs, files that no request has; and every night
what has expired by law and the town's file."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Final

import structlog

from acd.desk.database import RETRY_S, Records
from acd.desk.lost_files import sweep_files
from acd.lib.clock import clock
from acd.lib.expiry import expiry_time
from console.ports import Unavailable
from storage.database import DatabaseError
from storage.privacy.destruction import OfLine
from storage.privacy.waiting import LIMIT_DAYS
from storage.requests.attachments import Attachments
from storage.spoken_words import SpokenWords
from tickets.privacy.retention import Destroyed

log = structlog.get_logger()

EVERY_S: Final = 3600.0
LINE_EVERY_S: Final = 5.0
"""Between two looks at what the line says that it has destroyed."""

NIGHT_HOUR: Final = 3
"""The local hour after which a day's expired data is destroyed. A desk that was down then does it when it is up."""


async def keep_house(records: Records, attachments: Attachments, words: SpokenWords) -> None:
    """Clean up every hour, until cancelled."""
    while True:
        try:
            await clean_up(records, attachments, words)
        except (Unavailable, DatabaseError):  # other parts report the database's state
            await asyncio.sleep(RETRY_S)
            continue
        except OSError as error:
            log.warning("files_not_swept", error=str(error))
        await asyncio.sleep(EVERY_S)


async def destroy_nightly(records: Records, zone: tzinfo) -> None:
    """Destroy what has expired once a day, until cancelled. With a backlog this takes hours, for which the hourly
    clean-up must not wait."""
    destroyed: date | None = None
    while True:
        now = datetime.fromtimestamp(clock(), zone)
        if now.hour >= NIGHT_HOUR and destroyed != now.date() and expiry_time(clock) is not None:
            try:
                _ = records.destruction
            except Unavailable:  # other parts report the database's state
                await asyncio.sleep(RETRY_S)
                continue
            if await destroy(records):
                destroyed = now.date()
        await asyncio.sleep(EVERY_S)


async def record_line(records: Records, zone: tzinfo, of_line: Callable[[], Sequence[OfLine]]) -> None:
    """Make the night's record of what the line has destroyed, until cancelled; or later on the day, once the line says
    that there is anything. `of_line` is what it has destroyed so far; empty while it is away."""
    recorded: date | None = None
    seen: Sequence[OfLine] = ()
    while True:
        await asyncio.sleep(LINE_EVERY_S)
        now, found = datetime.fromtimestamp(clock(), zone), of_line()
        if now.hour < NIGHT_HOUR or recorded == now.date() or not found or found == seen:
            continue
        done = await _told(partial(_record, records, found))
        if done is None:
            await asyncio.sleep(EVERY_S)
            continue
        seen = found
        if done:
            recorded = now.date()


async def destroy(records: Records) -> bool:
    """Destroy what has expired, and log how much, and which erasures wait. False where that failed: the next hour tries
    again."""
    if await _told(lambda: records.destruction.run()) is None:
        return False
    try:
        waiting = await records.destruction.waiting()
    except (Unavailable, DatabaseError) as error:
        log.warning("erasures_not_looked_for", error=str(error))
        return True
    now = clock() if waiting else 0.0
    for one in waiting:
        tell = log.error if one.is_near(now) else log.warning
        tell("erasure_waits", erasure=one.id, days=one.days(now), limit_days=LIMIT_DAYS, requests=list(one.requests))
    return True


async def _record(records: Records, found: Sequence[OfLine]) -> list[Destroyed]:
    return await records.destruction.record_of_line(found)


async def _told(work: Callable[[], Awaitable[list[Destroyed]]]) -> list[Destroyed] | None:
    """The records of a destruction, which the log has too; None where the database is away, or a file cannot be
    destroyed."""
    try:
        done = await work()
    except (Unavailable, DatabaseError, OSError) as error:
        log.warning("expired_data_not_destroyed", error=str(error))
        return None
    for one in done:
        log.info("expired_data_destroyed", what=one.what, kind=one.kind, count=one.count)
    return done


async def clean_up(records: Records, attachments: Attachments, words: SpokenWords) -> None:
    """Delete what is not needed any more, close tasks whose reason is over, ask a person about requests that nothing
    moves. Raises `Unavailable`, `DatabaseError` or `OSError`."""
    over = await records.tasks.end_over()
    if over:
        log.info("tasks_over", tasks=over)
    stranded = await records.tasks.find_stranded()
    if stranded:
        log.warning("requests_stranded", requests=stranded)
    at = expiry_time(clock)
    if at is None:
        return
    await records.store.forget_keys()
    await records.outbox.forget()
    await records.notices.forget()
    await records.drafts.forget()
    await records.people.sessions.forget()
    await asyncio.to_thread(words.sweep, at)
    await sweep_files(records, attachments)
