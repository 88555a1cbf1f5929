"""Callers who were handed over, as rows: the history of their requests, or the call's disposition; each fact once."""

from typing import Any

import pytest

from acd.engine.model.config import ServiceClass
from acd.engine.model.event_base import Party
from acd.engine.model.facts import CallEnded
from acd.engine.model.handover_facts import HandOverEnded, HandOverResult
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from storage.projection import Batch
from storage.projection_statements import Statements
from storage.requests.handover_facts import HandOverFacts
from storage.requests.tables import DispositionRow, HistoryRow
from tests.storage.requests.desk import Desk, check_whole
from tests.storage.samples import entry
from tests.tickets.life import AGENT, LEAD

CALL = "ast1-7.1"


async def says(desk: Desk, *results: HandOverResult, call: str = CALL) -> None:
    async with desk.database.writing() as connection:
        told = HandOverFacts(desk.rules)
        for result in results:
            told.take(
                HandOverEnded(at=desk.now, call=CallId(call), to="iski", by=AgentId("1001"), result=result, rang_s=3.0)
            )
        await told.write(connection)


async def disposed(desk: Desk) -> list[tuple[Any, ...]]:
    return [(row["call"], row["disposition"], row["role"], row["who"]) for row in await desk.rows(DispositionRow)]


async def handed_over(desk: Desk, number: str) -> list[tuple[str, str]]:
    rows = await desk.rows(HistoryRow, number=number)
    return [(row["who"], row["detail"]["result"]) for row in rows if row["what"] == "hand_over"]


async def test_a_call_without_a_request_has_the_disposition(desk: Desk) -> None:
    await desk.add_call(CALL)
    await says(desk, "busy")
    assert await disposed(desk) == [], "the caller came back"
    await says(desk, "answered")
    assert await disposed(desk) == [(CALL, "transferred", "agent", "1001")]
    await says(desk, "answered")
    assert len(await disposed(desk)) == 1


async def test_what_an_agent_has_said_of_the_call_stays(desk: Desk) -> None:
    await desk.add_call(CALL)
    await desk.tasks.dispose(CALL, "answered", None, AGENT)
    await says(desk, "answered")
    assert await disposed(desk) == [(CALL, "answered", "agent", "1001")]
    await desk.add_call("ast1-8.1")
    await says(desk, "answered", call="ast1-8.1")
    await desk.tasks.dispose("ast1-8.1", "existing", None, LEAD)
    assert ("ast1-8.1", "existing", "lead", "lead") in await disposed(desk)


async def test_the_requests_of_the_call_tell_it_and_others_do_not(desk: Desk) -> None:
    await desk.add_call(CALL)
    first = (await desk.open(AGENT, call=CALL)).number
    second = (await desk.open(AGENT, call=CALL)).number
    other = (await desk.open(AGENT)).number
    await says(desk, "busy", "not_made", "answered")
    for number in (first, second):
        assert await handed_over(desk, number) == [("1001", "busy"), ("1001", "answered")]
    assert await handed_over(desk, other) == []
    assert await disposed(desk) == []
    await check_whole(desk, [first, second, other])


async def test_a_request_that_is_closed_already_tells_it_too(desk: Desk) -> None:
    await desk.add_call(CALL)
    number = (await desk.open(AGENT, call=CALL)).number
    await desk.moved(number, "accepted", "in_progress", "resolved", "told", "closed")
    await says(desk, "answered")
    assert await handed_over(desk, number) == [("1001", "answered")]
    assert (await desk.store.note(number, "x", LEAD)).state == "closed"


async def test_a_call_that_nobody_knows_is_no_fault(desk: Desk) -> None:
    await says(desk, "no_answer", "caller_gone", call="ast1-404")
    assert await disposed(desk) == []


# --- sent on, and nobody had them after that


async def ends(desk: Desk, by: Party = "caller", *, lost: bool = True, priority: ServiceClass = "routine") -> None:
    """The call ends, as the projector stores it."""
    at = desk.now
    end = CallEnded(
        at=at, call=CallId(CALL), node=NodeId("ast1"), number="", name="", dialled="", service=ServiceId("request"),
        priority=priority, language="tr", outcome="answered", hangup_by=by, agent=AgentId("1001"), arrived_at=at - 60,
        answered_at=at - 50, ended_at=at, transfers=1, lost_in_transfer=lost,
    )  # fmt: skip
    async with desk.database.writing() as connection:
        statements = Statements(desk.database.engine.dialect)
        await Batch(connection, statements, desk.rules, 6.0).apply([entry(1, at, [end])])


async def test_a_caller_who_was_sent_on_and_gives_up_has_been_transferred(desk: Desk) -> None:
    await ends(desk)
    assert await disposed(desk) == [(CALL, "transferred", "system", "")]
    await desk.tasks.dispose(CALL, "answered", None, AGENT)
    assert await disposed(desk) == [(CALL, "answered", "agent", "1001")], "a person knows better"


async def test_what_the_agent_has_said_as_they_sent_the_caller_on_stays(desk: Desk) -> None:
    await desk.add_call(CALL)
    await desk.tasks.dispose(CALL, "wrong_number", None, AGENT)
    await ends(desk)
    assert await disposed(desk) == [(CALL, "wrong_number", "agent", "1001")]


@pytest.mark.parametrize(
    ("by", "lost", "priority"), [("unknown", True, "routine"), ("caller", False, "routine"), ("caller", True, "urgent")]
)
async def test_of_any_other_end_a_person_says_what_came_of_the_call(
    desk: Desk, by: Party, lost: bool, priority: ServiceClass
) -> None:
    """Nobody knows who had a caller whose call ended while the line was away."""
    await ends(desk, by, lost=lost, priority=priority)
    assert await disposed(desk) == []


async def test_a_caller_who_was_sent_on_and_has_a_request_has_no_disposition(desk: Desk) -> None:
    await desk.add_call(CALL)
    await desk.open(AGENT, call=CALL)
    await ends(desk)
    assert await disposed(desk) == []
