"""Lists by time, the newest first, page by page: rows of a table with `at` and `id`.

Rows that are added meanwhile do not shift the pages, since a cursor names a row and not a count."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds
from storage.requests.listing import BadCursor
from storage.requests.reading import Page

Condition = sa.ColumnElement[bool]
Record = dict[str, Any]
_CURSOR: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,9})")


class WantedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: of a time at or after `since` and before `until` (Unix seconds; None: without that end)."""

    limit: int = 100
    cursor: str = ""
    """The cursor from the page before; empty for the first page."""
    since: float | None = None
    until: float | None = None


async def newest(
    connection: AsyncConnection,
    table: sa.Table,
    wanted: WantedRows,
    record: Callable[[sa.RowMapping], Record],
    *conditions: Condition,
    most: int,
) -> Page:
    """A page of the rows for which the conditions hold, at most `most`; `record` makes of a row what is shown. Raises
    `BadCursor`."""
    if not 1 <= wanted.limit <= most:
        raise ValueError(f"limit = {wanted.limit}: 1 to {most} is allowed")
    rows = (await connection.execute(statement(table, wanted, *conditions))).mappings().all()
    shown = rows[: wanted.limit]
    more = len(rows) > wanted.limit
    return Page(records=[record(row) for row in shown], next=f"{shown[-1]['at']}-{shown[-1]['id']}" if more else "")


def statement(table: sa.Table, wanted: WantedRows, *conditions: Condition) -> "sa.Select[Any]":
    """Selects a page, and a row more if there is a page behind it. Raises `BadCursor`."""
    query = sa.select(table).where(*conditions).order_by(table.c.at.desc(), table.c.id.desc())
    if wanted.since is not None:
        query = query.where(table.c.at >= milliseconds(wanted.since))
    if wanted.until is not None:
        query = query.where(table.c.at < milliseconds(wanted.until))
    if wanted.cursor:
        query = query.where(*_behind(table, wanted.cursor))
    return query.limit(wanted.limit + 1)


def _behind(table: sa.Table, cursor: str) -> tuple[Condition, Condition]:
    """The rows after one. The first condition says no more than the second: it tells the database where its index
    begins, so that a late page takes no longer than the first."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor(cursor)
    at, place = int(found[1]), int(found[2])
    return table.c.at <= at, sa.or_(table.c.at < at, table.c.id < place)
