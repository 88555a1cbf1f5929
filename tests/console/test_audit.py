"""The audit, as an administrator and the machine read it, and what it says of their reading."""

from collections.abc import Mapping
from typing import Any

import pytest

from agents.audit_actions import AUDIT_ACTIONS
from agents.people import USER_ALLOWED
from console.access import TABLE
from console.admin_ports import AuditQuery
from console.people_ports import Identity
from console.ports import Unavailable
from tests.console.administration import CURSOR
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople, token_for
from tests.console.test_access import of_role
from tests.console.tokens import AUTH

PATH = "/api/v1/audit"
ADMIN = of_role("admin")


class Noting(KnownPeople):
    """Keeps the details too."""

    def __init__(self) -> None:
        super().__init__()
        self.details: list[tuple[str, dict[str, Any]]] = []

    def note(self, identity: Identity, action: str, about: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Keep it."""
        super().note(identity, action, about, detail)
        self.details.append((about, dict(detail or {})))


@pytest.fixture
def people() -> Noting:
    return Noting()


@pytest.fixture
def desk(people: Noting) -> Desk:
    desk = Desk()
    desk.people = people
    return desk


async def test_a_record_says_when_who_what_and_about_what(desk: Desk) -> None:
    async with desk.client(headers=ADMIN) as client:
        first, old = (await client.get(PATH)).json()
    assert first == {
        "id": 2, "at": "2025-11-24T16:00:00.000Z", "who": "lead", "role": "lead", "action": "unmasked",
        "about": "26-000123-3", "detail": {},
    }  # fmt: skip
    assert (old["action"], old["detail"]) == ("of_an_earlier_version", {"role": "lead"})
    assert desk.audit.queries == [AuditQuery()]


async def test_every_filter_reaches_the_database_and_link_keeps_it(desk: Desk) -> None:
    asked = {
        "limit": "1", "who": "token:crm", "about": "2.6.0001233", "what": "unmasked",
        "since": "2025-11-01T00:00:00+03:00", "until": "2025-11-24T16:00:00Z",
    }  # fmt: skip
    async with desk.client(headers=ADMIN) as client:
        first = await client.get(PATH, params=asked)
        assert [one["id"] for one in first.json()] == [2]
        rest = await client.get(first.links["next"]["url"])
    assert [one["id"] for one in rest.json()] == [1]
    assert "next" not in rest.links
    query = AuditQuery(
        limit=1, who="token:crm", about="2.6.0001233", what="unmasked", since=1_761_944_400.0, until=1_764_000_000.0
    )
    assert desk.audit.queries[0] == query
    assert (desk.audit.queries[1].cursor, desk.audit.queries[1].what) == (CURSOR, "unmasked")


WHO = f"a user, or token: and a program's name; {USER_ALLOWED}"
ABOUT = "an id, such as 26-000123-3 or a user"


@pytest.mark.parametrize(
    ("query", "key", "value", "allowed"),
    [
        ("who=Nermin+Kaya", "who", "Nermin Kaya", WHO),
        ("who=Nermin", "who", "Nermin", WHO),
        ("who=", "who", "", WHO),
        ("who=token:", "who", "token:", WHO),
        ("who=" + "x" * 65, "who", "x" * 65, WHO),
        ("about=%20", "about", " ", ABOUT),
        ("about=a%00b", "about", "a\0b", ABOUT),
        ("about=" + "x" * 129, "about", "x" * 129, ABOUT),
        ("what=seen", "what", "seen", list(AUDIT_ACTIONS)),
        ("cursor=99", "cursor", "99", "what `Link` of the page before says"),
        ("cursor=1-1", "cursor", None, "what `Link` of the page before says"),
        ("limit=0", "limit", "0", "a whole number from 1 to 1000"),
        ("user=lead", "user", "lead", ["limit", "cursor", "who", "about", "sought", "what", "since", "until"]),
    ],
)
async def test_a_bad_filter_names_key_value_and_what_is_allowed(
    desk: Desk, people: Noting, query: str, key: str, value: str | None, allowed: str | list[str]
) -> None:
    async with desk.client(headers=ADMIN) as client:
        answer = await client.get(f"{PATH}?{query}")
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (told["key"], told.get("value"), told["allowed"]) == (key, value, allowed)
    assert people.notes == [], "nothing was seen"


@pytest.mark.parametrize("name", ["since", "until"])
async def test_a_time_without_an_offset_is_refused(desk: Desk, name: str) -> None:
    async with desk.client(headers=ADMIN) as client:
        answer = await client.get(PATH, params={name: "2025-11-24"})
    assert (answer.status_code, answer.json()["key"]) == (422, name)
    assert answer.json()["allowed"].startswith("an RFC 3339 time with an offset")


async def test_reading_it_is_in_it(desk: Desk, people: Noting) -> None:
    async with desk.client(headers=ADMIN) as client:
        await client.get(PATH)
        await client.get(PATH, params={"about": "2.6.0001233", "what": "unmasked"})
        await client.get(PATH, params={"who": "lead"})
    assert people.notes == [
        ("admin", "audit_seen", ""),
        ("admin", "audit_seen", "26-000123-3"),
        ("admin", "audit_seen", ""),
    ]
    assert [detail for _, detail in people.details] == [{}, {"what": "unmasked"}, {"who": "lead"}]


async def test_what_was_typed_and_not_found_is_not_in_it(desk: Desk, people: Noting) -> None:
    """It may be anything, also a citizen's number."""
    desk.audit.records.clear()
    async with desk.client(headers=ADMIN) as client:
        assert (await client.get(PATH, params={"about": "05321112233", "who": "05321112233"})).json() == []
    assert people.details == [("", {})]


async def test_the_machine_reads_it_and_a_program_does_not(desk: Desk, people: Noting) -> None:
    async with desk.client(headers=AUTH) as client:
        assert (await client.get(PATH)).status_code == 200
    assert people.notes == [], "as of every reading by the machine"
    async with desk.client(headers={"authorization": f"Bearer {token_for('calls')}"}) as client:
        answer = await client.get(PATH)
    assert (answer.status_code, answer.json()["key"]) == (403, "scope")


async def test_a_database_that_is_away_is_a_503(desk: Desk, people: Noting) -> None:
    async with desk.client(headers=ADMIN) as client:
        desk.broken = Unavailable("the database is away")
        assert (await client.get(PATH)).status_code == 503
    assert people.notes == []


def test_what_the_table_of_rights_says_can_be_filtered_by() -> None:
    assert {rule.audit for rule in TABLE.values()} - {""} <= set(AUDIT_ACTIONS)
    assert len(set(AUDIT_ACTIONS)) == len(AUDIT_ACTIONS)
