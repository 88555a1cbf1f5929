"""A shift lead at `/lead`: the page they signed in through, and the callers who wait."""

from typing import Any

from playwright.sync_api import Page

from bench.stack import until
from phones import Caller, Callers, Phones, Press, Wait
from tests.browser.conftest import Desk


def lead(desk: Desk, path: str = "/lead", *, user: str = "lead", ignore: str = "401", **options: Any) -> Page:
    """The lead's page, signed in by it, once it shows the line."""
    page = desk.visit(path, expect=ignore, **options)
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").fill(f"demo-{user}")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-link=live]")
    return page


def calls(phones: Phones, keys: str, number: int) -> Callers:
    """A caller who presses these keys and stays."""
    steps = tuple(step for key in keys for step in (Wait(0.4), Press(key)))
    return phones.call(Caller(steps=steps), count=1, rate=10, first_number=5_325_550_100 + number)


def waiting(desk: Desk, count: int) -> None:
    """Wait until so many do."""
    until(f"{count} wait", lambda: len(desk.stack.queue()) == count, 60)
