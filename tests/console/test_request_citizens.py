"""The citizen of a request: numbers are masked, and complainants hidden from units."""

from typing import Any

import httpx
import pytest

from agents.people import ROLES
from tests.console.known_people import KnownPeople
from tests.console.roles_at_requests import NUMBER, PATH, client, desk, opened
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.storage.requests.desk import Desk

__all__ = ["client", "desk"]


async def test_what_a_citizen_says_of_an_outcome_is_not_for_who_sees_no_citizen(client: httpx.AsyncClient) -> None:
    number = (await opened(client))["number"]
    path, match = f"{PATH}/{number}", {"If-Match": "*"}
    for state in ("in_progress", "resolved", "told"):
        body = {"to": state, "result": "Asfalt döküldü."}
        await client.post(f"{path}/moves", json=body, headers=AUTH | match)
    scored = {"score": 2, "remark": "Ayşe Teyze'nin kapısı çamur"}
    await client.post(f"{path}/score", json=scored, headers=of_role("lead") | match)
    seen = await client.get(path, headers=of_role("analyst"))
    assert "Ayşe Teyze" not in seen.text
    for steps in (seen.json()["history"], seen.json()["story"]):
        assert [step["detail"]["score"] for step in steps if step["what"] == "score"] == [2], "the figures stay"
    for role in ("lead", "unit"):
        assert (await client.get(path, headers=of_role(role))).text.count("Ayşe Teyze") == 3, "field, history and story"


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_is_shown_a_whole_number_unasked(client: httpx.AsyncClient, role: str) -> None:
    number = (await opened(client))["number"]
    for path in (PATH, f"{PATH}/{number}"):
        answer = await client.get(path, headers=of_role(role))
        assert answer.status_code == 200
        assert NUMBER not in answer.text
        found = answer.json()
        ticket = found[0] if isinstance(found, list) else found
        assert ticket["caller"] == ("•••" if role == "analyst" else "••• 33")
        assert ("Fatma Gizli" in answer.text) == (role != "analyst")
    whole = (await client.get(f"{PATH}/{number}", headers=AUTH)).json()
    assert whole["caller"] == NUMBER  # the machine's own programs need it


async def test_a_change_answers_masked_too(client: httpx.AsyncClient) -> None:
    ticket = await opened(client)
    assert ticket["caller"] == "••• 33"
    headers = of_role("unit") | {"If-Match": "*"}
    answer = await client.post(f"{PATH}/{ticket['number']}/notes", json={"note": "x"}, headers=headers)
    assert (answer.status_code, NUMBER in answer.text) == (200, False)


async def test_each_unmasking_is_recorded_before_it_is_seen(client: httpx.AsyncClient, people: KnownPeople) -> None:
    number = (await opened(client))["number"]
    for role in ROLES:
        answer = await client.get(f"{PATH}/{number.replace('-', '')}/caller", headers=of_role(role))
        if role == "analyst":
            assert answer.status_code == 403
            continue
        body = answer.json()
        assert (body["number"], body["caller"], body["name"]) == (number, NUMBER, "Fatma Gizli")
        assert people.records[-1] == (role, "unmasked", number)
    assert len(people.records) == len(ROLES) - 1
    assert (await client.get(f"{PATH}/26-999999-9/caller", headers=of_role("lead"))).status_code == 404
    assert len(people.records) == len(ROLES) - 1


async def test_a_unit_does_not_learn_who_made_a_report(client: httpx.AsyncClient, people: KnownPeople) -> None:
    topic = "kacak_yapi"
    ticket = await opened(client, topic=topic, text="kaçak kat çıkılıyor")
    number = ticket["number"]
    if ticket["unit"] != "fen_isleri":
        body = {"to": "assigned", "unit": "fen_isleri", "note": "bakın"}
        moved = await client.post(f"{PATH}/{number}/moves", json=body, headers=of_role("inbox") | {"If-Match": "*"})
        assert moved.status_code == 200, moved.text
    for way in ("", "/caller"):
        answer = await client.get(f"{PATH}/{number}{way}", headers=of_role("unit"))
        assert answer.status_code == (403 if way else 200)
        assert NUMBER not in answer.text
        assert "Fatma" not in answer.text
        assert "33" not in str(answer.json().get("caller"))
    assert people.records == []
    assert (await client.get(f"{PATH}/{number}/caller", headers=of_role("inbox"))).json()["caller"] == NUMBER


async def test_a_unit_does_not_learn_that_a_citizen_made_a_report_by_another_request_of_theirs(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    """Neither from a request that follows a report, nor from a report that follows a request."""
    plain = (await opened(client))["number"]
    report = (await opened(client, topic="kacak_yapi", text="kaçak kat"))["number"]
    after_plain, after_report = [(await opened(client, follows=one))["number"] for one in (plain, report)]
    hidden = (await opened(client, topic="kacak_yapi", text="kaçak kat", follows=plain))["number"]
    told = {plain: f"in the call about {report}", after_plain: f"in the call about {plain}"}
    headers = {"If-Match": "*"}
    body = {"to": "assigned", "unit": "fen_isleri", "note": "bakın"}
    moved = await client.post(f"{PATH}/{hidden}/moves", json=body, headers=of_role("inbox") | headers)
    assert moved.json()["unit"] == "fen_isleri", moved.text
    for number, note in told.items():
        await client.post(f"{PATH}/{number}/notes", json={"note": note}, headers=AUTH | headers)

    async def named(number: str, role: str) -> set[str]:
        whole = (await client.get(f"{PATH}/{number}", headers=of_role(role))).text
        return {one for one in (plain, report) if one in whole and one != number}

    for number, shown, whole in (
        (plain, set(), {report}),
        (after_plain, {plain}, {plain}),
        (after_report, set(), {report}),
        (hidden, set(), {plain}),
    ):
        assert (await named(number, "unit"), await named(number, "lead")) == (shown, whole)
    listed = (await client.get(PATH, headers=of_role("unit"))).json()
    assert {one["follows"] for one in listed} == {None}


async def test_a_unit_finds_no_complainant_who_is_hidden_from_it(client: httpx.AsyncClient) -> None:
    """A match would tell who made a report, and so would a Link to a next page."""
    plain = (await opened(client))["number"]
    hidden, agreed = [
        (await opened(client, topic="kacak_yapi", text="kaçak kat", agrees=agrees))["number"]
        for agrees in (False, True)
    ]
    unplaced = (await opened(client, topic=None))["number"]
    for number in (hidden, agreed, unplaced):
        body = {"to": "assigned", "unit": "fen_isleri", "note": "bakın"}
        moved = await client.post(f"{PATH}/{number}/moves", json=body, headers=of_role("inbox") | {"If-Match": "*"})
        assert moved.json()["unit"] == "fen_isleri", moved.text

    async def found(query: str, role: str = "unit") -> set[str]:
        answer = await client.get(f"{PATH}?{query}", headers=of_role(role))
        assert answer.status_code == 200, answer.text
        return {one["number"] for one in answer.json()}

    all_of_them = {plain, hidden, agreed, unplaced}
    for number in ("%2B905321112233", "0532+111+22+33", "905321112233"):
        for order in ("newest", "due"):
            assert await found(f"caller={number}&order={order}") == all_of_them - {hidden}
        assert await found(f"caller={number}", "inbox") == all_of_them
    assert await found("caller=%2B905321112233&topic=kacak_yapi") == {agreed}
    assert await found("caller=%2B905321112233&q=kaçak") == {agreed}
    assert await found("topic=kacak_yapi") == {hidden, agreed}
    assert await found("q=kaçak") == {hidden, agreed}
    assert await found("q=Fatma") == await found("q=905321112233") == set()
    page = await client.get(f"{PATH}?caller=%2B905321112233&topic=kacak_yapi&limit=1", headers=of_role("unit"))
    assert "link" not in page.headers


async def test_a_unit_cannot_bring_a_complainant_to_light_by_a_correction(client: httpx.AsyncClient) -> None:
    number = (await opened(client, topic="kacak_yapi"))["number"]
    body = {"to": "assigned", "unit": "fen_isleri", "note": "bakın"}
    match = {"If-Match": "*"}
    await client.post(f"{PATH}/{number}/moves", json=body, headers=of_role("inbox") | match)

    async def amended(role: str, **values: Any) -> httpx.Response:
        return await client.patch(f"{PATH}/{number}", json=values, headers=of_role(role) | match)

    guesses: list[dict[str, Any]] = [
        {"topic": "asfalt_talebi"}, {"agrees": True}, {"caller": NUMBER}, {"caller": ""}, {"name": "Fatma Gizli"},
    ]  # fmt: skip
    for values in guesses:
        answer = await amended("unit", **values)
        assert (answer.status_code, answer.json()["key"]) == (403, next(iter(values))), answer.text
        assert NUMBER not in answer.text
    assert (await client.get(f"{PATH}/{number}/caller", headers=of_role("unit"))).status_code == 403
    assert (await amended("unit", text="iki kat", address="Işık Sokak 5")).status_code == 200
    assert (await amended("inbox", agrees=True)).status_code == 200
    assert (await amended("unit", topic="asfalt_talebi")).status_code == 200


async def test_a_role_that_sees_no_citizen_finds_none(client: httpx.AsyncClient) -> None:
    await opened(client)
    for query in ("caller=%2B905321112233", "q=Fatma"):
        answer = await client.get(f"{PATH}?{query}", headers=of_role("analyst"))
        assert (answer.status_code, answer.json()["key"]) == (403, query.partition("=")[0])
    found = await client.get(f"{PATH}?caller=%2B905321112233", headers=of_role("lead"))
    assert len(found.json()) == 1


async def test_a_unit_does_not_learn_by_another_systems_number_who_made_a_report(client: httpx.AsyncClient) -> None:
    cimer = {"external_source": "cimer", "external_number": "2405123456"}
    number = (await opened(client, topic="kacak_yapi", **cimer))["number"]
    body = {"to": "assigned", "unit": "fen_isleri", "note": "bakın"}
    await client.post(f"{PATH}/{number}/moves", json=body, headers=of_role("inbox") | {"If-Match": "*"})
    for path in (PATH, f"{PATH}/{number}"):
        assert "2405123456" not in (await client.get(path, headers=of_role("unit"))).text
        assert "2405123456" in (await client.get(path, headers=of_role("inbox"))).text
    assert (await client.get(f"{PATH}?q=2405123456", headers=of_role("unit"))).json() == []
