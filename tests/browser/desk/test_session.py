"""An agent's session that ends while they work, or that another tab of their browser ends."""

import re

from playwright.sync_api import Page, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, citizen, first_held
from tests.browser.conftest import Desk
from tests.browser.keyboard import write
from tests.browser.requests import ANY, ask
from tests.browser.test_sign_in import hold_sign_out

SIGN_IN = """async ([user, password]) => {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/api/v1/session", { method: "POST", headers, body: JSON.stringify({ user, password }) });
  return answer.status;
}"""


def signs_in_elsewhere(desk: Desk, page: Page, user: str, password: str) -> None:
    """Somebody signs in in another tab of this page's browser: the session before is over."""
    other = page.context.new_page()
    other.goto(f"{desk.url}/durum")
    assert other.evaluate(SIGN_IN, [user, password]) == 200
    other.close()


def again(agent: AgentAtWork, password: str = "") -> None:
    """Sign in in the page's dialog."""
    dialog = agent.page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    dialog.locator("[name=user]").fill(agent.extension)
    dialog.locator("[name=password]").fill(password or f"demo{agent.extension}")
    agent.page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def test_the_same_agents_sign_in_in_another_tab_costs_this_one_neither_writes_nor_the_telephone(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect="40")
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    before = len(agent.accounts)
    signs_in_elsewhere(desk, agent.page, "1001", "demo1001")
    agent.ready()
    expect(agent.page.locator("dialog[open]")).to_have_count(0)
    # The relay closes the telephone of the session that is over; the page has another one by the session that there is.
    until("there is another account", lambda: agent.page.evaluate("1") and len(agent.accounts) > before, 90)
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    assert [one.status for one in agent.accounts][-1] == 201
    desk.await_state("1001", "ready")
    desk.wrong[:] = [one for one in desk.wrong if not re.search("WebSocket", one)]


def test_another_persons_sign_in_in_another_tab_is_the_end_of_this_session(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect="40")
    signs_in_elsewhere(desk, agent.page, "analyst", "demo-analyst")
    agent.page.evaluate("globalThis.kept = true")
    agent.page.keyboard.press("Alt+1")
    dialog = agent.page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    agent.page.evaluate("dispatchEvent(new Event('focus'))")
    signs_in_elsewhere(desk, agent.page, "1001", "demo1001")
    agent.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(dialog).to_have_count(0)
    assert agent.page.evaluate("globalThis.kept") is True
    agent.ready()
    desk.wrong[:] = [one for one in desk.wrong if not re.search("WebSocket", one)]


def test_a_caller_who_rings_while_the_session_is_over_is_known_once_the_agent_is_signed_in(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect="40")
    agent.ready()
    agent.page.context.clear_cookies()
    citizen(desk, "2")
    expect(agent.card).to_have_attribute("data-call", "ringing")
    again(agent)
    expect(agent.told("Numara")).to_have_text("••• 07")
    agent.answer()
    expect(agent.page.get_by_role("textbox", name="Anlattığı")).to_be_visible()
    agent.page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    desk.wrong[:] = [one for one in desk.wrong if not re.search("WebSocket", one)]


def test_digits_of_a_user_who_signs_in_again_say_nothing_of_the_call(desk: Desk) -> None:
    """The question for the result of the call lies below the dialog, and its digits are the answers."""
    agent = AgentAtWork(desk, "1001", expect="40")
    agent.ready()
    page = agent.page
    caller = citizen(desk, "2", number="05325550181")
    agent.answer()
    call = str(desk.stack.agents()["1001"]["call"])
    expect(page.get_by_label("Anlattığı")).to_be_visible()
    caller.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.keyboard.press("Alt+1")
    asked = page.get_by_role("dialog", name="Hazır olmadan önce: bu görüşmeden ne çıktı?")
    expect(asked).to_be_visible()
    page.context.clear_cookies()
    page.keyboard.press("Alt+g")
    dialog = page.get_by_role("dialog", name="Oturum bitti. Yeniden giriş yapın.")
    expect(dialog).to_be_visible()
    write(page, dialog.locator("[name=user]"), "1001")
    expect(dialog.locator("[name=user]")).to_have_value("1001")
    page.keyboard.press("Tab")
    page.keyboard.type("demo1001")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(asked).to_be_visible()
    page.keyboard.press("7")
    until("it is said", lambda: desk.stack.rows("SELECT 1 FROM dispositions WHERE call = ?", call), 60)
    desk.wrong[:] = [one for one in desk.wrong if not re.search("WebSocket", one)]


def test_an_agent_who_was_given_another_role_is_told_so_when_they_sign_in_again(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1002", expect="40")
    agent.ready()
    ask(desk, "PATCH", "/people/1002", role="analyst", extension="")
    try:
        agent.page.keyboard.press("Alt+3")
        again(agent, "demo-1002")  # of the demo's people who are no agents
        expect(agent.page.get_by_text("Masa, dahili numarası olan görevliler içindir.")).to_be_visible()
    finally:
        ask(desk, "PATCH", "/people/1002", role="agent", extension="1002")
    desk.wrong[:] = [one for one in desk.wrong if not re.search("WebSocket", one)]


def test_an_agent_who_cannot_sign_out_stays_at_work_and_is_told_so(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect="Failed to load resource")
    agent.ready()
    page = agent.page
    page.route("**/api/v1/session", lambda route: route.abort())
    page.keyboard.press("Alt+0")
    expect(page.get_by_label("Bildirimler")).to_contain_text("Çıkış yapılamadı, oturumunuz açık.")
    expect(agent.now).to_have_attribute("data-state", "ready")
    citizen(desk, "2")
    agent.answer()
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")


def test_an_agent_who_takes_a_call_while_the_page_makes_sure_of_their_session_is_not_signed_out(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect=ANY)
    agent.ready()
    page = agent.page
    held = first_held(page, "**/api/v1/session")
    page.keyboard.press("Alt+0")
    until("the page makes sure", lambda: page.evaluate("1") and held, 60)
    citizen(desk, "2")
    agent.answer()
    held[0].continue_()
    expect(page.get_by_label("Bildirimler")).to_contain_text("Önce görüşmeyi bitirin.")
    expect(agent.card).to_have_attribute("data-call", "talking")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")


def test_an_agent_who_signs_out_is_not_asked_to_sign_in_again_while_the_page_goes(desk: Desk) -> None:
    """What the page asks meanwhile is answered by 401. A browser that shows the page again shows nothing of it."""
    agent = AgentAtWork(desk, "1001", expect="40")
    page = agent.page
    expect(page.locator(".connection")).to_have_attribute("data-state", "ready")
    ended = hold_sign_out(page)
    page.keyboard.press("Alt+0")
    until("the session is over", lambda: page.evaluate("1") and ended, 60)
    page.get_by_label("Başvuru numarası").fill("26-000123-3")
    with page.expect_response(lambda one: one.url.endswith("/session") and one.status == 401):  # the page makes sure
        page.keyboard.press("Alt+a")
        page.keyboard.press("Enter")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_navigation():
        page.evaluate("setTimeout(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))")
    expect(page.locator("[name=user]")).to_be_visible()
    desk.wrong[:] = [one for one in desk.wrong if not re.search("WebSocket", one)]


def test_an_agent_whose_session_cannot_be_ended_keeps_what_is_not_saved(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect=ANY)
    agent.ready()
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    words = page.get_by_label("Anlattığı")
    words.fill("Çöp alınmadı")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.route(
        "**/api/v1/session", lambda route: route.abort() if route.request.method == "DELETE" else route.continue_()
    )
    leave = page.get_by_role("dialog", name="Çıkış yap").get_by_role("button", name="Çık ve sil")
    page.keyboard.press("Alt+0")
    leave.click()
    expect(page.get_by_label("Bildirimler")).to_contain_text("Çıkış yapılamadı, oturumunuz açık.")
    expect(words).to_have_value("Çöp alınmadı")
    assert "Çöp alınmadı" in page.evaluate("sessionStorage.getItem('cozum.drafts.1001')")
    drafts = "fetch('/api/v1/drafts').then((answer) => answer.text())"
    until("the desk has it too", lambda: "Çöp alınmadı" in page.evaluate(drafts), 60)
    page.unroute("**/api/v1/session")
    page.keyboard.press("Alt+0")
    leave.click()
    page.wait_for_url(f"{desk.url}/")
    assert page.evaluate("sessionStorage.getItem('cozum.drafts.1001')") is None
    desk.wrong[:] = [one for one in desk.wrong if not re.search("WebSocket", one)]
