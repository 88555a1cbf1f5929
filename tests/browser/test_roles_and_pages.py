"""Every role at every page: one table says what each is shown.

A page, a part of one or a role that is new must have its entry here; until then these tests fail."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from agents.people import ROLES
from bench.stack import ROOT, Stack, until
from console.page import PAGES
from phones import Caller, HangUp, Press, Wait
from tests.browser.conftest import PATIENCE_MS, WATCH, Desk
from tests.browser.requests import ANY, ask, opened
from tests.browser.test_speed import CONTROLS

Sight = Literal["page", "refused", "sign-in", "key", "lost"]
"""What somebody is shown at an address: the page, that it is not theirs and which are, the form to sign in, the
question for the wall's key, or that there is no such page."""
VISITORS: Final = (*ROLES, "lead_on_phone", "nobody", "television")
"""The roles; a lead with a telephone; a citizen, or somebody else who has not signed in; the wall's token."""
USERS: Final = {"agent": "1001", "unit": "fen", "lead_on_phone": "1003"}
"""Their names, where these are not their role's."""
API: Final = "/api/v1"
LOST: Final = "/nowhere"
P, R, S, K, L = get_args(Sight)
SEES: Final[dict[str, tuple[Sight, ...]]] = {
    # as VISITORS: agent, lead, unit, inbox, analyst, admin, lead_on_phone, nobody, television
    "/":         (P, P, P, P, P, P, P, S, S),
    "/desk":     (P, R, R, R, R, R, P, S, S),
    "/lead":     (R, P, R, R, R, P, P, S, S),
    "/articles": (R, P, R, R, R, P, P, S, S),
    "/unit":     (R, R, P, R, R, P, R, S, S),
    "/inbox":    (R, P, R, P, R, P, P, S, S),
    "/report":   (R, P, R, P, P, P, P, S, S),
    "/admin":    (R, R, R, R, R, P, R, S, S),
    "/wall":     (P, P, K, P, P, P, P, K, P),
    "/phone":    (P, P, P, P, P, P, P, P, P),
    "/durum":    (P, P, P, P, P, P, P, P, P),
    LOST:        (L, L, L, L, L, L, L, L, L),
}  # fmt: skip
"""The agent's desk is for people with an extension; this administrator has none."""
LED_TO: Final = {
    "agent": ["/desk", "/wall", "/phone"],
    "lead": ["/lead", "/articles", "/inbox", "/report", "/wall", "/phone"],
    "unit": ["/unit", "/phone"],
    "inbox": ["/inbox", "/report", "/wall", "/phone"],
    "analyst": ["/report", "/wall", "/phone"],
    "admin": ["/lead", "/articles", "/unit", "/inbox", "/report", "/admin", "/wall", "/phone"],
    "lead_on_phone": ["/lead", "/articles", "/inbox", "/report", "/wall", "/phone", "/desk"],
}
"""The pages that `/`, and a page that is not theirs, lead each to."""
NAMES: Final = {
    "/desk": "Görevli masası", "/lead": "Vardiya masası", "/articles": "Bilgi bankası", "/unit": "Birim masası",
    "/inbox": "Gelen kutusu", "/report": "Başvuru raporu", "/admin": "Yönetim", "/wall": "Canlı pano",
    "/phone": "Vatandaş telefonu",
}  # fmt: skip
ROLE_NAMES: Final = {
    "agent": "Görevli", "lead": "Vardiya sorumlusu", "unit": "Birim", "inbox": "Gelen kutusu", "analyst": "Analist",
    "admin": "Yönetici",
}  # fmt: skip
WORDS: Final = {
    "/": ("Hoş geldiniz", "Çıkış yap"),
    "/desk": ("Durumunuz", "Hazır"),
    "/lead": ("Vardiya masası", "Bekleyenler", "Görevliler"),
    "/articles": ("Bilgi bankası",),
    "/unit": ("Birim masası",),
    "/inbox": ("Gelen kutusu",),
    "/report": ("Başvuru raporu", "Başvurular"),
    "/admin": ("Yönetim", "Kişiler"),
    "/wall": ("Bekleyen", "Görevliler"),
    "/phone": ("Arayan numara", "Ara"),
    "/durum": ("Başvurum ne durumda?",),
    LOST: ("Burada bir sayfa yok", "Görevliler: giriş"),
}
"""What each page says to whoever may have it."""
PARTS: Final = {
    "people": ("Kişiler", "tr[data-key=admin]"),
    "agents": ("Görevliler ve telefonlar", "li button"),
    "services": ("Hizmetler ve saatler", ".form"),
    "topics": ("Konular", "li button"),
    "units": ("Birimler", "li button"),
    "settings": ("Ayarlar", "[data-setting]"),
    "files": ("Dosyalar", "textarea"),
    "flow": ("Sesli menü", "svg g"),
    "prompts": ("Anonslar", "[data-prompt]"),
    "destructions": ("İmha kayıtları", ".notice"),
    "audit": ("Denetim", "tbody tr"),
}
"""The parts of the administrator's page: what each is called, and what is there once it is."""
OWN, OTHER = "Asfaltı döküldü, Tandoğan geçidi", "Budanmadı, Çınarlı park"
CITIZENS: Final = {
    "own": ("Şükriye Akbulut", "+905321110001", OWN, "asfalt_talebi"),
    "other": ("Rıfkı Demirbağ", "+905321110002", OTHER, "agac_budama"),
}
"""One whose request is with `unit`'s own unit, one whose request is with another."""
ABANDONED: Final = "05321110003"
"""Somebody who waited and hung up."""
COLLEAGUE: Final = "Görevli 1002"
KNOWN: Final[dict[tuple[str, str], set[str]]] = {
    **{("/wall", visitor): {"colleague"} for visitor in VISITORS if visitor not in ("unit", "nobody")},
    **{("/lead", visitor): {"colleague"} for visitor in ("lead", "lead_on_phone", "admin")},
    ("/unit", "unit"): {"own text"},
    ("/unit", "admin"): {"own text", "other text"},
    ("/admin", "admin"): {"colleague"},
}
"""What of the above the page of a visitor may have in it; nothing, where it is not named."""


@dataclass
class Look:
    """A page that somebody has opened, and all that the browser had to do for it."""

    page: Page
    asked: list[tuple[str, str]] = field(default_factory=list)
    failed: set[tuple[str, str, int]] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    open: list[Request] = field(default_factory=list)

    def settled(self) -> None:
        """Wait until all that it has asked for has come. The live view goes on for ever."""

        def is_settled() -> bool:
            self.page.evaluate("true")  # asked, Playwright tells
            return not [one for one in self.open if not one.url.endswith("/live")]

        until("all that the page asks for has come", is_settled, 60, say=lambda: [one.url for one in self.open])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), agents=3, qualify_s=1.0) as stack:
        yield stack


class Visitors:
    """One browser profile for each who looks, and what there is to be seen."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.contexts: dict[str, BrowserContext] = {}
        numbers = {}
        for whose, (name, caller, text, topic) in CITIZENS.items():
            numbers[whose] = opened(desk, name=name, caller=caller, text=text, topic=topic)
        self.numbers = numbers
        ask(desk, "PATCH", "/people/1003", role="lead")
        with desk.stack.phones(desk.folder / "abandoned") as phones:
            steps = (Wait(0.4), Press("3"), Wait(2.0), HangUp())
            assert phones.call(Caller(steps=steps), count=1, rate=10, numbers=[ABANDONED]).wait(60).failed == 0
        until("the pages can show it", lambda: [one["caller"] for one in desk.stack.calls()] == [ABANDONED], 60)

    def context(self, visitor: str) -> BrowserContext:
        """Theirs, in which they have signed in if they can."""
        if visitor not in self.contexts:
            context = self.desk.browser.new_context(locale="tr-TR", reduced_motion="reduce")
            context.set_default_timeout(PATIENCE_MS)
            context.add_init_script(WATCH)
            if visitor == "television":
                token = (self.desk.stack.data_dir / "wall_token").read_text("utf-8").strip()
                context.add_init_script(f"sessionStorage.setItem('cozum.token', {token!r})")
            elif visitor != "nobody":
                user = USERS.get(visitor, visitor)
                body = {"user": user, "password": f"demo{user}" if visitor == "agent" else f"demo-{user}"}
                answer = context.request.post(f"{self.desk.url}{API}/session", data=body)
                assert answer.ok, answer.text()
            self.contexts[visitor] = context
        return self.contexts[visitor]

    def opens(self, visitor: str, path: str) -> Look:
        """The page at a path, as they have it."""
        page = self.context(visitor).new_page()
        look = Look(page)

        def asks(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.path.startswith(API):
                look.asked.append((request.method, parts.path.removeprefix(API)))
                look.open.append(request)
            if not request.url.startswith((self.desk.url, "data:", "blob:")):
                look.elsewhere.append(request.url)

        def ends(request: Request) -> None:
            if request in look.open:
                look.open.remove(request)

        def answers(response: Response) -> None:
            if response.status >= 400:
                path = urlsplit(response.url).path.removeprefix(API)
                look.failed.add((response.request.method, path, response.status))

        def says(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not message.text.startswith(ANY):
                look.said.append(message.text)

        page.on("request", asks)
        page.on("requestfinished", ends)
        page.on("requestfailed", ends)
        page.on("response", answers)
        page.on("console", says)
        page.on("pageerror", lambda error: look.said.append(str(error)))
        page.goto(self.desk.url + path)
        return look

    def close(self) -> None:
        """Close all pages."""
        for context in self.contexts.values():
            context.close()


@pytest.fixture(scope="module")
def visitors(stack: Stack, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitors]:
    visitors = Visitors(Desk(stack, browser, tmp_path_factory.mktemp("visitors")))
    try:
        yield visitors
    finally:
        visitors.close()


def role_of(visitor: str) -> str:
    """Their role's name in the API."""
    return "lead" if visitor == "lead_on_phone" else visitor


def sight(path: str, visitor: str) -> Sight:
    """What the table says."""
    return SEES[path][VISITORS.index(visitor)]


def named(paths: Iterable[str]) -> list[str]:
    """Pages by the names under which they are led to."""
    return [NAMES[path] for path in paths]


def sees_page(page: Page, visitor: str, path: str) -> set[tuple[str, str, int]]:
    """The page itself; the answers that are no success and belong to it."""
    if path == LOST:
        expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[LOST][0])
        expect(page.locator("a[href='/']").first).to_be_visible()
        return {("GET", LOST, 404)}
    if path == "/":
        expect(page.get_by_role("heading", name="Hoş geldiniz")).to_be_visible()
        expect(page.locator(".role")).to_have_text(ROLE_NAMES[role_of(visitor)])
        expect(page.locator("nav a strong")).to_have_text(named(LED_TO[visitor]))
    else:
        page.locator(CONTROLS[path]).locator("visible=true").first.wait_for()
    for words in WORDS[path]:
        expect(page.locator("body")).to_contain_text(words)
    return set()


def sees_refusal(page: Page, visitor: str, path: str) -> set[tuple[str, str, int]]:
    """That it is not theirs, and the pages that are."""
    why = f"bu sayfa sizin rolünüz ({ROLE_NAMES[role_of(visitor)]}) için değil"
    expect(page.locator("main")).to_contain_text("bu hesabın dahili numarası yok" if path == "/desk" else why)
    expect(page.get_by_role("navigation", name="Sayfalar").locator("a strong")).to_have_text(named(LED_TO[visitor]))
    expect(page.get_by_role("link", name="Ana sayfa")).to_be_visible()
    return set()


def sees_sign_in(page: Page, visitor: str, path: str) -> set[tuple[str, str, int]]:
    """The form, and nothing else."""
    heading = "Görevli masası" if path == "/desk" else "Giriş"
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    for label in ("Kullanıcı", "Parola"):
        expect(page.get_by_label(label)).to_be_visible()
    expect(page.locator("nav")).to_have_count(0)
    return {("GET", "/session", 401)}


def asks_for_key(page: Page, visitor: str, path: str) -> set[tuple[str, str, int]]:
    """The wall's question, with the way to sign in."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Erişim anahtarı")).to_be_visible()
    expect(dialog.get_by_role("link", name="Giriş yap")).to_have_attribute("href", "/")
    return {("GET", "/live", 401 if visitor == "nobody" else 403)}


SIGHTS: Final = {P: sees_page, R: sees_refusal, S: sees_sign_in, K: asks_for_key, L: sees_page}


def known_of(page: Page) -> set[str]:
    """Whose words, names and numbers are in the page, seen or not."""
    text = page.content()
    digits = re.sub(r"\D", "", text)
    found = set()
    for whose, (name, caller, words, _) in CITIZENS.items():
        marks = {"name": name in text, "number": caller.removeprefix("+90") in digits, "text": words in text}
        found |= {f"{whose} {what}" for what, there in marks.items() if there}
    if ABANDONED.removeprefix("0") in digits:
        found.add("abandoned number")
    if COLLEAGUE in text:
        found.add("colleague")
    return found


def test_every_page_part_and_role_has_its_entry() -> None:
    assert set(SEES) - {LOST} == set(PAGES) == set(CONTROLS)
    assert set(WORDS) == set(SEES)
    assert {*VISITORS} - {"lead_on_phone", "nobody", "television"} == set(ROLES) == set(ROLE_NAMES)
    assert {len(row) for row in SEES.values()} == {len(VISITORS)}
    assert set(LED_TO) == {visitor for visitor in VISITORS if visitor not in ("nobody", "television")}
    web = ROOT / "console" / "web"
    built = set(re.findall(r'"pages/([a-z-]+)\.html"', (web / "vite.config.ts").read_text("utf-8")))
    assert built == {*PAGES.values(), "lost"} == {one.stem for one in (web / "pages").glob("*.html")}
    listed = re.search(r"const PARTS = \[(.*?)\] as const", (web / "src/admin/Parts.svelte").read_text("utf-8"), re.S)
    assert listed is not None
    assert re.findall(r'"(.+?)"', listed[1]) == list(PARTS)


@pytest.mark.parametrize("path", SEES)
@pytest.mark.parametrize("visitor", VISITORS)
def test_each_is_shown_what_is_theirs_and_no_more(visitors: Visitors, visitor: str, path: str) -> None:
    look, what = visitors.opens(visitor, path), sight(path, visitor)
    page = look.page
    expected = SIGHTS[what](page, visitor, path)
    look.settled()
    assert look.failed == expected
    assert (look.said, look.elsewhere, page.evaluate("globalThis.breaches")) == ([], [], [])
    assert page.evaluate("document.documentElement.lang") == "tr"
    if what in (R, S):
        assert {path for _, path in look.asked} <= {"/session", "/session/openid"}, "it reads nothing of others"
    links: list[str] = page.eval_on_selector_all("a[href]", "found => found.map((one) => one.getAttribute('href'))")
    led_to = {urlsplit(link).path for link in links if link.startswith("/") and not link.startswith("/api/")}
    assert {one: sight(one, visitor) for one in led_to if sight(one, visitor) in (R, L)} == {}
    assert known_of(page) == KNOWN.get((path, visitor), set())
    page.close()


def test_the_administrator_finds_every_part(visitors: Visitors) -> None:
    look = visitors.opens("admin", "/admin")
    page = look.page
    parts = page.get_by_role("navigation", name="Bölümler").locator("a")
    expect(parts).to_have_text([name for name, _ in PARTS.values()])
    for part, (name, there) in PARTS.items():
        page.get_by_role("navigation", name="Bölümler").get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_url(re.compile(f"#{part}$"))
        page.locator(there).first.wait_for()
        look.settled()
    assert (look.failed, look.said, page.evaluate("globalThis.breaches")) == (set(), [], [])
    page.close()


def test_a_unit_reads_its_own_request_and_no_other(visitors: Visitors) -> None:
    page = visitors.opens("unit", "/unit").page
    status = "number => fetch(`/api/v1/tickets/${number}`).then((answer) => answer.status)"
    assert page.evaluate(status, visitors.numbers["own"]) == 200
    assert page.evaluate(status, visitors.numbers["other"]) in (403, 404)
    page.close()
