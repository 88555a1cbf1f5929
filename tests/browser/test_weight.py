"""The first page weighs little: what a browser that knows nothing of it fetches before it can be used."""

from typing import Any

import pytest

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
