"""The requests that follow up another one: whoever reads the old request finds the new one."""

from typing import Any

import sqlalchemy as sa

from bench.requests import Many
from storage import migrate
from storage.columns import table_of
from storage.requests.follow_ups import HOW, KIND, follow_ups_of
from storage.requests.rows import tickets
from storage.requests.tables import LinkRow
from tests.storage.requests.desk import Desk
from tests.storage.requests.test_history_is_kept import nothing
from tests.tickets.life import HOUR, MACHINE
from tickets.opening import Amendment
from tickets.privacy.erasure import PARTS

MINE, NEIGHBOURS = "+905321112233", "+905321112244"


async def followed_by(desk: Desk, number: str) -> list[str]:
    """The follow-ups of a request."""
    return [one["number"] for one in (await whole(desk, number))["followed_by"]]


async def whole(desk: Desk, number: str) -> dict[str, Any]:
    """A request with all that belongs to it."""
    record = await desk.queries.get(number)
    assert record is not None
    return record


async def test_a_request_names_those_that_follow_it_up_and_its_story_when_they_were_opened(desk: Desk) -> None:
    old = (await desk.open(caller=MINE)).number
    await desk.moved(old, "in_progress", "resolved", "told", "closed", how="call", result="Asfalt döküldü.")
    assert (await whole(desk, old))["followed_by"] == []
    desk.now += HOUR
    first = await desk.open(caller=NEIGHBOURS, follows=old)
    desk.now += HOUR
    second = await desk.open(caller=MINE, follows=old)
    await desk.open(caller=MINE)
    record = await whole(desk, old)
    opened = [{"number": one.number, "at": one.opened_at} for one in (first, second)]
    assert record["followed_by"] == opened
    assert [(one["id"], one["at"]) for one in record["story"] if one["kind"] == "followed"] == [
        (one["number"], one["at"]) for one in opened
    ]
    assert record["story"][-1]["kind"] == "followed"
    assert ((await whole(desk, first.number))["follows"], await followed_by(desk, first.number)) == (old, [])


async def test_a_correction_says_otherwise_which_request_is_followed_up(desk: Desk) -> None:
    wrong, right = [(await desk.open(caller=MINE)).number for _ in range(2)]
    number = (await desk.open(caller=NEIGHBOURS)).number
    for old, before in ((wrong, right), (right, wrong), (wrong, right)):
        await desk.store.amend(number, Amendment(follows=old), MACHINE)
        assert (await followed_by(desk, old), await followed_by(desk, before)) == ([number], [])


async def test_a_link_between_requests_is_no_call_of_theirs(desk: Desk) -> None:
    old = (await desk.open()).number
    number = (await desk.open(follows=old)).number
    assert [(await whole(desk, one))["calls"] for one in (old, number)] == [[], []]
    (row,) = await desk.rows(LinkRow)
    assert (row["number"], row["kind"], row["other"], row["how"]) == (number, KIND, old, HOW)


async def test_a_follow_up_from_before_there_were_such_links_is_found_after_the_upgrade(desk: Desk) -> None:
    await desk.add_call("mine")
    old = (await desk.open(caller=MINE, call="mine")).number
    numbers = [(await desk.open(caller=caller, follows=old)).number for caller in (MINE, NEIGHBOURS, "")]
    before = await desk.rows(LinkRow)
    async with desk.database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0031")
    assert [row["kind"] for row in await desk.rows(LinkRow)] == ["call"]
    await migrate.upgrade(desk.database)
    assert await desk.rows(LinkRow) == before
    assert await followed_by(desk, old) == numbers


async def test_an_upgrade_keeps_the_links_that_are_there(desk: Desk) -> None:
    """As in a database that knew such links before the upgrade."""
    old = (await desk.open(caller=MINE)).number
    await desk.open(caller=NEIGHBOURS, follows=old)
    before = await desk.rows(LinkRow)
    async with desk.database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0031")
        await connection.execute(sa.insert(table_of(LinkRow)), before)
    await migrate.upgrade(desk.database)
    assert await desk.rows(LinkRow) == before


async def test_a_request_that_is_erased_is_found_as_long_as_it_names_the_old_one(desk: Desk) -> None:
    old = (await desk.open(caller=MINE)).number
    number = (await desk.open(caller=NEIGHBOURS, follows=old)).number
    await desk.moved(number, "in_progress", "resolved", "told", "closed", how="call", result="Yapıldı.")
    await desk.store.erase(number, MACHINE, "they asked", tuple(PARTS), nothing)
    assert (await whole(desk, number))["caller"] == ""
    assert ((await whole(desk, number))["follows"], await followed_by(desk, old)) == (old, [number])


async def test_follow_ups_are_found_by_indexes_alone(desk: Desk) -> None:
    """Among 20,000 requests a look at each of them took SQLite 100 ms."""
    await Many(4000, seed=3).fill(desk.database)
    plans: list[str] = []
    async with desk.database.writing() as connection:
        numbers = list((await connection.execute(sa.select(tickets.c.number))).scalars())
        of_calls = [{"number": one, "kind": "call", "other": f"c{one}", "how": "opened", "at": 1} for one in numbers]
        await connection.execute(sa.insert(table_of(LinkRow)), of_calls)
        await connection.exec_driver_sql("ANALYZE")
    async with desk.database.reading() as connection:
        postgres = desk.database.is_postgres
        if postgres:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # these are few; many are meant

        class Explains:
            async def execute(self, query: Any) -> Any:
                compiled = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
                text = ("EXPLAIN " if postgres else "EXPLAIN QUERY PLAN ") + str(compiled)
                plans.extend(str(row[-1]) for row in (await connection.exec_driver_sql(text)).all())
                return await connection.execute(query)

        explains: Any = Explains()
        assert await follow_ups_of(explains, numbers[0]) == []
    plan = "\n".join(plans)
    assert "ix_ticket_links_other" in plan
    assert "Seq Scan" not in plan, plan
    assert not any("SCAN tickets" in one for one in plans), plan
