"""The API of files and accounts: what it asks for, what it refuses, and what the audit says of it."""

from typing import Any

import httpx
import pytest

from console.routing import PREFIX
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople, cookie_of, identity

FILE = f"{PREFIX}/config/services"


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    return desk


def admin(more: dict[str, str], *, csrf: bool = True) -> dict[str, str]:
    """The headers of an administrator's browser."""
    known = {"x-csrf-token": identity("admin").csrf} if csrf else {}
    return {"cookie": f"cozum-session={cookie_of('admin')}", **known, **more}


async def sent(desk: Desk, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    async with desk.client(headers={}) as client:
        return await client.request(method, path, json=body, headers=admin(headers))


async def test_a_file_is_read_with_its_etag(desk: Desk, people: KnownPeople) -> None:
    answer = await sent(desk, "GET", FILE)
    assert answer.headers["etag"] == '"e1"'
    assert (answer.json()["text"], answer.json()["values"]) == ("x = 1\n", {"x": 1})
    assert ("admin", "config_seen", "services") in people.notes
    assert (await sent(desk, "GET", f"{PREFIX}/config/nothing")).status_code == 422
    assert (await sent(desk, "GET", f"{PREFIX}/config/flow")).status_code == 404


async def test_a_change_needs_what_was_read(desk: Desk, people: KnownPeople) -> None:
    body = {"edits": [{"path": ["x"], "value": 2}], "why": "yaz saati "}
    assert (await sent(desk, "PUT", FILE, body)).status_code == 428
    stale = await sent(desk, "PUT", FILE, body, **{"if-match": '"e0"'})
    assert (stale.status_code, stale.headers["etag"]) == (412, '"e1"')
    assert desk.files.saved == []
    saved = await sent(desk, "PUT", FILE, body, **{"if-match": '"e1"'})
    assert (saved.status_code, saved.headers["etag"], saved.json()["version"]) == (200, '"e2"', 2)
    ((name, change, author),) = desk.files.saved
    assert (name, change.edits, author.who, author.why) == ("services", [(["x"], 2)], "admin", "yaz saati")
    assert ("admin", "config_changed", "services") in people.notes


async def test_no_other_site_writes_with_an_administrators_cookie(desk: Desk) -> None:
    async with desk.client(headers={}) as client:
        headers = admin({"if-match": '"e1"'}, csrf=False)
        answer = await client.put(FILE, json={"text": "x = 2\n"}, headers=headers)
    assert answer.status_code == 403
    assert desk.files.saved == []


async def test_a_fault_is_named_with_key_value_and_way_out(desk: Desk, people: KnownPeople) -> None:
    for answer in (
        await sent(desk, "PUT", FILE, {"text": "fault"}, **{"if-match": '"e1"'}),
        await sent(desk, "POST", f"{FILE}/check", {"text": "fault"}, **{"if-match": '"e1"'}),
    ):
        told = answer.json()
        (fault,) = told["errors"] if answer.status_code == 422 else told["faults"]
        assert (fault["key"], fault["value"], fault["allowed"]) == ("x", "2", "1 is allowed")
    assert desk.files.saved == []
    assert ("admin", "config_changed", "services") not in people.notes


@pytest.mark.parametrize(
    "body", [{}, {"text": "x", "version": 1}, {"edits": []}, {"edits": [{"path": []}]}, {"version": 0}, {"other": 1}]
)
async def test_a_change_is_one_of_three(desk: Desk, body: dict[str, Any]) -> None:
    assert (await sent(desk, "PUT", FILE, body, **{"if-match": '"e1"'})).status_code == 422


async def test_a_telephones_secrets_are_in_the_answer_and_nowhere_else(desk: Desk, people: KnownPeople) -> None:
    path = f"{PREFIX}/config/agents/1011/telephone"
    answer = await sent(desk, "POST", path, {"name": "Nermin Işık"}, **{"if-match": '"e1"'})
    assert (answer.json()["password"], answer.json()["pin"]) == ("secret", "739104")
    assert answer.headers["cache-control"] == "no-store"
    assert ("admin", "telephone_renewed", "1011") in people.notes
    assert (await sent(desk, "POST", path.replace("1011", "0"), {}, **{"if-match": '"e1"'})).status_code == 422


async def test_people_are_let_in_changed_and_signed_out(desk: Desk, people: KnownPeople) -> None:
    people_path = f"{PREFIX}/people"
    made = await sent(desk, "POST", people_path, {"user": "nermin", "role": "lead"})
    assert (made.status_code, made.json()["password"]) == (201, "secret")
    assert (await sent(desk, "POST", people_path, {"user": "nermin", "role": "lead"})).status_code == 409
    locked = await sent(desk, "PATCH", f"{people_path}/nermin", {"enabled": False})
    assert locked.json()["enabled"] is False
    assert (await sent(desk, "POST", f"{people_path}/nermin/password", {})).json()["password"] == "secret"
    assert (await sent(desk, "DELETE", f"{people_path}/nermin/sessions")).json() == {"ended": 2}
    assert (await sent(desk, "DELETE", f"{people_path}/nobody/sessions")).status_code == 404
    done = [action for _, action, about in people.notes if about == "nermin"]
    assert done == ["person_added", "person_changed", "password_set", "sessions_ended"]
    assert '"password":' not in (await sent(desk, "GET", people_path)).text


async def test_a_prompt_is_heard(desk: Desk) -> None:
    answer = await sent(desk, "GET", f"{PREFIX}/prompts/tr/welcome")
    assert (answer.headers["content-type"], answer.content) == ("audio/wav", b"RIFF")
    assert (await sent(desk, "GET", f"{PREFIX}/prompts/en/welcome")).status_code == 404
    assert (await sent(desk, "GET", f"{PREFIX}/flow")).json()["boxes"][0]["says"] == {"tr": "Merhaba"}


async def sent_sound(desk: Desk, method: str, path: str, sound: bytes, **headers: str) -> httpx.Response:
    more = {"content-type": "audio/wav", **headers}
    async with desk.client(headers={}) as client:
        return await client.request(method, f"{PREFIX}/prompts/{path}", content=sound, headers=admin(more))


async def test_a_recording_is_tried_kept_and_put_back(desk: Desk, people: KnownPeople) -> None:
    heard = await sent_sound(desk, "POST", "tr/welcome/check", b"voice")
    assert (heard.headers["content-type"], heard.content) == ("audio/wav", b"RIFFvoice")
    assert desk.recordings.kept == []
    assert (await sent_sound(desk, "PUT", "tr/welcome", b"voice")).status_code == 428
    stale = await sent_sound(desk, "PUT", "tr/welcome", b"voice", **{"if-match": '"e0"'})
    assert (stale.status_code, stale.headers["etag"]) == (412, '"e1"')
    kept = await sent_sound(desk, "PUT", "tr/welcome", b"voice", **{"if-match": '"e1"'})
    assert (kept.status_code, kept.headers["etag"], kept.json()["longer_s"]) == (200, '"e2"', 0.2)
    (version,) = (await sent(desk, "GET", f"{PREFIX}/prompts/tr/welcome/versions")).json()
    assert (version["number"], version["who"], version["holds"]) == (1, "", True)
    assert (await sent(desk, "GET", f"{PREFIX}/prompts/tr/welcome/versions/1")).content == b"RIFF1"
    assert (await sent(desk, "GET", f"{PREFIX}/prompts/tr/welcome/versions/2")).status_code == 404
    back = f"{PREFIX}/prompts/tr/welcome/version"
    assert (await sent(desk, "POST", back, {"version": 1})).status_code == 428
    assert (await sent(desk, "POST", back, {"version": 0}, **{"if-match": '"e1"'})).status_code == 422
    assert (await sent(desk, "POST", back, {"version": 1}, **{"if-match": '"e1"'})).status_code == 200
    assert [(key, what, author.who) for key, what, author in desk.recordings.kept] == [
        ("tr/welcome", b"voice", "admin"), ("tr/welcome", 1, "admin"),
    ]  # fmt: skip
    noted = [(action, about) for _, action, about in people.notes]
    assert noted == [
        ("prompt_tried", "tr/welcome"),
        ("prompt_recorded", "tr/welcome"),
        ("prompt_put_back", "tr/welcome"),
    ]


async def test_a_bad_recording_is_refused_with_key_value_and_way_out(desk: Desk, people: KnownPeople) -> None:
    for method, path in (("POST", "tr/welcome/check"), ("PUT", "tr/welcome")):
        answer = await sent_sound(desk, method, path, b"silent", **{"if-match": '"e1"'})
        told = answer.json()
        assert (answer.status_code, told["key"], told["value"]) == (422, "level_db", -80)
        assert told["allowed"] == "-45 or more"
    form = await sent_sound(desk, "PUT", "tr/welcome", b"a=b", **{"content-type": "text/plain", "if-match": '"e1"'})
    assert (form.status_code, form.json()["key"]) == (415, "content-type")
    assert (await sent_sound(desk, "POST", "en/welcome/check", b"voice")).status_code == 404
    assert (await sent_sound(desk, "POST", "de/welcome/check", b"voice")).status_code == 422
    assert (desk.recordings.kept, people.notes) == ([], [])


async def test_a_minute_of_sound_is_taken_and_no_more_than_a_file_may_have(desk: Desk) -> None:
    minute = bytes(60 * 48_000 * 2)
    assert (await sent_sound(desk, "POST", "tr/welcome/check", minute)).status_code == 200
    assert (await sent_sound(desk, "POST", "tr/welcome/check", bytes(8 * 1024 * 1024 + 1))).status_code == 413
