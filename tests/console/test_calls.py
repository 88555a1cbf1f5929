"""`/api/v1/calls` as a list to look in: its filters, its pages, and what each role sees and may look for."""

import re
from typing import Any

import httpx
import pytest

from console.ports import CallQuery
from console.routing import PREFIX
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople
from tests.console.test_access import of_role

PATH = f"{PREFIX}/calls"


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    for n in range(5):
        desk.add_call(f"ast1-1.{n}", agent=f"100{n % 2 + 1}", entered_at=desk.now - 500 + n)
    return desk


async def test_every_filter_reaches_the_database(desk: Desk) -> None:
    query = (
        "limit=7&since=2025-11-25T09:00:00Z&until=2025-11-25T10:00:00Z&class=urgent&outcome=answered"
        "&disposition=existing&agent=1001&service=request&caller=0532%20111%2022%2033"
    )
    async with desk.client(headers={}) as client:
        assert (await client.get(f"{PATH}?{query}", headers=of_role("lead"))).json() == []
    (asked,) = desk.queries
    assert isinstance(asked, CallQuery)
    assert asked.until == (asked.since or 0) + 3600
    assert asked == CallQuery(
        limit=7, since=asked.since, until=asked.until, priority="urgent", outcome="answered", disposition="existing",
        agent="1001", service="request", caller="0532 111 22 33",
    )  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "agent=",
        "agent=10%2001",
        "service=Request",
        "caller=abc",
        "disposition=fine",
        "until=now",
        "cursor=!",
        "day=today",
    ],
)
async def test_a_filter_that_cannot_be_is_refused(desk: Desk, query: str) -> None:
    async with desk.client(headers={}) as client:
        answer = await client.get(f"{PATH}?{query}", headers=of_role("lead"))
    assert answer.status_code == 422
    assert answer.json()["key"] == query.partition("=")[0]
    assert not desk.queries


async def pages(client: httpx.AsyncClient, path: str) -> list[list[dict[str, Any]]]:
    found = []
    while path:
        answer = await client.get(path, headers=of_role("lead"))
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        path = link[1] if link is not None else ""
    return found


async def test_link_leads_to_the_next_page_with_the_same_filters(desk: Desk) -> None:
    async with desk.client(headers={}) as client:
        everything = await pages(client, PATH)
        read = await pages(client, f"{PATH}?limit=2")
        of_one = await pages(client, f"{PATH}?limit=2&agent=1001")
    assert [len(page) for page in read] == [2, 2, 1]
    assert [one for page in read for one in page] == everything[0]
    assert [one["agent"] for page in of_one for one in page] == ["1001"] * 3


@pytest.mark.parametrize(
    ("role", "seen", "status"), [("lead", "••• 33", 200), ("admin", "••• 33", 200), ("analyst", "•••", 403)]
)
async def test_numbers_are_masked_by_role_and_whoever_sees_none_finds_none(
    desk: Desk, role: str, seen: str, status: int
) -> None:
    async with desk.client(headers={}) as client:
        assert {one["caller"] for one in (await client.get(PATH, headers=of_role(role))).json()} == {seen}
        found = await client.get(f"{PATH}?caller=%2B905321112233", headers=of_role(role))
        assert found.status_code == status
        if status == 200:
            assert len(found.json()) == 5
        else:
            assert found.json()["key"] == "caller"


async def test_a_number_is_shown_whole_once_the_audit_says_so(desk: Desk, people: KnownPeople) -> None:
    async with desk.client(headers={}) as client:
        whole = await client.get(f"{PATH}/ast1-1.1/caller", headers=of_role("lead"))
    assert whole.json() == {"caller": "+905321112233"}
    assert people.records == [("lead", "unmasked", "ast1-1.1")]


async def test_a_call_is_told_in_words_of_the_language_that_is_asked_for(desk: Desk, people: KnownPeople) -> None:
    async with desk.client(headers={}) as client:
        silent = (await client.get(f"{PATH}/ast1-1.1", headers=of_role("lead"))).json()
        told = (await client.get(f"{PATH}/ast1-1.1?language=tr", headers=of_role("lead"))).json()
        refused = await client.get(f"{PATH}/ast1-1.1?language=de", headers=of_role("lead"))
    assert silent["why"] is None
    assert [one["text"] for one in told["why"]] == ["call_entered (tr)", "call_stepped (tr)"]
    assert refused.status_code == 422
    assert [note[:2] for note in people.notes] == [("lead", "call_seen")] * 2
