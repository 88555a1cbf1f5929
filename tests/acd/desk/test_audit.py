"""The audit on a real database, as the console asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import sqlalchemy as sa

from acd.desk.audit import list_audit
from acd.desk.database import Records
from console.admin_ports import AuditQuery
from console.ports import Unavailable
from console.request_ports import BadCursor
from storage.database import Database
from storage.people.audit import Audit, AuditEntry
from tests.databases import new_sqlite


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await new_sqlite(tmp_path / "cozum.db")
    yield database
    await database.close()


@pytest.fixture
async def records(database: Database) -> Records:
    """A desk's records, with four entries, a second apart; the last differs in all that a filter can name."""
    audit = Audit(database, lambda: 0.0)
    alike = [AuditEntry(at=at, who="lead", role="lead", action="unmasked", about="a") for at in (1.0, 2.0, 3.0)]
    await audit.add([*alike, AuditEntry(at=4.0, who="admin", role="admin", action="audit_seen", about="b")])
    return cast(Records, SimpleNamespace(people=SimpleNamespace(audit=audit)))


async def test_every_part_of_the_question_reaches_the_database(records: Records) -> None:
    first = await list_audit(records, AuditQuery(limit=1, since=1.0, until=3.0))
    assert [one["at"] for one in first.records] == [2.0]
    rest = await list_audit(records, AuditQuery(cursor=first.next))
    assert ([one["at"] for one in rest.records], rest.next) == ([1.0], "")
    for query in (AuditQuery(who="admin"), AuditQuery(about="b"), AuditQuery(what="audit_seen")):
        assert [one["at"] for one in (await list_audit(records, query)).records] == [4.0], query


async def test_a_cursor_that_no_page_gave_is_the_consoles_fault_to_tell(records: Records) -> None:
    with pytest.raises(BadCursor):
        await list_audit(records, AuditQuery(cursor="1"))


async def test_a_database_without_tables_is_unavailable(database: Database, records: Records) -> None:
    async with database.writing() as connection:
        await connection.execute(sa.text("DROP TABLE audit"))
    with pytest.raises(Unavailable):
        await list_audit(records, AuditQuery())
