"""The projector: brings the journal's facts into the database, each exactly once.

The rows of some entries and the note that they are in (`checkpoints`) are one transaction, so a process killed at any
point leaves either both or neither. A database that is slow or away only delays it; entries wait in the journal.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.log import Entry, JournalError
from storage.database import Database, DatabaseError
from storage.projection import Batch, Statements, milliseconds
from storage.tables import CheckpointRow, SkippedEntryRow, table_of

log = logging.getLogger(__name__)

BATCH = 200
"""Entries of one transaction, at most."""
GAP_S = 0.25
"""Least time from the beginning of one transaction to that of the next: under load entries gather meanwhile."""
RETRY_FIRST_S, RETRY_LAST_S = 0.1, 5.0
_STORE_EVERY = 1000
_TRIES = 3

checkpoints, skipped_entries = table_of(CheckpointRow), table_of(SkippedEntryRow)


class Source(Protocol):
    """What is read: `storage.journal.SqliteJournal`, `JournalReader` or `MemoryJournal`."""

    id: str

    def read(self, after: int, limit: int = ...) -> list[Entry]:
        """Entries behind `after`."""

    def last_seq(self) -> int:
        """Number of the newest entry."""

    def opening(self) -> int:
        """In which opening of the journal the newest entries were written."""

    def standing(self, opening: int, seq: int) -> int:
        """Of the entries up to `seq`, read in `opening`, the last that still stands."""


class Projector:
    """Follows a journal into a database. Everything happens on the loop that `run` is called on."""

    def __init__(
        self,
        source: Source,
        database: Database,
        *,
        reader: str = "projector",
        timezone: str = "Europe/Istanbul",
        batch: int = BATCH,
        gap_s: float = GAP_S,
        retry_s: tuple[float, float] = (RETRY_FIRST_S, RETRY_LAST_S),
    ) -> None:
        self.seq = 0
        """The newest entry taken in."""
        self.stored_seq = 0
        """What the database says is in it; never more than `seq`. Entries behind it must stay in the journal."""
        self.error = ""
        """Why it does not get on; empty if it does."""
        self.skipped = 0
        """Entries that the database refused since the start; they are in `skipped_entries`."""
        self._source = source
        self._database = database
        self._reader = reader
        self._zone = ZoneInfo(timezone)
        self._batch = batch
        self._gap_s = gap_s
        self._retry_s = retry_s
        self._statements = Statements(postgres=database.is_postgres)
        self._wake = asyncio.Event()
        self._resumed = False
        self._opening = 0

    @property
    def lag_events(self) -> int:
        """Entries that are in the journal and not yet taken in."""
        return max(0, self._source.last_seq() - self.seq)

    def notify(self) -> None:
        """Say that the journal has grown. To be called on the projector's own loop; costs next to nothing."""
        self._wake.set()

    async def run(self) -> None:
        """Follow until cancelled. Never ends by itself, whatever the database does."""
        loop = asyncio.get_running_loop()
        first_s, last_s = self._retry_s
        wait_s = first_s
        while True:
            self._wake.clear()
            began = loop.time()
            try:
                more = await self._step()
            except (SQLAlchemyError, OSError, JournalError, DatabaseError) as error:
                self._failed(error)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, last_s)
                continue
            self.error, wait_s = "", first_s
            await asyncio.sleep(max(0.0, began + self._gap_s - loop.time()) if more else 0)
            if not more:
                await self._wake.wait()

    async def catch_up(self) -> int:
        """Take in all there is now and return the newest number. For tools; errors are the caller's."""
        while await self._step():
            pass
        return self.seq

    def _failed(self, error: Exception) -> None:
        self._resumed = False  # where a commit broke off only the database knows whether it counted
        text = str(error if isinstance(error, JournalError | DatabaseError) else self._database.explain(error))
        if text != self.error:
            log.warning("projector waits: %s", text)
        self.error = text

    async def _step(self) -> bool:
        """Take in the next entries. False if there were none."""
        if not self._resumed:
            await self._resume()
        entries = self._source.read(self.seq, self._batch)
        if not entries:
            return False
        last = entries[-1].seq
        if any(entry.facts for entry in entries) or last - self.stored_seq >= _STORE_EVERY:
            opening = self._source.opening()
            await self._take_in(entries, opening)
        else:
            self.seq = last
        return True

    async def _take_in(self, entries: Sequence[Entry], opening: int) -> None:
        try:
            taken = await self._store(entries, opening)
        except Exception as error:
            if not _refused(error):
                raise
            # Something in one of these entries cannot be stored. Which one is found by trying each for itself.
            for entry in entries:
                if not await self._take_in_one(entry, opening):
                    return
            return
        if taken:
            self.seq = self.stored_seq = entries[-1].seq

    async def _take_in_one(self, entry: Entry, opening: int) -> bool:
        for left in reversed(range(_TRIES)):
            try:
                taken = await self._store([entry], opening)
            except Exception as error:
                if not _refused(error):
                    raise
                if left:
                    continue
                log.error("entry %d cannot be stored and is put aside: %s", entry.seq, _name(error))
                taken = await self._put_aside(entry, opening, error)
                self.skipped += 1
            break
        if taken:
            self.seq = self.stored_seq = entry.seq
        return taken

    async def _store(self, entries: Sequence[Entry], opening: int) -> bool:
        """One transaction. False if another projector has come between: then look again where to go on."""
        async with self._database.writing() as connection:
            if not await self._move(connection, entries[-1].seq, opening):
                return False
            await Batch(connection, self._statements, self._zone).apply(entries)
        self._opening = opening
        return True

    async def _put_aside(self, entry: Entry, opening: int, error: Exception) -> bool:
        async with self._database.writing() as connection:
            if not await self._move(connection, entry.seq, opening):
                return False
            await connection.execute(
                sa.insert(skipped_entries),
                {
                    "reader": self._reader,
                    "journal": self._source.id,
                    "seq": entry.seq,
                    "at": max(-(2**62), min(2**62, milliseconds(entry.event.at))),
                    "error": _name(error),
                },
            )
        self._opening = opening
        return True

    async def _move(self, connection: AsyncConnection, seq: int, opening: int) -> bool:
        """Move the checkpoint from where we believe it is. It is locked from here to the end of the transaction."""
        moved = await connection.execute(
            sa.update(checkpoints)
            .where(
                checkpoints.c.reader == self._reader,
                checkpoints.c.journal == self._source.id,
                checkpoints.c.opening == self._opening,
                checkpoints.c.seq == self.stored_seq,
            )
            .values(seq=seq, opening=opening)
        )
        if moved.rowcount != 1:
            self._resumed = False
            return False
        return True

    async def _resume(self) -> None:
        """Find where to go on: at the checkpoint, unless it is of another journal or of an end that was lost."""
        source, own = self._source, checkpoints.c.reader == self._reader
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        async with self._database.writing() as connection:
            first = {"reader": self._reader, "journal": source.id, "opening": source.opening(), "seq": 0}
            await connection.execute(insert(checkpoints).on_conflict_do_nothing(), first)
            # Locked: another projector of the same journal may be moving it.
            found = (await connection.execute(sa.select(checkpoints).where(own).with_for_update())).mappings().one()
            seq = source.standing(found["opening"], found["seq"]) if found["journal"] == source.id else 0
            opening = source.opening()
            if seq != found["seq"]:
                log.warning(
                    "the database was at entry %d of journal %s; goes on from %d of %s",
                    *(found["seq"], found["journal"], seq, source.id),
                )
            await connection.execute(
                sa.update(checkpoints).where(own).values(journal=source.id, opening=opening, seq=seq)
            )
        self.seq = self.stored_seq = seq
        self._opening = opening
        self._resumed = True


def _name(error: BaseException) -> str:
    """What went wrong, without the values: callers' numbers are among them."""
    return " from ".join(type(cause).__name__ for cause in _causes(error))


def _refused(error: BaseException) -> bool:
    """Whether it is what was to be stored that is at fault, and not the database or the way to it."""
    if isinstance(error, asyncio.CancelledError | OSError | JournalError | DatabaseError):
        return False
    if not isinstance(error, SQLAlchemyError):
        return True
    if isinstance(error, DataError | IntegrityError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return any(
        isinstance(cause, ValueError | OverflowError | TypeError)
        or str(getattr(cause, "sqlstate", None) or "")[:2] in ("22", "23")
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or (seen.orig if isinstance(seen, DBAPIError) else None)
