"""Calls that are looked for: each filter against the story they come from, page by page, on both databases."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from acd.explain.stored import facts_of
from storage.call_search import CallSearch, WantedCalls, dispositions, page_of
from storage.columns import milliseconds
from storage.database import Database
from storage.queries import calls, segments
from storage.recordings import recordings
from storage.requests.listing import BadCursor
from tests.storage.requests.desk import Desk
from tests.storage.samples import START
from tests.storage.test_queries import Told

FIELDS = {
    *("id", "caller", "service", "class", "outcome", "agent", "entered_at", "answered_at", "ended_at", "wait_s"),
    *("answer_delay_s", "within_target", "ring_s", "talk_s", "wrapup_s", "hangup_by", "node"),
    *("disposition", "score", "recorded"),
}
"""What the API promises of a call in a list."""


@pytest.fixture
async def told(database: Database) -> Told:
    return await Told(database).project()


async def found(database: Database, **wanted: Any) -> list[dict[str, Any]]:
    return list((await CallSearch(database).page(WantedCalls(limit=1000, **wanted))).records)


async def ids(database: Database, **wanted: Any) -> list[str]:
    return [str(one["id"]) for one in await found(database, **wanted)]


async def test_those_that_are_over_come_newest_first_page_by_page(told: Told) -> None:
    order = [(one["entered_at"], one["id"]) for one in await found(told.database)]
    assert order == sorted(order, reverse=True)
    everything = [call for _, call in order]
    assert set(everything) == {fact.call for fact in told.ended}
    assert len(everything) == len(told.ended)
    search, read, cursor = CallSearch(told.database), list[str](), ""
    while True:
        page = await search.page(WantedCalls(limit=7, cursor=cursor))
        read += [one["id"] for one in page.records]
        cursor = page.next
        if not cursor:
            break
        assert len(page.records) == 7
    assert read == everything


async def test_calls_have_the_api_s_fields(told: Told) -> None:
    for record in await found(told.database):
        assert set(record) >= FIELDS
        assert "priority" not in record


async def test_each_filter(told: Told) -> None:
    everything = await found(told.database)
    middle, late = everything[len(everything) // 2]["entered_at"], everything[5]["entered_at"]

    async def only(keep: Callable[[dict[str, Any]], bool], **wanted: Any) -> None:
        kept = [one["id"] for one in everything if keep(one)]
        assert kept, wanted
        assert kept != [one["id"] for one in everything], wanted
        assert await ids(told.database, **wanted) == kept, wanted

    await only(lambda one: one["entered_at"] >= middle, since=middle)
    await only(lambda one: one["entered_at"] < middle, until=middle)
    await only(lambda one: middle <= one["entered_at"] < late, since=middle, until=late)
    await only(lambda one: one["class"] == "urgent", priority="urgent")
    await only(lambda one: one["outcome"] == "abandoned", outcome="abandoned")
    service = everything[0]["service"]
    await only(lambda one: one["service"] == service, service=service)
    caller = next(one["caller"] for one in everything if one["caller"])
    await only(lambda one: one["caller"] == caller, caller=caller)
    await only(
        lambda one: one["entered_at"] >= middle and (one["class"], one["outcome"]) == ("urgent", "answered"),
        since=middle,
        priority="urgent",
        outcome="answered",
    )
    assert await ids(told.database, service="nowhere") == []
    assert await ids(told.database, priority="'; DROP TABLE calls;--") == []


async def test_a_number_is_found_whichever_way_it_was_written(database: Database) -> None:
    await Desk(database).add_call("abroad", caller="+12125551234", outcome="answered")
    for written in ("+12125551234", "001 212 555 12 34"):
        assert await ids(database, caller=written) == ["abroad"]
    assert await ids(database, caller="02125551234") == []


async def test_a_call_is_found_by_each_agent_who_talked_in_it(told: Told) -> None:
    async with told.database.reading() as connection:
        rows = (await connection.execute(sa.select(segments.c.call, segments.c.agent))).all()
    over = {fact.call for fact in told.ended}
    by_agent: dict[str, set[str]] = {}
    for call, agent in rows:
        by_agent.setdefault(agent, set()).add(call)
    assert by_agent
    for agent, had in by_agent.items():
        assert set(await ids(told.database, agent=agent)) == had & over
    talked = [one for one in await found(told.database) if one["agent"]]
    for one in talked:
        assert one["id"] in await ids(told.database, agent=one["agent"])


async def test_what_came_of_a_call_is_told_with_it(told: Told) -> None:
    first, second, third = (await ids(told.database))[:3]
    at = milliseconds(START)
    async with told.database.writing() as connection:
        said = {"call": first, "disposition": "existing", "at": at, "role": "agent", "who": "1001"}
        await connection.execute(sa.insert(dispositions).values(said))
        kept = {"call": second, "state": "kept", "why": "", "began_at": at, "sha256": "ab", "pauses": 0}
        await connection.execute(sa.insert(recordings).values(kept))
    by_id = {one["id"]: one for one in await found(told.database)}
    assert [(by_id[one]["disposition"], by_id[one]["recorded"]) for one in (first, second, third)] == [
        ("existing", None),
        (None, "kept"),
        (None, None),
    ]
    assert await ids(told.database, disposition="existing") == [first]


@pytest.mark.parametrize("cursor", ["x", "123", "123-", "-c1", "x-c1", "1x-c1", "1.c1", "1-c 1", "1-ç1"])
async def test_a_cursor_that_no_list_gave_out_is_refused(told: Told, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await CallSearch(told.database).page(WantedCalls(cursor=cursor))


@pytest.mark.parametrize("limit", [0, -1, 10_001])
async def test_a_limit_has_limits(told: Told, limit: int) -> None:
    with pytest.raises(ValueError, match=rf"limit = {limit}: 1 to 10000 is allowed"):
        await CallSearch(told.database).page(WantedCalls(limit=limit))


async def test_the_stored_history_gives_the_facts_back(told: Told) -> None:
    """Without what is personal, and to the millisecond."""
    facts: dict[str, list[str]] = {}
    for entry in told.entries:
        for fact in entry.facts:
            if (call := getattr(fact, "call", None)) is not None and hasattr(fact, "at"):
                facts.setdefault(call, []).append(type(fact).__name__)
    for fact in told.ended[:40]:
        record = await told.queries.get_call(fact.call)
        assert record is not None
        steps = [{"at": one.at, "type": one.type, "data": one.data} for one in record.history]
        kinds = [type(one).__name__ for one in facts_of(fact.call, steps)]
        assert len(kinds) == len(steps)
        assert sorted(kinds) == sorted(one for one in facts[fact.call] if one in kinds)


async def test_a_page_is_found_by_an_index(told: Told) -> None:
    """However many calls there are: the order is an index's, and the page ends the search."""
    for wanted in (
        WantedCalls(since=START, until=START + 86_400),
        WantedCalls(since=START, until=START + 86_400, agent="1001", service="request"),
        WantedCalls(caller="+905321112233"),
    ):
        statement = page_of(wanted).compile(told.database.engine, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN " if told.database.is_postgres else "EXPLAIN QUERY PLAN "
        async with told.database.reading() as connection:
            if told.database.is_postgres:  # a small table is read whole; a large one by an index, if there is one
                await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            rows = (await connection.exec_driver_sql(explain + str(statement).replace("%%", "%"))).all()
        plan = "\n".join(str(row[-1]) for row in rows)
        index = f"ix_{calls.name}_" if wanted.agent is None else "ix_"
        assert index in plan, plan
        assert not re.search(r"SCAN calls\b|Seq Scan on calls", plan), plan
