"""The record of what everybody did and saw. Rows are added and nothing else: the database itself refuses the rest."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from agents.audit_actions import AuditAction
from agents.people import user_of
from storage.by_time import WantedRows, newest
from storage.columns import clean, milliseconds, table_of
from storage.people.base import Store
from storage.people.tables import AuditRow
from storage.requests.reading import Page
from tickets.number import BadNumber, TicketNumber

audit = table_of(AuditRow)
MAX_LIMIT: Final = 100_000


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody saw or did. `about` and `detail` contain ids, never names, numbers or texts."""

    at: float
    who: str
    role: str
    action: AuditAction
    about: str = ""
    detail: dict[str, Any] = {}


class WantedEntries(WantedRows, frozen=True, kw_only=True):
    """Which entries. Empty leaves a filter out."""

    who: str = ""
    """A user as it is typed, or a program (`token:crm`)."""
    about: str = ""
    """An id. A request's number may be written in any way."""
    what: AuditAction | None = None


class Audit(Store):
    """The audit of one database."""

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries, all or none."""
        rows = [
            {name: clean(value) for name, value in msgspec.structs.asdict(one).items()} | {"at": milliseconds(one.at)}
            for one in entries
        ]
        if rows:
            async with self._writing() as connection:
                await connection.execute(sa.insert(audit), rows)

    async def page(self, wanted: WantedEntries) -> Page:
        """A page of entries, newest first, each with the fields of `console.audit.AuditRecord`. Raises `BadCursor`."""
        async with self._reading() as connection:
            return await newest(connection, audit, wanted, _record, *conditions(wanted), most=MAX_LIMIT)


def conditions(wanted: WantedEntries) -> "list[sa.ColumnElement[bool]]":
    """What holds for the wanted entries, apart from their time."""
    who: sa.ColumnElement[str] = audit.c.who
    action: sa.ColumnElement[str] = audit.c.action
    found = []
    if wanted.about:
        found.append(_is_any(audit.c.about, _spellings(wanted.about)))
        # One thing has few entries, and SQLite does not know that: of an expression it takes no index.
        who, action = who.concat(""), action.concat("")
    if wanted.who:
        found.append(who == user_of(wanted.who))
    if wanted.what is not None:
        found.append(action == wanted.what)
    return found


def _record(row: sa.RowMapping) -> dict[str, Any]:
    return {**row, "at": row["at"] / 1000}


def _is_any(column: "sa.ColumnElement[str]", values: Sequence[str]) -> "sa.ColumnElement[bool]":
    """The column is one of the values. For a single one the index has the rows in the order of the list; IN would have
    them sorted."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def _spellings(about: str) -> list[str]:
    """What the audit may have for an id. Once it had a request's number as it was typed."""
    try:
        number = TicketNumber.parse(about)
    except BadNumber:
        return [about]
    return sorted({about, str(number), number.digits})
