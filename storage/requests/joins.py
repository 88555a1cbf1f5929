"""Duplicates that were joined under a request, and left it again.

`tickets.parent` says which hang on it now. A link of the kind `parent`, which each join adds, finds those that hung on
it once; when they came and went is in their own history."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.requests.rows import history, tickets
from storage.requests.tables import LinkRow

KIND: Final = "parent"
HOW: Final = "joined"
STEPS: Final = {"join": "joined", "leave": "left"}
"""The steps of a duplicate's history, and what the story of its parent calls them."""
links = table_of(LinkRow)


async def joins_of(connection: AsyncConnection, number: str) -> list[dict[str, Any]]:
    """Each time that a duplicate was joined under this request or left it, oldest first."""
    ever = sa.union(
        sa.select(links.c.number).where(links.c.kind == KIND, links.c.other == number),
        sa.select(tickets.c.number).where(tickets.c.parent == number),
    )
    names = ("number", "at", "what", "role", "who", "detail")
    query = (
        sa.select(*(history.c[name] for name in names))
        .where(history.c.number.in_(ever), history.c.what.in_(tuple(STEPS)))
        .order_by(history.c.at, history.c.number, history.c.version)
    )
    rows = (await connection.execute(query)).mappings()
    return [
        {
            "number": row["number"],
            "at": row["at"] / 1000,
            "what": STEPS[row["what"]],
            "who": " ".join(part for part in (row["role"], row["who"]) if part),
        }
        for row in rows
        if row["detail"].get("parent") == number
    ]
