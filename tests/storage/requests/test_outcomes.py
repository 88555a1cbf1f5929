"""Citizens are told outcomes, on both databases: each step once, whatever dies between desk, line and database."""

import pytest
import sqlalchemy as sa

from acd.engine.model.fact_base import OutcomeRefusal
from acd.engine.model.facts import CallbackQueued, OutcomeCallRefused
from acd.engine.model.ids import CallId, ServiceId
from acd.lib.dialable import dialable
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.privacy.person import PersonRecords
from storage.requests.outcome_facts import Try, of_wish
from storage.requests.tables import CodeRow, LinkRow, OutboxRow
from storage.requests.unreported import LOST_S
from tests.storage.requests.desk import check_whole
from tests.storage.requests.outcome_desk import PAUSE_S, Line, short
from tests.tickets.life import AGENT, DAY, HOUR, LEAD, MACHINE, MONDAY
from tickets.moves import Wish
from tickets.outcome.hours import Hours, parse_openings
from tickets.outcome.report import Report


async def test_a_resolved_request_is_told_by_the_agent_who_called_and_closed_by_a_good_score(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    assert of_wish(wish) == Try(number=number, outcome=1, attempt=1, opened_at=milliseconds(MONDAY + HOUR))
    assert (await line.reports.get(f"ast1-outcome.{wish}"))["state"] == "resolved"
    call = await line.queues(wish)
    assert await line.outcomes.wanted() == []
    assert (await line.reports.get(call))["words"].count("Asfalt döküldü.") == 1
    await line.tells(call)
    await line.ends(call, "called_back")
    said = await line.reports.report(call, Report(result="told", score=5, remark="Sağ olun"), AGENT)
    assert (said["number"], said["state"], said["result"], said["score"]) == (number, "closed", "told", 5)
    assert await line.state(number) == ("closed", "call", 5)
    line.desk.now += 30 * DAY
    await line.outcomes.step()
    assert await line.results(number) == ["told"]
    assert await line.tasks(number) == []
    assert ("call", call, "outcome") in {
        (row["kind"], row["other"], row["how"]) for row in await line.desk.rows(LinkRow, number=number)
    }
    await check_whole(line.desk, [number])


async def test_not_reached_three_times_publishes_it_and_a_person_looks(line: Line) -> None:
    number = await line.resolved()
    for attempt in (1, 2, 3):
        wish = await line.wish()
        assert short(wish) == f"{number}.1.{attempt}"
        await line.misses(await line.queues(wish), ("NOANSWER", "BUSY", "CONGESTION")[attempt - 1])
        await line.outcomes.step()
        assert await line.outcomes.wanted() == []
        line.desk.now += PAUSE_S - 1
        await line.outcomes.step()
        assert await line.outcomes.wanted() == []
        line.desk.now += 1
        await line.outcomes.step()
    assert await line.results(number) == ["no_answer", "busy", "unreachable"]
    assert await line.state(number) == ("told", "attempts", None)
    assert await line.tasks(number) == ["not_reached"]
    assert len(await line.desk.rows(CodeRow, number=number)) == 1
    assert not await line.pending(number)


async def test_the_tries_of_an_open_request_count_on_when_its_citizen_has_asked_to_be_erased(line: Line) -> None:
    number = await line.resolved()
    people = PersonRecords(line.desk.database, lambda: line.desk.rules, lambda: line.desk.now)
    for attempt in (1, 2, 3):
        await line.misses(await line.queues(await line.wish()))
        if attempt == 2:
            assert (await people.erase("05321112233", MACHINE, "dilekçe 17")).waiting == (number,)
        await line.step_later(PAUSE_S)
    assert await line.outcomes.wanted() == [], "they are called no oftener than anybody"
    assert (await line.state(number), await line.tasks(number)) == (("told", "attempts", None), ["not_reached"])


async def test_a_talk_that_nobody_reports_on_is_a_person_s_task_and_no_second_call(line: Line) -> None:
    """An agent, the line or the desk may have died in mid-words: nobody knows how much was heard."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.ends(call, "called_back")
    await line.outcomes.step()
    line.desk.now += line.telling.report_s - 1
    await line.outcomes.step()
    assert await line.tasks(number) == []
    line.desk.now += 1
    await line.outcomes.step()
    assert await line.tasks(number) == ["told_in_part"]
    for _ in range(20):
        line.desk.now += DAY
        await line.outcomes.step()
    assert await line.results(number) == ["told_in_part"]
    assert (await line.state(number))[0] == "resolved"
    await line.reports.report(call, Report(result="told", score=4), LEAD)
    assert await line.state(number) == ("closed", "call", 4)
    assert await line.tasks(number) == []


async def test_a_line_that_says_nothing_for_days_is_not_asked_again_where_it_had_the_wish(line: Line) -> None:
    told, lost = await line.resolved(), await line.resolved(caller="+905321112244")
    wishes = await line.wishes()
    await line.queues(wishes[0])
    line.desk.now += LOST_S + HOUR
    await line.outcomes.step()
    assert (await line.results(told), await line.tasks(told)) == (["told_in_part"], ["told_in_part"])
    assert (await line.results(lost), await line.wishes()) == (["failed", "calling"], [f"{lost}.1.2"])


@pytest.mark.parametrize(
    ("why", "result"),
    [
        ("pending", "withdrawn"),
        ("full", "withdrawn"),
        ("denied", "unreachable"),
        ("off", "failed"),
        ("too_old", "failed"),
    ],
)
async def test_what_the_line_refuses_is_tried_again_by_the_rules(line: Line, why: OutcomeRefusal, result: str) -> None:
    number = await line.resolved()
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=await line.wish(), why=why))
    assert await line.results(number) == [result]
    line.desk.now += PAUSE_S
    await line.outcomes.step()
    assert await line.wishes() == [f"{number}.1.2"]


async def test_a_full_line_gives_nobody_up(line: Line) -> None:
    number = await line.resolved()
    for _ in range(20):
        await line.says(OutcomeCallRefused(at=line.desk.now, wish=await line.wish(), why="full"))
        line.desk.now += PAUSE_S
        await line.outcomes.step()
    assert await line.wishes() == [f"{number}.1.21"]
    assert (await line.state(number))[0] == "resolved"


async def test_a_citizen_has_one_call_at_a_time(line: Line) -> None:
    first, second = await line.resolved(), await line.resolved()
    assert await line.wishes() == [f"{first}.1.1"]
    call = await line.queues(f"{first}.1.1")
    await line.tells(call)
    await line.reports.report(call, Report(result="told"), AGENT)
    line.desk.now += 10
    await line.outcomes.step()
    assert await line.wishes() == [f"{second}.1.1"]


async def test_nobody_is_called_outside_the_hours(database: Database) -> None:
    line = Line(database, hours=Hours(open=parse_openings("mon-sun holiday 09:00-12:00")))
    await line.resolved()  # three changes on Monday from 10:00, an hour each
    assert await line.outcomes.wanted() == []
    line.desk.now += 20 * HOUR  # Tuesday at 9
    await line.outcomes.step()
    (wanted,) = await line.outcomes.wanted()
    assert wanted.not_after == line.desk.now + 3 * HOUR


async def test_a_request_that_is_reopened_is_not_told(line: Line) -> None:
    """Whether the line had the wish is not known: it is told of it with its hours over, which it refuses unless it
    had it."""
    number = await line.resolved()
    wish = await line.wish()
    await line.desk.store.move(number, Wish(to="assigned", note="eksik", unit="fen_isleri"), LEAD)
    (wanted,) = await line.outcomes.wanted()
    assert (wanted.wish, wanted.not_after) == (wish, 0.0)
    assert await line.outcomes.withdrawn() == []
    call = await line.queues(wish)
    line.desk.now += 10
    (withdrawal,) = await line.outcomes.withdrawn()
    assert withdrawal.calls == (call,)
    await line.outcomes.withdrew(withdrawal)
    await line.ends(call, "callback_cancelled")
    assert await line.results(number) == ["withdrawn"]
    assert await line.outcomes.withdrawn() == []
    line.desk.now += DAY
    await line.outcomes.step()
    assert await line.outcomes.wanted() == []


async def test_a_citizen_who_is_sent_on_and_waits_for_another_service_is_a_caller_like_any_other(line: Line) -> None:
    """What the line says of their next callback was once put aside, with all else of its entry."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.says(
        CallbackQueued(
            at=line.desk.now, call=CallId(call), service=ServiceId("ambulance"), priority="urgent",
            number="+905321112233", reason="abandoned",
        )
    )  # fmt: skip
    assert await line.results(number) == ["calling"]
    await line.ends(call, "called_back")
    assert await line.pending(number)


async def test_so_many_calls_wait_at_once_and_no_more(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.requests.outcomes.MOST", 2)
    numbers = [await line.resolved(caller=f"+9053211122{n}0") for n in range(4)]
    assert await line.wishes() == [f"{number}.1.1" for number in numbers[:2]]
    await line.misses(await line.queues(f"{numbers[0]}.1.1"))
    line.desk.now += 10
    await line.outcomes.step()
    assert len(await line.outcomes.wanted()) == 2


async def test_a_step_changes_nothing_that_another_has_made(line: Line) -> None:
    """Two desks look at once: the second finds the row done."""
    number = await line.resolved()
    (row,) = await line.desk.rows(OutboxRow, number=number, kind="outcome")
    table = table_of(OutboxRow)
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.update(table).where(table.c.id == row["id"]).values(next_at=0))
    await line.outcomes.step()
    assert await line.results(number) == ["calling"]
    assert await line.wishes() == [f"{number}.1.1"]


@pytest.mark.parametrize("written", ["(0532) 111 22 33", "0532/1112233", "0532 111 22 33"])
async def test_a_typed_number_is_called(line: Line, written: str) -> None:
    await line.resolved(caller=written)
    (wanted,) = await line.outcomes.wanted()
    assert dialable(wanted.number) == "05321112233"


async def test_a_number_is_called_once_at_a_time_however_it_is_written(line: Line) -> None:
    first = await line.resolved(caller="0532 111 22 33")
    await line.resolved(caller="+905321112233")
    assert await line.wishes() == [f"{first}.1.1"]
