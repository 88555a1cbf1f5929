"""Notices to the units, as their people read them in the desk. They have no personal data; whoever read one first is
noted for the whole unit."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.rows import tickets
from storage.requests.tables import NoticeRow

notices = table_of(NoticeRow)

Record = dict[str, Any]

KEPT_DAYS: Final = 90
"""A notice says what is new; what became of a request is in the request's history."""
BATCH: Final = 500


class Notices:
    """The notices of one database. Everything raises `storage.database.DatabaseError`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def list(self, unit: str, *, unread: bool = False, limit: int = 100, before: int = 0) -> Sequence[Record]:
        """A unit's notices before the id `before` (0: from the newest), newest first, each with its request's topic,
        service and state."""
        query = _selected().where(notices.c.unit == unit).order_by(notices.c.id.desc()).limit(limit)
        if unread:
            query = query.where(notices.c.read_at.is_(None))
        if before:
            query = query.where(notices.c.id < before)
        return await self._read(query)

    async def read(self, ids: Sequence[int], who: str, unit: str | None = None) -> Sequence[Record]:
        """A person has read these; the first reader stays. With `unit`, notices of other units are left alone and out
        of the answer."""
        mine = [notices.c.id.in_(ids)] + ([] if unit is None else [notices.c.unit == unit])
        first = sa.update(notices).where(*mine, notices.c.read_at.is_(None))
        async with self._database.explained(), self._database.writing() as connection:
            await connection.execute(first.values(read_at=milliseconds(self._clock()), read_by=who))
        return await self._read(_selected().where(*mine).order_by(notices.c.id.desc()))

    async def forget(self) -> int:
        """Delete notices older than `KEPT_DAYS`, read or not; how many there were."""
        old = sa.select(notices.c.id).where(notices.c.at < milliseconds(self._clock() - KEPT_DAYS * 86_400.0))
        count = 0
        while True:
            async with self._database.explained(), self._database.writing() as connection:
                found = list((await connection.execute(old.order_by(notices.c.id).limit(BATCH))).scalars())
                if not found:
                    return count
                await connection.execute(sa.delete(notices).where(notices.c.id.in_(found)))
                count += len(found)

    async def _read(self, query: "sa.Select[Any]") -> Sequence[Record]:
        async with self._database.explained(), self._database.reading() as connection:
            return [_notice(row) for row in (await connection.execute(query)).mappings()]


def _selected() -> "sa.Select[Any]":
    joined = notices.join(tickets, tickets.c.number == notices.c.number)
    return sa.select(notices, tickets.c.topic, tickets.c.service, tickets.c.state).select_from(joined)


def _notice(row: Any) -> Record:
    times = {name: None if row[name] is None else row[name] / 1000 for name in ("at", "read_at")}
    return {**row, **times}
