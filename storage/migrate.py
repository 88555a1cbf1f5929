"""Migrates a database's tables to this program's version. The scripts are part of the package."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Database, DatabaseError

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x434F5A55  # PostgreSQL's advisory lock for a migration


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision this program needs."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


async def current(database: Database) -> str | None:
    """The revision the database has; None for an empty one. Raises `DatabaseError`."""
    async with database.explained(), database.reading() as connection:
        return await connection.run_sync(_current)


async def upgrade(database: Database, revision: str = "head") -> str:
    """Bring the tables to `revision`, all or nothing, and return it. Two processes that try at once run one after the
    other.

    Raises `DatabaseError`, also if the database is newer than this program, or has no tables and must not get any:
    entries with letters that it lacks would be put aside."""
    found = await current(database)
    if revision == "head" and found == head():  # as at nearly each start: within the usual limits
        return head()
    if found is None:
        await database.refuse_unfit()
    async with database.explained(), database.migrating() as connection:
        if database.is_postgres:
            await connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_refuse_newer, database)
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), revision))
        return await connection.run_sync(_current) or ""


async def check(database: Database) -> str:
    """Return the revision if it is the one this program needs; else raise `DatabaseError` with the way out."""
    found = await current(database)
    if found != head():
        async with database.reading() as connection:
            await connection.run_sync(_refuse_newer, database)
        what = "has no tables" if found is None else f"has tables of revision {found}, needed is {head()}"
        raise DatabaseError(f"database {database} {what}: run `cozum db upgrade`")
    return found


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: sa.Connection, database: Database) -> None:
    found = _current(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseError(
            f"database {database} has tables of revision {found}, which this program does not know: it was made by a "
            "newer one; install that, or use another database"
        )


def downgrade(connection: sa.Connection, revision: str) -> None:
    """Go back to a revision. The content of later tables and columns is lost."""
    command.downgrade(_config(connection), revision)


def draft(connection: sa.Connection, message: str) -> None:
    """Write a new script for the differences between the tables and the database. For developers."""
    command.revision(_config(connection), message, autogenerate=True)


def is_ours(name: str | None) -> bool:
    """Whether the metadata can describe a table or index: the search has a virtual table and triggers on SQLite, and an
    index over an expression on PostgreSQL."""
    return not (name or "").startswith(("ticket_search", "article_search"))
