"""The names of all that a town's files ever had: old requests stay readable when a topic or a unit goes."""

from collections.abc import Iterable
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from storage.columns import table_of
from storage.database import Database
from storage.requests.tables import TownNameRow
from tickets.town.model import ItemKind, Named

names = table_of(TownNameRow)


class TownNames:
    """The names of one database. Raises `storage.database.DatabaseError` if it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, present: Iterable[Named]) -> list[Named]:
        """Keep the names of the files in force; all names that were ever kept. A later name of an item replaces the
        earlier one."""
        rows = [{"kind": one.kind, "id": one.id, "tr": one.tr, "en": one.en} for one in present]
        dialect: Any = postgresql if self._database.is_postgres else sqlite
        async with self._database.explained(), self._database.writing() as connection:
            if rows:
                insert = dialect.insert(names)
                changed = {name: insert.excluded[name] for name in ("tr", "en")}
                await connection.execute(
                    insert.on_conflict_do_update(index_elements=["kind", "id"], set_=changed), rows
                )
            found = (await connection.execute(sa.select(names).order_by(names.c.kind, names.c.id))).mappings()
            known = get_args(ItemKind)
            return [Named(**row) for row in found if row["kind"] in known]
