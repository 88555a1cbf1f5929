"""Two transactions that cross on PostgreSQL: SQLite has one writer at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from storage.database import Database
from tests.databases import drop, new_postgres
from tests.services import Postgres

WAITS = """SELECT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock')"""


@pytest.fixture
async def shared(postgres: Postgres) -> AsyncIterator[Database]:
    """A database of many writers, with empty tables."""
    database = await new_postgres(postgres)
    yield database
    await drop(postgres, database)


async def somebody_waits(database: Database) -> None:
    """Until a transaction waits for what another one holds."""
    async with asyncio.timeout(60), database.asking() as connection:
        while True:
            if (await connection.execute(sa.text(WAITS))).scalar_one():
                return
            await asyncio.sleep(0.01)


class Crossing:
    """Work that is begun in the middle of another transaction, once, and that goes on when it waits for that."""

    def __init__(self, database: Database, work: Callable[[], Awaitable[Any]]) -> None:
        self._database, self._work = database, work
        self._task: asyncio.Task[Any] | None = None

    async def begin(self) -> None:
        """Begin the work, and wait until it waits."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._work())
            await somebody_waits(self._database)

    async def ends(self) -> Any:
        """What the work has come to. It must have begun."""
        assert self._task is not None, "they did not cross"
        return await self._task
