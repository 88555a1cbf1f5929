"""The first page weighs little: what a browser that knows nothing of it fetches before it can be used."""

from typing import Any

import pytest

from console.page import PAGES
from tests.browser.conftest import Desk
from tests.browser.test_speed import loaded, signed_in

MOST = 200_000
"""Bytes, as they are sent."""
SIZES = """() => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].filter((one) => !one.name.includes("/api/")).map((one) => [one.name.split("/").pop(), one.encodedBodySize])"""


@pytest.mark.parametrize("path", sorted(PAGES))
def test_the_first_page_weighs_little(desk: Desk, path: str) -> None:
    page = loaded(desk, path, signed_in(desk, path))
    page.evaluate("globalThis.usable")
    sizes: list[Any] = page.evaluate(SIZES)
    assert len(sizes) > 2
    assert sum(size for _, size in sizes) <= MOST, sizes
