"""Queries of requests: one request with all that belongs to it, and lists.

Answers are mappings with the API's names; times in them are Unix seconds to the millisecond."""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.recordings import recordings
from storage.requests.follow_ups import follow_ups_of
from storage.requests.joins import joins_of
from storage.requests.listing import (
    IS_OPEN,
    MAX_LIMIT,
    OF_CALL,
    Wanted,
    by_number,
    cursor_of,
    districts_of,
    kind_of,
    page_of,
)
from storage.requests.public import code_of
from storage.requests.rows import TICKET_COLUMNS, history, tickets, to_entry, to_ticket
from storage.requests.story import rings_of, story_of, tasks_of, texts_of, tries_of
from storage.requests.tables import FileRow, LinkRow
from storage.tables import CallRow
from tickets.answers import missing
from tickets.changes import Rules
from tickets.clock.deadline import answer_by
from tickets.deliveries import takes_texts
from tickets.joining import NEAR_M
from tickets.number import BadNumber, TicketNumber
from tickets.states import OPEN, ways_out
from tickets.ticket import Ticket
from tickets.town.shapes import square_around

_ASKED = 500
"""Ids or numbers in one question."""

calls, links, files = table_of(CallRow), table_of(LinkRow), table_of(FileRow)

Record = dict[str, Any]
Sight = Callable[[Ticket], Ticket]
"""Returns what a person may see of a request."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list; `next` is the cursor of the part behind it, empty if this is the last."""

    records: Sequence[Record]
    next: str


class RequestQueries:
    """Queries of requests. Raises `storage.database.DatabaseError` if the database does not answer."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def page(self, wanted: Wanted, seen: Sight | None = None) -> Page:
        """A page of requests, each as `seen` has it. Raises `BadCursor`.

        A search for words finds all requests that have them, page by page, in the order of the list. `newest` puts the
        newest first, for common words as for rare ones; PostgreSQL then reads no more requests of a common word than it
        must (`storage.requests.listing`)."""
        if not 1 <= wanted.limit <= MAX_LIMIT:
            raise ValueError(f"limit = {wanted.limit}: 1 to {MAX_LIMIT} is allowed")
        at = self._clock()
        kind, given = kind_of(wanted, at)
        statement = page_of(kind, self._database.engine.dialect)
        rows = await statement.asked(self._database, given)
        shown = rows[: wanted.limit]
        cursor = cursor_of(shown[-1], wanted.order) if len(rows) > wanted.limit else ""
        seen = seen or _whole
        return Page(records=[_record(seen(to_ticket(row)), row, at) for row in shown], next=cursor)

    async def by_district(self, wanted: Wanted) -> list[Record]:
        """How many open requests each mahalle has and how many of them are overdue, of those that a list of `wanted`
        would have; `limit` and `cursor` do not matter. `district` is None for requests without a mahalle."""
        at = self._clock()
        kind, given = kind_of(msgspec.structs.replace(wanted, is_open=True, limit=0, cursor=""), at)
        statement = districts_of(kind, self._database.engine.dialect)
        return await statement.asked(self._database, given | {"now": milliseconds(at)})

    async def get(self, number: str, language: str = "tr", seen: Sight | None = None) -> Record | None:
        """A request with all that happened about it, its duplicates and its clock; None if there is none. `language` is
        that of the clock's steps; the request itself is as `seen` has it."""
        try:
            wanted = str(TicketNumber.parse(number))
        except BadNumber:
            return None
        async with self._reading() as connection:
            rows = await by_number(self._database.engine.dialect).rows(connection, {"number": wanted})
            if not rows:
                return None
            row = rows[0]
            ticket, at = to_ticket(row), self._clock()
            record = {
                **_record((seen or _whole)(ticket), row, at),
                "history": await _history(connection, wanted),
                "calls": await _calls(connection, wanted),
                "files": await _files(connection, wanted),
                "tries": await tries_of(connection, wanted),
                "texts": await texts_of(connection, wanted),
                "rings": await rings_of(connection, wanted),
                "tasks": await tasks_of(connection, wanted),
                "children": await _children(connection, wanted),
                "followed_by": await follow_ups_of(connection, wanted),
                "joins": await joins_of(connection, wanted),
                "moves": list(ways_out(ticket.state)),
                "clock": _clock(ticket, self._rules(), language),
                "code": await code_of(connection, wanted),
                "missing": _missing(ticket, self._rules()),
                "takes_texts": takes_texts(ticket, self._rules()),
            }
        return record | {"story": story_of(record)}

    async def of_numbers(self, numbers: Collection[str]) -> list[Ticket]:
        """Those requests of these numbers that there are, in no order."""
        wanted = list(numbers)
        found: list[Ticket] = []
        for begin in range(0, len(wanted), _ASKED):
            query = sa.select(*TICKET_COLUMNS).where(tickets.c.number.in_(wanted[begin : begin + _ASKED]))
            async with self._reading() as connection:
                found += [to_ticket(row) for row in (await connection.execute(query)).mappings()]
        return found

    async def near(
        self,
        topics: Sequence[str],
        district: str | None,
        point: tuple[float, float] | None,
        times: tuple[float, float],
        limit: int = 200,
    ) -> list[Ticket]:
        """Open requests of these topics in a mahalle or near a point (latitude and longitude; in a square that may be
        too large), opened between two times (Unix seconds), newest first."""
        places = [] if district is None else [tickets.c.district == district]
        if point is not None:
            north, east = square_around(point[0], NEAR_M)
            lat, lon = point
            box = (tickets.c.lat.between(lat - north, lat + north), tickets.c.lon.between(lon - east, lon + east))
            places.append(sa.and_(*box))
        if not places:
            return []
        since, until = (milliseconds(at) for at in times)
        query = (
            sa.select(*TICKET_COLUMNS)
            .where(tickets.c.topic.in_(topics), sa.or_(*places), IS_OPEN)
            .where(tickets.c.opened_at.between(since, until))
            .order_by(tickets.c.id.desc())
            .limit(limit)
        )
        async with self._reading() as connection:
            return [to_ticket(row) for row in (await connection.execute(query)).mappings()]

    async def file_ids(self) -> frozenset[str]:
        """The ids of all files of requests."""
        async with self._reading() as connection:
            ids = (await connection.execute(sa.select(files.c.id).where(files.c.destroyed_at.is_(None)))).scalars()
            return frozenset(ids)

    async def erased_files(self, names: Sequence[str]) -> frozenset[str]:
        """Those of these files that were taken from their requests: their content is to be destroyed."""
        found: set[str] = set()
        for begin in range(0, len(names), _ASKED):
            query = sa.select(files.c.id).where(files.c.id.in_(names[begin : begin + _ASKED]))
            async with self._reading() as connection:
                found |= set((await connection.execute(query.where(files.c.destroyed_at.is_not(None)))).scalars())
        return frozenset(found)

    async def file(self, number: str, name: str) -> Record | None:
        """What is known of a file of a request; None if there is none."""
        try:
            wanted = str(TicketNumber.parse(number))
        except BadNumber:
            return None
        query = sa.select(files).where(files.c.id == name, files.c.number == wanted, files.c.destroyed_at.is_(None))
        async with self._reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else dict(row)

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._database.reading() as connection:
            yield connection


# --- one request


def is_overdue(ticket: Ticket, at: float) -> bool:
    """Whether the deadline has passed and the clock still runs."""
    return (
        ticket.clock.ended_at is None and not ticket.clock.stands and ticket.due_at is not None and at > ticket.due_at
    )


def _whole(ticket: Ticket) -> Ticket:
    return ticket


def _record(ticket: Ticket, row: Mapping[Any, Any], at: float) -> Record:
    record: Record = msgspec.to_builtins(ticket)
    del record["clock"]
    return record | {"overdue": is_overdue(ticket, at)} | {name: row[name] for name in OF_CALL}


async def _history(connection: AsyncConnection, number: str) -> list[Record]:
    query = sa.select(history).where(history.c.number == number).order_by(history.c.version)
    rows = (await connection.execute(query)).mappings()
    return [msgspec.to_builtins(to_entry(row)) for row in rows]


async def _calls(connection: AsyncConnection, number: str) -> list[Record]:
    """The calls about it, in the order in which they came, each with what there is of its recording."""
    names = ("entered_at", "answered_at", "ended_at", "outcome", "agent", "service", *OF_CALL, "talk_s")
    joined = links.outerjoin(calls, calls.c.id == links.c.other)
    query = (
        sa.select(links.c.other, links.c.how, links.c.at, *(calls.c[name] for name in names))
        .add_columns(recordings.c.state.label("recorded"), recordings.c.sha256)
        .select_from(joined.outerjoin(recordings, recordings.c.call == links.c.other))
        .where(links.c.number == number, links.c.kind == "call")
        .order_by(links.c.at, links.c.other)
    )
    rows = (await connection.execute(query)).mappings()
    return [
        {"id": row["other"], "how": row["how"], "at": row["at"] / 1000}
        | {name: _seconds(name, row[name]) for name in names}
        | {"recorded": row["recorded"], "recording_sha256": row["sha256"] or ""}
        for row in rows
    ]


async def _files(connection: AsyncConnection, number: str) -> list[Record]:
    names = ("id", "kind", "about", "name", "media_type", "size", "at")
    query = (
        sa.select(*(files.c[name] for name in names))
        .where(files.c.number == number, files.c.destroyed_at.is_(None))
        .order_by(files.c.at, files.c.id)
    )
    return [{**row, "at": row["at"] / 1000} for row in (await connection.execute(query)).mappings()]


async def _children(connection: AsyncConnection, number: str) -> list[str]:
    query = sa.select(tickets.c.number).where(tickets.c.parent == number).order_by(tickets.c.id)
    return list((await connection.execute(query)).scalars())


def _seconds(name: str, value: Any) -> Any:
    return value / 1000 if name.endswith("_at") and value is not None else value


def _missing(ticket: Ticket, rules: Rules) -> list[str]:
    """What still has to be asked about a request that is worked on."""
    topic = rules.town.topics.get(ticket.topic or "")
    if topic is None or ticket.state not in OPEN:
        return []
    return list(missing(topic, ticket.fields, ticket.district))


def _clock(ticket: Ticket, rules: Rules, language: str) -> Record:
    """The deadline and its explanation."""
    clock, found = ticket.clock, rules.deadline(ticket)
    return {
        "rule": clock.rule,
        "started_at": clock.started_at,
        "due_at": ticket.due_at,
        "stands": clock.stands,
        "ended_at": clock.ended_at,
        "warn_at": found.warn_at,
        "escalate_at": found.escalate_at,
        "accept_by": found.accept_by,
        "answer_by": answer_by(clock, rules.clock_rule(ticket), rules.town.calendar, rules.zone),
        "steps": [step.en if language == "en" else step.tr for step in found.steps],
        "steps_in": {"tr": [step.tr for step in found.steps], "en": [step.en for step in found.steps]},
    }
