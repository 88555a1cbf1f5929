"""The common base of the stores of people: transactions whose errors are explained."""

import contextlib
from collections.abc import AsyncIterator, Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds
from storage.database import Database


class Store:
    """A part of one database. Everything raises `storage.database.DatabaseError` if the database does not answer."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def _now(self) -> int:
        return milliseconds(self._clock())

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._database.asking() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._database.writing() as connection:
            yield connection
