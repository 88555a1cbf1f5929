"""The report of requests at `/report`: for people who read figures and see no citizen, by keyboard alone."""

from playwright.sync_api import expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose_radio, press
from tests.browser.requests import ANY, ask, opened
from tests.browser.test_accessibility import each_look


def test_an_analyst_reads_the_figures_in_both_languages_by_keyboard_alone(desk: Desk) -> None:
    opened(desk, topic="agac_budama", text="Ağaç")

    def is_counted() -> bool:
        """The desk keeps the figures for some seconds."""
        return "agac_budama" in [one["topic"] for one in ask(desk, "GET", "/report/requests?days=7")["topics"]]

    until("it is counted", is_counted, 60, every_s=0.5)
    page = desk.visit("/report", expect=ANY)
    press(page, page.locator("[name=user]"))
    page.keyboard.type("analyst")
    page.keyboard.press("Tab")
    page.keyboard.type("demo-analyst")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").last).to_contain_text("Tümü")
    assert each_look(page) == []
    choose_radio(page, page.get_by_role("radio", name="Konu"))
    trees = page.locator("tbody tr[data-key=agac_budama]")
    names = next(one for one in ask(desk, "GET", "/town")["topics"] if one["id"] == "agac_budama")
    expect(trees).to_contain_text(names["tr"])
    choose_radio(page, page.get_by_role("radio", name="English"))
    expect(trees).to_contain_text(names["en"])
    expect(trees).not_to_contain_text(names["tr"])
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert each_look(page) == []
