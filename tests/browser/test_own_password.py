"""People change their own passwords: by keyboard, on a page with a head, and at `/desk` in a talk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.stack import Stack, until
from tests.browser.agent_at_work import AgentAtWork, citizen, desk_stack
from tests.browser.conftest import NONE_REQUIRED, Desk
from tests.browser.keyboard import press, write
from tests.browser.test_accessibility import each_look
from tests.browser.test_unit_away import await_kept

NEW = "sarı kedi çatıda uyur"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for the whole file: passwords of its people change."""
    with desk_stack(tmp_path_factory.mktemp("stack"), **NONE_REQUIRED) as stack:
        yield stack


def added(desk: Desk, user: str, role: str = "inbox", unit: str = "") -> str:
    """Somebody whom an administrator has let in; their first password."""
    wish = {"user": user, "role": role, "name": f"Bay {user}", "unit": unit}
    answer = desk.stack.request("POST", "/api/v1/people", body=wish)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["password"])


def sign_in(page: Page, user: str, password: str) -> None:
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("dialog", name="Parolayı değiştir").get_by_label(label, exact=True)


def fill(page: Page, present: str, fresh: str, again: str = "") -> None:
    """Fill in the form and send it, by keyboard alone."""
    write(page, field(page, "Şimdiki parola"), present)
    write(page, field(page, "Yeni parola"), fresh)
    write(page, field(page, "Yeni parola (yeniden)"), again or fresh)
    page.keyboard.press("Enter")


def said(page: Page, label: str, words: str) -> None:
    """The field is marked as wrong, and says why, to a screen reader too."""
    expect(field(page, label)).to_have_attribute("aria-invalid", "true")
    expect(field(page, label)).to_have_accessible_description(words)


def test_somebody_with_a_first_password_is_asked_for_one_of_their_own(desk: Desk) -> None:
    password = added(desk, "ilk")
    page = desk.visit("/inbox", expect="40")
    sign_in(page, "ilk", password)
    dialog = page.get_by_role("dialog", name="Parolayı değiştir")
    expect(dialog).to_contain_text("Parolanızı başkası belirledi")
    expect(field(page, "Şimdiki parola")).to_be_focused()
    press(page, dialog.get_by_role("button", name="Sonra"))
    expect(dialog).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="Parola", exact=True)).to_be_visible()
    expect(dialog).to_have_count(0)  # put off in this tab
    press(page, page.get_by_role("button", name="Çıkış yap"))
    expect(page.locator("[name=password]")).to_be_visible()
    page.goto(f"{desk.url}/inbox")
    sign_in(page, "ilk", password)
    expect(dialog).to_be_visible()
    fill(page, password, NEW)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Parolanız değişti")
    expect(dialog).to_have_count(0)
    accounts = {one["user"]: one for one in desk.stack.get("people")}
    assert accounts["ilk"]["password_due"] is False


def test_a_password_is_changed_by_keyboard_and_what_is_wrong_is_said_at_its_field(desk: Desk) -> None:
    first = added(desk, "ikinci")
    there = desk.visit("/inbox", expect="40")
    sign_in(there, "ikinci", first)
    press(there, there.get_by_role("button", name="Sonra"))
    page = desk.visit("/inbox", expect="4")
    sign_in(page, "ikinci", first)
    press(page, page.get_by_role("button", name="Sonra"))
    change = page.get_by_role("button", name="Parola", exact=True)
    press(page, change)
    assert each_look(page) == []
    kinds = {
        "Şimdiki parola": "current-password",
        "Yeni parola": "new-password",
        "Yeni parola (yeniden)": "new-password",
    }
    for label, kind in kinds.items():
        expect(field(page, label)).to_have_attribute("autocomplete", kind)
        expect(field(page, label)).to_have_attribute("type", "password")
    expect(page.locator("dialog[open] [autocomplete=username]")).to_have_value("ikinci")
    fill(page, first, NEW, "another")
    said(page, "Yeni parola (yeniden)", "İki yeni parola aynı değil.")
    fill(page, "wrong", NEW)
    said(page, "Şimdiki parola", "Şimdiki parola yanlış.")
    assert each_look(page) == []
    fill(page, first, "ikinci2026!")
    expect(field(page, "Yeni parola")).to_have_accessible_description(
        "En az 10 karakter. Uzun bir söz dizisi, kısa ve karışık bir paroladan iyidir. Diğer oturumlarınız kapanır. "
        "Parola yalnızca kullanıcı adı, rakam ve işaretlerden oluşamaz."
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(change).to_be_focused()
    page.keyboard.press("Enter")
    expect(field(page, "Şimdiki parola")).to_have_value("")
    fill(page, first, NEW)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Parolanız değişti")
    expect(change).to_be_focused()  # the dialog gives it back, and the words do not take it
    kept = page.evaluate("[JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join()")
    assert NEW not in kept + page.content()
    press(page, page.get_by_role("button", name="Yenile"))
    expect(page.get_by_role("dialog")).to_have_count(0)  # the page goes on
    there.get_by_role("button", name="Yenile").dispatch_event("click")  # it may have asked by itself
    expect(
        there.get_by_role("dialog", name="Oturum bitti. Yeniden giriş yapın.")
    ).to_be_visible()  # and the other browser's does not
    sign_in(there, "ikinci", NEW)
    expect(there.get_by_role("dialog")).to_have_count(0)


def test_on_the_first_page(desk: Desk) -> None:
    first = added(desk, "ucuncu", "analyst")
    page = desk.visit("/", expect="401")
    sign_in(page, "ucuncu", first)
    page.wait_for_url(f"{desk.url}/report")
    press(page, page.get_by_role("button", name="Sonra"))
    page.goto(f"{desk.url}/")
    press(page, page.get_by_role("button", name="Parolayı değiştir"))
    page.set_viewport_size({"width": 390, "height": 844})
    assert each_look(page) == []
    fill(page, first, NEW)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Parolanız değişti")
    press(page, page.get_by_role("button", name="Çıkış yap"))
    expect(page.locator("[name=password]")).to_be_visible()


def test_a_page_that_opened_without_a_network_asks_nobody_for_it_when_the_network_is_back(desk: Desk) -> None:
    first = added(desk, "besinci", "unit", "fen_isleri")
    page = desk.visit("/unit", expect="Failed to load resource")
    sign_in(page, "besinci", first)
    press(page, page.get_by_role("button", name="Sonra"))
    await_kept(page)
    page.context.set_offline(True)
    other = page.context.new_page()  # in another tab it has not been put off
    other.goto(f"{desk.url}/unit")
    expect(other.locator("[data-away=true]")).to_be_visible()
    change = other.get_by_role("button", name="Parola", exact=True)
    expect(change).to_have_count(0)
    search = other.get_by_label("Ara", exact=True)
    search.fill("çukur")
    page.context.set_offline(False)
    expect(other.locator("[data-away=false]")).to_contain_text("Bağlı")
    expect(change).to_be_visible()
    expect(other.get_by_role("dialog")).to_have_count(0)
    expect(search).to_be_focused()
    press(other, change)
    expect(other.get_by_role("dialog", name="Parolayı değiştir")).to_contain_text("Parolanızı başkası belirledi")


def test_an_administrator_sees_who_has_none_of_their_own(desk: Desk) -> None:
    added(desk, "dorduncu")
    page = desk.visit("/admin#people", expect="401")
    sign_in(page, "admin", "demo-admin")
    expect(page.locator("[data-key=dorduncu]")).to_contain_text("kendi parolasını henüz belirlemedi")
    expect(page.locator("[data-key=admin]")).not_to_contain_text("belirlemedi")


def test_a_change_in_a_talk_leaves_the_talk_and_the_telephone_alone(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect="40")
    page = agent.page
    connection = page.locator(".connection")
    expect(connection).to_have_attribute("data-state", "ready")
    other = AgentAtWork(desk, "1002", expect="40")
    expect(other.page.locator(".connection")).to_have_attribute("data-state", "ready")
    agent.ready()
    caller = citizen(desk, "2")
    agent.answer()
    given = len(agent.accounts)
    press(page, page.get_by_role("button", name="Parola", exact=True))
    fill(page, "demo1001", NEW)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Parolanız değişti")
    expect(agent.card).to_have_attribute("data-call", "talking")
    # The desk looks at the rights of all telephones in turns: it has looked at this one's when another's has ended.
    assert desk.stack.request("DELETE", "/api/v1/people/1002/sessions").status_code == 200
    expect(other.page.get_by_role("dialog", name="Oturum bitti. Yeniden giriş yapın.")).to_be_visible(timeout=60_000)
    expect(connection).to_have_attribute("data-state", "ready")
    expect(agent.card).to_have_attribute("data-call", "talking")
    expect(caller.locator(".state")).to_have_attribute("data-state", "talking")
    assert len(agent.accounts) == given, "it has the telephone that it had"
    page.get_by_role("textbox", name="Anlattığı").fill("Çukur")  # it writes by the session's new word
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("Alt+3")
    until("the new word is good", lambda: page.evaluate("1") and desk.stack.state_of("1001") == "offline", 60)
    desk.wrong[:] = [one for one in desk.wrong if "WebSocket" not in one]


def test_a_call_takes_the_dialog_away(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1003", expect="40")
    agent.ready()
    press(agent.page, agent.page.get_by_role("button", name="Parola", exact=True))
    dialog = agent.page.get_by_role("dialog", name="Parolayı değiştir")
    expect(dialog).to_be_visible()
    citizen(desk, "2")
    agent.await_ring()
    expect(dialog).to_have_count(0)
    agent.answer()
    expect(dialog).to_have_count(0)
    agent.page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")


def test_an_agent_who_opens_the_page_in_after_call_work_is_not_asked_for_it_when_that_is_over(desk: Desk) -> None:
    password = str(desk.stack.request("POST", "/api/v1/people/1003/password", body={}).json()["password"])
    agent = AgentAtWork(desk, "1003", expect="40", password=password)
    page = agent.page
    press(page, page.get_by_role("button", name="Sonra"))
    agent.ready()
    citizen(desk, "2")
    agent.answer()
    expect(page.get_by_role("textbox", name="Anlattığı")).to_be_visible()  # the call has its form
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.evaluate("sessionStorage.removeItem('cozum.password-later')")  # as in another tab
    page.reload()
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.keyboard.press("Alt+1")
    expect(page.get_by_role("dialog", name="Hazır olmadan önce: bu görüşmeden ne çıktı?")).to_be_visible()
    page.keyboard.press("1")
    topic = page.get_by_role("dialog").get_by_role("combobox", name="Konu ara")
    expect(topic).to_be_focused()
    page.keyboard.press("Escape")
    desk.await_state("1003", "ready")
    expect(agent.now).to_have_attribute("data-state", "ready")
    expect(page.locator("dialog[open]")).to_have_count(0)
