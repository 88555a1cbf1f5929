"""The wall on the real line: what it shows, how it stays true, and how it is used without a mouse."""

import re
import signal
import time

import pytest
from playwright.sync_api import Page, expect

from bench.stack import until
from phones import Agent, Caller, Callers, Phones, Press, Wait
from tests.browser.conftest import Desk, await_age

IS_WHOLE = "one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight"
"""Whether nothing of an element's text is cut off."""


def call(phones: Phones, keys: str, number: int) -> Callers:
    """A caller who presses these keys and stays."""
    steps = tuple(step for key in keys for step in (Wait(0.4), Press(key)))
    return phones.call(Caller(steps=steps), count=1, rate=10, first_number=5_325_550_100 + number)


def figure(page: Page, name: str) -> str:
    """A figure's value as it is read."""
    return page.locator(f"[data-figure={name}] .value").inner_text()


def test_a_token_opens_the_wall_and_another_does_not(desk: Desk) -> None:
    page = desk.visit("/wall", expect="401")
    field = page.get_by_label("Erişim anahtarı")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")  # there is nothing to see without
    page.keyboard.press("Escape")
    expect(field).to_be_visible()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Bu anahtar geçerli değil")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    page.keyboard.type(desk.token)
    page.keyboard.press("Enter")
    expect(page.locator("[data-link]")).to_have_text("Canlı")
    assert desk.token not in page.content()
    page.reload()  # the tab remembers it
    expect(page.locator("[data-link]")).to_have_text("Canlı")
    stored = page.evaluate("[JSON.stringify(localStorage), document.cookie]")
    assert desk.token not in "".join(stored)


def test_who_waits_and_who_talks_is_seen_as_it_happens(desk: Desk, phones: Phones) -> None:
    page = desk.wall(viewport={"width": 1920, "height": 1080})
    expect(page.get_by_text("Giriş yapmış görevli yok")).to_be_visible()
    expect(page.get_by_text("Bekleyen yok").first).to_be_visible()
    expect(page.locator("[data-figure=asa] .more")).to_contain_text("hedef 6 sn")
    call(phones, "2", 1)
    row = page.locator("li[data-class=routine]")
    expect(row).to_contain_text("İstek, şikâyet")
    expect(row).to_contain_text("••• 01")
    call(phones, "11", 2)
    expect(page.locator("li[data-class]").first).to_contain_text("Cenaze")  # urgent first
    expect(page.locator("[data-figure=waiting]")).to_have_class(re.compile("alarm"))
    assert figure(page, "waiting") == "2"
    expect(page).to_have_title("(2) Çözüm")
    expect(page.locator("[role=alert]").filter(has_text="Acil arayan bekliyor")).to_have_count(1)
    desk.sip("1001", phone=Agent(answer_after_s=0.3, talk_s=None))
    began = time.monotonic()
    desk.stack.set_state("1001", "ready")
    card = page.locator("li[data-key='1001']")
    expect(card).to_have_attribute("data-state", "talking")
    expect(card).to_contain_text("Görüşmede · Cenaze")
    expect(page.locator("li[data-class=urgent]").filter(has_text="Cenaze")).to_have_count(1)  # the agent's card
    expect(page).to_have_title("(1) Çözüm")
    await_age(card.locator("time"), began)


def test_a_lost_connection_is_said_and_mended_by_itself(desk: Desk) -> None:
    page = desk.wall(expect="")
    desk.wrong.clear()
    context = page.context
    context.set_offline(True)
    # The stream that is open goes on; a desk that dies ends it.
    desk.stack.kill_desk()
    expect(page.locator("[data-link=lost]")).to_contain_text("Bağlantı yok · son bilgi")
    expect(page.locator("main")).to_have_attribute("data-stale", "true")
    context.set_offline(False)
    expect(page.locator("[data-link=live]")).to_be_visible()
    expect(page.locator("main")).to_have_attribute("data-stale", "false")
    until("the desk serves again", desk.stack.ready, 60)
    desk.wrong[:] = [one for one in desk.wrong if "ERR_" not in one and "Failed to fetch" not in one]


def test_the_target_is_shown_beside_the_longest_wait(desk: Desk, phones: Phones) -> None:
    """The mean of the day is large; under it stand the target and, once somebody waits longer, how long."""
    call(phones, "2", 5)
    page = desk.wall(viewport={"width": 1366, "height": 768})
    more = page.locator("[data-figure=asa] .more")
    expect(more).to_have_text(re.compile(r"^hedef 6 sn · şimdi en uzun 0:\d\d$"))
    page.get_by_role("radio", name="English").focus()
    page.keyboard.press("Space")
    expect(more).to_have_text(re.compile(r"^target 6 s · longest now 0:\d\d$"))
    for width in (320, 768, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 1080})
        assert more.evaluate(IS_WHOLE), width


def test_asterisk_away_makes_all_that_is_shown_unsure(desk: Desk) -> None:
    page = desk.wall()
    asterisk = desk.stack.asterisk
    asterisk.send_signal(signal.SIGSTOP)
    try:
        expect(page.locator("[data-link=away]")).to_contain_text("Santrale ulaşılamıyor")
        expect(page.locator("main")).to_have_attribute("data-stale", "true")
    finally:
        asterisk.send_signal(signal.SIGCONT)
    expect(page.locator("[data-link=live]")).to_be_visible()
    until("the line is ready", desk.stack.ready, 60)


def test_language_and_theme_are_chosen_by_keyboard_and_kept(desk: Desk) -> None:
    page = desk.wall(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("radio", name="Sistemdeki gibi").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Koyu")).to_be_checked()
    dark = page.evaluate(ground)
    assert dark != light
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Waiting callers")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.reload()
    expect(page.get_by_role("heading", name="Waiting callers")).to_be_visible()
    assert page.evaluate(ground) == dark
    page.goto(f"{desk.url}/wall?lang=tr")  # an address comes first
    expect(page.get_by_role("heading", name="Sırada bekleyenler")).to_be_visible()


def test_nothing_moves_the_focus(desk: Desk, phones: Phones) -> None:
    page = desk.wall()
    page.get_by_role("radio", name="Türkçe").focus()
    call(phones, "11", 3)
    expect(page.locator("li[data-class=urgent]")).to_be_visible()
    expect(page.get_by_role("radio", name="Türkçe")).to_be_focused()


def test_a_crowd_is_counted_to_the_last(desk: Desk, phones: Phones) -> None:
    page = desk.wall(viewport={"width": 1366, "height": 768})
    phones.call(Caller(steps=(Wait(0.4), Press("2"))), count=25, rate=20, first_number=5_325_550_200)
    until("all wait", lambda: len(desk.stack.queue()) == 25, 60)
    expect(page.locator("[data-figure=waiting] .value")).to_have_text("25")
    expect(page.locator("ol[data-crowd=crowd]")).to_be_visible()
    shown = page.locator("ol[data-crowd] li").count()
    expect(page.get_by_text(f"ve {25 - shown} kişi daha")).to_be_visible()
    panel = page.locator("ol[data-crowd]").bounding_box()
    last = page.locator("ol[data-crowd] li").last.bounding_box()
    assert panel is not None
    assert last is not None
    assert last["y"] + last["height"] <= panel["y"] + panel["height"] + 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [320, 390])
def test_a_narrow_screen_shows_the_service_and_the_outcome_of_calls(desk: Desk, phones: Phones, width: int) -> None:
    caller = call(phones, "11", 50)
    until("they wait", lambda: [one["service"] for one in desk.stack.queue()] == ["funeral"], 60)
    caller.hang_up()
    until("the call is over", lambda: [one["service"] for one in desk.stack.get("calls")][:1] == ["funeral"], 60)
    page = desk.wall(viewport={"width": width, "height": 800})
    row = page.locator(".calls tbody tr").first
    service, outcome = row.locator("[data-column=service]"), row.locator("[data-column=outcome]")
    expect(outcome).to_contain_text("Vazgeçti")
    expect(service).to_have_text("Cenaze")
    for cell in (service, outcome):
        assert cell.evaluate(IS_WHOLE)
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_narrow_screen_scrolls_down_and_never_sideways(desk: Desk, width: int) -> None:
    for path in ("/wall", "/phone"):
        page = (
            desk.wall(viewport={"width": width, "height": 800})
            if path == "/wall"
            else desk.visit(path, viewport={"width": width, "height": 800})
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
