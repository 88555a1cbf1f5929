"""The records of what was destroyed, for people who must show them. The regulation on erasure of personal data, article
7, has the town keep them for three years. They hold no personal data."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
import sqlalchemy as sa

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.listing import BadCursor
from storage.requests.reading import Page
from storage.requests.tables import DestructionRow
from tickets.privacy.retention import DAY_S, What

destructions = table_of(DestructionRow)

MAX_LIMIT: Final = 10_000
_OF_LINE: Final[tuple[What, ...]] = ("journal", "cel")
_CURSOR: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,9})")


class WantedRecords(msgspec.Struct, frozen=True, kw_only=True):
    """Which records: made at or after `since` and before `until` (Unix seconds; None: without that end)."""

    limit: int = 100
    cursor: str = ""
    """The cursor from the page before; empty for the first page."""
    since: float | None = None
    until: float | None = None


class DestructionRecords:
    """The records of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: WantedRecords) -> Page:
        """A page of records, newest first, with the fields of `console.destructions.Destruction`. Records that are made
        meanwhile do not shift the pages. Raises `BadCursor` or `storage.database.DatabaseError`."""
        if not 1 <= wanted.limit <= MAX_LIMIT:
            raise ValueError(f"limit = {wanted.limit}: 1 to {MAX_LIMIT} is allowed")
        query = sa.select(destructions).order_by(destructions.c.at.desc(), destructions.c.id.desc())
        if wanted.since is not None:
            query = query.where(destructions.c.at >= milliseconds(wanted.since))
        if wanted.until is not None:
            query = query.where(destructions.c.at < milliseconds(wanted.until))
        if wanted.cursor:
            query = query.where(_behind(wanted.cursor))
        async with self._database.explained(), self._database.reading() as connection:
            rows = (await connection.execute(query.limit(wanted.limit + 1))).mappings().all()
        shown = rows[: wanted.limit]
        more = len(rows) > wanted.limit
        return Page(
            records=[_record(row) for row in shown], next=f"{shown[-1]['at']}-{shown[-1]['id']}" if more else ""
        )


def _behind(cursor: str) -> "sa.ColumnElement[bool]":
    """The records after one."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor(cursor)
    at, place = int(found[1]), int(found[2])
    return sa.or_(destructions.c.at < at, sa.and_(destructions.c.at == at, destructions.c.id < place))


def _record(row: Mapping[Any, Any]) -> dict[str, Any]:
    names = ("id", "what", "count", "basis", "erasure")
    times = {name: _seconds(row[name]) for name in ("at", "newer_than", "older_than")}
    return {**{name: row[name] for name in names}, **times, "kind": row["kind"] or None, "days": _days(row)}


def _seconds(at: int | None) -> float | None:
    return None if at is None else at / 1000


def _days(row: Mapping[Any, Any]) -> int | None:
    """The days of the rule. The row says how old the newest destroyed data could be; of the line's own data it says how
    old it was, and of an erasure that a person asked for nothing."""
    if row["older_than"] is None or row["what"] in _OF_LINE:
        return None
    return round((cast(int, row["at"]) - cast(int, row["older_than"])) / 1000 / DAY_S)
