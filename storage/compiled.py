"""Statements that read, compiled once and given to the driver as they are.

To put a statement together, to find its text again and to convert each row costs SQLAlchemy a few times what the
driver and the database need for a page of a list."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database

_json: Final = msgspec.json.Decoder().decode


def one_of(column: Any, name: str, count: int) -> sa.ColumnElement[bool]:
    """The condition that a column of texts is one of so many parameters, whose names are `name` and their place."""
    found: sa.ColumnElement[bool] = column.in_([sa.bindparam(f"{name}_{n}", type_=sa.Text) for n in range(count)])
    return found if count else sa.false()


def given_of(name: str, values: Sequence[str]) -> dict[str, Any]:
    """The parameters of `one_of`."""
    return {f"{name}_{place}": value for place, value in enumerate(values)}


class Compiled:
    """A statement for one kind of database. Its parameters have names, and all its columns too."""

    def __init__(self, statement: "sa.Select[Any]", dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._fixed: Mapping[str, Any] = {name: value for name, value in compiled.params.items() if value is not None}
        self._order = tuple(compiled.positiontup or ())
        self._names = tuple(column.name for column in statement.selected_columns)
        # What PostgreSQL's driver gives is as it should be; SQLite knows neither JSON nor booleans.
        self._converted = [
            (column.name, _json if isinstance(column.type, sa.JSON) else bool)
            for column in statement.selected_columns
            if dialect.name == "sqlite" and isinstance(column.type, sa.JSON | sa.Boolean)
        ]

    def values(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """These parameters as the driver takes them."""
        named = {**self._fixed, **given}
        return tuple(named[name] for name in self._order)

    async def rows(self, connection: AsyncConnection, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows for these parameters."""
        return self._named((await connection.exec_driver_sql(self.text, self.values(given))).all())

    async def asked(self, database: Database, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The same as a question of its own. Raises `storage.database.DatabaseError`."""
        return self._named(await database.ask(self.text, self.values(given)))

    async def asked_shortly(self, database: Database, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The same for a question that takes microseconds and is asked often. Raises
        `storage.database.DatabaseError`."""
        return self._named(await database.ask_shortly(self.text, self.values(given)))

    def _named(self, found: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        rows = [dict(zip(self._names, row, strict=True)) for row in found]
        for name, convert in self._converted:
            for row in rows:
                if row[name] is not None:
                    row[name] = convert(row[name])
        return rows
