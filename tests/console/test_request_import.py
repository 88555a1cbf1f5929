"""Rows of another system's table over the API: judged by the rules of any opening, each written once."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from console.middleware import MAX_BODY, MAX_FILE, body_limit
from console.people_ports import Identity
from console.request_import import MOST_ROWS
from storage.database import Database
from storage.requests.attachments import Attachments
from tests.console.desk import Desk as Console
from tests.console.known_people import KnownPeople
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.databases import new_database
from tests.storage.requests.desk import Desk
from tests.tickets.life import RULES
from tickets.importing import COLUMNS

PATH = "/api/v1/tickets/import"
ROW = {
    "reference": "B-1",
    "opened_at": "29.05.2026 16:00",
    "topic": "Asfalt ve yol yapımı",
    "district": "ESENKENT Mah.",
    "address": "Işık Sokak",
    "caller": "0532 111 22 33",
    "name": "Fatma Gizli",
    "text": "Asfalt yok",
    "source": "e_belediye",
}


class Noting(KnownPeople):
    """People whose audit is kept with its details."""

    def __init__(self) -> None:
        super().__init__()
        self.details: list[tuple[str, str, str, dict[str, Any]]] = []

    def note(self, identity: Identity, action: str, about: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Keep it."""
        self.details.append((identity.who, action, about, dict(detail or {})))


@pytest.fixture
def people() -> Noting:
    return Noting()


@pytest.fixture
async def client(tmp_path: Path, people: Noting) -> AsyncIterator[httpx.AsyncClient]:
    database: Database = await new_database("sqlite", None, tmp_path)
    desk = Desk(database)
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks)
    console = Console()
    console.people = people
    services: Any = {"request": "routine", "funeral": "urgent"}
    files = Attachments(tmp_path / "files", tmp_path / "key")
    console.requests = DeskRequests(cast(Records, parts), lambda: services, files, lambda: desk.rules.town)
    async with console.client(console.app(timeout_s=30)) as made:
        yield made
    await database.close()


async def sent(client: httpx.AsyncClient, *rows: dict[str, str], **body: Any) -> list[dict[str, Any]]:
    given = [{"line": line, "values": row} for line, row in enumerate(rows, 2)]
    answer = await client.post(PATH, json={"rows": given, **body})
    assert answer.status_code == 200, answer.text
    return cast(list[dict[str, Any]], answer.json())


async def fault(client: httpx.AsyncClient, **values: str) -> list[dict[str, str]]:
    """What is wrong with a row with these values."""
    (found,) = await sent(client, {**ROW, **values})
    assert (found["result"], found["number"]) == ("refused", None), found
    assert (await client.get("/api/v1/tickets")).json() == []
    return cast(list[dict[str, str]], found["refused"])


async def test_a_row_as_a_spreadsheet_writes_it_becomes_a_request(client: httpx.AsyncClient) -> None:
    (found,) = await sent(client, ROW, file="mayis.csv", user="ayse")
    assert (found["line"], found["result"], found["refused"]) == (2, "opened", [])
    ticket = (await client.get(f"/api/v1/tickets/{found['number']}")).json()
    expected = {"topic": "asfalt_talebi", "district": "esenkent", "address": "Işık Sokak", "channel": "e_belediye"}
    expected |= {"caller": "05321112233", "name": "Fatma Gizli", "text": "Asfalt yok", "service": "request"}
    assert {name: ticket[name] for name in expected} == expected
    assert ticket["opened_at"] == "2026-05-29T13:00:00.000Z"
    first = ticket["history"][0]
    assert (first["what"], first["role"], first["who"]) == ("import", "admin", "token")
    assert first["detail"] == {"source": "e_belediye", "reference": "B-1", "file": "mayis.csv", "user": "ayse"}


async def test_an_application_by_law_4982_says_so_in_a_column(client: httpx.AsyncClient) -> None:
    rows = [{**ROW, "kind": "cimer", "reference": word, "information": word} for word in ("Evet", "hayır")]
    clocks = []
    for found in await sent(client, *rows):
        ticket = (await client.get(f"/api/v1/tickets/{found['number']}")).json()
        clocks.append((ticket["clock"]["rule"], ticket["fields"]))
    assert clocks == [("cimer_information", {"information": True}), ("cimer", {})]


async def test_an_application_for_information_that_came_by_mail_is_imported(client: httpx.AsyncClient) -> None:
    row = {**ROW, "source": "email", "topic": "", "kind": "information"}
    (found,) = await sent(client, row)
    assert (found["result"], found["refused"]) == ("opened", [])
    ticket = (await client.get(f"/api/v1/tickets/{found['number']}")).json()
    assert (ticket["kind"], ticket["channel"], ticket["clock"]["rule"]) == ("information", "email", "information")


async def test_rows_may_share_source_and_service(client: httpx.AsyncClient) -> None:
    row = {name: value for name, value in ROW.items() if name not in ("source", "topic")}
    (found,) = await sent(client, row, source="cimer", service="funeral", rings_duty=True)
    ticket = (await client.get(f"/api/v1/tickets/{found['number']}")).json()
    assert (ticket["channel"], ticket["service"], ticket["class"], ticket["kind"]) == (
        *("cimer", "funeral", "urgent", "urgent"),
    )


@pytest.mark.parametrize(
    ("values", "key", "value"),
    [
        ({"reference": " "}, "reference", ""),
        ({"source": ""}, "source", ""),
        ({"source": "CİMER"}, "source", "CİMER"),
        ({"opened_at": ""}, "opened_at", ""),
        ({"opened_at": "dün"}, "opened_at", "dün"),
        ({"opened_at": "2199-01-01"}, "opened_at", "2199-01-01 00:00:00+03:00"),
        ({"topic": "uzay"}, "topic", "uzay"),
        ({"topic": "Uzay yolu"}, "topic", "Uzay yolu"),
        ({"district": "paris"}, "district", "paris"),
        ({"district": "Paris'in dışı"}, "district", "Paris'in dışı"),
        ({"kind": "Dilek"}, "kind", "Dilek"),
        ({"kind": "dilek"}, "kind", "dilek"),
        ({"information": "belki"}, "information", "belki"),
        ({"information": "evet"}, "information", "evet"),  # of a request, which has no such limit
        ({"service": "uzay"}, "service", "uzay"),
        ({"service": "Uzay"}, "service", "Uzay"),
        ({"caller": "5,32E+09"}, "caller", "5,32E+09"),
        ({"caller": "0" * 33}, "caller", "0" * 33),
        ({"caller": "()"}, "caller", "()"),
        ({"caller": "--"}, "caller", "--"),
        ({"caller": "0532 111 22 33 / 0212 555 12 34"}, "caller", "0532 111 22 33 / 0212 555 12 34"),
        ({"name": "x" * 501}, "name", "x" * 60 + "…"),
        ({"address": "x" * 501}, "address", "x" * 60 + "…"),
        ({"text": "x" * 4001}, "text", "x" * 60 + "…"),
        ({"text": "x" * 8001}, "text", "x" * 60 + "…"),
        ({"unit": "fen_isleri"}, "unit", ""),
        ({"topic": "rogar_kapagi"}, "topic", "rogar_kapagi"),
    ],
)
async def test_a_faulty_row_names_key_value_and_what_is_allowed(
    client: httpx.AsyncClient, values: dict[str, str], key: str, value: str
) -> None:
    (only,) = await fault(client, **values)
    assert (only["key"], only["value"]) == (key, value)
    assert len(only["allowed"]) > 10


async def test_every_fault_of_a_row_is_told(client: httpx.AsyncClient) -> None:
    found = await fault(client, reference="", source="x y", opened_at="-", caller="Ahmet", topic="Uzay yolu")
    assert [one["key"] for one in found] == ["source", "reference", "opened_at", "topic", "caller"]


async def test_rows_whose_shape_is_wrong_leave_the_others_unwritten_too(client: httpx.AsyncClient) -> None:
    rows = [{**ROW, "reference": "B-2"}, {**ROW, "caller": "Ahmet"}, {**ROW, "reference": "B-3", "service": "uzay"}]
    assert [one["result"] for one in await sent(client, *rows)] == ["not_written", "refused", "refused"]
    assert (await client.get("/api/v1/tickets")).json() == []
    assert [one["result"] for one in await sent(client, *rows, skip_faulty=True)] == ["opened", "refused", "refused"]
    assert [one["result"] for one in await sent(client, *rows, check=True)] == ["already", "refused", "refused"]


async def test_a_service_that_is_not_there_leaves_the_others_unwritten_too(client: httpx.AsyncClient) -> None:
    rows = [ROW, {**ROW, "reference": "B-3", "service": "uzay"}]
    assert [one["result"] for one in await sent(client, *rows)] == ["not_written", "refused"]
    assert (await client.get("/api/v1/tickets")).json() == []


async def test_a_check_writes_nothing(client: httpx.AsyncClient) -> None:
    assert [one["result"] for one in await sent(client, ROW, check=True)] == ["not_written"]
    assert [one["result"] for one in await sent(client, ROW, check=True, skip_faulty=True)] == ["not_written"]
    assert (await client.get("/api/v1/tickets")).json() == []


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "rows"),
        ({"rows": []}, "rows"),
        ({"rows": [{"values": ROW}] * (MOST_ROWS + 1)}, "rows"),
        ({"rows": [{"values": ROW, "number": "26-000001-9"}]}, "rows.0.number"),
        ({"rows": [{"values": ROW}], "service": "Uzay"}, "service"),
        ({"rows": [{"values": ROW}], "unit": "x"}, "unit"),
    ],
)
async def test_a_body_of_another_shape(client: httpx.AsyncClient, body: dict[str, Any], key: str) -> None:
    answer = await client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["key"]) == (422, key)


def test_a_batch_may_be_as_large_as_a_file() -> None:
    assert body_limit(PATH) == MAX_FILE
    assert body_limit(f"{PATH}s") == MAX_BODY


def test_what_is_allowed_names_every_column() -> None:
    assert set(ROW) | {"service", "kind", "information"} == set(COLUMNS)


async def test_a_person_is_named_as_who_they_are_and_the_audit_counts(
    client: httpx.AsyncClient, people: Noting
) -> None:
    body = {"rows": [{"values": ROW}], "user": "someone_else", "source": "e_belediye"}
    del client.headers["authorization"]
    answer = await client.post(PATH, json=body, headers=of_role("inbox"))
    assert answer.status_code == 200, answer.text
    number = answer.json()[0]["number"]
    first = (await client.get(f"/api/v1/tickets/{number}", headers=AUTH)).json()["history"][0]
    assert (first["role"], first["who"], "user" in first["detail"]) == ("inbox", "inbox", False)
    imports = [one for one in people.details if one[1] == "tickets_imported"]
    assert imports == [("inbox", "tickets_imported", "e_belediye", {"opened": 1, "already": 0, "refused": 0})]


def test_the_town_has_the_names_of_these_rows() -> None:
    assert RULES.town.topics["asfalt_talebi"].tr == ROW["topic"]
