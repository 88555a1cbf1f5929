"""The first page weighs little: what a browser that knows nothing of it fetches before it can be used."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route

from bench.stack import until
from console.page import PAGES
from tests.browser.conftest import Desk
from tests.browser.test_speed import loaded, signed_in

IDLE = "new Promise((idle) => requestIdleCallback(() => requestIdleCallback(() => idle(true))))"
"""Wait until the page has had nothing to do, twice."""
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
    held: list[Route] = []
    asked: list[str] = []

    def begin(page: Page) -> None:
        page.route("**/api/v1/live*", lambda route: held.append(route))
        page.on("request", lambda request: asked.append(request.url))

    def has_asked() -> list[str]:
        page.evaluate(IDLE)
        return [url for url in asked if "/Opened-" in url]

    page = loaded(desk, "/desk", signed_in(desk, "/desk"), begin)
    until("the page asks what the line says", lambda: page.evaluate(IDLE) and held, 60)
    assert has_asked() == []
    held[0].continue_()
    page.evaluate("globalThis.usable")
    until("the part for requests is asked for", has_asked, 60)
