"""Salvages a damaged journal: sets it aside and makes a new one of every readable row, so that the line can serve.

The new journal keeps the old one's id and numbers, so the database continues where it was, each fact once. `EntryLost`
replaces a lost entry: numbers have no gaps, and a replay continues after it.
"""

import contextlib
import json
import mmap
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from acd.engine.model.events import EntryLost
from acd.engine.model.journal import FORMAT, Entry, JournalDamaged, JournalError
from storage import journal_file as file
from storage import journal_sums as sums
from storage.carve import Image, Row, carve, newest_entry
from storage.journal import Durability, SqliteJournal
from storage.log_index import committed_frames

FOLDER = "damaged"
"""Folder beside the journal, with a folder for each salvage: the damaged files and a report."""
REPORT = "report.json"
_GAP = 1000
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Salvage:
    """The result of a salvage."""

    at: float
    """Unix seconds."""
    why: str
    folder: str
    """Where the damaged files are."""
    kept: int
    lost: int
    """Lost entries between the first and the last entry that could be read or is known to have existed."""
    snapshots: int

    def __str__(self) -> str:
        """For readiness and the log."""
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.at))
        return (
            f"was damaged on {when} ({self.why}): {self.kept:,} entries kept, {self.lost:,} lost; "
            f"the damaged file is in {self.folder}: look at the disk, then move that folder away"
        )


def open_journal(
    path: Path, durability: Durability = "process", living: Callable[[], None] = lambda: None
) -> tuple[SqliteJournal, Salvage | None]:
    """Open the journal, and salvage it if it is damaged. Raises `JournalError` if it is in use, foreign or of another
    version, or if the disk fails. `living` is called again and again while a damaged file is read."""
    request = file.salvage_request(path)
    with _log_kept(path) as (newest, kept):
        try:
            journal = SqliteJournal(path, durability, at_least=newest)
        except JournalDamaged as error:
            why = str(error).partition(" is damaged: ")[2].partition(". The daemon's")[0]
        else:
            if not request.exists():
                return journal, None
            why = request.read_text("utf-8").strip()
            journal.close()
        salvage = _salvage(path, kept, why, living)
    request.unlink(missing_ok=True)
    return SqliteJournal(path, durability), salvage


def newest_report(data_dir: Path) -> Salvage | None:
    """The last salvage whose damaged files are still there."""
    for folder in sorted((data_dir / FOLDER).glob("*"), reverse=True):
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode((folder / REPORT).read_bytes(), type=Salvage)
    return None


def destroy_damaged(data_dir: Path, older_than: float) -> list[str]:
    """Destroy the files that salvages from before `older_than` (Unix seconds) set aside: all their entries are older.
    Returns the folders. Raises `OSError`."""
    destroyed = []
    for folder in sorted((data_dir / FOLDER).glob("*")):
        if folder.stat().st_mtime < older_than:
            shutil.rmtree(folder)
            destroyed.append(str(folder))
    return destroyed


@contextlib.contextmanager
def _log_kept(path: Path) -> Iterator[tuple[int, Path]]:
    """Keep the write-ahead log under a second name while the journal is opened, because SQLite drops what it cannot
    read. Yields the newest entry in it, 0 for none."""
    log, kept = path.with_name(path.name + "-wal"), path.with_name(path.name + "-wal.kept")
    kept.unlink(missing_ok=True)
    newest = 0
    if log.exists() and log.stat().st_size:
        with contextlib.suppress(OSError):  # no hard links there: then only what SQLite reads is used
            os.link(log, kept)
        content = log.read_bytes()
        newest = newest_entry(content, committed_frames(path.with_name(path.name + "-shm"), content))
    try:
        yield newest, kept
    finally:
        kept.unlink(missing_ok=True)


def _salvage(path: Path, kept_log: Path, why: str, living: Callable[[], None]) -> Salvage:
    folder = _set_aside(path, kept_log)
    fresh = path.with_name(path.name + ".new")
    for name in (fresh, fresh.with_name(fresh.name + "-wal"), fresh.with_name(fresh.name + "-shm")):
        name.unlink(missing_ok=True)
    with file.failures_named(fresh), contextlib.closing(_empty(fresh)) as connection:
        connection.execute("BEGIN")
        kept, lost = _mend(connection, _fill(connection, folder / path.name, living))
        snapshots = int(connection.execute("SELECT count(*) FROM snapshot").fetchone()[0])
        connection.execute("COMMIT")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE mark SET value = value + 1 WHERE name = 'checkpoints'")
    _sync(fresh)
    os.replace(fresh, path)
    salvage = Salvage(time.time(), why, str(folder), kept, lost, snapshots)
    with contextlib.suppress(OSError):
        (folder / REPORT).write_text(json.dumps(asdict(salvage), indent=2) + "\n", "utf-8")
    return salvage


def _set_aside(path: Path, kept_log: Path) -> Path:
    """Move the damaged files into a folder of their own; the journal's own place is empty then."""
    parent = path.parent / FOLDER
    stamp = time.strftime("%Y%m%dT%H%M%S")
    try:
        parent.mkdir(mode=0o700, exist_ok=True)
        names = (stamp, *(f"{stamp}-{number}" for number in range(2, 1000)))
        folder = next(parent / name for name in names if not (parent / name).exists())
        folder.mkdir(mode=0o700)
        if kept_log.exists():
            os.replace(kept_log, folder / (path.name + "-wal"))
            path.with_name(path.name + "-wal").unlink(missing_ok=True)
        elif path.with_name(path.name + "-wal").exists():
            os.replace(path.with_name(path.name + "-wal"), folder / (path.name + "-wal"))
        path.with_name(path.name + "-shm").unlink(missing_ok=True)
        os.replace(path, folder / path.name)
    except OSError as error:
        raise JournalError(f"journal {path} is damaged and cannot be set aside: {error}") from error
    return folder


def _empty(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = file.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")  # its name is temporary until it is complete
    connection.execute("PRAGMA synchronous = OFF")
    file.create(connection, 0)
    return connection


_PUT = {
    "entry": "INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?)",
    "snapshot": "INSERT OR IGNORE INTO snapshot VALUES (?, ?, ?, ?)",
    "opening": "INSERT OR IGNORE INTO opening VALUES (?, ?, ?, ?)",
}


def _sync(path: Path) -> None:
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _fill(connection: sqlite3.Connection, damaged: Path, living: Callable[[], None]) -> int | None:
    """Copy every whole row. Returns the entry up to which retention had deleted, None if that is lost."""
    log = damaged.with_name(damaged.name + "-wal")
    ids: list[int] = []
    dropped: int | None = None
    for row in carve(_mapped(damaged), log.read_bytes() if log.exists() else b""):
        living()
        if row is None:
            continue
        if row.table != "mark":
            connection.execute(_PUT[row.table], (*row.values, _sum(row)))
        elif row.values[0] == "dropped":
            dropped = max(dropped or 0, int(row.values[1]))
        if row.table == "opening" or row.values[0] == "id":
            ids.append(int(row.values[-1]))
    known = [one for one in ids if one]
    journal = max(known, key=known.count) if known else _new_id()
    for name, value in (("id", journal), ("dropped", dropped or 0)):
        connection.execute("UPDATE mark SET value = ?, crc = ? WHERE name = ?", (value, sums.mark(name, value), name))
    for number, seq in connection.execute("SELECT number, seq FROM opening").fetchall():
        row_ = (journal, sums.opening(number, seq, journal), number)
        connection.execute("UPDATE opening SET journal = ?, crc = ? WHERE number = ?", row_)
    return dropped


def _new_id() -> int:
    return int.from_bytes(os.urandom(7), "big")


def _sum(row: Row) -> int:
    maker: Callable[..., int] = getattr(sums, row.table)
    return maker(*row.values)


def _mapped(path: Path) -> Image:
    with path.open("rb") as damaged:
        if not os.fstat(damaged.fileno()).st_size:
            return b""
        return mmap.mmap(damaged.fileno(), 0, access=mmap.ACCESS_READ)


def _mend(connection: sqlite3.Connection, dropped: int | None) -> tuple[int, int]:
    """Make a journal without gaps from the rows. Returns how many entries are kept and how many are lost."""
    if dropped is None:
        dropped = _beginning(connection)
        crc = sums.mark("dropped", dropped)
        connection.execute("UPDATE mark SET value = ?, crc = ? WHERE name = 'dropped'", (dropped, crc))
    connection.execute("DELETE FROM entry WHERE seq <= ?", (dropped,))
    kept, last = connection.execute("SELECT count(*), coalesce(max(seq), ?) FROM entry", (dropped,)).fetchone()
    seen = "SELECT coalesce(max(seq), 0) FROM snapshot UNION ALL SELECT coalesce(max(seq), 0) FROM opening"
    end = max(last, *(seq for (seq,) in connection.execute(seen)))
    lost = 0
    for before, following, at_ms in connection.execute(_GAPS, (dropped, end + 1, dropped)).fetchall():
        for seq in range(before + 1, following):
            connection.execute(_PUT["entry"], _lost(seq, at_ms))
            lost += 1
    return int(kept), lost


_GAPS = """
WITH known (seq, at_ms) AS (
    SELECT seq, at_ms FROM entry UNION ALL SELECT ?, NULL UNION ALL SELECT ?, NULL
), pairs AS (
    SELECT seq, coalesce(at_ms, lead(at_ms) OVER rows, 0) AS at_ms, lead(seq) OVER rows AS following
    FROM known WINDOW rows AS (ORDER BY seq)
)
SELECT seq, following, at_ms FROM pairs WHERE following > seq + 1 AND seq >= ? ORDER BY seq
"""


def _beginning(connection: sqlite3.Connection) -> int:
    """Find the entry up to which retention had deleted, if its mark is lost: free pages still contain some deleted
    rows, with gaps between them."""
    gap = connection.execute(
        "SELECT max(following) FROM (SELECT seq, lead(seq) OVER (ORDER BY seq) AS following FROM entry)"
        " WHERE following > seq + ?",
        (_GAP,),
    ).fetchone()[0]
    first = gap or connection.execute("SELECT min(seq) FROM entry").fetchone()[0]
    return int(first or 1) - 1 if gap or (first or 1) > _GAP else 0


def _lost(seq: int, at_ms: int) -> tuple[int, int, int, bytes, int]:
    body = _encode(Entry(seq=seq, event=EntryLost(at=at_ms / 1000)))
    return seq, FORMAT, at_ms, body, sums.entry(seq, FORMAT, at_ms, body)
