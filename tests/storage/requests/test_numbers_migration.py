"""Numbers that were stored as they were typed are found after the upgrade, and erasures of before are made whole."""

from typing import Any

import sqlalchemy as sa

from storage import migrate
from storage.columns import table_of
from storage.requests.tables import AttemptRow, ErasedReferenceRow, HistoryRow, TicketRow
from storage.tables import CallRow
from tests.storage.privacy.test_destruction import closed
from tests.storage.privacy.test_person import CIMER, REFERENCE, imported
from tests.storage.requests.desk import Desk
from tests.tickets.life import MACHINE

TYPED = {
    "0532 111 22 33": "05321112233",
    "(0532) 111 22 33": "05321112233",
    "0532/1112233": "05321112233",
    "+90-532.111 22\u00a033": "+905321112233",
    "+905321112233": "+905321112233",
    "1001": "1001",
    "0532 111 22 33 / 0212 555 12 34": "05321112233",
    "0532 111 22 33 0212 555 12 34": "05321112233",
    "oğlu: +90 (532) 111 22 33, akşam": "+905321112233",
    "+49 151 2345 6789 1234 5678 9": "",
    "--": "",
    "()": "",
    "ali.veli_1": "",
    "": "",
}


async def before(desk: Desk) -> None:
    """Back to the tables of before."""
    async with desk.database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0024")


async def put(desk: Desk, model: Any, number: str, **values: Any) -> None:
    table = table_of(model)
    async with desk.database.writing() as connection:
        await connection.execute(sa.update(table).where(table.c.number == number).values(values))


async def test_numbers_are_without_separators(desk: Desk) -> None:
    numbers = {typed: (await desk.open(caller="")).number for typed in TYPED}
    attempt = {"outcome": 1, "attempt": 1, "at": 1, "result": "no_number"}
    trunks = {"05321112233": "05321112233", "+90-532-111-22-33": "+905321112233", "ali.veli-1": "ali.veli-1"}
    for trunk in trunks:
        await desk.add_call(f"call {trunk}", caller=trunk)
    await before(desk)
    for typed, number in numbers.items():
        await put(desk, TicketRow, number, caller=typed)
        async with desk.database.writing() as connection:
            row = {**attempt, "number": number, "caller": typed}
            await connection.execute(sa.insert(table_of(AttemptRow)), row)
    await migrate.upgrade(desk.database)
    for model in (TicketRow, AttemptRow):
        found = {row["number"]: row["caller"] for row in await desk.rows(model)}
        assert {typed: found[number] for typed, number in numbers.items()} == TYPED
    calls = {row["id"]: row["caller"] for row in await desk.rows(CallRow)}
    assert calls == {f"call {trunk}": number for trunk, number in trunks.items()}
    assert len(await desk.found(caller="05321112233")) == sum(one.endswith("5321112233") for one in TYPED.values())


async def test_an_erasure_of_before_takes_the_other_systems_number_too(desk: Desk) -> None:
    number, other = await closed(desk, **CIMER), await closed(desk, external_source="cimer", external_number="2405-2")
    folded = (await desk.rows(TicketRow, number=number))[0]["folded"]
    await before(desk)
    async with desk.database.writing() as connection:
        erased = sa.text("UPDATE tickets SET person_erased_at = 1, caller = '', name = '' WHERE number = :number")
        await connection.execute(erased, {"number": number})
    assert "123456" in folded
    await migrate.upgrade(desk.database)
    (row,) = await desk.rows(TicketRow, number=number)
    assert (row["external_source"], row["external_number"]) == ("cimer", None)
    assert set(folded.split()) - set(row["folded"].split()) == {"2405", "123456"}
    assert [one["detail"] for one in await desk.rows(HistoryRow, number=number, version=1)] == [{"source": "cimer"}]
    assert await desk.found(query=REFERENCE) == []
    assert (await imported(desk)).result == "already"
    (row,) = await desk.rows(TicketRow, number=other)
    assert row["external_number"] == "2405-2"
    assert (await desk.rows(HistoryRow, number=other, version=1))[0]["detail"]["reference"] == "2405-2"
    assert len(await desk.rows(ErasedReferenceRow)) == 1
    assert (await desk.store.note(other, "weiter", MACHINE)).version > 1
