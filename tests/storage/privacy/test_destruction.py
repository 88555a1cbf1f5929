"""What has expired goes, a record of it stays, and nothing else goes, on both databases."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.outgoing_files import OutgoingFiles
from storage.people.audit import Audit, AuditEntry, WantedEntries
from storage.privacy.destruction import Destruction, OfLine
from storage.requests.tables import CodeRow, DestructionRow, FileRow, HistoryRow, LinkRow, OutboxRow, TaskRow, TicketRow
from storage.tables import CallRow
from tests.storage.requests.desk import Desk, check_whole
from tests.tickets.life import DAY, MACHINE
from tickets.files import NewFile
from tickets.opening import Amendment
from tickets.privacy.erasure import PARTS
from tickets.privacy.retention import Destroyed, What

SECRET = "Işık Sokak 3, Ayşe"


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def destroy(desk: Desk, days: float = 0) -> list[Destroyed]:
    """What a night so many days later destroys."""
    desk.now += days * DAY
    return await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now).run()


async def destroy_at(desk: Desk, at: float) -> dict[str, int]:
    """What a night at this moment (Unix seconds) destroys, by its sort."""
    desk.now = at
    return by_sort(await destroy(desk))


async def closed(desk: Desk, **values: Any) -> str:
    """The number of a request that was told and closed, with a file, a note, a link and a code."""
    number = (await desk.open(text=SECRET, name="Ayşe", address="Işık Sokak 3", **values)).number
    file = NewFile(id="f" + number, media_type="image/jpeg", about="request", name="Ayşe.jpg", size=4, sha256="0")
    await desk.store.attach(number, file, MACHINE)
    await desk.store.note(number, f"ring {SECRET}", MACHINE)
    await desk.moved(number, "waiting_citizen", "in_progress", "resolved", "told", "closed", result=f"done, {SECRET}")
    async with desk.database.writing() as connection:
        code = {"code": "c" + number, "number": number, "made_at": milliseconds(desk.now)}
        await connection.execute(sa.insert(table_of(CodeRow)), code)
    return number


async def everything_about(desk: Desk, number: str) -> str:
    """All rows of a request, as one text."""
    found: list[Any] = []
    for model in (TicketRow, HistoryRow, LinkRow, OutboxRow, TaskRow, FileRow, CodeRow):
        found += await desk.rows(model, number=number)
    return str(found)


def by_sort(done: list[Destroyed]) -> dict[str, int]:
    return {f"{one.what} {one.kind}".strip(): one.count for one in done}


async def test_what_is_written_after_an_erasure_is_erased_too(desk: Desk) -> None:
    number = await closed(desk)
    assert by_sort(await destroy(desk, 5 * 366))["ticket_text"] == 1
    assert await destroy(desk, 1) == []
    await desk.store.note(number, f"yine aradı: {SECRET}", MACHINE)
    assert by_sort(await destroy(desk, 1)) == {"ticket_text": 1}
    assert SECRET not in await everything_about(desk, number)
    assert await destroy(desk, 1) == []
    await check_whole(desk, [number])


async def test_a_closed_request_loses_its_person_then_its_words_and_keeps_its_figures(desk: Desk) -> None:
    number = await closed(desk)
    (before,) = await desk.rows(TicketRow, number=number)
    assert await destroy(desk, 80) == []
    assert by_sort(await destroy(desk, 20)) == {"public_code": 1}
    assert by_sort(await destroy(desk, 660)) == {"ticket_person": 1, "ticket_file": 1}
    (after,) = await desk.rows(TicketRow, number=number)
    assert (after["caller"], after["name"], after["address"]) == ("", "", "")
    assert after["text"] == SECRET, "what was said has its own time"
    assert by_sort(await destroy(desk, 1080)) == {"ticket_text": 1, "sent_text": 1, "destruction_record": 1}
    (after,) = await desk.rows(TicketRow, number=number)
    about = await everything_about(desk, number)
    assert [word for word in ("Ayşe", "Işık", "905321112233", "Ayse", "isik") if word in about] == []
    kept = ("kind", "topic", "district", "unit", "opened_at", "closed_at", "resolved_at", "state", "outcome")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    await check_whole(desk, [number])
    assert await destroy(desk) == [], "once"
    records = await desk.rows(DestructionRow)
    assert [(row["what"], row["kind"], row["count"]) for row in records] == [
        ("ticket_person", "", 1),
        ("ticket_file", "", 1),
        ("ticket_text", "", 1),
        ("sent_text", "", 1),
        ("destruction_record", "", 1),
    ], "the record of the code has expired itself"


async def test_a_request_that_was_reopened_after_its_erasure_is_erased_anew(desk: Desk) -> None:
    number = (await desk.open(text=SECRET, name="Ayşe")).number
    await desk.moved(number, "in_progress", "resolved", "told", "closed")
    async with desk.database.writing() as connection:  # as if it had been opened long before
        long_ago = milliseconds(desk.now - 4000 * DAY)
        await connection.execute(sa.update(table_of(TicketRow)).values(opened_at=long_ago))
    await desk.store.erase(number, MACHINE, "asked", tuple(PARTS), lambda connection: asyncio.sleep(0))
    await desk.moved(number, "assigned", unit="fen_isleri")
    (row,) = await desk.rows(TicketRow, number=number)
    assert (row["person_erased_at"], row["text_erased_at"]) == (None, None)
    await desk.store.amend(number, Amendment(name="Ayşe", text=SECRET), MACHINE)
    await desk.moved(number, "in_progress", "resolved", "told", "closed")
    await destroy(desk, 4000)
    (row,) = await desk.rows(TicketRow, number=number)
    assert (row["name"], row["text"]) == ("", "")
    assert row["person_erased_at"] is not None


async def test_what_is_gone_is_on_record_if_the_night_ends_in_the_middle(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await closed(desk)
    erase = desk.store.erase
    erased: list[str] = []

    async def die_at_the_third(number: str, *rest: Any) -> Any:
        if len(erased) == 2:
            raise KeyboardInterrupt
        erased.append(number)
        return await erase(number, *rest)

    monkeypatch.setattr(desk.store, "erase", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        await destroy(desk, 760)
    monkeypatch.undo()
    people = [row["count"] for row in await desk.rows(DestructionRow) if row["what"] == "ticket_person"]
    assert people == [2]
    assert by_sort(await destroy(desk))["ticket_person"] == 1


async def left(desk: Desk, number: str, name: str, media_type: str) -> float:
    """A file that belongs to a request from now, and the moment (Unix seconds)."""
    file = NewFile(id=name, media_type=media_type, about="request", name=name, size=4, sha256="0")
    await desk.store.attach(number, file, MACHINE)
    (row,) = await desk.rows(FileRow, id=name)
    return int(row["at"]) / 1000


async def test_audio_messages_go_by_their_own_age_and_nothing_else_with_them(desk: Desk) -> None:
    """Half a year after each was left, whether its request is open or closed: photos go by their request's end."""
    done, is_open = [(await desk.open()).number for _ in range(2)]
    await left(desk, done, "photo", "image/jpeg")
    first = await left(desk, done, "first", "audio/wav")
    await desk.moved(done, "waiting_citizen", "in_progress", "resolved", "told", "closed")
    desk.now += 10 * DAY
    second = await left(desk, is_open, "second", "audio/ogg")
    assert await destroy_at(desk, first + 180 * DAY) == {}, "not before"
    assert await destroy_at(desk, first + 180 * DAY + 0.001) == {"audio_message": 1}
    assert await destroy_at(desk, second + 181 * DAY) == {"audio_message": 1}, "its request is open"
    assert await destroy(desk) == [], "once"
    rows = {row["id"]: (row["destroyed_at"], row["name"]) for row in await desk.rows(FileRow)}
    at = [milliseconds(first + 180 * DAY + 0.001), milliseconds(second + 181 * DAY)]
    assert rows == {"photo": (None, "photo"), "first": (at[0], ""), "second": (at[1], "")}
    records = await desk.rows(DestructionRow)
    assert [(row["what"], row["kind"], row["count"], row["basis"], row["erasure"]) for row in records] == [
        ("audio_message", "", 1, "Ses kaydı için altı ay", None)
    ] * 2
    assert [(row["at"], row["older_than"]) for row in records] == [(one, one - milliseconds(180 * DAY)) for one in at]


async def test_kinds_have_their_own_time(desk: Desk) -> None:
    urgent = await closed(desk, service="funeral", topic=None, kind="urgent")
    road = await closed(desk)
    assert "ticket_person urgent" in by_sort(await destroy(desk, 370))
    assert (await desk.rows(TicketRow, number=urgent))[0]["caller"] == ""
    assert (await desk.rows(TicketRow, number=road))[0]["caller"] != ""


async def test_an_open_request_keeps_its_person_however_old(desk: Desk) -> None:
    number = (await desk.open(text=SECRET)).number
    await destroy(desk, 4000)
    (row,) = await desk.rows(TicketRow, number=number)
    assert (row["caller"], row["text"]) == ("+905321112233", SECRET)


async def test_calls_lose_number_and_name_once_they_are_over(desk: Desk) -> None:
    await desk.add_call("over", name="Ayşe", ended_at=milliseconds(desk.now), outcome="answered")
    await desk.add_call("up")
    assert await destroy(desk, 364) == []
    assert by_sort(await destroy(desk, 2)) == {"call_person": 1}
    assert [(row["id"], row["caller"], row["name"]) for row in await desk.rows(CallRow)] == [
        ("over", "", ""),
        ("up", "+905321112233", ""),
    ]


async def test_the_audit_is_let_go_of_after_two_years(desk: Desk) -> None:
    audit = Audit(desk.database, lambda: desk.now)
    desk.now = time.time()
    for days in (731, 729):
        at = desk.now - days * DAY
        await audit.add([AuditEntry(at=at, who="lead", role="lead", action="unmasked", about=str(days))])
    assert by_sort(await destroy(desk)) == {"unmasking": 1}
    assert [one["about"] for one in (await audit.page(WantedEntries())).records] == ["729"]


async def test_rows_of_text_messages_go_after_their_years_once_their_request_is_closed(desk: Desk) -> None:
    """Their words have gone long before that. What waits to be sent stays, and so does what is no text message."""
    over, running = await closed(desk), (await desk.open()).number
    rows: list[dict[str, Any]] = [
        {"number": over, "kind": "text", "state": "done"},
        {"number": over, "kind": "text", "state": "failed"},
        {"number": running, "kind": "text", "state": "pending"},
        {"number": over, "kind": "mail", "state": "done"},
        {"number": running, "kind": "text", "state": "done"},
    ]
    made = desk.now
    async with desk.database.writing() as connection:
        await connection.execute(sa.delete(table_of(OutboxRow)))
        for place, row in enumerate(rows):
            moment = {"made_at": milliseconds(made), "next_at": milliseconds(made), "done_at": milliseconds(made)}
            told = {"key": f"text/{place}", "version": 1, "about": "outcome", "to": "", "payload": {}, "error": ""}
            await connection.execute(sa.insert(table_of(OutboxRow)), {**row, **moment, **told})
    assert "sent_text" not in await destroy_at(desk, made + 1825 * DAY - 1)
    assert (await destroy_at(desk, made + 1825 * DAY + 1))["sent_text"] == 2
    left = [
        (row["number"], row["kind"], row["state"]) for row in await desk.rows(OutboxRow) if row["key"][:4] == "text"
    ]
    assert left == [(row["number"], row["kind"], row["state"]) for row in rows[2:]]
    (record,) = await desk.rows(DestructionRow, what="sent_text")
    assert (record["count"], record["basis"]) == (2, "Bildirimin kanıtı için beş yıl")
    assert "sent_text" not in by_sort(await destroy(desk)), "once"


async def recorded(desk: Desk, *found: OfLine) -> list[tuple[str, int, float, float | None]]:
    """The records that are made of what the line says."""
    made = await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now).record_of_line(found)
    return [(one.what, one.count, one.older_than, one.newer_than) for one in made]


def of_line(total: int, newest: float, journal: str = "a", what: What = "journal") -> OfLine:
    return OfLine(what=what, journal=journal, total=total, newest=newest)


async def test_what_the_line_destroys_is_on_record_once_with_its_span(desk: Desk) -> None:
    channels = of_line(7, 50.0, what="cel")
    assert await recorded(desk, of_line(0, 0.0)) == [], "nothing was destroyed yet"
    assert await recorded(desk, of_line(10, 100.0), channels) == [("journal", 10, 100.0, None), ("cel", 7, 50.0, None)]
    assert await recorded(desk, of_line(10, 100.0), channels) == [], "once"
    assert await recorded(desk, of_line(25, 300.5), channels) == [("journal", 15, 300.5, 100.0)]
    rows = [row for row in await desk.rows(DestructionRow) if row["what"] == "journal"]
    assert [(row["count"], row["newer_than"], row["older_than"]) for row in rows] == [
        (10, None, 100_000),
        (15, 100_000, 300_500),
    ]
    assert {row["basis"] for row in rows} == {"Arıza incelemesi için üç ay"}


@pytest.mark.parametrize("after", [of_line(4, 200.0, journal="b"), of_line(4, 200.0)], ids=["new", "count lost"])
async def test_another_journal_of_the_line_counts_anew(desk: Desk, after: OfLine) -> None:
    await recorded(desk, of_line(10, 100.0))
    assert await recorded(desk, after) == [("journal", 4, 200.0, 100.0)]
    assert await recorded(desk, after) == []


def letter(folder: Path, number: str, at: float, name: str = "receipt") -> Path:
    """A file of a request, written at this time (Unix seconds)."""
    before = set(folder.glob("*"))
    OutgoingFiles(folder).write(
        f"{number}/1/{name}/0", f"To: +905321112233\n\nBaşvurunuz alındı. Numarası: {number}.\n"
    )
    (path,) = set(folder.glob("*")) - before
    os.utime(path, (at, at))
    return path


async def test_files_of_letters_go_by_age_and_with_the_person_of_their_request(desk: Desk, tmp_path: Path) -> None:
    closed_one, other = await closed(desk), (await desk.open()).number
    desk.now += 731 * DAY  # the person of the closed request has expired
    old, of_erased = letter(tmp_path, other, desk.now - 31 * DAY), letter(tmp_path, closed_one, desk.now - DAY)
    kept = letter(tmp_path, other, desk.now - 29 * DAY, "question")
    night = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now, OutgoingFiles(tmp_path))
    at = desk.now
    done = [one for one in await night.run() if one.what == "outgoing_file"]
    assert [(path.exists()) for path in (old, of_erased, kept)] == [False, False, True]
    assert [(one.count, one.older_than) for one in done] == [(1, at - 30 * DAY), (1, at)]
    rows = await desk.rows(DestructionRow, what="outgoing_file")
    assert [(row["count"], bool(row["basis"])) for row in rows] == [(1, True), (1, True)]
    assert [one for one in await night.run() if one.what == "outgoing_file"] == [], "once"


async def test_a_night_without_a_folder_of_letters_is_a_night_as_any(desk: Desk, tmp_path: Path) -> None:
    outgoing = OutgoingFiles(tmp_path / "none")
    assert await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now, outgoing).run() == []
