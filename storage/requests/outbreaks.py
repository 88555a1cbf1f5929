"""The reports from which outbreaks are found (`tickets.outbreaks`), and the parents that stand for them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from acd.engine.model.phone_numbers import number_key
from storage.columns import milliseconds
from storage.database import Database
from storage.requests.rows import tickets
from tickets.changes import Rules
from tickets.outbreaks import CHANNEL, Cell, Outbreak, Report, Watch, callers, find_outbreaks, past_windows


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """The open request that stands for an outbreak; `joined` requests hang on it, `loose` ones could."""

    number: str
    topic: str
    mahalle: str
    opened_at: float
    joined: int
    loose: tuple[str, ...]


class Outbreaks:
    """Reads one database. Raises `storage.database.DatabaseError`."""

    def __init__(
        self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float], watch: Watch | None = None
    ) -> None:
        self._database, self._rules, self._clock, self._watch = database, rules, clock, watch or Watch()

    async def look(self) -> tuple[list[Outbreak], list[Parent]]:
        """Outbreaks that have no parent, the least likely to be chance first; and the open parents, newest first."""
        at, rules, watch = self._clock(), self._rules(), self._watch
        windows = past_windows(at, watch, rules.zone)
        now = (at - watch.window_s, at)
        parents = await self._parents(*now)
        reports = await self._reports([now, *windows])
        present = [one for one in reports if now[0] < one.at <= at]
        past: dict[Cell, list[int]] = {}
        for place, (begin, end) in enumerate(windows):
            cells: dict[Cell, list[Report]] = defaultdict(list)
            for one in reports:
                if begin < one.at <= end:
                    cells[one.topic, one.mahalle].append(one)
            for cell, of_cell in cells.items():
                past.setdefault(cell, [0] * len(windows))[place] = callers(of_cell)
        known = {(one.topic, one.mahalle) for one in parents}
        return find_outbreaks(present, past, at, rules.town, watch, known=known), parents

    async def _reports(self, windows: list[tuple[float, float]]) -> list[Report]:
        """The requests about a topic in a mahalle that were opened within these times."""
        opened = tickets.c.opened_at
        within = [sa.and_(opened > milliseconds(begin), opened <= milliseconds(end)) for begin, end in windows]
        query = sa.select(opened, tickets.c.topic, tickets.c.district, tickets.c.caller, tickets.c.number).where(
            sa.or_(*within),
            tickets.c.topic.is_not(None),
            tickets.c.district.is_not(None),
            tickets.c.channel != CHANNEL,
            tickets.c.origin != "import",
        )
        async with self._database.explained(), self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Report(at=at / 1000, topic=topic, mahalle=mahalle, caller=number_key(caller), ticket=number)
            for at, topic, mahalle, caller, number in rows
        ]

    async def _parents(self, begin: float, end: float) -> list[Parent]:
        child, loose = tickets.alias("child"), tickets.alias("loose")
        count = sa.select(sa.func.count()).where(child.c.parent == tickets.c.number).scalar_subquery()
        query = (
            sa.select(tickets.c.number, tickets.c.topic, tickets.c.district, tickets.c.opened_at, count)
            .where(tickets.c.channel == CHANNEL, tickets.c.is_open)
            .order_by(tickets.c.opened_at.desc(), tickets.c.number.desc())
        )
        apart = (
            sa.select(loose.c.topic, loose.c.district, loose.c.number)
            .where(
                loose.c.opened_at > milliseconds(begin),
                loose.c.opened_at <= milliseconds(end),
                loose.c.parent.is_(None),
                loose.c.is_open,
                loose.c.channel != CHANNEL,
            )
            .order_by(loose.c.number)
        )
        async with self._database.explained(), self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
            others: dict[Any, list[str]] = defaultdict(list)
            for topic, mahalle, number in (await connection.execute(apart)).all() if rows else ():
                others[topic, mahalle].append(number)
        return [
            Parent(
                number=number,
                topic=topic,
                mahalle=mahalle,
                opened_at=at / 1000,
                joined=joined,
                loose=tuple(others[topic, mahalle]),
            )
            for number, topic, mahalle, at, joined in rows
        ]
