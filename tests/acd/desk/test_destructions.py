"""The records of destructions on a real database, as the console asks for them."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import sqlalchemy as sa

from acd.desk.database import Records
from acd.desk.destructions import list_destructions
from console.admin_ports import DestructionQuery
from console.ports import Unavailable
from console.request_ports import BadCursor
from storage.columns import table_of
from storage.requests.tables import DestructionRow
from tests.databases import new_sqlite


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    """A desk's records, with three destructions, a second apart."""
    database = await new_sqlite(tmp_path / "cozum.db")
    rows = [{"at": at, "what": "recording", "count": 1, "basis": "b"} for at in (1000, 2000, 3000)]
    async with database.writing() as connection:
        await connection.execute(sa.insert(table_of(DestructionRow)), rows)
    yield cast(Records, SimpleNamespace(for_reports=(database, None)))
    await database.close()


async def test_every_part_of_the_question_reaches_the_database(records: Records) -> None:
    first = await list_destructions(records, DestructionQuery(limit=1, since=1.0, until=3.0))
    assert [one["at"] for one in first.records] == [2.0]
    rest = await list_destructions(records, DestructionQuery(cursor=first.next))
    assert ([one["at"] for one in rest.records], rest.next) == ([1.0], "")


async def test_a_cursor_that_no_page_gave_is_the_consoles_fault_to_tell(records: Records) -> None:
    with pytest.raises(BadCursor):
        await list_destructions(records, DestructionQuery(cursor="1"))


async def test_a_database_without_tables_is_unavailable(records: Records) -> None:
    database, _ = records.for_reports
    async with database.writing() as connection:
        await connection.execute(sa.text("DROP TABLE destructions"))
    with pytest.raises(Unavailable):
        await list_destructions(records, DestructionQuery())
