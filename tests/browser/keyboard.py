"""Going about a page as people do who have no mouse."""

from playwright.sync_api import Locator, Page

MOST = 150
"""More controls than any page has before the one that is looked for, and more options than any list has."""


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


def write(page: Page, target: Locator, text: str) -> None:
    """Go to a line or lines by Tab alone, and write this in the place of what is there."""
    press(page, target, "ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text)


def choose(page: Page, target: Locator, value: str) -> None:
    """Go to a list by Tab alone, and choose the option of this value by arrows, once it is there."""
    target.locator(f'option[value="{value}"]').wait_for(state="attached")
    press(page, target, "Home")
    for _ in range(MOST):
        if target.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow chooses {value} of {target}")


def choose_radio(page: Page, target: Locator) -> None:
    """Go by Tab alone to the one that is chosen of its group, and by arrows to this one."""
    group = target.get_attribute("name")
    tab_to(page, page.locator(f"input[type=radio][name='{group}']:checked"))
    for _ in range(MOST):
        if target.is_checked():
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"no arrow chooses {target}")
