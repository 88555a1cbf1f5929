"""Pages of others, in the browser in which somebody of the desk is signed in: they change nothing, read nothing and
show nothing of ours. And sessions: none is planted before a sign-in, and none goes on after a sign-out."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, expect

from bench.browser import program
from bench.stack import until
from console.page import PAGES
from tests.browser.agent_at_work import AgentAtWork
from tests.browser.conftest import Desk
from tests.browser.requests import ANY, ask, at_work, opened
from tests.browser.stranger import ATTACK, NEIGHBOUR, STRANGER, Site, site
from tests.browser.test_sign_in import type_in

SESSION: Final = "cozum-session"
API: Final = "/api/v1"
STATE: Final = ("/people", "/tickets?limit=100", "/agents", "/surge", "/callbacks", "/tasks", "/config", "/articles",
                "/calls?limit=100", "/queue")  # fmt: skip
"""What a stranger would change."""


def writes_about(number: str) -> list[tuple[str, str, dict[str, object] | None]]:
    """What an attacker has the desk do, each a write that the API takes from whoever may do it."""
    text = "Yabancı = kötü"  # a form of text needs an equals sign in it
    row = {"line": 1, "values": {"reference": "1", "text": text, "opened_at": "2026-01-05T10:00:00+03:00"}}
    wishes: list[tuple[str, str, dict[str, object] | None]] = [
        ("POST", "/tickets", {"service": "request", "text": text}),
        ("POST", "/tickets/import", {"source": "evil", "rows": [row]}),
        ("POST", f"/tickets/{number}/moves", {"to": "closed", "note": text}),
        ("POST", f"/tickets/{number}/notes", {"note": text}),
        ("POST", f"/tickets/{number}/files", {"note": text}),
        ("PATCH", f"/tickets/{number}", {"text": text}),
        ("POST", "/articles", {"title": text, "text": text}),
        ("POST", "/people", {"user": "evil", "role": "admin", "name": text}),
        ("POST", "/people/fen/password", {}),
        ("DELETE", "/people/fen/sessions", None),
        ("POST", "/agents/1001/state", {"state": "paused", "reason": "meal"}),
        ("POST", "/agents/1001/phone", {}),
        ("PUT", "/surge", {"services": ["request"], "text": {"tr": text, "en": text}}),
        ("POST", "/session", {"user": "analyst", "password": "demo-analyst"}),
        ("DELETE", "/session", None),
        ("DELETE", "/drafts", None),
    ]
    return [(method, API + path, body) for method, path, body in wishes]


def reads_about(number: str) -> list[str]:
    """What an attacker reads; what the desk answers to some of it is noted in the audit."""
    paths = ("session", "tickets", f"tickets/{number}", f"tickets/{number}/caller", f"tickets/{number}/files/1",
             "calls", "agents", "people", "drafts", "config", "config/agents", "report/requests.csv",
             "live")  # fmt: skip
    return [f"{API}/{path}" for path in paths]


def state_of(desk: Desk, number: str) -> dict[str, Any]:
    """All of it, as the machine's own token reads it."""
    paths = (*STATE, f"/tickets/{number}")
    return {path: desk.stack.request("GET", API + path).json() for path in paths}


def cookies_of(context: BrowserContext, desk: Desk) -> list[tuple[str, str, str]]:
    """Path, name and value of each cookie that the desk's pages have."""
    return sorted((one["path"], one["name"], one["value"]) for one in context.cookies(desk.url))


def read_by(desk: Desk, page: Page, user: str, number: str, last: int) -> int:
    """Read a request at one's own page; the audit's entry of that, behind the one with the number `last`. What was done
    before it has its entry by then."""
    assert page.evaluate("async path => (await fetch(path)).status", f"{API}/tickets/{number}") == 200
    query = "SELECT max(id) FROM audit WHERE id > ? AND (who, action, about) = (?, 'ticket_seen', ?)"
    return int(until("it is in the audit", lambda: desk.stack.rows(query, last, user, number)[0][0], 60))


def slowed_down(desk: Desk) -> list[str]:
    """How many requests were refused since there were too many."""
    return [line for line in desk.stack.metrics().splitlines() if '"too_many"' in line or '"wrong_tokens"' in line]


def signed_in(desk: Desk, user: str) -> tuple[Page, list[str]]:
    """Their page, at which they have signed in, and the addresses of their telephone's WebSockets."""
    if user == "1001":
        agent = AgentAtWork(desk, user)
        expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
        return agent.page, [str(answer.json()["socket"]) for answer in agent.accounts]
    page = desk.visit("/", expect=ANY)
    type_in(page, user, f"demo-{user}")
    page.wait_for_url(f"{desk.url}/lead" if user == "lead" else f"{desk.url}/")
    expect(page.get_by_role("button", name="Çıkış yap")).to_be_visible()
    return page, []


def session_of_an_attacker(desk: Desk) -> str:
    """One who has signed in, and knows its cookie."""
    body = {"user": "analyst", "password": "demo-analyst"}
    answer = until(
        "the database serves",
        lambda: (
            answer if (answer := httpx.post(f"{desk.url}{API}/session", json=body, timeout=60)).is_success else None
        ),
        60,
    )
    return answer.cookies[SESSION]


@pytest.fixture(params=[NEIGHBOUR, STRANGER])
def elsewhere(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Site]:
    """A site on another port of the desk's host, and one on another host."""
    with site(request.param) as there:
        desk.others = (there.url,)
        yield there


@pytest.mark.parametrize("user", ["admin", "lead", "1001"])
def test_a_page_of_another_origin_changes_nothing_reads_nothing_and_frames_nothing(
    desk: Desk, elsewhere: Site, user: str
) -> None:
    number, own = opened(desk), opened(desk)
    mine, sockets = signed_in(desk, user)
    last = read_by(desk, mine, user, own, 0)
    before, cookies, hurried = state_of(desk, number), cookies_of(mine.context, desk), slowed_down(desk)
    assert SESSION in [name for _, name, _ in cookies]
    page = mine.context.new_page()
    page.goto(elsewhere.url)
    shown = f"{elsewhere.url}/own"  # it is seen which frames are shown
    came = page.evaluate(ATTACK, {
        "desk": desk.url, "writes": writes_about(number), "reads": reads_about(number),
        "pages": [*(desk.url + path for path in (*PAGES, f"/unit#{number}")), shown],
        "sockets": [*sockets, "/ws?ticket=guess"],
    })  # fmt: skip
    got = {name: what for name, what in came.items() if not what.startswith(("refused: ", "sent", "framed"))}
    assert got == {}
    assert {one.url for one in page.frames if one.url.startswith((desk.url, elsewhere.url))} == {page.url, shown}
    assert slowed_down(desk) == hurried, "it was not for their number that they came to nothing"
    assert state_of(desk, number) == before
    assert cookies_of(mine.context, desk) == cookies
    done = read_by(desk, mine, user, own, last)
    # The victim's own page may read a list for the first time meanwhile; none was told to the attacker.
    query = "SELECT who, action, about FROM audit WHERE id > ? AND id < ? AND action NOT LIKE '%\\_listed' ESCAPE '\\'"
    assert desk.stack.rows(query, last, done) == []


def test_a_page_that_opens_ours_has_no_hold_of_it_and_is_not_told_whence_somebody_came(
    desk: Desk, elsewhere: Site
) -> None:
    number = opened(desk)
    mine = at_work(desk, "/unit", "fen")
    page = mine.context.new_page()
    page.goto(elsewhere.url)
    with mine.context.expect_page() as appeared:
        page.evaluate("url => { globalThis.ours = open(url, 'ours') }", f"{desk.url}/unit#{number}")
    ours = appeared.value
    expect(ours.locator("article .number")).to_have_text(number)
    page.wait_for_function("() => globalThis.ours.closed")
    page.evaluate("url => { ours.location = url; ours.postMessage('evil', '*') }", f"{elsewhere.url}/false")
    page.evaluate("url => open(url, 'ours')", f"{elsewhere.url}/another")  # the name is that of no page of ours either
    assert ours.evaluate("[window.opener, window.name]") == [None, ""]
    assert ours.url == f"{desk.url}/unit#{number}"
    ours.evaluate("url => location.assign(url)", f"{elsewhere.url}/left")
    ours.wait_for_url(f"{elsewhere.url}/left")
    (headers,) = [headers for _, path, headers in elsewhere.asked if path == "/left"]
    assert "referer" not in headers
    assert [path for _, path, _ in elsewhere.asked if path == "/false"] == []
    if elsewhere.url.startswith(f"http://{STRANGER}"):
        assert "cookie" not in headers


def test_a_session_that_a_neighbour_plants_is_not_the_one_that_a_sign_in_begins(desk: Desk) -> None:
    """On each path that the pages' requests have, too; and no page that is open to all begins a session."""
    attackers = [session_of_an_attacker(desk) for _ in range(3)]
    page = desk.visit("/durum", expect=ANY)
    for path in ("/phone", "/"):
        page.goto(desk.url + path)
    expect(page.locator("[name=password]")).to_be_visible()
    assert cookies_of(page.context, desk) == []
    with site(NEIGHBOUR) as neighbour:
        desk.others = (neighbour.url,)
        paths = ("/", "/api/v1", "/api/v1/session")
        neighbour.cookies["/plant"] = [
            f"{SESSION}={value}; Path={path}" for value, path in zip(attackers, paths, strict=True)
        ]
        page.context.new_page().goto(f"{neighbour.url}/plant")
    assert len(page.context.cookies(f"{desk.url}{API}/session")) == 3
    seen = set(attackers)
    for user, pages in (("inbox", "/inbox"), ("lead", "/lead"), ("inbox", "/inbox")):
        type_in(page, user, f"demo-{user}")
        page.wait_for_url(desk.url + pages)
        assert page.evaluate("async path => (await (await fetch(path)).json()).user", f"{API}/session") == user
        (cookie,) = [one for one in page.context.cookies() if (one["name"], one["path"]) == (SESSION, "/")]
        assert cookie["value"] not in seen
        seen.add(cookie["value"])
        page.goto(f"{desk.url}/")
        page.get_by_role("button", name="Çıkış yap").click()
        expect(page.locator("[name=password]")).to_be_visible()
    answer = httpx.get(f"{desk.url}{API}/session", cookies={SESSION: attackers[0]}, timeout=60)
    assert answer.status_code == 401, "whoever planted it would go on in it"


def test_a_session_that_a_host_below_ours_plants_is_not_the_one_that_a_sign_in_begins(desk: Desk) -> None:
    """Such a host may set cookies of the desk's name, also beside those of the desk itself."""
    planted = [session_of_an_attacker(desk) for _ in range(2)]
    password = str(ask(desk, "POST", "/people", user="derya", role="analyst", name="Derya")["password"])
    ours = desk.url.replace("127.0.0.1", "desk.localhost")
    page = desk.visit("/durum", expect=ANY)
    with site(NEIGHBOUR) as below:
        below.url = below.url.replace(NEIGHBOUR, "evil.desk.localhost")
        desk.others = (ours, below.url)
        below.cookies["/plant"] = [
            f"{SESSION}={value}; Domain=desk.localhost; Path={path}"
            for value, path in zip(planted, ("/", API), strict=True)
        ]
        page.goto(f"{ours}/")
        expect(page.locator("[name=password]")).to_be_visible()
        page.context.new_page().goto(f"{below.url}/plant")
    assert sorted(one["value"] for one in page.context.cookies(f"{ours}{API}/session")) == sorted(planted)
    type_in(page, "derya", password)
    page.wait_for_url(f"{ours}/report")
    assert page.evaluate("async path => (await (await fetch(path)).json()).user", f"{API}/session") == "derya"
    own = {one["value"] for one in page.context.cookies(ours) if one["domain"] == "desk.localhost"}
    assert own
    assert own.isdisjoint(planted)
    answer = httpx.get(f"{desk.url}{API}/session", cookies={SESSION: planted[0]}, timeout=60)
    assert answer.status_code == 401, "whoever planted it would go on in it"


def test_what_a_session_has_opened_ends_with_it_and_its_cookie_opens_nothing(desk: Desk) -> None:
    sockets: list[WebSocket] = []
    agent = AgentAtWork(desk, "1001", before=lambda page: page.on("websocket", lambda one: sockets.append(one)))
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    page = agent.page
    kept = {one["name"]: one for one in page.context.cookies()}
    for name in (SESSION, "cozum-device"):
        cookie = kept[name]
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"], cookie["domain"]) == (
            True, "Strict", "/", "127.0.0.1",
        )  # fmt: skip
    assert kept[SESSION]["expires"] == -1, "it goes with the window"
    ours = [one for one in sockets if "/ws?" in one.url]
    assert [one.is_closed() for one in ours] == [False]
    old = {SESSION: kept[SESSION]["value"]}
    with (
        httpx.Client(base_url=desk.url, cookies=old, timeout=30) as client,
        client.stream("GET", f"{API}/live") as live,
    ):
        frames = live.iter_raw()
        assert next(frames)
        home = page.context.new_page()
        home.goto(f"{desk.url}/")
        home.get_by_role("button", name="Çıkış yap").click()
        expect(home.locator("[name=password]")).to_be_visible()
        for _ in frames:
            pass  # it ends
    until("the telephone's WebSocket is closed", lambda: page.evaluate("1") and ours[0].is_closed(), 60)
    for path in ("session", "agents", "tickets", "live"):
        assert httpx.get(f"{desk.url}{API}/{path}", cookies=old, timeout=60).status_code == 401
    (account,) = [one.json() for one in agent.accounts if one.ok]
    again = """path => new Promise((done) => {
      const socket = new WebSocket(location.origin.replace("http", "ws") + path, "sip");
      socket.onopen = () => done("open");
      socket.onerror = () => done("refused");
    })"""
    assert home.evaluate(again, account["socket"]) == "refused"
    desk.wrong[:] = [one for one in desk.wrong if "WebSocket" not in one and "401" not in one]


@pytest.fixture(scope="module")
def remembering(browser: Browser) -> Iterator[Browser]:
    """A browser that keeps pages which were left as they were, as people's do; Playwright's are told not to."""
    kept_away = ["--disable-back-forward-cache"]
    options: dict[str, Any] = {"ignore_default_args": kept_away, "chromium_sandbox": False}
    with closing(browser.browser_type.launch(executable_path=program(), **options)) as remembering:
        yield remembering


def test_this_browser_keeps_pages_that_do_not_forbid_it(desk: Desk, remembering: Browser) -> None:
    """What the next test is worth."""
    with site(STRANGER) as there, closing(remembering.new_page()) as page:
        page.goto(there.url)
        page.evaluate("globalThis.isAsItWas = true")
        page.goto(f"{desk.url}/durum")
        page.go_back(wait_until="commit")  # it is not loaded again
        assert page.evaluate("globalThis.isAsItWas") is True


@pytest.mark.parametrize(("path", "user"), [("/unit", "fen"), ("/inbox", "inbox"), ("/admin", "admin")])
def test_after_a_sign_out_the_button_back_shows_nothing_of_anybody(
    desk: Desk, remembering: Browser, path: str, user: str
) -> None:
    number = opened(desk, name="Ayşe Yılmaz")
    desk.browser = remembering
    page = desk.visit(f"{path}#{number}", expect=ANY)
    type_in(page, user, f"demo-{user}")
    shown = page.get_by_text("Ayşe Yılmaz" if path != "/admin" else "Birim").first
    expect(shown).to_be_visible()
    page.evaluate("globalThis.isAsItWas = true")
    page.goto(f"{desk.url}/")
    page.go_back()
    expect(shown).to_be_visible()
    assert page.evaluate("globalThis.isAsItWas") is None, "it was kept, and may be shown to the next who sits there"
    page.goto(f"{desk.url}/")
    page.get_by_role("button", name="Çıkış yap").click()
    expect(page.locator("[name=password]")).to_be_visible()
    page.go_back()
    expect(page.locator("[name=password]")).to_be_visible()
    expect(page).to_have_url(f"{desk.url}{path}#{number}")
    assert "Ayşe" not in page.content()
