"""Erasures that wait: a person asked to be erased, and a request of theirs is open. Law 6698, article 13, gives the
town thirty days to do what a person asked for, so somebody has to see that these requests are closed."""

from typing import Final

import msgspec
import sqlalchemy as sa

from storage.columns import table_of
from storage.database import Database
from storage.requests.rows import tickets
from storage.requests.tables import ErasureRow
from tickets.privacy.retention import DAY_S

erasures = table_of(ErasureRow)

LIMIT_DAYS: Final = 30
NEAR_DAYS: Final = 25
"""From this day on an erasure that waits is a fault: five days are left to close what it waits for."""


class WaitingErasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure that was asked for at `at` (Unix seconds), and the open requests that it waits for."""

    id: int
    at: float
    who: str
    reason: str
    requests: tuple[str, ...]

    def days(self, now: float) -> int:
        """For how many whole days it has waited."""
        return int((now - self.at) // DAY_S)

    @property
    def until(self) -> float:
        """When the law's days are over, Unix seconds."""
        return self.at + LIMIT_DAYS * DAY_S

    def is_near(self, now: float) -> bool:
        """Whether the law's limit is near, or has passed."""
        return self.days(now) >= NEAR_DAYS


async def waiting_erasures(database: Database) -> list[WaitingErasure]:
    """Those that wait, oldest first. Raises `storage.database.DatabaseError`."""
    held = sa.select(tickets.c.erase_asked, tickets.c.number).where(tickets.c.erase_asked.is_not(None))
    query = sa.select(erasures).where(erasures.c.done_at.is_(None)).order_by(erasures.c.at, erasures.c.id)
    found: dict[int, list[str]] = {}
    async with database.explained(), database.reading() as connection:
        for erasure, number in await connection.execute(held.order_by(tickets.c.id)):
            found.setdefault(erasure, []).append(number)
        rows = (await connection.execute(query)).mappings().all()
    return [
        WaitingErasure(
            id=row["id"],
            at=row["at"] / 1000,
            who=row["who"],
            reason=row["reason"],
            requests=tuple(found.get(row["id"], ())),
        )
        for row in rows
    ]
