"""Notices over the API: each unit its own, the inbox its own unless it asks, and nobody marks another unit's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from agents.people import Role
from storage.database import Database
from storage.requests.attachments import Attachments
from storage.requests.duty import DutyCalls
from storage.requests.notices import Notices
from tests.console.desk import Desk as Console
from tests.console.known_people import KnownPeople, identity
from tests.console.test_access import of_role
from tests.databases import new_database
from tests.storage.requests.desk import Desk

PATH = "/api/v1/notices"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database: Database = await new_database("sqlite", None, tmp_path)
    yield Desk(database)
    await database.close()


@pytest.fixture
async def client(desk: Desk, tmp_path: Path, people: KnownPeople) -> AsyncIterator[httpx.AsyncClient]:
    parts = SimpleNamespace(
        notices=Notices(desk.database, lambda: desk.now),
        duty=DutyCalls(desk.database, lambda: desk.rules, lambda: 60.0, lambda: desk.now),
    )
    console = Console()
    console.people = people
    services: Any = {"request": "routine", "funeral": "urgent"}
    files = Attachments(tmp_path / "files", tmp_path / "key")
    console.requests = DeskRequests(cast(Records, parts), lambda: services, files, lambda: desk.rules.town)
    async with console.client(console.app(timeout_s=30), headers={}) as made:
        yield made


async def listed(client: httpx.AsyncClient, role: str, query: str = "") -> list[tuple[str, str]]:
    answer = await client.get(PATH + query, headers=of_role(role))
    assert answer.status_code == 200, answer.text
    return [(one["number"], one["about"]) for one in answer.json()]


async def test_a_unit_reads_and_marks_its_own(client: httpx.AsyncClient, desk: Desk) -> None:
    own = (await desk.open()).number
    other = (await desk.moved((await desk.open()).number, "assigned", unit="zabita")).number
    assert await listed(client, "unit") == [(other, "assigned"), (own, "assigned")], "it had both"
    assert await listed(client, "lead", "?unit=zabita") == [(other, "handed_on")]
    assert (await client.get(f"{PATH}?unit=zabita", headers=of_role("unit"))).status_code == 403
    ids = [one["id"] for one in (await client.get(f"{PATH}?unit=zabita", headers=of_role("lead"))).json()]
    ids += [one["id"] for one in (await client.get(PATH, headers=of_role("unit"))).json()]
    marked = await client.post(f"{PATH}/read", json={"notices": ids}, headers=of_role("unit"))
    assert [(one["unit"], one["read_by"]) for one in marked.json()] == [("fen_isleri", "unit")] * 2
    assert await listed(client, "unit", "?unread=true") == []
    assert await listed(client, "lead", "?unit=zabita&unread=true") == [(other, "handed_on")]


@pytest.mark.parametrize(
    ("role", "kind", "shown", "is_marked"),
    [
        ("agent", "session", 403, False),
        ("lead", "session", 200, True),
        ("unit", "session", 403, False),
        ("inbox", "session", 200, True),
        ("analyst", "session", 403, False),
        ("admin", "session", 200, True),
        ("agent", "token", 200, True),
        ("lead", "token", 200, True),
        ("unit", "token", 403, False),
        ("inbox", "token", 200, True),
        ("analyst", "token", 200, True),
        ("admin", "token", 200, True),
    ],
)
async def test_who_sees_and_marks_another_units(
    client: httpx.AsyncClient,
    desk: Desk,
    people: KnownPeople,
    role: Role,
    kind: str,
    shown: int,
    is_marked: bool,
) -> None:
    """A token has its scopes; a unit's is the unit's as much as its people are."""
    number = (await desk.moved((await desk.open()).number, "assigned", unit="zabita")).number
    headers = of_role(role)
    if kind == "token":
        people.tokens["t" * 30] = replace(
            identity(role), who="token:x", kind="token", scopes=frozenset({"tickets", "tickets:write"})
        )
        headers = {"authorization": f"Bearer {'t' * 30}"}
    assert (await client.get(f"{PATH}?unit=zabita", headers=headers)).status_code == shown
    ids = [one["id"] for one in (await client.get(f"{PATH}?unit=zabita", headers=of_role("lead"))).json()]
    await client.post(f"{PATH}/read", json={"notices": ids}, headers=headers)
    left = await listed(client, "lead", "?unit=zabita&unread=true")
    assert left == ([] if is_marked else [(number, "handed_on")])
    own = await client.get(PATH, headers=headers)
    if role == "unit":
        assert {one["unit"] for one in own.json()} == {"fen_isleri"}


async def test_the_inbox_has_its_own_and_what_it_asks_for(client: httpx.AsyncClient, desk: Desk) -> None:
    strange = (await desk.open(topic=None)).number
    assert await listed(client, "inbox") == [(strange, "assigned")]
    assert await listed(client, "inbox", "?unit=fen_isleri") == []


async def test_the_ids_are_checked(client: httpx.AsyncClient) -> None:
    for wrong in ([], [0], list(range(1, 202)), ["x"]):
        answer = await client.post(f"{PATH}/read", json={"notices": wrong}, headers=of_role("unit"))
        assert answer.status_code == 422, wrong


async def test_duty_alarms_are_for_the_lead(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/duty-alarms", headers=of_role("lead"))
    assert (answer.status_code, answer.json()) == (200, [])
    assert (await client.get("/api/v1/duty-alarms", headers=of_role("unit"))).status_code == 403
