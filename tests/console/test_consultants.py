"""Whom an agent asks at a service, over the API."""

import pytest

from tests.console.desk import Desk
from tests.console.known_people import KnownPeople
from tests.console.test_access import of_role

PATH = "/api/v1/calls/ast1-9.1/consultant"


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    desk.up["ast1-9.1"] = {"id": "ast1-9.1"}
    return desk


async def test_an_agent_is_told_whom_to_ask_and_names_those_who_were_asked(desk: Desk) -> None:
    async with desk.client(desk.app(), headers=of_role("agent")) as client:
        answer = await client.get(PATH, params={"service": "information", "without": "1003,1004"})
        assert (answer.status_code, answer.json()) == (200, {"extension": "1002", "name": "Mehmet Çelik"})
    assert desk.consulted == [("ast1-9.1", "information", ("1003", "1004"))]


async def test_nobody_no_call_and_no_service_are_said(desk: Desk) -> None:
    async with desk.client(desk.app(), headers=of_role("agent")) as client:
        nobody = await client.get(PATH, params={"service": "request"})
        assert (nobody.status_code, nobody.json()["key"]) == (409, "service")
        assert (await client.get("/api/v1/calls/x/consultant", params={"service": "request"})).status_code == 404
        assert (await client.get(PATH)).status_code == 422
        assert (await client.get(PATH, params={"service": "request", "to": "1002"})).status_code == 422
