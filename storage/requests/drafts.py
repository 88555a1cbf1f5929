"""Drafts of requests in a database: each is its writer's alone, and goes when the request is saved, or after a day."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import clean, milliseconds, table_of
from storage.database import Database
from storage.requests.draft_tables import DraftRow

drafts = table_of(DraftRow)

Record = dict[str, Any]

KEPT_S: Final = 86_400.0
"""Seconds for which a draft is kept after its last change."""
MOST: Final = 50
"""Drafts of one person; for a further one the oldest goes."""


class Drafts:
    """The drafts of one database. All methods raise `storage.database.DatabaseError`; then nothing has changed."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def list(self, user: str) -> Sequence[Record]:
        """A person's drafts, the oldest change first: `call, version, at` (Unix seconds) and `draft`."""
        query = sa.select(drafts).where(drafts.c.user == clean(user)).order_by(drafts.c.at, drafts.c.call)
        async with self._database.explained(), self._database.reading() as connection:
            return [_record(row) for row in (await connection.execute(query)).mappings()]

    async def keep(self, user: str, call: str, base: int, draft: Mapping[str, Any]) -> Record | None:
        """Keep a draft that was written upon the version `base` (0: upon none), as its next version. If another version
        is kept, nothing changes, and the answer is the kept one: the writer joins the two and tries again. None: the
        version `base` is gone, and nothing is kept. It was saved or thrown away elsewhere, its writer has signed out,
        or its caller was erased: words of an open page must not undo that."""
        at, mine = milliseconds(self._clock()), _of(user, call)
        row = {"user": clean(user), "call": clean(call), "version": 1, "at": at, "draft": clean(dict(draft))}
        async with self._database.explained(), self._database.writing() as connection:
            if base:
                change = {"version": drafts.c.version + 1, "at": at, "draft": row["draft"]}
                await connection.execute(sa.update(drafts).where(mine, drafts.c.version == base).values(change))
            else:
                dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
                made = await connection.execute(dialect.insert(drafts).values(row).on_conflict_do_nothing())
                if made.rowcount == 1:
                    await _make_room(connection, row["user"])
            kept = (await connection.execute(sa.select(drafts).where(mine))).mappings().one_or_none()
            return None if kept is None else _record(kept)

    async def drop(self, user: str, call: str | None = None) -> None:
        """Destroy a person's draft of a call; without a call, all of theirs."""
        which = drafts.c.user == clean(user) if call is None else _of(user, call)
        async with self._database.explained(), self._database.writing() as connection:
            await connection.execute(sa.delete(drafts).where(which))

    async def forget(self) -> None:
        """Destroy those that nobody has changed for `KEPT_S`."""
        old = drafts.c.at < milliseconds(self._clock() - KEPT_S)
        async with self._database.explained(), self._database.writing() as connection:
            await connection.execute(sa.delete(drafts).where(old))

    async def of_calls(self, calls: Sequence[str]) -> Sequence[Record]:
        """Everybody's drafts of these calls."""
        query = sa.select(drafts).where(drafts.c.call.in_(calls)).order_by(drafts.c.at)
        async with self._database.explained(), self._database.reading() as connection:
            return [_record(row) for row in (await connection.execute(query)).mappings()]


def erase_drafts(calls: Sequence[str]) -> "sa.Delete":
    """Destroys everybody's drafts of these calls."""
    return sa.delete(drafts).where(drafts.c.call.in_(calls))


async def _make_room(connection: AsyncConnection, user: str) -> None:
    theirs = sa.select(drafts.c.call).where(drafts.c.user == user).order_by(drafts.c.at.desc(), drafts.c.call)
    too_many = list((await connection.execute(theirs.offset(MOST).limit(MOST))).scalars())
    if too_many:
        await connection.execute(sa.delete(drafts).where(drafts.c.user == user, drafts.c.call.in_(too_many)))


def _of(user: str, call: str) -> "sa.ColumnElement[bool]":
    return sa.and_(drafts.c.user == clean(user), drafts.c.call == clean(call))


def _record(row: Any) -> Record:
    return {"call": row["call"], "version": row["version"], "at": row["at"] / 1000, "draft": row["draft"]}
