"""The journal on disk: one SQLite file, written before any command is sent.

Why SQLite: an append is one write to a write-ahead log, whole or not there after a crash, and everybody else can read
while we write. With `durability="process"` an entry survives `kill -9`; a power cut may take the newest ones, never
the file. With `"power"` every append waits for the disk. What happens while the disk is full: `acd.line.runtime`.

Only `SqliteJournal.checkpoint` moves the write-ahead log into the main file. A thread of its own calls it, because a
sync of the disk must not block the event loop. SQLite begins the log anew only after all of it is in the main file. On
a line that writes every millisecond no checkpoint gets that far, so above a bound the writer waits for the last few
pages.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from acd.engine.model.journal import FORMAT, Entry, JournalDamaged, JournalError, Snapshot, encode_entry
from storage import journal_file as file
from storage import journal_sums as sums

Durability = Literal["process", "power"]
Destroyable = Literal["journal", "cel"]
"""What the line destroys by age: entries of the journal, rows of Asterisk's log of channels."""

CHECKPOINT_BYTES = 16 * 1024 * 1024
"""Size of the write-ahead log from which a checkpoint is due; a larger file is cut back to it."""
HOLD_BYTES = 32 * 1024 * 1024
"""From this size on a checkpoint blocks the writer while it finishes: two or three syncs of a few pages."""

_COLUMNS = 5
_ROWS_A_STATEMENT = 64
_ROWS_A_DROP = 200
_HOLD_TRIES = 20
_HOLD_AGAIN_S = 0.02


class SqliteJournal:
    """The line's journal (protocol `acd.engine.model.journal.Journal`). One process at a time; one thread appends.

    Raises `JournalError` at once if another process has it, or if the file is damaged, foreign or of another version.
    """

    def __init__(
        self,
        path: Path | str,
        durability: Durability = "process",
        *,
        at_least: int = 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`at_least`: the newest entry that must be in the files; if it cannot be read, the journal is damaged."""
        self.path = Path(path)
        self._wall = wall
        self._last = 0
        self._gate = threading.Lock()
        """Held by whoever writes. SQLite's own lock makes a second writer sleep for milliseconds at a time."""
        self._writes = 0
        """How often that was."""
        self._lock = file.lock(self.path)
        try:
            with file.failures_named(self.path):
                self._connection = file.connect(self.path)
                self._prepare(durability)
                self._last = file.check(self._connection, self.path, at_least)
                self._announced = self._announce()
                self.id = file.journal_id(self._connection, self.path)
        except BaseException:
            with contextlib.suppress(AttributeError, sqlite3.Error):
                self._connection.close()
            os.close(self._lock)
            raise
        self._insert = [file.insert_statement(rows) for rows in range(_ROWS_A_STATEMENT + 1)]

    def _prepare(self, durability: Durability) -> None:
        connection = self._connection
        if 0 < self.path.stat().st_size < file.HEADER_BYTES:  # SQLite would take it for a new file
            raise file.damaged(self.path, "it is cut off")
        application, schema, tables = (
            connection.execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if tables == 0 and application == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            file.create(connection)
        else:
            file.check_header(connection, self.path, application, schema)
            if application == file.APPLICATION_ID:
                schema = file.upgrade(connection, schema)
            file.check_kind(self.path, application, schema)
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise JournalError(
                f"journal {self.path}: its file system cannot do a write-ahead log (mode is {mode!r}); "
                "put data_dir on a local disk"
            )
        connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'power' else 'NORMAL'}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_BYTES}")
        connection.execute("PRAGMA cache_size = -4096")

    def _announce(self) -> bool:
        """Record where this opening begins. False if the disk is full: a start must not fail for that."""
        try:
            file.open_anew(self._connection, self.path, self._last, self._wall())
        except sqlite3.Error as error:
            if (getattr(error, "sqlite_errorname", "") or "").startswith(("SQLITE_FULL", "SQLITE_IOERR")):
                return False
            raise
        return True

    def append(self, entries: Sequence[Entry], bodies: Sequence[bytes] = ()) -> None:
        """Write all entries in one transaction, or none and raise `JournalError`. `bodies` are the entries as
        `encode_entry` gives them, where that has been done already.

        Raises `ValueError` for entries whose numbers do not follow `last_seq()`: that is the writer's own bug."""
        seq = self._last
        values: list[int | bytes] = []
        for entry, body in zip(entries, bodies or map(encode_entry, entries), strict=True):
            seq += 1
            if entry.seq != seq:
                raise ValueError(f"entry {entry.seq} cannot follow entry {seq - 1}")
            at_ms = int(entry.event.at * 1000)
            values += (seq, FORMAT, at_ms, body, sums.entry(seq, FORMAT, at_ms, body))
        count = len(entries)
        with self._gate:
            self._writes += 1
            try:
                self._announced = self._announced or self._announce()
                if count <= _ROWS_A_STATEMENT:
                    if count:
                        self._connection.execute(self._insert[count], values)
                else:
                    self._append_many(values)
            except sqlite3.Error as error:
                self._roll_back()
                raise file.failure(self.path, error) from error
        self._last = seq

    def _append_many(self, values: list[int | bytes]) -> None:
        width = _COLUMNS * _ROWS_A_STATEMENT
        self._connection.execute("BEGIN IMMEDIATE")
        for start in range(0, len(values), width):
            part = values[start : start + width]
            self._connection.execute(self._insert[len(part) // _COLUMNS], part)
        self._connection.execute("COMMIT")

    def _roll_back(self) -> None:
        # After most failures SQLite has rolled back by itself; if not, the transaction must not stay open.
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def read(self, after: int, limit: int = 1000) -> list[Entry]:
        """Entries with `seq > after`, in order, at most `limit`. `JournalError` if some of them were dropped."""
        with file.failures_named(self.path):
            return file.read(self._connection, self.path, after, limit)

    def last_seq(self) -> int:
        """Number of the newest entry, 0 if there is none."""
        return self._last

    def opening(self) -> int:
        """Number of the newest opening for writing; each has a higher one. A reader stores it with its position."""
        with file.failures_named(self.path):
            return file.newest_opening(self._connection)

    def standing(self, opening: int, seq: int) -> int:
        """The last entry up to `seq`, read in that opening, that still exists. Lower than `seq` only if a power cut
        removed the journal's end, or an older copy was brought back: later numbers were then given again."""
        with file.failures_named(self.path):
            return file.standing(self._connection, opening, seq)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Save a snapshot. The newest few and each day's first of the older ones are kept."""
        if snapshot.seq > self._last:
            raise ValueError(f"snapshot at {snapshot.seq} is ahead of the journal's last entry {self._last}")
        with self._gate:
            self._writes += 1
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                crc = sums.snapshot(snapshot.seq, snapshot.format, snapshot.state)
                self._connection.execute(
                    "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)",
                    (snapshot.seq, snapshot.format, snapshot.state, crc),
                )
                file.thin_out(self._connection)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise file.failure(self.path, error) from error

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if any."""
        return next(iter(self.snapshots()), None)

    def snapshots(self) -> list[Snapshot]:
        """Snapshots from which a start may continue, newest first, without those on damaged pages."""
        with file.failures_named(self.path):
            return list(file.newest_snapshots(self._connection))

    def wal_bytes(self) -> int:
        """Size of the write-ahead log; above `CHECKPOINT_BYTES` a checkpoint is due."""
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def _wal(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the main file. Call it on another thread than the writer's.

        Returns whether all of it was moved. Entries that arrive meanwhile, or active readers, make it False; the next
        checkpoint continues from there. It blocks the writer only if the log has reached `HOLD_BYTES`, and only for the
        last few pages."""
        with file.failures_named(self.path), self._beside_the_writer() as connection:
            connection.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_BYTES}")
            writes = self._writes
            whole = _moved(connection, "PASSIVE")
            with self._gate:  # pages written since the checkpoint began are not in the main file
                if whole and self._writes == writes:
                    self._begin_log_anew(connection)
                    return True
            return self.wal_bytes() >= HOLD_BYTES and self._finish(connection)

    @contextlib.contextmanager
    def _beside_the_writer(self) -> Iterator[sqlite3.Connection]:
        """A connection for another thread than the writer's. Its commits do not wait for the disk: they hold the gate,
        and with it the event loop."""
        with contextlib.closing(file.connect(self.path)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            yield connection

    def _finish(self, connection: sqlite3.Connection) -> bool:
        """Block the writer, move what it has written since the checkpoint began, and begin the log anew."""
        connection.execute("PRAGMA busy_timeout = 0")  # a reader must not block the writer through us: try again
        for left in reversed(range(_HOLD_TRIES)):
            with self._gate, contextlib.suppress(sqlite3.OperationalError):
                if _moved(connection, "RESTART"):
                    self._begin_log_anew(connection)
                    return True
            if left:
                time.sleep(_HOLD_AGAIN_S)
                _moved(connection, "PASSIVE")  # so that the next time is as short
        return False

    @staticmethod
    def _begin_log_anew(connection: sqlite3.Connection) -> None:
        """Write something. The first write after a complete checkpoint restarts the log, syncs its header and shortens
        its file. Do that here, so that the event loop need not."""
        connection.execute("PRAGMA busy_timeout = 0")
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("UPDATE mark SET value = value + 1 WHERE name = 'checkpoints'")

    def drop(self, older_than: float, readers_at: Sequence[int]) -> int:
        """Delete entries from before `older_than` (Unix seconds) and return how many. Call it on a thread of its own.

        Entries stay that are newer than any of the newest few snapshots, since a start may need them, entries that a
        reader has not read yet (each reader is given by its position), and the last entry, which says from when the
        line's time goes on. Without a snapshot nothing is deleted. Older snapshots go with their entries. `destroyed`
        says how much has gone so far."""
        with file.failures_named(self.path), self._beside_the_writer() as connection:
            bound = min([file.droppable(connection), self._last - 1, *readers_at])
            first = connection.execute("SELECT min(seq) FROM entry").fetchone()[0]
            if first is None or first > bound:
                return 0
            until = file.last_before(connection, int(first), bound, int(older_than * 1000))
            if until < first:
                return 0
            for end in range(min(first + _ROWS_A_DROP - 1, until), until + _ROWS_A_DROP, _ROWS_A_DROP):
                upto = min(end, until)
                with self._gate:
                    self._writes += 1
                    connection.execute("BEGIN IMMEDIATE")
                    newest = connection.execute("SELECT at_ms FROM entry WHERE seq = ?", (upto,)).fetchone()[0]
                    connection.execute("DELETE FROM entry WHERE seq <= ?", (upto,))
                    file.set_destroyed(connection, "journal", upto, newest)
                    if upto == until:
                        file.thin_out(connection)
                    connection.execute("COMMIT")
                if upto < until:
                    time.sleep(0.01)  # let the writer write
            return until - int(first) + 1

    def destroyed(self, what: Destroyable) -> tuple[int, float]:
        """How much of one sort of data the line has destroyed by age since this journal began, and the time of the
        newest of it (Unix seconds; 0: not known). On any thread."""
        with file.failures_named(self.path), contextlib.closing(file.connect(self.path, read_only=True)) as connection:
            return file.destroyed(connection, self.path, what)

    def note_destroyed(self, what: Destroyable, count: int, newest: float) -> None:
        """Count what was destroyed elsewhere, so that a record of it can be made. Call it on a thread of its own."""
        with file.failures_named(self.path), self._beside_the_writer() as connection, self._gate:
            self._writes += 1
            connection.execute("BEGIN IMMEDIATE")
            total, before = file.destroyed(connection, self.path, what)
            file.set_destroyed(connection, what, total + count, int(max(before, newest) * 1000))
            connection.execute("COMMIT")

    def close(self) -> None:
        """Release the files. The journal cannot be used after this."""
        self._connection.close()
        os.close(self._lock)


def _moved(connection: sqlite3.Connection, mode: str) -> bool:
    """Run one checkpoint; returns whether the whole log is in the main file now."""
    busy, in_log, done = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return bool(busy == 0 and in_log == done)


class JournalReader:
    """Follows a journal from another thread or process; cannot write to it. One thread at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise JournalError(f"journal {self.path} does not exist: start the daemon once, or correct data_dir")
        self._open()

    def _open(self) -> None:
        with file.failures_named(self.path):
            self._inode = self.path.stat().st_ino
            self._connection = file.connect(self.path, read_only=True)
            application, schema = (
                self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
            )
            file.check_kind(self.path, application, schema)
            self.id = file.journal_id(self._connection, self.path)

    def _follow_file(self) -> None:
        """Open the file anew if another file has replaced it, because a damaged journal was set aside."""
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_ino != self._inode:
                self._connection.close()
                self._open()
                raise JournalError(f"journal {self.path} was replaced by another file: looking where to go on")

    def read(self, after: int, limit: int = 1000) -> list[Entry]:
        """Entries with `seq > after`, in order, at most `limit`. `JournalError` if some of them were dropped, and once
        if the file was replaced meanwhile."""
        self._follow_file()
        with file.failures_named(self.path):
            return file.read(self._connection, self.path, after, limit)

    def last_seq(self) -> int:
        """Number of the newest entry, 0 if there is none."""
        with file.failures_named(self.path):
            return file.last_seq(self._connection)

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if any."""
        return next(iter(self.snapshots()), None)

    def snapshots(self) -> list[Snapshot]:
        """Snapshots from which a start may continue, newest first, without those on damaged pages."""
        with file.failures_named(self.path):
            return list(file.newest_snapshots(self._connection))

    def snapshot_before(self, seq: int) -> Snapshot | None:
        """The newest snapshot from before entry `seq`, from which a replay gives the state at that entry; if any."""
        with file.failures_named(self.path):
            return file.snapshot_before(self._connection, seq)

    def snapshot_from(self, seq: int) -> Snapshot | None:
        """The oldest snapshot of entry `seq` or a later one, if any."""
        with file.failures_named(self.path):
            return file.snapshot_from(self._connection, seq)

    def seq_before(self, at: float) -> int:
        """Number of the last entry from before `at` (Unix seconds), or the number before the first existing one."""
        with file.failures_named(self.path):
            first = file.mark(self._connection, self.path, "dropped") + 1
            return file.last_before(self._connection, first, file.last_seq(self._connection), int(at * 1000))

    def opening(self) -> int:
        """As `SqliteJournal.opening`. Call it after reading: it is valid for what was read before."""
        with file.failures_named(self.path):
            return file.newest_opening(self._connection)

    def standing(self, opening: int, seq: int) -> int:
        """As `SqliteJournal.standing`."""
        with file.failures_named(self.path):
            return file.standing(self._connection, opening, seq)

    def verify(self) -> int:
        """Read all of it: every page, every entry, no gap. Return the number of entries. For `cozum journal verify`.

        If it is damaged, `JournalDamaged` is raised, and the line's next start salvages it."""
        try:
            with file.failures_named(self.path):
                file.check_length(self._connection, self.path)
                file.quick_check(self._connection, self.path)
                after = file.mark(self._connection, self.path, "dropped")
                count = 0
                while entries := file.read(self._connection, self.path, after, 1000):
                    count += len(entries)
                    after = entries[-1].seq
                return count
        except JournalDamaged as error:
            file.ask_for_salvage(self.path, str(error))
            raise

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
