"""`/desk` after an upgrade of the desk: the files of a page that is open since before are gone."""

from playwright.sync_api import Page, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork
from tests.browser.conftest import Desk
from tests.browser.requests import ANY, opened
from tests.browser.test_accessibility import each_look

OPENED, TELEPHONE = "**/assets/Opened-*.js", "**/assets/telephone.svelte-*.js"
LOADED = """(part) => performance.getEntriesByType("resource")
  .some((one) => one.name.includes(`/assets/${part}`) && one.responseEnd)"""
MISSING = "Sayfanın bir bölümü yüklenemedi"


def take_away(page: Page, part: str) -> None:
    """Have the desk know nothing of this file."""
    page.route(part, lambda route: route.fulfill(status=404))


def open_request(page: Page, number: str) -> None:
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def test_a_request_can_be_opened_after_an_upgrade(desk: Desk) -> None:
    number = opened(desk)
    page = AgentAtWork(desk, "1001").page
    until("its part is there", lambda: page.evaluate(LOADED, "Opened-"), 60)
    take_away(page, OPENED)
    open_request(page, number)
    expect(page.get_by_role("region", name=f"Açılan başvuru: {number}")).to_be_visible()


def test_where_a_request_cannot_be_opened_the_page_says_so_and_how_to_go_on(desk: Desk) -> None:
    number = opened(desk)
    agent = AgentAtWork(desk, "1001", expect=ANY, before=lambda page: take_away(page, OPENED))
    open_request(agent.page, number)
    told = agent.page.get_by_role("alert").filter(has_text=MISSING)
    expect(told).to_be_visible()
    assert each_look(agent.page) == []
    agent.page.keyboard.press("Alt+z")
    expect(told).to_have_count(0)


def test_where_there_is_no_telephone_the_page_says_so_and_nobody_is_ready(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect=ANY, before=lambda page: take_away(page, TELEPHONE))
    expect(agent.page.get_by_role("alert").filter(has_text=MISSING)).to_be_visible()
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "off")
    agent.page.keyboard.press("Alt+1")
    expect(agent.page.get_by_label("Bildirimler")).to_contain_text(MISSING)
    expect(agent.now).to_have_attribute("data-state", "offline")
