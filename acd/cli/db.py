"""`cozum db`: the database's tables."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from acd.cli.parts import Config, Json, new_app, note, print_json, progress, quiet_logs, settings_of
from acd.lib.cli_error import CliError

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from storage.database import Database
    from storage.journal import JournalReader

app = new_app("The database's tables: check, upgrade, fill again.")
T = TypeVar("T")


def _with(settings: "Settings", work: "Callable[[Database], Awaitable[T]]", *, make: bool = False) -> T:
    from acd.cli.asking import opened

    async def run() -> T:
        database = opened(settings, make=make)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


@app.command()
def current(config: Config = None, as_json: Json = False) -> None:
    """Show the tables' revision, and the one that is needed."""
    from storage.migrate import current as revision_of
    from storage.migrate import head

    found = _with(settings_of(config), revision_of)
    if as_json:
        print_json({"revision": found, "needed": head(), "current": found == head()})
    elif found == head():
        print(f"{found}, the one this program needs")
    else:
        print(f"{found or 'no tables'}; this program needs {head()}: run `cozum db upgrade`")


@app.command()
def upgrade(config: Config = None) -> None:
    """Bring the tables up to this program's version.

    All or nothing; the desk does the same at its start. Creates the file or the tables if there are none.
    """
    from storage.migrate import current as revision_of
    from storage.migrate import upgrade as upgraded

    quiet_logs()

    async def work(database: "Database") -> tuple[str | None, str]:
        return await revision_of(database), await upgraded(database)

    before, after = _with(settings_of(config), work, make=True)
    print(f"{after} already" if before == after else f"{before or 'no tables'} → {after}")


@app.command()
def check(config: Config = None, as_json: Json = False) -> None:
    """Check that the database can be reached and written, and has the needed tables.

    Exit status 1 if not, with the way out.
    """
    from storage.database import DatabaseError
    from storage.migrate import check as checked

    async def work(database: "Database") -> tuple[str, str, str]:
        return str(database), await database.check(), await checked(database)

    try:
        where, kind, revision = _with(settings_of(config), work)
    except (DatabaseError, CliError) as error:
        if as_json:
            print_json({"ok": False, "error": str(error)})
            raise typer.Exit(1) from None
        raise
    if as_json:
        print_json({"ok": True, "database": where, "kind": kind, "revision": revision})
    else:
        print(f"{where}: {kind}, tables of revision {revision}, well")


async def _begin_at(database: "Database", reader: "JournalReader", begin: int) -> None:
    """Have the projector begin behind entry `begin`. Raises `CliError` if the database is not empty. A desk that was
    started on it may have looked for its place, and found nothing to read."""
    import sqlalchemy as sa

    from storage.projector import checkpoints, skip_gap
    from storage.queries import calls

    async with database.reading() as connection:
        held = (await connection.execute(sa.select(sa.func.count()).select_from(calls))).scalar_one()
        place = sa.select(checkpoints.c.seq).where(checkpoints.c.reader == "projector")
        read = (await connection.execute(place)).scalar_one_or_none()
    if held or read:
        raise CliError(
            f"database {database} is not empty ({held:,} calls): move it away, or set database_url to a new one"
        )
    await skip_gap(database, reader, begin)  # where a projector would stand if it had read the entries that are gone


@app.command("continue")
def continue_(config: Config = None) -> None:
    """Have the database go on behind a gap in the journal.

    For a database that was brought back from a copy older than the journal's beginning (journal_days). What the missing
    entries said of calls and tickets is lost. Tickets behind the gap get other numbers than their callers were told,
    and numbers of lost tickets are given out again. The line and the desk may be running: the desk goes on within
    seconds.
    """
    from storage.journal import JournalReader
    from storage.migrate import check as checked
    from storage.projector import skip_gap

    settings = settings_of(config)

    async def work(database: "Database") -> tuple[int, int] | None:
        await checked(database)
        with JournalReader(settings.journal_file) as reader:
            return await skip_gap(database, reader, reader.seq_before(0.0))

    gap = _with(settings, work)
    if gap is None:
        raise CliError("there is no gap: the journal has all entries that the database has not read")
    print(f"entries {gap[0]:,} to {gap[1]:,} are skipped; the desk goes on from entry {gap[1] + 1:,}")


@app.command()
def rebuild(
    config: Config = None,
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Fill from the rest of a journal that has lost its beginning."),
    ] = False,
) -> None:
    """Fill an empty database again from the journal.

    For a database that was lost. Calls, offers, agents' times and opened tickets come back. What people did to
    tickets afterwards is not in the journal and is lost. Line and desk must not be running. Nobody is rung or written
    to about these tickets again.

    If the journal's beginning is gone (journal_days), --partial fills from the rest: older calls are lost, and
    tickets get other numbers than their callers were told.
    """
    from acd.cli.check_machine import line_pid
    from acd.desk.town_files import ticket_rules, town_of
    from acd.lib.clock import clock
    from storage.journal import JournalReader
    from storage.migrate import upgrade as upgraded
    from storage.projector import Projector

    settings = settings_of(config)
    rules = ticket_rules(settings, town_of(settings))
    if (pid := line_pid(settings)) is not None:
        raise CliError(f"the line runs (pid {pid}): stop it and the desk first, which fills the same tables")

    async def work(database: "Database") -> tuple[int, int, int]:
        with JournalReader(settings.journal_file) as reader:
            begin = reader.seq_before(0.0)
            if begin and not partial:
                raise CliError(
                    f"the journal begins at entry {begin + 1:,}: bring back a copy of the database, or fill from there "
                    "with --partial: older calls are then lost, and tickets get other numbers than callers were told"
                )
            await upgraded(database)
            await _begin_at(database, reader, begin)
            now = clock()
            projector = Projector(
                reader, database, rules=lambda: rules, target_s=settings.target_wait_s, tell_since=lambda: now
            )
            with progress("entries", reader.last_seq()) as done:
                task = asyncio.ensure_future(projector.catch_up())
                while not task.done():
                    done(projector.seq)
                    await asyncio.wait([task], timeout=0.1)
                return await task - begin, projector.skipped, projector.untold

    quiet_logs()
    entries, skipped, untold = _with(settings, work, make=True)
    print(f"{entries:,} entries taken in")
    if untold:
        note(
            f"cozum: {untold:,} text messages, mails, webhooks and duty rings of these tickets are not sent (again); "
            "the urgent tickets of the last day are tasks: see to them"
        )
    if skipped:
        note(f"cozum: {skipped} entries could not be stored; table skipped_entries names them")
        raise typer.Exit(1)
