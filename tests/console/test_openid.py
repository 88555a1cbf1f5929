"""Signing in by a real OpenID Connect provider: the API, a real database, and npm's certified `oidc-provider`."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest

from acd.config.load_settings import load_settings
from acd.desk import openid, openid_provider
from acd.desk.openid import DeskOpenId
from acd.desk.people import DeskPeople
from acd.lib.passwords import hash_password
from agents.demo_people import OTHERS
from agents.people import Person
from console.ports import Unavailable
from console.rates import WRONG_TOKENS, Rate
from storage.database import Database
from storage.people.audit import WantedEntries
from storage.people.stores import PeopleStores
from tests.console.desk import Desk
from tests.databases import new_database
from tests.openid_provider import CLIENT, OpenIdProvider, running_provider, sign_in_at

PATH = "/api/v1/session"
DESK_URL = "http://127.0.0.1:8080"
PASSWORD = "doğru at pil zımba"
NERMIN = Person(user="nermin", name="Nermin Kılıç", role="lead", password_hash=hash_password(PASSWORD))
LOCKED = Person(user="locked", role="lead", password_hash=NERMIN.password_hash, enabled=False)
COOKIE, FLOW = "cozum-session", "cozum-openid"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    with running_provider(tmp_path_factory.mktemp("provider"), DESK_URL) as made:
        yield made


class House:
    """A desk whose people sign in at a provider, too."""

    def __init__(self, database: Database, provider: OpenIdProvider, folder: Path, **settings: Any) -> None:
        self.now = time.time()
        self.away = False
        self.provider = provider
        self.stores = PeopleStores(database, lambda: self.now, session_idle_s=3600, session_s=43_200)
        self.people = DeskPeople(self._stores, demo_serves=lambda: True, secret=b"of tests only", now=lambda: self.now)
        given: dict[str, Any] = {
            "data_dir": folder,
            "openid_issuer": provider.issuer,
            "openid_client_id": CLIENT,
            "openid_client_secret_file": provider.secret_file,
            "openid_desk_url": DESK_URL,
        }
        wanted = load_settings(**given | settings)
        self.openid = DeskOpenId(wanted, self.people, secret=b"of tests only", now=lambda: self.now)
        self.desk = Desk()
        self.desk.people, self.desk.openid = self.people, self.openid
        self.app = self.desk.app()

    def _stores(self) -> PeopleStores:
        if self.away:
            raise Unavailable("the database is away")
        return self.stores

    def browser(self) -> "Browser":
        return Browser(self)

    async def audit(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The person, the action and its detail; the newest last."""
        await self.people.flush()
        found = await self.stores.audit.page(WantedEntries())
        return [(one["who"], one["action"], one["detail"]) for one in reversed(found.records)]


class Browser:
    """A browser with cookies of its own for desk and provider."""

    def __init__(self, house: House) -> None:
        transport = httpx.ASGITransport(house.app, raise_app_exceptions=False, client=("127.0.0.1", 5000))
        self.desk = httpx.AsyncClient(transport=transport, base_url=DESK_URL)
        self.elsewhere = httpx.AsyncClient()

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.desk.aclose()
        await self.elsewhere.aclose()

    async def begin(self) -> str:
        """Press the button; where it leads."""
        way = (await self.desk.get(f"{PATH}/openid")).json()["begin"]
        assert way == f"{DESK_URL}{PATH}/openid/begin"
        answer = await self.desk.get(way)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def at_provider(self, url: str, login: str) -> str:
        """Sign in there; the address that leads back."""
        return await sign_in_at(self.elsewhere, url, login, DESK_URL)

    async def comes_back(self, url: str) -> str:
        """Follow the way back; what the first page is told."""
        answer = await self.desk.get(url)
        assert answer.status_code == 303, answer.text
        where = str(answer.headers["location"])
        assert where.startswith("/?openid=")
        return where.removeprefix("/?openid=")

    async def signs_in(self, login: str) -> str:
        """All of it."""
        return await self.comes_back(await self.at_provider(await self.begin(), login))

    async def user(self) -> str | None:
        """Who is signed in."""
        answer = await self.desk.get(PATH)
        return answer.json()["user"] if answer.status_code == 200 else None


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = await new_database("sqlite", None, tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def house(database: Database, provider: OpenIdProvider, tmp_path: Path) -> House:
    provider.knows({name: {"preferred_username": name} for name in ("nermin", "locked", "stranger", "lead")})
    made = House(database, provider, tmp_path)
    for person in (NERMIN, LOCKED, *OTHERS):
        await made.stores.people.add(person)
    return made


def changed(url: str, **values: str) -> str:
    """An address with other values of its parameters."""
    parts = urlsplit(url)
    query = {name: found[0] for name, found in parse_qs(parts.query).items()} | values
    return urlunsplit(parts._replace(query=urlencode({name: value for name, value in query.items() if value})))


def query_of(url: str) -> dict[str, str]:
    return {name: found[0] for name, found in parse_qs(urlsplit(url).query).items()}


async def test_somebody_signs_in_at_the_provider_and_later_by_the_same_account(house: House) -> None:
    async with house.browser() as browser:
        url = await browser.begin()
        asked = query_of(url)
        assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == (
            "code", "S256", "openid profile email"
        )  # fmt: skip
        flow = browser.desk.cookies[FLOW]
        assert all(asked[name] not in flow for name in ("state", "nonce", "code_challenge"))
        answer = await browser.desk.get(await browser.at_provider(url, "nermin"))
        assert answer.headers["location"] == "/?openid=in"
        (cookie,) = (one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}="))
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert FLOW not in browser.desk.cookies
        assert await browser.user() == "nermin"
    house.provider.knows({"nermin": {"preferred_username": "another name"}})  # the account is bound for good
    async with house.browser() as browser:
        assert await browser.signs_in("nermin") == "in"
        assert await browser.user() == "nermin"
    assert await house.audit() == [
        ("nermin", "identity_bound", {}),
        ("nermin", "signed_in", {"by": "openid"}),
        ("nermin", "signed_in", {"by": "openid"}),
    ]


async def test_the_cookie_of_the_way_is_for_this_browser_and_ten_minutes(house: House) -> None:
    async with house.browser() as browser:
        answer = await browser.desk.get(f"{PATH}/openid/begin")
        (cookie,) = answer.headers.get_list("set-cookie")
        assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))
    house.openid.desk_url = "https://desk.example"
    async with house.browser() as browser:  # behind a proxy that ends TLS
        answer = await browser.desk.get(f"{PATH}/openid/begin")
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith(f"__Host-{FLOW}=")
        assert "; Secure" in cookie


@pytest.mark.parametrize(
    "why", ["another_state", "no_state", "no_cookie", "another_browser", "made_up_cookie", "too_late", "no_code"]
)
async def test_who_did_not_begin_here_does_not_come_in(house: House, why: str) -> None:
    async with house.browser() as browser, house.browser() as other:
        back = await browser.at_provider(await browser.begin(), "nermin")
        comes = browser
        if why == "another_state":
            back = changed(back, state=query_of(await other.begin())["state"])
        elif why == "no_state":
            back = changed(back, state="")
        elif why == "no_cookie":
            browser.desk.cookies.clear()
        elif why == "another_browser":  # a victim who is led to the attacker's address
            await other.begin()
            comes = other
        elif why == "made_up_cookie":
            browser.desk.cookies.clear()
            browser.desk.cookies.set(FLOW, f"{int(house.now)}.{'x' * 43}.", domain="127.0.0.1", path="/")
        elif why == "too_late":
            house.now += openid.LASTS_S + 1
        elif why == "no_code":
            back = changed(back, code="")
        assert await comes.comes_back(back) == ("refused" if why == "no_code" else "again")
        assert await comes.user() is None
        assert COOKIE not in comes.desk.cookies
    assert await house.audit() == []


async def test_a_code_is_redeemed_once_and_by_the_browser_for_which_it_was_made(house: House) -> None:
    async with house.browser() as browser, house.browser() as other:
        back = await browser.at_provider(await browser.begin(), "nermin")
        kept = browser.desk.cookies[FLOW]
        state = query_of(await other.begin())["state"]
        assert await other.comes_back(changed(back, state=state)) == "refused"  # PKCE: another's code
        assert await browser.comes_back(back) == "in"
        browser.desk.cookies.clear()
        browser.desk.cookies.set(FLOW, kept, domain="127.0.0.1", path="/")
        assert await browser.comes_back(back) == "again"  # the whole of it once more
        again = query_of(await browser.begin())["state"]
        assert await browser.comes_back(changed(back, state=again)) == "refused"
        assert await browser.user() is None


async def test_a_token_with_another_nonce_is_not_believed(house: House) -> None:
    async with house.browser() as browser:
        url = changed(await browser.begin(), nonce="another")
        assert await browser.comes_back(await browser.at_provider(url, "nermin")) == "refused"
        assert await browser.user() is None


async def test_another_providers_answer_is_not_taken(house: House) -> None:
    async with house.browser() as browser:
        back = await browser.at_provider(await browser.begin(), "nermin")
        assert query_of(back)["iss"] == house.provider.issuer
        assert await browser.comes_back(changed(back, iss="https://elsewhere.example")) == "refused"


@pytest.mark.parametrize("login", ["stranger", "locked", "lead", "nameless"])
async def test_only_people_who_were_let_in_come_in(house: House, login: str) -> None:
    """`lead` is a person of the demo, `nameless` has no claim."""
    async with house.browser() as browser:
        assert await browser.signs_in(login) == "not_let_in"
        assert await browser.user() is None
        assert COOKIE not in browser.desk.cookies
    refused = {"by": "openid", "why": "locked"}
    assert await house.audit() == ([("locked", "sign_in_refused", refused)] if login == "locked" else [])
    assert await house.stores.identities.find(house.provider.issuer, login) is None


async def test_somebody_who_is_locked_later_comes_in_no_more(house: House) -> None:
    async with house.browser() as browser:
        assert await browser.signs_in("nermin") == "in"
        await house.stores.people.change("nermin", enabled=False)
        assert await browser.signs_in("nermin") == "not_let_in"
    async with house.browser() as browser:
        assert await browser.user() is None


async def test_a_person_has_one_account_there_until_it_is_forgotten(house: House) -> None:
    house.provider.knows({name: {"preferred_username": "nermin"} for name in ("first", "second")})
    async with house.browser() as browser:
        assert await browser.signs_in("first") == "in"
    async with house.browser() as browser:
        assert await browser.signs_in("second") == "not_let_in"
        assert (await house.audit())[-1] == ("nermin", "sign_in_refused", {"by": "openid", "why": "bound_to_another"})
        assert await house.stores.identities.unbind("nermin") == 1
        assert await browser.signs_in("second") == "in"


async def test_whoever_gets_the_name_of_one_who_is_gone_gets_no_account_of_theirs(house: House) -> None:
    async with house.browser() as browser:
        assert await browser.signs_in("nermin") == "in"
    await house.stores.people.remove("nermin")
    await house.stores.people.add(NERMIN)
    assert await house.stores.identities.find(house.provider.issuer, "nermin") is None


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ({"email": "Nermin@town.example", "email_verified": True}, "in"),
        ({"email": "nermin@town.example", "email_verified": False}, "not_let_in"),
        ({"email": "nermin@town.example"}, "not_let_in"),
        ({"email": "nermin@elsewhere.example", "email_verified": True}, "not_let_in"),
        ({"email": "nermin", "email_verified": True}, "not_let_in"),
    ],
)
async def test_an_address_names_somebody_if_it_was_verified_and_is_ours(
    house: House, tmp_path: Path, database: Database, claims: dict[str, Any], outcome: str
) -> None:
    house.provider.knows({"n": claims})
    of_mail = House(database, house.provider, tmp_path, openid_claim="email", openid_domain="town.example")
    async with of_mail.browser() as browser:
        assert await browser.signs_in("n") == outcome


async def test_a_session_that_was_there_before_has_ended(house: House) -> None:
    async with house.browser() as browser:
        answer = await browser.desk.post(PATH, json={"user": "nermin", "password": PASSWORD})
        assert answer.status_code == 200
        before = browser.desk.cookies[COOKIE]
        back = await browser.at_provider(await browser.begin(), "nermin")
        flow = browser.desk.cookies[FLOW]
        # From another site a browser sends no `Strict` cookie along.
        answer = await browser.desk.get(back, headers={"cookie": f"{FLOW}={flow}"})
        assert answer.headers["location"] == "/?openid=in"
        assert browser.desk.cookies[COOKIE] != before
    async with house.browser() as attacker:
        answer = await attacker.desk.get(PATH, headers={"cookie": f"{COOKIE}={before}"})
        assert answer.status_code == 401


async def test_no_parameter_leads_elsewhere(house: House) -> None:
    elsewhere = "https://elsewhere.example/"
    more = dict.fromkeys(("next", "return_to", "redirect_uri", "error_uri"), elsewhere)
    async with house.browser() as browser:
        assert (await browser.desk.get(f"{PATH}/openid/begin", params=more)).status_code == 422
        headers = {"host": "elsewhere.example", "x-forwarded-host": "elsewhere.example"}
        answer = await browser.desk.get(f"{PATH}/openid/begin", headers=headers)
        assert query_of(answer.headers["location"])["redirect_uri"].startswith(DESK_URL)
        back = await browser.at_provider(answer.headers["location"], "nermin")
        assert await browser.comes_back(changed(back, **more)) == "in"


async def test_a_provider_that_is_away_is_told_of_and_the_password_is_good(house: House, tmp_path: Path) -> None:
    provider = OpenIdProvider(tmp_path / "provider", DESK_URL)
    house.provider = provider
    provider.knows({"nermin": {"preferred_username": "nermin"}})
    provider.start()
    try:
        house.openid._provider = House(house.stores.people._database, provider, tmp_path).openid._provider
        async with house.browser() as browser, house.browser() as other:
            back = await browser.at_provider(await browser.begin(), "nermin")
            provider.stop()
            assert await browser.comes_back(back) == "away"
            house.openid._provider._until = 0.0  # the discovery document is asked for anew
            assert (await other.desk.get(f"{PATH}/openid/begin")).headers["location"] == "/?openid=away"
            answer = await other.desk.post(PATH, json={"user": "nermin", "password": PASSWORD})
            assert answer.status_code == 200
            provider.start()
            house.openid._provider._until = 0.0
            async with house.browser() as third:
                assert await third.signs_in("nermin") == "in"
    finally:
        provider.stop()


async def test_what_is_missing_on_our_side_is_not_the_providers_fault(house: House) -> None:
    async with house.browser() as browser:
        back = await browser.at_provider(await browser.begin(), "nermin")
        house.away = True
        assert await browser.comes_back(back) == "ours"
        house.away = False
    secret = house.provider.secret_file.read_text("utf-8")
    try:
        house.provider.secret_file.write_text("another", "utf-8")
        async with house.browser() as browser:
            assert await browser.signs_in("nermin") == "refused"
        house.provider.secret_file.unlink()
        async with house.browser() as browser:
            assert (await browser.desk.get(f"{PATH}/openid/begin")).headers["location"] == "/?openid=ours"
    finally:
        house.provider.secret_file.write_text(secret, "utf-8")


async def test_tries_that_come_to_nothing_are_few_and_say_nothing_of_people(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is filled up again, however slow this machine is.
    monkeypatch.setattr("console.openid.WRONG_TOKENS", Rate(burst=WRONG_TOKENS.burst, per_s=0.0001))
    house.app = house.desk.app()
    async with house.browser() as browser:
        assert await browser.signs_in("stranger") == "not_let_in"
        await browser.begin()
        for _ in range(int(WRONG_TOKENS.burst) + 1):
            answer = await browser.desk.get(f"{PATH}/openid/return", params={"state": "x", "code": "guessed"})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
    assert house.desk.refusals[-1] == "openid_refused"
    said = capsys.readouterr()
    assert "not_let_in" in said.out + said.err
    assert "stranger" not in said.out + said.err


async def test_without_a_provider_there_is_no_way_in(house: House) -> None:
    house.desk.openid = None
    house.app = house.desk.app()
    async with house.browser() as browser:
        assert (await browser.desk.get(f"{PATH}/openid")).json() == {"begin": None}
        for path in ("begin", "return"):
            assert (await browser.desk.get(f"{PATH}/openid/{path}")).status_code == 404


async def test_a_provider_that_says_nothing_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid_provider, "STEP_S", 0.05)

    async def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    monkeypatch.setattr(
        house.openid._provider, "_client", lambda: httpx.AsyncClient(transport=httpx.MockTransport(silent))
    )
    async with house.browser() as browser:
        assert (await browser.desk.get(f"{PATH}/openid/begin")).headers["location"] == "/?openid=away"
