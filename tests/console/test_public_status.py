"""The citizen's page over HTTP: without an account, with few wrong tries, and with nothing about a person."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from console.public_status import BY_ADDRESS, BY_REQUEST, PATH
from storage.requests.attachments import Attachments
from storage.requests.public import PublicRequests
from tests.console.desk import Desk as Console
from tests.databases import new_database
from tests.storage.requests.desk import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = await new_database("sqlite", None, tmp_path)
    yield Desk(database)
    await database.close()


@pytest.fixture
async def client(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    public = PublicRequests(desk.database, lambda: desk.rules, lambda: desk.now)
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks, public=public)
    console = Console()
    services: Any = {"request": "routine"}
    files = Attachments(tmp_path / "files", tmp_path / "key")
    console.requests = DeskRequests(cast(Records, parts), lambda: services, files, lambda: desk.rules.town)
    async with console.client(console.app(timeout_s=30), headers={}) as made:
        yield made


async def test_a_citizen_reads_how_it_stands(desk: Desk, client: httpx.AsyncClient) -> None:
    number = (await desk.open(name="Ayşe")).number
    answer = await client.post(PATH, json={"number": number, "digits": "2233"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {
        "number", "state", "topic", "opened_at", "updated_at", "due_at", "outcome", "outcome_at", "words",
        "responsible", "reach",
    }  # fmt: skip
    assert answer.json()["state"] == "assigned"
    anonymous = await desk.open(caller="")
    code = (await desk.queries.get(anonymous.number) or {})["code"]
    assert (await client.post(PATH, json={"code": code})).json()["number"] == anonymous.number


async def test_unknown_and_wrong_are_one_answer(desk: Desk, client: httpx.AsyncClient) -> None:
    number = (await desk.open()).number
    wrong = await client.post(PATH, json={"number": number, "digits": "0000"})
    unknown = await client.post(PATH, json={"number": "26-000777-9", "digits": "0000"})
    assert (wrong.status_code, wrong.content) == (404, unknown.content)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b'{"number": "26-000001-9"}', b'{"digits": "2233"}', b'{"number": 1, "digits": "2233"}',
        b'{"number": "26-000001-9", "digits": "223"}', b'{"code": "1", "number": "26-000001-9", "digits": "2233"}',
        b'{"code": ""}', b'{"code": "1", "more": 1}', b'{"code": "' + b"1" * 41 + b'"}', b"\xff",
    ],
)  # fmt: skip
async def test_what_is_no_wish_is_told_so(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["allowed"] == "number and digits (the last four of the telephone), or code"
    assert (await client.post(PATH, content=b"code=1")).status_code == 415


async def test_wrong_tries_at_one_request_are_few_and_right_ones_do_not_count(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    number, other = (await desk.open()).number, (await desk.open()).number
    right, wrong = {"number": number, "digits": "2233"}, {"number": number, "digits": "0000"}
    for _ in range(BY_ADDRESS_TRIES + 5):
        assert (await client.post(PATH, json=right)).status_code == 200
    for _ in range(int(BY_REQUEST.burst)):
        assert (await client.post(PATH, json=wrong)).status_code == 404
    answer = await client.post(PATH, json=right)
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
    assert (await client.post(PATH, json={"number": other, "digits": "2233"})).status_code == 200


async def test_wrong_tries_of_one_address_are_few(desk: Desk, client: httpx.AsyncClient) -> None:
    number = (await desk.open()).number
    for place in range(BY_ADDRESS_TRIES):
        answer = await client.post(PATH, json={"code": f"{place:015d}"})
        assert answer.status_code == 404
    assert (await client.post(PATH, json={"number": number, "digits": "2233"})).status_code == 429


BY_ADDRESS_TRIES = int(BY_ADDRESS.burst)
