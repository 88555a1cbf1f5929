"""The citizen calls before they are called: the agent tells them then, and reports it."""

from typing import Literal

import msgspec
import pytest

from acd.engine.model.facts import CallAnswered, CallEntered, OutcomeCallRefused
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from storage.database import Database
from storage.requests.once import Once
from storage.requests.tables import HistoryRow, LinkRow, TicketRow
from storage.requests.unreported import LOST_S
from tests.storage.requests.desk import check_whole, refusal
from tests.storage.requests.outcome_desk import Line
from tests.storage.requests.test_automatic_calls import rings
from tests.tickets.life import AGENT, DAY, INBOX
from tickets.failures import NoSuch, NotGranted
from tickets.opening import Amendment
from tickets.outcome.report import Report


@pytest.fixture
def line(database: Database) -> Line:
    return Line(database, mode="automatic")


async def calls_in(line: Line, call: str = "ast1-7.1", number: str = "05321112233", agent: str = "1001") -> str:
    """The citizen calls and talks to an agent."""
    at, name = line.desk.now, CallId(call)
    await line.says(
        CallEntered(
            at=at, call=name, node=NodeId("ast1"), channel="PJSIP/trunk-1", number=number, name="", dialled="444",
            arrived_at=at,
        ),
        CallAnswered(
            at=at, call=name, offer=OfferId(f"{call}#1"), agent=AgentId(agent), service=ServiceId("request"),
            priority="routine", wait_s=9.0, answer_delay_s=9.0, ring_s=2.0,
        ),
    )  # fmt: skip
    return call


async def test_one_who_calls_meanwhile_is_told_at_once_and_called_no_more(line: Line) -> None:
    number = await line.resolved()
    call = await calls_in(line)
    said = await line.reports.get(call)
    assert (said["number"], said["state"], said["result"], said["call"]) == (number, "resolved", "calling", call)
    assert said["words"].count("Asfalt döküldü.") == 1
    told = await line.reports.report(call, Report(result="told", score=5), AGENT, "1001")
    assert (told["state"], told["result"]) == ("closed", "told")
    assert await line.state(number) == ("closed", "in_call", 5)
    [wish] = [one.not_after for one in await line.outcomes.wanted()]
    assert wish == 0.0, "the line refuses it, or takes it back"
    with pytest.raises(NoSuch):
        await line.reports.report(call, Report(result="told"), AGENT, "1001")
    with pytest.raises(NoSuch):
        await line.reports.get(call)
    assert ("call", call, "outcome") in {
        (row["kind"], row["other"], row["how"]) for row in await line.desk.rows(LinkRow, number=number)
    }
    await check_whole(line.desk, [number])


async def test_a_call_that_waits_for_an_agent_is_taken_back(database: Database) -> None:
    line = Line(database)
    await line.resolved()
    waiting = await line.queues(await line.wish())
    await line.reports.report(await calls_in(line), Report(result="told"), AGENT)
    [taken] = await line.outcomes.withdrawn()
    assert taken.calls == (waiting,)


async def test_one_who_is_told_in_another_call_now_is_not_told_twice(line: Line) -> None:
    await line.resolved()
    await line.tells(await rings(line, await line.wish()))
    call = await calls_in(line)
    refused = await refusal(line.reports.report(call, Report(result="told"), AGENT))
    assert (refused.code, refused.key) == ("already_done", "result")


@pytest.mark.parametrize(
    ("said", "extension", "code"),
    [
        (Report(result="voicemail"), None, ("not_allowed", "result")),
        (Report(result="declined", score=3), None, ("not_allowed", "score")),
        (Report(result="told"), "1002", ("not_your_role", "result")),
        (Report(result="told", remark="x" * 5000), None, ("not_allowed", "remark")),
    ],
)
async def test_what_cannot_be_said_of_one_who_called(
    line: Line, said: Report, extension: str | None, code: tuple[str, str]
) -> None:
    await line.resolved()
    call = await calls_in(line)
    refused = await refusal(line.reports.report(call, said, AGENT, extension))
    assert (refused.code, refused.key) == code


async def test_one_who_wants_no_calls_is_called_no_more(line: Line) -> None:
    number = await line.resolved()
    await line.reports.report(await calls_in(line), Report(result="no_calls"), AGENT)
    line.desk.now += LOST_S
    await line.outcomes.step()
    assert await line.state(number) == ("told", "page", None)


@pytest.mark.parametrize("texts", [True, False])
@pytest.mark.parametrize("by", ["agent", "inbox"])
async def test_a_call_that_waits_for_one_who_wants_no_calls_is_taken_back(
    database: Database, by: str, texts: bool
) -> None:
    """And they are told otherwise at once, not when somebody looks for the lost call."""
    line = Line(database, text=texts)
    line.desk.rules = msgspec.structs.replace(line.desk.rules, texts=texts)
    number = await line.resolved()
    waiting = await line.queues(await line.wish())
    if by == "agent":
        await line.reports.report(await calls_in(line), Report(result="no_calls"), AGENT)
    else:
        await line.desk.store.amend(number, Amendment(contact="text" if texts else "none"), INBOX)
    await line.outcomes.step()
    [taken] = await line.outcomes.withdrawn()
    assert taken.calls == (waiting,)
    await line.outcomes.withdrew(taken)
    await line.ends(waiting, "callback_cancelled")
    await line.outcomes.step()
    if texts:
        await line.outbox.done(await line.text())
    assert await line.state(number) == ("told", "text" if texts else "page", None)
    assert await line.results(number) == ["withdrawn"]
    await check_whole(line.desk, [number])


async def test_one_who_wants_no_calls_between_two_tries_is_told_at_once(database: Database) -> None:
    line = Line(database)
    number = await line.resolved()
    await line.misses(await line.queues(await line.wish()))
    await line.outcomes.step()
    await line.desk.store.amend(number, Amendment(contact="none"), INBOX)
    [none_waits] = await line.outcomes.withdrawn()
    assert none_waits.calls == ()
    await line.outcomes.withdrew(none_waits)
    await line.outcomes.step()
    assert await line.state(number) == ("told", "page", None)


async def test_a_call_that_the_line_has_not_taken_is_refused_for_one_who_wants_no_calls(database: Database) -> None:
    line = Line(database)
    number = await line.resolved()
    wish = await line.wish()
    await line.desk.store.amend(number, Amendment(contact="none"), INBOX)
    await line.outcomes.step()
    assert [(one.wish, one.not_after) for one in await line.outcomes.wanted()] == [(wish, 0.0)]
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=wish, why="hours"))
    await line.outcomes.step()
    assert await line.state(number) == ("told", "page", None)


@pytest.mark.parametrize(("number", "call"), [("", "ast1-7.1"), ("05329999999", "ast1-7.1"), ("05321112233", "c9")])
async def test_a_call_of_nobody_who_waits_has_no_outcome(line: Line, number: str, call: str) -> None:
    await line.resolved()
    await calls_in(line, number=number)
    with pytest.raises(NoSuch):
        await line.reports.get(call)


@pytest.mark.parametrize(("said", "how"), [("told", "in_call"), ("declined", "declined")])
async def test_one_who_was_not_reached_and_calls_back_is_told_then(
    database: Database, said: Literal["told", "declined"], how: str
) -> None:
    """They see our last call on their telephone: nobody has told them, though the tries are used up."""
    line = Line(database, tries=1)
    number = await line.resolved()
    await line.misses(await line.queues(await line.wish()))
    await line.outcomes.step()
    assert (await line.state(number), await line.tasks(number)) == (("told", "attempts", None), ["not_reached"])
    (before,) = await line.desk.rows(TicketRow, number=number)
    call = await calls_in(line)
    waits = await line.reports.get(call)
    assert (waits["number"], waits["words"].count("Asfalt döküldü.")) == (number, 1)
    score = 5 if said == "told" else None
    assert (await line.reports.report(call, Report(result=said, score=score), AGENT, "1001"))["result"] == said
    assert await line.state(number) == ("closed" if score else "told", how, score)
    assert (await line.tasks(number), await line.pending(number)) == ([], False)
    (after,) = await line.desk.rows(TicketRow, number=number)
    figures = ("resolved_at", "resolved_in_time", "outcome_at", "outcomes", "reopened", "words")
    assert [after[name] for name in figures] == [before[name] for name in figures]
    with pytest.raises(NoSuch):
        await line.reports.get(call)
    line.desk.now += DAY
    await line.outcomes.step()
    assert (await line.outcomes.wanted(), [one.calls for one in await line.outcomes.withdrawn()]) == ([], [(), ()])
    await check_whole(line.desk, [number])


@pytest.mark.parametrize(("score", "state"), [(5, "closed"), (1, "told"), (None, "told")])
async def test_one_who_was_not_reached_and_is_reached_by_a_person_is_told_then(
    database: Database, score: int | None, state: str
) -> None:
    line = Line(database, tries=1)
    number = await line.resolved()
    await line.misses(await line.queues(await line.wish()))
    await line.outcomes.step()
    ((task, decisions),) = [(one["id"], one["decisions"]) for one in await line.desk.tasks.list()]
    assert decisions == ("told", "not_told")
    done = await line.desk.tasks.done(task, INBOX, "komşusundan ulaştım", "told", score=score, remark="Teşekkürler")
    assert (done["done_by"], done["decisions"]) == ("inbox", ())
    assert await line.state(number) == (state, "call", score)
    assert await line.tasks(number) == (["low_score"] if score == 1 else [])
    line.desk.now += DAY
    await line.outcomes.step()
    assert (await line.outcomes.wanted(), await line.pending(number)) == ([], False)
    await check_whole(line.desk, [number])


async def test_one_who_is_not_reached_by_a_person_either_stays_as_they_are(database: Database) -> None:
    line = Line(database, tries=1)
    number = await line.resolved()
    await line.misses(await line.queues(await line.wish()))
    await line.outcomes.step()
    ((task, _),) = [(one["id"], one["kind"]) for one in await line.desk.tasks.list()]
    await line.desk.tasks.done(task, INBOX, "kapıda da yoktu", "not_told")
    assert (await line.state(number), await line.tasks(number)) == (("told", "attempts", None), [])


async def test_of_two_outcomes_the_older_is_told_first_and_the_other_by_its_number(line: Line) -> None:
    first = await line.resolved()
    line.desk.now += 60
    second = await line.resolved()
    call = await calls_in(line)
    assert (await line.reports.report(call, Report(result="told"), AGENT))["number"] == first
    assert (await line.reports.get(call))["number"] == second
    told = await line.reports.report(call, Report(result="told", number=second.replace("-", "")), AGENT)
    assert told["number"] == second
    assert await line.state(second) == ("told", "in_call", None)


async def test_a_report_whose_answer_was_lost_tells_no_other_outcome(line: Line) -> None:
    first = await line.resolved()
    line.desk.now += 60
    second = await line.resolved()
    call = await calls_in(line)
    once = Once(key="1001:a", digest="x")
    said = Report(result="told", score=1, number=first)
    assert "repeated" not in await line.reports.report(call, said, AGENT, once=once)
    again = await line.reports.report(call, said, AGENT, once=once)
    assert (again["number"], again["score"], again["result"], again["repeated"]) == (first, 1, "told", True)
    refused = await refusal(line.reports.report(call, Report(result="told", score=1), AGENT))
    assert (refused.code, refused.key) == ("already_done", "number"), "as an older page sends it"
    assert first in refused.allowed
    refused = await refusal(line.reports.report(call, said, AGENT))
    assert (refused.code, refused.key, refused.value) == ("stale", "number", first)
    assert second in refused.allowed
    assert await line.state(second) == ("resolved", None, None)
    assert await line.state(first) == ("told", "in_call", 1)
    assert len(await line.desk.rows(HistoryRow, number=first, what="score")) == 1


async def test_a_report_on_a_call_that_opened_the_request_itself_is_not_taken_twice(line: Line) -> None:
    call = await calls_in(line)
    number = (await line.desk.open(call=call)).number
    await line.desk.moved(number, "resolved", result="Bilgi verildi.")
    other = await line.resolved()
    assert (await line.reports.report(call, Report(result="told"), AGENT))["number"] == number
    assert (await refusal(line.reports.report(call, Report(result="told"), AGENT))).code == "already_done"
    assert await line.state(other) == ("resolved", None, None)


async def test_what_had_no_outcome_before_the_call_was_over_was_not_told_in_it(line: Line) -> None:
    call = await calls_in(line)
    line.desk.now += 60
    await line.ends(call, "called_back")
    line.desk.now += 60
    number = await line.resolved()
    for wanted in ("", number):
        with pytest.raises((NoSuch, NotGranted)):
            await line.reports.report(call, Report(result="told", number=wanted), AGENT)
    with pytest.raises(NoSuch):
        await line.reports.get(call)
    assert await line.state(number) == ("resolved", None, None)


@pytest.mark.parametrize("wanted", ["26-000009-9", "x"])
async def test_a_number_that_does_not_wait_for_the_caller_is_refused(line: Line, wanted: str) -> None:
    number = await line.resolved()
    call = await calls_in(line)
    refused = await refusal(line.reports.report(call, Report(result="told", number=wanted), AGENT))
    assert (refused.code, refused.key, refused.value) == ("stale", "number", wanted)
    assert number in refused.allowed


async def test_an_agent_s_call_is_about_its_own_request(database: Database) -> None:
    line = Line(database)
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    refused = await refusal(line.reports.report(call, Report(result="told", number="26-000009-9"), AGENT))
    assert (refused.key, number in refused.allowed) == ("number", True)
    once = Once(key="1001:a", digest="x")
    said = Report(result="told", score=4, number=number)
    assert (await line.reports.report(call, said, AGENT, once=once))["state"] == "closed"
    again = await line.reports.report(call, said, AGENT, once=once)
    assert (again["state"], again["score"], again["repeated"]) == ("closed", 4, True)
