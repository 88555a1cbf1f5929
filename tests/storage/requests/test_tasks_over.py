"""Tasks whose reason ends elsewhere than in the inbox: on the request's page, by time, by a number put right."""

import re

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.database import Database
from storage.requests import tasks_over
from storage.requests.duty_facts import of_wish
from storage.requests.tables import TaskRow
from storage.requests.watch import Watch
from tests.storage.requests.desk import Desk, check_whole
from tests.storage.requests.duty_ringer import DUTY, Ringer, ringer
from tests.storage.requests.outcome_desk import Line
from tests.storage.requests.test_questions import RIGHT, asked, done_by, tasks
from tests.storage.requests.test_told_in_their_call import calls_in
from tests.tickets.life import AGENT, DAY, INBOX, LEAD, MACHINE, RULES
from tests.tickets.towns import shipped_texts, town_with
from tickets.changes import Rules
from tickets.effects import TELLS, TaskKind
from tickets.opening import Amendment
from tickets.outcome.report import Report
from tickets.privacy.erasure import PARTS

__all__ = ["ringer"]


async def with_task(database: Database, kind: TaskKind) -> tuple[Line, str]:
    """A request with an open task of this kind about its outcome."""
    line = Line(database, calls=kind != "outcome", tries=1)
    number = await line.resolved()
    if kind in ("wrong_number", "told_in_part", "low_score"):
        call = await line.queues(await line.wish())
        await line.tells(call)
        if kind == "told_in_part":
            await line.ends(call, "called_back")
            line.desk.now += DAY
        else:
            said = Report(result="wrong_number") if kind == "wrong_number" else Report(result="told", score=1)
            await line.reports.report(call, said, AGENT)
    elif kind == "not_reached":
        await line.misses(await line.queues(await line.wish()))
    await line.outcomes.step()
    assert await line.tasks(number) == [kind]
    return line, number


# --- an outcome


@pytest.mark.parametrize("kind", ["low_score", "not_reached", *TELLS])
async def test_nobody_decides_about_an_outcome_once_the_request_is_reopened(database: Database, kind: TaskKind) -> None:
    line, number = await with_task(database, kind)
    await line.desk.moved(number, "assigned", actor=LEAD)
    assert await line.tasks(number) == []
    assert await done_by(line.desk, number, kind) == ["lead"]
    await line.step_later(DAY)
    assert (await line.tasks(number), await line.outcomes.wanted()) == ([], [])
    await check_whole(line.desk, [number])


@pytest.mark.parametrize("kind", TELLS)
async def test_nobody_tells_what_the_request_s_page_says_to_be_told(database: Database, kind: TaskKind) -> None:
    line, number = await with_task(database, kind)
    await line.desk.moved(number, "told", actor=AGENT)
    assert (await line.state(number), await line.tasks(number)) == (("told", "call", None), [])
    assert await done_by(line.desk, number, kind) == ["1001"]
    assert await line.desk.tasks.find_stranded() == 0


@pytest.mark.parametrize("kind", ["low_score", "not_reached"])
async def test_nobody_decides_about_what_was_closed(database: Database, kind: TaskKind) -> None:
    line, number = await with_task(database, kind)
    await line.desk.moved(number, "closed", actor=LEAD)
    assert await line.tasks(number) == []
    assert await done_by(line.desk, number, kind) == ["lead"]


async def test_nobody_looks_for_a_citizen_whose_request_silence_has_closed(database: Database) -> None:
    line, number = await with_task(database, "not_reached")
    line.desk.now += (RULES.no_answer_days + 1) * DAY
    await Watch(database, lambda: line.desk.rules, lambda: line.desk.now).look()
    assert (await line.state(number), await line.tasks(number)) == (("closed", "attempts", None), [])


@pytest.mark.parametrize(("score", "left"), [(1, ["low_score"]), (5, [])])
async def test_nobody_looks_for_a_citizen_who_has_given_a_score(
    database: Database, score: int, left: list[str]
) -> None:
    line, number = await with_task(database, "not_reached")
    await line.desk.store.score(number, score, AGENT)
    assert await line.tasks(number) == left
    assert await done_by(line.desk, number, "not_reached") == ["1001"]


async def test_nobody_finds_the_number_of_a_citizen_who_calls_and_is_told(database: Database) -> None:
    line, number = await with_task(database, "wrong_number")
    await line.reports.report(await calls_in(line), Report(result="told"), AGENT)
    assert (await line.state(number), await line.tasks(number)) == (("told", "in_call", None), [])


async def test_a_low_score_after_a_reopening_is_a_task_of_its_own(database: Database) -> None:
    line, number = await with_task(database, "low_score")
    await line.desk.moved(number, "assigned", actor=LEAD)
    await line.desk.moved(number, "accepted", "resolved", "told", result="Bu kez bitti.")
    await line.desk.store.score(number, 2, AGENT, remark="Yine çukur")
    assert await tasks(line.desk, number) == [("low_score", "Yine çukur")]
    assert len(await line.desk.rows(TaskRow, number=number)) == 2


async def test_no_person_tells_what_a_text_message_tells_at_the_number_that_was_put_right(database: Database) -> None:
    line = Line(database, mode="off", text=True)
    number = await line.resolved()
    await line.outbox.failed(await line.text(), "sms.example answered 410", lasting=True)
    assert await tasks(line.desk, number) == [("outcome", "outcome: sms.example answered 410")]
    await line.step_later(DAY)
    await line.desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    await line.outcomes.step()
    assert (await line.texts(number), await line.tasks(number)) == (["failed", "pending"], [])
    await line.outbox.done(await line.text())
    assert (await line.state(number), await line.tasks(number)) == (("told", "text", None), [])


async def test_without_a_trunk_the_task_stays_whatever_number_is_written(database: Database) -> None:
    line, number = await with_task(database, "outcome")
    (before,) = await line.desk.tasks.list()
    await line.desk.store.amend(number, Amendment(caller=RIGHT), INBOX)
    await line.outcomes.step()
    assert [one["id"] for one in await line.desk.tasks.list()] == [before["id"]]


async def test_nobody_decides_about_a_request_whose_person_was_erased(desk: Desk) -> None:
    async def nothing(connection: AsyncConnection) -> None:
        pass

    number = (await desk.open()).number
    await desk.moved(number, "accepted", "resolved", "told", "closed", result="Asfalt döküldü.")
    await desk.store.score(number, 1, AGENT)
    assert await tasks(desk, number) == [("low_score", "")], "a person decides whether it is opened again"
    await desk.store.erase(number, MACHINE, "dilekçe 17", tuple(PARTS), nothing)
    assert await tasks(desk, number) == []


# --- somebody on duty


async def test_another_unit_s_people_are_rung_and_the_task_about_the_unit_before_is_over(ringer: Ringer) -> None:
    await ringer.opens()
    await ringer.desk.moved(ringer.number, "assigned", unit="veteriner_isleri")
    assert await ringer.wanted() == [], "nobody of theirs is on duty now"
    assert [(one["unit"], one["over"]) for one in await ringer.duty.alarms()] == [("veteriner_isleri", True)]
    await ringer.desk.moved(ringer.number, "assigned", actor=LEAD)
    assert await tasks(ringer.desk, ringer.number) == []
    assert await done_by(ringer.desk, ringer.number, "duty_unanswered") == ["lead"]
    (one,) = await ringer.wanted()
    assert (one.phone, await ringer.duty.alarms()) == ("7401", [])
    await ringer.ends(of_wish(one.wish)[1], "no_answer")
    assert [(one["unit"], one["over"]) for one in await ringer.duty.alarms()] == [("fen_isleri", False)]
    await ringer.rung("nnnnn")
    await ringer.wanted()
    assert [kind for kind, _ in await tasks(ringer.desk, ringer.number)] == ["duty_unanswered"]


@pytest.mark.parametrize("first", ["joined", "accepted"])
async def test_nobody_looks_for_somebody_for_a_duplicate_whose_parent_is_taken(ringer: Ringer, first: str) -> None:
    await ringer.opens()
    parent = ringer.number
    await ringer.opens()
    await ringer.desk.moved(ringer.number, "assigned", unit="veteriner_isleri")
    await ringer.wanted()
    assert [kind for kind, _ in await tasks(ringer.desk, ringer.number)] == ["duty_unanswered"]
    if first == "joined":
        await ringer.desk.store.join(ringer.number, parent, LEAD)
    else:
        await ringer.desk.moved(parent, "accepted", actor=LEAD)
    assert [one["number"] for one in await ringer.duty.alarms()] == [ringer.number]
    if first == "joined":
        await ringer.desk.moved(parent, "accepted", actor=LEAD)
    else:
        await ringer.desk.store.join(ringer.number, parent, LEAD)
    assert await tasks(ringer.desk, ringer.number) == []
    assert await done_by(ringer.desk, ringer.number, "duty_unanswered") == ["lead"]
    assert await ringer.duty.alarms() == []


async def test_a_parent_that_its_unit_gives_back_leaves_the_task_of_its_duplicate(ringer: Ringer) -> None:
    await ringer.opens()
    parent = ringer.number
    await ringer.opens()
    await ringer.desk.moved(ringer.number, "assigned", unit="veteriner_isleri")
    await ringer.wanted()
    await ringer.desk.store.join(ringer.number, parent, LEAD)
    await ringer.desk.moved(parent, "new")
    assert [kind for kind, _ in await tasks(ringer.desk, ringer.number)] == ["duty_unanswered"]


def without_minutes(rules: Rules) -> Rules:
    """These rules after a reload by which no clock asks for somebody within minutes."""
    clocks = re.sub(r"(?m)^accept_minutes = .*$", "", shipped_texts()["clocks.toml"])
    return msgspec.structs.replace(rules, town=town_with(clocks_toml=clocks, duty_toml=DUTY))


@pytest.mark.parametrize(("to", "unit"), [("accepted", ""), ("new", ""), ("closed", ""), ("assigned", "zabita")])
async def test_nobody_looks_for_somebody_for_what_a_reload_has_made_less_urgent(
    ringer: Ringer, to: str, unit: str
) -> None:
    await ringer.opens()
    await ringer.rung("nnnnnn")
    await ringer.wanted()
    assert [kind for kind, _ in await tasks(ringer.desk, ringer.number)] == ["duty_unanswered"]
    ringer.desk.rules = without_minutes(ringer.desk.rules)
    await ringer.desk.moved(ringer.number, to, unit=unit, actor=LEAD)
    assert await tasks(ringer.desk, ringer.number) == []
    assert await done_by(ringer.desk, ringer.number, "duty_unanswered") == ["lead"]
    assert await ringer.duty.withdrawn() == [], "the line has nothing to do"


async def test_nobody_looks_for_somebody_for_its_duplicate_either(ringer: Ringer) -> None:
    await ringer.opens()
    parent = ringer.number
    await ringer.opens()
    await ringer.desk.moved(ringer.number, "assigned", unit="veteriner_isleri")
    await ringer.wanted()
    await ringer.desk.store.join(ringer.number, parent, LEAD)
    ringer.desk.rules = without_minutes(ringer.desk.rules)
    await ringer.desk.moved(parent, "accepted", actor=LEAD)
    assert await tasks(ringer.desk, ringer.number) == []


# --- left open by an earlier version


async def left_open(desk: Desk, kind: TaskKind) -> None:
    """The task of this kind as a version left it that did not close it with its reason."""
    every = table_of(TaskRow)
    async with desk.database.writing() as connection:
        left = sa.update(every).where(every.c.kind == kind, every.c.done_at.is_not(None))
        assert (await connection.execute(left.values(done_at=None, done_by=""))).rowcount == 1


async def swept(desk: Desk, number: str, kind: TaskKind) -> None:
    """The task is left open, and is closed by the program, once."""
    assert await tasks(desk, number) == []
    await left_open(desk, kind)
    version = (await desk.queries.get(number) or {})["version"]
    assert (await desk.tasks.end_over(), await desk.tasks.end_over()) == (1, 0)
    assert (await tasks(desk, number), await done_by(desk, number, kind)) == ([], [""])
    assert (await desk.queries.get(number) or {})["version"] == version, "it is no change of the request"
    assert await desk.tasks.find_stranded() == 0


@pytest.mark.parametrize("to", ["told", "assigned", "closed"])
@pytest.mark.parametrize("kind", ["low_score", "not_reached", *TELLS])
async def test_a_task_about_an_outcome_that_was_left_open_is_closed(
    database: Database, kind: TaskKind, to: str
) -> None:
    line, number = await with_task(database, kind)
    desk = line.desk
    assert (await desk.tasks.end_over(), await line.tasks(number)) == (0, [kind]), "its reason is there"
    if kind in TELLS and to != "assigned":
        await desk.moved(number, "told", actor=AGENT)
    if to == "told" and kind not in TELLS:
        return
    if to != "told":
        await desk.moved(number, to, actor=LEAD)
    await swept(desk, number, kind)


async def test_a_citizen_who_has_given_a_score_is_looked_for_no_more(database: Database) -> None:
    line, number = await with_task(database, "not_reached")
    await line.desk.store.score(number, 4, AGENT)
    await swept(line.desk, number, "not_reached")


async def test_a_low_score_of_a_closed_request_waits_for_its_person(desk: Desk) -> None:
    number = (await desk.open()).number
    await desk.moved(number, "accepted", "resolved", "told", "closed", result="Asfalt döküldü.")
    await desk.store.score(number, 1, AGENT)
    assert (await desk.tasks.end_over(), await tasks(desk, number)) == (0, [("low_score", "")])


@pytest.mark.parametrize("to", ["in_progress", "resolved", "closed"])
async def test_a_question_that_is_over_is_asked_no_more(desk: Desk, to: str) -> None:
    number = await asked(desk)
    desk.now += 60 * DAY
    await Watch(desk.database, lambda: desk.rules, lambda: desk.now).look()
    kinds = ["tell_citizen", "not_answered"]
    assert (await desk.tasks.end_over(), [kind for kind, _ in await tasks(desk, number)]) == (0, kinds)
    await desk.moved(number, to, result="Asfalt döküldü.")
    if to == "resolved":
        await desk.moved(number, "told")
    await swept(desk, number, "not_answered")
    if to != "in_progress":
        await swept(desk, number, "tell_citizen")


async def test_why_an_outcome_is_told_late_is_told_all_the_same(desk: Desk) -> None:
    """The limit of such a request ends when its citizen is told."""
    number = (await desk.open(kind="information", topic=None, channel="paper")).number
    await desk.moved(number, "assigned", "resolved", result="Asfalt döküldü.")
    await desk.store.extend(number, 5, "Yazı imzada", INBOX)
    open_ = [kind for kind, _ in await tasks(desk, number)]
    assert ("tell_citizen" in open_, await desk.tasks.end_over()) == (True, 0)


@pytest.mark.parametrize("how", ["accepted", "reload", "parent"])
async def test_somebody_on_duty_is_sought_no_more(ringer: Ringer, how: str) -> None:
    await ringer.opens()
    parent = ringer.number
    if how == "parent":
        await ringer.opens()
    await ringer.desk.moved(ringer.number, "assigned", unit="veteriner_isleri")
    await ringer.wanted()
    desk, number = ringer.desk, ringer.number
    if how == "parent":
        await desk.store.join(number, parent, LEAD)
    assert (await desk.tasks.end_over(), [kind for kind, _ in await tasks(desk, number)]) == (0, ["duty_unanswered"])
    if how == "reload":
        desk.rules = without_minutes(desk.rules)
        assert (await desk.tasks.end_over(), await tasks(desk, number)) == (1, [])
        return
    await desk.moved(parent, "accepted", actor=LEAD)
    await swept(desk, number, "duty_unanswered")


async def test_many_that_were_left_open_are_closed_in_one_round(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_over, "BATCH", 2)
    for _ in range(5):
        await desk.moved(await asked(desk), "closed")
    every = table_of(TaskRow)
    async with desk.database.writing() as connection:
        await connection.execute(sa.update(every).values(done_at=None, done_by=""))
    assert (await desk.tasks.end_over(), await desk.tasks.list()) == (5, [])
