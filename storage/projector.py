"""The projector: writes the journal's facts to the database, each exactly once.

The rows of a batch and the position after it (`checkpoints`) are written in one transaction, so a killed process leaves
either both or neither. A database that is slow or away only delays this; entries wait in the journal.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.journal import Entry, JournalDamaged, JournalDropped, JournalError
from acd.engine.model.target import TARGET_S
from storage.columns import milliseconds, table_of
from storage.database import Database, DatabaseError
from storage.projection import Batch
from storage.projection_statements import Statements
from storage.tables import CheckpointRow, SkippedEntryRow
from tickets.changes import Rules

log = logging.getLogger(__name__)

BATCH = 2000
"""The most entries of one transaction."""
GAP_S = 0.25
"""Least seconds from the beginning of one transaction to that of the next: under load entries gather meanwhile. After a
full batch the next follows at once, so a backlog is stored as fast as the database can."""
RETRY_FIRST_S, RETRY_LAST_S = 0.1, 5.0
_STORE_EVERY = 1000
_PACE_S = 5.0
"""The rate at which a backlog shrinks is measured over so many seconds."""
_TRIES = 2

checkpoints, skipped_entries = table_of(CheckpointRow), table_of(SkippedEntryRow)


class Source(Protocol):
    """The journal to read: `storage.journal.SqliteJournal`, `JournalReader` or `MemoryJournal`."""

    id: str

    def read(self, after: int, limit: int = ...) -> list[Entry]:
        """Entries behind `after`."""

    def last_seq(self) -> int:
        """Number of the newest entry."""

    def opening(self) -> int:
        """The opening of the journal in which the newest entries were written."""

    def standing(self, opening: int, seq: int) -> int:
        """The last entry up to `seq`, read in `opening`, that still exists."""


class Projector:
    """Follows a journal into a database. Everything runs on the loop of `run`.

    `rules` are asked for each batch: calls open requests by them. Rows tell which
    calls were answered within `target_s`. Of requests from before `tell_since()` (Unix seconds) nobody outside is told:
    a projector that was held up must not ring and write to people about what is long over."""

    def __init__(
        self,
        source: Source,
        database: Database,
        *,
        rules: Callable[[], Rules],
        target_s: float = TARGET_S,
        reader: str = "projector",
        batch: int = BATCH,
        gap_s: float = GAP_S,
        retry_s: tuple[float, float] = (RETRY_FIRST_S, RETRY_LAST_S),
        on_damage: Callable[[str], None] = lambda why: None,
        tell_since: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`on_damage` gets the reason if the journal cannot be read any further; only another journal helps then."""
        self.seq = 0
        """The newest entry taken in."""
        self.stored_seq = 0
        """What the database says is in it; never more than `seq`. Entries behind it must stay in the journal."""
        self.error = ""
        """Why it does not get on; empty if it does."""
        self.skipped = 0
        """Entries that the database refused since the start; they are in `skipped_entries`."""
        self.untold = 0
        """Text messages, mails, webhooks and duty rings that came too late since the start, and are dropped."""
        self._untold_said = 0
        self._tell_since = tell_since
        self._source = source
        self._database = database
        self._reader = reader
        self._rules = rules
        self._target_s = target_s
        self._batch = batch
        self._gap_s = gap_s
        self._retry_s = retry_s
        self._on_damage = on_damage
        self._statements = Statements(database.engine.dialect)
        self._wake = asyncio.Event()
        self._resumed = False
        self._opening = 0
        self._idle = False
        self._fresh_at = time.monotonic()
        self._trail: deque[tuple[float, int]] = deque()
        """When a batch was taken in, and how many entries were missing then."""

    @property
    def lag_events(self) -> int:
        """Entries that are in the journal and not yet in the database."""
        return max(0, self._source.last_seq() - self.seq)

    @property
    def lag_s(self) -> float:
        """Seconds since the moment up to which every journalled entry is in the database; 0 while none is missing.
        While entries come steadily it is the age of what a reader of the database sees."""
        return 0.0 if self._idle else time.monotonic() - self._fresh_at

    @property
    def caught_up_in_s(self) -> float | None:
        """Seconds until nothing is missing, at the rate of the last few seconds; None while the backlog does not
        shrink, or if no batch was stored for longer than that."""
        now = time.monotonic()
        if len(self._trail) < 2 or now - self._trail[-1][0] > _PACE_S:
            return None
        (then, before), (last, left) = max(self._trail, key=itemgetter(1)), self._trail[-1]
        return left * (last - then) / (before - left) if before > left else None

    def notify(self) -> None:
        """Note that the journal has grown. Call it on the projector's own loop; it costs almost nothing."""
        if self._idle:
            self._idle, self._fresh_at = False, time.monotonic()
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
            if more is None:
                self._idle = not self._wake.is_set()
                await self._wake.wait()
            else:
                await asyncio.sleep(0.0 if more else max(0.0, began + self._gap_s - loop.time()))

    async def catch_up(self) -> int:
        """Store all present entries and return the newest number. For tools; errors are raised."""
        while await self._step() is not None:
            pass
        return self.seq

    def _failed(self, error: Exception) -> None:
        self._resumed = False  # if a commit was interrupted, only the database knows whether it counted
        text = str(error if isinstance(error, JournalError | DatabaseError) else self._database.explain(error))
        if isinstance(error, JournalDropped):
            text += ". For a database brought back from an old copy: `cozum db continue` goes on behind the gap"
        if text != self.error:
            log.warning("projector waits: %s", text)
            if isinstance(error, JournalDamaged):
                self._on_damage(text)
        self.error = text

    async def _step(self) -> bool | None:
        """Store the next entries. Returns whether the batch was full, so that there are more; None if there were
        none."""
        if not self._resumed:
            await self._resume()
        began = time.monotonic()
        entries = self._source.read(self.seq, self._batch)
        if not entries:
            self._fresh_at = began
            return None
        last = entries[-1].seq
        if any(entry.facts for entry in entries) or last - self.stored_seq >= _STORE_EVERY:
            opening = self._source.opening()
            await self._take_in(entries, opening)
        else:
            self.seq = last
        full = len(entries) == self._batch
        if not full and self.seq == last:
            self._fresh_at = began
            self._say_untold()
        self._trail.append((time.monotonic(), self.lag_events))
        while self._trail[-1][0] - self._trail[0][0] > _PACE_S:
            self._trail.popleft()
        return full

    def _say_untold(self) -> None:
        """Once for each time that it was held up."""
        if self.untold > self._untold_said:
            log.warning(
                "%d text messages, mails, webhooks and duty rings were not sent: their requests were stored too late; "
                "people must look at the urgent ones",
                self.untold - self._untold_said,
            )
            self._untold_said = self.untold

    async def _take_in(self, entries: Sequence[Entry], opening: int) -> bool:
        """False if another projector has stored entries meanwhile: the rest waits until the position is known again."""
        try:
            return await self._store(entries, opening)
        except Exception as error:
            if not _refused(error):
                raise
        if len(entries) == 1:
            return await self._take_in_refused(entries[0], opening)
        middle = len(entries) // 2  # one of these entries cannot be stored: halve the batch until it is alone
        return await self._take_in(entries[:middle], opening) and await self._take_in(entries[middle:], opening)

    async def _take_in_refused(self, entry: Entry, opening: int) -> bool:
        """Try a few times more, then put the entry aside."""
        why: Exception = RuntimeError()
        for _ in range(_TRIES):
            try:
                return await self._store([entry], opening)
            except Exception as error:
                if not _refused(error):
                    raise
                why = error
        log.error("entry %d cannot be stored and is put aside: %s", entry.seq, _name(why))
        taken = await self._put_aside(entry, opening, why)
        self.skipped += taken
        return taken

    async def _store(self, entries: Sequence[Entry], opening: int) -> bool:
        """Run one transaction. False if another projector has stored entries meanwhile: then find the position
        again."""
        async with self._database.writing() as connection:
            if not await self._move(connection, entries[-1].seq, opening):
                return False
            batch = Batch(connection, self._statements, self._rules(), self._target_s, self._tell_since())
            await batch.apply(entries)
        self.untold += batch.untold
        self._stored(entries[-1].seq, opening)
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
        self._stored(entry.seq, opening)
        return True

    def _stored(self, seq: int, opening: int) -> None:
        self.seq = self.stored_seq = seq
        self._opening = opening

    async def _move(self, connection: AsyncConnection, seq: int, opening: int) -> bool:
        """Move the checkpoint from the position that we expect. It stays locked until the end of the transaction."""
        move = self._statements.move
        expected = {
            "from_reader": self._reader,
            "from_journal": self._source.id,
            "from_opening": self._opening,
            "from_seq": self.stored_seq,
        }
        values = move.values({**expected, "to_seq": seq, "to_opening": opening})
        moved = await connection.exec_driver_sql(move.text, values)
        if moved.rowcount != 1:
            self._resumed = False
            return False
        return True

    async def _resume(self) -> None:
        """Find the position to continue from: the checkpoint, unless it belongs to another journal or to a lost end."""
        source, own = self._source, checkpoints.c.reader == self._reader
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        async with self._database.writing() as connection:
            first = {"reader": self._reader, "journal": source.id, "opening": source.opening(), "seq": 0}
            await connection.execute(insert(checkpoints).on_conflict_do_nothing(), first)
            # Locked: another projector of the same journal may be moving it.
            found = (await connection.execute(sa.select(checkpoints).where(own).with_for_update())).mappings().one()
            seq = _standing(source, found)
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


def _standing(source: Source, checkpoint: sa.RowMapping) -> int:
    """The entry up to which the database has this journal."""
    return source.standing(checkpoint["opening"], checkpoint["seq"]) if checkpoint["journal"] == source.id else 0


async def skip_gap(database: Database, source: Source, begin: int, reader: str = "projector") -> tuple[int, int] | None:
    """Have a reader go on behind entry `begin`, before which the journal has none any more. Returns the first and the
    last entry that the database will never have; None if it lacks none of them."""
    async with database.writing() as connection:
        mine = checkpoints.c.reader == reader
        found = (
            (await connection.execute(sa.select(checkpoints).where(mine).with_for_update())).mappings().one_or_none()
        )
        seq = 0 if found is None else _standing(source, found)
        if seq >= begin:
            return None
        await connection.execute(sa.delete(checkpoints).where(mine))
        row = {"reader": reader, "journal": source.id, "opening": source.opening(), "seq": begin}
        await connection.execute(sa.insert(checkpoints), row)
    return seq + 1, begin


def _name(error: BaseException) -> str:
    """The error's name, without values: these may contain callers' numbers."""
    return " from ".join(type(cause).__name__ for cause in _causes(error))


def _refused(error: BaseException) -> bool:
    """Whether the content to be stored caused the error, and not the database or the connection."""
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
