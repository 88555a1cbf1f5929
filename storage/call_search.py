"""Calls that are over, looked for by whoever must find one: the filters, and a page by one statement.

The page's ids come first, by the index of the time or of the filter; what else a row tells is read of these alone."""

import re
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from acd.engine.model.phone_numbers import spellings
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.queries import CALL_COLUMNS, CALLBACK_S, Call, as_record, calls, links, of_row, segments, tickets
from storage.recordings import recordings
from storage.requests.listing import BadCursor
from storage.requests.reading import Page
from storage.requests.tables import DispositionRow

dispositions = table_of(DispositionRow)
MAX_LIMIT: Final = 10_000
EQUAL: Final = {"priority": "class", "outcome": "outcome", "service": "service"}
"""Filters that one column answers, with its name."""
_CURSOR: Final = re.compile(r"([0-9]{1,15})-([!-~]{1,128})")
_SCORED: Final = ("opened", "outcome")
"""How a call has to do with the request whose score is told with it: it opened the request, or told its outcome."""


class WantedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The filters. None and empty leave a filter out."""

    limit: int = 100
    cursor: str = ""
    """The cursor from the page before; empty for the first page."""
    since: float | None = None
    until: float | None = None
    """Entered at or after the one and before the other, Unix seconds."""
    priority: str | None = None
    outcome: str | None = None
    disposition: str | None = None
    agent: str | None = None
    """An agent who has talked in it, be it before or after a transfer."""
    service: str | None = None
    caller: str = ""
    """A number, whichever way it was written."""


class FoundCall(Call, frozen=True, kw_only=True):
    """A call of a list: with what came of it."""

    disposition: str | None
    score: int | None
    """The citizen's score of the request that it opened, or whose outcome it told; the highest of several."""
    recorded: str | None
    """`storage.recordings.RecordingState`; None for a call that was not to be recorded."""


class CallSearch:
    """The calls of one database. Raises `storage.database.DatabaseError` and `BadCursor`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: WantedCalls) -> Page:
        """A page of the calls that are over."""
        if not 1 <= wanted.limit <= MAX_LIMIT:
            raise ValueError(f"limit = {wanted.limit}: 1 to {MAX_LIMIT} is allowed")
        statement = page_of(wanted)
        async with self._database.explained(), self._database.asking() as connection:
            found = [of_row(FoundCall, row) for row in (await connection.execute(statement)).mappings()]
        shown = found[: wanted.limit]
        return Page(
            records=[as_record(one) for one in shown],
            next=cursor_of(shown[-1]) if len(found) > wanted.limit else "",
        )


def page_of(wanted: WantedCalls) -> "sa.Select[Any]":
    """The statement for a page and one call more. Raises `BadCursor`."""
    page = (
        sa.select(calls.c.id)
        .where(*_conditions(wanted))
        .order_by(calls.c.entered_at.desc(), calls.c.id.desc())
        .limit(wanted.limit + 1)
        .subquery("page")
    )
    score = (
        sa.select(sa.func.max(tickets.c.score))
        .select_from(links.join(tickets, tickets.c.number == links.c.number))
        .where(links.c.kind == "call", links.c.other == calls.c.id, links.c.how.in_(_SCORED))
        .scalar_subquery()
    )
    joined = (
        page.join(calls, calls.c.id == page.c.id)
        .outerjoin(dispositions, dispositions.c.call == calls.c.id)
        .outerjoin(recordings, recordings.c.call == calls.c.id)
    )
    told = (dispositions.c.disposition, recordings.c.state.label("recorded"), score.label("score"))
    rows = sa.select(*CALL_COLUMNS, *told).select_from(joined)
    return rows.order_by(calls.c.entered_at.desc(), calls.c.id.desc())


def _conditions(wanted: WantedCalls) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [calls.c.outcome.is_not(None)]
    if wanted.since is not None:
        found.append(calls.c.entered_at >= milliseconds(wanted.since))
    if wanted.until is not None:
        found.append(calls.c.entered_at < milliseconds(wanted.until))
    for name, column in EQUAL.items():
        if (value := getattr(wanted, name)) is not None:
            found.append(calls.c[column] == value)
    if wanted.disposition is not None:
        of_call = sa.select(dispositions.c.call).where(dispositions.c.call == calls.c.id)
        found.append(sa.exists(of_call.where(dispositions.c.disposition == wanted.disposition)))
    if wanted.agent is not None:
        found.append(calls.c.id.in_(_talked_with(wanted)))
    if wanted.caller:
        found.append(calls.c.caller.in_(spellings(wanted.caller)))
    if wanted.cursor:
        entered_at, call = _after(wanted.cursor)
        found.append(sa.tuple_(calls.c.entered_at, calls.c.id) < sa.tuple_(entered_at, call))
    return found


def _talked_with(wanted: WantedCalls) -> "sa.Select[Any]":
    """The calls in which an agent has talked. A talk begins after its call has entered, and a callback within days:
    without these bounds all of an agent's years would be read for one day."""
    talks = sa.select(segments.c.call).where(segments.c.agent == wanted.agent)
    if wanted.since is not None:
        talks = talks.where(segments.c.began_at >= milliseconds(wanted.since))
    if wanted.until is not None:
        talks = talks.where(segments.c.began_at < milliseconds(wanted.until + CALLBACK_S))
    return talks


# --- pages


def cursor_of(call: Call) -> str:
    """The cursor of the page that begins behind a call."""
    return f"{milliseconds(call.entered_at)}-{call.id}"


def _after(cursor: str) -> tuple[int, str]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor(cursor)
    return int(found[1]), found[2]
