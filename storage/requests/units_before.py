"""The units that have had a request, from its history."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.requests.rows import history, to_entry
from tickets.routing import TELLS_OF_UNITS, Past, past


async def units_before(connection: AsyncConnection, number: str) -> Past:
    """What the history of a request, whose row is locked, says of its units."""
    query = (
        sa.select(history)
        .where(history.c.number == number, history.c.what.in_(TELLS_OF_UNITS))
        .order_by(history.c.version)
    )
    return past(to_entry(row) for row in (await connection.execute(query)).mappings())
