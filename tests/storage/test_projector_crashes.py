"""The projector: every fact in the database exactly once, whatever dies on the way."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.journal import SqliteJournal
from storage.journal_memory import MemoryJournal
from storage.migrate import upgrade
from storage.projector import Projector
from tests.databases import new_database
from tests.services import Postgres
from tests.storage.projected import content, empty, journal_of, project, running
from tests.storage.samples import Story, rules
from tests.waiting import until


class Crash(BaseException):
    """As kill -9: nothing handles it."""


class Burning:
    """A connection each of whose statements may be the last."""

    def __init__(self, connection: AsyncConnection, burn: Callable[[], None]) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self._burn = burn

    async def execute(self, *arguments: Any, **named: Any) -> Any:
        self._burn()
        return await self._connection.execute(*arguments, **named)

    async def exec_driver_sql(self, *arguments: Any, **named: Any) -> Any:
        self._burn()
        return await self._connection.exec_driver_sql(*arguments, **named)


class Crashing(Database):
    """A database whose user dies at a chosen statement, or just before or after the commit."""

    fuse: int | None = None

    def burn(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Crash

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with super().writing() as connection:
            yield cast(AsyncConnection, Burning(connection, self.burn))
            self.burn()
        self.burn()


SLOW = settings(
    deadline=None,
    derandomize=True,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SLOW
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 120), data=st.data())
def test_crashes_leave_no_trace(database_url: str, seed: int, steps: int, data: st.DataObject) -> None:
    fuses = data.draw(st.lists(st.integers(0, 25), max_size=6))
    batches = data.draw(st.lists(st.integers(1, 60), min_size=1, max_size=7))

    async def compare() -> None:
        story = Story(seed).tell(steps)
        journal = journal_of(story)
        database = Crashing(database_url)
        try:
            await empty(database)
            await project(database, journal)
            expected = await content(database)
            await empty(database)
            for number, fuse in enumerate(fuses):
                database.fuse = fuse
                try:
                    await project(database, journal, batch=batches[number % len(batches)])
                except Crash:
                    continue
            database.fuse = None
            projector = await project(database, journal, batch=batches[-1])
            assert projector.seq == len(story)
            assert projector.skipped == 0
            assert await content(database) == expected
        finally:
            await database.close()

    asyncio.run(compare())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    cluster: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None

    async def make() -> str:
        database = await new_database(request.param, cluster, tmp_path)
        await database.close()
        return database.url.render_as_string(hide_password=False)

    return asyncio.run(make())


async def test_a_postgres_that_goes_away_only_delays_it(postgres: Postgres, tmp_path: Path) -> None:
    database = await new_database("postgres", postgres, tmp_path)
    story, journal = Story(7), MemoryJournal()
    name = database.url.database
    admin = Database(postgres.url())
    projector = Projector(journal, database, gap_s=0.0, retry_s=(0.01, 0.05), rules=rules)

    async def command(text: str) -> None:
        async with admin.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql(text)

    dice = random.Random(1)
    async with running(projector):
        for round_ in range(12):
            journal.append(story.tell(40))
            projector.notify()
            if round_ % 3 == 0:
                await command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            for _ in range(dice.randrange(20)):
                await asyncio.sleep(0)
            await command(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            if round_ % 3 == 0:
                journal.append(story.tell(20))
                projector.notify()
                await until(lambda: bool(projector.error), "it has noticed")
                assert projector.lag_events > 0
                await command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await until(lambda: projector.lag_events == 0, "it has caught up")
        assert projector.error == ""
        assert projector.skipped == 0
    followed = await content(database)
    await empty(database)
    await project(database, journal)
    assert await content(database) == followed
    await admin.close()
    await database.close()


@pytest.mark.alone  # it measures how soon
async def test_a_locked_sqlite_only_delays_it(tmp_path: Path) -> None:
    database = await new_database("sqlite", None, tmp_path)
    story, journal = Story(8), MemoryJournal()
    projector = Projector(journal, database, gap_s=0.0, retry_s=(0.01, 0.05), rules=rules)
    async with running(projector):
        async with database.writing():
            lag = len(told := story.tell(40))
            journal.append(told)
            projector.notify()
            loop = asyncio.get_running_loop()
            slowest, before = 0.0, loop.time()
            for _ in range(100):
                await asyncio.sleep(0.001)
                slowest, before = max(slowest, loop.time() - before), loop.time()
            assert projector.lag_events == lag
        await until(lambda: projector.lag_events == 0, "it has caught up")
        assert slowest < 2.0  # who blocked on the lock would be away for the whole busy timeout
    await database.close()


async def test_missing_tables_are_waited_for(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cozum.db'}")
    journal = journal_of(Story(9).tell(30))
    projector = Projector(journal, database, retry_s=(0.01, 0.05), rules=rules)
    async with running(projector):
        await until(lambda: "cozum db upgrade" in projector.error, "it says what is missing")
        await upgrade(database)
        await until(lambda: projector.lag_events == 0, "it has caught up")
    await database.close()


CHILD = """
import asyncio, sys
from storage.database import Database
from storage.journal import JournalReader
from storage.projector import Projector
from tests.storage.samples import rules

async def main():
    projector = Projector(JournalReader(sys.argv[1]), Database(sys.argv[2]), batch=5, gap_s=0.0, rules=rules)
    task = asyncio.create_task(projector.run())
    while projector.seq < int(sys.argv[3]):
        print(projector.stored_seq, flush=True)
        await asyncio.sleep(0.001)
    print("done", flush=True)

asyncio.run(main())
"""


async def test_kill_9_at_any_moment(database: Database, tmp_path: Path) -> None:
    story = Story(300).tell(400)
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path)
    journal.append(story)
    await project(database, journal_of(story))
    expected = await content(database)
    await empty(database)
    url = database.url.render_as_string(hide_password=False)
    dice = random.Random(3)
    root = Path(__file__).parents[2]
    kills = 0
    while True:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, str(path), url, str(len(story))), stdout=asyncio.subprocess.PIPE, cwd=root
        )
        assert child.stdout is not None
        lines = 0
        until_line = 10**9 if kills >= 4 else dice.randrange(2, 30)
        async with asyncio.timeout(120):
            while (line := await child.stdout.readline()) and lines < until_line and line != b"done\n":
                lines += 1
        if line == b"done\n" or not line:
            await child.wait()
            break
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        kills += 1
    assert child.returncode == 0
    assert kills > 0
    assert await content(database) == expected
    journal.close()
