"""Requests over the API, from the first word to the score, on both databases."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from storage.database import Database
from storage.requests.attachments import Attachments
from storage.requests.outcome_reports import OutcomeReports
from tests.console.desk import Desk as Console
from tests.storage.conftest import database
from tests.storage.requests.desk import ROAD, Desk, check_whole
from tickets.states import MOVES, STATES

__all__ = ["database"]

PATH = "/api/v1/tickets"


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
async def client(desk: Desk, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    reports = OutcomeReports(desk.database, lambda: desk.rules, lambda: desk.now)
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks, reports=reports)
    console = Console()
    console.requests = DeskRequests(
        cast(Records, parts),
        lambda: {"request": "routine", "funeral": "urgent", "agent": "routine"},
        Attachments(tmp_path / "files", tmp_path / "key"),
        lambda: desk.rules.town,
        lambda: desk.now,
    )
    console.up["ast1-9.1"] = {"id": "ast1-9.1", "caller": "05321112233"}
    async with console.client(console.app(timeout_s=30)) as made:
        yield made


async def opened(client: httpx.AsyncClient, **values: Any) -> httpx.Response:
    answer = await client.post(PATH, json={**ROAD, **values})
    assert answer.status_code == 201, answer.text
    return answer


async def change(
    client: httpx.AsyncClient, of: httpx.Response, what: str, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    """A change of a request as it was read."""
    headers = {"If-Match": of.headers["etag"]} if headers is None else headers
    return await client.post(f"{PATH}/{of.json()['number']}/{what}", json=body, headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str | None]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["detail"]
    if answer.status_code == 422:
        assert body["allowed"], body
    return answer.status_code, body.get("key")


async def test_a_request_from_its_opening_to_its_score(client: httpx.AsyncClient) -> None:
    answer = await opened(client)
    number = answer.json()["number"]
    assert answer.headers["location"] == f"{PATH}/{number}"
    moves: list[dict[str, Any]] = [
        {"to": "accepted"},
        {"to": "in_progress"},
        {"to": "resolved", "result": "Asfalt döküldü.", "note": "iki ekip"},
        {"to": "told", "how": "call"},
    ]
    for body in moves:
        answer = await change(client, answer, "moves", **body)
        assert (answer.status_code, answer.json()["state"]) == (200, body["to"])
    answer = await change(client, answer, "score", score=5, remark="Teşekkürler")
    assert (answer.json()["state"], answer.json()["score"]) == ("closed", 5)
    read = await client.get(f"{PATH}/{number.replace('-', '')}?language=en")
    assert read.headers["etag"] == answer.headers["etag"]
    whole = read.json()
    assert [step["what"] for step in whole["history"]] == [
        *("open", "assign", "accept", "begin", "resolve", "tell", "score", "close"),
    ]
    assert [step["version"] for step in whole["history"]] == list(range(1, 9))
    assert (whole["words"], whole["resolved_in_time"], whole["overdue"]) == ("Asfalt döküldü.", True, False)
    assert whole["clock"]["steps"][0].endswith("the period begins on the day after")
    assert whole["due_at"].endswith("Z")


async def test_the_ticket_s_json_has_what_was_promised(client: httpx.AsyncClient) -> None:
    await opened(client)
    (ticket,) = (await client.get(PATH)).json()
    names = (
        "number service class kind topic state unit responsible district address text channel language caller name call"
        " fields opened_at updated_at due_at overdue told_at closed_at score parent wait_s within_target version"
    )
    assert set(names.split()) <= set(ticket)


async def test_an_urgent_service_makes_an_urgent_request(client: httpx.AsyncClient) -> None:
    ticket = (await opened(client, service="funeral", topic=None, district=None)).json()
    assert (ticket["class"], ticket["kind"], ticket["priority"]) == ("urgent", "urgent", "high")


async def test_a_petition_counts_from_the_day_on_which_it_came(client: httpx.AsyncClient) -> None:
    ticket = (await opened(client, kind="petition", received_at="2026-05-20T10:00:00+03:00")).json()
    assert ticket["opened_at"] == "2026-05-20T07:00:00.000Z"
    assert ticket["due_at"] == "2026-06-19T20:59:59.000Z"
    assert ticket["history"][0]["detail"]["received_at"] == 1779260400.0


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"service": "uzay"}, "service"),
        ({"service": "Request"}, "service"),
        ({"service": None}, "service"),
        ({"topic": "uzay"}, "topic"),
        ({"district": "paris"}, "district"),
        ({"kind": "wish"}, "kind"),
        ({"lat": 91, "lon": 0}, "lat"),
        ({"lat": 41.0}, "lon"),
        ({"text": "x" * 4001}, "text"),
        ({"caller": "Ahmet"}, "caller"),
        ({"contact": "fax"}, "contact"),
        ({"call": "ast1-404"}, "call"),
        ({"state": "closed"}, "state"),
        ({"fields": {"x": [1]}}, "fields"),
        ({"follows": "26-000001-9"}, "follows"),
        ({"kind": "petition", "received_at": "2199-01-01T00:00:00Z"}, "received_at"),
        ({"kind": "petition", "received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
        ({"kind": "petition", "received_at": "2026-05-20T00:00:00"}, "received_at"),
        ({"received_at": "2026-05-29T10:00:00+03:00"}, "received_at"),
    ],
)
async def test_a_bad_opening_names_key_and_what_is_allowed(
    client: httpx.AsyncClient, body: dict[str, Any], key: str
) -> None:
    answer = await client.post(PATH, json={**ROAD, **body})
    status, named = problem(answer)
    assert (status, (named or "").split(".")[0]) == (422, key)
    assert (await client.get(PATH)).json() == []


async def test_a_body_that_is_no_json_or_no_object_is_refused(client: httpx.AsyncClient) -> None:
    for content in (b"", b"{", b"[]", b"null"):
        answer = await client.post(PATH, content=content, headers={"content-type": "application/json"})
        assert problem(answer)[0] == 422
        assert "service" in str(answer.json()["allowed"])
    assert problem(await client.post(PATH, content=b"{}"))[0] == 415


async def test_every_move_that_the_table_lacks_is_refused_with_those_it_has(client: httpx.AsyncClient) -> None:
    new = await opened(client, topic=None, district=None)
    for state in STATES:
        if ("new", state) in MOVES:
            continue
        answer = await change(client, new, "moves", to=state, note="x")
        assert problem(answer) == (409, "to")
        assert "assigned" in answer.json()["allowed"]
    assert problem(await change(client, new, "moves", to="waiting")) == (422, "to")
    assert problem(await change(client, new, "moves", to="assigned")) == (422, "unit")
    assert problem(await change(client, new, "moves", to="assigned", unit="uzay")) == (422, "unit")
    assert problem(await change(client, new, "moves", to="not_ours", result="Değil")) == (422, "responsible")
    assert problem(await change(client, new, "moves")) == (422, "to")


async def test_a_refusal_names_its_kind_for_pages_in_any_language(client: httpx.AsyncClient) -> None:
    new = await opened(client, topic=None, district=None)
    refused: list[tuple[dict[str, Any], int, str]] = [
        ({"to": "told", "note": "x"}, 409, "no_such_move"),
        ({"to": "assigned"}, 422, "missing"),
        ({"to": "assigned", "unit": "uzay"}, 422, "unknown"),
    ]
    for body, status, code in refused:
        answer = await change(client, new, "moves", **body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "code" not in (await change(client, new, "moves")).json(), "the body alone is wrong"


async def test_a_write_without_a_version_is_a_428_and_with_an_old_one_a_412(client: httpx.AsyncClient) -> None:
    first = await opened(client)
    assert problem(await change(client, first, "moves", {}, to="accepted")) == (428, "if-match")
    assert problem(await change(client, first, "moves", {"If-Match": "x"}, to="accepted")) == (422, "if-match")
    second = await change(client, first, "notes", note="biri")
    answer = await change(client, first, "moves", to="accepted")
    assert problem(answer) == (412, "if-match")
    assert answer.headers["etag"] == second.headers["etag"]
    assert (await change(client, first, "moves", {"If-Match": "*"}, to="accepted")).status_code == 200


async def test_two_people_on_one_request_and_nothing_is_lost(client: httpx.AsyncClient, desk: Desk) -> None:
    first = await opened(client)
    answers = await asyncio.gather(*(change(client, first, "notes", note=f"not {place}") for place in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    whole = (await client.get(f"{PATH}/{first.json()['number']}")).json()
    won = next(place for place, answer in enumerate(answers) if answer.status_code == 200)
    assert [step["note"] for step in whole["history"] if step["what"] == "note"] == [f"not {won}"]
    await check_whole(desk, [whole["number"]])


async def test_writers_who_try_again_all_get_their_word_in(client: httpx.AsyncClient, desk: Desk) -> None:
    first = await opened(client)
    number = first.json()["number"]
    draw = random.Random(7)

    async def write(place: int) -> None:
        seen = first
        while True:
            answer = await change(client, seen, "notes", note=f"not {place}")
            if answer.status_code == 200:
                return
            assert answer.status_code == 412, answer.text
            await asyncio.sleep(draw.random() / 10)
            seen = await client.get(f"{PATH}/{number}")

    async with asyncio.timeout(120):
        await asyncio.gather(*(write(place) for place in range(12)))
    history = (await client.get(f"{PATH}/{number}")).json()["history"]
    assert [step["version"] for step in history] == list(range(1, 15))
    assert {step["note"] for step in history if step["what"] == "note"} == {f"not {place}" for place in range(12)}
    await check_whole(desk, [number])


async def test_a_write_sent_again_with_its_key_is_made_once(client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = await client.post(PATH, json=ROAD, headers=key)
    again = await client.post(PATH, json=ROAD, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = await client.post(PATH, json={**ROAD, "text": "başka"}, headers=key)
    assert problem(other) == (422, "idempotency-key")
    assert other.json()["value"] == first.json()["number"]  # whoever has lost the answer learns what they have made
    headers = {"If-Match": first.headers["etag"], "Idempotency-Key": "a-2"}
    for _ in range(2):
        answer = await change(client, first, "moves", headers, to="accepted")
        assert (answer.status_code, answer.json()["version"]) == (200, 3)


async def test_more_time_duplicates_and_fields_put_right(client: httpx.AsyncClient) -> None:
    parent, child = await opened(client), await opened(client)
    answer = await change(client, child, "extension", days=1, reason="Malzeme bekleniyor")
    assert answer.json()["due_at"] > child.json()["due_at"]
    assert problem(await change(client, answer, "extension", days=0, reason="x")) == (422, "days")
    assert problem(await change(client, answer, "extension", days=1)) == (422, "reason")
    answer = await change(client, answer, "duplicate-of", number=parent.json()["number"])
    assert answer.json()["parent"] == parent.json()["number"]
    assert problem(await change(client, answer, "duplicate-of", number=child.json()["number"])) in (
        (409, "number"),
        (422, "number"),
    )
    assert problem(await change(client, answer, "moves", to="accepted")) == (409, "parent")
    assert problem(await change(client, answer, "duplicate-of", number=None)) == (422, "note")
    answer = await change(client, answer, "duplicate-of", number=None, note="başka yer")
    assert answer.json()["parent"] is None
    where = f"{PATH}/{child.json()['number']}"
    headers = {"If-Match": answer.headers["etag"]}
    answer = await client.patch(where, json={"district": "zafer", "text": "Zafer mahallesi"}, headers=headers)
    assert (answer.json()["district"], answer.json()["text"]) == ("zafer", "Zafer mahallesi")
    assert problem(await client.patch(where, json={"district": "paris"}, headers={"If-Match": "*"})) == (
        *(422, "district"),
    )
    unknown = await client.post(f"{PATH}/26-000099-0/notes", json={"note": "x"}, headers={"If-Match": "*"})
    assert problem(unknown) == (404, "number")
    unknown = await change(client, child, "duplicate-of", {"If-Match": "*"}, number="26-000099-0")
    assert problem(unknown) == (404, "number")
    assert unknown.json()["value"] == "26-000099-0"
    assert "the number of a request that there is" in unknown.json()["allowed"]


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


async def test_a_report_of_a_call_names_its_request_and_is_made_once(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.add_call("ast1-7.1")
    first, second = [(await desk.open()).number for _ in range(2)]
    for number in (first, second):
        await desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    path, body = "/api/v1/calls/ast1-7.1/outcome", {"result": "told", "score": 2}

    async def report(key: str = "", **more: Any) -> httpx.Response:
        return await client.post(path, json={**body, **more}, headers={"Idempotency-Key": key} if key else {})

    for _ in range(2):
        answer = await report("k", number=first)
        assert (answer.status_code, answer.json()["number"], answer.json()["score"]) == (200, first, 2), answer.text
    assert problem(await report()) == (409, "number")
    assert problem(await report("k", number=second)) == (422, "idempotency-key")
    assert problem(await report("l", number="26-000009-9")) == (409, "number")
    assert (await desk.queries.get(second) or {})["state"] == "resolved"
    assert (await report("l", number=second)).json()["number"] == second


async def test_tasks_and_what_became_of_calls(client: httpx.AsyncClient, desk: Desk) -> None:
    answer = await opened(client)
    for state in ("in_progress", "resolved", "told"):
        answer = await change(client, answer, "moves", to=state, result="Tamam")
    await change(client, answer, "score", score=1, remark="Olmadı")
    (task,) = (await client.get("/api/v1/tasks")).json()
    assert (task["kind"], task["why"], task["state"]) == ("low_score", "Olmadı", "told")
    done = await client.post(f"/api/v1/tasks/{task['id']}/done", json={"note": "Arandı"})
    assert (done.status_code, done.json()["note"]) == (200, "Arandı")
    assert (await client.get("/api/v1/tasks")).json() == []
    assert problem(await client.post("/api/v1/tasks/999/done", json={})) == (404, "task")
    await desk.add_call("ast1-1.1")
    said = await client.post("/api/v1/calls/ast1-1.1/disposition", json={"disposition": "answered"})
    assert (said.status_code, said.json()["disposition"]) == (200, "answered")
    missing = await client.post("/api/v1/calls/ast1-404/disposition", json={"disposition": "answered"})
    assert problem(missing) == (404, "call")
    wrong = await client.post("/api/v1/calls/ast1-1.1/disposition", json={"disposition": "gitti"})
    assert problem(wrong) == (422, "disposition")
    nul = await client.post("/api/v1/calls/%00/disposition", json={"disposition": "answered"})
    assert problem(nul) == (422, "call")


async def test_whatever_is_written_comes_back_or_is_refused(client: httpx.AsyncClient) -> None:
    for text in ("\x00", "\ud800", "Ş" * 4000, "'; DROP TABLE tickets;--", "\U0001f600"):
        answer = await client.post(
            PATH,
            content=json.dumps({**ROAD, "text": text, "fields": {"x": text[:500]}}),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code in (201, 422), answer.text
        if answer.status_code == 201:
            assert answer.json()["text"] == text.replace("\x00", "\ufffd")
    for value in ("NaN", "Infinity", "1e999"):
        content = '{"service": "request", "fields": {"x": %s}, "lat": %s, "lon": 0}' % (value, value)  # noqa: UP031  braces are JSON here
        answer = await client.post(PATH, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 422, answer.text


JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 300


async def test_a_photo_of_the_work_lets_a_request_be_resolved(client: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await opened(client, topic="yol_cukuru")
    number = answer.json()["number"]
    answer = await change(client, answer, "moves", to="in_progress")
    assert problem(await change(client, answer, "moves", to="resolved", result="Kapatıldı.")) == (422, "photo")
    headers = {"If-Match": answer.headers["etag"], "Content-Type": "image/jpeg", "Idempotency-Key": "photo-1"}
    where = f"{PATH}/{number}/files?about=work&name=%C3%A7ukur.jpg"
    for _ in range(2):
        answer = await client.post(where, content=JPEG, headers=headers)
        assert answer.status_code == 201, answer.text
    (file,) = answer.json()["files"]
    assert (file["kind"], file["about"], file["name"], file["size"]) == ("photo", "work", "çukur.jpg", len(JPEG))
    assert answer.json()["history"][-1]["what"] == "file"
    got = await client.get(f"{PATH}/{number}/files/{file['id']}")
    assert (got.content, got.headers["content-type"]) == (JPEG, "image/jpeg")
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C3%A7ukur.jpg")
    program = {**headers, "If-Match": "*", "Idempotency-Key": "photo-2"}
    answer = await client.post(f"{PATH}/{number}/files?about=request&name=ek.hta", content=JPEG, headers=program)
    (other,) = [one for one in answer.json()["files"] if one["id"] != file["id"]]
    saved = (await client.get(f"{PATH}/{number}/files/{other['id']}")).headers["content-disposition"]
    assert saved == "attachment; filename*=UTF-8''ek.hta.jpg", "a photo's content may go on as a program"
    answer = await change(client, answer, "moves", to="resolved", result="Kapatıldı.")
    assert answer.json()["state"] == "resolved"
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o077 for path in kept] == [0, 0], "ours alone; the repeated one is gone"


@pytest.mark.parametrize(
    ("query", "kind", "content", "status", "key"),
    [
        ("", "image/gif", b"GIF89a", 422, "content-type"),
        ("", "image/jpeg", b"\x89PNG\r\n\x1a\n", 422, "body"),
        ("", "image/png", b"", 422, "body"),
        ("", "text/html", b"<script>", 422, "content-type"),
        ("?about=else", "image/jpeg", JPEG, 422, "about"),
        ("?name=..%2Fx", "image/jpeg", JPEG, 422, "name"),
        ("", "image/jpeg", JPEG + bytes(8 * 1024 * 1024), 413, None),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_refused_and_not_kept(
    client: httpx.AsyncClient, tmp_path: Path, query: str, kind: str, content: bytes, status: int, key: str | None
) -> None:
    number = (await opened(client)).json()["number"]
    headers = {"If-Match": "*", "Content-Type": kind}
    answer = await client.post(f"{PATH}/{number}/files{query}", content=content, headers=headers)
    assert problem(answer) == (status, key)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
    old = await client.post(
        f"{PATH}/{number}/files", content=JPEG, headers={"If-Match": '"1"', "Content-Type": "image/jpeg"}
    )
    assert problem(old) == (412, "if-match")
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


async def test_a_file_of_one_request_is_not_another_s(client: httpx.AsyncClient) -> None:
    one, two = await opened(client), await opened(client)
    headers = {"If-Match": "*", "Content-Type": "image/jpeg"}
    answer = await client.post(f"{PATH}/{one.json()['number']}/files", content=JPEG, headers=headers)
    file = answer.json()["files"][0]["id"]
    assert problem(await client.get(f"{PATH}/{two.json()['number']}/files/{file}")) == (404, "file")
    assert problem(await client.get(f"{PATH}/{one.json()['number']}/files/{'0' * 32}")) == (404, "file")


async def test_a_large_photo_comes_through_the_real_server_and_a_larger_one_does_not(
    desk: Desk, tmp_path: Path
) -> None:
    console = Console()
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks)
    services: Any = {"request": "routine"}
    files = Attachments(tmp_path / "files", tmp_path / "key")
    console.requests = DeskRequests(cast(Records, parts), lambda: services, files, lambda: desk.rules.town)
    async with console.served(timeout_s=30) as served, served.client() as client:
        number = (await opened(client)).json()["number"]
        headers = {"If-Match": "*", "Content-Type": "image/jpeg"}
        answer = await client.post(f"{PATH}/{number}/files", content=JPEG + bytes(5 * 1024 * 1024), headers=headers)
        assert answer.status_code == 201, answer.text
        (file,) = answer.json()["files"]
        got = await client.get(f"{PATH}/{number}/files/{file['id']}")
        assert len(got.content) == len(JPEG) + 5 * 1024 * 1024
        answer = await client.post(f"{PATH}/{number}/files", content=JPEG + bytes(9 * 1024 * 1024), headers=headers)
        assert answer.status_code == 413
        other = await client.post(f"{PATH}/{number}/notes", content=bytes(100_000), headers={"If-Match": "*"})
        assert other.status_code == 413
        assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1
