"""Recordings are played whole or in part, by those who may, with an entry in the audit; an agent pauses their own."""

from typing import Any

import pytest

from console.routing import PREFIX
from tests.console.desk import Desk
from tests.console.known_people import EXTENSION, KnownPeople, identity
from tests.console.test_access import of_role
from tests.console.tokens import AUTH

URL = f"{PREFIX}/calls/ast1-1.1/recording"
SOUND = bytes(range(256)) * 4


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.people = KnownPeople()
    desk.sounds["ast1-1.1"] = SOUND
    desk.up["ast1-1.1"] = {"id": "ast1-1.1", "agent": EXTENSION, "recording": "on"}
    return desk


async def test_it_is_played_whole(desk: Desk) -> None:
    async with desk.client() as client:
        answer = await client.get(URL, headers=AUTH)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, SOUND, "audio/wav")
    assert (answer.headers["accept-ranges"], answer.headers["content-length"]) == ("bytes", "1024")
    assert desk.closed_sounds == ["ast1-1.1"]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("0-", 0, 1024), ("10-19", 10, 20), ("1000-5000", 1000, 1024), ("-24", 1000, 1024), ("-5000", 0, 1024)],
)
async def test_a_part_of_it_is_played(desk: Desk, asked: str, start: int, stop: int) -> None:
    async with desk.client() as client:
        answer = await client.get(URL, headers={**AUTH, "range": f"bytes={asked}"})
    assert (answer.status_code, answer.content) == (206, SOUND[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/1024"
    assert answer.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=-0", "bytes=-", "bytes=9-3", "bytes=0-1,5-6", "seconds=1-2"])
async def test_a_part_that_is_not_there_is_named_with_what_is_allowed(desk: Desk, asked: str) -> None:
    async with desk.client() as client:
        answer = await client.get(URL, headers={**AUTH, "range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */1024")
    assert (answer.json()["key"], answer.json()["value"]) == ("range", asked)
    assert desk.closed_sounds == ["ast1-1.1"], "and the file is closed"


async def test_what_is_not_there_or_destroyed_says_so(desk: Desk) -> None:
    desk.sounds["gone"] = b""
    async with desk.client() as client:
        assert (await client.get(URL.replace("ast1-1.1", "other"), headers=AUTH)).status_code == 404
        answer = await client.get(URL.replace("ast1-1.1", "gone"), headers=AUTH)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "there is no recording to play: it has been destroyed",
    )


async def test_each_play_is_in_the_audit(desk: Desk) -> None:
    async with desk.client(headers={}) as client:
        for role, status in (("lead", 200), ("admin", 200), ("agent", 403), ("analyst", 403), ("unit", 403)):
            assert (await client.get(URL, headers=of_role(role))).status_code == status, role
        assert (await client.get(URL, headers={**of_role("lead"), "range": "bytes=5-9"})).status_code == 206
    assert isinstance(desk.people, KnownPeople)
    who = [identity("lead").who, identity("admin").who, identity("lead").who]
    assert desk.people.notes == [(one, "recording_played", "ast1-1.1") for one in who]


async def test_a_play_by_the_machines_own_token_is_in_the_audit_too(desk: Desk) -> None:
    """It is a person at the machine's keyboard who listens."""
    async with desk.client() as client:
        assert (await client.get(URL, headers=AUTH)).status_code == 200
        assert (await client.get(URL.replace("ast1-1.1", "other"), headers=AUTH)).status_code == 404
    assert isinstance(desk.people, KnownPeople)
    assert desk.people.notes == [("token", "recording_played", "ast1-1.1")]


async def test_an_agent_pauses_the_recording_of_their_own_talk(desk: Desk) -> None:
    async with desk.client(headers={}) as client:
        answer = await client.post(URL, headers=of_role("agent"), json={"paused": True})
        assert (answer.status_code, answer.json()) == (200, {"id": "ast1-1.1", "recording": "paused"})
        desk.up["ast1-1.1"]["agent"] = "1999"
        assert (await client.post(URL, headers=of_role("agent"), json={"paused": False})).status_code == 409
        assert desk.up["ast1-1.1"]["recording"] == "paused"
        assert (await client.post(URL, headers=of_role("lead"), json={"paused": False})).status_code == 200
    assert desk.up["ast1-1.1"]["recording"] == "on"


@pytest.mark.parametrize("body", [{}, {"paused": "yes"}, {"paused": 1}, {"paused": True, "why": "card"}])
async def test_a_wish_that_is_none_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    async with desk.client() as client:
        assert (await client.post(URL, headers=AUTH, json=body)).status_code == 422
    assert desk.up["ast1-1.1"]["recording"] == "on"
