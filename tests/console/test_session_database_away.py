"""Sessions and tokens while the database of people is away."""

import asyncio

import pytest

from agents.people import Token
from console.ports import Unavailable
from storage.people.sessions import Session, digest_of
from tests.console.signing_in import COOKIE, PATH, House, sign_in


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
