"""What saves an agent keys at `/desk`, eight hours long: by keyboard alone, and seen by no mouse."""

import re

from playwright.sync_api import expect

from tests.browser.agent_at_work import AgentAtWork, citizen, ticket_of
from tests.browser.conftest import Desk
from tests.browser.requests import opened
from tests.browser.test_accessibility import each_look

AT = "at => { Object.defineProperty(Event.prototype, 'timeStamp', { get: () => at, configurable: true }); }"
"""From now on all that happens on a page happens at one moment, ms: a busy machine may stall between two keys."""


def test_a_digit_chooses_the_reason_of_a_pause(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    page.keyboard.press("2")  # nothing is asked yet
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    assert each_look(page) == []
    desk.await_state("1001", "ready")  # a page that was looked at for long may have been unavailable
    page.keyboard.press("9")  # there are not so many
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    page.keyboard.press("2")
    desk.await_state("1001", "paused")
    assert desk.stack.agents()["1001"]["reason"] == "meal"
    expect(page.get_by_role("group", name="Aranın nedeni")).to_have_count(0)


def test_the_list_of_a_transfer_is_gone_through_by_arrows_and_first_letters(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    desk.sip("1002")
    desk.sip("1003")
    for extension in ("1002", "1003"):
        desk.stack.set_state(extension, "ready")
    focused = page.locator(".colleagues button:focus")
    page.keyboard.press("Alt+t")
    expect(page.locator(".colleagues li:has-text('1003')")).to_be_visible()
    expect(page.locator(".colleagues li:has-text('1002')")).to_be_visible()
    page.keyboard.press("Alt+t")
    expect(page.locator(".colleagues")).to_have_count(0)
    page.keyboard.press("Alt+t")  # the focus goes to the first of those who are there by now
    expect(focused).to_have_accessible_name("Görevli 1002 görevlisine aktar")
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_accessible_name("Görevli 1002 görevlisine aktar")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_accessible_name("Görevli 1003 görevlisine aktar")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_accessible_name("Görevli 1002 görevlisine danış")
    page.evaluate(AT, 60_000)
    page.keyboard.type("1003")
    expect(focused).to_have_accessible_name("Görevli 1003 görevlisine danış")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")  # no key of the list
    expect(focused).to_have_accessible_name("Görevli 1003 görevlisine aktar")
    assert each_look(page) == []
    page.evaluate(AT, 62_000)
    page.keyboard.type("bil")
    expect(focused).to_have_accessible_name("Bilgi hizmetine aktar")
    page.keyboard.press("Escape")
    expect(page.locator(".colleagues")).to_have_count(0)
    page.keyboard.press("F4")


def test_who_and_where_a_known_caller_is_need_not_be_written_again(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    opened(desk, caller="+905325550188", address="Işık Sokak 4")
    caller = citizen(desk, "2", number="05325550188")
    agent.answer()
    fill = page.get_by_role("button", name="Son başvurusundaki gibi doldur: Ayşe Yılmaz · Esenkent · Işık Sokak 4")
    expect(fill).to_be_visible()
    page.keyboard.press("Alt+r")
    page.keyboard.press("Shift+Tab")
    expect(fill).to_be_focused()
    assert each_look(page) == []
    page.keyboard.press("Enter")
    expect(fill).to_have_count(0)
    expect(page.get_by_role("combobox", name="Konu ara")).to_be_focused()
    saved = agent.save(text="Yine asfalt")
    told = ticket_of(desk, saved)
    assert (told["name"], told["district"], told["address"]) == ("Ayşe Yılmaz", "esenkent", "Işık Sokak 4")
    assert told["parent"] is None
    caller.get_by_role("button", name="Kapat", exact=True).click()


def test_a_caller_without_requests_has_an_empty_form(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2", number="05325550189")
    agent.answer()
    expect(page.get_by_role("combobox", name="Konu ara")).to_be_visible()
    expect(page.locator(".caller").get_by_text("yok").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Son başvurusundaki"))).to_have_count(0)
    page.keyboard.press("F4")
