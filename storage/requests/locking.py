"""A request that is about to change: its row is locked until the transaction ends, so no two changes cross."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.database import Database
from storage.requests.rows import TICKET_COLUMNS, tickets, to_ticket
from storage.tables import CheckpointRow
from tickets.ticket import Ticket

checkpoints = table_of(CheckpointRow)


class Locked(NamedTuple):
    """The transaction, the request as it is, and the stages of its deadline that were told."""

    connection: AsyncConnection
    ticket: Ticket
    stages: tuple[str, ...]


async def lock(connection: AsyncConnection, number: Any) -> Locked | None:
    """Lock the request of a number, which may be a subquery; None where there is none."""
    query = sa.select(*TICKET_COLUMNS, tickets.c.stages).where(tickets.c.number == number).with_for_update()
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else Locked(connection, to_ticket(row), tuple(row["stages"]))


async def lock_with_parent(connection: AsyncConnection, number: str) -> tuple[Locked | None, Locked | None]:
    """Lock a request and the one of which it is a duplicate, in the order of their numbers as every transaction does;
    None where there is none."""
    child = tickets.alias()
    above = sa.select(child.c.parent).where(child.c.number == number).scalar_subquery()
    query = sa.select(*TICKET_COLUMNS, tickets.c.stages).where(
        sa.or_(tickets.c.number == number, tickets.c.number == above)
    )
    rows = (await connection.execute(query.order_by(tickets.c.number).with_for_update())).mappings()
    found = {row["number"]: Locked(connection, to_ticket(row), tuple(row["stages"])) for row in rows}
    ticket = found.pop(number, None)
    return ticket, next(iter(found.values()), None)


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until no projector stores anything, and have it wait until the transaction ends. Every transaction begins so
    that locks calls, or more than one request, or takes a new number with a request locked: a batch moves its
    checkpoint first, and then locks calls, takes numbers and locks requests as the line has said things. All others
    lock one request at most, and touch its rows after that."""
    await connection.execute(sa.select(checkpoints.c.reader).order_by(checkpoints.c.reader).with_for_update())


@contextlib.asynccontextmanager
async def locked(database: Database, number: str) -> AsyncIterator[Locked]:
    """A transaction with a request that there is. Raises `storage.database.DatabaseError`."""
    async with database.explained(), database.writing() as connection:
        found = await lock(connection, number)
        assert found is not None, number
        yield found
