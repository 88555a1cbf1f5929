"""Requests over the API, from the first word to the score, on both databases."""

import asyncio
import json
import random
from typing import Any

import httpx
import pytest

from tests.console.requesting import PATH, change, client, desk, opened, problem
from tests.storage.conftest import database
from tests.storage.requests.desk import ROAD, Desk, check_whole
from tickets.states import MOVES, STATES

__all__ = ["client", "database", "desk"]


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


async def test_an_application_for_information_is_taken_in_writing_alone(client: httpx.AsyncClient, desk: Desk) -> None:
    await desk.add_call("ast1-1.1")
    asked = {"service": "request", "kind": "information", "text": "Bütçe kararları", "call": "ast1-1.1"}
    refused = await client.post(PATH, json=asked)
    assert problem(refused) == (422, "kind")
    assert refused.json()["value"] == "information"
    assert "tell the citizen to apply in person, by post, by e-Devlet or by CİMER" in refused.json()["allowed"]
    assert problem(
        await client.post(PATH, json={"service": "request", "topic": "bilgi_edinme", "call": "ast1-1.1"})
    ) == (422, "topic")
    assert (await client.get(PATH)).json() == []
    written = await client.post(PATH, json={**asked, "channel": "email"})
    assert (written.status_code, written.json()["kind"]) == (201, "information")
    said = await opened(client, call="ast1-1.1")
    changed = await client.patch(
        f"{PATH}/{said.json()['number']}", json={"kind": "information"}, headers={"if-match": said.headers["etag"]}
    )
    assert problem(changed) == (422, "kind")


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
    assert (said.status_code, said.json()["disposition"], said.json()["asks_topic"]) == (200, "answered", True)
    about = {"disposition": "answered", "topic": "asfalt_talebi"}
    said = await client.post("/api/v1/calls/ast1-1.1/disposition", json=about)
    assert (said.json()["topic"], said.json()["asks_topic"]) == ("asfalt_talebi", False)
    other = await client.post("/api/v1/calls/ast1-1.1/disposition", json={"disposition": "wrong_number"})
    assert other.json()["asks_topic"] is False
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
