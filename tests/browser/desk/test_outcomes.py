"""An agent tells a citizen the outcome and enters their score. For some who call, more than one outcome waits."""

import re
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import APIResponse, Route, expect

from bench.stack import until
from phones import Agent
from tests.browser.agent_at_work import AgentAtWork, citizen, ticket_of
from tests.browser.conftest import Desk
from tests.browser.keyboard import press, tab_to, write
from tests.browser.requests import ANY, move, opened
from tests.browser.test_accessibility import each_look
from tests.integration.citizen import Citizen


def test_an_agent_reads_the_outcome_tells_it_and_says_how_it_went(
    desk: Desk, agent: AgentAtWork, tmp_path: Path
) -> None:
    """The words are there while the phone rings; the citizen gives 2 of 5."""

    def post(path: str, **body: object) -> dict[str, Any]:
        token = (desk.stack.data_dir / "token").read_text().strip()
        headers = {"authorization": f"Bearer {token}", "if-match": "*"}
        answer = httpx.post(f"{desk.stack.url}/api/v1/{path}", headers=headers, json=body, timeout=30)
        assert answer.is_success, answer.text
        return dict(answer.json())

    trunk = int(str(desk.stack.settings["callback_trunk"]).rpartition(":")[2])
    with Citizen(tmp_path / "citizen", trunk, Agent(answer_after_s=0.3, talk_s=None)):
        road = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "text": "Işık Sokak"}
        number = post("tickets", **road, caller="+905325550177")["number"]
        post(f"tickets/{number}/moves", to="accepted")
        post(f"tickets/{number}/moves", to="resolved", result="Işık Sokak asfaltlandı.")
        agent.await_ring()
        words = agent.page.locator("blockquote")
        expect(words).to_contain_text("Işık Sokak asfaltlandı.")
        agent.page.keyboard.press("F2")
        how = agent.page.get_by_label("Görüşme nasıl geçti?")
        expect(how).to_be_visible()
        assert each_look(agent.page) == []

        def picked_up() -> bool:
            return bool(desk.stack.rows("SELECT 1 FROM outcome_attempts WHERE began_at IS NOT NULL"))

        until("the citizen has picked up", picked_up, 60)
        agent.page.keyboard.press("F4")
        desk.await_state("1001", "wrapup")
        for key in ("Alt+o", "ArrowDown"):
            agent.page.keyboard.press(key)
        expect(how).to_have_value("told")
        for key in ("Tab", "2", "Tab"):
            agent.page.keyboard.press(key)
        expect(agent.page.get_by_label("Vatandaşın sözü")).to_be_focused()
        agent.page.keyboard.insert_text("Yol hâlâ bozuk")
        agent.page.keyboard.press("Control+Enter")
        expect(words).to_have_count(0)
        ticket = ticket_of(desk, number)
        assert (ticket["state"], ticket["score"], ticket["remark"]) == ("told", 2, "Yol hâlâ bozuk")


def test_a_score_is_entered_once_after_the_outcome_was_told_and_by_keyboard_alone(desk: Desk) -> None:
    """The citizen calls before they are called. What they say after the report is theirs, too."""
    number = opened(desk, caller="+905325550188")
    agent = AgentAtWork(desk, "1001")
    page = agent.page
    caller = citizen(desk, "2", number="05325550188")
    until("they wait", lambda: len(desk.stack.queue()) == 1, 60)
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Asfalt döküldü.")
    page.keyboard.press("Alt+1")  # the one who waits comes before the call to them
    agent.answer()
    expect(page.locator("blockquote").first).to_contain_text("Asfalt döküldü.")
    for key in ("Alt+o", "ArrowDown", "Alt+o"):
        page.keyboard.press(key)
    score = page.get_by_role("region", name="Vatandaşın puanı")
    expect(score).to_contain_text("işlem süreniz bitene kadar")
    assert each_look(page) == []
    page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    assert (ticket_of(desk, number)["state"], ticket_of(desk, number)["score"]) == ("told", None)
    page.keyboard.press("Alt+o")
    expect(score.get_by_label("Vatandaşın puanı")).to_be_focused()
    for key in ("5", "Alt+o"):
        page.keyboard.press(key)
    expect(score).to_have_count(0)
    ticket = ticket_of(desk, number)
    assert (ticket["state"], ticket["score"]) == ("closed", 5)
    assert [step["who"] for step in ticket["history"] if step["what"] == "score"] == ["1001"]


def test_a_score_that_nobody_gives_is_asked_for_until_after_call_work_ends(desk: Desk) -> None:
    number = opened(desk, caller="+905325550189")
    agent = AgentAtWork(desk, "1001")
    page = agent.page
    citizen(desk, "2", number="05325550189")
    until("they wait", lambda: len(desk.stack.queue()) == 1, 60)
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Asfalt döküldü.")
    page.keyboard.press("Alt+1")  # the one who waits comes before the call to them
    agent.answer()
    expect(page.locator("blockquote").first).to_contain_text("Asfalt döküldü.")
    for key in ("Alt+o", "ArrowDown", "Alt+o", "F4"):
        page.keyboard.press(key)
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    score = page.get_by_role("region", name="Vatandaşın puanı")
    expect(score).to_be_visible()
    agent.ready()
    expect(score).to_have_count(0)


def talks_with_two_outcomes(desk: Desk, agent: AgentAtWork, number: str) -> list[str]:
    """The agent talks to a caller for whom two outcomes wait: the numbers of the requests."""
    numbers = [opened(desk, caller=f"+90{number}", address=f"Kuyu Sokak {place}") for place in (1, 2)]
    citizen(desk, "2", number=f"0{number}")
    until("they wait", lambda: len(desk.stack.queue()) == 1, 60)
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
    until("they wait", lambda: len(desk.stack.queue()) == 1, 60)
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


def test_what_is_written_of_an_outcome_stays_when_the_report_of_the_one_before_is_answered(desk: Desk) -> None:
    """The page hears that the first is told, and shows the second, before the report itself is answered."""
    agent = AgentAtWork(desk, "1001")
    page, words = agent.page, agent.page.locator("blockquote")
    held: list[tuple[Route, APIResponse]] = []

    def asks_again(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "tickets": None})  # not all is known: the page asks again

    page.route("**/context", asks_again)
    page.route("**/outcome", lambda route: held.append((route, route.fetch())))
    numbers = talks_with_two_outcomes(desk, agent, "5325550195")
    expect(words).to_contain_text("Birincisi yapıldı.")
    for key in ("Alt+o", "ArrowDown", "Alt+o"):
        page.keyboard.press(key)
    expect(words).to_contain_text("İkincisi yapıldı.")
    remark = page.get_by_label("Vatandaşın sözü")
    write(page, remark, "Sağ olun")
    ((report, answer),) = held
    report.fulfill(response=answer)
    expect(page.get_by_label("Bildirimler")).to_contain_text(f"{numbers[0]}: kaydedildi")
    expect(remark).to_have_value("Sağ olun")
    expect(remark).to_be_focused()
    expect(words).to_contain_text("İkincisi yapıldı.")
    page.unroute_all(behavior="wait")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    move(desk, numbers[1], "told")


def test_an_outcome_that_is_reported_in_the_next_call_is_no_result_of_that(desk: Desk) -> None:
    number = opened(desk, caller="+905325550196")
    agent = AgentAtWork(desk, "1001")
    page, words = agent.page, agent.page.locator("blockquote")
    citizen(desk, "2", number="05325550196")
    until("they wait", lambda: len(desk.stack.queue()) == 1, 60)
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Yapıldı.")
    page.keyboard.press("Alt+1")  # the one who waits comes before the call to them
    agent.answer()
    expect(words).to_contain_text("Yapıldı.")
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    citizen(desk, "2", number="05325550197")
    until("the next one waits", lambda: any(one["caller"].endswith("97") for one in desk.stack.queue()), 60)
    desk.stack.set_state("1001", "ready")
    agent.answer()
    for key in ("Alt+o", "ArrowDown", "Alt+o"):
        page.keyboard.press(key)
    expect(words).to_have_count(0)
    page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.keyboard.press("Alt+1")
    expect(page.get_by_role("dialog", name="Hazır olmadan önce: bu görüşmeden ne çıktı?")).to_be_visible()
