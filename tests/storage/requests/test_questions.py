"""Tasks about what is over: a question that was answered, an urgent request that somebody has taken."""

import pytest
import sqlalchemy as sa

from storage.columns import table_of
from storage.database import Database
from storage.requests.outbox import PAUSES_S, Outbox
from storage.requests.tables import HistoryRow, OutboxRow, TaskRow
from storage.requests.watch import Watch
from tests.storage.requests.desk import Desk, check_whole
from tests.storage.requests.duty_ringer import Ringer
from tests.storage.requests.outcome_desk import Line
from tests.storage.requests.test_told_in_their_call import calls_in
from tests.tickets.life import AGENT, DAY, FEN, INBOX, LEAD, RULES
from tests.tickets.towns import TOWN
from tickets.changes import Rules
from tickets.moves import Wish
from tickets.opening import Amendment
from tickets.outcome.report import Report

RIGHT = "+905321112244"


async def tasks(desk: Desk, number: str) -> list[tuple[str, str]]:
    """Kind and reason of the open tasks of a request."""
    found = [row for row in await desk.rows(TaskRow, number=number) if row["done_at"] is None]
    return [(row["kind"], row["why"]) for row in found]


async def done_by(desk: Desk, number: str, kind: str) -> list[str]:
    return [row["done_by"] for row in await desk.rows(TaskRow, number=number, kind=kind) if row["done_at"] is not None]


async def asked(desk: Desk, words: str = "Hangi sokak?") -> str:
    """A request whose citizen is asked."""
    number = (await desk.open()).number
    await desk.moved(number, "accepted", "waiting_citizen", result=words)
    return number


# --- asked at the right number


async def test_a_question_goes_to_the_number_that_was_put_right(database: Database) -> None:
    desk = Desk(database, Rules(town=TOWN, zone=RULES.zone, texts=True))
    outbox = Outbox(database, lambda: desk.rules, lambda: desk.now)
    number = await asked(desk)
    for parcel in await outbox.take(("text",)):
        await outbox.done(parcel)
    await desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    (parcel,) = await outbox.take(("text",))
    assert (parcel.about, parcel.ticket.caller, parcel.ticket.words) == ("question", RIGHT, "Hangi sokak?")


async def test_one_that_has_not_left_yet_is_sent_once(database: Database) -> None:
    desk = Desk(database, Rules(town=TOWN, zone=RULES.zone, texts=True))
    number = await asked(desk)
    await desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    rows = await desk.rows(OutboxRow, number=number, kind="text", about="question")
    assert [row["state"] for row in rows] == ["dropped", "pending"]


async def test_a_person_asks_once_more_where_the_first_asked_somebody_else(desk: Desk) -> None:
    number = await asked(desk)
    ((task, _),) = [(row["id"], row) for row in await desk.rows(TaskRow, number=number)]
    await desk.tasks.done(task, INBOX, "numara başkasının")
    await desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    assert await tasks(desk, number) == [("tell_citizen", "Hangi sokak?")]


# --- what is over


@pytest.mark.parametrize(("to", "by"), [("in_progress", "1001"), ("resolved", "fen"), ("closed", "inbox")])
async def test_nobody_is_to_ask_what_was_answered(desk: Desk, to: str, by: str) -> None:
    number = await asked(desk)
    assert await tasks(desk, number) == [("tell_citizen", "Hangi sokak?")]
    actor = {"1001": AGENT, "fen": FEN, "inbox": INBOX}[by]
    await desk.moved(number, to, actor=actor, result="Asfalt döküldü.")
    assert ("tell_citizen", "Hangi sokak?") not in await tasks(desk, number)
    assert await done_by(desk, number, "tell_citizen") == [by]


async def test_why_it_takes_longer_is_told_all_the_same_until_there_is_an_outcome(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.store.extend(number, 5, "Malzeme bekleniyor\nİhale açıldı", INBOX)
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?\nKaç numara?")
    ((_, why),) = await tasks(desk, number)
    assert why == "Malzeme bekleniyor\nİhale açıldı\nHangi sokak?\nKaç numara?"
    await desk.moved(number, "in_progress")
    assert await tasks(desk, number) == [("tell_citizen", "Malzeme bekleniyor\nİhale açıldı")]
    await desk.moved(number, "resolved", result="Asfalt döküldü.")
    assert await tasks(desk, number) == []


async def test_a_question_that_could_not_be_sent_is_over_too(database: Database) -> None:
    desk = Desk(database, Rules(town=TOWN, zone=RULES.zone, texts=True))
    outbox = Outbox(database, lambda: desk.rules, lambda: desk.now)
    number = await asked(desk)
    desk.now += sum(PAUSES_S)
    (parcel,) = [one for one in await outbox.take(("text",)) if one.about == "question"]
    await outbox.failed(parcel, "HTTP 410", lasting=True)
    assert await tasks(desk, number) == [("tell_citizen", "question: HTTP 410")]
    await desk.moved(number, "in_progress")
    assert await tasks(desk, number) == []


async def test_nobody_decides_about_an_answer_that_came_late(desk: Desk) -> None:
    number = await asked(desk)
    desk.now += 60 * DAY
    await Watch(desk.database, lambda: desk.rules, lambda: desk.now).look()
    assert ("not_answered", "Hangi sokak?") in await tasks(desk, number)
    await desk.moved(number, "in_progress", actor=AGENT)
    assert await tasks(desk, number) == []
    assert await done_by(desk, number, "not_answered") == ["1001"]


async def not_answered(desk: Desk, watch: Watch) -> str:
    """A request whose citizen has not answered in time, so that a person has the task."""
    number = await asked(desk)
    desk.now += 60 * DAY
    await watch.look()
    assert ("not_answered", "Hangi sokak?") in await tasks(desk, number)
    return number


async def close(desk: Desk, number: str, note: str = "haftaya bakacak") -> None:
    """Close the task `not_answered` without a move."""
    (task,) = [one for one in await desk.tasks.list(kind="not_answered") if one["number"] == number]
    await desk.tasks.done(task["id"], INBOX, note)


async def test_whoever_is_waited_for_again_is_asked_about_again(desk: Desk) -> None:
    watch = Watch(desk.database, lambda: desk.rules, lambda: desk.now)
    number = await not_answered(desk, watch)
    for _ in range(2):
        await close(desk, number)
        await watch.look()
        assert ("not_answered", "Hangi sokak?") not in await tasks(desk, number), "their time has begun anew"
        assert await desk.tasks.find_stranded() == 0
        desk.now += 60 * DAY
        await watch.look()
        assert ("not_answered", "Hangi sokak?") in await tasks(desk, number)
    last = (await desk.rows(HistoryRow, number=number))[-1]
    assert (last["what"], last["who"], last["note"], last["after"]) == (
        "wait_on", "inbox", "haftaya bakacak", "waiting_citizen",
    )  # fmt: skip
    await check_whole(desk, [number])


async def test_whoever_was_forgotten_by_an_earlier_version_is_asked_about_again(desk: Desk) -> None:
    watch = Watch(desk.database, lambda: desk.rules, lambda: desk.now)
    number, others = await not_answered(desk, watch), [await asked(desk), (await desk.open()).number]
    assert await desk.tasks.find_stranded() == 0, "it has its task"
    every = table_of(TaskRow)
    async with desk.database.writing() as connection:  # as it was closed before
        await connection.execute(sa.update(every).where(every.c.kind == "not_answered").values(done_at=1))
    assert (await desk.tasks.find_stranded(), await desk.tasks.find_stranded()) == (1, 0)
    assert ("not_answered", "Hangi sokak?") in await tasks(desk, number)
    assert [one["number"] for one in await desk.tasks.list(kind="not_answered")] == [number], others


async def test_nobody_looks_for_somebody_once_an_urgent_request_is_taken(database: Database) -> None:
    ringer = Ringer(database)
    await ringer.opens()
    await ringer.rung("nnnnnn")
    await ringer.wanted()
    assert [kind for kind, _ in await tasks(ringer.desk, ringer.number)] == ["duty_unanswered"]
    await ringer.desk.store.move(ringer.number, Wish(to="accepted"), LEAD)
    assert await tasks(ringer.desk, ringer.number) == []
    assert await done_by(ringer.desk, ringer.number, "duty_unanswered") == ["lead"]


async def test_nobody_tells_an_outcome_that_the_citizen_has_heard_in_their_own_call(database: Database) -> None:
    line = Line(database, calls=False)
    number = await line.resolved()
    assert await line.tasks(number) == ["outcome"]
    await line.reports.report(await calls_in(line), Report(result="told", score=5), AGENT)
    assert (await line.state(number), await line.tasks(number)) == (("closed", "in_call", 5), [])
