"""Signing in and out, by the API and a real database of people."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from acd.desk import hashing
from acd.desk.people import DeskPeople
from acd.lib import passwords
from acd.lib.passwords import hash_password, verify_password
from acd.lib.sign_in_delays import FREE
from agents.demo_people import OTHERS
from agents.people import Person, Token
from console.people_ports import SignIn, WrongPassword
from console.ports import Unavailable
from storage.database import Database
from storage.people.audit import WantedEntries
from storage.people.sessions import Session, digest_of
from storage.people.stores import PeopleStores
from tests.console.desk import Desk
from tests.console.tokens import AUTH
from tests.databases import new_database
from tests.waiting import until

PATH = "/api/v1/session"
PASSWORD = "doğru at pil zımba"
HASH = hash_password(PASSWORD)
NERMIN = Person(user="nermin", name="Nermin Kılıç", role="lead", password_hash=HASH)
AYSE = Person(user="1001", name="Ayşe", role="agent", extension="1001", password_hash=HASH)
COOKIE = "cozum-session"


class House:
    """A desk with people, and what they are kept in."""

    def __init__(self, database: Database) -> None:
        self.now = time.time()
        self.away = False
        self.demo = True
        self.stores = PeopleStores(database, lambda: self.now, session_idle_s=3600, session_s=43_200)
        self.people = DeskPeople(
            self._stores, demo_serves=lambda: self.demo, secret=b"of tests only", now=lambda: self.now
        )
        self.desk = Desk()
        self.desk.people = self.people
        self.desk.add_agent("1001")
        self.app = self.desk.app()

    def _stores(self) -> PeopleStores:
        if self.away:
            raise Unavailable("the database is away")
        return self.stores

    def browser(
        self, address: str = "127.0.0.1", host: str = "localhost:8080", scheme: str = "http"
    ) -> httpx.AsyncClient:
        """A browser at an address, with cookies of its own."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 5000))
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{host}")

    async def audit(self) -> list[tuple[str, str, str]]:
        """The person, the action, and what it was about; the newest last."""
        await self.people.flush()
        found = await self.stores.audit.page(WantedEntries())
        return [(one["who"], one["action"], one["about"]) for one in reversed(found.records)]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = await new_database("sqlite", None, tmp_path)
    made = House(database)
    for person in (NERMIN, AYSE, *OTHERS):
        await made.stores.people.add(person)
    yield made
    await database.close()


async def sign_in(client: httpx.AsyncClient, user: str = "nermin", password: str = PASSWORD) -> httpx.Response:
    return await client.post(PATH, json={"user": user, "password": password})


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


async def test_a_wrong_password_and_no_such_user_are_one_answer(house: House) -> None:
    await house.stores.people.add(Person(user="gone", role="lead", password_hash=HASH, enabled=False))
    answers = []
    for user, password in (
        ("nermin", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("no such name!", PASSWORD), ("lead", "wrong")
    ):  # fmt: skip
        async with house.browser() as client:
            answer = await sign_in(client, user, password)
            answers.append((answer.status_code, answer.text, sorted(answer.headers)))
            assert not client.cookies
    assert len(set(map(str, answers))) == 1
    assert answers[0][0] == 401
    assert await house.audit() == []


@pytest.mark.alone
async def test_an_unknown_user_takes_as_long_as_a_wrong_password() -> None:
    """Compares the check itself: the rest of both ways is the same code."""

    def took(password_hash: str) -> float:
        began = time.perf_counter()
        assert not verify_password("wrong", password_hash)
        return time.perf_counter() - began

    known, unknown = ([took(one) for _ in range(15)] for one in (HASH, ""))
    assert 0.4 < median(unknown) / median(known) < 2.5


async def test_after_wrong_passwords_the_next_try_waits_and_the_right_one_too(house: House) -> None:
    async with house.browser(address="203.0.113.9") as client:
        for _ in range(FREE + 1):
            assert (await sign_in(client, password="wrong")).status_code == 401
        for password in ("wrong", PASSWORD):
            answer = await sign_in(client, password=password)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
            assert "203.0.113.9" not in answer.text
    assert house.desk.refusals == ["sign_in_delayed"] * 2
    assert await house.audit() == [("nermin", "sign_in_delayed", "nermin")]


async def test_nobody_locks_another_out(house: House) -> None:
    async with house.browser() as known, house.browser() as neighbour:
        await sign_in(known)
        async with house.browser() as attacker:  # at the same address, behind one office's router
            for _ in range(FREE + 2):
                await sign_in(attacker, password="wrong")
            assert (await sign_in(attacker)).status_code == 429
        assert (await known.get(PATH)).status_code == 200  # who is signed in goes on
        assert (await sign_in(known)).status_code == 200  # and signs in again: this browser is known
        assert (await sign_in(neighbour, "1001")).status_code == 200  # others at that address too
        async with house.browser(address="198.51.100.1") as elsewhere:
            assert (await sign_in(elsewhere)).status_code == 200


async def test_a_browser_is_known_for_its_own_user_and_password(house: House) -> None:
    async with house.browser() as client:
        await sign_in(client, "1001")
        for _ in range(FREE + 1):
            assert (await sign_in(client, "nermin", "wrong")).status_code == 401
        assert (await sign_in(client, "nermin")).status_code == 429  # known, but not for her
    async with house.browser(address="198.51.100.1") as client:
        await sign_in(client)
        await house.stores.people.change("nermin", password_hash=hash_password("another password"))
        for _ in range(FREE + 1):
            assert (await sign_in(client)).status_code == 401
        assert (await sign_in(client, password="another password")).status_code == 429


async def test_tries_at_one_moment_are_no_more_than_in_a_row(house: House) -> None:
    async with house.browser() as client:
        answers = await asyncio.gather(*(sign_in(client, password="wrong") for _ in range(15)))
    assert sorted(one.status_code for one in answers) == [401] * (FREE + 1) + [429] * (14 - FREE)


async def test_a_flood_of_sign_ins_holds_nobody_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, go_on = 0, 0, threading.Event()
    real = passwords.verify_password

    def held(password: str, password_hash: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            if password == "wrong":
                go_on.wait(60)
            return real(password, password_hash)
        finally:
            running -= 1

    monkeypatch.setattr(passwords, "verify_password", held)
    async with house.browser() as known, house.browser(address="203.0.113.9") as flood:
        await sign_in(known)
        tries = [asyncio.create_task(sign_in(flood, f"user{n}", "wrong")) for n in range(60)]
        # So many of one address wait; the others are sent away at once.
        refused = 60 - hashing.MOST_OF_CLIENT
        async with asyncio.timeout(60):
            while sum(one.done() for one in tries) < refused:  # noqa: ASYNC110  there is no event for it
                await asyncio.sleep(0.02)
        assert (await known.get("/api/v1/agents")).status_code == 200
        assert (await sign_in(known)).status_code == 200  # this browser does not wait with the flood
        go_on.set()
        async with house.browser(address="198.51.100.1") as other:
            assert (await sign_in(other, "1001")).status_code == 200
        statuses = [(await one).status_code for one in tries]
    assert most <= 2
    assert (statuses.count(429), statuses.count(401)) == (refused, hashing.MOST_OF_CLIENT)


async def test_whoever_is_sent_away_by_a_flood_has_made_no_wrong_try(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a flood of names that nobody looks at would have the tries that count forgotten, and a busy morning would
    lock out an office."""
    go_on = threading.Event()
    real = passwords.verify_password

    def held(password: str, password_hash: str) -> bool:
        if password == "held":
            go_on.wait(60)
        return real(password, password_hash)

    monkeypatch.setattr(passwords, "verify_password", held)
    async with house.browser(address="203.0.113.9") as client:
        flood = [asyncio.create_task(sign_in(client, f"u{n}", "held")) for n in range(2 * hashing.MOST_OF_CLIENT)]
        await until(lambda: sum(one.done() for one in flood) == hashing.MOST_OF_CLIENT)
        for _ in range(2 * FREE):
            answer = await sign_in(client)
            assert (answer.status_code, answer.json()["detail"][:20]) == (429, "too many sign in at ")
        go_on.set()
        await asyncio.gather(*flood)
        assert (await sign_in(client)).status_code == 200


async def test_a_host_that_is_none_is_no_fault_of_ours(house: House) -> None:
    """Anybody may send one: what is our fault is logged with its traceback, and would fill the disk."""
    for host in ("[", "[::1", "a]b", "[x]", "::", "@", ""):
        async with house.browser() as client:
            wish = {"user": "nermin", "password": PASSWORD}
            answer = await client.post(PATH, json=wish, headers={"host": host})
            assert answer.status_code == 200, (host, answer.text)


async def test_another_address_of_the_same_ipv6_network_is_no_other_client(house: House) -> None:
    """One client has a whole /64, so guesses from each of its addresses are the same client's."""
    statuses = []
    for n in range(1, 11):
        async with house.browser(address=f"2001:db8:1:2::{n:x}") as browser:
            statuses.append((await sign_in(browser, "admin", "wrong")).status_code)
    async with house.browser(address="2001:db8:1:3::1") as other:
        statuses.append((await sign_in(other, "admin", "wrong")).status_code)
    assert 429 in statuses[:10]
    assert statuses[-1] == 401


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


async def test_a_database_that_goes_away_signs_nobody_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    async with house.browser() as client, house.browser() as stranger:
        csrf = (await sign_in(client)).json()["csrf"]
        assert (await client.get("/api/v1/agents")).status_code == 200
        house.away = True
        answer = await client.post("/api/v1/agents/1001/state", json={"state": "ready"}, headers={"X-CSRF-Token": csrf})
        assert answer.status_code == 200  # an agent goes on taking calls
        assert (await sign_in(stranger)).status_code == 503
        with pytest.raises(Unavailable):
            await house.people.flush()
        house.away = False
    assert ("nermin", "agent_state", "1001") in await house.audit()  # said later, and not lost


async def test_a_database_that_was_away_for_hours_signs_nobody_out_when_it_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.desk.believed.TRUST_S", 0.0)
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    async with house.browser() as client, house.browser() as gone:
        await sign_in(client)
        await sign_in(gone, "1001")
        page = house.people.key("session", client.cookies[COOKIE])
        assert [(await one.get(PATH)).status_code for one in (client, gone)] == [200, 200]
        for is_asked_first in (False, True):
            house.away = True
            for _ in range(5):
                house.now += 1800
                assert await house.people.holds(page)
            house.away = False
            await house.stores.sessions.forget()  # the house is kept before the uses are recorded
            if is_asked_first:
                assert await house.people.holds(page)
                assert (await client.get(PATH)).status_code == 200
            await house.people.flush()  # and the first time it goes away again at once
        assert (await client.get(PATH)).status_code == 200
        assert (await gone.get(PATH)).status_code == 401, "nobody used it"


@pytest.mark.parametrize("answers", ["refusal", "none"])
async def test_whoever_signs_out_while_the_database_is_away_is_signed_out(
    house: House, monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    monkeypatch.setattr("acd.desk.believed.TRUST_S", 0.0)
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)

    async def no_answer(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    async with house.browser() as client:
        headers = {"X-CSRF-Token": (await sign_in(client)).json()["csrf"]}
        assert (await client.get(PATH)).status_code == 200
        cookie = {"cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        page = house.people.key("session", client.cookies[COOKIE])
        with monkeypatch.context() as broken:
            if answers == "none":
                broken.setattr(house.stores.sessions, "end", no_answer)
            else:
                house.away = True
            assert (await client.delete(PATH, headers=headers)).status_code == 204
        assert COOKIE not in client.cookies
        assert (await client.get(PATH, headers=cookie)).status_code == 401
        assert not await house.people.holds(page)
        house.away = False
        assert (await client.get(PATH, headers=cookie)).status_code == 401, "before the database has learnt of it"
        assert ("nermin", "signed_out", "nermin") in await house.audit()
        assert await house.stores.sessions.counts() == {}
        assert (await client.get(PATH, headers=cookie)).status_code == 401


async def test_a_desk_that_knows_nobody_yet_takes_the_cookie_too(house: House) -> None:
    """It was restarted while the database was away: it cannot say whose the session is."""
    house.away = True
    async with house.browser() as client:
        cookie = {"cookie": f"{COOKIE}={'x' * 43}"}
        answer = await client.delete(PATH, headers=cookie)
        assert (answer.status_code, f'{COOKIE}=""' in answer.headers["set-cookie"]) == (503, True)
        assert "set-cookie" not in (await client.get(PATH, headers=cookie)).headers


@pytest.mark.alone  # it measures for how long a hanging database is waited for
async def test_a_database_that_swallows_each_question_holds_nobody_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.desk.believed.FRESH_S", 0.0)
    monkeypatch.setattr("acd.desk.believed.TRUST_S", 600.0)
    asked, answers, late, find = 0, asyncio.Event(), asyncio.Event(), house.stores.sessions.find

    async def swallowed(digest: str, *, used_at: float = 0.0) -> Session | None:
        nonlocal asked
        asked += 1
        await answers.wait()
        try:
            return await find(digest, used_at=used_at)
        finally:
            late.set()

    async with house.browser() as client:
        csrf = (await sign_in(client)).json()["csrf"]
        assert (await client.get(PATH)).status_code == 200
        page = house.people.key("session", client.cookies[COOKIE])
        monkeypatch.setattr(house.stores.sessions, "find", swallowed)
        pause = ("/api/v1/agents/1001/state", {"state": "paused"}, {"X-CSRF-Token": csrf})
        async with asyncio.timeout(5):  # one such look took ten seconds
            first = await asyncio.gather(*(client.get(PATH) for _ in range(10)))
            assert (await client.post(pause[0], json=pause[1], headers=pause[2])).status_code == 200
            assert all([await house.people.holds(page) for _ in range(20)])
        assert [one.status_code for one in first] == [200] * 10
        assert asked == 1, "they ask together, and then trust for a while"
        await house.stores.people.change("nermin", enabled=False)
        assert (await client.get(PATH)).status_code == 200, "nobody here can know it"
        answers.set()
        async with asyncio.timeout(20):
            await late.wait()
        assert (await client.get(PATH)).status_code == 401, "a late answer counts"
        assert not await house.people.holds(page)


async def test_a_token_ends_in_time_also_while_the_database_is_away(house: House) -> None:
    await house.stores.tokens.add(Token(name="crm", scopes=("agents",), ends_at=house.now + 59), digest_of("t" * 43))
    assert await house.people.token("t" * 43) is not None
    house.away = True
    house.now += 60
    assert await house.people.token("t" * 43) is None


async def test_a_session_ends_by_silence_also_while_the_database_is_away(house: House) -> None:
    async with house.browser() as client:
        await sign_in(client)
        assert (await client.get(PATH)).status_code == 200
        house.away = True
        house.now += 3601
        assert (await client.get(PATH)).status_code == 401
        house.away = False
        assert (await client.get(PATH)).status_code == 401


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
