"""The surge message over HTTP."""

from typing import Any

import httpx
import pytest

from tests.console.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


WISH = {"services": ["request"], "text": {"tr": "Esenkent'te su kesintisi var."}}


async def ask(desk: Desk, method: str, body: Any = None) -> httpx.Response:
    async with desk.client() as client:
        return await client.request(method, "/api/v1/surge", json=body)


async def test_there_is_none_until_it_is_set(desk: Desk) -> None:
    assert (await ask(desk, "GET")).json() is None
    until = "2027-01-01T00:00:00Z"
    answer = await ask(desk, "PUT", {**WISH, "ticket": "26-000123-3", "until": until})
    assert answer.status_code == 200
    assert answer.json() == {
        "id": "surge-1",
        "since": answer.json()["since"],
        "services": ["request"],
        "prompts": {"tr": "/s/tr/message"},
        "ticket": "26-000123-3",
        "until": "2027-01-01T00:00:00.000Z",
        "played": 3,
        "answered": 1,
    }
    [wish] = desk.surge_wishes
    assert (wish["text"], wish["prompt"], wish["until"]) == (WISH["text"], None, 1798761600.0)
    assert (await ask(desk, "GET")).json() == answer.json()
    assert (await ask(desk, "DELETE")).json()["answered"] == 1
    assert (await ask(desk, "DELETE")).json() is None


@pytest.mark.parametrize(
    ("body", "key", "detail"),
    [
        ({"services": ["request"]}, "body", "either text or prompt is needed"),
        ({**WISH, "prompt": "queue_all_busy"}, "body", "either text or prompt is needed"),
        ({**WISH, "services": []}, "services", "not allowed"),
        ({**WISH, "services": ["funeral"]}, "services", "'funeral' is no routine service"),
        ({**WISH, "until": "tomorrow"}, "until", "not allowed"),
        ({**WISH, "message": "x"}, "message", "message: unknown"),
        ({"services": ["request"], "prompt": "../secret"}, "prompt", "not allowed"),
        ({"services": ["request"], "text": {"de": "x"}}, "text.de.[key]", "text.de.[key]"),
    ],
)
async def test_what_is_wrong_is_named(desk: Desk, body: Any, key: str, detail: str) -> None:
    answer = await ask(desk, "PUT", body)
    assert answer.status_code == (409 if "funeral" in detail else 422)
    assert answer.json()["key"] == key
    assert detail in answer.json()["detail"]
    assert desk.surge_wishes == []


async def test_nobody_without_the_token(desk: Desk) -> None:
    async with desk.client(headers={}) as client:
        assert (await client.put("/api/v1/surge", json=WISH)).status_code == 401
    assert desk.surge_wishes == []
