"""A desk of requests, and a client for people of each role."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from agents.people import Person, Role
from storage.database import Database
from storage.people.people import People as PeopleStore
from storage.requests.attachments import Attachments
from tests.console.desk import Desk as Console
from tests.console.known_people import KnownPeople
from tests.console.test_access import of_role
from tests.databases import new_database
from tests.storage.requests.desk import ROAD, Desk

PATH = "/api/v1/tickets"
NUMBER = "+905321112233"
JPEG = b"\xff\xd8\xff\xe0" + bytes(40)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database: Database = await new_database("sqlite", None, tmp_path)
    yield Desk(database)
    await database.close()


@pytest.fixture
async def client(desk: Desk, tmp_path: Path, people: KnownPeople) -> AsyncIterator[httpx.AsyncClient]:
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks)
    console = Console()
    console.people = people
    services: Any = {"request": "routine", "funeral": "urgent"}
    files = Attachments(tmp_path / "files", tmp_path / "key")
    console.requests = DeskRequests(cast(Records, parts), lambda: services, files, lambda: desk.rules.town)
    accounts = PeopleStore(desk.database, lambda: desk.now)
    for user, name, role, enabled in WORKERS:
        await accounts.add(Person(user=user, name=name, role=role, enabled=enabled))
    async with console.client(console.app(timeout_s=30), headers={}) as made:
        yield made


WORKERS: list[tuple[str, str, Role, bool]] = [
    ("ayse", "Ayşe Kaya", "inbox", True),
    ("lead", "Zehra Aktaş", "lead", True),
    ("gone", "Ali Demir", "inbox", False),
    ("1001", "Nermin Kaya", "agent", True),
]
"""People with accounts; the last two work on no task."""


async def opened(client: httpx.AsyncClient, role: str = "agent", **values: Any) -> dict[str, Any]:
    """A request that somebody of a role opened; it goes to fen_isleri."""
    answer = await client.post(PATH, json={**ROAD, "name": "Fatma Gizli", **values}, headers=of_role(role))
    assert answer.status_code == 201, answer.text
    return cast(dict[str, Any], answer.json())


async def elsewhere(client: httpx.AsyncClient) -> str:
    """The number of a request that another unit has."""
    number = str((await opened(client))["number"])
    body = {"to": "assigned", "unit": "zabita", "note": "onlara"}
    moved = await client.post(f"{PATH}/{number}/moves", json=body, headers=of_role("inbox") | {"If-Match": "*"})
    assert moved.json()["unit"] == "zabita", moved.text
    return number


async def whole(client: httpx.AsyncClient, number: str) -> dict[str, Any]:
    """A request as its unit reads it."""
    return cast(dict[str, Any], (await client.get(f"{PATH}/{number}", headers=of_role("unit"))).json())
