"""Passwords that are guessed: each try delays the next, tells nothing of users and keeps nobody else out."""

import asyncio
import threading
import time
from statistics import median

import pytest

from acd.desk import hashing
from acd.lib import passwords
from acd.lib.passwords import hash_password, verify_password
from acd.lib.sign_in_delays import FREE
from agents.people import Person
from tests.console.signing_in import HASH, PASSWORD, PATH, House, sign_in
from tests.waiting import until


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
