"""Calls of agents to citizens about tasks, on both databases: who may call, and what the journal says of the call."""

from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from acd.engine.model.facts import CallAnswered, CallbackMissed, CallEnded, CallEntered, TaskCallOrdered
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.report.day import Frame, gather
from acd.report.statistics import Span
from storage.columns import table_of
from storage.outgoing_files import OutgoingFiles
from storage.privacy.person import PersonRecords
from storage.queries import CallRequest, Queries
from storage.requests.tables import AttemptRow, LinkRow, TaskRow
from storage.tables import CallRow, OfferRow
from tests.storage.requests.desk import refusal
from tests.storage.requests.outcome_desk import Line
from tests.tickets.life import DAY, INBOX, LEAD, MACHINE
from tickets.failures import NoSuch
from tickets.task_calls import ToCall

NUMBER = "+905321112233"
Ended = Literal["called_back", "callback_failed", "callback_cancelled", "answered"]


async def with_task(line: Line, kind: str = "not_reached", **values: Any) -> tuple[str, int]:
    """A request and an open task of it."""
    number = (await line.desk.open(**values)).number
    row = {"number": number, "kind": kind, "why": "", "opened_at": 0, "assigned_to": "", "done_by": "", "note": ""}
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.insert(table_of(TaskRow)), row)
    return number, (await task_of(line, number))["id"]


async def task_of(line: Line, number: str) -> dict[str, Any]:
    (task,) = [one for one in await line.desk.tasks.list() if one["number"] == number]
    return task


async def rings(line: Line, number: str, task: int, name: int = 1, agent: str = "1001") -> CallId:
    """The line rings the agent; the call."""
    at, wish = line.desk.now, f"{number}.{task}.{name}"
    call = CallId(f"ast1-task.{wish}")
    entered = CallEntered(
        at=at, call=call, node=NodeId("ast1"), channel="", number=NUMBER, name="", dialled="", arrived_at=at
    )
    ordered = TaskCallOrdered(at=at, call=call, wish=wish, request=number, task=task, agent=AgentId(agent))
    await line.says(entered, ordered)
    return call


async def ends(
    line: Line,
    call: CallId,
    outcome: Ended,
    *,
    was_answered: bool = False,
) -> None:
    at = line.desk.now
    reached = outcome == "called_back" or was_answered
    await line.says(
        CallEnded(
            at=at, call=call, node=NodeId("ast1"), number=NUMBER, name="", dialled="", service=ServiceId("request"),
            priority="outcome", language="tr", outcome=outcome, hangup_by="caller", arrived_at=at - 60, ended_at=at,
            callback="task", wait_s=9.0, agent=AgentId("1001") if reached else None,
            answered_at=at - 20 if reached else None,
        )
    )  # fmt: skip


async def test_whoever_calls_has_the_task_and_nobody_else_calls(line: Line) -> None:
    number, task = await with_task(line, language="en")
    assert await line.desk.tasks.to_call(task, INBOX) == ToCall(
        task=task,
        number=number,
        caller=NUMBER,
        is_wrong=False,
        contact="call",
        language="en",
        service="request",
        is_urgent=False,
    )
    assert (await task_of(line, number))["assigned_to"] == "", "the line may refuse it"
    await line.desk.tasks.called(task, INBOX)
    await line.desk.tasks.called(task, LEAD)
    assert (await task_of(line, number))["assigned_to"] == "inbox"
    assert (await line.desk.tasks.to_call(task, INBOX)).number == number, "again"
    refused = await refusal(line.desk.tasks.to_call(task, LEAD))
    assert (refused.code, refused.value) == ("already_done", "inbox")
    await line.desk.tasks.done(task, INBOX, "aradım")
    await line.desk.tasks.called(task, INBOX)
    assert (await refusal(line.desk.tasks.to_call(task, INBOX))).code == "already_done"
    with pytest.raises(NoSuch):
        await line.desk.tasks.to_call(task + 100, INBOX)


@pytest.mark.parametrize(("typed", "wrong"), [("0532 111 22 33", True), ("+905329998877", False)])
async def test_a_number_that_was_another_persons_is_known_however_it_is_written(
    line: Line, typed: str, wrong: bool
) -> None:
    number, task = await with_task(line, "wrong_number")
    tried = {"number": number, "outcome": 1, "attempt": 1, "at": 0, "caller": typed, "result": "wrong_number"}
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.insert(table_of(AttemptRow)), {**tried, "automatic": False})
    assert (await line.desk.tasks.to_call(task, INBOX)).is_wrong == wrong


async def test_an_urgent_request_is_one(line: Line) -> None:
    _, task = await with_task(line, service="ambulance", topic=None, service_class="urgent")
    assert (await line.desk.tasks.to_call(task, INBOX)).is_urgent


async def test_a_task_says_what_comes_of_its_call(line: Line) -> None:
    number, task = await with_task(line)
    assert (await task_of(line, number))["call"] is None
    call = await rings(line, number, task)
    ringing = {"id": call, "at": line.desk.now, "agent": "1001", "result": "ringing"}
    assert (await task_of(line, number))["call"] == ringing
    await line.says(
        CallAnswered(
            at=line.desk.now, call=call, offer=OfferId(f"{call}#1"), agent=AgentId("1001"),
            service=ServiceId("request"), priority="outcome", wait_s=9.0, answer_delay_s=9.0, ring_s=2.0,
            callback="task",
        )
    )  # fmt: skip
    assert (await task_of(line, number))["call"] == {**ringing, "result": "talking"}
    await ends(line, call, "called_back")
    assert (await task_of(line, number))["call"] == {**ringing, "result": "reached"}


@pytest.mark.parametrize(
    ("status", "result"),
    [
        *(("NOANSWER", "no_answer"), ("BUSY", "busy"), ("CONGESTION", "unreachable"), ("CHANUNAVAIL", "unreachable")),
        *(("", "unknown"), (None, "not_made")),
    ],
)
async def test_a_task_says_why_its_citizen_was_not_reached(line: Line, status: str | None, result: str) -> None:
    number, task = await with_task(line)
    call = await rings(line, number, task)
    if status is not None:
        await line.says(CallbackMissed(at=line.desk.now, call=call, tries=1, status=status))
    await ends(line, call, "callback_cancelled" if status is None else "callback_failed")
    assert (await task_of(line, number))["call"]["result"] == result


@pytest.mark.parametrize("outcome", ["answered", "callback_failed"])
async def test_who_was_reached_was_whatever_became_of_the_call(
    line: Line, outcome: Literal["answered", "callback_failed"]
) -> None:
    """They were sent on, wished to be called back, and were not reached then."""
    number, task = await with_task(line)
    call = await rings(line, number, task)
    await line.says(
        CallAnswered(
            at=line.desk.now, call=call, offer=OfferId(f"{call}#1"), agent=AgentId("1001"),
            service=ServiceId("request"), priority="outcome", wait_s=9.0, answer_delay_s=9.0, ring_s=2.0,
            callback="task",
        )
    )  # fmt: skip
    await ends(line, call, outcome, was_answered=True)
    assert (await task_of(line, number))["call"]["result"] == "reached"


async def test_it_is_known_when_the_citizens_telephone_was_called_about_any_task(line: Line) -> None:
    """By whichever request, however its number is written; not where the agent's own telephone was not answered."""
    number, task = await with_task(line)
    other, second = await with_task(line, caller="0532 111 22 33")
    assert (await line.desk.tasks.to_call(second, INBOX)).rung_at == ()
    at = []
    outcomes: tuple[Ended, ...] = ("callback_failed", "called_back", "callback_cancelled", "answered")
    for name, outcome in enumerate(outcomes):
        line.desk.now += 600
        about, of_task = (other, second) if outcome == "called_back" else (number, task)
        call = await rings(line, about, of_task, name + 1)
        await ends(line, call, outcome, was_answered=outcome == "answered")
        if outcome != "callback_cancelled":
            (row,) = await line.desk.rows(CallRow, id=call)
            at.append(row["entered_at"] / 1000)
    assert (await line.desk.tasks.to_call(second, INBOX)).rung_at == tuple(at)
    _, third = await with_task(line, caller="0532 111 22 34")
    assert (await line.desk.tasks.to_call(third, INBOX)).rung_at == ()
    line.desk.now = at[0] + DAY
    assert (await line.desk.tasks.to_call(task, INBOX)).rung_at == tuple(at[1:]), "a day later it counts no more"


async def test_the_last_call_counts_and_each_task_has_its_own(line: Line) -> None:
    number, task = await with_task(line)
    other, second = await with_task(line)
    first = await rings(line, number, task)
    await ends(line, first, "callback_cancelled")
    line.desk.now += 60
    last = await rings(line, number, task, 2, agent="1002")
    theirs = await rings(line, other, second)
    assert (await task_of(line, number))["call"]["id"] == last
    assert (await task_of(line, number))["call"]["agent"] == "1002"
    assert (await task_of(line, other))["call"]["id"] == theirs


async def test_call_and_request_know_each_other(line: Line, tmp_path: Path) -> None:
    """Told twice, as after a crash of the projector, they are linked once; and the call is in the person's export."""
    number, task = await with_task(line)
    call = await rings(line, number, task)
    await rings(line, number, task)
    await ends(line, call, "called_back")
    (link,) = [one for one in await line.desk.rows(LinkRow, number=number) if one["how"] == "task"]
    assert link["other"] == call
    record = await line.desk.queries.get(number)
    assert record is not None
    (told,) = [one for one in record["calls"] if one["how"] == "task"]
    assert (told["id"], told["outcome"], told["agent"]) == (call, "called_back", "1001")
    assert [one["what"] for one in record["story"] if one["id"] == call] == ["task"]
    history = await Queries(line.desk.database).get_call(call)
    assert history is not None
    assert (history.ticket, history.callback) == (number, "task")
    assert history.tickets == (CallRequest(number=number, how="task", at=link["at"] / 1000),)
    outgoing = OutgoingFiles(tmp_path)
    people = PersonRecords(line.desk.database, lambda: line.desk.rules, lambda: line.desk.now, outgoing)
    exported = await people.export(NUMBER)
    assert [one["id"] for one in exported["calls"]] == [call]
    assert (await people.erase(NUMBER, MACHINE, "17")).calls == 1


async def test_who_lets_their_own_call_ring_has_missed_nobody(line: Line) -> None:
    """A colleague to whom the citizen was sent on, and who lets them ring, has missed somebody."""
    number, task = await with_task(line)
    call, zone = await rings(line, number, task), ZoneInfo("Europe/Istanbul")
    rows = [
        {"id": f"{one}#{n}", "call": one, "agent": agent, "result": "no_answer", "made_at": round(line.desk.now * 1000),
         "service": "request", "class": "outcome"}
        for one, n, agent in ((call, 1, "1001"), (call, 2, "1002"), ("ast1-1.1", 1, "1003"))
    ]  # fmt: skip
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.insert(table_of(OfferRow)), rows)
    span = Span(line.desk.now - 60, line.desk.now + 60, line.desk.now)
    frame = Frame(span=span, zone=zone, service_level_s=20.0, target_wait_s=6.0)
    made = await gather(line.desk.database, Queries(line.desk.database), frame, {})
    assert {one["extension"]: one["missed"] for one in made.agents()} == {"1002": 1, "1003": 1}
