"""Writes that a client may send again: the second one gets the result of the first.

The key is stored in the write's own transaction. So a write that was refused or rolled back does not use it up, and two
simultaneous writes wait for each other."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds, table_of
from storage.requests.tables import WriteRow
from tickets.failures import KeyReused

writes = table_of(WriteRow)

KEPT_S = 86_400.0
"""Seconds for which a key is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A client's key for one write."""

    key: str
    """The key with its sender, so that no client finds another client's key."""
    digest: str
    """SHA-256 of method, path and body."""


async def taken(connection: AsyncConnection, once: Once, at: float) -> str | None:
    """Store the key and return None if it is new. Else return the subject of the write with this key: a request's
    number, or a call's or task's id. Raises `KeyReused`."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"key": once.key, "digest": once.digest, "status": 0, "at": milliseconds(at), "result": {}}
    made = await connection.execute(dialect.insert(writes).values(row).on_conflict_do_nothing())
    if made.rowcount == 1:
        return None
    found = (await connection.execute(sa.select(writes).where(writes.c.key == once.key))).mappings().one()
    if found["digest"] != once.digest:
        raise KeyReused(str(found["number"]))
    return str(found["number"])


async def came_to(connection: AsyncConnection, once: Once, about: str) -> None:
    """Record the subject of the write."""
    await connection.execute(sa.update(writes).where(writes.c.key == once.key).values(number=about, status=200))


async def forget(connection: AsyncConnection, at: float) -> None:
    """Delete keys that are older than `KEPT_S` at `at` (Unix seconds)."""
    await connection.execute(sa.delete(writes).where(writes.c.at < milliseconds(at - KEPT_S)))
