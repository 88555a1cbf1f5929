"""The requests that follow up another one.

`tickets.follows` has the number of the followed request and no index. A link of the kind `request` stands for it, whose
index finds the follow-ups of a request. Links are only added, so `follows` decides."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.requests.rows import tickets
from storage.requests.tables import LinkRow

KIND: Final = "request"
HOW: Final = "follows"
links = table_of(LinkRow)


async def follow_ups_of(connection: AsyncConnection, number: str) -> list[dict[str, Any]]:
    """The requests that follow up this one, oldest first."""
    query = (
        sa.select(tickets.c.number, tickets.c.opened_at)
        .select_from(links.join(tickets, tickets.c.number == links.c.number))
        .where(links.c.kind == KIND, links.c.other == number, tickets.c.follows == number)
        .order_by(tickets.c.id)
    )
    rows = (await connection.execute(query)).all()
    return [{"number": one, "at": opened_at / 1000} for one, opened_at in rows]
