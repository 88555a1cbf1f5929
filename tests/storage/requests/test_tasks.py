"""Closing a person's task, on both databases: no request is left where nothing moves it."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from storage.columns import table_of
from storage.database import Database
from storage.requests.tables import CodeRow, HistoryRow, OutboxRow, TaskRow
from tests.storage.requests.desk import Desk, check_whole, refusal
from tests.storage.requests.outcome_desk import Line
from tests.tickets.life import AGENT, DAY, INBOX, LEAD
from tickets.decisions import Decision
from tickets.outcome.report import Report


async def task_of(desk: Desk, number: str) -> dict[str, Any]:
    (task,) = [one for one in await desk.tasks.list() if one["number"] == number]
    return task


async def told_in_part(line: Line) -> str:
    """A request whose agent has not said how the call went."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.ends(call, "called_back")
    line.desk.now += DAY
    await line.outcomes.step()
    return number


async def scored(desk: Desk, value: int = 1) -> str:
    number = (await desk.open()).number
    await desk.moved(number, "accepted", "resolved", "told", result="Asfalt döküldü.")
    await desk.store.score(number, value, AGENT, remark="Yarısı yapılmış")
    return number


@pytest.mark.parametrize(
    ("decision", "state", "how", "codes"),
    [("told", "told", "call", 0), ("not_told", "told", "page", 1), ("reopened", "assigned", None, 0)],
)
async def test_a_talk_that_broke_off_ends_with_what_a_person_found_out(
    line: Line, decision: Decision, state: str, how: str | None, codes: int
) -> None:
    number = await told_in_part(line)
    task = await task_of(line.desk, number)
    assert (task["kind"], task["decisions"]) == ("told_in_part", ("told", "not_told", "reopened"))
    refused = await refusal(line.desk.tasks.done(task["id"], LEAD, "aradım"))
    assert (refused.key, "told, not_told, reopened" in refused.allowed) == ("decision", True)
    assert await line.state(number) == ("resolved", None, None)
    assert (await task_of(line.desk, number))["done_at"] is None

    done = await line.desk.tasks.done(task["id"], LEAD, "aradım", decision)
    assert (done["done_by"], done["note"], done["state"], done["decisions"]) == ("lead", "aradım", state, ())
    assert await line.state(number) == (state, how, None)
    assert len(await line.desk.rows(CodeRow, number=number)) == codes
    step = (await line.desk.rows(HistoryRow, number=number))[-1]
    assert (step["who"], step["role"], step["after"], step["note"]) == ("lead", "lead", state, "aradım")
    again = await line.desk.tasks.done(task["id"], INBOX, "ikinci", "told")
    assert again == done, "the first who closes it has decided"
    await check_whole(line.desk, [number])


async def test_whoever_calls_the_citizen_has_all_that_is_to_be_said_in_one_task(desk: Desk) -> None:
    """One task of a kind is enough, and has what came since it was opened."""
    number = (await desk.open()).number
    await desk.store.extend(number, 5, "Malzeme bekleniyor", INBOX)
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    assert (await task_of(desk, number))["why"] == "Malzeme bekleniyor\nHangi sokak?"
    await desk.moved(number, "in_progress", "waiting_citizen", result="Kapı numarası?")
    assert (await task_of(desk, number))["why"] == "Malzeme bekleniyor\nKapı numarası?", "the first is answered"
    await desk.moved(number, "in_progress")
    await desk.store.extend(number, 5, "İhale açıldı", INBOX)
    await desk.store.extend(number, 5, "Malzeme bekleniyor", INBOX)
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    task = await task_of(desk, number)
    assert task["why"] == "Malzeme bekleniyor\nİhale açıldı\nHangi sokak?"
    await desk.tasks.done(task["id"], INBOX, "soruldu")
    await desk.moved(number, "in_progress", "waiting_citizen", result="Hangi sokak?")
    assert (await task_of(desk, number))["why"] == "Hangi sokak?", "a task of its own, once the one before is done"


@pytest.mark.parametrize(
    ("score", "state", "follows"),
    [(2, "told", [("low_score", "Yol yine bozuk")]), (4, "closed", []), (None, "told", [])],
)
async def test_whoever_tells_the_citizen_passes_on_what_they_say(
    database: Database, score: int | None, state: str, follows: list[tuple[str, str]]
) -> None:
    """Without a trunk this is how each citizen is told."""
    line = Line(database, calls=False)
    number = await line.resolved()
    task = await task_of(line.desk, number)
    assert task["kind"] == "outcome"
    await line.desk.tasks.done(task["id"], INBOX, "aradım", "told", score=score, remark=" Yol yine bozuk ")
    assert await line.state(number) == (state, "call", score)
    left = [(one["kind"], one["why"]) for one in await line.desk.tasks.list() if one["number"] == number]
    assert left == follows
    steps = await line.desk.rows(HistoryRow, number=number)
    said = [row["detail"]["remark"] if row["what"] == "score" else row["note"] for row in steps[-2:]]
    assert "Yol yine bozuk" in said
    assert {row["who"] for row in steps if row["what"] in ("tell", "score", "note")} == {INBOX.who}
    await check_whole(line.desk, [number])


@pytest.mark.parametrize(
    ("decision", "given", "key"),
    [
        ("not_told", {"score": 4}, "score"),
        ("reopened", {"remark": "Yapılmamış"}, "remark"),
        ("told", {"score": 6}, "score"),
        ("told", {"remark": "x" * 5000}, "remark"),
    ],
)
async def test_a_score_that_cannot_be_leaves_the_task_open(
    line: Line, decision: Decision, given: dict[str, Any], key: str
) -> None:
    number = await told_in_part(line)
    task = await task_of(line.desk, number)
    refused = await refusal(line.desk.tasks.done(task["id"], LEAD, "aradım", decision, **given))
    assert (refused.code, refused.key) == ("not_allowed", key)
    assert await line.state(number) == ("resolved", None, None)
    assert (await task_of(line.desk, number))["done_at"] is None


async def test_two_who_close_one_task_at_once_decide_once(line: Line) -> None:
    number = await told_in_part(line)
    task = (await task_of(line.desk, number))["id"]
    done = await asyncio.gather(
        line.desk.tasks.done(task, LEAD, "aradım", "told"), line.desk.tasks.done(task, INBOX, "olmadı", "not_told")
    )
    assert done[0]["done_by"] == done[1]["done_by"]
    assert len(await line.desk.rows(HistoryRow, number=number, what="tell")) == 1


async def test_a_low_score_that_stays_as_it_is_closes_the_request(line: Line) -> None:
    number = await scored(line.desk)
    task = await task_of(line.desk, number)
    assert task["decisions"] == ("closed", "reopened")
    await line.desk.tasks.done(task["id"], LEAD, "iş bitmiş")
    assert await line.state(number) == ("closed", "call", 1)
    step = (await line.desk.rows(HistoryRow, number=number))[-1]
    assert (step["what"], step["who"], step["note"]) == ("close", "lead", "iş bitmiş")


async def test_where_the_program_tells_it_still_nothing_is_to_be_decided(line: Line) -> None:
    number = await line.resolved()
    values = {
        "number": number,
        "kind": "outcome",
        "why": "",
        "opened_at": 0,
        "assigned_to": "",
        "done_by": "",
        "note": "",
    }
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.insert(table_of(TaskRow)), values)
    task = await task_of(line.desk, number)
    assert task["decisions"] == ()
    await line.desk.tasks.done(task["id"], LEAD)
    assert await line.state(number) == ("resolved", None, None)
    assert len(await line.outcomes.wanted()) == 1


async def test_what_was_stranded_before_becomes_a_person_s_task_again(line: Line) -> None:
    desk = line.desk
    part, low, waits, good = await told_in_part(line), await scored(desk), await line.resolved(), await scored(desk, 5)
    told = await line.resolved(caller="+905325556677")
    await line.reports.report(await _talks(line, told), Report(result="told"), AGENT)
    assert await desk.tasks.find_stranded() == 0, "each has its task, or is told, or is closed"
    tasks = table_of(TaskRow)
    async with desk.database.writing() as connection:  # as they were closed before, without a decision
        await connection.execute(sa.update(tasks).values(done_at=1, done_by="lead"))
    assert await desk.tasks.find_stranded() == 2
    assert await desk.tasks.find_stranded() == 0
    found = {one["number"]: (one["kind"], one["why"]) for one in await desk.tasks.list()}
    assert found == {part: ("told_in_part", ""), low: ("low_score", "Yarısı yapılmış")}
    assert not {waits, good, told} & found.keys()

    async with desk.database.writing() as connection:  # and where nobody knows any more what the task was
        await connection.execute(sa.delete(tasks))
        await connection.execute(sa.delete(table_of(OutboxRow)).where(table_of(OutboxRow).c.kind == "outcome"))
    assert await desk.tasks.find_stranded() == 3
    assert {one["number"]: one["kind"] for one in await desk.tasks.list()} == {
        part: "outcome", low: "low_score", waits: "outcome",
    }  # fmt: skip


async def _talks(line: Line, number: str) -> str:
    (wanted,) = [one for one in await line.outcomes.wanted() if one.number_of == number]
    call = await line.queues(wanted.wish)
    await line.tells(call)
    await line.ends(call, "called_back")
    return call
