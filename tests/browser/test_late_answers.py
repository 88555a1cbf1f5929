"""Answers at the desks of the town hall that come when their person is at something else: they act on nothing there."""

from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import first_held
from tests.browser.conftest import Desk
from tests.browser.keyboard import write
from tests.browser.requests import at_work

DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def sent(page: Page, held: list[Route]) -> None:
    """Wait until what is to be held is on its way."""
    until("it is sent", lambda: page.evaluate("1") and held, 60)


def answers(page: Page, held: list[Route]) -> None:
    """Let what is held go on, and the page draw what it makes of the answer."""
    with page.expect_event("requestfinished", lambda one: one.url == held[0].request.url):
        held[0].continue_()
    page.evaluate(DRAWN)


# --- the inbox


def test_a_topic_that_is_found_late_is_not_that_of_the_next_paper(desk: Desk) -> None:
    page = at_work(desk, "/inbox", "inbox")
    page.keyboard.press("Alt+e")
    dialog = page.get_by_role("dialog", name="Yazılı başvuru")
    topic = dialog.get_by_label("Konu", exact=True)
    write(page, dialog.get_by_label("Ne istiyor?"), "Sokağımıza asfalt")
    expect(topic.locator("option[value=sokak_lambasi]")).to_be_attached()
    held = first_held(page, "**/town/found?*")
    dialog.get_by_role("combobox", name="Konu ara").press_sequentially("sokak lambasi")
    page.keyboard.press("Enter")
    sent(page, held)
    dialog.get_by_role("button", name="Yazılanı sil").click()
    answers(page, held)
    expect(topic).to_have_value("")
    expect(dialog.get_by_role("button", name="Yazılanı sil")).to_have_count(0)
