"""How soon a page can be used: from its address to the control that it is there for, with a browser that knows nothing
of it."""

import statistics
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page

from console.page import PAGES
from tests.browser.conftest import Desk

pytestmark = pytest.mark.alone  # it measures the machine

WITHIN_S = 1.0
LOADS = 3
USERS = {
    "/desk": "1001",
    "/lead": "lead",
    "/articles": "lead",
    "/unit": "fen",
    "/inbox": "inbox",
    "/report": "analyst",
    "/admin": "admin",
    "/wall": "analyst",
}
"""The person who signs in to each page. The other pages are opened without signing in."""


CONTROLS = {
    "/": "[name=user]",
    "/desk": "[aria-keyshortcuts='Alt+1']",  # ready
    "/lead": "body:has([data-link=live]) section[data-loud] button",  # the sound of alarms
    "/articles": "main[data-open=true] form input",
    "/unit": ".side:not(:has([aria-busy=true])) :is(button, select)",
    "/inbox": ".side:not(:has([aria-busy=true])) :is(button, select)",
    "/report": "main:has(.notice:not([aria-busy=true]), table) a[href*='.csv']",
    "/admin": "tr[data-key=admin] button",
    "/wall": "body:has([data-link=live]) header .choices label",
    "/phone": "body:has(.connection[data-state=ready]) form button",
    "/durum": "form input[inputmode=numeric]",
}
"""What each page is there for, once all that it needs is there: its scripts, and the desk's answers."""
WATCH = """
(control) => new Promise((found) => {
  const look = () => {
    for (const one of document.querySelectorAll(control)) {
      const { x, y, width, height } = one.getBoundingClientRect();
      const [left, top] = [x + width / 2, y + height / 2];
      const seen = left < innerWidth && top < innerHeight ? document.elementFromPoint(left, top) : one;
      const able = !one.disabled && one.ariaDisabled !== "true";
      if (width && able && one.contains(seen)) return found(performance.now() / 1000);
    }
    requestAnimationFrame(look);
  };
  look();
})
"""
"""Seconds from the beginning of the navigation to the first picture in which the control is seen, enabled and under
nothing."""


def signed_in(desk: Desk, path: str) -> str:
    """The cookie of whoever opens the page; empty: nobody."""
    user = USERS.get(path)
    if user is None:
        return ""
    body = {"user": user, "password": f"demo{user}" if user.isdecimal() else f"demo-{user}"}
    answer = httpx.post(f"{desk.url}/api/v1/session", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.cookies["cozum-session"]


def loaded(desk: Desk, path: str, cookie: str, before: Callable[[Page], object] = id) -> Page:
    """A page in a browser that knows nothing of it; `globalThis.usable` says when it could be used. `before` prepares
    the page before it is opened."""

    def begin(page: Page) -> None:
        if cookie:
            host = urlsplit(desk.url).hostname or ""
            page.context.add_cookies([{"name": "cozum-session", "value": cookie, "domain": host, "path": "/"}])
        before(page)
        page.add_init_script(f"globalThis.usable = ({WATCH})({CONTROLS[path]!r})")

    return desk.visit(path, before=begin, expect="401")


def seconds_until_used(desk: Desk, path: str, cookie: str) -> float:
    """One load."""
    page = loaded(desk, path, cookie)
    took = float(page.evaluate("globalThis.usable"))
    page.goto("about:blank")  # it asks the desk for no more
    return took


@pytest.mark.parametrize("path", sorted(PAGES))
def test_a_page_can_be_used_within_a_second(desk: Desk, path: str) -> None:
    cookie = signed_in(desk, path)
    took = [seconds_until_used(desk, path, cookie) for _ in range(LOADS)]
    assert statistics.median(took) <= WITHIN_S, took
