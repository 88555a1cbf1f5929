"""A desk of requests behind the API, and what a client asks of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from storage.database import Database
from storage.requests.attachments import Attachments
from storage.requests.outcome_reports import OutcomeReports
from tests.console.desk import Desk as Console
from tests.storage.requests.desk import ROAD, Desk

PATH = "/api/v1/tickets"


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
async def client(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    reports = OutcomeReports(desk.database, lambda: desk.rules, lambda: desk.now)
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks, reports=reports)
    console = Console()
    console.requests = DeskRequests(
        cast(Records, parts),
        lambda: {"request": "routine", "funeral": "urgent", "agent": "routine"},
        Attachments(tmp_path / "files", tmp_path / "key"),
        lambda: desk.rules.town,
        lambda: desk.now,
    )
    console.up["ast1-9.1"] = {"id": "ast1-9.1", "caller": "05321112233"}
    async with console.client(console.app(timeout_s=30)) as made:
        yield made


async def opened(client: httpx.AsyncClient, **values: Any) -> httpx.Response:
    answer = await client.post(PATH, json={**ROAD, **values})
    assert answer.status_code == 201, answer.text
    return answer


async def change(
    client: httpx.AsyncClient, of: httpx.Response, what: str, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    """A change of a request as it was read."""
    headers = {"If-Match": of.headers["etag"]} if headers is None else headers
    return await client.post(f"{PATH}/{of.json()['number']}/{what}", json=body, headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str | None]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["detail"]
    if answer.status_code == 422:
        assert body["allowed"], body
    return answer.status_code, body.get("key")


JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 300
