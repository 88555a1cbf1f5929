"""The figures of `cozum report` are the same after a person was erased, on both databases."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.abandoned import abandoned
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.privacy.destruction import Destruction
from storage.requests.tables import DispositionRow, LinkRow, TicketRow
from storage.tables import CallRow, TalkSegmentRow
from tests.acd.cli.conftest import Cozum
from tests.databases import new_name
from tests.services import Postgres
from tests.storage.requests.desk import Desk
from tests.tickets.life import DAY, HOUR, MACHINE, MONDAY

THEIRS, ANOTHERS = "+905321112233", "+905330000000"
MORNING = MONDAY - 3 * HOUR
SPAN = ("--from", "2026-06-01", "--to", "2026-06-03")
"""The day of all calls, and the days in which the requests are seen to."""
Scene = Callable[[Callable[[Desk], Awaitable[Any]]], Any]
"""Has something done in the database of the command line, by a desk of its own."""


@pytest.fixture(params=["sqlite", "postgres"])
def scene(request: pytest.FixtureRequest, cozum: Cozum, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The command line's database, with all tables; of each kind."""
    url = f"sqlite+aiosqlite:///{data_dir / 'cozum.db'}"
    if request.param == "postgres":
        cluster: Postgres = request.getfixturevalue("postgres")
        url = cluster.url(asyncio.run(new_name(cluster)))
        monkeypatch.setenv("COZUM_DATABASE_URL", url)
    assert cozum("db", "upgrade").code == 0

    def within(work: Callable[[Desk], Awaitable[Any]]) -> Any:
        async def done() -> Any:
            database = Database(url)
            try:
                return await work(Desk(database))
            finally:
                await database.close()

        return asyncio.run(done())

    return within


async def add_call(desk: Desk, call: str, hour: int, outcome: str = "answered", **values: Any) -> None:
    at = milliseconds(MORNING + hour * HOUR)
    spoke = outcome == "answered"
    given = {
        "caller": THEIRS, "name": "Ayşe", "class": "routine", "service": "request", "outcome": outcome,
        "agent": "1001" if spoke else None, "arrived_at": at, "queued_at": at, "entered_at": at,
        "answered_at": at + 4_000 if spoke else None, "ended_at": at + 64_000, "wait_s": 4.0, "within_target": True,
        "talk_s": 60.0 if spoke else None, "wrapup_s": 5.0 if spoke else None, **values,
    }  # fmt: skip
    await desk.add_call(call, **given)
    if spoke:
        talk = {"call": call, "number": 1, "agent": given["agent"], "how": "answered", "talk_s": 60.0, "hold_s": 0.0}
        async with desk.database.writing() as connection:
            row = {**talk, "began_at": at + 4_000, "ended_at": at + 64_000}
            await connection.execute(sa.insert(table_of(TalkSegmentRow)), row)


async def fill(desk: Desk) -> None:
    """A day of a person's calls of each sort, and some of others; two requests of theirs, of which one is open."""
    await add_call(desk, "opened", 0)
    await add_call(desk, "about-it", 1, agent="1002", service="information")
    await add_call(desk, "at-once", 2)
    await add_call(desk, "silent", 3, agent="1002")
    await add_call(desk, "gave-up", 4, "abandoned")
    await add_call(desk, "again", 5)
    await add_call(desk, "left-a-message", 6, "abandoned")
    await add_call(desk, "in-vain", 7, "abandoned")
    await add_call(desk, "opened-another", 0, agent="1002")
    await add_call(desk, "anothers", 2, caller=ANOTHERS)
    number = (await desk.open(call="opened", name="Ayşe")).number
    spoken = (await desk.open(call="left-a-message", name="Ayşe")).number
    await desk.open(call="opened-another", name="Ayşe", topic="gurultu")
    await desk.open(call="anothers", caller=ANOTHERS)
    for one in (number, spoken):
        await desk.moved(one, "in_progress", "resolved", "told", "closed")
    await desk.store.score(number, 5, MACHINE)
    async with desk.database.writing() as connection:
        at = milliseconds(MORNING + 3 * HOUR)
        said = {"disposition": "answered", "at": at, "role": "agent", "who": "1001"}
        rows = [{**said, "call": call} for call in ("opened", "at-once")]  # the first before its form was saved
        await connection.execute(sa.insert(table_of(DispositionRow)), rows)
        for call, how in (("about-it", "asked"), ("silent", "looked_up")):
            link = {"number": number, "kind": "call", "other": call, "how": how, "at": at}
            await connection.execute(sa.insert(table_of(LinkRow)), link)


async def became(desk: Desk) -> dict[str, str]:
    """By call: what became of the callers who gave up."""
    return {one.id: one.became for one in await abandoned(desk.database, MORNING, MORNING + DAY)}


def figures(cozum: Cozum, scene: Scene) -> dict[str, Any]:
    """All figures of the time: the report, what callers waited for, and what became of those who gave up."""
    said = cozum("report", *SPAN, "--json")
    assert said.code == 0, said.err
    why = json.loads(cozum("report", *SPAN, "--why", "--json").out)
    return {**json.loads(said.out), "why": why, "became": scene(became)}


async def persons(desk: Desk) -> list[str]:
    """The calls and requests that name a person."""
    found = [*await desk.rows(CallRow), *await desk.rows(TicketRow)]
    return [row.get("number", row["id"]) for row in found if row["caller"] or row["name"] or row.get("call")]


async def close_and_pass_the_night(desk: Desk) -> None:
    """Close what is open, and destroy what was asked for."""
    desk.now += DAY
    for row in await desk.rows(TicketRow):
        if row["state"] != "closed":
            await desk.moved(row["number"], "in_progress", "resolved", "told", "closed")
    await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now).run()


async def pass_years(desk: Desk) -> None:
    """Destroy all persons by their age. The erasure's own row of the audit is of today, and must stay for a year."""
    desk.now += 740 * DAY
    await Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now).run()


def test_no_figure_changes_when_a_person_is_erased(cozum: Cozum, scene: Scene) -> None:
    scene(fill)
    before = figures(cozum, scene)
    contacts = before["contacts"]
    assert (contacts["talks"], contacts["opened_a_request"], contacts["dispositions"]) == (7, 3, {"answered": 1})
    assert (contacts["without_a_word"], contacts["first_contact_resolution"]) == (2, 0.25)
    assert before["became"] == {
        "gave-up": "called_again", "left-a-message": "ticket", "in-vain": "nothing",
    }  # fmt: skip
    assert [len(before[name]) for name in ("hours", "services", "agents")] == [8, 2, 2]
    assert [one["opened"] for one in before["requests"]["topics"]] == [3, 1]
    said = cozum("person", "erase", THEIRS, "--reason", "dilekçe 17", "--yes")
    assert (said.code, "erased from 9 calls, 2 requests" in said.out) == (0, True), said
    assert figures(cozum, scene) == before


def test_no_figure_changes_in_the_nights_behind_an_erasure(cozum: Cozum, scene: Scene) -> None:
    """The open request is erased when it is closed, and in years all that names anybody."""
    scene(fill)
    cozum("person", "erase", THEIRS, "--reason", "dilekçe 17", "--yes")
    kept = ("calls", "all", "hours", "services", "agents", "contacts", "why", "became")
    before = figures(cozum, scene)
    scene(close_and_pass_the_night)
    after = figures(cozum, scene)
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert scene(persons) == ["anothers", "26-000004-3"]
    scene(pass_years)
    assert scene(persons) == []
    assert figures(cozum, scene) == after


def test_no_figure_changes_by_age_alone(cozum: Cozum, scene: Scene) -> None:
    scene(fill)
    scene(close_and_pass_the_night)
    before = figures(cozum, scene)
    scene(pass_years)
    assert scene(persons) == []
    assert figures(cozum, scene) == before
