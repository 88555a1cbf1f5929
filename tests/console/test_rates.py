"""A client that asks too often waits, one that guesses tokens waits longer, and nobody else does."""

import httpx
import pytest

from console import api
from console.rates import REQUESTS, WRONG_TOKENS, Rate, Rates
from tests.console.desk import Desk
from tests.console.tokens import AUTH


@pytest.fixture
def desk() -> Desk:
    return Desk()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_a_steady_rate() -> None:
    clock = Clock()
    rates = Rates(Rate(burst=3, per_s=0.5), clock)
    assert [rates.take("192.0.2.1") for _ in range(4)] == [0, 0, 0, 2.0]
    clock.now += 1
    assert rates.take("192.0.2.1") == 1.0
    clock.now += 1
    assert [rates.take("192.0.2.1"), rates.take("192.0.2.1")] == [0, 2.0]
    assert rates.take("192.0.2.2") == 0, "another client"
    clock.now += 1000
    assert [rates.take("192.0.2.1") for _ in range(4)] == [0, 0, 0, 2.0]


def test_all_addresses_of_one_ipv6_network_are_one_client() -> None:
    rates = Rates(Rate(burst=1, per_s=1), Clock())
    assert rates.take("2001:db8:0:1::1") == 0
    assert rates.take("2001:db8:0:1:ffff::2") > 0
    assert rates.take("2001:db8:0:2::1") == 0


def test_memory_is_bounded_however_many_come() -> None:
    rates = Rates(Rate(burst=1, per_s=1), Clock(), kept=100)
    for number in range(10_000):
        rates.take(f"10.0.{number // 256}.{number % 256}")
    assert len(rates) == 100


def test_whoever_comes_under_many_names_has_no_empty_bucket_forgotten() -> None:
    rates = Rates(Rate(burst=3, per_s=0.001), Clock(), kept=100)
    while rates.take("192.0.2.1") == 0:
        pass
    for number in range(10_000):
        assert rates.take(f"10.0.{number // 256}.{number % 256}") == 0
        rates.give_back(f"10.0.{number // 256}.{number % 256}")
        rates.take(f"10.1.{number // 256}.{number % 256}")
    assert rates.take("192.0.2.1") > 0
    assert len(rates) == 100


def test_a_full_bucket_needs_no_memory() -> None:
    clock = Clock()
    rates = Rates(Rate(burst=2, per_s=1), clock)
    for number in range(200):
        rates.take(f"10.0.0.{number}")
    clock.now += 1
    assert rates.take("192.0.2.1") == 0
    assert len(rates) == 1


def test_an_office_that_loads_200_pages_at_once_is_served() -> None:
    rates = Rates(REQUESTS, Clock())
    assert not any(rates.take("192.0.2.1") for _ in range(200 * 15))


def client(desk: Desk, address: str, rate: Rate | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(desk.app(rate=rate), client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_too_many_requests_are_answered_429_and_told_when_to_come_again(desk: Desk) -> None:
    async with client(desk, "192.0.2.1", Rate(burst=5, per_s=0.1)) as asking:
        answers = [await asking.get("/healthz") for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 10  # ten seconds, less what the others took
    assert refused.headers["content-type"] == "application/problem+json"
    again_s = refused.headers["retry-after"]
    assert refused.json()["detail"] == f"too many requests from this address; try again in {again_s} s"
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert desk.refusals == ["too_many"]


async def test_a_client_that_guesses_tokens_is_held_short_and_the_right_token_is_served(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is filled up again, however slow this machine is.
    monkeypatch.setattr(api, "WRONG_TOKENS", Rate(burst=WRONG_TOKENS.burst, per_s=0.0001))
    async with client(desk, "192.0.2.1") as asking:
        wrong = {"authorization": "Bearer guess"}
        codes = [(await asking.get("/api/v1/agents", headers=wrong)).status_code for _ in range(30)]
        assert codes == [401] * int(WRONG_TOKENS.burst) + [429] * (30 - int(WRONG_TOKENS.burst))
        assert (await asking.get("/readyz", headers=wrong)).status_code == 429
        assert (await asking.get("/readyz")).status_code == 200
        assert (await asking.get("/api/v1/agents", headers=AUTH)).status_code == 200
    assert set(desk.refusals) == {"wrong_tokens"}


async def test_a_page_whose_person_has_signed_out_takes_no_tries_from_its_address(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "WRONG_TOKENS", Rate(burst=2, per_s=0.0001))
    async with client(desk, "192.0.2.1") as asking:
        for _ in range(30):
            assert (await asking.post("/api/v1/agents/1001/phone", json={})).status_code == 401
        assert (await asking.get("/api/v1/session")).status_code == 401
        # What is a guess is counted as ever: an unknown session, a header that is none, a token.
        guesses = [{"cookie": "cozum-session=x"}, {"authorization": "Basic eA=="}, {"authorization": "Bearer x"}]
        codes = [(await asking.get("/api/v1/session", headers=one)).status_code for one in guesses]
    assert codes == [401, 401, 429]


async def test_the_description_tells_of_it(desk: Desk) -> None:
    async with client(desk, "192.0.2.1") as asking:
        paths = (await asking.get("/api/openapi.json")).json()["paths"]
    assert all("429" in one["responses"] for methods in paths.values() for one in methods.values())
