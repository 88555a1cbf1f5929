"""Streets of a town are found as people say them in each form that has a place: an agent's, the inbox', and the one
that puts right. The first town's files have none."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.stack import ROOT, Stack
from tests.browser.agent_at_work import AgentAtWork, citizen
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, tab_to, write
from tests.browser.requests import at_work, opened, ticket
from tests.browser.test_accessibility import each_look

STREETS = """[streets]
esenkent = ["Işık Sokağı", "1234. Sokak", "Çınar Caddesi"]
fatih = ["Işık Sokağı", "Gül Caddesi"]
zafer = ["İnönü Bulvarı"]
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The first town, with streets."""
    folder = tmp_path_factory.mktemp("streets")
    town = folder / "town"
    town.mkdir()
    for file in sorted((ROOT / "tickets" / "data").iterdir()):
        if file.suffix in (".toml", ".geojson"):
            shutil.copy(file, town)
    (town / "streets.toml").write_text(STREETS, "utf-8")
    with Stack(
        folder, agents=1, wrapup_s=60.0, ring_s=40.0, qualify_s=1.0, max_calls_per_number=100, town_dir=town
    ) as stack:
        yield stack


def place_search(of: Page | Locator) -> Locator:
    """The line in which a mahalle or a street is looked for."""
    return of.get_by_role("combobox", name="Mahalle ya da sokak ara")


def option(of: Page | Locator, words: str) -> Locator:
    """What is proposed there, with its mahalle."""
    return of.get_by_role("listbox", name="Mahalle ya da sokak ara").get_by_role("option", name=words)


def test_an_agent_picks_a_street_by_keyboard_and_the_unit_reads_it(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001")
    agent.ready()
    page = agent.page
    caller = citizen(desk, "2")
    agent.answer()
    address, mahalle = page.get_by_label("Adres"), page.get_by_label("Mahalle", exact=True)
    choose(page, page.get_by_label("Konu", exact=True), "asfalt_talebi")
    tab_to(page, place_search(page))
    page.keyboard.type("isik")
    expect(option(page, "Işık Sokağı Esenkent")).to_have_attribute("aria-selected", "true")
    expect(option(page, "Işık Sokağı Fatih")).to_be_visible()
    assert each_look(page) == []
    page.keyboard.press("ArrowDown")
    expect(option(page, "Işık Sokağı Fatih")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(mahalle).to_have_value("fatih")
    expect(address).to_have_value("Işık Sokağı")
    expect(place_search(page)).to_be_focused()
    expect(place_search(page)).to_have_value("")
    page.keyboard.type("CINAR CD")  # it is another mahalle's than the one that is chosen
    expect(option(page, "Çınar Caddesi Esenkent")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("ışık sk 7")
    page.keyboard.press("Enter")  # before the answer
    expect(mahalle).to_have_value("fatih")  # of two of one name the chosen mahalle's
    expect(place_search(page)).to_have_value("")
    tab_to(page, address)
    page.keyboard.press("End")
    page.keyboard.type(" 7")
    tab_to(page, page.get_by_role("textbox", name="Anlattığı"))
    page.keyboard.type("Asfalt yok")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".saved")).to_be_focused()
    (saved,) = desk.stack.request("GET", "/api/v1/tickets", topic="asfalt_talebi").json()
    assert (saved["district"], saved["address"], saved["unit"]) == ("fatih", "Işık Sokağı 7", "fen_isleri")
    page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    unit = at_work(desk, f"/unit#{saved['number']}", "fen")
    expect(unit.locator("article .place")).to_contain_text("Fatih")
    expect(unit.locator("article .place")).to_contain_text("Işık Sokağı 7")


def test_a_street_puts_the_place_of_a_request_right_by_keyboard_and_the_unit_reads_it(desk: Desk) -> None:
    number = opened(desk, topic="yol_cukuru", district="zafer", address="Okulun önü")
    unit = at_work(desk, f"/unit#{number}", "fen")
    unit.locator("[data-action=amend]").wait_for()
    unit.keyboard.press("F7")
    form = unit.get_by_role("form", name="Düzelt")
    tab_to(unit, place_search(form))
    unit.keyboard.type("IŞIK")
    expect(option(form, "Işık Sokağı Esenkent")).to_be_visible()
    assert each_look(unit) == []
    unit.keyboard.press("Enter")
    expect(form.get_by_label("Mahalle", exact=True)).to_have_value("esenkent")
    expect(form.get_by_label("Adres")).to_have_value("Işık Sokağı")
    unit.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    expect(unit.locator("article .place")).to_contain_text("Esenkent")
    expect(unit.locator("article .place")).to_contain_text("Işık Sokağı")
    found = ticket(desk, number)
    assert (found["district"], found["address"]) == ("esenkent", "Işık Sokağı")


def test_a_request_on_paper_has_its_street_by_keyboard_alone(desk: Desk) -> None:
    page = at_work(desk, "/inbox", "inbox")
    page.keyboard.press("Alt+e")
    dialog = page.get_by_role("dialog", name="Yazılı başvuru")
    write(page, dialog.get_by_label("Ne istiyor?"), "Bulvara ağaç")
    choose(page, dialog.get_by_label("Konu", exact=True), "asfalt_talebi")
    tab_to(page, place_search(dialog))
    page.keyboard.type("inonu bulv")
    expect(option(dialog, "İnönü Bulvarı Zafer")).to_have_attribute("aria-selected", "true")
    assert each_look(page) == []
    page.keyboard.press("Escape")  # closes the list alone
    expect(option(dialog, "İnönü Bulvarı Zafer")).to_have_count(0)
    expect(dialog).to_be_visible()
    page.keyboard.type("ari")
    expect(option(dialog, "İnönü Bulvarı Zafer")).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Mahalle", exact=True)).to_have_value("zafer")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator("article .place")).to_contain_text("İnönü Bulvarı")
    number = page.locator("article .number").inner_text()
    found = ticket(desk, number)
    assert (found["district"], found["address"], found["kind"]) == ("zafer", "İnönü Bulvarı", "petition")
    unit = at_work(desk, f"/unit#{number}", "fen")
    expect(unit.locator("article .place")).to_contain_text("İnönü Bulvarı")
