"""Ticket numbers, each given out once."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tickets.number import TicketNumber

_NEXT = sa.text(
    "INSERT INTO ticket_counters (year, last) VALUES (:year, 1)"
    " ON CONFLICT (year) DO UPDATE SET last = ticket_counters.last + 1 RETURNING last"
)


async def next_number(connection: AsyncConnection, year: int) -> TicketNumber:
    """The next number of a year (four digits), within the transaction of `connection`.

    The counter's row stays locked until that ends, so two writers get two numbers, and a transaction that is rolled
    back gives its number to the next: there are no gaps."""
    last = (await connection.execute(_NEXT, {"year": year})).scalar_one()
    return TicketNumber(year=year % 100, sequence=int(last))
