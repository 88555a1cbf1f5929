"""What an agent sees of a caller, and the data of their form."""

from typing import Any

import httpx
import pytest

from console.ports import CallQuery, Unavailable
from console.request_ports import TicketQuery
from console.routing import PREFIX
from console.views import rfc3339
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.tickets.towns import town_with

CALL = "ast1-7.1"
NUMBER = "+905321112233"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.people = KnownPeople()
    desk.up[CALL] = {
        "id": CALL, "caller": NUMBER, "service": "funeral", "class": "urgent", "language": "tr", "agent": "1001",
        "queued_at": desk.now - 2.5, "answered_at": None, "target_at": desk.now + 1.25, "urgent_calls": 2,
        "repeat": False, "callback": None,
    }  # fmt: skip
    return desk


async def context(desk: Desk, headers: dict[str, str], call: str = CALL) -> httpx.Response:
    async with desk.client(headers=headers) as client:
        return await client.get(f"{PREFIX}/calls/{call}/context")


async def test_a_caller_who_rings_is_told_of_masked_with_their_talks_and_open_requests(desk: Desk) -> None:
    for place in range(7):
        desk.add_call(f"ast1-{place}.1", entered_at=desk.now - 1000 + place)
    desk.add_call("ast1-99.1", caller="+905550000000")
    desk.ticket_records.append(
        {"number": "26-000001-9", "service": "request", "state": "assigned", "opened_at": desk.now, "caller": "••• 33"}
    )
    answer = await context(desk, of_role("agent"))
    told: dict[str, Any] = answer.json()
    assert (told["caller"], told["class"], told["service"], told["urgent_calls"]) == ("••• 33", "urgent", "funeral", 2)
    assert told["queued_at"]
    assert not told["answered_at"]
    assert (told["target_at"], told["within_target"]) == (rfc3339(desk.now + 1.25), None)
    assert [one["id"] for one in told["calls"]] == [f"ast1-{place}.1" for place in (6, 5, 4, 3, 2)]
    assert [one["number"] for one in told["tickets"]] == ["26-000001-9"]
    assert "5321112233" not in answer.text
    assert [(type(asked), asked.caller) for asked in desk.queries] == [(TicketQuery, NUMBER), (CallQuery, NUMBER)]
    assert (await context(desk, AUTH)).json()["caller"] == NUMBER


@pytest.mark.parametrize(("role", "told"), [("agent", True), ("lead", True), ("inbox", False)])
async def test_who_tells_outcomes_sees_the_one_that_waits_for_the_caller(desk: Desk, role: str, told: bool) -> None:
    desk.outcomes[CALL] = {
        "call": CALL, "number": "26-000001-9", "state": "resolved", "topic": None, "language": "tr",
        "words": "Yol yapıldı.", "result": "calling", "began_at": None, "score": None,
    }  # fmt: skip
    found = (await context(desk, of_role(role))).json()["outcome"]
    assert (found and found["words"]) == ("Yol yapıldı." if told else None)


async def test_a_caller_without_one_has_none(desk: Desk) -> None:
    assert (await context(desk, of_role("agent"))).json()["outcome"] is None


async def test_a_database_that_is_away_does_not_hide_who_rings(desk: Desk) -> None:
    desk.broken = Unavailable("the database is away")
    told = (await context(desk, of_role("agent"))).json()
    assert (told["caller"], told["calls"], told["tickets"]) == ("••• 33", None, None)
    assert (await context(desk, of_role("agent"), "ast1-8.1")).status_code == 503


async def test_an_urgent_caller_who_has_not_said_what_for_is_told_of(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk.now
    asked = {"at": at, "type": "service_named", "asked": True}
    settled = {"at": at, "type": "service_named", "data": {"asked": False, "fields": {"kind": "untold"}}}
    key = {"at": at, "type": "service_named", "data": {"asked": False, "fields": {}}}
    agent = {"at": at, "type": "kind_changed", "data": {"service": "doctor"}}
    for history, untold in (
        ([], None),
        ([asked], True),
        ([asked, settled], True),
        ([asked, key], False),
        ([asked, agent], False),
    ):

        async def get_call(call: str, history: list[dict[str, Any]] = history) -> dict[str, Any]:
            return {"id": call, "caller": NUMBER, "class": "urgent", "history": history}

        monkeypatch.setattr(desk, "_get_call", get_call)
        assert (await context(desk, of_role("agent"))).json()["untold"] is untold


async def test_of_a_withheld_number_nothing_is_looked_up(desk: Desk) -> None:
    desk.up[CALL]["caller"] = ""
    desk.add_call("ast1-1.1", caller="")
    told = (await context(desk, of_role("agent"))).json()
    assert (told["caller"], told["calls"], told["tickets"]) == ("", [], [])


async def test_a_call_that_is_over_has_its_context_and_an_unknown_one_none(desk: Desk) -> None:
    desk.add_call("ast1-1.1", ticket="26-000002-7")
    told = (await context(desk, of_role("lead"), "ast1-1.1")).json()
    assert (told["ticket"], told["agent"], told["calls"]) == ("26-000002-7", "1001", [])
    assert (await context(desk, of_role("lead"), "nowhere")).status_code == 404


async def test_the_town_is_there_for_a_form_and_found_as_people_say_it(desk: Desk) -> None:
    async with desk.client(headers=of_role("agent")) as client:
        town = (await client.get(f"{PREFIX}/town")).json()
        topics = {one["id"]: one for one in town["topics"]}
        assert {one["group"] for one in topics.values()} <= {one["id"] for one in town["groups"]}
        assert any(one["questions"] for one in topics.values())
        assert {"id": "funeral", "class": "urgent", "transfer_to": "*811"} in town["services"]
        assert {"id": "request", "class": "routine", "transfer_to": ""} in town["services"]
        assert {"id": "fen_isleri", "tr": "Fen İşleri", "en": "Public Works"} in town["units"]
        assert "iski" in {one["id"] for one in town["bodies"]}
        (accept,) = (one for one in town["moves"] if one["name"] == "accept")
        assert (accept["before"], accept["after"], "unit" in accept["who"]) == ("assigned", "accepted", True)
        assert any(one["photo"] for one in topics.values())
        assert any(one["hidden"] for one in topics.values())
        found = (await client.get(f"{PREFIX}/town/found?what=topics&q=isik yanmiyor")).json()
        assert topics[found["topics"][0]]["group"] == "aydinlatma"
        places = (await client.get(f"{PREFIX}/town/found?what=places&q=ESENKENT MAH.")).json()
        assert (places["mahalle"], places["topics"]) == (["esenkent"], [])
        for query in ("q=a", "what=topics", "what=people&q=a", "what=places&q=a&district=A"):
            assert (await client.get(f"{PREFIX}/town/found?{query}")).status_code == 422


async def test_what_is_likelier_meant_comes_first_and_no_mahalle_hides_anothers_streets(desk: Desk) -> None:
    streets = 'esenkent = ["Işık Sokağı"]\nfatih = ["Gül Sokağı", "Işık Sokağı"]\nzafer = ["İnönü Bulvarı"]'
    desk.town = town_with(streets_toml=f"[streets]\n{streets}")
    async with desk.client(headers=of_role("agent")) as client:

        async def found(q: str, district: str = "") -> tuple[list[str], list[str], bool]:
            within = {"district": district} if district else {}
            answer = await client.get(f"{PREFIX}/town/found", params={"what": "places", "q": q, **within})
            places = answer.json()
            of = [f"{one['district']}/{one['name']}" for one in places["streets"]]
            return places["mahalle"], of, places["streets_first"]

        both = ["esenkent/Işık Sokağı", "fatih/Işık Sokağı"]
        assert await found("isik") == (["asik_veysel"], both, True)
        assert await found("isik", "fatih") == (["asik_veysel"], both[::-1], True)
        assert await found("isik", "zafer") == (["asik_veysel"], both, True)
        assert await found("gul", "esenkent") == ([], ["fatih/Gül Sokağı"], True)
        assert await found("inonu") == (["inonu"], ["zafer/İnönü Bulvarı"], False)
        assert await found("inonu blv") == (["inonu"], ["zafer/İnönü Bulvarı"], True)


async def test_a_unit_draws_the_town_by_the_outlines_of_its_mahalle(desk: Desk) -> None:
    async with desk.client(headers=of_role("unit")) as client:
        names = {one["id"] for one in (await client.get(f"{PREFIX}/town")).json()["mahalle"]}
        drawn = (await client.get(f"{PREFIX}/town/map")).json()
    assert {one["id"] for one in drawn["outlines"]} == names
    assert drawn["schematic"] is True
    for outline in drawn["outlines"]:
        for ring in (ring for polygon in outline["polygons"] for ring in polygon):
            assert ring[0] == ring[-1]
            assert all(28 < lon < 29 and 40 < lat < 42 for lon, lat in ring)
