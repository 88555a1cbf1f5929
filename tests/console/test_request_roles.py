"""Requests as each role sees and changes them: a unit its own alone, and a history that says who."""

from typing import Any

import httpx
import msgspec
import sqlalchemy as sa

from agents.people import ROLES
from tests.console.known_people import token_for
from tests.console.roles_at_requests import JPEG, NUMBER, PATH, client, desk, elsewhere, opened, whole
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.storage.requests.desk import ROAD, Desk

__all__ = ["client", "desk"]


async def test_a_history_says_which_person_or_program_it_was(client: httpx.AsyncClient) -> None:
    number = (await opened(client))["number"]
    match = {"If-Match": "*"}
    note = f"{PATH}/{number}/notes"
    await client.post(note, json={"note": "bir"}, headers=of_role("lead") | match)
    await client.post(note, json={"note": "iki"}, headers=of_role("unit") | match)
    token = {"authorization": f"Bearer {token_for('tickets:write')}"}
    await client.post(note, json={"note": "üç"}, headers=token | match)
    await client.post(note, json={"note": "dört"}, headers=AUTH | match)
    whole = (await client.get(f"{PATH}/{number}", headers=AUTH)).json()
    history, story = whole["history"], whole["story"]
    assert [(step["what"], step["who"], step["note"]) for step in story if step["kind"] == "history"] == [
        (step["what"], f"{step['role']} {step['who']}".strip(), step["note"]) for step in history
    ]
    seen = (await client.get(f"{PATH}/{number}", headers=of_role("analyst"))).json()["story"]
    assert {step["note"] for step in seen} == {""}, "an analyst reads no notes"
    assert [(step["what"], step["role"], step["who"]) for step in history] == [
        ("open", "agent", "agent"),
        ("assign", "system", ""),
        ("note", "lead", "lead"),
        ("note", "unit", "unit"),
        ("note", "inbox", "token:tickets:write"),
        ("note", "admin", "token"),
    ]


async def test_a_unit_sees_its_own_requests_and_no_others(client: httpx.AsyncClient) -> None:
    own, other = (await opened(client))["number"], await elsewhere(client)
    unit = of_role("unit")
    assert [one["number"] for one in (await client.get(PATH, headers=unit)).json()] == [own]
    assert (await client.get(f"{PATH}?unit=zabita", headers=unit)).status_code == 403
    assert (await client.get(f"{PATH}/{own}", headers=unit)).status_code == 200
    for way in ("", "/caller"):
        answer = await client.get(f"{PATH}/{other}{way}", headers=unit)
        assert (answer.status_code, answer.json()["key"]) == (403, "unit")
    upload = {"If-Match": "*", "content-type": "image/jpeg"}
    shown = await client.post(f"{PATH}/{other}/files", content=JPEG, headers=of_role("agent") | upload)
    file = f"{PATH}/{other}/files/{shown.json()['files'][0]['id']}"
    assert (await client.get(file, headers=unit)).status_code == 403
    assert (await client.get(file, headers=of_role("agent"))).content == JPEG


async def test_a_unit_changes_its_own_requests_and_no_others(client: httpx.AsyncClient) -> None:
    own, other = (await opened(client))["number"], await elsewhere(client)
    joined = {"If-Match": "*"} | of_role("lead")
    await client.post(f"{PATH}/{other}/duplicate-of", json={"number": (await opened(client))["number"]}, headers=joined)
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/moves", {"to": "accepted"}),
        ("POST", "/notes", {"note": "x"}),
        ("POST", "/extension", {"days": 2, "reason": "hava"}),
        ("POST", "/duplicate-of", {"number": own}),
        ("PATCH", "", {"text": "başka"}),
        ("POST", "/duplicate-of", {"number": None, "note": "x"}),
    ]
    headers = of_role("unit") | {"If-Match": "*"}
    before = (await client.get(f"{PATH}/{other}", headers=AUTH)).json()
    for method, way, body in writes:
        answer = await client.request(method, f"{PATH}/{other}{way}", json=body, headers=headers)
        assert answer.status_code == 403, (way, answer.text)
    photo = headers | {"content-type": "image/jpeg"}
    assert (await client.post(f"{PATH}/{other}/files", content=JPEG, headers=photo)).status_code == 403
    assert (await client.get(f"{PATH}/{other}", headers=AUTH)).json() == before
    for method, way, body in writes[:3]:
        answer = await client.request(method, f"{PATH}/{own}{way}", json=body, headers=headers)
        assert answer.status_code == 200, (way, answer.text)
    handed = await client.post(
        f"{PATH}/{own}/moves", json={"to": "assigned", "unit": "zabita", "note": "onların"}, headers=headers
    )
    assert (handed.status_code, handed.json()["unit"]) == (200, "zabita")
    assert (await client.get(f"{PATH}/{own}", headers=headers)).status_code == 403


async def test_a_request_names_its_follow_ups_to_whom_it_may_name_them(client: httpx.AsyncClient, desk: Desk) -> None:
    """A unit learns neither that a report follows a request, nor that a request follows a report."""
    plain = (await opened(client))["number"]
    report = (await opened(client, topic="kacak_yapi", text="kaçak kat", caller="+905321112244"))["number"]
    headers = {"If-Match": "*"}
    body = {"to": "assigned", "unit": "fen_isleri", "note": "bakın"}
    await client.post(f"{PATH}/{report}/moves", json=body, headers=of_role("inbox") | headers)
    desk.now += 60
    after_plain, after_report = [(await opened(client, follows=one))["number"] for one in (plain, report)]
    hidden = (await opened(client, topic="kacak_yapi", text="kaçak kat", follows=plain))["number"]

    async def named(number: str, role: str) -> list[str]:
        whole = (await client.get(f"{PATH}/{number}", headers=of_role(role))).json()
        found = [one["number"] for one in whole["followed_by"]]
        assert [one["id"] for one in whole["story"] if one["kind"] == "followed"] == found
        return found

    for role in ROLES:
        is_unit = role == "unit"
        assert await named(plain, role) == ([after_plain] if is_unit else [after_plain, hidden]), role
        assert await named(report, role) == ([] if is_unit else [after_report]), role


async def test_a_unit_reads_a_request_by_as_many_questions_however_often_it_is_followed_up(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    number = (await opened(client))["number"]
    asked: list[str] = []

    def ask(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    sa.event.listen(desk.database.engine.sync_engine, "before_cursor_execute", ask)
    questions = []
    for count in (1, 2, 8):
        while len(found := (await whole(client, number))["followed_by"]) < count:
            await opened(client, follows=number)
        asked.clear()
        assert (await whole(client, number))["followed_by"] == found
        questions.append(len(asked))
    assert 0 < questions[0] == questions[1] == questions[2], questions


async def test_one_persons_key_for_a_write_is_not_anothers(client: httpx.AsyncClient) -> None:
    numbers = {
        (await client.post(PATH, json=ROAD, headers=of_role(role) | {"Idempotency-Key": "one"})).json()["number"]
        for role in ("agent", "lead", "agent")
    }
    assert len(numbers) == 2


async def test_a_map_counts_the_open_requests_that_its_reader_may_see(client: httpx.AsyncClient) -> None:
    for district in ("esenkent", "esenkent", "ardicli"):
        await opened(client, district=district)
    await elsewhere(client)  # in esenkent
    path = f"{PATH}/by-district"

    async def counted(role: str, query: str = "") -> dict[str, int]:
        answer = await client.get(path + query, headers=of_role(role))
        assert answer.status_code == 200, answer.text
        return {one["district"]: one["open"] for one in answer.json()}

    assert await counted("unit") == {"ardicli": 1, "esenkent": 2}
    assert await counted("lead") == {"ardicli": 1, "esenkent": 3}
    assert await counted("lead", "?unit=zabita") == {"esenkent": 1}
    assert await counted("unit", "?state=accepted") == {}
    assert (await client.get(f"{path}?unit=zabita", headers=of_role("unit"))).status_code == 403
    assert (await client.get(f"{path}?q=x", headers=of_role("unit"))).status_code == 422


async def test_two_people_do_not_take_one_task_and_a_lead_may_take_it_over(client: httpx.AsyncClient) -> None:
    number = (await opened(client))["number"]
    for to in ("in_progress", "resolved", "told"):
        body = {"to": to, "result": "Tamam"}
        await client.post(f"{PATH}/{number}/moves", json=body, headers=AUTH | {"If-Match": "*"})
    headers = of_role("inbox") | {"If-Match": "*"}
    await client.post(f"{PATH}/{number}/score", json={"score": 1}, headers=headers)
    (task,) = (await client.get("/api/v1/tasks", headers=of_role("inbox"))).json()

    async def assign(role: str, *, mine: bool, task: int = task["id"]) -> httpx.Response:
        return await client.post(f"/api/v1/tasks/{task}/assigned", json={"mine": mine}, headers=of_role(role))

    assert (await assign("inbox", mine=True)).json()["assigned_to"] == "inbox"
    assert (await assign("inbox", mine=True)).status_code == 200  # sent again
    assert (await assign("lead", mine=True)).json()["assigned_to"] == "lead"
    refused = await assign("inbox", mine=True)
    assert (refused.status_code, refused.json()["key"], refused.json()["value"]) == (409, "task", "lead")
    assert (await assign("inbox", mine=False)).status_code == 409
    assert (await assign("lead", mine=False)).json()["assigned_to"] == ""
    assert (await assign("inbox", mine=True, task=999)).status_code == 404
    await client.post(f"/api/v1/tasks/{task['id']}/done", json={"note": "Arandı"}, headers=of_role("inbox"))
    assert (await assign("lead", mine=True)).status_code == 409


async def test_a_lead_gives_a_task_to_a_person_and_the_history_says_so(client: httpx.AsyncClient) -> None:
    number = (await opened(client))["number"]
    for to in ("in_progress", "resolved", "told"):
        body = {"to": to, "result": "Tamam"}
        await client.post(f"{PATH}/{number}/moves", json=body, headers=AUTH | {"If-Match": "*"})
    await client.post(f"{PATH}/{number}/score", json={"score": 1}, headers=of_role("inbox") | {"If-Match": "*"})
    (task,) = (await client.get("/api/v1/tasks", headers=of_role("inbox"))).json()
    workers = (await client.get("/api/v1/tasks/workers", headers=of_role("lead"))).json()
    assert workers == [
        {"user": "ayse", "name": "Ayşe Kaya", "role": "inbox"},
        {"user": "lead", "name": "Zehra Aktaş", "role": "lead"},
    ]

    async def give(role: str, to: str, task: int = task["id"]) -> httpx.Response:
        return await client.post(f"/api/v1/tasks/{task}/assigned", json={"to": to}, headers=of_role(role))

    refused = await give("inbox", "ayse")
    assert (refused.status_code, refused.json()["key"]) == (403, "to")
    for nobody in ("gone", "1001", "nobody"):
        refused = await give("lead", nobody)
        assert (refused.status_code, refused.json()["value"]) == (422, nobody), "not somebody who works on tasks"
    assert (await give("lead", "ayse", task=999)).status_code == 404
    assert (await give("lead", "ayse")).json()["assigned_to"] == "ayse"
    assert (await give("lead", "ayse")).json()["assigned_to"] == "ayse"  # sent again
    whole = (await client.get(f"{PATH}/{number}", headers=AUTH)).json()
    given = [one for one in whole["history"] if one["what"] == "give_task"]
    assert [(one["who"], one["detail"]) for one in given] == [("lead", {"task": "low_score", "to": "ayse"})]
    await client.post(f"/api/v1/tasks/{task['id']}/done", json={"note": "Arandı"}, headers=of_role("inbox"))
    refused = await give("lead", "lead")
    assert (refused.status_code, refused.json()["key"]) == (409, "task")


async def test_another_systems_number_is_kept_shown_and_found_once(client: httpx.AsyncClient) -> None:
    cimer = {"external_source": "cimer", "external_number": "2405-123456"}
    ticket = await opened(client, **cimer)
    assert (ticket["external_source"], ticket["external_number"]) == ("cimer", "2405-123456")
    assert ticket["history"][0]["detail"] == {"source": "cimer", "reference": "2405-123456"}
    note = {"note": "bakıldı"}
    await client.post(f"{PATH}/{ticket['number']}/notes", json=note, headers=of_role("unit") | {"If-Match": "*"})
    for role in ("unit", "inbox"):
        (found,) = (await client.get(f"{PATH}?q=2405-123456", headers=of_role(role))).json()
        assert (found["number"], found["external_number"]) == (ticket["number"], "2405-123456")
    (seen,) = (await client.get(PATH, headers=of_role("analyst"))).json()
    assert (seen["external_source"], seen["external_number"]) == ("cimer", None)
    analyst = await client.get(f"{PATH}/{ticket['number']}", headers=of_role("analyst"))
    assert "2405-123456" not in analyst.text, "nor in the story"

    async def refused(**values: Any) -> tuple[int, str]:
        answer = await client.post(PATH, json={**ROAD, **values}, headers=of_role("inbox"))
        return answer.status_code, answer.json()["key"]

    assert await refused(**cimer) == (409, "external_number")
    assert await refused(external_source="cimer") == (422, "external_number")
    assert await refused(external_number="5") == (422, "external_source")
    assert await refused(external_source="phone", external_number="5") == (422, "external_source")
    await opened(client, **{**cimer, "external_source": "e_belediye"})


async def test_the_inbox_writes_to_a_citizen_whom_text_messages_reach(client: httpx.AsyncClient, desk: Desk) -> None:
    number = (await opened(client, caller=NUMBER))["number"]
    path, words = f"{PATH}/{number}/text", {"words": "Ekip yolda."}

    async def write(role: str) -> httpx.Response:
        return await client.post(path, json=words, headers=of_role(role) | {"If-Match": "*"})

    for role in ("agent", "unit"):
        assert (await write(role)).status_code == 403
    refused = await write("inbox")  # no gateway
    assert (refused.status_code, refused.json()["key"]) == (422, "words")
    desk.rules = msgspec.structs.replace(desk.rules, texts=True)
    told = (await write("inbox")).json()
    assert (told["takes_texts"], told["history"][-1]["what"]) == (True, "write")
    assert (told["history"][-1]["words"], told["history"][-1]["who"]) == ("Ekip yolda.", "inbox")
