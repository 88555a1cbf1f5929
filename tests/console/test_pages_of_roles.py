"""Every role × every page: a role is led to its own pages alone, and each is allowed what the page begins with."""

import httpx
import pytest

from agents.people import ROLES, Role
from console.page import OF_ROLES, PAGES
from console.routing import PREFIX
from tests.console.desk import Desk
from tests.console.known_people import EXTENSION, KnownPeople
from tests.console.test_access import of_role

BEGINS_WITH = {
    "/desk": ("agents", "town", "articles", "hand-over-targets"),
    "/lead": (
        *("report", "report/plan", "report/why", "abandoned", "calls", "callbacks", "surge", "outbreaks", "town"),
        *("duty-alarms", f"agents/{EXTENSION}/services"),
    ),
    "/articles": ("articles", "town"),
    "/unit": ("town", "tickets?order=due", "tickets/by-district", "notices", "town/map"),
    "/inbox": ("town", "tasks?done=false", "tickets?state=new", "notices"),
    "/report": ("report/requests?days=7", "report/requests.csv?by=unit&days=7"),
    "/admin": ("config", "config/services", "people", "settings", "flow", "prompts", "destructions", "audit"),
    "/wall": ("figures", "queue", "agents"),
    "/phone": (),
}
"""What each page asks for first. The live view is a stream, whose right `tests/console/test_access.py` checks; here its
parts stand for it."""


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    desk.add_agent(EXTENSION)
    return desk


async def led_to(client: httpx.AsyncClient, role: Role) -> list[str]:
    """The pages that the role's session names."""
    answer = await client.get(f"{PREFIX}/session", headers=of_role(role))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["pages"])


def test_every_page_for_people_who_are_signed_in_is_looked_at() -> None:
    assert set(BEGINS_WITH) == set(OF_ROLES) == set(PAGES) - {"/", "/durum"}


@pytest.mark.parametrize("path", sorted(OF_ROLES))
@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_led_to_its_pages_and_allowed_what_they_begin_with(desk: Desk, role: Role, path: str) -> None:
    async with desk.client(headers={}) as client:
        page = await client.get(path, headers={**of_role(role), "accept": "text/html"})
        assert (page.status_code, "text/html" in page.headers["content-type"]) == (200, True), "it says whose it is"
        theirs = path in await led_to(client, role)
        # The agent's desk is for whoever has an extension: this lead has one, this administrator has none.
        at_desk = role in ("agent", "lead")
        assert theirs == (at_desk if path == "/desk" else role in OF_ROLES[path])
        for asked in BEGINS_WITH[path] if theirs else ():
            answer = await client.get(f"{PREFIX}/{asked}", headers=of_role(role))
            assert answer.status_code not in (401, 403), (asked, answer.text)


@pytest.mark.parametrize("path", ["/lead", "/report", "/admin"])
@pytest.mark.parametrize("role", ROLES)
async def test_a_page_is_nobodys_who_is_not_led_to_it(desk: Desk, role: Role, path: str) -> None:
    """The rights of these pages are no one else's: what some other role is allowed of them is not enough to use it."""
    if role in OF_ROLES[path]:
        return
    async with desk.client(headers={}) as client:
        got = [
            (await client.get(f"{PREFIX}/{asked}", headers=of_role(role))).status_code for asked in BEGINS_WITH[path]
        ]
    assert 403 in got
