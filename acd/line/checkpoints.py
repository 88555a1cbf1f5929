"""Keeps the journal's write-ahead log short, in a worker thread: a checkpoint waits for the disk."""

import asyncio

import structlog

from acd.engine.model.journal import JournalError
from storage.journal import CHECKPOINT_BYTES, SqliteJournal

log = structlog.get_logger()

CHECKPOINT_EVERY_S = 2.0


async def keep_log_short(journal: SqliteJournal) -> None:
    """Write checkpoints, until cancelled."""
    while True:
        await asyncio.sleep(CHECKPOINT_EVERY_S)
        try:
            if journal.wal_bytes() > CHECKPOINT_BYTES:
                await asyncio.to_thread(journal.checkpoint)
        except JournalError as error:
            log.warning("journal_upkeep_failed", error=str(error))
