"""What is let go of by itself: keys of old writes, letters sent long ago, sessions that are over, files that no request
has; and every night what has expired by law and the town's file."""

import asyncio
from datetime import date, datetime, tzinfo
from typing import Final

import structlog

from acd.desk.database import RETRY_S, Records
from acd.lib.clock import clock
from console.ports import Unavailable
from storage.database import DatabaseError
from storage.requests.attachments import Attachments

log = structlog.get_logger()

EVERY_S: Final = 3600.0
LOST_AFTER_S: Final = 3600.0
"""A file is there before its request says so; one that no request has so long after is nobody's."""


NIGHT_HOUR: Final = 3
"""The local hour after which a day's expired data is destroyed. A desk that was down then does it when it is up."""


async def keep_house(records: Records, attachments: Attachments, zone: tzinfo) -> None:
    """Clean up every hour, until cancelled."""
    destroyed: date | None = None
    while True:
        try:
            await clean_up(records, attachments)
        except (Unavailable, DatabaseError):  # other parts report the database's state
            await asyncio.sleep(RETRY_S)
            continue
        except OSError as error:
            log.warning("files_not_swept", error=str(error))
        now = datetime.fromtimestamp(clock(), zone)
        if now.hour >= NIGHT_HOUR and destroyed != now.date() and await destroy(records):
            destroyed = now.date()
        await asyncio.sleep(EVERY_S)


async def destroy(records: Records) -> bool:
    """Destroy what has expired, and log how much. False where the database did not do it: the next hour tries again."""
    try:
        done = await records.destruction.run()
    except (Unavailable, DatabaseError) as error:
        log.warning("expired_data_not_destroyed", error=str(error))
        return False
    for one in done:
        log.info("expired_data_destroyed", what=one.what, kind=one.kind, count=one.count)
    return True


async def clean_up(records: Records, attachments: Attachments) -> None:
    """Delete what is not needed any more. Raises `Unavailable`, `DatabaseError` or `OSError`."""
    await records.store.forget_keys()
    await records.outbox.forget()
    await records.people.sessions.forget()
    known = await records.requests.file_ids()
    await asyncio.to_thread(attachments.sweep, known, clock() - LOST_AFTER_S)
