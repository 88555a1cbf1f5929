"""Doctor: journal, database and live store."""

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path

from acd.cli.backup import GET_PG_DUMP, NO_PG_DUMP
from acd.cli.finding import Findings, bad, ok, unknown, warning
from acd.config.settings import Settings
from acd.engine.model.journal import JournalError
from acd.standby.spool import BAD, files
from storage.journal import JournalReader

OLD_S = 60.0


def newest_entry_at(settings: Settings) -> float | None:
    """When the journal's last entry happened; None if there is no journal that can be read."""
    if not settings.journal_file.exists():
        return None
    try:
        with JournalReader(settings.journal_file) as reader:
            last = reader.last_seq()
            entries = reader.read(last - 1, 1) if last else []
    except JournalError:
        return None
    return entries[0].event.at if entries else None


def check_journal(settings: Settings) -> Findings:
    """Every page and every entry of it."""
    file = settings.journal_file
    if not file.exists():
        yield unknown("journal", f"{file}: made at the first start")
        return
    if not file.stat().st_size:
        yield warning("journal", f"{file} is empty: a new journal is begun in it at the next start")
        return
    try:
        with JournalReader(file) as reader:
            count = reader.verify()
            unreadable = _unreadable(reader)
    except JournalError as error:
        yield bad("journal", str(error))
        return
    if unreadable:
        names = ", ".join(str(seq) for seq in unreadable)
        yield warning(
            "journal",
            f"{file}: its entries are whole, but snapshot {names} cannot be read: a start takes an older one and lasts "
            "longer; look at the disk, and keep a copy of the file",
        )
        return
    size = sum(one.stat().st_size for one in file.parent.glob(file.name + "*"))
    yield ok("journal", f"{count:,} entries, {size / 2**20:,.1f} MiB, whole")


def _unreadable(reader: JournalReader) -> list[int]:
    """Snapshots that cannot be read."""
    from acd.engine.machine import Engine

    found = []
    for snapshot in reader.snapshots():
        try:
            Engine.restore(snapshot.state)
        except Exception:  # a damaged page can raise anything
            found.append(snapshot.seq)
    return found


def check_spool(settings: Settings) -> Findings:
    """The standby's files. The line reads them within a second, so a file that stays is a fault."""
    bad_ones = len(list((settings.spool_dir / BAD).glob("*")))
    waiting = [path for _, _, path in files(settings.spool_dir)]
    if bad_ones:
        yield warning(
            "spool", f"{bad_ones} in {settings.spool_dir / BAD} could not be read: look at them, then remove them"
        )
    old = [path for path in waiting if time.time() - path.stat().st_mtime > OLD_S]
    if old:
        yield warning("spool", f"{len(old)} calls of the standby's are not in the journal yet: start the line")
    elif not bad_ones:
        yield ok("spool", "nothing is left of the standby's calls")


def check_database(settings: Settings) -> Findings:
    """Whether the database can be reached and written, and has our tables."""
    from storage.database import Database, DatabaseError
    from storage.migrate import check, current

    url = settings.effective_database_url
    if url.startswith("sqlite") and not Path(url.partition(":///")[2]).exists():
        yield unknown("database", f"{url.partition(':///')[2]}: made at the first start")
        return

    async def look() -> tuple[str, str | None]:
        database = Database(url)
        try:
            kind = await database.check()
            if await current(database) is None:
                return kind, None
            return kind, await check(database)
        finally:
            await database.close()

    try:
        kind, revision = asyncio.run(look())
    except (DatabaseError, ValueError) as error:
        yield bad("database", str(error))
        return
    if revision is None:
        yield bad("database", f"{kind}, reachable, but without tables: run `cozum db upgrade`")
    else:
        yield ok("database", f"{kind}, tables of revision {revision}")


def check_backup(settings: Settings) -> Findings:
    """Whether `cozum backup` can copy the database."""
    if not settings.effective_database_url.startswith("sqlite") and shutil.which("pg_dump") is None:
        yield warning("backup", f"{NO_PG_DUMP}, so `cozum backup` copies nothing: {GET_PG_DUMP}")


def check_folders(settings: Settings) -> Findings:
    """Folders without which the line starts, so that no start tells of them."""
    folder = settings.recordings_path
    if settings.recording != "none" and (fault := _unwritable(folder)):
        way_out = "Mount its disk, give it to the line's user, or correct recordings_dir"
        text = f"recordings_dir = {str(folder)!r}: cannot write there: {fault}; talks are not recorded. {way_out}"
        yield bad("recordings", text)
    if settings.plan_dir is not None and not settings.plan_dir.is_dir():
        text = f"plan_dir = {str(settings.plan_dir)!r}: no such folder, so no day has a plan; make it, or correct it"
        yield warning("plan_dir", text)


def _unwritable(folder: Path) -> str:
    """Why nothing can be written in a folder, or in the one in which it will be made; empty if it can."""
    while not os.path.lexists(folder):
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def check_live_store(settings: Settings) -> Findings:
    """Redis, if it is set."""
    if not settings.redis_url:
        yield unknown("live store", "redis_url is not set: the live view is in this machine's desk alone")
        return
    from storage.redis_connection import LiveStoreError, check

    try:
        version = asyncio.run(check(settings.redis_url))
    except (LiveStoreError, ValueError) as error:
        yield bad("live store", f"{error}; start it, or correct redis_url")
    else:
        yield ok("live store", version)
