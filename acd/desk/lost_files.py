"""Files that no row of the database knows.

A process that is killed between a file and its row leaves such a file. So does a database that was rebuilt, brought
back from an old copy, or mis-addressed: then they are all the files there are. So they are put away for some days, and
come back by themselves once the database knows them again. If there are many, or the database knows none of those that
are there, nothing is touched, and the log says so.

A file that was erased or has expired has a row that says so. It is destroyed at once and for good, put away or not."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

import structlog

from acd.desk.database import Records
from acd.lib.clock import clock
from storage.requests.attachments import AWAY, Attachments
from tickets.privacy.retention import DAY_S

log = structlog.get_logger()

LOST_AFTER_S: Final = 3600.0
"""A file is there before its request says so; one that no request has so long after is nobody's."""
AWAY_DAYS: Final = 30
"""How long files without a row are put away before they are destroyed."""
FEW: Final = 20
SHARE: Final = 0.1
"""More files at once, and more than this part of all, are not lost by deaths of processes."""


async def sweep_files(records: Records, attachments: Attachments) -> None:
    """Destroy files that were taken from their requests, and put those away that no request knows. Raises
    `Unavailable`, `DatabaseError` or `OSError`."""
    known = await records.requests.file_ids()
    there, away = await asyncio.to_thread(attachments.there), await asyncio.to_thread(attachments.away)
    now = clock()
    unknown = (there.keys() | away.keys()) - known
    erased = await records.requests.erased_files(sorted(unknown))
    await asyncio.to_thread(attachments.destroy, erased)
    await asyncio.to_thread(attachments.destroy_drafts, now - LOST_AFTER_S)
    if back := away.keys() & known:
        await asyncio.to_thread(attachments.take_back, back)
        log.warning("files_taken_back", count=len(back))
    lost = [name for name, at in there.items() if name in unknown - erased and at < now - LOST_AFTER_S]
    older_than = now - AWAY_DAYS * DAY_S
    old = [name for name, at in away.items() if name in unknown - erased and at < older_than]
    if _refused(there, lost, old, known | erased):
        return
    if lost:
        await asyncio.to_thread(attachments.put_away, lost, now)
        log.warning("files_put_away", count=len(lost), folder=f"files/{AWAY}", days=AWAY_DAYS)
    if old:
        await records.destruction.record_files("ticket_file", len(old), older_than)
        await asyncio.to_thread(attachments.destroy, old)
        log.info("lost_files_destroyed", count=len(old))


def _refused(there: Mapping[str, float], lost: Collection[str], old: Collection[str], known: Collection[str]) -> bool:
    """Whether the database cannot be the one of these files; the log says so."""
    none_known = bool(there) and there.keys().isdisjoint(known)
    if not (none_known and (lost or old)) and len(lost) <= max(FEW, SHARE * len(there)):
        return False
    log.error(
        "files_without_requests",
        count=len(lost),
        files=len(there),
        kept="all of them",
        way_out="correct database_url or bring the database back; or move what is nobody's out of data_dir/files",
    )
    return True
