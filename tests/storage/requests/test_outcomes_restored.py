"""Outcomes on a database that was put back to an older state: no citizen is called again for what it lacks."""

import pytest
import sqlalchemy as sa

from acd.engine.model.facts import OutcomeCallRefused
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.tables import AttemptRow, LinkRow, OutboxRow
from storage.requests.unreported import LOST_S
from tests.storage.requests.outcome_desk import PAUSE_S, Line
from tests.tickets.life import AGENT, DAY, HOUR, MONDAY
from tickets.outcome.report import Report


async def test_facts_that_come_again_change_nothing(line: Line) -> None:
    """A database that was put back to an older state takes the journal in again."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.reports.report(call, Report(result="told", score=5), AGENT)
    await line.queues(f"{number}.1.1")
    await line.tells(call)
    await line.ends(call, "called_back")
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=f"{number}.1.1", why="pending"))
    assert await line.results(number) == ["told"]
    assert await line.state(number) == ("closed", "call", 5)


async def put_back(line: Line, number: str) -> None:
    """The database is an older copy: of the outcome's tries it has none, and the outcome waits to be told."""
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.delete(table_of(AttemptRow)))
        due = {"state": "pending", "next_at": milliseconds(line.desk.now)}
        mine = table_of(OutboxRow).c.number == number, table_of(OutboxRow).c.kind == "outcome"
        await connection.execute(sa.update(table_of(OutboxRow)).where(*mine).values(due))


@pytest.mark.parametrize("steps_first", [False, True])
async def test_whoever_was_called_after_the_copy_of_the_database_is_not_called_again(
    line: Line, steps_first: bool
) -> None:
    """What their agent said of the call is lost with the database: a person finds out."""
    number = await line.resolved()
    wish, at = await line.wish(), line.desk.now
    await put_back(line, number)
    if steps_first:
        await line.step_later(5)
        assert await line.wish() == wish, "the line drops what it knows"
    call = await line.queues(wish)
    await line.tells(call)
    await line.ends(call, "called_back")
    await line.outcomes.step()
    assert await line.outcomes.wanted() == []
    await line.step_later(line.telling.report_s)
    assert (await line.results(number), await line.tasks(number)) == (["told_in_part"], ["told_in_part"])
    (tried,) = await line.desk.rows(AttemptRow, number=number)
    assert (tried["caller"], tried["call"]) == ("+905321112233", call)
    assert at <= tried["at"] / 1000 <= line.desk.now
    await line.step_later(LOST_S + DAY)
    assert await line.outcomes.wanted() == []


async def test_a_missed_call_after_the_copy_of_the_database_counts_as_a_try(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    await put_back(line, number)
    await line.misses(await line.queues(wish))
    await line.outcomes.step()
    assert (await line.results(number), await line.outcomes.wanted()) == (["no_answer"], [])
    await line.step_later(PAUSE_S)
    assert await line.wishes() == [f"{number}.1.2"]


async def test_a_call_that_the_line_refused_after_the_copy_of_the_database_counts_as_a_try(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    await put_back(line, number)
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=wish, why="full"))
    assert await line.results(number) == ["withdrawn"]
    await line.step_later(PAUSE_S)
    assert await line.wishes() == [f"{number}.1.2"], "the line would drop the name of the first"


async def test_the_next_try_has_a_number_behind_all_that_came_back(line: Line) -> None:
    number = await line.resolved()
    third = (await line.wish()).replace(f"{number}.1.1.", f"{number}.1.3.")
    await put_back(line, number)
    await line.misses(await line.queues(third))
    await line.step_later(PAUSE_S)
    assert await line.wishes() == [f"{number}.1.4"]


@pytest.mark.parametrize("automatic", [False, True])
@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_try_that_nobody_reports_on_keeps_no_other_for_ever(
    database: Database, automatic: bool, is_lost: bool
) -> None:
    """It is of an outcome that an older copy of the database does not have."""
    line = Line(database, mode="automatic" if automatic else "agent", at_once=1)
    tried = {"outcome": 1, "attempt": 1, "caller": "+905330000000" if automatic else "+905321112233"}
    began = line.desk.now - (LOST_S if is_lost else HOUR)
    row = {**tried, "at": milliseconds(began), "result": "calling", "call": "gone", "automatic": automatic}
    number = (await line.desk.open(caller="")).number
    async with database.writing() as connection:
        await connection.execute(sa.insert(table_of(AttemptRow)), {**row, "number": number})
    later = await line.resolved()
    assert await line.wishes() == ([f"{later}.1.1"] if is_lost else [])


async def test_the_facts_of_a_request_that_the_copy_lacks_are_of_no_other_with_its_number(line: Line) -> None:
    """Its number is given out again: the new request's wishes have other names, which the line does not know."""
    number = await line.resolved()
    before = f"{number}.1.1.{milliseconds(MONDAY) - 1}"
    assert await line.wish() != before
    await line.tells(await line.queues(before))
    assert (await line.results(number), await line.wishes()) == (["calling"], [f"{number}.1.1"])
    assert [row["how"] for row in await line.desk.rows(LinkRow, number=number)] == []


async def test_the_facts_of_a_name_without_a_time_are_taken_in(line: Line) -> None:
    """The journal may have them from a version before."""
    number = await line.resolved()
    await line.tells(await line.queues(f"{number}.1.1"))
    assert await line.outcomes.wanted() == []
