"""The journal's file: how it is opened, locked, checked and read. `storage.journal` is what others use."""

import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from acd.engine.model.journal import FORMAT, Entry, JournalDamaged, JournalDropped, JournalError, Snapshot
from storage import journal_sums as sums

APPLICATION_ID = 0x434F5A4A  # "COZJ"
SCHEMA = 3
_WITHOUT_SUMS = 2
HEADER_BYTES = 100
_NUMBERED_FROM = 1_767_225_600
"""Openings are numbered by the seconds since 2026 began: the database's column takes 31 bits, enough until 2094."""
_MOST_BY_TIME = 2**31 - 2**20
"""A clock that is wrong by a lifetime leaves room for a million openings in the 31 bits of the database."""
_BUSY_MS = 2000
_QUICK_CHECK_BYTES = 64 * 1024 * 1024
_READ = "SELECT seq, format, at_ms, body, crc FROM entry WHERE seq > ? ORDER BY seq LIMIT ?"
_SNAPSHOTS_BEFORE = "SELECT seq, format, state, crc FROM snapshot WHERE seq < ? ORDER BY seq DESC"
_SNAPSHOTS_FROM = "SELECT seq, format, state, crc FROM snapshot WHERE seq >= ? ORDER BY seq"
_SNAPSHOTS = "SELECT snapshot.seq, entry.at_ms FROM snapshot LEFT JOIN entry ON entry.seq = snapshot.seq ORDER BY 1"
_NEWEST = "SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?"

NEWEST_SNAPSHOTS = 3
"""Older snapshots that are kept in case the newest cannot be read."""
DAILY_SNAPSHOTS = 62
"""Days of which one snapshot is kept, so that the state at any call of the last two months can be computed without a
full replay. With about 100 kB for the state of a town's line this is 6 MB, beside about 20 MB of entries a day."""
_DAY_MS = 86_400_000
DESTROYED_MARKS = {"journal": ("dropped", "dropped_ms"), "cel": ("cel", "cel_ms")}
"""The marks that count what the line has destroyed by age: entries of the journal, whose numbers have no gaps, and rows
of Asterisk's log of channels. A salvage keeps `dropped` alone."""
_decode = msgspec.json.Decoder(Entry).decode

TABLES = """
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    format INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    crc INTEGER
) STRICT;
CREATE TABLE snapshot (seq INTEGER PRIMARY KEY, format INTEGER NOT NULL, state BLOB NOT NULL, crc INTEGER) STRICT;
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL, crc INTEGER) STRICT;
CREATE TABLE opening (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, journal INTEGER, crc INTEGER) STRICT;
INSERT INTO mark VALUES ('checkpoints', 0, NULL);
"""
"""A checksum is null in rows of earlier versions, and for the mark `checkpoints`, whose value means nothing."""
_ADD_SUMS = (
    "ALTER TABLE entry ADD COLUMN crc INTEGER",
    "ALTER TABLE snapshot ADD COLUMN crc INTEGER",
    "ALTER TABLE mark ADD COLUMN crc INTEGER",
    "ALTER TABLE opening ADD COLUMN journal INTEGER",
    "ALTER TABLE opening ADD COLUMN crc INTEGER",
)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection that waits for a writer in another thread, and begins no transaction by itself."""
    # Only its own thread uses a writer in any case; SQLite's check would also forbid a close on another thread.
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return connection


def lock(path: Path) -> int:
    """Take the journal for this process. Also creates the file, readable by us alone: numbers and names are in it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"journal {path} cannot be opened: {error.strerror}; data_dir must be writable") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise JournalError(
            f"journal {path} is in use by process {owner}: stop that daemon first, or set another data_dir"
        ) from error
    with contextlib.suppress(OSError):  # the pid is only information; a full disk must not stop a start
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def insert_statement(rows: int) -> str:
    """The statement that appends so many entries, whole or not at all."""
    return "INSERT INTO entry VALUES " + ", ".join(["(?, ?, ?, ?, ?)"] * rows)  # noqa: S608 (only question marks)


def check_kind(path: Path, application: int, schema: int) -> None:
    """Raise `JournalError` if the file is not ours or of another version."""
    if application != APPLICATION_ID:
        raise JournalError(f"{path} is an SQLite file, but no journal of ours: set another data_dir or move it away")
    if schema == _WITHOUT_SUMS:
        raise JournalError(f"journal {path} has file version {schema}: start the daemon once, it brings it up to date")
    if schema != SCHEMA:
        raise JournalError(
            f"journal {path} has file version {schema}, this program reads {SCHEMA}: "
            "start the version that wrote it, or move the file away to begin a new one"
        )


def check_header(connection: sqlite3.Connection, path: Path, application: int, schema: int) -> None:
    """Raise `JournalDamaged` if the numbers in the file's header contradict its tables."""
    if (application, schema) == (APPLICATION_ID, SCHEMA):
        return
    found = None
    with contextlib.suppress(sqlite3.OperationalError, JournalDamaged):
        found = mark(connection, path, "version")
    if found == SCHEMA:
        raise damaged(path, "its header is not what was written")


def create(connection: sqlite3.Connection, journal: int | None = None) -> None:
    """Make the tables in an empty file, in one transaction. `journal`: the id it is to have, by default a new one."""
    journal = secrets.randbits(62) if journal is None else journal
    connection.executescript(
        f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA}; {TABLES}"
    )
    for name, value in (("id", journal), ("dropped", 0), ("version", SCHEMA)):
        connection.execute("INSERT INTO mark VALUES (?, ?, ?)", (name, value, sums.mark(name, value)))
    connection.execute("COMMIT")


def upgrade(connection: sqlite3.Connection, schema: int) -> int:
    """Upgrade a file of the previous version, all or nothing; its rows stay without checksums. Returns the file's
    version."""
    if schema != _WITHOUT_SUMS:
        return schema
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in _ADD_SUMS:
            connection.execute(statement)
        for name, value in connection.execute("SELECT name, value FROM mark WHERE name != 'checkpoints'").fetchall():
            connection.execute("UPDATE mark SET crc = ? WHERE name = ?", (sums.mark(name, value), name))
        connection.execute("INSERT INTO mark VALUES ('version', ?, ?)", (SCHEMA, sums.mark("version", SCHEMA)))
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    return SCHEMA


def check(connection: sqlite3.Connection, path: Path, at_least: int = 0) -> int:
    """Check quickly what a start needs; return the newest entry's number, which must be `at_least` the known one.
    `JournalReader.verify` reads everything."""
    check_length(connection, path)
    if path.stat().st_size <= _QUICK_CHECK_BYTES:
        quick_check(connection, path)
    dropped = mark(connection, path, "dropped")
    _check_openings(connection, path)
    _check_snapshots(connection, path)
    snapshot = connection.execute("SELECT coalesce(max(seq), 0) FROM snapshot").fetchone()[0]
    last = last_seq(connection)
    if last < at_least:
        raise damaged(path, f"its log holds entry {at_least}, and is whole up to {last}")
    start = max(dropped, snapshot)
    if last < start:
        raise damaged(path, f"a snapshot stands at entry {start}, but entries end at {last}")
    count = connection.execute("SELECT count(*) FROM entry WHERE seq > ?", (start,)).fetchone()[0]
    if count != last - start:
        raise damaged(path, f"of the entries {start + 1} to {last} only {count} are there")
    after = max(dropped, droppable(connection))  # a start may have to continue from the oldest of the newest snapshots
    while entries := read(connection, path, after, 1000):
        after = entries[-1].seq
    return last


def _check_snapshots(connection: sqlite3.Connection, path: Path) -> None:
    for (number,) in connection.execute(_NEWEST, (NEWEST_SNAPSHOTS,)).fetchall():
        row = connection.execute("SELECT seq, format, state, crc FROM snapshot WHERE seq = ?", (number,)).fetchone()
        if row is None or not list(_whole([row])):
            raise damaged(path, f"snapshot {number} is not what was written")


def _check_openings(connection: sqlite3.Connection, path: Path) -> None:
    for number, seq, journal, crc in connection.execute("SELECT number, seq, journal, crc FROM opening"):
        if crc is not None and crc != sums.opening(number, seq, journal or 0):
            raise damaged(path, f"the note of opening {number} is not what was written")


def quick_check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `JournalError` if SQLite finds an invalid page."""
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise damaged(path, " ".join(str(verdict).split()))


def last_seq(connection: sqlite3.Connection) -> int:
    """Number of the newest entry ever written."""
    found = connection.execute(
        "SELECT coalesce((SELECT max(seq) FROM entry), (SELECT value FROM mark WHERE name = 'dropped'))"
    ).fetchone()[0]
    return int(found or 0)


def mark(connection: sqlite3.Connection, path: Path, name: str) -> int:
    """A named number kept in the file."""
    found = connection.execute("SELECT value, crc FROM mark WHERE name = ?", (name,)).fetchone()
    if found is None or (found[1] is not None and found[1] != sums.mark(name, found[0])):
        raise damaged(path, f"the mark {name!r} is not what was written")
    return int(found[0])


def destroyed(connection: sqlite3.Connection, path: Path, what: str) -> tuple[int, float]:
    """How much of one sort of data has been destroyed since this journal began, and the time of the newest of it (Unix
    seconds; 0: not known)."""
    total, newest_ms = (
        mark(connection, path, name) if _is_marked(connection, name) else 0 for name in DESTROYED_MARKS[what]
    )
    return total, newest_ms / 1000


def set_destroyed(connection: sqlite3.Connection, what: str, total: int, newest_ms: int) -> None:
    """Keep what `destroyed` reads. The caller commits."""
    for name, value in zip(DESTROYED_MARKS[what], (total, newest_ms), strict=True):
        connection.execute("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", (name, value, sums.mark(name, value)))


def _is_marked(connection: sqlite3.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM mark WHERE name = ?", (name,)).fetchone() is not None


def journal_id(connection: sqlite3.Connection, path: Path) -> str:
    """The id that distinguishes this file from any other."""
    return f"{mark(connection, path, 'id'):016x}"


def open_anew(connection: sqlite3.Connection, path: Path, seq: int, now: float) -> None:
    """Record that the journal is opened after entry `seq`, at `now` (Unix seconds). The record repeats the journal's
    id, in case the mark is damaged.

    The number comes from the time. A copy that is brought back has not seen the openings after it was made: were they
    only counted, it would give their numbers again, and a reader would take new entries for those that it has read."""
    by_time = min(int(now) - _NUMBERED_FROM, _MOST_BY_TIME)
    number, journal = max(newest_opening(connection) + 1, by_time), mark(connection, path, "id")
    row = (number, seq, journal, sums.opening(number, seq, journal))
    connection.execute("INSERT INTO opening (number, seq, journal, crc) VALUES (?, ?, ?, ?)", row)


def newest_opening(connection: sqlite3.Connection) -> int:
    """Number of the newest opening."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM opening").fetchone()[0])


def standing(connection: sqlite3.Connection, opening: int, seq: int) -> int:
    """See `storage.journal.SqliteJournal.standing`."""
    later = connection.execute("SELECT min(seq) FROM opening WHERE number > ?", (opening,)).fetchone()[0]
    return seq if later is None else min(seq, int(later))


def read(connection: sqlite3.Connection, path: Path, after: int, limit: int) -> list[Entry]:
    """Entries after `after`. Raises `JournalError` if some are missing or cannot be read."""
    rows = connection.execute(_READ, (after, limit)).fetchall()
    if not rows or rows[0][0] != after + 1:
        # Read after the rows, so the mark can only have risen meanwhile, and no dropped entry is missed silently.
        dropped = mark(connection, path, "dropped")
        if after < dropped:
            raise dropped_error(str(path), after, dropped + 1)
    entries: list[Entry] = []
    for expected, (seq, format_, at_ms, body, crc) in enumerate(rows, after + 1):
        if seq != expected:
            raise damaged(path, f"entry {expected} is missing")
        if crc is not None and crc != sums.entry(seq, format_, at_ms, body):
            raise damaged(path, f"entry {seq} is not what was written")
        if format_ != FORMAT:
            raise JournalError(
                f"journal {path}: entry {seq} has format {format_}, this program reads {FORMAT}: "
                "start the version that wrote it"
            )
        try:
            entries.append(_decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise damaged(path, f"entry {seq} cannot be read ({error})") from error
    return entries


def snapshot_before(connection: sqlite3.Connection, seq: int) -> Snapshot | None:
    """The newest snapshot from before an entry, if any."""
    return next(_whole(connection.execute(_SNAPSHOTS_BEFORE, (seq,))), None)


def snapshot_from(connection: sqlite3.Connection, seq: int) -> Snapshot | None:
    """The oldest snapshot of an entry or a later one, if any."""
    return next(_whole(connection.execute(_SNAPSHOTS_FROM, (seq,))), None)


def _whole(rows: Iterable[tuple[int, int, bytes, int | None]]) -> Iterator[Snapshot]:
    """The snapshots whose checksums are right."""
    for seq, format_, state, crc in rows:
        if crc is None or crc == sums.snapshot(seq, format_, state):
            yield Snapshot(seq=seq, format=format_, state=state)


def newest_snapshots(connection: sqlite3.Connection) -> Iterator[Snapshot]:
    """Snapshots from which a start may continue, newest first, without those on damaged pages."""
    for (seq,) in connection.execute(_NEWEST, (NEWEST_SNAPSHOTS,)).fetchall():
        with contextlib.suppress(sqlite3.DatabaseError):
            found = snapshot_from(connection, seq)
            if found is not None and found.seq == seq:
                yield found


def droppable(connection: sqlite3.Connection) -> int:
    """The entry up to which every snapshot that a start may use makes entries unnecessary."""
    found = connection.execute(_NEWEST, (NEWEST_SNAPSHOTS,)).fetchall()
    return min((int(seq) for (seq,) in found), default=0)


def check_length(connection: sqlite3.Connection, path: Path) -> None:
    """Raise `JournalError` if pages are missing at the file's end; SQLite reads a half page as zeros. While there is a
    write-ahead log, the missing pages may be in it."""
    log = path.with_name(path.name + "-wal")
    pages, page_bytes = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if path.stat().st_size < pages * page_bytes and not (log.exists() and log.stat().st_size):
        raise damaged(path, "it is cut off")


def thin_out(connection: sqlite3.Connection) -> None:
    """Delete superfluous snapshots."""
    gone = [(seq,) for seq in superfluous(connection.execute(_SNAPSHOTS).fetchall())]
    connection.executemany("DELETE FROM snapshot WHERE seq = ?", gone)


def superfluous(snapshots: Sequence[tuple[int, int | None]]) -> list[int]:
    """The superfluous ones of these snapshots: all but the newest few and each day's first. They come in order, each
    with its entry's number and time (None if the entry is gone, so that nothing can be replayed from it)."""
    newest = {seq for seq, _ in snapshots[-NEWEST_SNAPSHOTS:]}
    first_of_day: dict[int, int] = {}
    for seq, at_ms in snapshots:
        if at_ms is not None:
            first_of_day.setdefault(at_ms // _DAY_MS, seq)
    daily = set(list(first_of_day.values())[-DAILY_SNAPSHOTS:])
    return [seq for seq, _ in snapshots if seq not in newest and seq not in daily]


def last_before(connection: sqlite3.Connection, first: int, bound: int, at_ms: int) -> int:
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


def dropped_error(path: str, after: int, first: int) -> JournalDropped:
    """The error for a reader that asks for deleted entries."""
    return JournalDropped(
        f"journal {path}: entries {after + 1} to {first - 1} are no longer there; a reader that has reached only "
        f"{after} must start from a snapshot"
    )


def damaged(path: Path, what: str) -> JournalDamaged:
    """The error for a damaged file, with what to do."""
    return JournalDamaged(
        f"journal {path} is damaged: {what}. The daemon's next start sets it aside and keeps what can be read of it"
    )


def salvage_request(path: Path) -> Path:
    """The file that makes the next start salvage the journal; it contains the reason."""
    return path.with_name(path.name + ".salvage")


def ask_for_salvage(path: Path, why: str) -> None:
    """Make the next start salvage the journal: a reader found damage for which a start does not search. If the note
    cannot be written, that is no error."""
    with contextlib.suppress(OSError):
        salvage_request(path).write_text(why.splitlines()[0] + "\n", "utf-8")


def failure(path: Path, error: sqlite3.Error) -> JournalError:
    """SQLite's error in words for the operator."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return damaged(path, str(error))
    if code == "SQLITE_IOERR_SHORT_READ":
        return damaged(path, "it is cut off")
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
def failures_named(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into `JournalError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(path, error) from error
