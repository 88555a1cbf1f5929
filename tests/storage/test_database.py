"""Databases that serve, and those that do not and say why; the tables and their migrations."""

import asyncio
import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import alembic.autogenerate
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

import storage.database
from phones.ports import free_tcp_port
from storage import migrate
from storage.database import RESTS, Database, DatabaseError, parse_url
from storage.schema import metadata
from tests.databases import drop, new_database, new_name, new_postgres, postgres_command
from tests.services import Postgres
from tests.waiting import until


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:////abs/a.db", "sqlite+aiosqlite"),
        ("postgresql://u:p@h:1/n", "postgresql+asyncpg"),
        ("postgresql+asyncpg://u:p@h/n", "postgresql+asyncpg"),
    ],
)
def test_addresses(url: str, driver: str) -> None:
    assert parse_url(url).drivername == driver


@pytest.mark.parametrize(
    "url", ["", "x", "mysql://u:secret@h/n", "sqlite://", "sqlite:///:memory:", "postgresql+psycopg://h/n"]
)
def test_bad_addresses_are_named_without_the_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"database_url.*postgresql") as caught:
        parse_url(url)
    assert "secret" not in str(caught.value)


async def test_a_fit_database(database: Database) -> None:
    assert re.match(r"(PostgreSQL \d+|SQLite 3\.\d+)", await database.check())
    assert await migrate.check(database) == migrate.head() == await migrate.current(database)


async def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    def difference(connection: sa.Connection) -> object:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": lambda _object, name, *_: migrate.is_ours(name),
            },
        )
        return alembic.autogenerate.compare_metadata(context, metadata)

    async with database.reading() as connection:
        assert await connection.run_sync(difference) == []


async def test_down_to_nothing_and_up_again(database: Database) -> None:
    async with database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "base")
    assert await migrate.current(database) is None
    with pytest.raises(DatabaseError, match="has no tables: run `cozum db upgrade`"):
        await migrate.check(database)
    assert await migrate.upgrade(database) == migrate.head()
    assert await migrate.upgrade(database) == migrate.head()  # nothing to do


async def test_two_who_upgrade_at_once(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    postgres: Postgres = request.getfixturevalue("postgres")
    await postgres_command(postgres, "CREATE DATABASE twice")
    for url in (f"sqlite:///{tmp_path / 'twice.db'}", postgres.url("twice")):
        databases = [Database(url) for _ in range(4)]
        assert set(await asyncio.gather(*map(migrate.upgrade, databases))) == {migrate.head()}
        for database in databases:
            await database.close()


async def test_a_migration_may_take_longer_than_other_statements(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rewrites the table of a large town, or waits for another process that does."""
    name = await new_name(postgres)  # made before the limits, which hold for it too
    monkeypatch.setattr("storage.database._STATEMENT_MS", 1000)
    monkeypatch.setattr("storage.database._ANSWER_S", 1.0)
    database = Database(postgres.url(name))
    plain = command.upgrade

    def slow(config: Config, revision: str) -> None:
        config.attributes["connection"].execute(sa.text("SELECT pg_sleep(2.4)"))
        plain(config, revision)

    monkeypatch.setattr(command, "upgrade", slow)
    lock = sa.text(f"SELECT pg_advisory_lock({migrate._LOCK})")
    holder = Database(postgres.url(database.url.database or ""))
    async with holder.engine.connect() as connection:
        await connection.execute(lock)
        waiting = asyncio.create_task(migrate.upgrade(database))
        await asyncio.sleep(2.4)
        assert not waiting.done(), "it waits for the other one"
    await holder.close()
    assert await waiting == migrate.head()
    assert await migrate.current(database) == migrate.head()
    with pytest.raises(DatabaseError, match="statement timeout"):
        async with database.explained(), database.writing() as writing:
            await writing.execute(sa.text("SELECT pg_sleep(2.4)"))
    await drop(postgres, database)


async def test_a_newer_database_is_left_alone(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (migrate.check, migrate.upgrade):
        with pytest.raises(DatabaseError, match="9999, which this program does not know"):
            await use(database)


async def test_an_upgrade_that_fails_leaves_nothing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    postgres: Postgres = request.getfixturevalue("postgres")
    await postgres_command(postgres, "CREATE DATABASE half")
    for url in (f"sqlite:///{tmp_path / 'half.db'}", postgres.url("half")):
        database = Database(url)
        async with database.writing() as connection:
            await connection.execute(sa.text("CREATE TABLE tickets (x integer)"))  # in the way
        with pytest.raises(DatabaseError, match="tickets"):
            await migrate.upgrade(database)
        async with database.reading() as connection:
            names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        assert names == ["tickets"]
        await database.close()


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as connection:
            await connection.execute(sa.text("INSERT INTO ticket_counters (year, last) VALUES (2026, 1)"))
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        await fail()
    async with database.reading() as connection:
        assert (await connection.execute(sa.text("SELECT count(*) FROM ticket_counters"))).scalar_one() == 0


async def test_a_connection_that_is_lost_in_a_statement_gives_the_lock_back(database: Database) -> None:
    """As when a task is cancelled there: its traceback still has the cursor."""
    cursors: list[object] = []

    async def lose() -> None:
        async with database.writing() as connection:
            await connection.execute(sa.text("INSERT INTO ticket_counters (year, last) VALUES (2026, 1)"))
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            cursors.append(await driver.execute("SELECT 1 UNION SELECT 2"))
            await connection.invalidate()
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await lose()
    async with asyncio.timeout(60), database.writing() as other:  # a lock that is kept fails after five
        assert (await other.execute(sa.text("SELECT count(*) FROM ticket_counters"))).scalar_one() == 0


async def test_a_reader_sees_one_moment(database: Database) -> None:
    count = sa.text("SELECT count(*) FROM ticket_counters")
    async with database.reading() as reader:
        assert (await reader.execute(count)).scalar_one() == 0
        async with database.writing() as writer:
            await writer.execute(sa.text("INSERT INTO ticket_counters (year, last) VALUES (2026, 1)"))
        assert (await reader.execute(count)).scalar_one() == 0
    async with database.reading() as reader:
        assert (await reader.execute(count)).scalar_one() == 1


async def test_work_that_nobody_waits_for_is_done_one_by_one_with_rests(database: Database) -> None:
    at_work = most = 0

    async def piece() -> None:
        nonlocal at_work, most
        async with database.unhurried():
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0.02)
            at_work -= 1

    began = time.monotonic()
    await asyncio.gather(*(piece() for _ in range(4)))
    assert most == 1
    assert time.monotonic() - began >= 4 * 0.02 * (1 + RESTS) * 0.99


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long it was rested; nobody sleeps."""
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", rest)
    return rested


async def test_work_that_fails_is_not_rested_from(database: Database, rests: list[float]) -> None:
    async def fail() -> None:
        async with database.unhurried():
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert rests == []


async def test_a_piece_that_waited_long_is_not_rested_from_for_longer_still(
    database: Database, rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert storage.database.MOST_REST_S == 1.0
    monkeypatch.setattr(storage.database, "MOST_REST_S", 0.05)
    times = iter((1000.0, 1000.5))
    monkeypatch.setattr(storage.database, "time", SimpleNamespace(monotonic=lambda: next(times)))
    async with database.unhurried():
        pass
    assert rests == [0.05]


async def test_the_end_of_other_transactions_is_waited_for_but_not_for_ever(database: Database) -> None:
    began = time.monotonic()
    await database.others_end(20.0)
    assert time.monotonic() - began < 10.0
    async with database.writing() as connection:
        await connection.execute(sa.text("INSERT INTO ticket_counters (year, last) VALUES (2026, 0)"))
        waiting = asyncio.create_task(database.others_end(20.0))
        assert await asyncio.wait({waiting}, timeout=0.5) == (set(), {waiting})
        if database.is_postgres:
            await database.others_end(0.2)
    await waiting


async def test_connections_of_a_rush_are_kept_for_the_next(database: Database) -> None:
    """A new one takes longer than most questions, and the server has to prepare all statements again."""
    made: list[object] = []

    def note(connection: object, _record: object) -> None:
        made.append(connection)

    sa.event.listen(database.engine.sync_engine, "connect", note)

    async def ask() -> None:
        async with database.asking() as connection:
            await connection.execute(sa.text("SELECT 1"))

    await asyncio.gather(*(ask() for _ in range(20)))
    first = len(made)
    await asyncio.gather(*(ask() for _ in range(20)))
    assert 1 < first == len(made) <= 10


async def test_a_connection_that_its_server_has_closed_is_not_used_again(postgres: Postgres) -> None:
    """Nobody asks whether it still answers, if it was used just now."""
    database = await new_postgres(postgres)
    async with database.asking() as connection:
        own = (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one()
        driver: Any = (await connection.get_raw_connection()).driver_connection
    await postgres_command(postgres, f"SELECT pg_terminate_backend({own})")
    await until(driver.is_closed, "the driver knows that its connection has ended")
    async with database.asking() as connection:
        assert (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one() != own
    await drop(postgres, database)


async def test_one_connection_that_was_closed_takes_no_other_with_it(postgres: Postgres) -> None:
    """All ten were made again, in the midst of a rush."""
    database = await new_postgres(postgres)
    question = sa.text("SELECT pg_backend_pid()")
    async with database.asking() as one, database.asking() as two:
        ended = (await one.execute(question)).scalar_one()  # given back last, so used first
        kept = (await two.execute(question)).scalar_one()
        driver: Any = (await one.get_raw_connection()).driver_connection
    await postgres_command(postgres, f"SELECT pg_terminate_backend({ended})")
    await until(driver.is_closed, "the driver knows that its connection has ended")
    async with database.asking() as one, database.asking() as two:
        now = {(await each.execute(question)).scalar_one() for each in (one, two)}
    assert kept in now
    assert ended not in now
    await drop(postgres, database)


async def test_writers_wait_for_each_other(database: Database) -> None:
    plain = "SELECT last FROM ticket_counters"
    read = f"{plain} FOR UPDATE" if database.is_postgres else plain

    async def count_up() -> None:
        for _ in range(20):
            async with database.writing() as connection:
                last = (await connection.execute(sa.text(read))).scalar_one()
                await connection.execute(sa.text("UPDATE ticket_counters SET last = :last"), {"last": last + 1})

    async with database.writing() as connection:
        await connection.execute(sa.text("INSERT INTO ticket_counters (year, last) VALUES (2026, 0)"))
    await asyncio.gather(*(count_up() for _ in range(4)))
    async with database.reading() as connection:
        assert (await connection.execute(sa.text("SELECT last FROM ticket_counters"))).scalar_one() == 80


class TestUnfit:
    async def refused(self, url: str, match: str) -> None:
        database = Database(url)
        try:
            for use in (database.check, lambda: migrate.check(database), lambda: migrate.upgrade(database)):
                with pytest.raises(DatabaseError, match=match) as caught:
                    await use()
                assert "secret" not in str(caught.value)
        finally:
            await database.close()

    async def test_nobody_there(self) -> None:
        port = free_tcp_port()
        await self.refused(f"postgresql://u:secret@127.0.0.1:{port}/n", f"is the server at 127.0.0.1:{port} up")

    async def test_nobody_at_a_socket(self, tmp_path: Path) -> None:
        await self.refused(f"postgresql:///n?host={tmp_path}", f"is the server at {tmp_path}:5432 up")

    async def test_another_program_holds_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storage.database, "_BUSY_MS", 50)
        await (await new_database("sqlite", None, tmp_path)).close()
        with contextlib.closing(sqlite3.connect(tmp_path / "cozum.db", isolation_level=None)) as shell:
            shell.execute("BEGIN IMMEDIATE")
            database = Database(f"sqlite:///{tmp_path / 'cozum.db'}")
            with pytest.raises(DatabaseError, match="is locked: another program holds it: end that program"):
                await database.check()
            await database.close()

    async def test_no_such_database(self, postgres: Postgres) -> None:
        await self.refused(postgres.url("nowhere"), "create it: createdb nowhere")

    async def test_no_such_user(self, postgres: Postgres) -> None:
        await self.refused(
            postgres.url().replace("cozum@", "nobody:secret@"), "user or password in database_url is wrong"
        )

    async def test_the_wrong_encoding(self, postgres: Postgres) -> None:
        await postgres_command(
            postgres, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        database = Database(postgres.url("ascii"))
        for use in (database.check, lambda: migrate.upgrade(database)):
            with pytest.raises(DatabaseError, match=r"SQL_ASCII.*create it with UTF8"):
                await use()
        assert await migrate.current(database) is None, "a desk that went on would lose what it cannot store"
        await database.close()

    async def test_a_database_that_can_only_be_read(self, postgres: Postgres) -> None:
        await postgres_command(postgres, "CREATE DATABASE standby")
        await postgres_command(postgres, "ALTER DATABASE standby SET default_transaction_read_only = on")
        database = Database(postgres.url("standby"))
        with pytest.raises(DatabaseError, match="can only be read"):
            await database.check()
        await database.close()

    async def test_a_folder_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "cozum.db").mkdir()
        await self.refused(f"sqlite:///{tmp_path / 'cozum.db'}", "folder must exist and be writable")

    def test_a_connection_that_cannot_be_made_leaves_no_thread(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such a thread reported to a loop that was closed, and died of it in the midst of a later test."""
        (tmp_path / "cozum.db").mkdir()
        died: list[str] = []
        monkeypatch.setattr(threading, "excepthook", lambda hook: died.append(repr(hook.exc_value)))

        async def opened() -> int:
            await self.refused(f"sqlite:///{tmp_path / 'cozum.db'}", "folder must exist and be writable")
            return sum("_connection_worker_thread" in thread.name for thread in threading.enumerate())

        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            assert [asyncio.run(opened()) for _ in range(100)] == [0] * 100
        finally:
            sys.setswitchinterval(before)
        assert died == []

    async def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "cozum.db").write_text("Dear diary, " * 1000)
        await self.refused(f"sqlite:///{tmp_path / 'cozum.db'}", "not a database")

    async def test_a_damaged_file(self, tmp_path: Path) -> None:
        database = await new_database("sqlite", None, tmp_path)
        async with database.writing() as connection:
            await connection.execute(
                sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                        " INSERT INTO ticket_counters SELECT i, i FROM n")
            )  # fmt: skip
        await database.close()
        with (tmp_path / "cozum.db").open("r+b") as file:
            file.seek(-3 * 4096, os.SEEK_END)
            file.write(os.urandom(4096))
        database = Database(f"sqlite:///{tmp_path / 'cozum.db'}")
        with pytest.raises(DatabaseError, match=r"damaged|malformed"):
            await database.check()
        await database.close()


def test_the_migrations_are_in_the_wheel_and_work_from_there(tmp_path: Path) -> None:
    """Built from the packages as the build does it, then used with nothing else of this tree on the path."""
    root = Path(__file__).parents[2]
    wheel = tmp_path / "wheel.zip"
    with zipfile.ZipFile(wheel, "w") as archive:  # what hatchling packs: the packages whole
        for package in ("acd", "storage", "tickets"):
            for path in sorted((root / package).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path, path.relative_to(root))
    installed = tmp_path / "installed %(x)s"  # an awkward name: Alembic's settings treat % as special
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    program = (
        "import asyncio\n"
        "from storage import migrate\n"
        "from storage.database import Database\n"
        "async def main():\n"
        f"    database = Database('sqlite:///{tmp_path / 'new.db'}')\n"
        "    print(migrate.__file__, await migrate.upgrade(database))\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=installed, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert str(installed) in done.stdout
    assert done.stdout.split()[-1] == migrate.head()
