"""People change their own passwords, by the API and a real database of people."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd.lib.passwords import verify_password
from acd.lib.sign_in_delays import FREE
from agents.people import ROLES, Person, Role
from storage.people.people import PasswordChanged, People
from storage.people.sessions import digest_of
from tests.console.desk import Desk
from tests.console.signing_in import AYSE, COOKIE, NERMIN, PASSWORD, PATH, House, sign_in
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.databases import new_database

OWN = f"{PATH}/password"
NEW = "sarı kedi çatıda uyur"
DEVICE = "cozum-device"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = await new_database("sqlite", None, tmp_path)
    made = House(database)
    for person in (NERMIN, AYSE):
        await made.stores.people.add(person)
    yield made
    await database.close()


async def signed(client: httpx.AsyncClient, user: str = "nermin", password: str = PASSWORD) -> dict[str, str]:
    """The headers of writes of somebody who has signed in."""
    answer = await sign_in(client, user, password)
    assert answer.status_code == 200, answer.text
    return {"X-CSRF-Token": answer.json()["csrf"]}


async def change(
    client: httpx.AsyncClient, headers: dict[str, str], old: str = PASSWORD, new: str = NEW
) -> httpx.Response:
    return await client.put(OWN, json={"old_password": old, "password": new}, headers=headers)


async def test_the_new_password_is_good_and_the_session_goes_on_with_another_cookie(house: House) -> None:
    async with house.browser() as client:
        headers = await signed(client)
        before = client.cookies[COOKIE]
        answer = await change(client, headers)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["user"], answer.json()["password_due"]) == ("nermin", False)
        assert PASSWORD not in answer.text
        assert NEW not in answer.text
        after, csrf = client.cookies[COOKIE], {"X-CSRF-Token": answer.json()["csrf"]}
        assert (after != before, csrf != headers) == (True, True)
        assert (await client.get(PATH)).json() == answer.json()
        assert (await client.get(PATH, headers={"cookie": f"{COOKIE}={before}"})).status_code == 401
        pause = ("/api/v1/agents/1001/state", {"state": "paused"})
        assert (await client.post(pause[0], json=pause[1], headers=headers)).status_code == 403
        assert (await client.post(pause[0], json=pause[1], headers=csrf)).status_code == 200
        await client.delete(PATH, headers=csrf)
        assert (await sign_in(client)).status_code == 401
        assert (await sign_in(client, password=NEW)).status_code == 200
    kept = await house.stores.people.get("nermin")
    assert kept is not None
    assert verify_password(NEW, kept.password_hash)
    assert kept.password_hash.startswith("$argon2id$")
    audit = [(who, action) for who, action, about in await house.audit() if about == "nermin"]
    assert audit == [("nermin", one) for one in ("signed_in", "password_changed", "signed_out", "signed_in")]


async def test_all_other_sessions_of_that_person_end_and_nobody_elses(house: House) -> None:
    async with house.browser() as here, house.browser() as there, house.browser() as ayse:
        headers = await signed(here)
        await signed(there)
        await signed(ayse, "1001")
        assert [(await one.get(PATH)).status_code for one in (here, there, ayse)] == [200] * 3
        assert (await change(here, headers)).status_code == 200
        assert [(await one.get(PATH)).status_code for one in (here, there, ayse)] == [200, 401, 200]
    assert await house.stores.sessions.counts() == {"nermin": 1, "1001": 1}


async def test_what_was_opened_by_the_session_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A telephone in a page is held by the name of its session's right: a talk outlives two changes of the password."""
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    async with house.browser() as client, house.browser() as other:
        headers, old = await signed(client), PASSWORD
        await signed(other)
        held = house.people.key("session", client.cookies[COOKIE])
        elsewhere = house.people.key("session", other.cookies[COOKIE])
        for new in (NEW, NEW + " yine"):
            answer = await change(client, headers, old, new)
            headers, old = {"X-CSRF-Token": answer.json()["csrf"]}, new
            assert await house.people.holds(held)
            found = await house.people.session(client.cookies[COOKIE])
            assert found is not None
            assert found.right == held  # what is opened now is held by the same name
        assert not await house.people.holds(elsewhere)
        house.people._present.clear()  # as another desk, or this one after a restart
        assert await house.people.holds(held)
        assert (await client.delete(PATH, headers=headers)).status_code == 204
        assert not await house.people.holds(held)


async def test_a_sign_out_ends_what_was_opened_also_while_the_database_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    monkeypatch.setattr("acd.desk.believed.TRUST_S", 0.0)
    async with house.browser() as client:
        headers = await signed(client)
        held = house.people.key("session", client.cookies[COOKIE])
        csrf = {"X-CSRF-Token": (await change(client, headers)).json()["csrf"]}
        assert (await client.get(PATH)).status_code == 200
        house.away = True
        assert await house.people.holds(held)
        assert (await client.delete(PATH, headers=csrf)).status_code == 204
        assert not await house.people.holds(held)


async def test_a_wrong_old_password_is_named_and_counts_for_whoever_tries(house: House) -> None:
    async with house.browser() as known, house.browser(address="198.51.100.1") as stolen:
        headers = await signed(known)
        cookie = {"cookie": f"{COOKIE}={known.cookies[COOKIE]}", **headers}  # without the browser's own cookie
        for _ in range(FREE + 1):
            answer = await change(stolen, cookie, old="wrong")
            assert (answer.status_code, answer.json()["key"]) == (422, "old_password")
            assert (answer.json()["value"], "wrong" in answer.json()["detail"]) == (None, False)
        answer = await change(stolen, cookie)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert (await sign_in(stolen)).status_code == 429, "one count for both ways"
        async with house.browser(address="198.51.100.1") as neighbour:
            assert (await sign_in(neighbour, "1001")).status_code == 200, "nobody else waits"
        assert (await change(known, headers)).status_code == 200, "nor the person, in their own browser"
    assert house.desk.refusals == ["sign_in_delayed"] * 2
    assert ("nermin", "sign_in_delayed", "nermin") in await house.audit()
    kept = await house.stores.people.get("nermin")
    assert kept is not None
    assert verify_password(NEW, kept.password_hash)


@pytest.mark.parametrize(
    ("new", "rule"),
    [("kısa", "length"), ("x" * 257, "length"), ("aaaaaaaaaaab", "variety"), ("demo-nermin", "demo"),
     ("nermin1234", "name"), (PASSWORD, "same")],
)  # fmt: skip
async def test_a_password_that_is_not_allowed_is_no_try_and_is_not_said_again(
    house: House, new: str, rule: str
) -> None:
    async with house.browser() as client:
        headers = await signed(client)
        for _ in range(FREE + 2):
            answer = await change(client, headers, new=new)
            assert (answer.status_code, answer.json()["key"]) == (422, "password")
            assert answer.json()["allowed"] == {"rule": rule, "shortest": 10, "longest": 256}
            assert answer.json()["value"] is None
        assert (await client.get(PATH)).status_code == 200
        assert (await change(client, headers)).status_code == 200


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"password": NEW}, "old_password"),
        ({"old_password": "", "password": NEW}, "old_password"),
        ({"old_password": "x" * 257, "password": NEW}, "old_password"),
        ({"old_password": PASSWORD, "password": "x" * 1025}, "password"),
        ({"old_password": PASSWORD, "password": NEW, "user": "1001"}, "user"),
    ],
)
async def test_what_is_no_change(house: House, body: dict[str, Any], key: str) -> None:
    async with house.browser() as client:
        answer = await client.put(OWN, json=body, headers=await signed(client))
    assert (answer.status_code, answer.json()["key"]) == (422, key)
    assert "xx" not in answer.text
    assert NEW not in answer.text


async def test_a_write_needs_the_sessions_word_and_json(house: House) -> None:
    async with house.browser() as client:
        headers = await signed(client)
        for wrong in ({}, {"X-CSRF-Token": "another's"}):
            assert (await change(client, wrong)).json()["key"] == "x-csrf-token"
        form = headers | {"content-type": "text/plain"}
        assert (await client.put(OWN, content="{}", headers=form)).status_code == 415
        other = headers | {"sec-fetch-site": "same-site"}
        assert (await change(client, other)).json()["key"] == "sec-fetch-site"
        assert (await client.get(PATH)).status_code == 200


async def test_who_signed_in_by_a_provider_has_none_here(house: House) -> None:
    """A password may be there, and be nobody's: an administrator has let them in."""
    await house.stores.people.change("nermin", password_due=True)
    begun = await house.people.sign_in_proven(NERMIN, instead_of="")
    async with house.browser() as client:
        client.cookies.set(COOKIE, begun.token)
        headers = {"X-CSRF-Token": begun.identity.csrf}
        session = (await client.get(PATH)).json()
        assert (session["by_password"], session["password_due"]) == (False, False)
        answer = await change(client, headers)
        assert (answer.status_code, "institution's account" in answer.text) == (409, True)
        assert (await client.get(PATH)).status_code == 200


async def test_programs_have_none(house: House) -> None:
    async with house.browser() as client:
        answer = await change(client, AUTH)
    assert (answer.status_code, "a token has no password" in answer.text) == (409, True)


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_change_its_own(role: Role) -> None:
    """To people whom a test knows nobody has given a password: it is the wrong one for each."""
    desk = Desk()
    async with desk.client(headers={}) as client:
        answer = await change(client, of_role(role))
    assert (answer.status_code, answer.json()["key"]) == (422, "old_password")


async def test_somebody_whose_password_was_given_is_asked_until_they_have_their_own(house: House) -> None:
    await house.stores.people.change("nermin", password_due=True)
    async with house.browser() as client:
        headers = await signed(client)
        assert (await client.get(PATH)).json()["password_due"] is True
        assert (await change(client, headers)).json()["password_due"] is False
    kept = await house.stores.people.get("nermin")
    assert kept is not None
    assert not kept.password_due


async def test_a_person_of_the_demo_has_a_password_of_their_own_then(house: House) -> None:
    await house.stores.people.seed(())
    await house.stores.people.change("1001", password_hash="", demo=True)
    async with house.browser() as client:
        headers = await signed(client, "1001", "demo1001")
        assert (await change(client, headers, "demo1001")).status_code == 200
    kept = await house.stores.people.get("1001")
    assert kept is not None
    assert not kept.demo
    async with house.browser(address="203.0.113.9", host="desk.example") as client:
        assert (await sign_in(client, "1001", NEW)).status_code == 200


async def test_two_changes_at_one_moment_are_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second proves a password that is not the present one any more."""
    real, first = People.change_own_password, asyncio.Event()

    async def overtaken(self: People, *given: Any, **more: Any) -> Any:
        if not first.is_set():
            first.set()
            await house.stores.people.change("nermin", name="Nermin")
            monkeypatch.setattr(People, "change_own_password", real)
            async with house.browser() as other:
                assert (await change(other, await signed(other), new=NEW + "!")).status_code == 200
        return await real(self, *given, **more)

    monkeypatch.setattr(People, "change_own_password", overtaken)
    async with house.browser() as client:
        answer = await change(client, await signed(client))
        assert (answer.status_code, answer.json()["key"]) == (422, "old_password")
        assert (await client.get(PATH)).status_code == 401, "the other change has signed them out here"


async def test_over_tls_the_new_cookies_are_for_this_host_alone(house: House) -> None:
    async with house.browser(scheme="https", host="desk.example") as client:
        answer = await change(client, await signed(client))
        cookies = answer.headers.get_list("set-cookie")
        assert len(cookies) == 2
        assert all(one.startswith("__Host-cozum-") and "; Secure" in one for one in cookies)


async def test_the_browser_stays_known(house: House) -> None:
    """Its cookie says so by the password: the change gives it another."""
    async with house.browser() as client:
        before = (await signed(client), client.cookies[DEVICE])
        assert (await change(client, before[0])).status_code == 200
        assert client.cookies[DEVICE] != before[1]
        async with house.browser() as attacker:
            for _ in range(FREE + 2):
                await sign_in(attacker, password="wrong")
        assert (await sign_in(client, password=NEW)).status_code == 200


async def test_a_database_that_is_away_changes_nothing(house: House) -> None:
    async with house.browser() as client:
        headers = await signed(client)
        assert (await client.get(PATH)).status_code == 200
        house.away = True
        assert (await change(client, headers)).status_code == 503
        house.away = False
        assert (await change(client, headers)).status_code == 200


async def test_nothing_is_changed_when_the_session_has_ended_meanwhile(house: House) -> None:
    person = await house.stores.people.get("nermin")
    assert person is not None
    stale = Person(user="nermin", role="lead", password_hash="another")
    with pytest.raises(PasswordChanged):
        await house.stores.people.change_own_password(stale, "x", session="s", renewed="r")
    async with house.browser() as client:
        headers = await signed(client)
        assert (await client.get(PATH)).status_code == 200
        await house.stores.sessions.end(digest_of(client.cookies[COOKIE]))
        assert (await change(client, headers)).status_code == 401
    assert await house.stores.people.get("nermin") == person
