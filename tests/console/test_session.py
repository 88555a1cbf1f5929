"""Signing in and out, by the API and a real database of people."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from acd.desk.people import DeskPeople
from agents.demo_people import OTHERS
from agents.people import Token
from console.people_ports import SignIn, WrongPassword
from storage.people.sessions import digest_of
from storage.people.stores import PeopleStores
from tests.console.signing_in import COOKIE, HASH, PASSWORD, PATH, House, sign_in
from tests.console.tokens import AUTH
from tests.databases import new_database


async def test_a_session_from_sign_in_to_sign_out(house: House) -> None:
    async with house.browser() as client:
        assert (await client.get(PATH)).status_code == 401
        answer = await sign_in(client)
        assert answer.status_code == 200, answer.text
        session = answer.json()
        assert {name: session[name] for name in ("user", "role", "name")} == {
            "user": "nermin", "role": "lead", "name": "Nermin Kılıç"
        }  # fmt: skip
        assert session["pages"] == ["/lead", "/articles", "/inbox", "/report", "/wall", "/phone"]
        assert PASSWORD not in answer.text
        cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}="))
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert (await client.get(PATH)).json() == session
        assert (await client.get("/api/v1/agents")).status_code == 200
        write = ("/api/v1/agents/1001/state", {"state": "paused"})
        assert (await client.post(write[0], json=write[1])).status_code == 403
        headers = {"X-CSRF-Token": session["csrf"]}
        assert (await client.post(write[0], json=write[1], headers=headers)).status_code == 200
        kept = dict(client.cookies)
        assert (await client.delete(PATH)).status_code == 403
        assert (await client.delete(PATH, headers=headers)).status_code == 204
        assert COOKIE not in client.cookies
        assert (await client.get(PATH, headers={"cookie": f"{COOKIE}={kept[COOKIE]}"})).status_code == 401
    assert await house.audit() == [
        ("nermin", "signed_in", "nermin"),
        ("nermin", "agent_state", "1001"),
        ("nermin", "signed_out", "nermin"),
    ]


async def test_over_tls_no_neighbour_can_put_a_cookie_of_its_own_in_place(house: House) -> None:
    async with house.browser(scheme="https", host="desk.example") as client:
        answer = await sign_in(client)
        cookies = answer.headers.get_list("set-cookie")
        assert cookies
        assert all(one.startswith("__Host-cozum-") and "; Secure" in one and "Domain" not in one for one in cookies)
        session = next(one for one in cookies if "session" in one).partition(";")[0].partition("=")[2]
        client.cookies.clear()
        assert (await client.get(PATH, headers={"cookie": f"{COOKIE}={session}"})).status_code == 401
        assert (await client.get(PATH, headers={"cookie": f"__Host-{COOKIE}={session}"})).status_code == 200
    async with house.browser(host="desk.example") as client:  # behind a proxy that ends TLS
        body = {"user": "nermin", "password": PASSWORD}
        answer = await client.post(PATH, json=body, headers={"origin": "https://desk.example"})
        assert all("; Secure" in one for one in answer.headers.get_list("set-cookie"))


async def test_a_session_that_was_planted_is_not_the_one_that_begins(house: House) -> None:
    async with house.browser() as attacker, house.browser() as victim:
        await sign_in(attacker, "1001")
        planted = attacker.cookies[COOKIE]
        for fixed in (planted, "x" * 43):
            victim.cookies.clear()
            victim.cookies.set(COOKIE, fixed, domain="localhost.local", path="/")
            victim.cookies.set(COOKIE, fixed, domain="localhost", path="/")
            answer = await victim.post(
                PATH, json={"user": "nermin", "password": PASSWORD}, headers={"cookie": f"{COOKIE}={fixed}"}
            )
            new = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}="))
            assert fixed not in new
        assert (await attacker.get(PATH)).status_code == 401  # the planted one has ended


async def test_a_host_that_is_none_is_no_fault_of_ours(house: House) -> None:
    """Anybody may send one: what is our fault is logged with its traceback, and would fill the disk."""
    for host in ("[", "[::1", "a]b", "[x]", "::", "@", ""):
        async with house.browser() as client:
            wish = {"user": "nermin", "password": PASSWORD}
            answer = await client.post(PATH, json=wish, headers={"host": host})
            assert answer.status_code == 200, (host, answer.text)


async def test_whoever_is_disabled_or_has_another_role_is_shut_out_within_seconds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    changes: list[dict[str, Any]] = [{"enabled": False}, {"role": "analyst"}, {"password_hash": "x"}]
    for values in changes:
        await house.stores.people.change("nermin", enabled=True, role="lead", password_hash=HASH)
        async with house.browser() as client:
            assert (await sign_in(client)).status_code == 200
            await house.stores.people.change("nermin", **values)
            assert (await client.get(PATH)).status_code == 401, values


async def test_a_stolen_cookie_is_worth_nothing_after_the_hour_or_the_day(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    async with house.browser() as client:
        await sign_in(client)
        for _ in range(3):  # used, it stays
            house.now += 3500
            assert (await client.get(PATH)).status_code == 200
            await house.people.flush()
        house.now += 3601
        assert (await client.get(PATH)).status_code == 401


async def test_a_right_is_known_by_a_name_that_gives_it_to_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By it a desk that was restarted goes on watching whoever telephones (docs/adr/0049-the-relay.md)."""
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    async with house.browser() as client:
        csrf = (await sign_in(client)).json()["csrf"]
        cookie = client.cookies[COOKIE]
        name = house.people.key("session", cookie)
        assert cookie not in name
        assert await house.people.holds(name)
        assert await house.people.session(name.partition(":")[2]) is None
        assert not await house.people.holds(house.people.key("token", cookie))
        assert (await client.delete(PATH, headers={"X-CSRF-Token": csrf})).status_code == 204
        assert not await house.people.holds(name)
    await house.stores.tokens.add(Token(name="crm", role="inbox", scopes=("live",)), digest_of("t" * 30))
    name = house.people.key("token", "t" * 30)
    assert await house.people.holds(name)
    await house.stores.tokens.revoke("crm")
    assert not await house.people.holds(name)


@pytest.mark.parametrize(
    ("address", "host", "headers"),
    [
        ("203.0.113.9", "localhost:8080", {}),
        ("127.0.0.1", "desk.example", {}),
        ("127.0.0.1", "localhost:8080", {"x-forwarded-for": "203.0.113.9"}),
    ],
)
async def test_the_demos_people_are_for_this_machine(
    house: House, address: str, host: str, headers: dict[str, str]
) -> None:
    body = {"user": "admin", "password": "demo-admin"}
    async with house.browser(address, host) as client:
        answer = await client.post(PATH, json=body, headers=headers)
        assert (answer.status_code, "cozum users add" in answer.text) == (403, True)
        assert not client.cookies
    async with house.browser() as client:
        assert (await client.post(PATH, json=body)).status_code == 200
        assert (await client.get(PATH)).json()["role"] == "admin"
        house.demo = False  # the agents have other passwords now, or the desk listens to all
        assert (await client.get(PATH)).status_code == 401
        assert (await client.post(PATH, json=body)).status_code == 403


async def test_the_first_of_the_demo_signs_in_as_soon_as_the_desk_serves(tmp_path: Path) -> None:
    database = await new_database("sqlite", None, tmp_path)
    stores = PeopleStores(database, time.time, session_idle_s=60, session_s=600)
    people = DeskPeople(lambda: stores, demo=OTHERS, demo_serves=lambda: True, secret=b"of tests only")

    def wish(user: str) -> SignIn:
        return SignIn(user=user, password=f"demo-{user}", address="127.0.0.1", is_local=True)

    signed = await asyncio.gather(*(people.sign_in(wish(one.user)) for one in OTHERS))
    assert [one.identity.role for one in signed] == [one.role for one in OTHERS]
    await stores.people.remove("admin")  # taken away, they do not come back
    with pytest.raises(WrongPassword):
        await people.sign_in(wish("admin"))
    await database.close()


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"user": "nermin"}, "password"),
        ({"user": "", "password": "x"}, "user"),
        ({"user": "n" * 65, "password": "x"}, "user"),
        ({"user": "nermin", "password": "x" * 257}, "password"),
        ({"user": "nermin", "password": "x", "role": "admin"}, "role"),
    ],
)
async def test_what_is_no_sign_in(house: House, body: dict[str, str], key: str) -> None:
    async with house.browser() as client:
        answer = await client.post(PATH, json=body)
    assert (answer.status_code, answer.json()["key"]) == (422, key)
    assert "xx" not in answer.text  # a password is not said again


async def test_another_sites_form_signs_nobody_in(house: House) -> None:
    async with house.browser() as client:
        answer = await client.post(
            PATH, content='{"user":"nermin","password":"' + PASSWORD + '"}', headers={"content-type": "text/plain"}
        )
    assert (answer.status_code, "set-cookie" in answer.headers) == (415, False)


async def test_a_programs_token_does_what_it_is_for_under_its_name(house: House) -> None:
    token = "t" * 43
    await house.stores.tokens.add(Token(name="crm", scopes=("agents", "agents:write")), digest_of(token))
    async with house.browser() as client:
        headers = {"authorization": f"Bearer {token}"}
        assert (await client.get("/api/v1/agents", headers=headers)).status_code == 200
        path = "/api/v1/agents/1001/state"
        assert (await client.post(path, headers=headers, json={"state": "ready"})).status_code == 200
        assert (await client.get("/api/v1/calls", headers=headers)).status_code == 403
        assert (await client.get(PATH, headers=headers)).status_code == 403
    assert await house.audit() == [("token:crm", "agent_state", "1001")]


async def test_the_machines_own_token_has_no_session(house: House) -> None:
    async with house.browser() as client:
        who = await client.get(PATH, headers=AUTH)
        assert (who.json()["user"], who.json()["role"]) == ("token", "admin")
        assert (await client.delete(PATH, headers=AUTH)).status_code == 409
