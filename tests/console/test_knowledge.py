"""The knowledge base over the API, on both databases."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.knowledge import DeskArticles
from console.ports import Unavailable
from storage.database import Database
from storage.requests.knowledge_base import KnowledgeBase
from tests.console.desk import Desk as Console
from tests.console.test_access import of_role
from tests.storage.conftest import database
from tests.tickets.life import MONDAY, RULES

__all__ = ["database"]

PATH = "/api/v1/articles"
LAMP: dict[str, Any] = {"title": "Sokak lambası", "text": "**186**", "topic": "sokak_lambasi", "words": "ışık"}


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    base = KnowledgeBase(database, lambda: RULES, lambda: MONDAY)
    console = Console()
    console.articles = DeskArticles(cast(Records, SimpleNamespace(articles=base)))
    async with console.client(console.app(timeout_s=30)) as made:
        yield made


async def test_an_article_from_its_first_word_to_its_withdrawal(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json=LAMP | {"valid_until": "2026-05-31"})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (answer.headers["location"], answer.headers["etag"]) == (f"{PATH}/{made['id']}", '"1"')
    assert made == {
        **LAMP, "id": made["id"], "key": None, "language": "tr", "valid_until": "2026-05-31", "stale": True,
        "withdrawn": False, "version": 1, "updated_at": "2026-06-01T07:00:00.000Z", "who": "token",
    }  # fmt: skip
    found = await client.get(PATH, params={"q": "isik", "language": "tr"})
    assert found.json() == [made]
    assert (await client.get(PATH, params={"stale": "false"})).json() == []
    one = f"{PATH}/{made['id']}"
    put = await client.put(one, json=LAMP, headers={"if-match": '"1"'})
    assert (put.status_code, put.headers["etag"], put.json()["stale"]) == (200, '"2"', False)
    assert (await client.get(one)).json() == put.json()
    versions = (await client.get(f"{one}/versions")).json()
    assert [(row["version"], row["valid_until"]) for row in versions] == [(2, None), (1, "2026-05-31")]
    gone = await client.put(one, json=LAMP | {"withdrawn": True}, headers={"if-match": '"2"'})
    assert gone.json()["withdrawn"] is True
    assert (await client.get(PATH, params={"topic": "sokak_lambasi"})).json() == []


async def test_what_is_refused_names_its_key(client: httpx.AsyncClient) -> None:
    made = (await client.post(PATH, json=LAMP | {"key": "lamp"})).json()
    there, nowhere = f"{PATH}/{made['id']}", f"{PATH}/{made['id'] + 9}"
    cases: list[tuple[str, str, dict[str, str], Any, tuple[int, str]]] = [
        ("PUT", there, {}, LAMP, (428, "if-match")),
        ("PUT", there, {"if-match": '"7"'}, LAMP, (412, "if-match")),
        ("PUT", there, {"if-match": "7"}, LAMP, (422, "if-match")),
        ("PUT", nowhere, {"if-match": "*"}, LAMP, (404, "article")),
        ("GET", nowhere, {}, None, (404, "article")),
        ("GET", f"{nowhere}/versions", {}, None, (404, "article")),
        ("POST", PATH, {}, {"title": "a"}, (422, "text")),
        ("POST", PATH, {}, LAMP | {"html": "<b>"}, (422, "html")),
        ("POST", PATH, {}, LAMP | {"topic": "taxes"}, (422, "topic")),
        ("POST", PATH, {}, LAMP | {"valid_until": "soon"}, (422, "valid_until")),
        ("POST", PATH, {}, LAMP | {"language": "de"}, (422, "language")),
        ("POST", PATH, {}, LAMP | {"title": " "}, (422, "title")),
        ("POST", PATH, {}, LAMP | {"key": "lamp"}, (409, "key")),
    ]
    for method, target, headers, body, expected in cases:
        answer = await client.request(method, target, headers=headers, json=body)
        assert (answer.status_code, answer.json()["key"]) == expected, answer.text
        if answer.status_code == 412:
            assert (answer.headers["etag"], answer.json()["allowed"]) == ('"1"', '"1"')
    assert (await client.get(there)).json() == made


async def test_agents_read_and_leads_write_each_write_once(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await client.post(PATH, json=LAMP, headers={"idempotency-key": "a"})
        assert answer.status_code == 201
    made = answer.json()
    one = f"{PATH}/{made['id']}"
    other = await client.post(PATH, json=LAMP | {"text": "başka"}, headers={"idempotency-key": "a"})
    assert (other.status_code, other.json()["key"], other.json()["value"]) == (422, "idempotency-key", str(made["id"]))
    client.headers.pop("authorization")
    for role, status in (("agent", 403), ("inbox", 403), ("lead", 200)):
        assert (await client.get(PATH, headers=of_role(role))).json() == [made]
        put = await client.put(one, json=LAMP | {"text": role}, headers=of_role(role) | {"if-match": "*"})
        assert put.status_code == status, role
    assert (await client.get(one, headers=of_role("agent"))).json()["who"] == "lead"


async def test_a_database_that_is_away_is_told_of() -> None:
    class Away:
        @property
        def articles(self) -> KnowledgeBase:
            raise Unavailable("the database does not serve yet")

    console = Console()
    console.articles = DeskArticles(cast(Records, Away()))
    async with console.client() as client:
        answer = await client.get(PATH)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
