"""What an agent types at `/desk` stays theirs: an answer is lost or late, a call comes in between, another form or
another request is looked at. And each control there has a key."""

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, citizen, first_held, ticket_of
from tests.browser.conftest import Desk
from tests.browser.requests import opened
from tests.browser.test_accessibility import each_look

BY_ANOTHER_KEY = {
    ".reasons button": "Alt+2 leads to the reasons, of which each has a digit",
    ".keypad button": "the digits are typed once Alt+K has opened it",
    ".colleagues li button": "Alt+T leads to the first of them",
    ".caller li button": "Alt+Q leads to the first of them",
    ".others button": "Alt+L goes through them",
    "section:has([aria-keyshortcuts='Alt+I']) :is(li button, summary)": "Alt+I asks about one after the other",
    "form .before button": "Shift+Tab from the first field, to which Alt+R leads",
    "fieldset button": "Alt+U leads to the kinds",
    ".opened :is(button, summary)": "Alt+A opens the request and its heading takes the focus; each action has a key",
}
"""Controls without a key of their own, and why."""


def words_of(page: Page) -> Any:
    """What the citizen tells, in the form."""
    return page.get_by_role("textbox", name="Anlattığı")


def told_of(desk: Desk, call: str) -> list[str]:
    """What the requests of a call say."""
    return [str(text) for (text,) in desk.stack.rows("SELECT text FROM tickets WHERE call = ?", call)]


def held(page: Page, routes: list[Route]) -> Route:
    """The request that was held back, once it was made."""
    until("it is asked for", lambda: page.evaluate("1") and routes, 60)
    return routes[0]


def forgive(desk: Desk, what: str) -> None:
    """Of console messages like this nothing is said: the test has caused them."""
    desk.wrong[:] = [one for one in desk.wrong if not re.search(what, one)]


# --- a save


def test_a_lost_answer_costs_neither_the_number_nor_a_word(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    call = desk.stack.agents()["1001"]["call"]
    words_of(page).fill("Çukur")
    lost: list[Route] = []

    def lose(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route)
        assert route.fetch().status == 201  # the desk makes it
        return route.abort()

    page.route("**/api/v1/tickets", lose)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Bildirimler")).to_contain_text("Sunucudan yanıt gelmedi")
    assert told_of(desk, call) == ["Çukur"]
    words_of(page).press("End")
    page.keyboard.type(", derin")
    page.keyboard.press("Control+Enter")
    saved = page.locator(".saved")
    expect(saved).to_be_focused()
    (number,) = re.findall(r"\d\d-\d{6}-\d", saved.inner_text())
    assert ticket_of(desk, number)["text"] == "Çukur, derin"
    assert told_of(desk, call) == ["Çukur, derin"]
    forgive(desk, "ERR_|422")


def test_what_is_typed_while_a_save_is_on_its_way_is_kept_and_added(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    call = desk.stack.agents()["1001"]["call"]
    words_of(page).fill("Çukur")
    routes = first_held(page, "**/api/v1/tickets")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Kaydediliyor…")).to_be_visible()
    page.keyboard.type(", derin")
    held(page, routes).continue_()
    expect(page.locator(".follows")).to_contain_text("Sonradan yazdıklarınız duruyor")
    expect(page.locator(".saved")).to_contain_text("Başvuru numarası")
    expect(words_of(page)).to_be_focused()
    expect(words_of(page)).to_have_value("Çukur, derin")
    assert each_look(page) == []
    page.reload()
    expect(words_of(page)).to_have_value("Çukur, derin")
    words_of(page).press("Control+Enter")
    expect(page.locator(".saved")).to_be_focused()
    assert told_of(desk, call) == ["Çukur, derin"]


def test_a_second_press_saves_no_other_callers_form(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    first = citizen(desk, "2")
    agent.answer()
    call = desk.stack.agents()["1001"]["call"]
    words_of(page).fill("Çöp alınmadı")
    page.keyboard.press("F4")
    first.wait_for_selector(".state[data-state=ended]")
    citizen(desk, "1", "1", number="05325550112")
    agent.answer()
    expect(words_of(page)).to_have_value("")
    words_of(page).fill("Vefat var")
    page.keyboard.press("Control+Enter")
    saved, unsaid = page.locator(".saved"), page.get_by_role("alert").filter(has_text="Kaydedilmedi: bu form")
    expect(saved).to_be_focused()
    expect(words_of(page)).to_have_value("Çöp alınmadı")
    expect(page.locator(".whose")).to_contain_text("••• 07")
    page.keyboard.press("Control+Enter")
    expect(unsaid).to_contain_text("••• 07")
    page.get_by_role("button", name=re.compile("^Kaydet")).click()  # the second of two clicks
    expect(unsaid).to_be_visible()
    assert each_look(page) == []
    expect(words_of(page)).to_have_value("Çöp alınmadı")
    assert told_of(desk, call) == []
    page.keyboard.press("Alt+r")
    expect(unsaid).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(words_of(page)).to_have_count(0)
    assert told_of(desk, call) == ["Çöp alınmadı"]


def test_keys_in_flight_when_an_urgent_call_comes_go_to_no_other_callers_form(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    caller = citizen(desk, "2")
    agent.answer()
    words_of(page).fill("Çöp")
    caller.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    words_of(page).focus()
    citizen(desk, "1", "1", number="05325550111")
    agent.answer()
    came = page.get_by_role("alert").filter(has_text="Form değişti")
    expect(came).to_contain_text("••• 11")
    page.keyboard.type(" alınmadı")
    expect(words_of(page)).to_have_value("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="Kaydedilmedi: bu form")).to_be_visible()
    expect(words_of(page)).to_have_value("")
    assert each_look(page) == []
    page.keyboard.press("Alt+r")
    expect(came).to_have_count(0)
    page.keyboard.press("Alt+l")
    expect(words_of(page)).to_have_value("Çöp")


def test_the_result_of_a_call_takes_no_written_form_with_it(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    page.get_by_label("Konu", exact=True).select_option("asfalt_talebi")
    words_of(page).fill("Çukur")
    for key in ("Alt+s", "ArrowDown", "Alt+s"):
        page.keyboard.press(key)
    expect(page.get_by_label("Bildirimler")).to_contain_text("Görüşmenin sonucu kaydedildi.")
    expect(words_of(page)).to_have_value("Çukur")
    words_of(page).fill("")
    for key in ("Alt+s", "ArrowDown", "ArrowDown", "Alt+s"):
        page.keyboard.press(key)
    expect(words_of(page)).to_have_count(0)  # topic and mahalle went with the result


def test_a_town_that_cannot_be_had_at_first_is_there_later(desk: Desk) -> None:
    seen: list[bool] = []  # what the page says without a town; there is one from then on

    def fail(route: Route) -> None:
        if seen:
            return route.continue_()
        return route.fulfill(status=503, content_type="application/problem+json", body='{"detail": "no answer"}')

    agent = AgentAtWork(desk, "1001", before=lambda page: page.route("**/api/v1/town", fail))
    missing = agent.page.get_by_text("Konular ve mahalleler alınamadı")
    expect(missing).to_be_visible()
    seen.append(True)
    expect(missing).to_have_count(0)
    agent.ready()
    citizen(desk, "2")
    agent.answer()
    agent.page.get_by_label("Konu", exact=True).select_option("asfalt_talebi")
    forgive(desk, "401|503")


# --- an opened request


def look_up(page: Page, number: str) -> Any:
    """Open a request by its number and its key."""
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    theirs = page.get_by_role("region", name=f"Açılan başvuru: {number}")
    expect(theirs).to_be_visible()
    return theirs


def test_a_half_written_note_stays_with_its_request(desk: Desk, agent: AgentAtWork) -> None:
    """The request is left by Escape, by another one, and by a caller; and signing out asks."""
    page = agent.page
    number, other = opened(desk), opened(desk, caller="+905325550196")
    note = page.get_by_label("Not (vatandaş görmez)")
    look_up(page, number)
    expect(page.locator("#request-title")).to_be_focused()
    page.keyboard.press("Alt+n")
    expect(note).to_be_focused()
    page.keyboard.type("Yarın ara")
    page.keyboard.press("Alt+z")
    expect(note).to_have_count(0)
    look_up(page, other)
    expect(page.locator("#request-title")).to_be_focused()
    page.keyboard.press("Alt+n")
    expect(note).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+z")
    page.get_by_role("button", name=f"{number}: yarım kalan yazınız").click()
    expect(page.locator("[data-action=note]")).to_contain_text("yarım")
    page.keyboard.press("Alt+n")
    expect(note).to_have_value("Yarın ara")
    assert each_look(page) == []
    citizen(desk, "2")
    agent.await_ring()
    page.get_by_role("button", name=re.compile("^Yanıtla")).first.click()  # the focus leaves the words
    expect(agent.now).to_have_attribute("data-state", "talking")
    expect(words_of(page)).to_be_visible()
    expect(note).to_have_value("Yarın ara")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.keyboard.press("Alt+0")
    expect(page.get_by_role("dialog", name="Çıkış yap")).to_contain_text("Göndermediğiniz yazılar var: 1")
    page.get_by_role("button", name="Kal").click()
    note.press("Control+Enter")
    expect(page.locator("article .note")).to_have_text("Yarın ara")
    assert [step["note"] for step in ticket_of(desk, number)["history"] if step["what"] == "note"] == ["Yarın ara"]


def test_a_request_that_arrives_late_takes_no_focus_from_whoever_types(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    number = opened(desk)
    citizen(desk, "2")
    agent.answer()
    words_of(page).fill("Çukur")
    routes = first_held(page, f"**/api/v1/tickets/{number}")
    look_up(page, number)
    late = held(page, routes)
    words_of(page).focus()
    page.keyboard.press("End")
    page.keyboard.type(", ")
    late.continue_()
    expect(page.locator("#request-title")).to_be_visible()
    page.keyboard.type("derin")
    expect(words_of(page)).to_have_value("Çukur, derin")
    page.keyboard.press("Alt+a")
    page.keyboard.press("Enter")  # asked for again, it has the focus at once
    expect(page.locator("#request-title")).to_be_focused()


# --- the focus, what is seen, and the keys


def test_the_focus_goes_back_to_where_it_was(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    words_of(page).focus()
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    page.keyboard.press("Escape")
    expect(words_of(page)).to_be_focused()
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    page.keyboard.press("Enter")
    expect(words_of(page)).to_be_focused()
    desk.sip("1002")
    desk.stack.set_state("1002", "ready")
    page.keyboard.press("Alt+t")
    expect(page.locator(".colleagues button:focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(words_of(page)).to_be_focused()
    page.get_by_role("button", name=re.compile("^Ara ver")).click()
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Ara ver"))).to_be_focused()


def test_a_key_goes_where_the_one_before_has_led_though_the_page_was_not_drawn_since(
    desk: Desk, agent: AgentAtWork
) -> None:
    """A slow machine draws after several keys."""
    page = agent.page
    page.evaluate("globalThis.requestAnimationFrame = () => 0")
    for key in ("Alt+2", "Enter"):
        page.keyboard.press(key)
    desk.await_state("1001", "paused")
    agent.ready()
    citizen(desk, "2")
    agent.answer()
    page.keyboard.press("Alt+t")
    expect(page.locator(".colleagues:focus, .colleagues button:focus")).to_have_count(1)


def test_the_focus_in_what_is_known_of_a_caller_outlives_the_answer(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    number = opened(desk, caller="+905325550152")
    citizen(desk, "2", number="05325550152")
    agent.await_ring()
    theirs = page.locator(".caller").get_by_role("button", name=number)
    expect(page.locator(".caller.large")).to_contain_text(number)
    page.keyboard.press("Alt+q")
    expect(theirs).to_be_focused()
    agent.answer()
    expect(page.locator(".caller.large")).to_have_count(0)
    expect(theirs).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name=f"Açılan başvuru: {number}")).to_be_visible()


def test_before_the_answer_it_is_seen_how_often_they_called_lately(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    first = citizen(desk, "1", "1", number="05325550141")
    agent.answer()
    page.keyboard.press("F4")
    first.wait_for_selector(".state[data-state=ended]")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    until("it has its row", lambda: "05325550141" in [one["caller"] for one in desk.stack.calls()], 60)
    page.keyboard.press("Alt+x")
    agent.ready()
    citizen(desk, "1", "1", number="05325550141")
    agent.await_ring()
    expect(agent.told("Acil aramaları")).to_have_text("son bir saatte 2")
    talks = page.locator("div:has(> h3:text-is('Önceki aramaları')) li")
    expect(talks).to_have_count(1)
    expect(talks.first).to_contain_text(re.compile("Cenaze.*Yanıtlandı"))


CONTROLS = """(allowed) => [...document.querySelectorAll("button, a[href], summary, [role=button]")]
  .filter((one) => one.checkVisibility() && !one.closest("[inert]"))
  .filter((one) => !one.closest("[aria-keyshortcuts]") && !one.matches(allowed))
  .map((one) => one.outerHTML.slice(0, 160))"""
"""Controls that are seen and have no key: neither of their own nor of the list in which they are."""


def test_every_control_has_a_key(desk: Desk, agent: AgentAtWork) -> None:
    """In each state that the page has."""
    page = agent.page
    allowed = ", ".join(BY_ANOTHER_KEY)
    seen: list[str] = []

    def look() -> None:
        seen.extend(page.evaluate(CONTROLS, allowed))

    number = opened(desk, caller="+905325550151")
    look()
    page.keyboard.press("Alt+2")
    look()
    page.keyboard.press("Escape")
    citizen(desk, "1", "1", number="05325550151")
    agent.await_ring()
    look()
    agent.answer()
    expect(words_of(page)).to_be_visible()
    for key in ("Alt+t", "Alt+k"):
        page.keyboard.press(key)
    look()
    look_up(page, number)
    look()
    page.keyboard.press("Alt+z")
    words_of(page).fill("Vefat")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    look()
    page.keyboard.press("Alt+d")
    expect(page.get_by_label("Mikrofon", exact=True)).to_be_focused()
    page.keyboard.press("Alt+f")
    expect(page.get_by_role("button", name="Bu sayfadaki telefonu kullan")).to_be_visible()
    look()
    page.keyboard.press("Alt+f")
    expect(page.get_by_role("button", name="Masamdaki telefonu kullan")).to_be_visible()
    assert sorted(set(seen)) == []


def test_the_telephone_is_taken_back_by_its_key(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    second = page.context.new_page()
    second.goto(f"{desk.url}/desk")
    expect(second.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(page.get_by_text("Bu telefon başka bir sekmede açıldı.")).to_be_visible()
    assert page.evaluate(CONTROLS, ", ".join(BY_ANOTHER_KEY)) == []
    page.keyboard.press("Alt+e")
    expect(page.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(second.locator(".connection")).to_have_attribute("data-state", "replaced")
