"""Queries of requests: one request with all that belongs to it, and lists.

Answers are mappings with the API's names; times in them are Unix seconds to the millisecond."""

import base64
import binascii
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import spellings
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.public import code_of
from storage.requests.rows import TICKET_COLUMNS, history, tickets, to_entry, to_ticket
from storage.requests.search import found_by, fts_match
from storage.requests.story import rings_of, story_of, tasks_of, tries_of
from storage.requests.tables import FileRow, LinkRow
from storage.tables import CallRow
from tickets.changes import Rules
from tickets.clock.deadline import answer_by
from tickets.number import BadNumber, TicketNumber
from tickets.states import ways_out
from tickets.ticket import Ticket

calls, links, files = table_of(CallRow), table_of(LinkRow), table_of(FileRow)

Record = dict[str, Any]
Order = Literal["newest", "due"]
MAX_LIMIT = 10_000
PROBED, NEWEST = 500, 3_000
"""PostgreSQL looks for words among so many requests first, the newest: so few that this costs nothing. If they have so
many of the words that the larger number promises a page, it looks among those; else among all, by its index of
words."""


Sight = Callable[[Ticket], Ticket]
"""Returns what a person may see of a request."""


class BadCursor(ValueError):
    """A cursor that no list gave out."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a list. None and empty leave a filter out."""

    limit: int = 100
    cursor: str = ""
    """The cursor from the page before; empty for the first page."""
    order: Order = "newest"
    """By opening, newest first; or by deadline, the earliest first, and then requests with a stopped clock."""
    state: str | None = None
    unit: str | None = None
    service: str | None = None
    topic: str | None = None
    district: str | None = None
    kind: str | None = None
    is_open: bool | None = None
    overdue: bool | None = None
    query: str = ""
    """Words, or a number."""
    caller: str = ""
    """The citizen's number, in any way of writing."""
    shown_topics: tuple[str, ...] | None = None
    """Requests of these topics alone are found by `caller`, those without a topic, and those whose citizen agrees to be
    known: a match would tell who made a report. None: all are found."""
    parent: str | None = None
    since: float | None = None
    """Opened at or after this time, Unix seconds."""


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
        must (`NEWEST`)."""
        if not 1 <= wanted.limit <= MAX_LIMIT:
            raise ValueError(f"limit = {wanted.limit}: 1 to {MAX_LIMIT} is allowed")
        at, postgres = self._clock(), self._database.is_postgres
        query = listing(wanted, at, postgres=postgres)
        async with self._reading() as connection:
            ids: list[int] = []
            if postgres and wanted.query and wanted.order == "newest":
                ids = await _among_newest(connection, query, wanted)
            if len(ids) <= wanted.limit:
                ids = list((await connection.execute(query)).scalars())
            found = (await connection.execute(_selected().where(tickets.c.id.in_(ids)))).mappings()
            by_id = {row["_id"]: row for row in found}
        rows = [by_id[one] for one in ids]
        shown = rows[: wanted.limit]
        cursor = _cursor(shown[-1], wanted.order) if len(rows) > wanted.limit else ""
        seen = seen or _whole
        return Page(records=[_record(seen(to_ticket(row)), row, at) for row in shown], next=cursor)

    async def by_district(self, wanted: Wanted) -> list[Record]:
        """How many open requests each mahalle has and how many of them are overdue, of those that a list of `wanted`
        would have; `limit` and `cursor` do not matter. `district` is None for requests without a mahalle."""
        at = self._clock()
        wanted = msgspec.structs.replace(wanted, is_open=True)
        is_late = sa.and_(_CLOCK_RUNS, tickets.c.due_at < milliseconds(at))
        late = sa.func.sum(sa.case((is_late, 1), else_=0))
        query = (
            sa.select(tickets.c.district, sa.func.count().label("open"), late.label("overdue"))
            .where(*_conditions(wanted, at, postgres=self._database.is_postgres))
            .group_by(tickets.c.district)
            .order_by(tickets.c.district)
        )
        async with self._reading() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def get(self, number: str, language: str = "tr", seen: Sight | None = None) -> Record | None:
        """A request with all that happened about it, its duplicates and its clock; None if there is none. `language` is
        that of the clock's steps; the request itself is as `seen` has it."""
        try:
            wanted = str(TicketNumber.parse(number))
        except BadNumber:
            return None
        async with self._reading() as connection:
            query = _selected().where(tickets.c.number == wanted)
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            ticket, at = to_ticket(row), self._clock()
            record = {
                **_record((seen or _whole)(ticket), row, at),
                "history": await _history(connection, wanted),
                "calls": await _calls(connection, wanted),
                "files": await _files(connection, wanted),
                "tries": await tries_of(connection, wanted),
                "rings": await rings_of(connection, wanted),
                "tasks": await tasks_of(connection, wanted),
                "children": await _children(connection, wanted),
                "moves": list(ways_out(ticket.state)),
                "clock": _clock(ticket, self._rules(), language),
                "code": await code_of(connection, wanted),
            }
        return record | {"story": story_of(record)}

    async def near(self, topics: Sequence[str], district: str, since: float, limit: int = 200) -> list[Ticket]:
        """Open requests of these topics in a mahalle, opened since then (Unix seconds), newest first."""
        query = (
            _selected()
            .where(tickets.c.topic.in_(topics), tickets.c.district == district, _IS_OPEN)
            .where(tickets.c.opened_at >= milliseconds(since))
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


# --- lists

OF_CALL: Final = ("wait_s", "within_target")
"""Columns of the call that a request tells."""
_NEWEST = sa.select(sa.func.max(tickets.c.id))
_IS_OPEN, _CLOCK_RUNS = sa.text("tickets.is_open"), sa.text("tickets.clock_runs")
"""Conditions in the words of the partial indexes: SQLite does not know that `is_open = 1` means the same."""


def _selected() -> sa.Select[Any]:
    """Requests with the wait of the call that opened them, and whether it met the target."""
    joined = tickets.outerjoin(calls, calls.c.id == tickets.c.call)
    of_call = (calls.c[name].label(name) for name in OF_CALL)
    return sa.select(*TICKET_COLUMNS, tickets.c.id.label("_id"), *of_call).select_from(joined)


def listing(wanted: Wanted, at: float, *, postgres: bool) -> sa.Select[Any]:
    """The ids of a page and one more. Only ids are sorted, and nothing is read of requests that are not on the page."""
    match = fts_match(wanted.query) if wanted.query and not postgres and wanted.order == "newest" else None
    if match is not None:
        return _found_by_words(wanted, at, match)
    ids = sa.select(tickets.c.id).where(*_conditions(wanted, at, postgres=postgres))
    number, due = tickets.c.id.expression, tickets.c.due_at.expression
    if wanted.query or wanted.overdue:
        # An index finds these few requests. In the order of another index the database would read every request until
        # it has a page: seconds, for a rare word.
        number, due = number + 0, due + 0
    if wanted.order == "newest":
        ids = ids.order_by(number.desc())
        if wanted.cursor:
            ids = ids.where(tickets.c.id < _after_id(wanted.cursor))
    else:
        ids = ids.order_by(due.asc().nulls_last(), number)
        if wanted.cursor:
            ids = ids.where(_behind(wanted.cursor))
    return ids.limit(wanted.limit + 1)


async def _among_newest(connection: AsyncConnection, query: sa.Select[Any], wanted: Wanted) -> list[int]:
    """The ids of the same page, as far as the newest requests have it. If these are no more than `limit`, there may be
    older ones of it, and all must be searched.

    PostgreSQL's index of words gives no order: of a word that many requests have, it would read and sort all of them
    for one page. In the order of the page it would read every request until it has one: seconds, for a rare word."""
    first = _after_id(wanted.cursor) if wanted.cursor else await connection.scalar(_NEWEST) or 0
    in_order = query.order_by(None).order_by(tickets.c.id.desc())
    found: list[int] = []
    for count in (PROBED, NEWEST):
        found = list((await connection.execute(in_order.where(tickets.c.id > first - count))).scalars())
        if len(found) > wanted.limit or len(found) * NEWEST <= wanted.limit * PROBED:
            break
    return found


def _found_by_words(wanted: Wanted, at: float, match: str) -> sa.Select[Any]:
    """The same from SQLite's search table, which gives the newest first and so ends with the page, however many
    requests have a word."""
    search = sa.table("ticket_search", sa.column("rowid", sa.BigInteger))
    asked = msgspec.structs.replace(wanted, query="")
    ids = (
        sa.select(search.c.rowid)
        .select_from(search.join(tickets, tickets.c.id == search.c.rowid))
        .where(sa.text("ticket_search MATCH :asked").bindparams(asked=match))
        .where(*_conditions(asked, at, postgres=False))
        .order_by(search.c.rowid.desc())
        .limit(wanted.limit + 1)
    )
    return ids.where(search.c.rowid < _after_id(wanted.cursor)) if wanted.cursor else ids


def _conditions(wanted: Wanted, at: float, *, postgres: bool) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    # Few requests of a topic or a state are overdue, but SQLite would read all of them: make it begin with the
    # deadlines, which are indexed as a whole and by unit.
    by_deadline = bool(wanted.overdue) and not postgres
    found: list[sa.ColumnElement[bool] | sa.TextClause] = [
        (tickets.c[column].concat("") if by_deadline and column != "unit" else tickets.c[column]) == value
        for column, value in (
            ("state", wanted.state),
            ("unit", wanted.unit),
            ("service", wanted.service),
            ("topic", wanted.topic),
            ("district", wanted.district),
            ("kind", wanted.kind),
            ("parent", wanted.parent),
        )
        if value is not None
    ]
    if wanted.is_open is not None:
        found.append(_IS_OPEN if wanted.is_open else sa.not_(tickets.c.is_open))
    if wanted.overdue:
        found += [_CLOCK_RUNS, tickets.c.due_at < milliseconds(at)]
    elif wanted.overdue is not None:
        in_time = sa.or_(tickets.c.due_at.is_(None), tickets.c.due_at >= milliseconds(at))
        found.append(sa.or_(sa.not_(tickets.c.clock_runs), in_time))
    if wanted.caller:
        found.append(tickets.c.caller.in_(spellings(wanted.caller)))
        if wanted.shown_topics is not None:
            shown = tickets.c.topic.in_(wanted.shown_topics)
            found.append(sa.or_(tickets.c.agrees, tickets.c.topic.is_(None), shown))
    if wanted.since is not None:
        found.append(tickets.c.opened_at >= milliseconds(wanted.since))
    if wanted.query:
        found.append(found_by(wanted.query, tickets, postgres=postgres))
    return found


def _cursor(row: Mapping[str, Any], order: Order) -> str:
    due = "" if row["due_at"] is None else row["due_at"]
    text = str(row["_id"]) if order == "newest" else f"{due}.{row['_id']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor_parts(cursor: str, count: int) -> list[str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        raise BadCursor(cursor) from None
    parts = text.split(".")
    if len(parts) != count or not all(part.isdecimal() and len(part) < 19 for part in parts[-1:]):
        raise BadCursor(cursor)
    return parts


def _after_id(cursor: str) -> int:
    return int(_cursor_parts(cursor, 1)[0])


def _behind(cursor: str) -> sa.ColumnElement[bool]:
    """The requests after one, by deadline."""
    due, number = _cursor_parts(cursor, 2)
    later = tickets.c.id > int(number)
    if not due:
        return sa.and_(tickets.c.due_at.is_(None), later)
    if not (due.isdecimal() and len(due) < 19):
        raise BadCursor(cursor)
    at = int(due)
    same = sa.and_(tickets.c.due_at == at, later)
    return sa.or_(tickets.c.due_at > at, same, tickets.c.due_at.is_(None))


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
    """The calls about it, in the order in which they came."""
    names = ("entered_at", "answered_at", "ended_at", "outcome", "agent", "service", *OF_CALL, "talk_s")
    query = (
        sa.select(links.c.other, links.c.how, links.c.at, *(calls.c[name] for name in names))
        .select_from(links.outerjoin(calls, calls.c.id == links.c.other))
        .where(links.c.number == number, links.c.kind == "call")
        .order_by(links.c.at, links.c.other)
    )
    rows = (await connection.execute(query)).mappings()
    return [
        {"id": row["other"], "how": row["how"], "at": row["at"] / 1000}
        | {name: _seconds(name, row[name]) for name in names}
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


def _clock(ticket: Ticket, rules: Rules, language: str) -> Record:
    """The deadline and its explanation. If a reload removed the clock's rule, there is a deadline without steps."""
    clock, rule, found = ticket.clock, rules.clock_rule(ticket), rules.deadline(ticket)
    record: Record = {
        "rule": clock.rule,
        "started_at": clock.started_at,
        "due_at": ticket.due_at,
        "stands": clock.stands,
        "ended_at": clock.ended_at,
        "warn_at": None,
        "escalate_at": None,
        "accept_by": None,
        "answer_by": None,
        "steps": [],
    }
    if rule is None or found is None:
        return record
    return record | {
        "warn_at": found.warn_at,
        "escalate_at": found.escalate_at,
        "accept_by": found.accept_by,
        "answer_by": answer_by(clock, rule, rules.town.calendar, rules.zone),
        "steps": [step.en if language == "en" else step.tr for step in found.steps],
    }
