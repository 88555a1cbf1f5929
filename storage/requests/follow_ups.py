"""The requests that follow up another one.

`tickets.follows` has the number of the followed request and no index. A link of the kind `request` stands for it, whose
index finds the follow-ups of a request. Links are only added, so `follows` decides."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import spellings
from storage.columns import table_of
from storage.requests.rows import tickets
from storage.requests.tables import LinkRow

KIND: Final = "request"
HOW: Final = "follows"
links = table_of(LinkRow)


async def follow_ups_of(connection: AsyncConnection, number: str, caller: str) -> list[dict[str, Any]]:
    """The requests that follow up this one, oldest first. Those from before such links are found among the requests of
    its `caller`."""
    linked = sa.select(links.c.number).where(links.c.kind == KIND, links.c.other == number)
    of_caller = sa.select(tickets.c.number).where(tickets.c.caller.in_(spellings(caller)))
    named = (linked.union(of_caller) if caller else linked).subquery()
    query = (
        sa.select(tickets.c.number, tickets.c.opened_at)
        .select_from(named.join(tickets, tickets.c.number == named.c.number))
        .where(tickets.c.follows == number)
        .order_by(tickets.c.id)
    )
    rows = (await connection.execute(query)).all()
    return [{"number": one, "at": opened_at / 1000} for one, opened_at in rows]
