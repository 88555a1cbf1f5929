"""Keeps the journal's files short, in a worker thread: a checkpoint and a deletion wait for the disk."""

import asyncio
from collections.abc import Callable

import structlog

from acd.engine.model.journal import JournalError
from acd.lib.clock import clock
from storage.journal import CHECKPOINT_BYTES, SqliteJournal

log = structlog.get_logger()

CHECKPOINT_EVERY_S = 2.0
DROP_EVERY_S = 3600.0


async def keep_journal_short(journal: SqliteJournal, days: int, stored_seq: Callable[[], int]) -> None:
    """Write checkpoints, and drop entries older than `days` up to `stored_seq`, until cancelled."""
    dropped_at = 0.0
    while True:
        await asyncio.sleep(CHECKPOINT_EVERY_S)
        try:
            if journal.wal_bytes() > CHECKPOINT_BYTES:
                await asyncio.to_thread(journal.checkpoint)
            if clock() - dropped_at > DROP_EVERY_S:
                dropped_at = clock()
                await asyncio.to_thread(journal.drop, dropped_at - days * 86_400, [stored_seq()])
        except JournalError as error:
            log.warning("journal_upkeep_failed", error=str(error))
