"""The records of what was destroyed, for people who must show them. The regulation on erasure of personal data, article
7, has the town keep them for three years. They hold no personal data."""

from collections.abc import Mapping
from typing import Any, Final, cast

from storage.by_time import WantedRows, newest
from storage.columns import table_of
from storage.database import Database
from storage.requests.reading import Page
from storage.requests.tables import DestructionRow
from tickets.privacy.retention import DAY_S, What

destructions = table_of(DestructionRow)

MAX_LIMIT: Final = 10_000
_OF_LINE: Final[tuple[What, ...]] = ("journal", "cel")


class DestructionRecords:
    """The records of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: WantedRows) -> Page:
        """A page of records, newest first, with the fields of `console.destructions.Destruction`. Raises `BadCursor` or
        `storage.database.DatabaseError`."""
        async with self._database.explained(), self._database.reading() as connection:
            return await newest(connection, destructions, wanted, _record, most=MAX_LIMIT)


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
