"""The database: SQLite in a file beside the journal, or PostgreSQL. Every user of it gets the same set-up."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiosqlite
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.short_questions import ShortQuestions

OLDEST_POSTGRES = 13
OLDEST_SQLITE = (3, 35)

_BUSY_MS = 5000
_STATEMENT_MS = 15_000
_ANSWER_S = 5.0
"""Seconds more than a statement may take, after which a server that does not answer is given up."""
_CONNECT_S = 5
_LOOK_S = 0.1
"""Between two questions whether a transaction has ended."""
_AT_WORK = """SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
        AND xact_start < CAST(:began AS timestamptz))"""
RESTS = 3
"""Work that nobody waits for has a quarter of the time."""
MOST_REST_S = 1.0
"""Seconds of a rest at most. A piece that took longer has waited itself, for a row's lock or a connection, and need not
be rested from; without a bound, one bad minute of the database would stop all of this work for three."""
RESTED_S = 5.0
"""A connection to PostgreSQL that was not used for so many seconds is tried before it is used."""
_POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 0, "pool_use_lifo": True}
"""All connections are kept, and the one that was used last is used first: to make one costs the desk ten times what a
question does, and it knows none of the prepared statements."""
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


class DatabaseError(Exception):
    """The database cannot be used as it is. The text says what is wrong, where, and what to do."""


class UnfitDatabaseError(DatabaseError):
    """The server is too old, or letters would be lost in the database."""


def parse_url(url: str) -> URL:
    """The address with the right driver. Raises `ValueError` naming the key and what is allowed."""
    allowed = "sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST:PORT/NAME is allowed"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        raise ValueError(f"database_url: not an address; {allowed}") from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None or (driver.startswith("sqlite") and parsed.database in (None, "", ":memory:")):
        raise ValueError(f"database_url = {parsed.render_as_string()!r}: {allowed}")
    return parsed.set(drivername=driver)


class Database:
    """Connections to one database. Open it on the loop that uses it; `close` gives all connections back."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.is_postgres = self.url.get_backend_name() == "postgresql"
        self.engine = self._postgres() if self.is_postgres else self._sqlite()
        self._short = None if self.is_postgres else ShortQuestions(self._connect_for_questions)
        self._one_rests = asyncio.Lock()

    def __str__(self) -> str:
        """The address without its password."""
        return self.url.render_as_string()

    def _sqlite(self) -> AsyncEngine:
        Path(self.url.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_async_engine(
            self.url,
            hide_parameters=True,
            **_POOL,
            pool_reset_on_return=None,  # each transaction is ended by its own block
            connect_args={"timeout": _BUSY_MS / 1000, "factory": _Connection},
        )
        event.listen(engine.sync_engine, "do_connect", _connect_by_open)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine

    def _connect_for_questions(self) -> sqlite3.Connection:
        """A connection to SQLite that only reads, and does not wait for locks."""
        connection = sqlite3.connect(self.url.database or "")
        try:
            _prepare_sqlite(connection, None)
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA busy_timeout = 0")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _postgres(self) -> AsyncEngine:
        engine = create_async_engine(
            self.url,
            hide_parameters=True,  # callers' numbers are among them
            **_POOL,
            pool_timeout=_CONNECT_S,
            pool_recycle=1800,
            connect_args=_postgres_arguments(_STATEMENT_MS),
        )
        event.listen(engine.sync_engine, "checkin", _note_use)
        event.listen(engine.sync_engine, "checkout", _check_rested)
        return engine

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection with one consistent view of the data; nothing written in it stays."""
        async with self.engine.connect() as connection:
            if self.is_postgres:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextlib.asynccontextmanager
    async def asking(self) -> AsyncIterator[AsyncConnection]:
        """A connection for one statement that reads. It has a consistent view of the data by itself, and no transaction
        is begun and ended for it: the database is asked once, not three times."""
        async with self.engine.connect() as connection:
            if self.is_postgres:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            else:
                await connection.execution_options(cozum_asks=True)
            yield connection

    async def ask(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The rows of one statement that reads, as the driver takes it and gives them. Raises `DatabaseError`.

        SQLite's thread is called once for it. By `asking` it is called five times: for the cursor, the statement, its
        rows, the cursor's end and the end of the transaction that SQLAlchemy believes in."""
        async with self.explained():
            if self.is_postgres:
                async with self.asking() as connection:
                    return (await connection.exec_driver_sql(text, tuple(values))).all()
            async with self.engine.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                try:
                    return list(await driver.execute_fetchall(text, values))
                except asyncio.CancelledError:
                    await driver.interrupt()  # who uses the connection next must not wait for it
                    raise

    async def ask_shortly(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """The same for a question that takes microseconds and is asked often. Raises `DatabaseError`.

        SQLite answers it with the others that wait, in one thread. Where it takes longer, it is asked by itself."""
        rows = None if self._short is None else await self._short.ask(text, values)
        return await self.ask(text, values) if rows is None else rows

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed at the block's end, or rolled back if it raises."""
        async with self.engine.connect() as connection:
            # Take the write lock at the beginning: a SQLite reader that becomes a writer cannot wait for another
            # writer.
            await connection.execution_options(cozum_writes=True)
            async with connection.begin():
                yield connection

    @contextlib.asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncConnection]:
        """A transaction whose statements may take as long as they need, in a connection of its own: a large table is
        rewritten, or another migration waited for."""
        if not self.is_postgres:
            async with self.writing() as connection:
                yield connection
            return
        engine = create_async_engine(
            self.url, hide_parameters=True, poolclass=sa.NullPool, connect_args=_postgres_arguments(0)
        )
        try:
            async with engine.begin() as connection:
                yield connection
        finally:
            await engine.dispose()

    @contextlib.asynccontextmanager
    async def unhurried(self) -> AsyncIterator[None]:
        """One of many pieces of work that nobody waits for. Only one is done at a time, and then all of this work rests
        for `RESTS` times as long, up to `MOST_REST_S`: answers that people wait for need the same database, loop and
        processors."""
        async with self._one_rests:
            began = time.monotonic()
            yield
            await asyncio.sleep(min(RESTS * (time.monotonic() - began), MOST_REST_S))

    async def others_end(self, within_s: float) -> None:
        """Wait until our transactions that have begun by now have ended, up to so many seconds. Raises
        `DatabaseError`."""
        async with self.explained():
            if not self.is_postgres:
                async with self.writing():  # SQLite has one writer at a time
                    return
            began = await self._one("SELECT clock_timestamp()")
            until = time.monotonic() + within_s
            while True:
                at_work = await self._one(_AT_WORK, began=began)
                if not at_work or time.monotonic() >= until:
                    return
                await asyncio.sleep(_LOOK_S)

    async def _one(self, query: str, **given: Any) -> Any:
        async with self.asking() as connection:
            return (await connection.execute(sa.text(query), given)).scalar_one()

    async def refuse_unfit(self) -> None:
        """Raise `UnfitDatabaseError` if a server is too old, or if letters would be lost in its database."""
        if self.is_postgres:
            async with self.explained(), self.reading() as connection:
                await _refuse_unfit(connection)

    async def unfitness(self) -> str:
        """What `refuse_unfit` would refuse; empty for nothing. Raises `DatabaseError` if the database does not
        answer."""
        try:
            await self.refuse_unfit()
        except UnfitDatabaseError as error:
            return str(error)
        return ""

    async def check(self) -> str:
        """Check that the database answers. Returns its version (`PostgreSQL 17.2`); raises `DatabaseError`.
        `storage.migrate.check` checks the tables."""
        async with self.explained(), self.writing() as connection:
            return await (_check_postgres if self.is_postgres else _check_sqlite)(connection)

    @contextlib.asynccontextmanager
    async def explained(self) -> AsyncIterator[None]:
        """Raise `DatabaseError` if the block fails because the database does not answer or refuses."""
        try:
            yield
        except (DBAPIError, OSError, sa.exc.TimeoutError, sqlite3.Error) as error:
            raise self.explain(error) from error

    def explain(self, error: BaseException) -> DatabaseError:
        """A driver's error in words for the operator, with the way out."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        code = getattr(cause, "sqlstate", None)
        reason = " ".join(str(cause).split()) or type(cause).__name__
        name = self.url.database
        if code == "3D000":
            hint = f"create it: createdb {name}"
        elif code in ("28P01", "28000"):
            hint = "user or password in database_url is wrong, or pg_hba.conf does not let this host in"
        elif code in ("42P01", "42703") or "no such table" in reason or "no such column" in reason:
            hint = "the tables are missing or old: run `cozum db upgrade`"
        elif code == "53300":
            hint = "max_connections is used up: give the database more, or end other programs"
        elif code in ("53100", "SQLITE_FULL") or "disk is full" in reason:
            hint = "free disk space"
        elif "malformed" in reason or "not a database" in reason:
            hint = (
                "it is damaged: stop the daemon, move it away with its -wal and -shm files, `cozum db rebuild`, start; "
                "or bring a backup back"
            )
        elif "readonly" in reason or "read-only" in reason:
            hint = "it can only be read: check the owner of the file, or that this is not a standby server"
        elif "disk I/O error" in reason:
            hint = "look at the disk (kernel log) and at its free space"
        elif "is locked" in reason:
            hint = "another program holds it: end that program"
        elif "unable to open" in reason:
            hint = "the folder must exist and be writable"
        elif self.is_postgres and isinstance(cause, OSError | TimeoutError | sa.exc.TimeoutError):
            host = self.url.host or self.url.query.get("host", "localhost")
            hint = f"is the server at {host}:{self.url.port or 5432} up and reachable?"
        else:
            hint = "see the error"
        return DatabaseError(f"database {self}: {reason}: {hint}")

    async def close(self) -> None:
        """Give all connections back."""
        if self._short is not None:
            await self._short.close()
        await self.engine.dispose()


class _Connection(sqlite3.Connection):
    """Ends its transaction when it is closed.

    SQLite keeps a closed connection, with its transaction and the write lock, until no cursor of it is left. After a
    task was cancelled in a statement, the error's traceback keeps one."""

    def close(self) -> None:
        """Roll back, and close."""
        with contextlib.suppress(sqlite3.Error):  # closing ends what cannot be rolled back
            self.rollback()
        super().close()


def _connect_by_open(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
    """Have SQLAlchemy connect through `_open`."""
    parameters["async_creator_fn"] = _open


async def _open(*arguments: Any, **parameters: Any) -> aiosqlite.Connection:
    """A connection of aiosqlite. If it cannot be made, its thread has ended before the error is raised.

    aiosqlite does not wait for that thread. The thread reports to the loop that it ends; if the loop is closed by then,
    it dies of an exception that nobody handles."""
    connection = aiosqlite.connect(*arguments, **parameters)
    thread = connection._thread
    thread.daemon = True  # as SQLAlchemy does: a connection that nobody closes must not delay the exit
    try:
        return await connection
    except BaseException:
        await asyncio.shield(asyncio.to_thread(thread.join))
        raise


def _postgres_arguments(statement_ms: int) -> dict[str, Any]:
    """What the driver is told; `statement_ms` is the most that a statement may take, 0: no limit."""
    return {
        "timeout": _CONNECT_S,
        "command_timeout": statement_ms / 1000 + _ANSWER_S if statement_ms else None,
        "server_settings": {
            "application_name": "cozum",
            "statement_timeout": str(statement_ms),
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",
        },
    }


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # only we begin transactions; the driver's own ones break DDL
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {_BUSY_MS}", "synchronous = NORMAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    # If two processes open a new file at once, SQLite tells the second that it is locked, without waiting as it does
    # elsewhere.
    until = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("cozum_asks", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("cozum_writes", False) else "BEGIN")


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _check_rested(connection: Any, record: Any, _proxy: Any) -> None:
    """Have the pool connect again if this connection has ended. One that was used just now is not asked, which would
    take three questions for each answer: a server that ends closes its connections, and the driver knows it.

    A closed one says nothing of the others, each of which is checked when it is used: only this one is made again. If
    one does not answer, the server is likely gone, and each of the others would be waited for as long."""
    if connection.driver_connection.is_closed():
        raise sa.exc.DisconnectionError("the server has closed it")
    used = record.info.get("used")
    if used is not None and time.monotonic() - used > RESTED_S:
        try:
            connection.ping()
        except Exception as error:
            raise sa.exc.InvalidatePoolError("it does not answer") from error


async def _check_postgres(connection: AsyncConnection) -> str:
    version = await _refuse_unfit(connection)
    read_only = (await connection.execute(sa.text("SELECT current_setting('transaction_read_only')"))).scalar_one()
    if read_only == "on":
        raise DatabaseError("the database can only be read: is database_url that of a standby server?")
    return f"PostgreSQL {version.split()[0]}"


async def _refuse_unfit(connection: AsyncConnection) -> str:
    """The server's version. Raises `UnfitDatabaseError` if it is too old, or if letters would be lost."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
                " (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database())"
            )
        )
    ).one()
    number, version, encoding = row
    if number < OLDEST_POSTGRES * 10_000:
        raise UnfitDatabaseError(f"PostgreSQL {version} is too old: {OLDEST_POSTGRES} is the least")
    if encoding != "UTF8":
        raise UnfitDatabaseError(
            f"the database's encoding is {encoding}, which lacks letters: create it with UTF8 "
            "(createdb --encoding=UTF8 --template=template0; pg_dump and pg_restore bring there what the old one has)"
        )
    return str(version)


async def _check_sqlite(connection: AsyncConnection) -> str:
    version = str((await connection.execute(sa.text("SELECT sqlite_version()"))).scalar_one())
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_SQLITE:
        least = ".".join(str(part) for part in OLDEST_SQLITE)
        raise DatabaseError(f"SQLite {version} is too old: {least} is the least")
    verdict = str((await connection.execute(sa.text("PRAGMA quick_check(1)"))).scalar_one())
    if verdict != "ok":
        raise DatabaseError(
            f"the database file is damaged ({' '.join(verdict.split())}): bring back a copy, or move it away"
        )
    return f"SQLite {version}"
