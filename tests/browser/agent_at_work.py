"""An agent at `/desk`: the page they signed in through, and the citizens who call them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Response, Route, expect

from bench.stack import Stack
from phones.ports import free_udp_port
from storage.journal import JournalReader
from tests.browser import agent_page
from tests.browser.conftest import Desk

RESULT_FIRST = "Hazır olmadan önce: bu görüşmeden ne çıktı?"
"""What is asked of an agent who wants to be ready after a call of which nothing was said."""


def desk_stack(folder: Path, wrapup_s: float = 180.0, **settings: Any) -> Stack:
    """A system with after-call work long enough to be called out of and rings long enough to be looked at. Urgent talks
    are recorded."""
    return Stack(
        folder, agents=3, wrapup_s=wrapup_s, ring_s=40.0, qualify_s=1.0, max_calls_per_number=100,
        recording="urgent", callback_trunk=f"127.0.0.1:{free_udp_port()}",
        outcome_hours="mon-sun holiday 00:00-24:00", outcome_quiet="", **settings,
    )  # fmt: skip


class AgentAtWork:
    """A page of `/desk` whose agent has signed in through it."""

    def __init__(self, desk: Desk, extension: str, **options: Any) -> None:
        self.desk = desk
        self.extension = extension
        self.accounts: list[Response] = []
        """Answers with an account for the page's telephone."""
        password = options.pop("password", f"demo{extension}")
        self.page: Page = desk.visit(options.pop("path", "/desk"), expect=options.pop("expect", "401"), **options)
        self.page.on("response", self._answered)
        self.page.locator("[name=user]").fill(extension)
        self.page.locator("[name=password]").fill(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(".now")

    def _answered(self, response: Response) -> None:
        if response.url.endswith(f"/agents/{self.extension}/phone"):
            self.accounts.append(response)

    def ready(self) -> None:
        """Sign in to the line, by its key."""
        self.page.keyboard.press("Alt+1")
        self.desk.await_state(self.extension, "ready")
        expect(self.now).to_have_attribute("data-state", "ready")

    def ready_again(self) -> None:
        """Say what came of the call that is over, by keys: they are ready by it."""
        expect(self.now).to_have_attribute("data-state", "wrapup")
        self.page.keyboard.press("Alt+1")
        expect(self.page.get_by_role("dialog", name=RESULT_FIRST)).to_be_visible()
        self.page.keyboard.press("7")  # a test
        self.desk.await_state(self.extension, "ready")

    @property
    def now(self) -> Any:
        """Where the page says what the agent is."""
        return self.page.locator(".now")

    @property
    def card(self) -> Any:
        """The call, as the page shows it."""
        return self.page.locator(".card")

    def await_ring(self) -> None:
        """Wait for a ring at the page."""
        expect(self.card).to_have_attribute("data-call", "ringing")

    def answer(self) -> None:
        """By its key."""
        self.await_ring()
        self.page.keyboard.press("F2")
        expect(self.card).to_have_attribute("data-call", "talking")
        expect(self.now).to_have_attribute("data-state", "talking")

    def says_kind(self, name: str) -> None:
        """What the emergency is, by keyboard: the key goes to the first kind or to the chosen one."""
        wanted = self.page.get_by_role("group", name="Acil durumun türü").get_by_role("button", name=name)
        self.page.keyboard.press("Alt+u")
        for _ in range(8):
            if wanted.evaluate("one => one === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        expect(wanted).to_be_focused()
        self.page.keyboard.press("Enter")

    def told(self, what: str) -> Any:
        """What the page says of the caller under a heading."""
        return self.page.locator(f"dt:has-text('{what}') + dd").first

    def save(self, *, topic: str = "", district: str = "", text: str = "") -> str:
        """Fill in the form and save it by its key; the number of the request."""
        if topic:
            self.page.get_by_label("Konu", exact=True).select_option(topic)
        if district:
            self.page.get_by_label("Mahalle", exact=True).select_option(district)
        self.page.get_by_role("textbox", name="Anlattığı").fill(text)
        self.page.keyboard.press("Control+Enter")
        saved = self.page.locator(".saved")
        expect(saved).to_be_focused()  # the form that had it is gone
        if topic:
            expect(saved).to_contain_text("Beklenen sonuç tarihi")
        (number,) = re.findall(r"\d\d-\d{6}-\d", saved.inner_text())
        return str(number)


def citizen(desk: Desk, *keys: str, number: str = "05325550107") -> Page:
    """A citizen's page that has called by a number, which the agent's page shows, and pressed these keys."""
    return agent_page.citizen(desk, *keys, number=number)


def await_level(page: Page, is_so: str, name: str = "Karşı taraf") -> None:
    """Wait until a meter of the page shows a loudness, 0 to 100, that is so (`> 20`), however shortly. The page looks
    itself: microphones here beep once a second, and a look from outside costs as much as a beep lasts."""
    page.wait_for_function(
        "(name) => [...document.querySelectorAll('[role=meter]')]"
        f".some((one) => one.ariaLabel === name && one.ariaValueNow {is_so})",
        arg=name, polling=20,
    )  # fmt: skip


def noticed(page: Page, condition: str) -> Callable[[], object]:
    """Have the page look all the time from now on whether this is true. What is returned waits until it was, however
    shortly: `expect` looks once a second."""
    page.evaluate(
        f"""() => {{
          globalThis.noticed = false;
          const look = setInterval(() => {{
            if (!({condition})) return;
            clearInterval(look);
            globalThis.noticed = true;
          }}, 10);
        }}"""
    )
    return lambda: page.wait_for_function("() => globalThis.noticed")


def first_held(page: Page, address: str) -> list[Route]:
    """The next request to this address, once it is made; it has no answer until the test lets it go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(address, hold)
    return held


def facts_at(stack: Stack, kind: type) -> list[tuple[float, Any]]:
    """All facts of a kind in the journal, oldest first, with their time: Asterisk's own where it has told of them,
    however late the line has heard."""
    with JournalReader(stack.data_dir / "journal.db") as journal:
        facts, after = [], 0
        while entries := journal.read(after):
            facts += [(entry.event.at, fact) for entry in entries for fact in entry.facts if isinstance(fact, kind)]
            after = entries[-1].seq
        return facts


def ticket_of(desk: Desk, number: str) -> dict[str, Any]:
    """A request as the machine sees it."""
    return dict(desk.stack.request("GET", f"/api/v1/tickets/{number}").json())
