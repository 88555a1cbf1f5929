"""axe-core finds nothing serious on any page, in each of its states, in both themes and both languages."""

from typing import Literal

from playwright.sync_api import Page, expect

from bench.stack import until
from phones import Agent, Caller, Press, Wait
from tests.browser.conftest import Desk, axe

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("tr", "en")
REFUSE = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
}"""
"""Makes a page go without a microphone."""


def each_theme(page: Page) -> list[str]:
    """What axe finds on a page as it is, in both themes."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {one}" for one in axe(page)]
    return found


def each_look(page: Page) -> list[str]:
    """What axe finds on a page as it is, in both languages and themes. It is in Turkish again afterwards. A dialog that
    is open makes the page's switch of languages inert for people, and not for us."""
    found = []
    for language in ("en", "tr"):
        page.evaluate("one => document.querySelector(`header .choices input[value=${one}]`).click()", language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        found += [f"{language}, {one}" for one in each_theme(page)]
    return found


def test_a_wall_with_somebody_in_each_state(desk: Desk) -> None:
    desk.sip("1001", phone=Agent(answer_after_s=0.2, talk_s=None))
    desk.sip("1002", phone=Agent(answer_after_s=None))
    for extension in ("1001", "1002"):
        desk.stack.set_state(extension, "ready")
    desk.stack.set_state("1003", "ready")  # whose phone is away
    desk.phones.append(desk.stack.phones(desk.folder / "callers"))
    for place, keys in enumerate(("11", "2", "2", "14")):
        steps = tuple(step for key in keys for step in (Wait(0.4), Press(key)))
        desk.phones[-1].call(Caller(steps=steps), count=1, rate=10, first_number=5_325_550_300 + place)
    until("some wait", lambda: len(desk.stack.queue()) >= 2, 60)
    page = desk.wall(viewport={"width": 1920, "height": 1080})
    expect(page.locator("li[data-class]").first).to_be_visible()
    assert each_look(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert each_look(page) == []
    page.context.set_offline(True)
    desk.stack.kill_desk()  # the stream that is open would go on
    expect(page.locator("[data-link=lost]")).to_be_visible()
    assert each_look(page) == []
    page.close()  # it would try again, and say so
    until("the desk serves again", desk.stack.ready, 60)
    desk.wrong[:] = [one for one in desk.wrong if "ERR_" not in one and "Failed to fetch" not in one]


def test_the_wall_that_asks_for_its_token(desk: Desk) -> None:
    page = desk.visit("/wall", expect="401")
    page.wait_for_selector("dialog[open]")
    assert each_look(page) == []
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-invalid=true]")
    assert each_look(page) == []


def test_the_first_page_in_each_of_its_states(desk: Desk) -> None:
    page = desk.visit("/?openid=refused", expect="401")
    expect(page.locator("[role=alert]").first).not_to_be_empty()
    page.wait_for_selector("form")
    assert each_look(page) == []
    page.locator("[name=user]").fill("analyst")
    page.locator("[name=password]").fill("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-invalid=true]")
    assert each_look(page) == []
    page.locator("[name=password]").fill("demo-analyst")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/report")
    expect(page.locator("main :is(table, .notice:not([aria-busy=true]))").first).to_be_visible()
    assert each_look(page) == []
    page.goto(f"{desk.url}/")
    page.wait_for_selector("nav a")
    assert each_look(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert each_look(page) == []


def test_the_demos_telephone(desk: Desk) -> None:
    page = desk.visit("/phone")
    page.wait_for_selector("[data-state=ready]")
    assert each_look(page) == []
    page.get_by_role("textbox").fill("x")
    page.wait_for_selector("[aria-invalid=true]")
    assert each_look(page) == []
    page.get_by_role("textbox").fill("")
    page.keyboard.press("Enter")
    page.wait_for_selector(".state[data-state=talking]")
    page.keyboard.press("2")
    assert each_look(page) == []
    page.get_by_role("button", name="Kapat", exact=True).click()
    expect(page.locator(".state")).to_have_text("Görüşme bitti.")
    page.evaluate(REFUSE)
    page.get_by_role("button", name="Yeniden ara").click()
    expect(page.get_by_text("Mikrofona izin verilmedi.")).to_be_visible()
    assert each_look(page) == []


def test_the_page_that_is_not_there(desk: Desk) -> None:
    page = desk.visit("/nowhere", expect="404")  # it speaks both languages
    assert each_theme(page) == []
