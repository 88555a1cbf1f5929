"""The journal on disk: one SQLite file, written in front of everything the engine does.

Why SQLite: an append is one write to a write-ahead log, whole or not there after a crash, and everybody else can read
while we write. With `durability="process"` an entry survives `kill -9`; a power cut may take the newest ones, never
the file. With `"power"` every append waits for the disk.

The write-ahead log goes into the main file only in `SqliteJournal.checkpoint`, which a thread of its own calls: a
sync of the disk has no place on the event loop.
"""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from acd.engine.log import FORMAT, Entry, JournalError, Snapshot

Durability = Literal["process", "power"]

CHECKPOINT_BYTES = 16 * 1024 * 1024
"""A write-ahead log of this size is worth a checkpoint."""

KEPT_SNAPSHOTS = 3

_APPLICATION_ID = 0x434F5A4A  # "COZJ"
_SCHEMA = 2
_HEADER_BYTES = 100
_BUSY_MS = 2000
_ROWS_A_STATEMENT = 64
_QUICK_CHECK_BYTES = 64 * 1024 * 1024
_ROWS_A_DROP = 200

_TABLES = """
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE snapshot (seq INTEGER PRIMARY KEY, format INTEGER NOT NULL, state BLOB NOT NULL) STRICT;
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE opening (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
INSERT INTO mark VALUES ('dropped', 0), ('checkpoints', 0), ('id', abs(random()));
"""

_READ = "SELECT seq, format, body FROM entry WHERE seq > ? ORDER BY seq LIMIT ?"
_LATEST_SNAPSHOT = "SELECT seq, format, state FROM snapshot ORDER BY seq DESC LIMIT 1"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


class SqliteJournal:
    """The daemon's journal (protocol `acd.engine.log.Journal`). One process at a time; one thread appends.

    Raises `JournalError` at once if another process has it, or if the file is damaged, foreign or of another version.
    """

    def __init__(self, path: Path | str, durability: Durability = "process") -> None:
        self.path = Path(path)
        self._last = 0
        self._lock = _lock(self.path)
        try:
            with _failures_named(self.path):
                self._connection = _connect(self.path)
                self._prepare(durability)
                self._last = _check(self._connection, self.path)
                self._connection.execute("INSERT INTO opening (seq) VALUES (?)", (self._last,))
                self.id = _id(self._connection)
        except BaseException:
            with contextlib.suppress(AttributeError, sqlite3.Error):
                self._connection.close()
            os.close(self._lock)
            raise
        self._insert = [_insert(rows) for rows in range(_ROWS_A_STATEMENT + 1)]

    def _prepare(self, durability: Durability) -> None:
        connection = self._connection
        if 0 < self.path.stat().st_size < _HEADER_BYTES:  # SQLite would take it for a new file
            raise _damaged(self.path, "it is cut off")
        application, schema, tables = (
            connection.execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if tables == 0 and application == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(
                f"BEGIN IMMEDIATE; PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_SCHEMA};"
                f"{_TABLES} COMMIT;"
            )
        else:
            _check_kind(self.path, application, schema)
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise JournalError(
                f"journal {self.path}: its file system cannot do a write-ahead log (mode is {mode!r}); "
                "put data_dir on a local disk"
            )
        connection.execute(f"PRAGMA synchronous = {'FULL' if durability == 'power' else 'NORMAL'}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA cache_size = -4096")

    def append(self, entries: Sequence[Entry]) -> None:
        """Write all entries in one transaction, or none and raise `JournalError`.

        Raises `ValueError` for entries whose numbers do not follow `last_seq()`: that is the writer's own bug."""
        seq = self._last
        values: list[int | bytes] = []
        for entry in entries:
            seq += 1
            if entry.seq != seq:
                raise ValueError(f"entry {entry.seq} cannot follow entry {seq - 1}")
            values += (seq, FORMAT, int(entry.event.at * 1000), _encode(entry))
        count = len(entries)
        try:
            if count <= _ROWS_A_STATEMENT:
                if count:
                    self._connection.execute(self._insert[count], values)
            else:
                self._append_many(values)
        except sqlite3.Error as error:
            self._roll_back()
            raise _failure(self.path, error) from error
        self._last = seq

    def _append_many(self, values: list[int | bytes]) -> None:
        width = 4 * _ROWS_A_STATEMENT
        self._connection.execute("BEGIN IMMEDIATE")
        for start in range(0, len(values), width):
            part = values[start : start + width]
            self._connection.execute(self._insert[len(part) // 4], part)
        self._connection.execute("COMMIT")

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself on most failures; where it has not, the batch must not be left half open.
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def read(self, after: int, limit: int = 1000) -> list[Entry]:
        """Entries with `seq > after`, in order, at most `limit`. `JournalError` if some of them were dropped."""
        with _failures_named(self.path):
            return _read(self._connection, self.path, after, limit)

    def last_seq(self) -> int:
        """Number of the newest entry, 0 if there is none."""
        return self._last

    def opening(self) -> int:
        """How often the journal was opened for writing so far. A reader remembers it with what it has read."""
        with _failures_named(self.path):
            return _opening(self._connection)

    def standing(self, opening: int, seq: int) -> int:
        """Of the entries up to `seq`, read in that opening, the last that still stands. Lower than `seq` only where a
        power cut took the journal's end: the numbers behind it have been given again."""
        with _failures_named(self.path):
            return _standing(self._connection, opening, seq)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; the newest three are kept, should the newest turn out unreadable."""
        if snapshot.seq > self._last:
            raise ValueError(f"snapshot at {snapshot.seq} is ahead of the journal's last entry {self._last}")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)", (snapshot.seq, snapshot.format, snapshot.state)
            )
            self._connection.execute(
                "DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?)",
                (KEPT_SNAPSHOTS,),
            )
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise _failure(self.path, error) from error

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if any."""
        with _failures_named(self.path):
            return _snapshot(self._connection)

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
        """Bring the write-ahead log into the main file. For a thread other than the writer's; never holds it up.

        True if all of it got there. Readers in the middle of something, or entries that arrive meanwhile, make it
        False; the next one goes on from there."""
        with _failures_named(self.path), contextlib.closing(_connect(self.path)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            busy, in_log, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            complete = busy == 0 and in_log == done
            if complete and in_log:
                # The first write after a whole checkpoint starts the log anew and syncs its header: do it here, or
                # the event loop would pay for it.
                connection.execute("PRAGMA busy_timeout = 0")
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("UPDATE mark SET value = value + 1 WHERE name = 'checkpoints'")
            return bool(complete)

    def drop(self, older_than: float, readers_at: Sequence[int]) -> int:
        """Delete entries from before `older_than` (Unix seconds) and return how many. For a thread of its own.

        Nothing is deleted that the newest snapshot does not cover or that one of the readers, each given by the number
        it has reached, has still to read. Without a snapshot nothing is deleted."""
        with _failures_named(self.path), contextlib.closing(_connect(self.path)) as connection:
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            snapshot = connection.execute("SELECT max(seq) FROM snapshot").fetchone()[0] or 0
            bound = min([snapshot, *readers_at])
            first = connection.execute("SELECT min(seq) FROM entry").fetchone()[0]
            if first is None or first > bound:
                return 0
            until = _last_before(connection, int(first), bound, int(older_than * 1000))
            for end in range(min(first + _ROWS_A_DROP - 1, until), until + _ROWS_A_DROP, _ROWS_A_DROP):
                upto = min(end, until)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("DELETE FROM entry WHERE seq <= ?", (upto,))
                connection.execute("UPDATE mark SET value = max(value, ?) WHERE name = 'dropped'", (upto,))
                connection.execute("COMMIT")
                if upto < until:
                    time.sleep(0.01)  # let the writer in: it waits for the lock in steps of milliseconds
            return max(0, until - int(first) + 1)

    def close(self) -> None:
        """Release the files. The journal cannot be used after this."""
        self._connection.close()
        os.close(self._lock)


class JournalReader:
    """Follows a journal from another thread or process; cannot write to it. One thread at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise JournalError(f"journal {self.path} does not exist: start the daemon once, or correct data_dir")
        with _failures_named(self.path):
            self._connection = _connect(self.path, read_only=True)
            application, schema = (
                self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
            )
            _check_kind(self.path, application, schema)
            self.id = _id(self._connection)

    def read(self, after: int, limit: int = 1000) -> list[Entry]:
        """Entries with `seq > after`, in order, at most `limit`. `JournalError` if some of them were dropped."""
        with _failures_named(self.path):
            return _read(self._connection, self.path, after, limit)

    def last_seq(self) -> int:
        """Number of the newest entry, 0 if there is none."""
        with _failures_named(self.path):
            return _last_seq(self._connection)

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if any."""
        with _failures_named(self.path):
            return _snapshot(self._connection)

    def seq_before(self, at: float) -> int:
        """Number of the last entry from before `at` (Unix seconds), or that before the first one there is."""
        with _failures_named(self.path):
            first = _mark(self._connection, "dropped") + 1
            return _last_before(self._connection, first, _last_seq(self._connection), int(at * 1000))

    def opening(self) -> int:
        """As `SqliteJournal.opening`. Ask after reading: what was read before stands in this opening."""
        with _failures_named(self.path):
            return _opening(self._connection)

    def standing(self, opening: int, seq: int) -> int:
        """As `SqliteJournal.standing`."""
        with _failures_named(self.path):
            return _standing(self._connection, opening, seq)

    def verify(self) -> int:
        """Read all of it: every page, every entry, no gap. Return the number of entries. For `cozum journal verify`."""
        with _failures_named(self.path):
            _quick_check(self._connection, self.path)
            after = _mark(self._connection, "dropped")
            count = 0
            while entries := _read(self._connection, self.path, after, 1000):
                count += len(entries)
                after = entries[-1].seq
            return count

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class MemoryJournal:
    """A journal that is gone with its process: for tests and the simulator. Behaves as `SqliteJournal` does."""

    def __init__(self) -> None:
        self.id = "memory"
        self._entries: list[Entry] = []
        self._dropped = 0
        self._snapshots: list[Snapshot] = []

    def append(self, entries: Sequence[Entry]) -> None:
        """Add all entries. `ValueError` if their numbers do not follow `last_seq()`."""
        for seq, entry in enumerate(entries, self.last_seq() + 1):
            if entry.seq != seq:
                raise ValueError(f"entry {entry.seq} cannot follow entry {seq - 1}")
        self._entries += entries

    def read(self, after: int, limit: int = 1000) -> list[Entry]:
        """Entries with `seq > after`, in order, at most `limit`. `JournalError` if some of them were dropped."""
        if after < self._dropped:
            raise _dropped("in memory", after, self._dropped + 1)
        start = after - self._dropped
        return self._entries[start : start + limit]

    def last_seq(self) -> int:
        """Number of the newest entry, 0 if there is none."""
        return self._dropped + len(self._entries)

    def opening(self) -> int:
        """Always 1."""
        return 1

    def standing(self, opening: int, seq: int) -> int:
        """Always `seq`."""
        return seq

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot and the two before it."""
        if snapshot.seq > self.last_seq():
            raise ValueError(f"snapshot at {snapshot.seq} is ahead of the journal's last entry {self.last_seq()}")
        others = [other for other in self._snapshots if other.seq != snapshot.seq]
        self._snapshots = sorted([*others, snapshot], key=lambda kept: kept.seq)[-KEPT_SNAPSHOTS:]

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if any."""
        return self._snapshots[-1] if self._snapshots else None

    def wal_bytes(self) -> int:
        """Always 0: there is no file."""
        return 0

    def checkpoint(self) -> bool:
        """Nothing to do."""
        return True

    def drop(self, older_than: float, readers_at: Sequence[int]) -> int:
        """As `SqliteJournal.drop`."""
        snapshot = self._snapshots[-1].seq if self._snapshots else 0
        bound = min([snapshot, *readers_at])
        count = 0
        for entry in self._entries:
            if entry.seq > bound or entry.event.at >= older_than:
                break
            count += 1
        del self._entries[:count]
        self._dropped += count
        return count

    def close(self) -> None:
        """Nothing to release."""


def _connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    # A writer may only be used by its own thread in any case; the check would also forbid an orderly close elsewhere.
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return connection


def _lock(path: Path) -> int:
    """Take the journal for this process. Also creates the file, readable by us alone: numbers and names are in it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"journal {path} cannot be opened: {error.strerror}; data_dir must be writable") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.pread(lock, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(lock)
        raise JournalError(
            f"journal {path} is in use by process {owner}: stop that daemon first, or set another data_dir"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _insert(rows: int) -> str:
    return "INSERT INTO entry VALUES " + ", ".join(["(?, ?, ?, ?)"] * rows)  # noqa: S608 (only question marks)


def _check_kind(path: Path, application: int, schema: int) -> None:
    if application != _APPLICATION_ID:
        raise JournalError(f"{path} is an SQLite file, but no journal of ours: set another data_dir or move it away")
    if schema != _SCHEMA:
        raise JournalError(
            f"journal {path} has file version {schema}, this program reads {_SCHEMA}: "
            "start the version that wrote it, or move the file away to begin a new one"
        )


def _check(connection: sqlite3.Connection, path: Path) -> int:
    """Look at what a start depends on, quickly; return the newest entry's number. `JournalReader.verify` reads all."""
    if path.stat().st_size <= _QUICK_CHECK_BYTES:
        _quick_check(connection, path)
    dropped = _mark(connection, "dropped")
    snapshot = connection.execute("SELECT coalesce(max(seq), 0) FROM snapshot").fetchone()[0]
    last = _last_seq(connection)
    start = max(dropped, snapshot)
    if last < start:
        raise _damaged(path, f"a snapshot stands at entry {start}, but entries end at {last}")
    count, odd = connection.execute(
        "SELECT count(*), coalesce(max(format != ?), 0) FROM entry WHERE seq > ?", (FORMAT, start)
    ).fetchone()
    if count != last - start:
        raise _damaged(path, f"of the entries {start + 1} to {last} only {count} are there")
    if odd:
        raise JournalError(
            f"journal {path} has entries of a format other than {FORMAT}: "
            "start the version that wrote it, or move the file away to begin a new one"
        )
    return last


def _quick_check(connection: sqlite3.Connection, path: Path) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise _damaged(path, " ".join(str(verdict).split()))


def _last_seq(connection: sqlite3.Connection) -> int:
    found = connection.execute(
        "SELECT coalesce((SELECT max(seq) FROM entry), (SELECT value FROM mark WHERE name = 'dropped'))"
    ).fetchone()[0]
    return int(found)


def _mark(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()[0])


def _id(connection: sqlite3.Connection) -> str:
    return f"{_mark(connection, 'id'):016x}"


def _opening(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM opening").fetchone()[0])


def _standing(connection: sqlite3.Connection, opening: int, seq: int) -> int:
    later = connection.execute("SELECT min(seq) FROM opening WHERE number > ?", (opening,)).fetchone()[0]
    return seq if later is None else min(seq, int(later))


def _read(connection: sqlite3.Connection, path: Path, after: int, limit: int) -> list[Entry]:
    rows = connection.execute(_READ, (after, limit)).fetchall()
    if not rows or rows[0][0] != after + 1:
        # Asked after the rows, so the mark can only have risen meanwhile: none of what it covers is missed silently.
        dropped = _mark(connection, "dropped")
        if after < dropped:
            raise _dropped(str(path), after, dropped + 1)
    entries: list[Entry] = []
    for expected, (seq, format_, body) in enumerate(rows, after + 1):
        if seq != expected:
            raise _damaged(path, f"entry {expected} is missing")
        if format_ != FORMAT:
            raise JournalError(
                f"journal {path}: entry {seq} has format {format_}, this program reads {FORMAT}: "
                "start the version that wrote it"
            )
        try:
            entries.append(_decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(path, f"entry {seq} cannot be read ({error})") from error
    return entries


def _snapshot(connection: sqlite3.Connection) -> Snapshot | None:
    row = connection.execute(_LATEST_SNAPSHOT).fetchone()
    return Snapshot(seq=row[0], format=row[1], state=row[2]) if row else None


def _last_before(connection: sqlite3.Connection, first: int, bound: int, at_ms: int) -> int:
    """The last entry of `first..bound` older than `at_ms`, or `first - 1`. Times never run backwards, so bisect."""
    low, high = first - 1, bound
    while low < high:
        middle = (low + high + 1) // 2
        older = connection.execute("SELECT at_ms < ? FROM entry WHERE seq = ?", (at_ms, middle)).fetchone()
        if older is not None and older[0]:
            low = middle
        else:
            high = middle - 1
    return low


def _dropped(path: str, after: int, first: int) -> JournalError:
    return JournalError(
        f"journal {path}: entries {after + 1} to {first - 1} are no longer there; a reader that has reached only "
        f"{after} must start from a snapshot"
    )


def _damaged(path: Path, what: str) -> JournalError:
    return JournalError(
        f"journal {path} is damaged: {what}. Move it away together with its -wal and -shm files to start a new one; "
        "calls already in the database stay, and calls that are up come back by themselves"
    )


def _failure(path: Path, error: sqlite3.Error) -> JournalError:
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _damaged(path, str(error))
    way_out = {
        "SQLITE_FULL": "free disk space",
        "SQLITE_IOERR": "look at the disk (kernel log) and at its free space",
        "SQLITE_READONLY": "the file or its file system is read-only",
        "SQLITE_CANTOPEN": "data_dir must exist and be writable",
        "SQLITE_BUSY": "another program holds it locked; stop that program",
    }
    hint = next((text for start, text in way_out.items() if code.startswith(start)), "see the error")
    return JournalError(f"journal {path}: {error} ({code or 'no code'}): {hint}")


@contextlib.contextmanager
def _failures_named(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _failure(path, error) from error
