"""Ticket numbers, each given out once."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tickets.number import TicketNumber

_NEXT = sa.text(
    "INSERT INTO ticket_counters (year, last) VALUES (:year, :count)"
    " ON CONFLICT (year) DO UPDATE SET last = ticket_counters.last + excluded.last RETURNING last"
)


async def next_numbers(connection: AsyncConnection, year: int, count: int) -> Sequence[TicketNumber]:
    """The next `count` numbers of a year (four digits), in order, within the transaction of `connection`.

    The counter's row stays locked until the transaction ends. So two writers get different numbers, and a transaction
    that is rolled back leaves its number to the next one: there are no gaps."""
    last = int((await connection.execute(_NEXT, {"year": year, "count": count})).scalar_one())
    return [TicketNumber(year=year % 100, sequence=number) for number in range(last - count + 1, last + 1)]
