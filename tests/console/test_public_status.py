"""The citizen's page over HTTP: without an account, with few wrong tries, and with nothing about a person."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from console import public_status
from console.public_status import BY_ADDRESS, BY_REQUEST, BY_REQUEST_AND_ADDRESS, BY_SITE, PATH, REMEMBERED
from console.rates import Rate
from storage.database import DatabaseError
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
def app(desk: Desk, tmp_path: Path) -> FastAPI:
    public = PublicRequests(desk.database, lambda: desk.rules, lambda: desk.now)
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks, public=public)
    console = Console()
    services: Any = {"request": "routine"}
    files = Attachments(tmp_path / "files", tmp_path / "key")
    console.requests = DeskRequests(cast(Records, parts), lambda: services, files, lambda: desk.rules.town)
    return console.app(timeout_s=30, trusted_proxies=["127.0.0.1"])


def at(app: FastAPI, address: str) -> httpx.AsyncClient:
    """A client at an address."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://test")


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with at(app, "192.0.2.1") as made:
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
    for _ in range(int(BY_REQUEST_AND_ADDRESS.burst)):
        assert (await client.post(PATH, json=wrong)).status_code == 404
    answer = await client.post(PATH, json=right)
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
    assert (await client.post(PATH, json={"number": other, "digits": "2233"})).status_code == 200


async def test_tries_that_the_database_did_not_answer_do_not_count(
    desk: Desk, app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = (await desk.open()).number
    right = {"number": number, "digits": "2233"}

    async def away(*_: object) -> None:
        raise DatabaseError("the database is away")

    with monkeypatch.context() as broken:
        for one in ("by_number", "by_code"):
            broken.setattr(PublicRequests, one, away)
        for place in range(BY_ADDRESS_TRIES + 5):
            wish = right if place % 2 else {"code": f"{place:015d}"}
            assert (await client.post(PATH, json=wish)).status_code == 503
    for _ in range(int(BY_REQUEST_AND_ADDRESS.burst)):
        assert (await client.post(PATH, json={**right, "digits": "0000"})).status_code == 404, "all its tries are left"
    assert (await client.post(PATH, json=right)).status_code == 429
    async with at(app, "192.0.2.2") as another:
        assert (await another.post(PATH, json=right)).status_code == 200


async def test_a_strangers_wrong_tries_do_not_shut_the_citizen_out(
    desk: Desk, app: FastAPI, client: httpx.AsyncClient
) -> None:
    number = (await desk.open()).number
    for _ in range(3 * int(BY_REQUEST_AND_ADDRESS.burst)):
        await client.post(PATH, json={"number": number, "digits": "0000"})
    async with at(app, "192.0.2.2") as citizen:
        assert (await citizen.post(PATH, json={"number": number, "digits": "2233"})).status_code == 200


async def test_many_addresses_together_have_few_tries_at_one_request(desk: Desk, app: FastAPI) -> None:
    number = (await desk.open()).number
    tried = 0
    for place in range(100):
        async with at(app, f"198.51.100.{place}") as one:
            tried += (await one.post(PATH, json={"number": number, "digits": "0000"})).status_code == 404
    assert tried == int(BY_REQUEST.burst)


@pytest.fixture
def few_tries_of_a_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is filled up again, however slow this machine is."""
    monkeypatch.setattr(public_status, "BY_SITE", Rate(burst=30, per_s=0.0001))


@pytest.mark.usefixtures("few_tries_of_a_site")  # before the application is made
async def test_the_addresses_of_one_ipv6_site_together_have_not_many_tries(desk: Desk, app: FastAPI) -> None:
    number = (await desk.open()).number
    tried = 0
    for place in range(40):
        async with at(app, f"2001:db8:1:{place:x}::1") as one:
            tried += (await one.post(PATH, json={"code": f"{place:015d}"})).status_code == 404
    assert tried == 30
    async with at(app, "2001:db8:2::1") as citizen:
        assert (await citizen.post(PATH, json={"number": number, "digits": "2233"})).status_code == 200


def test_four_digits_stay_hopeless() -> None:
    """The arithmetic of the module's text."""
    half, day_s = 10_000 / 2, 86_400
    alone, together = BY_REQUEST_AND_ADDRESS.per_s * day_s, BY_REQUEST.per_s * day_s
    assert (round(alone), round(half / alone)) == (48, 104)
    assert (round(together), round(half / together)) == (192, 26)
    assert round((BY_REQUEST.burst + together) / 10_000, 3) == 0.023
    assert (BY_REQUEST.burst / BY_REQUEST_AND_ADDRESS.burst, round(together / alone)) == (8, 4)
    assert round(REMEMBERED * BY_REQUEST.burst / (BY_SITE.per_s * day_s)) == 93


async def test_behind_a_proxy_each_citizen_has_their_own_tries(desk: Desk, app: FastAPI) -> None:
    number = (await desk.open()).number
    right = {"number": number, "digits": "2233"}
    stranger, citizen = {"x-forwarded-for": "203.0.113.9"}, {"x-forwarded-for": "203.0.113.10"}
    async with at(app, "127.0.0.1") as proxy:
        for place in range(BY_ADDRESS_TRIES + 1):
            answer = await proxy.post(PATH, json={"code": f"{place:015d}"}, headers=stranger)
        assert answer.status_code == 429
        assert (await proxy.post(PATH, json=right, headers=citizen)).status_code == 200
    async with at(app, "203.0.113.9") as same:
        answer = await same.post(PATH, json=right, headers={"x-forwarded-for": "203.0.113.10"})
        assert answer.status_code == 429, "who is no proxy is where they are, whatever they say"


async def test_wrong_tries_of_one_address_are_few(desk: Desk, client: httpx.AsyncClient) -> None:
    number = (await desk.open()).number
    for place in range(BY_ADDRESS_TRIES):
        answer = await client.post(PATH, json={"code": f"{place:015d}"})
        assert answer.status_code == 404
    assert (await client.post(PATH, json={"number": number, "digits": "2233"})).status_code == 429


BY_ADDRESS_TRIES = int(BY_ADDRESS.burst)
