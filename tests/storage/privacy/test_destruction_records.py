"""The records of destructions are read page by page, newest first, on both databases."""

import pytest
import sqlalchemy as sa

from storage.by_time import WantedRows
from storage.columns import table_of
from storage.database import Database
from storage.privacy.destruction import Destruction, OfLine
from storage.privacy.destruction_records import DestructionRecords
from storage.privacy.person import PersonRecords
from storage.requests.listing import BadCursor
from storage.requests.tables import DestructionRow
from tests.storage.privacy.test_destruction import closed, destroy
from tests.storage.requests.desk import Desk
from tests.tickets.life import DAY, MACHINE

JOURNAL = OfLine(what="journal", journal="a", total=10, newest=100.0)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
def records(database: Database) -> DestructionRecords:
    return DestructionRecords(database)


async def put(desk: Desk, *rows: tuple[float, str]) -> None:
    """Records of calls made at these times (Unix seconds), in this order, each with a basis."""
    async with desk.database.writing() as connection:
        for at, basis in rows:
            row = {"at": round(at * 1000), "what": "call_person", "count": 1, "older_than": 0, "basis": basis}
            await connection.execute(sa.insert(table_of(DestructionRow)).values(row))


async def listed(records: DestructionRecords, wanted: WantedRows) -> list[str]:
    return [str(one["basis"]) for one in (await records.page(wanted)).records]


async def test_a_record_says_what_of_which_span_by_which_rule(desk: Desk, records: DestructionRecords) -> None:
    await closed(desk, service="funeral", topic=None, kind="urgent")
    before = desk.now
    await destroy(desk, 370)
    page = await records.page(WantedRows())
    assert page.next == ""
    (one,) = [one for one in page.records if one["what"] == "ticket_person"]
    assert (one["kind"], one["count"], one["basis"]) == ("urgent", 1, "Acil başvurular için bir yıl")
    assert before + 370 * DAY <= one["at"] <= desk.now
    assert (one["newer_than"], one["older_than"]) == (None, one["at"] - 365 * DAY)
    assert (one["days"], one["erasure"]) == (365, None)


async def test_the_lines_own_data_has_its_span_and_no_days(desk: Desk, records: DestructionRecords) -> None:
    await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now).record_of_line([JOURNAL])
    (one,) = (await records.page(WantedRows())).records
    assert (one["what"], one["kind"], one["older_than"], one["days"]) == ("journal", None, 100.0, None)


async def test_what_a_person_asked_for_names_the_erasure(desk: Desk, records: DestructionRecords) -> None:
    await closed(desk)
    people = PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now)
    await people.erase("+905321112233", MACHINE, "dilekçe 17")
    found = (await records.page(WantedRows())).records
    assert {one["what"] for one in found} == {"ticket_person", "ticket_text", "ticket_file", "public_code"}
    assert {(one["erasure"], one["older_than"], one["days"]) for one in found} == {(1, None, None)}


async def test_pages_are_whole_while_records_are_made(desk: Desk, records: DestructionRecords) -> None:
    await put(desk, (100, "a"), (300, "d"), (200, "b"), (200, "c"))
    first = await records.page(WantedRows(limit=2))
    assert [one["basis"] for one in first.records] == ["d", "c"], "by time, then the later written first"
    await put(desk, (400, "e"))
    rest = await records.page(WantedRows(limit=2, cursor=first.next))
    assert ([one["basis"] for one in rest.records], rest.next) == (["b", "a"], "")


async def test_a_span_has_its_begin_and_not_its_end(desk: Desk, records: DestructionRecords) -> None:
    await put(desk, (100, "a"), (200, "b"), (300, "c"))
    assert await listed(records, WantedRows(since=100, until=300)) == ["b", "a"]
    assert await listed(records, WantedRows(since=200.001)) == ["c"]
    assert await listed(records, WantedRows(until=100)) == []


@pytest.mark.parametrize("cursor", ["x", "-", "1", "1-", "1-9999999999", "1-1-1", "9" * 30 + "-1"])
async def test_a_cursor_that_no_page_gave_is_refused(records: DestructionRecords, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await records.page(WantedRows(cursor=cursor))


@pytest.mark.parametrize("limit", [0, 10_001])
async def test_a_limit_out_of_bounds_is_refused(records: DestructionRecords, limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit = {limit}: 1 to 10000 is allowed"):
        await records.page(WantedRows(limit=limit))
