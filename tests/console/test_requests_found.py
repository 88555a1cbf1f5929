"""Requests over the API: those about the same, those of a number, and page after page."""

import httpx
import pytest

from tests.console.requesting import PATH, change, client, desk, opened, problem
from tests.storage.conftest import database
from tests.storage.requests.desk import ROAD, Desk

__all__ = ["client", "database", "desk"]


async def test_open_requests_about_the_same_are_offered_and_no_others(client: httpx.AsyncClient) -> None:
    same = (await opened(client)).json()["number"]
    await opened(client, district="ataturk")
    await opened(client, topic="sokak_lambasi")
    closed = await opened(client)
    gone = await change(client, closed, "moves", to="refused", note="çünkü")
    assert gone.json()["state"] == "refused", gone.text
    query = f"{PATH}/duplicates?topic={ROAD['topic']}&district={ROAD['district']}"
    (found,) = (await client.get(f"{query}&call=ast1-9.1&language=en")).json()
    assert (found["number"], found["same_topic"], found["same_caller"]) == (same, True, True)
    assert "from the same number" in found["why"]
    (found,) = (await client.get(query)).json()
    assert (found["same_caller"], found["why"][1]) == (False, "aynı mahalle: Esenkent")
    assert (await client.get(f"{PATH}/duplicates?topic=nowhere&district=esenkent")).json() == []
    assert problem(await client.get(f"{PATH}/duplicates?topic=asfalt_talebi")) == (422, "district")
    assert problem(await client.get(f"{PATH}/duplicates?district=esenkent")) == (422, "topic")
    assert problem(await client.get(f"{query}&lat=41.03")) == (422, "lon")
    assert problem(await client.get(f"{query}&lat=91&lon=28")) == (422, "lat")


async def test_a_stored_request_is_compared_as_it_is_and_by_its_own_day(client: httpx.AsyncClient, desk: Desk) -> None:
    one = (await opened(client)).json()["number"]
    twin = (await opened(client)).json()["number"]
    desk.now += 20 * 86_400
    await opened(client)
    query = f"{PATH}/duplicates?topic={ROAD['topic']}&district={ROAD['district']}"
    assert len((await client.get(query)).json()) == 1, "from now on counts the one that came now"
    (found,) = (await client.get(f"{PATH}/duplicates?number={one}&language=en")).json()
    assert (found["number"], found["same_caller"]) == (twin, True)
    assert "words 100% alike" in found["why"]
    assert "1 hours apart" in found["why"]
    unknown = await client.get(f"{PATH}/duplicates?number=26-000099-0")
    assert (problem(unknown), unknown.json()["value"]) == ((404, "number"), "26-000099-0")


async def test_an_answer_to_a_misspelt_question_is_refused(client: httpx.AsyncClient) -> None:
    body = {**ROAD, "topic": "sokak_lambasi", "fields": {"lamab": "12. direk"}}
    answer = await client.post(PATH, json=body)
    assert problem(answer) == (422, "fields.lamab")
    assert 'did you mean "lamba"' in answer.json()["allowed"]
    kept = await client.post(PATH, json={**body, "fields": {"from_the_flow": "4", "lamba": " "}})
    assert (kept.status_code, kept.json()["missing"]) == (201, ["lamba"]), "blanks say nothing"


async def test_text_and_point_of_what_is_told_count_too(client: httpx.AsyncClient) -> None:
    here = {"lat": 41.035, "lon": 28.675}
    number = (await opened(client, district="esenkent", address="", **here)).json()["number"]
    about = f"{PATH}/duplicates?topic={ROAD['topic']}"
    (found,) = (await client.get(f"{about}&lat=41.0355&lon=28.675&text=asfalt+yok")).json()
    assert found["number"] == number, "in whatever mahalle"
    assert any("56 m uzakta" in why for why in found["why"])
    assert any(why.startswith("anlatım %") for why in found["why"])
    assert (await client.get(f"{about}&district=esenkent&lat=41.040&lon=28.675")).json() == [], "more than 250 m"


async def test_a_request_has_the_number_of_its_call_unless_another_is_given(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    await desk.add_call("ast1-9.1")
    bare = {name: value for name, value in ROAD.items() if name != "caller"}
    for given, caller in (({}, "05321112233"), ({"caller": ""}, ""), ({"caller": "+902125550100"}, "+902125550100")):
        answer = await client.post(PATH, json={**bare, "call": "ast1-9.1", **given})
        assert (answer.status_code, answer.json().get("caller")) == (201, caller), answer.text
    answer = await client.post(PATH, json={**bare, "call": "nowhere"})
    assert problem(answer) == (422, "call")


@pytest.mark.parametrize("typed", ["0212 555 12 34", "(0212) 555 12 34", "0212/5551234", "0212.555.12.34"])
async def test_a_request_is_found_by_a_number_however_it_was_typed(client: httpx.AsyncClient, typed: str) -> None:
    number = (await opened(client, caller=typed)).json()["number"]
    where = f"{PATH}/{number}"
    assert (await client.get(where)).json()["caller"] == "02125551234"
    for asked in ("02125551234", "%2B902125551234", "0212%20555%2012%2034"):
        assert [one["number"] for one in (await client.get(f"{PATH}?caller={asked}")).json()] == [number]
    assert (await client.get(f"{PATH}?caller=%2B12125551234")).json() == []
    answer = await client.patch(where, json={"caller": "+90 (532) 111-22-33"}, headers={"If-Match": "*"})
    assert answer.json()["caller"] == "+905321112233"
    answer = await client.patch(where, json={"caller": ""}, headers={"If-Match": "*"})
    assert answer.json()["caller"] == ""


@pytest.mark.parametrize("typed", ["()", "--", "+", "Ahmet", "12", "0" * 18, "0532 111 22 33 / 0212 555 12 34"])
async def test_what_is_no_number_is_refused_where_a_request_is_opened_and_corrected(
    client: httpx.AsyncClient, typed: str
) -> None:
    where = f"{PATH}/{(await opened(client)).json()['number']}"
    for answer in (
        await client.post(PATH, json={**ROAD, "caller": typed}),
        await client.patch(where, json={"caller": typed}, headers={"If-Match": "*"}),
    ):
        assert problem(answer) == (422, "caller")
        assert answer.json()["value"] == typed
        assert "a telephone number of 3 to 17 digits" in answer.json()["allowed"]


async def test_a_sip_user_who_calls_is_no_number_of_the_request(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.add_call("ast1-9.2", caller="ali.veli_1")
    bare = {name: value for name, value in ROAD.items() if name != "caller"}
    answer = await client.post(PATH, json={**bare, "call": "ast1-9.2"})
    assert (answer.status_code, answer.json().get("caller")) == (201, ""), answer.text


async def test_pages_follow_each_other_by_link(client: httpx.AsyncClient) -> None:
    numbers = [(await opened(client)).json()["number"] for _ in range(5)]
    found, path = [], f"{PATH}?limit=2&unit=fen_isleri&open=true&q=I%C5%9EIK"
    while path:
        answer = await client.get(path)
        found += [ticket["number"] for ticket in answer.json()]
        link = answer.headers.get("link", "")
        path = link[1:].partition(">")[0]
    assert found == numbers[::-1]
    assert (await client.get(f"{PATH}?order=due&unit=zabita")).json() == []
    assert (await client.get(f"{PATH}?caller=0532%20111%2022%2033&overdue=false")).json()


@pytest.mark.parametrize(
    "query",
    ["cursor=MQ-", "cursor=!", "kind=wish", "order=up", "open=maybe", "caller=%00", "unit=A", "q=" + 201 * "x", "x=1"],
)
async def test_a_bad_filter_is_refused(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{PATH}?{query}")
    assert problem(answer) == (422, query.partition("=")[0])
