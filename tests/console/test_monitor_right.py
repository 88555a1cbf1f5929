"""A lead's right to monitor a talk: who may ask for it, and how it is refused."""

import pytest

from console.people_ports import MACHINE
from console.routing import PREFIX
from tests.console.desk import Desk
from tests.console.test_access import of_role
from tests.console.tokens import AUTH

PATH = f"{PREFIX}/calls/{{}}/monitor".format


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.up["ast1-1.1"] = {"id": "ast1-1.1"}
    desk.add_agent("1001")
    return desk


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_a_lead_is_told_what_to_dial_and_until_when(desk: Desk, mode: str) -> None:
    async with desk.client(headers=of_role("lead")) as client:
        answer = await client.post(PATH("ast1-1.1"), json={"mode": mode})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["id"], told["mode"], told["phone"], told["code"]) == ("ast1-1.1", mode, "1001", "*49")
    assert told["until"].endswith("Z")
    assert desk.wishes == [("ast1-1.1", mode, "lead lead 1001")]


async def test_who_has_no_phone_of_their_own_is_told_so(desk: Desk) -> None:
    for headers in (of_role("admin"), AUTH):
        async with desk.client(headers=headers) as client:
            answer = await client.post(PATH("ast1-1.1"), json={"mode": "listen"})
        assert (answer.status_code, answer.json()["value"]) == (409, "no_extension"), MACHINE
    assert desk.wishes == []


async def test_what_cannot_be_is_refused_with_its_reason(desk: Desk) -> None:
    async with desk.client(headers=of_role("lead")) as client:
        assert (await client.post(PATH("nobody"), json={"mode": "listen"})).status_code == 404
        wrong = await client.post(PATH("ast1-1.1"), json={"mode": "record"})
        assert (wrong.status_code, wrong.json()["key"]) == (422, "mode")
        del desk.agent_records["1001"]
        refused = await client.post(PATH("ast1-1.1"), json={"mode": "listen"})
        assert (refused.status_code, refused.json()["key"], refused.json()["value"]) == (409, "monitor", "no_phone")
