"""Questions to the API, and what it promised to answer."""

from typing import Any

import httpx
import pytest

from tests.console.desk import Desk

CONTRACT = {
    *("id", "caller", "service", "class", "outcome", "agent", "entered_at", "answered_at", "ended_at", "wait_s"),
    *("answer_delay_s", "within_target", "ring_s", "talk_s", "wrapup_s", "hangup_by", "node"),
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def get(desk: Desk, path: str, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
    async with desk.client(desk.app(**options), headers) as client:
        return await client.get(path)


async def post(desk: Desk, path: str, **content: Any) -> httpx.Response:
    async with desk.client() as client:
        return await client.post(path, **content)


def first(answer: httpx.Response) -> tuple[int, str, Any, Any]:
    """Status, key, value and what is allowed, of an answer that must be a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    return answer.status_code, body.get("key"), body.get("value"), body.get("allowed")
