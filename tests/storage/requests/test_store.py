"""Changes of requests in both databases: whole or not at all, in order, and once."""

import asyncio
import random
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from phones.ports import free_tcp_port
from storage.call_search import CallSearch, WantedCalls
from storage.columns import table_of
from storage.database import Database, DatabaseError
from storage.queries import Queries
from storage.requests.listing import Wanted
from storage.requests.once import Once
from storage.requests.tables import FileRow, HistoryRow, LinkRow, NoticeRow, OutboxRow, TaskRow, TicketRow, WriteRow
from storage.tables import TalkSegmentRow
from tests.storage.requests.desk import ROAD, Desk, check_whole, refusal
from tests.tickets.life import AGENT, FEN, LEAD, MACHINE, RULES, ZABITA
from tests.tickets.towns import TOWN
from tickets.changes import Rules
from tickets.failures import ChangedMeanwhile, KeyReused, NoSuch, NotGranted
from tickets.kinds import KINDS
from tickets.moves import Wish
from tickets.number import TicketNumber
from tickets.opening import Amendment, NewTicket
from tickets.ticket import Actor

# --- opening


async def test_a_new_request_is_at_its_unit_with_history_notice_and_deadline(desk: Desk) -> None:
    ticket = await desk.open(AGENT)
    assert (ticket.state, ticket.unit, ticket.version) == ("assigned", "fen_isleri", 2)
    history = await desk.rows(HistoryRow, number=ticket.number)
    assert [(row["what"], row["role"], row["who"]) for row in history] == [
        ("open", "agent", "1001"),
        ("assign", "system", ""),
    ]
    (notice,) = await desk.rows(NoticeRow, number=ticket.number)
    assert (notice["unit"], notice["about"]) == ("fen_isleri", "assigned")
    (row,) = await desk.rows(TicketRow, number=ticket.number)
    assert (row["origin"], row["is_open"], row["clock_runs"]) == ("desk", True, True)
    assert row["due_at"] is not None
    assert row["watch_at"] is not None
    await check_whole(desk, [ticket.number])


async def test_what_has_no_unit_is_told_to_the_inbox(desk: Desk) -> None:
    ticket = await desk.open(topic=None, district=None, text="bir şey")
    assert (ticket.state, ticket.unit) == ("new", None)
    inbox = desk.rules.town.inbox.id
    assert [row["unit"] for row in await desk.rows(NoticeRow, number=ticket.number)] == [inbox]


async def test_a_request_of_a_call_is_linked_both_ways(desk: Desk) -> None:
    await desk.add_call("ast1-7.1", outcome="answered", agent="1001", wait_s=4.5, within_target=True)
    ticket = await desk.open(AGENT, call="ast1-7.1")
    assert [row["how"] for row in await desk.rows(LinkRow, number=ticket.number)] == ["opened"]
    call = await Queries(desk.database).get_call("ast1-7.1")
    assert call is not None
    assert call.ticket == ticket.number
    (found,) = (await CallSearch(desk.database).page(WantedCalls())).records
    assert found["ticket"] == ticket.number
    record = await desk.queries.get(ticket.number)
    assert record is not None
    assert (record["wait_s"], record["within_target"]) == (4.5, True)
    assert [(one["id"], one["how"], one["agent"]) for one in record["calls"]] == [("ast1-7.1", "opened", "1001")]
    assert [(one["wait_s"], one["within_target"]) for one in record["calls"]] == [(4.5, True)]
    (listed,) = (await desk.queries.page(Wanted())).records
    assert (listed["wait_s"], listed["within_target"]) == (4.5, True)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"topic": "uzay"}, "topic"),
        ({"district": "paris"}, "district"),
        ({"kind": "wish"}, "kind"),
        ({"lat": 41.0}, "lon"),
        ({"call": "ast1-404"}, "call"),
        ({"follows": "26-000001-9"}, "follows"),
    ],
)
async def test_a_refused_opening_uses_no_number_and_leaves_nothing(
    desk: Desk, values: dict[str, Any], key: str
) -> None:
    assert (await refusal(desk.open(**values))).key == key
    assert await desk.rows(TicketRow) == []
    assert TicketNumber.parse((await desk.open()).number).sequence == 1


# --- moves


async def test_a_request_goes_its_way_and_every_step_is_on_record(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.store.move(number, Wish(to="in_progress"), FEN)
    await desk.store.move(number, Wish(to="resolved", result="Çukur kapatıldı.", note="2 ton asfalt"), LEAD)
    told = await desk.store.move(number, Wish(to="told", how="call"), AGENT)
    assert (told.outcome, told.words, told.told_how) == ("resolved", "Çukur kapatıldı.", "call")
    outbox = await desk.rows(OutboxRow, number=number)
    assert [(row["kind"], row["about"]) for row in outbox if row["kind"] == "outcome"] == [("outcome", "outcome")]
    record = await desk.queries.get(number, "en")
    assert record is not None
    assert [step["what"] for step in record["history"]] == ["open", "assign", "begin", "resolve", "tell"]
    assert record["history"][3]["words"] == "Çukur kapatıldı."
    assert record["history"][3]["note"] == "2 ton asfalt"
    assert record["clock"]["steps"][0].endswith("the period begins on the day after")
    assert record["clock"]["steps_in"]["en"] == record["clock"]["steps"]
    assert "ertesi gün" in record["clock"]["steps_in"]["tr"][0]
    await check_whole(desk, [number])


@pytest.mark.parametrize(
    ("wish", "actor", "code", "key"),
    [
        (Wish(to="told"), MACHINE, "no_such_move", "to"),
        (Wish(to="resolved"), FEN, "missing", "result"),
        (Wish(to="not_ours", result="Değil"), FEN, "missing", "responsible"),
        (Wish(to="accepted"), ZABITA, "not_your_unit", "to"),
        (Wish(to="accepted"), AGENT, "not_your_role", "to"),
        (Wish(to="waiting"), MACHINE, "unknown", "to"),
    ],
)
async def test_a_refused_move_changes_nothing(desk: Desk, wish: Wish, actor: Actor, code: str, key: str) -> None:
    number = (await desk.open()).number
    before = await desk.queries.get(number)
    found = await refusal(desk.store.move(number, wish, actor))
    assert (found.code, found.key) == (code, key)
    assert found.allowed
    assert await desk.queries.get(number) == before


async def test_a_photo_of_the_work_counts_for_the_outcome_that_it_was_made_for(desk: Desk) -> None:
    topic = next(one.id for one in desk.rules.town.topics.values() if one.photo and one.unit)
    number = (await desk.open(topic=topic)).number
    await desk.moved(number, "in_progress")
    done = Wish(to="resolved", result="Tamam")
    assert (await refusal(desk.store.move(number, done, MACHINE))).key == "photo"
    await add_photo(desk, number, outcomes=0)
    await desk.store.move(number, done, MACHINE)
    await desk.moved(number, "assigned", "in_progress", unit=desk.rules.town.topics[topic].unit)
    assert (await refusal(desk.store.move(number, done, MACHINE))).key == "photo"


async def add_photo(desk: Desk, number: str, *, outcomes: int) -> None:
    row = {
        "id": f"f{outcomes}",
        "number": number,
        "kind": "photo",
        "about": "work",
        "outcomes": outcomes,
        "media_type": "image/jpeg",
        "size": 3,
        "sha256": "00",
        "at": 1,
        "role": "unit",
    }
    async with desk.database.writing() as connection:
        await connection.execute(sa.insert(table_of(FileRow)), row)


async def test_an_unknown_number_is_told_from_a_refusal(desk: Desk) -> None:
    for number in ("26-000123-3", "26-000001-0", "abc"):
        with pytest.raises(NoSuch, match="number"):
            await desk.store.move(number, Wish(to="closed", note="x"), MACHINE)


# --- notes, more time, amending


async def test_a_note_an_amendment_and_more_time_are_rows_of_history(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.store.note(number, "Ekip yolda", FEN)
    await desk.store.amend(number, Amendment(text="İki sokakta asfalt yok"), AGENT)
    before = (await desk.queries.get(number) or {})["due_at"]
    extended = await desk.store.extend(number, 2, "Malzeme bekleniyor", LEAD)
    assert extended.due_at is not None
    assert extended.due_at > before
    assert [row["what"] for row in await desk.rows(HistoryRow, number=number)] == [
        *("open", "assign", "note", "amend", "extend"),
    ]
    assert await desk.found(query="iki sokak") == [number]
    assert (await refusal(desk.store.extend(number, 99, "x", LEAD))).key == "days"
    await check_whole(desk, [number])


async def test_an_amendment_names_the_request_that_it_follows_up(desk: Desk) -> None:
    before, number = (await desk.open()).number, (await desk.open()).number
    assert (await refusal(desk.store.amend(number, Amendment(follows="26-000123-3"), AGENT))).key == "follows"
    await desk.store.amend(number, Amendment(follows=before), AGENT)
    assert (await desk.queries.get(number) or {})["follows"] == before
    await check_whole(desk, [number])


async def test_an_amended_topic_brings_a_request_to_the_unit_that_does_it(desk: Desk) -> None:
    number = (await desk.open()).number
    amended = await desk.store.amend(number, Amendment(topic="saldirgan_kopek"), AGENT, version=2)
    assert (amended.state, amended.unit, amended.version) == ("assigned", "veteriner_isleri", 4)
    rows = await desk.rows(HistoryRow, number=number)
    assert [(row["what"], row["role"], row["unit"]) for row in rows[1:]] == [
        ("assign", "system", "fen_isleri"), ("amend", "agent", "fen_isleri"), ("hand_on", "system", "veteriner_isleri"),
    ]  # fmt: skip
    assert await desk.found(unit="veteriner_isleri") == [number]
    await desk.moved(number, "assigned", actor=LEAD)
    back = await desk.store.amend(number, Amendment(topic="saldirgan_kopek", district="fatih"), AGENT)
    assert (back.unit, back.district) == ("fen_isleri", "fatih"), "a person gave it to that unit"
    await check_whole(desk, [number])


# --- score


async def test_a_good_score_closes_and_a_bad_one_opens_a_task(desk: Desk) -> None:
    good, bad = (await desk.open()).number, (await desk.open()).number
    for number in (good, bad):
        await desk.moved(number, "in_progress", "resolved", "told")
    assert (await desk.store.score(good, 5, AGENT)).state == "closed"
    assert (await desk.store.score(bad, 2, AGENT, remark="Yine çukur")).state == "told"
    (task,) = await desk.rows(TaskRow)
    assert (task["number"], task["kind"], task["why"]) == (bad, "low_score", "Yine çukur")
    assert (await refusal(desk.store.score(good, 4, AGENT))).code == "already_done"
    await check_whole(desk, [good, bad])


# --- duplicates


async def test_a_duplicate_hangs_on_its_parent_and_no_other_way(desk: Desk) -> None:
    parent, child, other = [(await desk.open()).number for _ in range(3)]
    far = (await desk.open(district="zafer")).number
    assert (await desk.store.join(child, parent, AGENT)).parent == parent
    assert (await refusal(desk.store.join(far, parent, AGENT))).code == "other_place"
    assert (await refusal(desk.store.join(parent, other, AGENT))).code == "not_allowed"
    assert (await refusal(desk.store.join(other, other, AGENT))).code == "not_allowed"
    for unknown in ("26-000123-3", "yan sokak"):
        with pytest.raises(NoSuch) as caught:
            await desk.store.join(other, unknown, AGENT)
        assert (caught.value.key, caught.value.value) == ("number", unknown), "as the body of `duplicate-of` calls it"
    record = await desk.queries.get(parent)
    assert record is not None
    assert record["children"] == [child]
    assert (await desk.store.part(child, "Başka çukur", AGENT)).parent is None
    await check_whole(desk, [parent, child, other, far])


async def test_two_who_join_two_requests_to_each_other_do_not_both_get_their_way(desk: Desk) -> None:
    for _ in range(5):
        one, two = (await desk.open()).number, (await desk.open()).number
        done = await asyncio.gather(
            desk.store.join(one, two, AGENT), desk.store.join(two, one, AGENT), return_exceptions=True
        )
        assert sorted(isinstance(answer, NotGranted) for answer in done) == [False, True]


# --- two at once


async def test_who_has_seen_an_older_version_is_told_and_nothing_is_lost(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.store.note(ticket.number, "biri", FEN, version=ticket.version)
    with pytest.raises(ChangedMeanwhile) as caught:
        await desk.store.move(ticket.number, Wish(to="refused", result="Hayır"), FEN, version=ticket.version)
    assert caught.value.version == ticket.version + 1
    assert (await desk.queries.get(ticket.number) or {})["state"] == "assigned"


async def test_of_two_people_on_one_request_one_wins_and_one_is_told(desk: Desk) -> None:
    ticket = await desk.open()
    moves = [Wish(to="accepted"), Wish(to="in_progress")]
    done = await asyncio.gather(
        *(desk.store.move(ticket.number, wish, FEN, version=ticket.version) for wish in moves), return_exceptions=True
    )
    assert sorted(isinstance(answer, ChangedMeanwhile) for answer in done) == [False, True]
    await check_whole(desk, [ticket.number])


async def test_a_hundred_writers_leave_histories_without_gaps(desk: Desk) -> None:
    numbers = [(await desk.open()).number for _ in range(3)]
    draw = random.Random(1)

    async def write(place: int) -> str:
        number = draw.choice(numbers)
        match place % 5:
            case 0:
                return (await desk.open()).number
            case 1:
                await desk.store.move(number, Wish(to="assigned", unit="zabita", note="x"), MACHINE)
            case 2:
                await desk.store.move(number, Wish(to="assigned", unit="fen_isleri", note="x"), MACHINE)
            case _:
                await desk.store.note(number, f"not {place}", MACHINE)
        return number

    done = await asyncio.gather(*(write(place) for place in range(100)), return_exceptions=True)
    assert all(isinstance(one, str | NotGranted) for one in done), done
    opened = {one for one in done if isinstance(one, str)} | set(numbers)
    assert len(opened) == 23
    sequences = sorted(TicketNumber.parse(number).sequence for number in opened)
    assert sequences == list(range(1, 24))
    await check_whole(desk, sorted(opened))
    notes = [row["note"] for row in await desk.rows(HistoryRow, what="note")]
    assert sorted(notes) == sorted(f"not {place}" for place in range(100) if place % 5 > 2)


# --- sent again


async def test_a_write_that_comes_again_is_done_once(desk: Desk) -> None:
    once = Once(key="machine:1", digest="a")
    new = NewTicket(**ROAD)
    first = await desk.store.open(new, MACHINE, once=once)
    assert await desk.store.open(new, MACHINE, once=once) == first
    assert len(await desk.rows(TicketRow)) == 1
    note = Once(key="machine:2", digest="b")
    await desk.store.note(first.number, "bir kez", FEN, version=first.version, once=note)
    again = await desk.store.note(first.number, "bir kez", FEN, version=first.version, once=note)
    assert again.version == first.version + 1
    with pytest.raises(KeyReused) as reused:
        await desk.store.open(new, MACHINE, once=Once(key="machine:2", digest="other"))
    assert reused.value.about == first.number  # whoever has lost the answer learns the number


async def test_the_same_write_from_twenty_at_once_is_done_once(desk: Desk) -> None:
    once = Once(key="machine:1", digest="a")
    done = await asyncio.gather(*(desk.store.open(NewTicket(**ROAD), MACHINE, once=once) for _ in range(20)))
    assert len({ticket.number for ticket in done}) == 1
    assert len(await desk.rows(TicketRow)) == 1


async def test_a_refused_write_does_not_use_up_its_key(desk: Desk) -> None:
    once = Once(key="machine:1", digest="a")
    await refusal(desk.store.open(NewTicket(service="request", topic="uzay"), MACHINE, once=once))
    assert await desk.rows(WriteRow) == []
    await desk.store.open(NewTicket(**ROAD), MACHINE, once=once)


# --- tasks and dispositions


async def test_a_task_is_done_once_by_the_first(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.moved(number, "in_progress", "resolved", "told")
    await desk.store.score(number, 1, AGENT)
    (task,) = await desk.tasks.list()
    assert (task["number"], task["unit"], task["done_at"]) == (number, "fen_isleri", None)
    assert await desk.tasks.list(unit="zabita") == []
    done = await desk.tasks.done(task["id"], LEAD, "Birime geri verildi")
    assert (done["done_by"], done["note"]) == ("lead", "Birime geri verildi")
    assert await desk.tasks.done(task["id"], MACHINE, "ikinci") == done
    assert await desk.tasks.list() == []
    assert [one["id"] for one in await desk.tasks.list(done=True)] == [task["id"]]
    with pytest.raises(NoSuch, match="task"):
        await desk.tasks.done(999, LEAD)


async def test_a_call_ends_with_a_request_or_a_disposition(desk: Desk) -> None:
    await desk.add_call("ast1-1.1")
    await desk.add_call("ast1-2.1")
    ended = await desk.tasks.dispose("ast1-1.1", "answered", "asfalt_talebi", AGENT)
    assert (ended["disposition"], ended["topic"], ended["who"]) == ("answered", "asfalt_talebi", "1001")
    assert (await desk.tasks.dispose("ast1-1.1", "test", None, AGENT))["disposition"] == "test"
    other = await refusal(desk.tasks.dispose("ast1-1.1", "test", None, AGENT, extension="1001"))
    assert (other.code, other.key) == ("not_your_role", "disposition")
    await desk.add_call("ast1-3.1", agent="1002")
    part = {"call": "ast1-3.1", "number": 1, "agent": "1001", "how": "answered", "began_at": 1, "ended_at": 2}
    async with desk.database.writing() as connection:
        await connection.execute(sa.insert(table_of(TalkSegmentRow)), {**part, "talk_s": 1.0, "hold_s": 0.0})
    assert await desk.tasks.dispose("ast1-3.1", "answered", None, AGENT, extension="1002")
    assert await desk.tasks.dispose("ast1-3.1", "test", None, AGENT, extension="1001")
    await desk.open(call="ast1-2.1")
    assert (await refusal(desk.tasks.dispose("ast1-2.1", "answered", None, AGENT))).key == "disposition"
    assert (await refusal(desk.tasks.dispose("ast1-1.1", "gitti", None, AGENT))).key == "disposition"
    assert (await refusal(desk.tasks.dispose("ast1-1.1", "answered", "uzay", AGENT))).key == "topic"
    with pytest.raises(NoSuch, match="call"):
        await desk.tasks.dispose("ast1-404", "answered", None, AGENT)


async def test_a_call_about_an_open_request_is_linked_with_it_and_with_no_other(desk: Desk) -> None:
    await desk.add_call("ast1-9.1")
    one, other = (await desk.open()).number, (await desk.open()).number
    for wrong, about in (("26-000404-1", "existing"), ("nonsense", "existing"), (one, "answered")):
        refused = await refusal(desk.tasks.dispose("ast1-9.1", about, None, AGENT, request=wrong))
        assert (refused.key, refused.value) == ("number", wrong)
    typed = one.replace("-", "")
    ended = await desk.tasks.dispose("ast1-9.1", "existing", None, AGENT, request=typed)
    assert (ended["disposition"], ended["number"]) == ("existing", one)
    told = await desk.queries.get(one)
    assert told is not None
    assert [(call["id"], call["how"]) for call in told["calls"]] == [("ast1-9.1", "asked")]
    await desk.tasks.dispose("ast1-9.1", "existing", None, AGENT, request=other)
    assert [(row["number"], row["how"]) for row in await desk.rows(LinkRow, other="ast1-9.1")] == [(other, "asked")]
    await desk.tasks.dispose("ast1-9.1", "answered", None, AGENT)
    assert await desk.rows(LinkRow, other="ast1-9.1") == []


# --- what goes wrong


async def test_a_request_whose_topic_and_unit_a_reload_took_away_is_read_and_moved(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.moved(number, "in_progress")
    clocks = {kind: TOWN.clocks[kind] for kind in KINDS}  # without one of these a file is refused
    town = msgspec.structs.replace(TOWN, topics={}, units={"zabita": TOWN.units["zabita"]}, clocks=clocks)
    desk.rules = Rules(town=town, zone=RULES.zone)
    record = await desk.queries.get(number)
    assert record is not None
    assert record["topic"] == "asfalt_talebi"
    assert (await desk.moved(number, "resolved", unit="")).state == "resolved"


async def test_a_database_that_is_away_says_so() -> None:
    database = Database(f"postgresql://nobody@127.0.0.1:{free_tcp_port()}/none")
    desk = Desk(database)
    with pytest.raises(DatabaseError, match="up and reachable"):
        await desk.open()
    with pytest.raises(DatabaseError):
        await desk.tasks.list()
    await database.close()
