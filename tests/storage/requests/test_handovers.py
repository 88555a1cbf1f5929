"""Callers who were handed over, as rows: the history of their requests, or the call's disposition; each fact once."""

from typing import Any

from acd.engine.model.handover_facts import HandOverEnded, HandOverResult
from acd.engine.model.ids import AgentId, CallId
from storage.requests.handover_facts import HandOverFacts
from storage.requests.tables import DispositionRow, HistoryRow
from tests.storage.requests.desk import Desk, check_whole
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
