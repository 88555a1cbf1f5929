"""The database itself keeps the history of requests, on both databases."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrate
from storage.columns import table_of
from storage.requests.tables import HistoryRow
from tests.storage.privacy.test_destruction import closed, destroy
from tests.storage.requests.desk import Desk
from tests.tickets.life import MACHINE

BARE = "note = '', words = '', detail = '{}'"


async def nothing(_: AsyncConnection) -> None:
    """Done beside an erasure."""


async def refused(desk: Desk, statement: str, number: str, version: int = 2) -> None:
    """See that the database does not do this to a row of the history."""
    if statement.startswith("UPDATE"):
        statement = f"UPDATE ticket_history SET {statement.removeprefix('UPDATE ')}"
    where = "" if statement.startswith("TRUNCATE") else f" WHERE number = '{number}' AND version = {version}"
    before = await desk.rows(HistoryRow)
    with pytest.raises(sa.exc.DBAPIError, match="rows are added, never deleted"):
        async with desk.database.writing() as connection:
            await connection.execute(sa.text(statement + where))
    assert await desk.rows(HistoryRow) == before


async def test_rows_of_the_history_are_neither_deleted_nor_changed(desk: Desk) -> None:
    number = await closed(desk)
    for statement in (
        "UPDATE who = 'nobody'",
        "UPDATE note = 'another'",
        f"UPDATE {BARE}",
        "DELETE FROM ticket_history",
    ):
        await refused(desk, statement, number)
    if desk.database.is_postgres:
        await refused(desk, "TRUNCATE ticket_history", number)
    else:  # which deletes by its own rules
        await refused(desk, "INSERT OR REPLACE INTO ticket_history SELECT * FROM ticket_history", number)


async def test_an_erasure_clears_what_was_said_and_nothing_else_is_changed_by_it_or_after_it(desk: Desk) -> None:
    number, other = await closed(desk), await closed(desk)
    before = await desk.rows(HistoryRow, number=number)
    assert any(row["note"] or row["words"] for row in before)
    await desk.store.erase(number, MACHINE, "dilekçe 17", ("person", "text"), nothing)
    *after, erasure = await desk.rows(HistoryRow, number=number)
    said = {"note", "words", "detail"}
    assert [{**row, **dict.fromkeys(said)} for row in after] == [{**row, **dict.fromkeys(said)} for row in before]
    assert [(row["note"], row["words"]) for row in after] == [("", "")] * len(after)
    assert (erasure["what"], erasure["note"]) == ("erase", "dilekçe 17")
    for name in ("who", "what", "role", "before", "after", "unit", "responsible"):
        await refused(desk, f"UPDATE \"{name}\" = 'x'", number)
    for change in ("at = 1", "version = 99", "note = 'again'", "words = 'again'", "detail = '{\"a\": 1}'"):
        await refused(desk, f"UPDATE {change}", number)
    await refused(desk, f"UPDATE {BARE}", number, erasure["version"])
    await refused(desk, "DELETE FROM ticket_history", number)
    await refused(desk, f"UPDATE {BARE}", other)


async def test_a_remark_goes_and_the_rest_of_the_detail_stays(desk: Desk) -> None:
    """Whatever the detail holds: the database compares it with what was there."""
    number = await closed(desk)
    detail = {"ş": ["ğ", 1.50, None, {"remark": "inner"}], "remark": 'Işık "Sokak"', "n": 10**15, "x": 1e-7}
    async with desk.database.writing() as connection:
        row = {**(await desk.rows(HistoryRow, number=number))[0], "version": 90, "detail": detail}
        await connection.execute(sa.insert(table_of(HistoryRow)), row)
    await desk.store.erase(number, MACHINE, "asked", ("text",), nothing)
    (row,) = await desk.rows(HistoryRow, number=number, version=90)
    assert row["detail"] == {name: value for name, value in detail.items() if name != "remark"}


async def test_another_systems_number_goes_with_the_person_and_nothing_else_does(desk: Desk) -> None:
    number = await closed(desk, external_source="cimer", external_number="2405-1")
    before = await desk.rows(HistoryRow, number=number)
    assert before[0]["detail"] == {"source": "cimer", "reference": "2405-1"}
    gone = 'detail = \'{"source": "cimer"}\''
    await refused(desk, f"UPDATE {gone}", number, 1)
    await desk.store.erase(number, MACHINE, "age", ("person",), nothing)
    *after, _ = await desk.rows(HistoryRow, number=number)
    assert after == [{**before[0], "detail": {"source": "cimer"}}, *before[1:]], (
        "what was said stays until its own time"
    )
    await refused(desk, f"UPDATE {BARE}", number)
    await refused(desk, "UPDATE note = '', words = ''", number)
    await refused(desk, "UPDATE detail = '{}'", number, 1)
    await refused(desk, 'UPDATE detail = \'{"source": "cimer", "reference": "2405-1"}\'', number, 1)
    await refused(desk, "UPDATE who = 'x'", number, 1)


async def test_a_night_that_erases_by_age_is_not_refused(desk: Desk) -> None:
    number = await closed(desk)
    await destroy(desk, days=20 * 365)
    rows = await desk.rows(HistoryRow, number=number)
    assert [row["note"] for row in rows if row["what"] != "erase"] == [""] * (len(rows) - 2)
    await refused(desk, "DELETE FROM ticket_history", number)


async def test_an_older_program_finds_the_tables_as_it_left_them(desk: Desk) -> None:
    number = await closed(desk)
    async with desk.database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0024")
    await refused(desk, "DELETE FROM ticket_history", number)
    async with desk.database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0023")
    async with desk.database.writing() as connection:
        await connection.execute(sa.text("UPDATE ticket_history SET who = 'x'"))
    await migrate.upgrade(desk.database)
    await refused(desk, "DELETE FROM ticket_history", number)
