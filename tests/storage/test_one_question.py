"""Questions of one statement, which the driver has as they are."""

import asyncio

import pytest

from storage.database import Database, DatabaseError


async def test_a_question_of_one_statement_has_rows_or_a_reason(database: Database) -> None:
    with pytest.raises(DatabaseError, match="tables are missing"):
        await database.ask("SELECT 1 FROM no_such_table", ())
    assert [tuple(row) for row in await database.ask("SELECT 1, 'a' UNION ALL SELECT 2, 'b' ORDER BY 1", ())] == [
        (1, "a"),
        (2, "b"),
    ]


async def test_a_question_that_is_given_up_holds_up_no_other(database: Database) -> None:
    hours = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await database.ask(hours, ())
    async with asyncio.timeout(30):  # the same connection, where it is kept
        assert [tuple(row) for row in await database.ask("SELECT 1", ())] == [(1,)]
