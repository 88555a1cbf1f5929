"""All that is kept of one person: given to them whole, and erased so that only figures are left."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.events import EntryLost
from acd.engine.model.facts import WrapupEnded
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.journal import Entry
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.outgoing_files import OutgoingFiles
from storage.privacy.calls import links
from storage.privacy.destruction import Destruction
from storage.privacy.person import Erased, OfRequest, PersonRecords
from storage.privacy.tally import ASKED
from storage.privacy.waiting import waiting_erasures
from storage.projection import Batch
from storage.projection_statements import Statements
from storage.recordings import RecordingRow, recordings
from storage.requests.drafts import Drafts
from storage.requests.of_calls import RequestsOfCalls
from storage.requests.tables import AttemptRow, DestructionRow, ErasedReferenceRow, ErasureRow, HistoryRow, TicketRow
from storage.spoken_words import SpokenWords
from storage.tables import CallRow
from tests.storage.privacy.test_destruction import SECRET, closed, everything_about, letter
from tests.storage.requests.desk import ROAD, Desk, refusal
from tests.storage.requests.outcome_desk import Line
from tests.storage.requests.test_told_in_their_call import calls_in
from tests.tickets.life import AGENT, DAY, MACHINE, MONDAY
from tickets.files import NewFile
from tickets.importing import ImportedRow, ImportRow, Origin
from tickets.opening import NewTicket
from tickets.outcome.report import Report
from tickets.privacy.erasure import Part

NUMBER = "05321112233"
"""The number of `desk.ROAD`, as another trunk writes it."""
ABROAD = "+15321112233"
"""Another person's, with the same last ten digits."""


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def people_of(desk: Desk) -> PersonRecords:
    return PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now)


async def test_a_person_is_given_all_of_it_and_nothing_of_others(desk: Desk) -> None:
    await desk.add_call("mine", ended_at=milliseconds(desk.now), outcome="answered")
    await desk.add_call("theirs", caller="+905330000000")
    mine = await closed(desk)
    await closed(desk, caller="+905330000000")
    found = await people_of(desk).export(NUMBER)
    assert [call["id"] for call in found["calls"]] == ["mine"]
    assert [request["number"] for request in found["requests"]] == [mine]
    assert len(found["requests"][0]["history"]) > 5


async def test_one_who_gave_no_number_is_found_by_their_request(desk: Desk) -> None:
    """With the calls about it that have no number: one with a number is somebody else's, and so is all of theirs."""
    over = {"ended_at": milliseconds(desk.now), "outcome": "answered"}
    await desk.add_call("mine", caller="", name="Ayşe", **over)
    await desk.add_call("theirs", name="Fatma", **over)
    await desk.add_call("elsewhere", caller="", name="Zeynep", **over)
    await desk.add_call("erased", caller="", number_erased_at=milliseconds(desk.now), **over)
    mine, other = (await desk.open(caller="", call="mine", text=SECRET, name="Ayşe")).number, await closed(desk)
    await desk.moved(mine, "in_progress", "resolved", "told", "closed")
    async with desk.database.writing() as connection:
        about = {"number": mine, "kind": "call", "how": "asked", "at": milliseconds(desk.now)}
        for other_call in ("theirs", "erased"):
            await connection.execute(sa.insert(links), {**about, "other": other_call})
    people, whom = people_of(desk), OfRequest(mine)
    assert [await people.gave_a_number(one) for one in (mine, other, "26-999999-9")] == [False, True, None]
    found = await people.export(whom)
    assert [call["id"] for call in found["calls"]] == ["mine"]
    assert [request["number"] for request in found["requests"]] == [mine]
    done = await people.erase(whom, MACHINE, "dilekçe 17")
    assert (done.calls, done.requests, done.waiting) == (1, 1, ())
    about_them = await everything_about(desk, mine)
    assert [word for word in ("Ayşe", "Işık", "isik") if word in about_them] == []
    assert "Ayşe" in await everything_about(desk, other)
    assert {row["id"]: row["name"] for row in await desk.rows(CallRow)} == {
        "mine": "", "theirs": "Fatma", "elsewhere": "Zeynep", "erased": "",
    }  # fmt: skip


async def test_what_an_agent_takes_down_in_a_persons_call_is_theirs_too(desk: Desk) -> None:
    drafts = Drafts(desk.database, lambda: desk.now)
    for call, caller in (("mine", "+905321112233"), ("theirs", "+905330000000")):
        await desk.add_call(call, caller=caller)
        await drafts.keep("1001", call, 0, {"text": f"Ayşe, {call}"})
    (found,) = (await people_of(desk).export(NUMBER))["drafts"]
    assert (found["call"], found["draft"]["text"]) == ("mine", "Ayşe, mine")
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    # The page in which it is open writes on, and undoes nothing.
    assert await drafts.keep("1001", "mine", 1, {"text": "Ayşe, mine, Işık Sokak"}) is None
    assert [one["call"] for one in await drafts.list("1001")] == ["theirs"]


async def test_a_person_who_is_erased_is_found_nowhere(desk: Desk) -> None:
    await desk.add_call("over", name="Ayşe", ended_at=milliseconds(desk.now), outcome="answered")
    await desk.add_call("up")
    number, other = await closed(desk), await closed(desk, caller="+905330000000")
    open_one = (await desk.open()).number
    done = await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    assert done == Erased(calls=1, requests=1, files=1, recordings=0, waiting=(open_one,), up=1)
    about = await everything_about(desk, number)
    assert [word for word in ("Ayşe", "Işık", "905321112233", "isik") if word in about] == []
    assert "Ayşe" in await everything_about(desk, other)
    assert {row["id"]: row["caller"] for row in await desk.rows(CallRow)} == {"over": "", "up": "+905321112233"}
    records = {row["what"]: row["count"] for row in await desk.rows(DestructionRow)}
    assert records == {"call_person": 1, "ticket_person": 1, "ticket_text": 1, "ticket_file": 1, "public_code": 1}
    (erasure,) = await desk.rows(ErasureRow)
    assert (erasure["reason"], erasure["done_at"]) == ("dilekçe 17", None)
    assert NUMBER[1:] not in str(erasure), "the number is not kept"


async def test_what_the_line_says_of_a_call_while_its_person_is_erased_brings_nothing_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent's after-call work ends after the call: the projector has read the row, and writes it whole."""
    await desk.add_call("over", name="Ayşe", ended_at=milliseconds(desk.now), outcome="answered", agent="1001")
    erasures: list[asyncio.Task[Erased]] = []
    write = RequestsOfCalls.write

    async def write_meanwhile(self: RequestsOfCalls, connection: AsyncConnection) -> None:
        erasures.append(asyncio.create_task(people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")))
        await asyncio.wait(erasures, timeout=1.0)  # it is done, or waits for the row
        await write(self, connection)

    monkeypatch.setattr(RequestsOfCalls, "write", write_meanwhile)
    ends = WrapupEnded(at=desk.now, agent=AgentId("1001"), call=CallId("over"), wrapup_s=20.0)
    async with desk.database.writing() as connection:
        statements = Statements(desk.database.engine.dialect)
        entry = Entry(seq=1, event=EntryLost(at=desk.now), facts=(ends,))
        await Batch(connection, statements, desk.rules, 6.0).apply([entry])
    assert (await erasures[0]).calls == 1
    (row,) = await desk.rows(CallRow)
    assert (row["caller"], row["name"], row["wrapup_s"]) == ("", "", 20.0)
    assert row["number_erased_at"] is not None


async def test_a_call_that_waits_for_one_who_was_told_and_erased_meanwhile_is_taken_back(database: Database) -> None:
    line = Line(database)
    number = await line.resolved()
    waiting = await line.queues(await line.wish())
    told = Report(result="told", score=5)
    await line.reports.report(await calls_in(line, number=ROAD["caller"]), told, AGENT)
    assert (await line.state(number))[0] == "closed"
    await people_of(line.desk).erase(NUMBER, MACHINE, "dilekçe 17")
    [taken] = await line.outcomes.withdrawn()
    assert taken.calls == (waiting,)


async def test_an_open_request_is_erased_the_night_after_it_is_closed(desk: Desk) -> None:
    number = (await desk.open(name="Ayşe")).number
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    night = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now)
    await night.run()
    assert (await desk.rows(TicketRow, number=number))[0]["name"] == "Ayşe", "they must still be told"
    await desk.moved(number, "in_progress", "resolved", "told", "closed")
    await night.run()
    (row,) = await desk.rows(TicketRow, number=number)
    assert (row["name"], row["caller"], row["text"], row["erase_asked"]) == ("", "", "", None)
    (erasure,) = await desk.rows(ErasureRow)
    assert erasure["done_at"] is not None


async def test_an_erasure_that_waits_is_found_with_what_it_waits_for(desk: Desk) -> None:
    """From the first time that the person asked: the law's days do not begin anew when they ask again."""
    first, second = [(await desk.open()).number for _ in range(2)]
    assert await waiting_erasures(desk.database) == []
    asked_at = desk.now
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    desk.now += 20 * DAY
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 18")
    (found,) = await waiting_erasures(desk.database)
    assert (found.reason, found.requests) == ("dilekçe 17", (first, second))
    assert (found.days(asked_at + 24.9 * DAY), found.is_near(asked_at + 24.9 * DAY)) == (24, False)
    assert found.is_near(asked_at + 25 * DAY + 1)
    assert asked_at <= found.at == found.until - 30 * DAY
    night = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now)
    await desk.moved(first, "in_progress", "resolved", "told", "closed")
    await night.run()
    assert [one.requests for one in await night.waiting()] == [(second,)]
    await desk.moved(second, "in_progress", "resolved", "told", "closed")
    await night.run()
    assert await night.waiting() == []


async def test_the_record_of_an_erasure_goes_with_the_records_of_what_it_destroyed(desk: Desk) -> None:
    """The record names the person who asked and the reason, in free text. An erasure that waits is kept."""
    await closed(desk)
    await people_of(desk).erase(NUMBER, MACHINE, "Ayşe, dilekçe 17")
    waits = (await desk.open()).number
    await people_of(desk).erase(NUMBER, MACHINE, "Ayşe, dilekçe 18")
    night = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now)
    done_at = (await desk.rows(ErasureRow))[0]["done_at"] / 1000
    desk.now = done_at + 1095 * DAY
    await night.run()
    assert len(await desk.rows(ErasureRow)) == 2
    desk.now = done_at + 1095 * DAY + 1
    done = {one.what: one.count for one in await night.run()}
    assert done["destruction_record"] == 4 + 1, "what it has destroyed, and its own record"
    (left,) = await desk.rows(ErasureRow)
    assert (left["reason"], (await desk.rows(TicketRow, number=waits))[0]["erase_asked"]) == ("Ayşe, dilekçe 18", 2)
    assert "dilekçe 17" not in str(await desk.rows(DestructionRow))


async def test_calls_about_an_open_request_are_erased_with_it(desk: Desk) -> None:
    number = (await desk.open(name="Ayşe")).number
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    over = {"ended_at": milliseconds(desk.now), "outcome": "called_back"}
    await desk.add_call("told", name="Ayşe", **over)
    await desk.add_call("unlinked", **over)
    await desk.add_call("other", caller="+905330000000", **over)
    await desk.add_call("up", caller="05321112233")
    async with desk.database.writing() as connection:
        about = {"number": number, "kind": "call", "how": "outcome", "at": milliseconds(desk.now)}
        await connection.execute(sa.insert(links), [{**about, "other": call} for call in ("told", "other", "up")])
        recording = {"call": "told", "began_at": milliseconds(desk.now), "state": "kept"}
        await connection.execute(sa.insert(recordings), recording)
    await desk.moved(number, "in_progress", "resolved", "told", "closed")
    await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now).run()
    found = {row["id"]: (row["caller"], row["name"]) for row in await desk.rows(CallRow)}
    assert found == {
        "told": ("", ""),
        "unlinked": ("+905321112233", ""),
        "other": ("+905330000000", ""),
        "up": ("05321112233", ""),
    }
    assert [row["state"] for row in await desk.rows(RecordingRow)] == ["destroyed"]
    records = {row["what"]: row["count"] for row in await desk.rows(DestructionRow)}
    assert (records["call_person"], records["recording"]) == (1, 1)


async def test_the_tries_at_an_earlier_number_are_exported_and_erased(desk: Desk) -> None:
    number = (await desk.open(caller="+905330000000")).number
    tried = {"number": number, "outcome": 1, "at": milliseconds(MONDAY), "automatic": False}
    async with desk.database.writing() as connection:
        rows = [("wrong_number", "+905321112233"), ("calling", "+905321112233"), ("no_answer", "+905330000000")]
        for attempt, (result, caller) in enumerate(rows, 1):
            row = {**tried, "attempt": attempt, "result": result, "caller": caller}
            await connection.execute(sa.insert(table_of(AttemptRow)), row)
    found = (await people_of(desk).export(NUMBER))["outcome_attempts"]
    assert [(one["number"], one["attempt"], one["result"], one["at"]) for one in found] == [
        (number, 1, "wrong_number", MONDAY), (number, 2, "calling", MONDAY),
    ]  # fmt: skip
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    left = {row["result"]: row["caller"] for row in await desk.rows(AttemptRow)}
    assert left == {"wrong_number": "", "calling": "+905321112233", "no_answer": "+905330000000"}


async def test_what_is_erased_in_a_later_night_is_on_record_once_with_its_erasure(desk: Desk) -> None:
    number = (await desk.open(name="Ayşe")).number
    file = NewFile(id="f" + number, media_type="image/jpeg", about="request", name="Ayşe.jpg", size=4, sha256="0")
    await desk.store.attach(number, file, MACHINE)
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    assert await desk.rows(DestructionRow) == [], "nothing is destroyed yet"
    await desk.moved(number, "in_progress", "resolved", "told", "closed")
    night = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now)
    await night.run()
    await night.run()
    (erasure,) = await desk.rows(ErasureRow)
    rows = await desk.rows(DestructionRow)
    assert [(row["what"], row["count"]) for row in rows] == [
        ("ticket_person", 1),
        ("ticket_text", 1),
        ("ticket_file", 1),
    ]
    assert {(row["erasure"], row["older_than"], row["basis"]) for row in rows} == {(erasure["id"], None, ASKED)}


async def test_the_files_of_a_persons_letters_go_at_once(desk: Desk, tmp_path: Path) -> None:
    """Those of an open request too: what was written is not needed to tell them."""
    mine, other = await closed(desk), await closed(desk, caller="+905330000000")
    open_one = (await desk.open()).number
    gone = [letter(tmp_path, number, desk.now) for number in (mine, open_one)]
    kept = letter(tmp_path, other, desk.now)
    outgoing = OutgoingFiles(tmp_path)
    people = PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now, outgoing)
    done = await people.erase(NUMBER, MACHINE, "dilekçe 17")
    assert (done.outgoing, done.waiting) == (2, (open_one,))
    assert [path.exists() for path in (*gone, kept)] == [False, False, True]
    (row,) = await desk.rows(DestructionRow, what="outgoing_file")
    (erasure,) = await desk.rows(ErasureRow)
    assert (row["count"], row["erasure"], row["basis"]) == (2, erasure["id"], ASKED)


async def test_what_a_call_says_to_a_person_goes_with_them(desk: Desk, tmp_path: Path) -> None:
    """At once with a closed request, and with one that waits in the night after its closing; they must be told."""
    mine, other = await closed(desk), await closed(desk, caller="+905330000000")
    open_one = (await desk.open()).number
    words = SpokenWords(tmp_path)
    spoken = {number: words.path(number, "tr", "0") for number in (mine, other, open_one)}
    for path in spoken.values():
        path.parent.mkdir(exist_ok=True)
        path.touch()
    people = PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now, words=words)
    await people.erase(NUMBER, MACHINE, "dilekçe 17")
    assert [spoken[one].exists() for one in (mine, other, open_one)] == [False, True, True]
    await desk.moved(open_one, "in_progress", "resolved", "told", "closed")
    await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now, words=words).run()
    assert [spoken[one].exists() for one in (other, open_one)] == [True, False]


async def test_a_letter_that_was_written_since_goes_with_the_request_in_the_night(desk: Desk, tmp_path: Path) -> None:
    number = (await desk.open()).number
    outgoing = OutgoingFiles(tmp_path)
    await PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now, outgoing).erase(NUMBER, MACHINE, "17")
    written = letter(tmp_path, number, desk.now)
    night = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now, outgoing)
    await night.run()
    assert written.exists(), "they must still be told"
    await desk.moved(number, "in_progress", "resolved", "told", "closed")
    await night.run()
    assert not written.exists()
    (row,) = await desk.rows(DestructionRow, what="outgoing_file")
    assert (row["count"], row["basis"]) == (1, ASKED)


@pytest.mark.parametrize("written", ["0532 111 22 33", "(0532) 111 22 33", "0532/1112233", "0532-111-22-33"])
async def test_a_person_whose_number_was_typed_is_exported_and_erased(desk: Desk, written: str) -> None:
    number = await closed(desk, caller=written)
    people = people_of(desk)
    for asked in (NUMBER, "+905321112233", written):
        assert [one["number"] for one in (await people.export(asked))["requests"]] == [number]
    assert (await people.erase(NUMBER, MACHINE, "dilekçe 17")).requests == 1
    about = await everything_about(desk, number)
    assert [word for word in ("Ayşe", "532", "111 22") if word in about] == []


async def test_a_person_abroad_with_the_same_last_digits_is_another_one(desk: Desk) -> None:
    over = {"ended_at": milliseconds(desk.now), "outcome": "answered"}
    await desk.add_call("theirs", caller=ABROAD, name="Jane", **over)
    theirs = await closed(desk, caller=ABROAD)
    people = people_of(desk)
    found = await people.export(NUMBER)
    assert (found["calls"], found["requests"]) == ([], [])
    assert await people.erase(NUMBER, MACHINE, "dilekçe 17") == Erased(
        calls=0, requests=0, files=0, recordings=0, waiting=(), up=0
    )
    assert ABROAD in await everything_about(desk, theirs)
    assert [(row["caller"], row["name"]) for row in await desk.rows(CallRow)] == [(ABROAD, "Jane")]
    assert [one["number"] for one in (await people.export("001 532 111 22 33"))["requests"]] == [theirs]


REFERENCE = "2405-123456"
CIMER: dict[str, Any] = {"external_source": "cimer", "external_number": REFERENCE}


def cimer_row(desk: Desk) -> ImportRow:
    new = NewTicket(**{**ROAD, "channel": "cimer"})
    return ImportRow(line=2, new=new, opened_at=desk.now - 3600, source="cimer", reference=REFERENCE)


async def imported(desk: Desk) -> ImportedRow:
    """What becomes of a row of CİMER's table."""
    (one,) = await desk.store.import_rows([cimer_row(desk)], MACHINE, Origin(file="mayis.csv"), skip_faulty=False)
    return one


async def test_another_systems_number_goes_with_the_person_and_is_not_imported_again(desk: Desk) -> None:
    number = (await imported(desk)).number
    assert number is not None
    assert REFERENCE in await everything_about(desk, number)
    assert await desk.found(query=REFERENCE) == [number]
    await desk.moved(number, "in_progress", "resolved", "told", "closed")
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    assert "123456" not in await everything_about(desk, number)
    assert await desk.found(query=REFERENCE) == []
    (row,) = await desk.rows(TicketRow, number=number)
    assert (row["external_source"], row["external_number"]) == ("cimer", None), "from where it came is a figure"
    again = await imported(desk)
    assert (again.result, again.number) == ("already", None)
    (judged,) = await desk.store.import_rows([cimer_row(desk)], MACHINE, Origin(), skip_faulty=False, write=False)
    assert (judged.result, judged.number) == ("already", None)
    fault = await refusal(desk.open(**CIMER))
    assert (fault.code, fault.key, fault.value) == ("already_done", "external_number", REFERENCE)
    assert number not in fault.allowed
    assert (await desk.open(**{**CIMER, "external_number": "2405-123457"})).external_number == "2405-123457"
    (kept,) = await desk.rows(ErasedReferenceRow)
    assert set(kept) == {"digest"}, "nothing says which request it was"
    assert number not in str(kept)


async def test_another_systems_number_of_an_opening_by_hand_goes_too(desk: Desk) -> None:
    number = await closed(desk, **CIMER)
    await people_of(desk).erase(NUMBER, MACHINE, "dilekçe 17")
    assert "123456" not in await everything_about(desk, number)
    assert (await imported(desk)).result == "already"


async def nothing(_: AsyncConnection) -> None:
    """Done beside an erasure."""


@pytest.mark.parametrize("parts", [("person", "text"), ("text", "person")])
async def test_another_systems_number_goes_with_the_person_alone(desk: Desk, parts: tuple[Part, Part]) -> None:
    """By age, the person and the words go on different nights."""
    number = await closed(desk, **CIMER)
    for part in parts:
        await desk.store.erase(number, MACHINE, "age", (part,), nothing)
        rows = await desk.rows(HistoryRow, number=number)
        assert ("reference" in rows[0]["detail"], rows[0]["detail"]["source"]) == (
            part == "text" and part == parts[0],
            "cimer",
        )
    assert "123456" not in await everything_about(desk, number)
    assert (await imported(desk)).result == "already"
