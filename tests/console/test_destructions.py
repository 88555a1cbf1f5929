"""The records of destructions, as an administrator and the machine read them."""

import pytest

from console.admin_ports import DestructionQuery
from console.ports import Unavailable
from tests.console.administration import CURSOR
from tests.console.desk import Desk

PATH = "/api/v1/destructions"


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_record_says_what_when_and_by_which_rule(desk: Desk) -> None:
    async with desk.client() as client:
        rule, asked = (await client.get(PATH)).json()
    assert rule == {
        "id": 2, "at": "2025-11-24T16:00:00.000Z", "what": "ticket_person", "kind": "urgent", "count": 7,
        "newer_than": None, "older_than": "2024-11-24T16:00:00.000Z", "days": 365,
        "basis": "Acil başvurular için bir yıl", "erasure": None,
    }  # fmt: skip
    assert (asked["kind"], asked["older_than"], asked["days"], asked["erasure"]) == (None, None, None, 3)
    assert desk.destructions.queries == [DestructionQuery()]


async def test_link_leads_through_all_pages_with_the_same_filters(desk: Desk) -> None:
    async with desk.client() as client:
        first = await client.get(PATH, params={"limit": 1, "since": "2025-11-01T00:00:00+03:00"})
        assert [one["id"] for one in first.json()] == [2]
        rest = await client.get(first.links["next"]["url"])
    assert [one["id"] for one in rest.json()] == [1]
    assert "next" not in rest.links
    since = 1_761_944_400.0
    assert desk.destructions.queries == [
        DestructionQuery(limit=1, since=since),
        DestructionQuery(limit=1, since=since, cursor=CURSOR),
    ]


async def test_until_reaches_the_database(desk: Desk) -> None:
    async with desk.client() as client:
        await client.get(PATH, params={"until": "2025-11-24T16:00:00Z"})
    assert desk.destructions.queries == [DestructionQuery(until=1_764_000_000.0)]


@pytest.mark.parametrize(
    ("query", "key", "allowed"),
    [
        ("cursor=99", "cursor", "what `Link` of the page before says"),
        ("cursor=1-1", "cursor", "what `Link` of the page before says"),
        ("until=yesterday", "until", "an RFC 3339 time with an offset"),
        ("what=recording", "what", ["limit", "cursor", "since", "until"]),
    ],
)
async def test_a_bad_filter_names_key_and_what_is_allowed(
    desk: Desk, query: str, key: str, allowed: str | list[str]
) -> None:
    async with desk.client() as client:
        answer = await client.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["key"]) == (422, key)
    told = answer.json()["allowed"]
    assert told == allowed or str(told).startswith(str(allowed))


async def test_a_database_that_is_away_is_a_503(desk: Desk) -> None:
    desk.broken = Unavailable("the database is away")
    async with desk.client() as client:
        assert (await client.get(PATH)).status_code == 503
