"""The first page weighs little: what a browser that knows nothing of it fetches before it can be used."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from bench.stack import until
from console.page import PAGES
from tests.browser.conftest import Desk
from tests.browser.test_speed import loaded, signed_in

MOST = 200_000
"""Bytes, as they are sent."""
SIZES = """(usable) => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].filter((one) => one.startTime <= usable && !one.name.includes("/api/"))
 .map((one) => [one.name.split("/").pop(), one.encodedBodySize])"""
"""What was asked for until then. A page at rest fetches what it may need next, which nobody waits for."""


@pytest.mark.parametrize("path", sorted(PAGES))
def test_the_first_page_weighs_little(desk: Desk, path: str) -> None:
    page = loaded(desk, path, signed_in(desk, path))
    usable_ms = float(page.evaluate("globalThis.usable")) * 1000
    sizes: list[Any] = page.evaluate(SIZES, usable_ms)
    assert len(sizes) > 2
    assert sum(size for _, size in sizes) <= MOST, sizes


def test_nothing_is_fetched_ahead_while_somebody_waits_for_the_page(desk: Desk) -> None:
    """A page that waits for its first answer is idle."""

    def late(route: Route) -> None:
        time.sleep(1.5)
        route.continue_()

    def begin(page: Page) -> None:
        page.route("**/api/v1/live*", late)

    page = loaded(desk, "/desk", signed_in(desk, "/desk"), begin)
    usable_ms = float(page.evaluate("globalThis.usable")) * 1000
    assert usable_ms > 1500
    until("the part for requests is there", lambda: [one for one in parts(page) if "Opened-" in one[0]], 30)
    assert [name for name, at in parts(page) if "Opened-" in name and at < usable_ms] == []


def parts(page: Page) -> list[tuple[str, float]]:
    """What the page has fetched, and when it asked for it, ms since it was opened."""
    found = page.evaluate('performance.getEntriesByType("resource").map((one) => [one.name, one.startTime])')
    return [(name, at) for name, at in found]
