"""The audit says who looked for a citizen, and who looked at lists of them: once, however often a page reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from agents.audit_words import look_in_words
from console import looks
from console.looks import SAME_LOOK_S, Looks
from console.people_ports import MACHINE, Identity
from console.ports import CallQuery
from console.request_ports import Requests, TicketPage, TicketQuery
from storage.people.audit import WantedEntries
from tests.console.desk import Desk
from tests.console.known_people import SOUGHT, KnownPeople, identity, token_for
from tests.console.request_records import FewRequests
from tests.console.signing_in import NERMIN, House, sign_in
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.databases import new_database

Entry = tuple[str, str, str, dict[str, Any]]
NUMBER = "0532 111 22 33"
ABOUT = SOUGHT.by_number(NUMBER)


class Noting(KnownPeople):
    """Keeps all of an entry."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def note(self, identity: Identity, action: str, about: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Keep it."""
        self.entries.append((identity.who, action, about, dict(detail or {})))


@pytest.fixture
def people() -> Noting:
    return Noting()


class WithTasks(FewRequests):
    """Of tasks there are none."""

    async def tasks(self, **_: object) -> list[Any]:
        """As `Requests.tasks`."""
        return []


@pytest.fixture
def desk(people: Noting) -> Desk:
    desk = Desk()
    desk.requests = cast(Requests, WithTasks(desk))
    desk.people = people
    desk.add_call("ast1-1.1")
    desk.ticket_records.append(
        {"number": "26-000001-9", "service": "request", "state": "assigned", "opened_at": desk.now, "caller": "••• 33"}
    )
    return desk


async def read(client: httpx.AsyncClient, path: str, role: str = "inbox", **query: str) -> None:
    answer = await client.get(f"/api/v1/{path}", params=query, headers=of_role(role))
    assert answer.status_code == 200, answer.text


async def test_a_search_by_number_says_whom_without_the_number(desk: Desk, people: Noting) -> None:
    async with desk.client(headers={}) as client:
        await read(client, "tickets", caller=NUMBER, state="assigned")
        await read(client, "calls", "lead", caller="+905321112233", outcome="answered")
        await read(client, "tickets", "lead", q="05321112233")
    assert people.entries == [
        ("inbox", "tickets_searched", ABOUT, {"caller": "••• 33", "filters": {"state": "assigned"}, "shown": 1}),
        ("lead", "calls_searched", ABOUT, {"caller": "••• 33", "filters": {"outcome": "answered"}, "shown": 1}),
        ("lead", "tickets_searched", ABOUT, {"caller": "••• 33", "shown": 1}),
    ]
    assert "1112233" not in str(people.entries)


async def test_a_search_by_words_has_no_word_and_one_by_number_the_request(desk: Desk, people: Noting) -> None:
    async with desk.client(headers={}) as client:
        await read(client, "tickets", q="Ayşe Yılmaz", unit="fen_isleri")
        await read(client, "tickets", q="2.6.000001-9")
    assert people.entries == [
        ("inbox", "tickets_searched", SOUGHT.by_text("yılmaz ayşe"),
         {"words": 2, "filters": {"unit": "fen_isleri"}, "shown": 1}),
        ("inbox", "tickets_searched", "26-000001-9", {"shown": 1}),
    ]  # fmt: skip
    assert "Ay" not in str(people.entries)


async def test_a_search_for_a_number_and_words_is_one_for_each(desk: Desk, people: Noting) -> None:
    async with desk.client(headers={}) as client:
        await read(client, "tickets", caller=NUMBER, q="çukur")
    assert [about for _, _, about, _ in people.entries] == [ABOUT, SOUGHT.by_text("çukur")]


async def test_a_page_that_reads_its_lists_again_and_again_has_looked_once(desk: Desk, people: Noting) -> None:
    lists: tuple[tuple[str, dict[str, str]], ...] = (
        ("tickets", {"open": "true", "order": "due"}), ("tickets", {"q": "çukur"}), ("calls", {"class": "urgent"}),
        ("tasks", {}), ("tasks", {"done": "true"}), ("abandoned", {"day": "2025-11-24"}), ("callbacks", {}),
    )  # fmt: skip
    async with desk.client(headers={}) as client:
        for _ in range(4):
            for path, query in lists:
                await read(client, path, "lead", **query)
    assert [(action, detail.get("filters")) for _, action, _, detail in people.entries] == [
        ("tickets_listed", {"open": True}),
        ("tickets_searched", None),
        ("calls_listed", {"class": "urgent"}),
        ("tasks_listed", {"done": False}),
        ("tasks_listed", {"done": True}),
        ("abandoned_listed", {"day": "2025-11-24"}),
        ("callbacks_listed", None),
    ]


async def test_what_is_refused_or_not_found_is_no_look(desk: Desk, people: Noting) -> None:
    async with desk.client(headers={}) as client:
        for path in ("calls?caller=05321112233", "tickets?caller=x", "calls?limit=0"):
            answer = await client.get(f"/api/v1/{path}", headers=of_role("analyst"))
            assert answer.status_code in (403, 422)
        assert (await client.get("/api/v1/tickets", headers={})).status_code == 401
    assert people.entries == []


async def test_the_machine_is_named_where_it_looks_for_somebody_and_not_at_a_list(desk: Desk, people: Noting) -> None:
    async with desk.client(headers=AUTH) as client:
        for path in ("tickets", "calls", "tasks", "callbacks", "abandoned", f"calls?caller={NUMBER}"):
            assert (await client.get(f"/api/v1/{path}")).status_code == 200
    assert [entry[:3] for entry in people.entries] == [("token", "calls_searched", ABOUT)]


async def test_a_program_is_named_by_its_token(desk: Desk, people: Noting) -> None:
    headers = {"Authorization": f"Bearer {token_for('tickets')}"}
    async with desk.client(headers=headers) as client:
        for _ in range(3):
            assert (await client.get("/api/v1/tickets", params={"q": NUMBER})).status_code == 200
    assert [entry[:3] for entry in people.entries] == [("token:tickets", "tickets_searched", ABOUT)]


# --- when a look is another one

LEAD = identity("lead")
PROGRAM = Identity(who="token:crm", role="inbox", kind="token")


class Clock:
    """Set by a test."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def page(shown: int, after: str = "") -> TicketPage:
    return TicketPage(records=[{}] * shown, next=after)


def test_a_look_is_another_one_after_a_pause_and_for_another_session() -> None:
    people, clock = Noting(), Clock()
    taken = Looks(people, clock)
    for _ in range(8):  # as long as it goes on
        taken.at_requests(LEAD, TicketQuery(query="çukur"), page(1))
        clock.now += SAME_LOOK_S - 1
    assert len(people.entries) == 1
    clock.now += 2
    taken.at_requests(LEAD, TicketQuery(query="çukur"), page(1))
    assert len(people.entries) == 2
    taken.at_requests(identity("inbox"), TicketQuery(query="çukur"), page(1))
    assert [who for who, *_ in people.entries] == ["lead", "lead", "inbox"]


def test_each_further_page_that_a_person_turns_to_is_a_look_and_a_programs_are_one() -> None:
    people = Noting()
    taken = Looks(people, Clock())
    for who in (LEAD, PROGRAM):
        for cursor, following in (("", "a"), ("a", "b"), ("b", ""), ("", "a")):
            taken.at_requests(who, TicketQuery(cursor=cursor), page(100, following))
    assert [(who, detail) for who, _, _, detail in people.entries] == [
        ("lead", {"more": True, "shown": 100}),
        ("lead", {"later": True, "more": True, "shown": 100}),
        ("lead", {"later": True, "shown": 100}),
        ("token:crm", {"more": True, "shown": 100}),
    ]


def test_a_longer_list_is_another_look_and_another_span_is_none() -> None:
    people = Noting()
    taken = Looks(people, Clock())
    for limit, since in ((50, None), (100, None), (100, 5.0), (100, 6.0)):
        taken.at_requests(LEAD, TicketQuery(limit=limit, since=since), page(limit))
    assert [detail["shown"] for *_, detail in people.entries] == [50, 100]


def test_each_span_of_calls_is_a_look_of_its_own() -> None:
    people = Noting()
    taken = Looks(people, Clock())
    for since, until in ((0.0, 10.0), (10.0, 20.0), (0.0, 10.0)):
        taken.at_calls(LEAD, CallQuery(since=since, until=until), page(7))
    assert [who for who, *_ in people.entries] == ["lead", "lead"]


def test_looks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "KEPT", 10)
    taken = Looks(Noting(), Clock())
    for number in range(50):
        taken.at_requests(MACHINE, TicketQuery(caller=f"05321112{number:03}"), page(0))
    assert len(taken._taken) == 10


def test_same_right_after_a_change_of_the_password_is_the_same_session() -> None:
    people = Noting()
    taken = Looks(people, Clock())
    for csrf in ("before", "after"):
        who = Identity(who="lead", role="lead", kind="session", csrf=csrf, right="session:first")
        taken.listed(who, "tasks_listed", 3)
    assert len(people.entries) == 1


def test_a_look_in_words() -> None:
    filters = {"unit": "fen_isleri", "open": True}
    detail = {"caller": "••• 33", "filters": filters, "later": True, "more": True, "shown": 7}
    assert look_in_words(detail, "en") == (
        "number ••• 33; unit fen_isleri; open yes; a later page; 7 shown; there are more"
    )
    assert look_in_words(detail, "tr") == (
        "numara ••• 33; birim fen_isleri; açık evet; sonraki sayfa; 7 kayıt gösterildi; devamı var"
    )
    assert look_in_words({"words": 2, "shown": 0}, "tr") == "2 sözcük; 0 kayıt gösterildi"
    assert look_in_words({"role": "lead"}, "en") == ""


# --- whoever looked for a citizen is found


async def test_the_audit_is_asked_who_looked_for_a_citizen_and_has_that_too(desk: Desk, people: Noting) -> None:
    async with desk.client(headers={}) as client:
        await read(client, "audit", "admin", sought=NUMBER)
        await read(client, "audit", "admin", sought="Ayşe Yılmaz")
        both = await client.get("/api/v1/audit", params={"sought": NUMBER, "about": "b"}, headers=of_role("admin"))
        none = await client.get("/api/v1/audit", params={"sought": " … "}, headers=of_role("admin"))
    for answer in (both, none):
        assert (answer.status_code, answer.json()["key"], answer.json()["value"]) == (422, "sought", None)
    assert [query.about for query in desk.audit.queries] == [ABOUT, SOUGHT.by_text("Ayşe Yılmaz")]
    assert [entry[:3] for entry in people.entries] == [
        ("admin", "audit_seen", ABOUT),
        ("admin", "audit_seen", SOUGHT.by_text("Ayşe Yılmaz")),
    ]


async def test_a_search_is_found_again_by_a_real_desk(tmp_path: Path) -> None:
    """The key comes from the desk's secret; the database has neither the number nor the words."""
    database = await new_database("sqlite", None, tmp_path)
    house = House(database)
    await house.stores.people.add(NERMIN)
    house.desk.add_call("ast1-1.1")
    async with house.browser() as client:
        assert (await sign_in(client)).status_code == 200
        for _ in range(3):
            assert (await client.get("/api/v1/calls", params={"caller": NUMBER})).status_code == 200
            assert (await client.get("/api/v1/tickets", params={"q": "Ayşe Yılmaz"})).status_code == 200
    assert [action for _, action, _ in await house.audit()] == ["signed_in", "calls_searched", "tickets_searched"]
    for sought, action in (("+90 532 1112233", "calls_searched"), ("yılmaz ayşe", "tickets_searched")):
        found = await house.stores.audit.page(WantedEntries(about=house.people.sought(sought)))
        assert [(one["who"], one["action"]) for one in found.records] == [("nermin", action)]
    whole = await house.stores.audit.page(WantedEntries())
    assert "1112233" not in str(whole.records)
    assert "Ay" not in str(whole.records)
    await database.close()
