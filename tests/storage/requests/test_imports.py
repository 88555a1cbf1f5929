"""Rows of another system's table in both databases: whole batches, each row once."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from storage.database import Database, DatabaseError
from storage.requests import imports
from storage.requests.tables import CodeRow, HistoryRow, NoticeRow, OutboxRow, TicketRow
from tests.storage.requests.desk import Desk, check_whole
from tests.tickets.life import DAY, LEAD, MACHINE, MONDAY, RULES
from tickets.changes import Rules
from tickets.importing import ImportedRow, ImportRow, Origin
from tickets.number import TicketNumber
from tickets.opening import NewTicket

ORIGIN = Origin(file="mayis.csv", user="ayse")


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, Rules(town=RULES.town, zone=RULES.zone, texts=True))


def rows(*references: str, source: str = "e_belediye", **values: Any) -> list[ImportRow]:
    given: dict[str, Any] = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "channel": source}
    given |= {"caller": "+905321112233", **values}
    new = NewTicket(**given)
    return [
        ImportRow(line=line, new=new, opened_at=MONDAY - DAY, source=source, reference=reference)
        for line, reference in enumerate(references, 2)
    ]


async def take(desk: Desk, given: Sequence[ImportRow], **how: Any) -> list[ImportedRow]:
    return await desk.store.import_rows(given, LEAD, ORIGIN, **{"skip_faulty": False, **how})


def results(found: Sequence[ImportedRow]) -> list[str]:
    return [one.result for one in found]


async def test_rows_become_requests_in_their_order(desk: Desk) -> None:
    found = await take(desk, rows("B-2", "B-1"))
    assert [(one.line, one.result, one.refused) for one in found] == [(2, "opened", ()), (3, "opened", ())]
    assert [TicketNumber.parse(one.number or "").sequence for one in found] == [1, 2]
    first, second = await desk.rows(TicketRow)
    assert [(row["external_source"], row["external_number"]) for row in (first, second)] == [
        *(("e_belediye", "B-2"), ("e_belediye", "B-1")),
    ]
    assert (first["origin"], first["channel"], first["state"], first["unit"]) == (
        *("import", "e_belediye", "assigned", "fen_isleri"),
    )
    assert first["opened_at"] == round((MONDAY - DAY) * 1000)
    history = await desk.rows(HistoryRow, number=first["number"])
    assert [(row["what"], row["role"], row["who"]) for row in history] == [
        ("import", "lead", "lead"),
        ("assign", "system", ""),
    ]
    assert history[0]["detail"] == {"source": "e_belediye", "reference": "B-2", "file": "mayis.csv", "user": "ayse"}
    assert history[0]["at"] == round(desk.now * 1000)
    assert [row["about"] for row in await desk.rows(NoticeRow, number=first["number"])] == ["assigned"]
    await check_whole(desk, [first["number"], second["number"]])


async def test_a_citizen_of_another_system_gets_no_receipt_from_us(desk: Desk) -> None:
    await take(desk, rows("B-1"))
    assert [row["about"] for row in await desk.rows(OutboxRow) if row["kind"] == "text"] == []
    await desk.open(caller="+905321112233")
    assert [row["about"] for row in await desk.rows(OutboxRow) if row["kind"] == "text"] == ["receipt"]


async def test_whoever_gave_no_number_has_a_code(desk: Desk) -> None:
    found = [*await take(desk, rows("B-1")), *await take(desk, rows("B-2", "B-3", caller=""))]
    assert {row["number"] for row in await desk.rows(CodeRow)} == {found[1].number, found[2].number}


async def test_a_row_is_imported_once(desk: Desk) -> None:
    first = await take(desk, rows("B-1", "B-2"))
    again = await take(desk, rows("B-1", "B-2", "B-3"))
    assert results(again) == ["already", "already", "opened"]
    assert [one.number for one in again[:2]] == [one.number for one in first]
    assert results(await take(desk, rows("B-1", "B-2", "B-3"))) == ["already"] * 3
    assert len(await desk.rows(TicketRow)) == 3
    assert results(await take(desk, rows("B-1", source="cimer"))) == ["opened"], (
        "another system's number is another one"
    )
    assert TicketNumber.parse((await desk.open()).number).sequence == 5, "what is there already uses no number"


async def test_what_is_there_already_is_not_judged_anew(desk: Desk) -> None:
    await take(desk, rows("B-1"))
    assert results(await take(desk, rows("B-1", topic="vanished"))) == ["already"]


async def test_a_row_that_comes_twice_is_refused(desk: Desk) -> None:
    found = await take(desk, rows("B-1", "B-1"), skip_faulty=True)
    assert results(found) == ["opened", "refused"]
    assert [str(one) for one in found[1].refused] == ["reference = B-1: line 2 has it already"]


async def test_one_faulty_row_leaves_all_unwritten(desk: Desk) -> None:
    given = [*rows("B-1"), *rows("B-2", topic="uzay"), *rows("B-3")]
    found = await take(desk, given)
    assert results(found) == ["not_written", "refused", "not_written"]
    assert [fault.key for fault in found[1].refused] == ["topic"]
    assert await desk.rows(TicketRow) == []
    assert TicketNumber.parse((await desk.open()).number).sequence == 1
    found = await take(desk, given, skip_faulty=True)
    assert results(found) == ["opened", "refused", "opened"]
    assert [row["external_number"] for row in await desk.rows(TicketRow, origin="import")] == ["B-1", "B-3"]


async def test_a_check_writes_nothing(desk: Desk) -> None:
    await take(desk, rows("B-1"))
    given = [*rows("B-1", "B-2", "B-2"), *rows("B-3", topic="uzay")]
    found = await take(desk, given, write=False)
    assert results(found) == ["already", "not_written", "refused", "refused"]
    assert len(await desk.rows(TicketRow)) == 1


async def test_two_who_import_the_same_at_once_open_it_once(desk: Desk) -> None:
    references = [f"B-{number}" for number in range(40)]
    both = await asyncio.gather(*(take(desk, rows(*references)) for _ in range(4)))
    assert sum(results(found).count("opened") for found in both) == 40
    assert {one.number for found in both for one in found} == {row["number"] for row in await desk.rows(TicketRow)}
    assert len(await desk.rows(TicketRow)) == 40


async def test_what_is_cut_short_leaves_whole_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a process in the middle of a batch: its transaction is rolled back."""
    await take(desk, rows("B-1", "B-2"))

    async def dies(*_: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(imports, "give_code", dies)  # the last thing that a batch writes
        with pytest.raises(DatabaseError):
            await take(desk, rows("B-3", "B-4", caller=""))
    assert [row["external_number"] for row in await desk.rows(TicketRow)] == ["B-1", "B-2"]
    assert results(await take(desk, rows("B-1", "B-2", "B-3", "B-4", caller=""))) == [
        *("already", "already", "opened", "opened"),
    ]
    sequences = [TicketNumber.parse(row["number"]).sequence for row in await desk.rows(TicketRow)]
    assert sequences == [1, 2, 3, 4], "no number is lost"


async def test_an_imported_request_is_found_and_lives_on(desk: Desk) -> None:
    (one,) = await desk.store.import_rows(rows("B-1"), MACHINE, ORIGIN, skip_faulty=False)
    assert one.number is not None
    assert await desk.found(unit="fen_isleri") == [one.number]
    await desk.moved(one.number, "accepted", "in_progress")
    record = await desk.queries.get(one.number)
    assert record is not None
    assert [step["what"] for step in record["history"]] == ["import", "assign", "accept", "begin"]
    await check_whole(desk, [one.number])
