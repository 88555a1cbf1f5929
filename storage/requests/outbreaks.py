"""The reports from which outbreaks are found (`tickets.outbreaks`), and the parents that stand for them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from acd.engine.model.phone_numbers import number_key
from storage.columns import milliseconds
from storage.database import Database
from storage.requests.rows import tickets
from storage.requests.tasks import calls, dispositions
from tickets.changes import Rules
from tickets.dispositions import REPORTS
from tickets.outbreaks import CHANNEL, Outbreak, Report, Watch, find_all, past_windows

SAID_WITHIN_S: Final = 12 * 3600.0
"""So long after a call its agent may say what became of it."""


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
        requests = await self._requests([now, *windows])
        talks, since = await self._talks([now, *windows])
        known = {(one.topic, one.mahalle) for one in parents}
        return find_all(requests, talks, since, at, rules.town, watch, rules.zone, known=known), parents

    async def _requests(self, windows: list[tuple[float, float]]) -> list[Report]:
        """The requests about a topic in a mahalle that were opened within these times."""
        opened = tickets.c.opened_at
        within = [sa.and_(opened > milliseconds(begin), opened <= milliseconds(end)) for begin, end in windows]
        erased = tickets.c.person_erased_at.is_not(None)
        query = sa.select(
            opened, tickets.c.topic, tickets.c.district, tickets.c.caller, tickets.c.number, erased
        ).where(
            sa.or_(*within),
            tickets.c.topic.is_not(None),
            tickets.c.district.is_not(None),
            tickets.c.channel != CHANNEL,
            tickets.c.origin != "import",
        )
        async with self._database.explained(), self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Report(
                at=at / 1000,
                topic=topic,
                mahalle=mahalle,
                caller=number_key(caller),
                ticket=number,
                erased=bool(is_erased),
            )
            for at, topic, mahalle, caller, number, is_erased in rows
        ]

    async def _talks(self, windows: list[tuple[float, float]]) -> tuple[list[Report], float | None]:
        """The calls within these times that opened no request and were about a topic in a mahalle; and since when a
        mahalle is said of calls at all."""
        began, said = calls.c.entered_at, dispositions.c.at
        within = [
            sa.and_(
                began > milliseconds(begin),
                began <= milliseconds(end),
                said > milliseconds(begin),
                said <= milliseconds(end + SAID_WITHIN_S),
            )
            for begin, end in windows
        ]
        placed, of_talk = dispositions.c.district.is_not(None), (dispositions.c.topic, dispositions.c.district)
        query = (
            sa.select(began, *of_talk, calls.c.caller, calls.c.number_erased_at.is_not(None))
            .select_from(dispositions.join(calls, calls.c.id == dispositions.c.call))
            .where(
                placed,
                dispositions.c.topic.is_not(None),
                dispositions.c.disposition.in_(sorted(REPORTS)),
                sa.or_(*within),
            )
        )
        first = sa.select(said).where(placed).order_by(said).limit(1)
        async with self._database.explained(), self._database.reading() as connection:
            since = (await connection.execute(first)).scalar_one_or_none()
            rows = (await connection.execute(query)).all() if since is not None else ()
        found = [
            Report(at=at / 1000, topic=topic, mahalle=mahalle, caller=number_key(caller), erased=bool(is_erased))
            for at, topic, mahalle, caller, is_erased in rows
        ]
        return found, None if since is None else since / 1000

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
