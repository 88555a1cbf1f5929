"""Answers at `/desk` that come when the agent is at something else: they act on nothing there."""

from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, citizen, first_held
from tests.browser.conftest import Desk
from tests.browser.desk.test_call_results import result_of, talked
from tests.browser.keyboard import write
from tests.browser.requests import ANY, move, opened


def answers(page: Page, held: list[Route]) -> None:
    """Let what is held go on, and the page draw what it makes of the answer."""
    with page.expect_event("requestfinished", lambda one: one.url == held[-1].request.url):
        for one in held:
            one.continue_()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def test_a_topic_that_is_found_late_is_not_that_of_another_callers_form(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    first = citizen(desk, "2")
    agent.answer()
    words, topic = page.get_by_label("Anlattığı"), page.get_by_label("Konu", exact=True)
    words.fill("Çöp alınmadı")
    page.keyboard.press("F4")
    first.wait_for_selector(".state[data-state=ended]")
    citizen(desk, "1", "1", number="05325550112")  # into after-call work
    agent.answer()
    expect(words).to_have_value("")
    words.fill("Lamba")
    held: list[Route] = []
    page.route("**/town/found?*", lambda route: held.append(route))
    page.keyboard.press("Alt+r")
    page.keyboard.type("sokak lambasi")
    page.keyboard.press("Enter")
    until("it is looked for", lambda: page.evaluate("1") and held, 60)
    page.keyboard.press("Alt+l")
    expect(words).to_have_value("Çöp alınmadı")
    answers(page, held)
    expect(topic).to_have_value("")
    page.keyboard.press("Alt+l")
    expect(words).to_have_value("Lamba")
    expect(topic).to_have_value("")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")


def test_a_topic_that_is_found_late_is_no_result_of_the_next_call(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    calls = []
    for number in ("05325550173", "05325550174"):
        calls.append(talked(desk, agent, number))
        page.keyboard.press("Alt+2")
        expect(page.get_by_role("button", name="mola")).to_be_focused()
        page.keyboard.press("Enter")  # a pause asks for nothing
        desk.await_state("1001", "paused")
        desk.stack.set_state("1001", "ready")
    listed = page.get_by_role("region", name="Sonucu söylenmeyen görüşmeler").locator("li")
    first, second = (listed.filter(has_text=f"••• {last}") for last in ("73", "74"))
    asked = page.get_by_role("dialog", name="görüşmesinden ne çıktı?")
    first.get_by_role("button").click()
    expect(asked).to_be_visible()
    page.keyboard.press("1")
    line = page.get_by_role("dialog").get_by_role("combobox", name="Konu ara")
    expect(line).to_be_focused()
    held: list[Route] = []
    page.route("**/town/found?*", lambda route: held.append(route))
    page.keyboard.type("sokak lambasi")
    page.keyboard.press("Enter")
    until("it is looked for", lambda: page.evaluate("1") and held, 60)
    page.keyboard.press("Escape")  # without a topic
    expect(line).to_have_count(0)
    second.get_by_role("button").click()
    expect(asked).to_be_visible()
    answers(page, held)
    expect(asked).to_be_visible()
    page.keyboard.press("4")
    until("it is said", lambda: result_of(desk, calls[1]), 60)
    results = [row[:2] for call in calls for row in result_of(desk, call)]
    assert results == [("answered", None), ("wrong_number", None)]


def test_a_score_that_is_stored_late_leaves_what_is_written_of_the_next_outcome(desk: Desk) -> None:
    first, second = (opened(desk, caller=f"+9053255501{last}") for last in ("61", "62"))
    agent = AgentAtWork(desk, "1001")
    page, words = agent.page, agent.page.locator("blockquote")

    def talks(number: str, last: str, said: str) -> None:
        citizen(desk, "2", number=f"053255501{last}")
        until("they wait", lambda: len(desk.stack.queue()) == 1, 60)
        move(desk, number, "accepted")
        move(desk, number, "resolved", result=said)
        desk.stack.set_state("1001", "ready")  # the one who waits comes before the call to them
        agent.answer()
        expect(words).to_contain_text(said)

    talks(first, "61", "Birincisi yapıldı.")
    for key in ("Alt+o", "ArrowDown", "Alt+o"):
        page.keyboard.press(key)
    expect(words).to_have_count(0)
    held = first_held(page, "**/score")
    for key in ("Alt+o", "2", "Alt+o"):
        page.keyboard.press(key)
    until("the score is sent", lambda: page.evaluate("1") and held, 60)
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    talks(second, "62", "İkincisi yapıldı.")
    remark = page.get_by_label("Vatandaşın sözü")
    write(page, remark, "Sağ olun")
    answers(page, held)
    expect(page.get_by_label("Bildirimler")).to_contain_text(f"{first}: kaydedildi")
    expect(remark).to_have_value("Sağ olun")
    expect(remark).to_be_focused()
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    move(desk, second, "told")


def test_the_question_before_a_sign_out_does_not_cover_a_call_that_rings_meanwhile(desk: Desk) -> None:
    """The page asks the desk first which forms are not saved."""
    held: list[Route] = []
    agent = AgentAtWork(desk, "1001", before=lambda page: held_drafts(page, held), expect=ANY)
    agent.ready()
    page = agent.page
    until("the forms are asked for", lambda: page.evaluate("1") and held, 60)
    page.keyboard.press("Alt+0")
    citizen(desk, "2")
    agent.await_ring()
    for one in held:
        one.fulfill(status=503, json={"detail": "the database does not answer"})
    expect(page.get_by_label("Bildirimler")).to_contain_text("Önce görüşmeyi bitirin.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    agent.answer()
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")


def held_drafts(page: Page, held: list[Route]) -> None:
    """Hold each question for the forms that the desk has kept."""
    page.route("**/api/v1/drafts", lambda route: held.append(route))
