"""A citizen whose number is put right while their outcome waits to be told is told once, at the right number."""

import pytest

from acd.engine.model.facts import OutcomeCallRefused
from acd.report.requests import requests_of
from acd.report.statistics import Span
from storage.database import Database
from storage.requests.tables import AttemptRow, HistoryRow, TaskRow, TicketRow
from tests.storage.requests.desk import check_whole
from tests.storage.requests.outcome_desk import PAUSE_S, Line, short
from tests.storage.requests.test_told_in_their_call import calls_in
from tests.tickets.life import AGENT, DAY, HOUR, INBOX
from tickets.opening import Amendment
from tickets.outcome.report import Report

WRONG, RIGHT = "+905321112233", "+905321112244"


async def put_right(line: Line, number: str, caller: str = RIGHT) -> None:
    """The inbox writes another number; what follows is looked at at once."""
    line.desk.now -= HOUR
    await line.desk.store.amend(number, Amendment(caller=caller), INBOX)
    await line.outcomes.step()


async def rung(line: Line, number: str) -> list[tuple[str, str]]:
    """The numbers that were tried, with what came of it."""
    return [(row["caller"], row["result"]) for row in await line.desk.rows(AttemptRow, number=number)]


async def reported(line: Line, result: Report) -> None:
    """The one call that is wanted is made, and an agent says how it went."""
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.reports.report(call, result, AGENT)
    await line.outcomes.step()


async def test_the_right_number_is_called_once_and_the_task_is_done(line: Line) -> None:
    number = await line.resolved()
    await reported(line, Report(result="wrong_number"))
    assert await line.tasks(number) == ["wrong_number"]
    await put_right(line, number)
    (task,) = await line.desk.rows(TaskRow, number=number)
    assert (task["done_by"], task["done_at"] is not None) == ("inbox", True)
    assert [(short(one.wish), one.number) for one in await line.outcomes.wanted()] == [(f"{number}.1.2", RIGHT)]
    await reported(line, Report(result="told", score=5))
    assert await line.state(number) == ("closed", "call", 5)
    line.desk.now += 9 * DAY
    await line.outcomes.step()
    assert await rung(line, number) == [(WRONG, "wrong_number"), (RIGHT, "told")]
    assert (await line.outcomes.wanted(), await line.tasks(number)) == ([], [])
    await check_whole(line.desk, [number])


async def test_its_tries_are_counted_anew_and_begin_at_once(line: Line) -> None:
    number = await line.resolved()
    await line.misses(await line.queues(await line.wish()))
    line.desk.now += PAUSE_S
    await line.outcomes.step()
    await line.misses(await line.queues(await line.wish()))
    await put_right(line, number)
    for _ in range(3):
        await line.misses(await line.queues(await line.wish()))
        line.desk.now += PAUSE_S
        await line.outcomes.step()
    assert await rung(line, number) == [(WRONG, "no_answer")] * 2 + [(RIGHT, "no_answer")] * 3
    assert await line.state(number) == ("told", "attempts", None)


async def test_a_call_that_waits_for_the_wrong_number_is_taken_back_first(line: Line) -> None:
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await put_right(line, number)
    (withdrawal,) = await line.outcomes.withdrawn()
    assert withdrawal.calls == (call,)
    assert await line.outcomes.wanted() == [], "one call at a time"
    await line.outcomes.withdrew(withdrawal)
    await line.ends(call, "callback_cancelled")
    await line.outcomes.step()
    await reported(line, Report(result="told"))
    assert await rung(line, number) == [(WRONG, "withdrawn"), (RIGHT, "told")]


async def test_a_call_to_the_wrong_number_that_the_line_has_not_taken_is_refused(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    await put_right(line, number)
    (wanted,) = await line.outcomes.wanted()
    assert (wanted.wish, wanted.not_after) == (wish, 0.0)
    assert await line.outcomes.withdrawn() == [], "the line has not said whether it has it"
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=wish, why="hours"))
    await line.outcomes.step()
    (wanted,) = await line.outcomes.wanted()
    assert (wanted.number, wanted.not_after > line.desk.now) == (RIGHT, True)
    line.desk.now += 60
    (withdrawal,) = await line.outcomes.withdrawn()
    assert withdrawal.calls == (), "the call to the right number is none that is taken back"


async def test_who_hears_it_while_the_number_is_put_right_is_told(line: Line) -> None:
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await put_right(line, number)
    assert [one.calls for one in await line.outcomes.withdrawn()] == [()]
    await line.reports.report(call, Report(result="told"), AGENT)
    await line.outcomes.step()
    assert (await rung(line, number), (await line.state(number))[0]) == ([(WRONG, "told")], "told")


async def test_who_may_have_heard_it_is_never_called_by_itself_again(line: Line) -> None:
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.ends(call, "called_back")
    line.desk.now += DAY
    await line.outcomes.step()
    assert await line.tasks(number) == ["told_in_part"]
    await put_right(line, number)
    assert (await line.outcomes.wanted(), await line.tasks(number)) == ([], ["told_in_part"])


async def test_the_same_number_written_otherwise_is_the_same(line: Line) -> None:
    number = await line.resolved()
    await reported(line, Report(result="wrong_number"))
    await put_right(line, number, "0532 111 22 33")
    assert (await line.outcomes.wanted(), await line.tasks(number)) == ([], ["wrong_number"])


async def test_a_number_that_is_put_right_after_the_telling_is_not_called(line: Line) -> None:
    number = await line.resolved()
    await reported(line, Report(result="told"))
    await put_right(line, number)
    assert (await line.outcomes.wanted(), await line.pending(number)) == ([], False)


async def test_a_text_message_that_the_wrong_number_could_not_get_goes_to_the_right_one(database: Database) -> None:
    line = Line(database, mode="off", text=True)
    number = await line.resolved()
    await line.outbox.failed(await line.text(), "sms.example answered 410", lasting=True)
    line.desk.now += DAY
    await line.outcomes.step()
    assert (await line.texts(number), (await line.state(number))[0]) == (["failed"], "resolved")
    await put_right(line, number)
    assert await line.texts(number) == ["failed", "pending"]
    await line.outbox.done(await line.text())
    assert await line.state(number) == ("told", "text", None)


async def test_who_was_not_reached_at_the_wrong_number_is_told_at_the_right_one(line: Line) -> None:
    number = await line.resolved()
    for _ in range(3):
        await line.misses(await line.queues(await line.wish()), "CHANUNAVAIL")
        line.desk.now += PAUSE_S
        await line.outcomes.step()
    assert (await line.state(number), await line.tasks(number)) == (("told", "attempts", None), ["not_reached"])
    (before,) = await line.desk.rows(TicketRow, number=number)
    await put_right(line, number)
    assert (await line.state(number), await line.tasks(number)) == (("resolved", None, None), [])
    (task,) = await line.desk.rows(TaskRow, number=number)
    assert (task["kind"], task["done_by"]) == ("not_reached", "inbox")
    assert [(short(one.wish), one.number) for one in await line.outcomes.wanted()] == [(f"{number}.1.4", RIGHT)]
    (after,) = await line.desk.rows(TicketRow, number=number)
    figures = ("resolved_at", "resolved_in_time", "outcome_at", "outcomes", "reopened", "words")
    assert [after[name] for name in figures] == [before[name] for name in figures]
    await reported(line, Report(result="told", score=4))
    assert await line.state(number) == ("closed", "call", 4)
    steps = [(row["what"], row["who"]) for row in await line.desk.rows(HistoryRow, number=number)]
    assert steps[-6:] == [
        *(("tell", ""), ("amend", "inbox"), ("tell_anew", "inbox"), ("tell", "1001"), ("score", "1001"), ("close", "")),
    ]
    span = Span(begin=0, end=line.desk.now + DAY, now=line.desk.now + DAY)
    async with line.desk.database.reading() as connection:
        figures_of_all = (await requests_of(connection, span))["all"]
    assert figures_of_all["resolved"] == 1
    await check_whole(line.desk, [number])


async def test_who_gave_no_number_and_gives_one_later_is_called(line: Line) -> None:
    number = await line.resolved(caller="")
    assert await line.state(number) == ("told", "page", None)
    await put_right(line, number)
    assert [one.number for one in await line.outcomes.wanted()] == [RIGHT]


@pytest.mark.parametrize("contact", ["call", "text"])
async def test_who_wanted_no_calls_and_wants_to_be_told_after_all_is_told(database: Database, contact: str) -> None:
    line = Line(database, text=contact == "text")
    number = await line.resolved(contact="none")
    assert await line.state(number) == ("told", "page", None)
    await line.desk.store.amend(number, Amendment(contact=contact), INBOX)
    await line.outcomes.step()
    assert await line.state(number) == ("resolved", None, None)
    if contact == "text":
        await line.outbox.done(await line.text())
    else:
        await reported(line, Report(result="told"))
    assert await line.state(number) == ("told", contact, None)
    await line.desk.store.amend(number, Amendment(contact="none"), INBOX)
    await line.desk.store.amend(number, Amendment(contact="call"), INBOX)
    assert (await line.state(number), await line.pending(number)) == (("told", contact, None), False), "they know it"


async def test_nobody_looks_for_one_who_wants_no_calls_any_more(database: Database) -> None:
    line = Line(database, tries=1)
    number = await line.resolved()
    await line.misses(await line.queues(await line.wish()))
    await line.outcomes.step()
    assert await line.tasks(number) == ["not_reached"]
    await line.reports.report(await calls_in(line), Report(result="no_calls"), AGENT)
    assert (await line.state(number), await line.tasks(number)) == (("told", "attempts", None), [])
    assert [row["done_by"] for row in await line.desk.rows(TaskRow, number=number)] == ["1001"]


@pytest.mark.parametrize("contact", ["call", "none"])
async def test_who_knows_it_or_wants_no_calls_is_not_called_at_another_number(line: Line, contact: str) -> None:
    number = await line.resolved(caller="" if contact == "none" else WRONG, contact=contact)
    if contact == "call":
        await reported(line, Report(result="declined"))
    state = await line.state(number)
    assert state[0] == "told"
    await put_right(line, number)
    assert (await line.state(number), await line.pending(number)) == (state, False)
