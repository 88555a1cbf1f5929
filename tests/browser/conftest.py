"""The pages as people have them: Chromium, the whole system as `make run` starts it, a real Asterisk.

Every page that a test opens is watched. A request to elsewhere, a breach of the content security policy, an error in
the page or on its console fails the test, whatever else it was about.
"""

import itertools
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Route, expect

from bench.browser import BrowserMissing, launch, program
from bench.stack import ROOT, Stack, agents_toml, until
from phones import Agent, Agents, Phones
from tests.services import missing

AXE = ROOT / "console" / "web" / "node_modules" / "axe-core" / "axe.min.js"
WATCH = """
globalThis.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => {
  globalThis.breaches.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile ?? ""}`);
});
"""
NONE_REQUIRED: dict[str, Any] = {"disposition_required": False}
"""For tests of something else, whose agents leave talks of which they say nothing."""
_folders = itertools.count(1)
PATIENCE_MS = 60_000
"""So long a page may take, on a busy machine, for what a test waits for without a limit of its own."""
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Desk:
    """The system, and those who look at its pages."""

    stack: Stack
    browser: Browser
    folder: Path
    others: tuple[str, ...] = ()
    """Addresses beside the pages' own to which they may lead."""
    contexts: list[BrowserContext] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    phones: list[Phones] = field(default_factory=list)
    keeping: list[Request] = field(default_factory=list)
    """Requests that have the desk keep a form, and have no answer yet."""

    @property
    def url(self) -> str:
        """Where the pages are."""
        return self.stack.url

    @property
    def token(self) -> str:
        """The machine's own."""
        return (self.stack.data_dir / "token").read_text().strip()

    def visit(
        self, path: str, *, expect: str = "", token: str = "", before: Callable[[Page], object] = id, **options: Any
    ) -> Page:
        """A page in a browser of its own, opened and watched; `token` is the wall's. Of console messages that contain
        `expect` nothing is said. `before` prepares the page before it is opened. `options` are Playwright's for a
        context."""
        context = self.browser.new_context(**{"locale": "tr-TR", "reduced_motion": "reduce", **options})
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(WATCH)
        if token:
            context.add_init_script(f"sessionStorage.setItem('cozum.token', {token!r})")
        context.on("request", self._on_request)
        context.on("requestfinished", self._on_answer)
        context.on("requestfailed", self._on_answer)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"{path}: {error}"))
        page.on("console", lambda message: self._on_console(path, message, expect))
        before(page)
        page.goto(f"{self.url}{path}")
        return page

    def wall(self, **options: Any) -> Page:
        """The wall, with its token, once it shows the line."""
        path = options.pop("path", "/wall")
        page = self.visit(path, token=self.token, **options)
        page.wait_for_selector("[data-link]:not([data-link=connecting])")
        return page

    def sip(self, *extensions: str, phone: Agent | None = None) -> Agents:
        """Telephones on desks, registered."""
        self.phones.append(self.stack.phones(self.folder / f"phones-{next(_folders)}"))
        logins = [self.stack.login(extension) for extension in extensions]
        return self.phones[-1].staff(logins, phone)

    def await_state(self, extension: str, state: str, within_s: float = 60.0) -> None:
        """Wait until an agent is in a state."""
        until(f"{extension} is {state}", lambda: self.stack.state_of(extension) == state, within_s)

    def states(self) -> dict[str, str]:
        """Each agent's state, by extension."""
        return {extension: agent["state"] for extension, agent in self.stack.agents().items()}

    def close(self) -> None:
        """Close all pages and phones, sign everybody out, wait until the line is empty, and tell what was wrong."""
        for context in self.contexts:
            for page in context.pages:
                if not page.is_closed() and page.url.startswith(self.url):
                    self.wrong += [f"{page.url}: {breach}" for breach in page.evaluate("globalThis.breaches ?? []")]
            self._await_kept(context)
            context.close()
        for phones in self.phones:
            phones.close()
        for extension, state in self.states().items():
            if state != "offline":
                self.stack.set_state(extension, "offline")
        until("nobody waits", lambda: not self.stack.queue(), 60, say=self.stack.queue)
        # A page that was closed in a talk leaves it to the line, which gives up its telephone after ten seconds.
        until("all are offline", self._is_empty, 60, say=self.states)
        # A page that was closed without a sign-out leaves its unsaved forms for its person's next page: all that it has
        # sent has been kept by now.
        with closing(sqlite3.connect(self.stack.data_dir / "cozum.db", timeout=10, isolation_level=None)) as database:
            database.execute("DELETE FROM drafts")
        assert self.wrong == []

    def _is_empty(self) -> bool:
        """Whether all are offline. Who was signed out in a talk has after-call work, and is signed out of that here."""
        states = self.states()
        for extension, state in states.items():
            if state == "wrapup":
                self.stack.set_state(extension, "offline")
        return set(states.values()) == {"offline"}

    def _await_kept(self, context: BrowserContext) -> None:
        """Wait until the desk has kept each form that a page of this browser has sent it, and have none follow."""
        pages = [page for page in context.pages if not page.is_closed() and urlsplit(page.url).path == "/desk"]
        if not pages:
            return

        def hold(route: Route) -> None:
            self._on_answer(route.request)  # it is not sent

        def is_kept() -> bool:
            pages[0].evaluate("true")  # asked, Playwright tells
            return not [one for one in self.keeping if one.frame.page in pages]

        context.route("**/api/v1/drafts/*", hold)
        until("each form is kept", is_kept, 60)

    def _on_answer(self, request: Request) -> None:
        if request in self.keeping:
            self.keeping.remove(request)

    def _on_request(self, request: Request) -> None:
        if request.method == "PUT" and "/api/v1/drafts/" in request.url:
            self.keeping.append(request)
        if not request.url.startswith((self.url, "data:", "blob:", *self.others)):
            self.wrong.append(f"a request to elsewhere: {request.url}")

    def _on_console(self, path: str, message: ConsoleMessage, expect: str) -> None:
        if message.type in ("error", "warning") and not (expect and expect in message.text):
            self.wrong.append(f"{path}: {message.text} ({message.location.get('url', '')})")


def await_age(shown: Locator, began: float, then: str = "") -> None:
    """Wait until an age of a second or more is shown, with this text behind it. What is that old happened after `began`
    (`time.monotonic`)."""
    age = re.compile(rf"(?!0:00)\b(\d):(\d\d){then}")
    expect(shown).to_contain_text(age)
    found = age.search(shown.text_content() or "")
    assert found is not None
    assert 60 * int(found[1]) + int(found[2]) <= time.monotonic() - began


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with the module: Playwright keeps a loop running in this thread, which tests of asyncio do without."""
    try:
        program()
    except BrowserMissing:
        missing("chromium")
    with launch() as browser:
        yield browser


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With a second of after-call work, rings of twenty and phones that are asked every second. The phone of 1004 is
    asked to answer by itself."""
    folder = tmp_path_factory.mktemp("stack")
    stack = Stack(
        folder, agents=4, wrapup_s=1.0, ring_s=20.0, qualify_s=1.0, standby_after_s=30,
        max_calls_per_number=100,  # a page that is closed leaves its call for ten seconds, and all have one number
        **NONE_REQUIRED,
    )  # fmt: skip
    by_itself = ('extension = "1004"\n', 'extension = "1004"\nauto_answer = "all"\n')
    (folder / "agents.toml").write_text(agents_toml(stack.logins).replace(*by_itself), "utf-8")
    with stack:
        yield stack


@pytest.fixture
def desk(stack: Stack, browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(stack, browser, tmp_path)
    try:
        yield desk
    finally:
        desk.close()


@pytest.fixture
def phones(desk: Desk) -> Phones:
    """Phones of callers."""
    desk.phones.append(desk.stack.phones(desk.folder / "callers"))
    return desk.phones[-1]


def axe(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical, one line each."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', "
        "'wcag22aa', 'best-practice']})"
    )
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
