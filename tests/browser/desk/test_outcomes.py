"""A citizen who calls, and for whom more than one outcome waits."""

import re

from playwright.sync_api import Route, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, citizen, ticket_of
from tests.browser.conftest import Desk
from tests.browser.keyboard import press, tab_to, write
from tests.browser.requests import ANY, move, opened
from tests.browser.test_accessibility import each_look


def talks_with_two_outcomes(desk: Desk, agent: AgentAtWork, number: str) -> list[str]:
    """The agent talks to a caller for whom two outcomes wait: the numbers of the requests."""
    numbers = [opened(desk, caller=f"+90{number}", address=f"Kuyu Sokak {place}") for place in (1, 2)]
    citizen(desk, "2", number=f"0{number}")
    until("they wait", lambda: len(desk.stack.queue()) == 1, 30)
    for request, result in zip(numbers, ("Birincisi yapıldı.", "İkincisi yapıldı."), strict=True):
        move(desk, request, "accepted")
        move(desk, request, "resolved", result=result)
    agent.page.keyboard.press("Alt+1")  # the one who waits comes before the calls to them
    agent.answer()
    return numbers


def test_each_outcome_that_waits_is_shown_and_scored_in_one_call(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001")
    numbers = talks_with_two_outcomes(desk, agent, "5325550191")
    page, words = agent.page, agent.page.locator("blockquote")
    expect(words).to_contain_text("Birincisi yapıldı.")
    for key in ("Alt+o", "ArrowDown", "Tab", "Tab"):
        page.keyboard.press(key)
    page.keyboard.insert_text("Sağ olun")
    page.keyboard.press("Control+Enter")
    expect(words).to_contain_text("İkincisi yapıldı.")
    expect(page.get_by_label("Vatandaşın sözü")).to_have_value("")
    for key in ("Alt+o", "ArrowDown", "Tab", "4", "Alt+o"):
        page.keyboard.press(key)
    expect(words).to_have_count(0)
    score = page.get_by_role("region", name="Vatandaşın puanı")
    expect(score).to_contain_text(numbers[0])  # theirs was not said yet
    expect(score.locator("select")).to_have_value("")  # the 4 was the other one's
    for key in ("Alt+o", "5", "Alt+o"):
        page.keyboard.press(key)
    expect(score).to_have_count(0)
    told = [(ticket_of(desk, number)["state"], ticket_of(desk, number)["score"]) for number in numbers]
    assert told == [("closed", 5), ("closed", 4)]
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")


def test_an_outcome_that_is_settled_or_put_aside_goes_from_the_page(desk: Desk) -> None:
    """Somebody else has the first one told while the agent talks, and says nothing of the second."""
    agent = AgentAtWork(desk, "1001", expect=ANY)
    numbers = talks_with_two_outcomes(desk, agent, "5325550192")
    page, words = agent.page, agent.page.locator("blockquote")
    expect(words).to_contain_text("Birincisi yapıldı.")
    move(desk, numbers[0], "told")
    for key in ("Alt+o", "ArrowDown", "Control+Enter"):
        page.keyboard.press(key)
    expect(words).to_contain_text("İkincisi yapıldı.")
    expect(page.get_by_label("Bildirimler")).to_contain_text(re.compile("does not wait for the caller"))
    assert each_look(page) == []
    page.keyboard.press("Alt+o")
    press(page, page.get_by_role("button", name="Bildirmeden kapat"))  # nothing is typed: it is not asked twice
    expect(words).to_have_count(0)
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    told = [(ticket_of(desk, number)["state"], ticket_of(desk, number)["score"]) for number in numbers]
    assert told == [("told", None), ("resolved", None)]
    move(desk, numbers[1], "told")  # nobody is rung about it in a later test


def test_an_outcome_is_put_aside_with_what_is_typed_only_at_the_second_time_and_stays_first(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001")
    numbers = talks_with_two_outcomes(desk, agent, "5325550193")
    page, words = agent.page, agent.page.locator("blockquote")
    remark = page.get_by_label("Vatandaşın sözü")
    expect(words).to_contain_text("Birincisi yapıldı.")
    write(page, remark, "Sağ olun")
    press(page, page.get_by_role("button", name="Bildirmeden kapat"))
    sure = page.get_by_role("button", name="Emin misiniz? Yazılanlar silinir")
    expect(sure).to_be_focused()
    expect(remark).to_have_value("Sağ olun")
    assert each_look(page) == []
    tab_to(page, remark, key="Shift+Tab")
    page.keyboard.type("!")  # they write on
    expect(sure).to_have_count(0)
    press(page, page.get_by_role("button", name="Bildirmeden kapat"))
    with page.expect_response(re.compile("/context$")) as answer:
        page.keyboard.press("Enter")
    assert answer.value.json()["outcome"]["number"] == numbers[0]
    expect(page.get_by_label("Bildirimler")).to_contain_text(f"{numbers[0]}: bildirilmeden kapatıldı.")
    expect(words).to_have_count(0)
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    expect(words).to_have_count(0)
    assert [ticket_of(desk, number)["state"] for number in numbers] == ["resolved", "resolved"]
    for number in numbers:
        move(desk, number, "told")


def test_an_outcome_that_is_settled_while_its_report_is_typed_goes_with_a_word(desk: Desk) -> None:
    number = opened(desk, caller="+905325550194")
    agent = AgentAtWork(desk, "1001")
    page = agent.page
    settled: list[str] = []

    def tell(route: Route) -> None:
        known = route.fetch().json()
        known["tickets"] = None  # not all is known: the page asks again
        known["outcome"] |= {"state": "closed"} if settled else {}
        route.fulfill(json=known)

    citizen(desk, "2", number="05325550194")
    until("they wait", lambda: len(desk.stack.queue()) == 1, 30)
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Yapıldı.")
    page.route("**/context", tell)
    page.keyboard.press("Alt+1")  # the one who waits comes before the call to them
    agent.answer()
    words = page.locator("blockquote")
    expect(words).to_contain_text("Yapıldı.")
    write(page, page.get_by_label("Vatandaşın sözü"), "Sağ olun")
    settled.append(number)
    expect(words).to_have_count(0)
    expect(page.get_by_label("Bildirimler")).to_contain_text(f"{number}: sonuç bildirilmiş ya da başvuru kapanmış.")
    assert each_look(page) == []
    page.unroute_all(behavior="wait")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    move(desk, number, "told")
