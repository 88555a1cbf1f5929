"""Going about a page as people do who have no mouse."""

from playwright.sync_api import Locator, Page

MOST = 150
"""More controls than any page has before the one that is looked for."""


def tab_to(page: Page, target: Locator, *, key: str = "Tab") -> None:
    """Press Tab until a control has the focus; it fails where Tab never comes there."""
    target.wait_for(state="attached")
    for _ in range(MOST):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not reach {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go to a control by Tab alone, and press a key on it."""
    tab_to(page, target)
    page.keyboard.press(key)
