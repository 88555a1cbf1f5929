"""The result of a call that opened no request: asked for before its agent is ready, and listed until it is said."""

from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, citizen, first_held
from tests.browser.conftest import Desk, axe


def talked(desk: Desk, agent: AgentAtWork, number: str) -> str:
    """The id of a call that the agent has had, and that its citizen has hung up."""
    caller = citizen(desk, "2", number=number)
    agent.answer()
    call = str(desk.stack.agents()["1001"]["call"])
    expect(agent.page.get_by_label("Anlattığı")).to_be_visible()
    caller.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    return call


def result_of(desk: Desk, call: str) -> list[tuple[Any, ...]]:
    """What the database has of the call's result."""
    return desk.stack.rows("SELECT disposition, topic, district, who FROM dispositions WHERE call = ?", call)


def test_ready_asks_what_came_of_the_call_and_one_key_says_it(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    call = talked(desk, agent, "05325550191")
    page.keyboard.press("Alt+1")
    asked = page.get_by_role("dialog", name="Hazır olmadan önce: bu görüşmeden ne çıktı?")
    expect(asked).to_be_visible()
    assert desk.stack.state_of("1001") == "wrapup"
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    page.keyboard.press("Alt+1")
    page.keyboard.press("9")  # none of them
    expect(asked).to_be_visible()
    page.keyboard.press("1")
    asked = page.get_by_role("dialog", name="Hangi konuda hemen yanıtlandı?")
    expect(asked.get_by_role("combobox", name="Konu ara")).to_be_focused()
    assert [row[:2] for row in result_of(desk, call)] == [("answered", None)], "it is stored before the topic is"
    assert axe(page) == []
    page.keyboard.type("sokak lamb1")  # a digit is of the topic, and no result
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    desk.await_state("1001", "ready")
    expect(asked).to_be_hidden()
    assert [row[:2] for row in result_of(desk, call)] == [("answered", "sokak_lambasi")]
    until(
        "the report has it",
        lambda: "sokak_lambasi" in [one["topic"] for one in desk.stack.get("report/contacts")["answered_by_topic"]],
        60,
    )


@pytest.mark.parametrize("by", ["Escape", "button"])
def test_the_topic_may_stay_unsaid(desk: Desk, agent: AgentAtWork, by: str) -> None:
    page = agent.page
    call = talked(desk, agent, "05325550196")
    page.keyboard.press("Alt+1")
    page.keyboard.press("1")
    expect(page.get_by_role("dialog").get_by_role("combobox", name="Konu ara")).to_be_focused()
    if by == "Escape":
        page.keyboard.press("Escape")
    else:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    desk.await_state("1001", "ready")
    assert [row[:2] for row in result_of(desk, call)] == [("answered", None)]


def test_the_result_beside_the_form_asks_for_the_topic_too(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    call = talked(desk, agent, "05325550199")
    result = page.get_by_role("group", name="Görüşmenin sonucu")
    page.keyboard.press("Alt+s")
    page.keyboard.press("ArrowDown")
    topic = result.get_by_role("combobox", name="Hangi konuda hemen yanıtlandı?")
    expect(topic).to_be_visible()
    page.keyboard.press("Alt+s")
    expect(topic).to_be_focused()
    assert axe(page) == []
    page.keyboard.type("sokak lamb")
    page.keyboard.press("Enter")
    expect(topic).to_have_count(0)
    expect(result.get_by_role("button")).to_be_focused()
    page.keyboard.press("Alt+s")
    until("it is said", lambda: result_of(desk, call), 60)
    assert [row[:2] for row in result_of(desk, call)] == [("answered", "sokak_lambasi")]


def test_the_form_that_is_written_stays_and_its_topic_and_mahalle_are_the_results(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    call = talked(desk, agent, "05325550192")
    page.get_by_label("Mahalle", exact=True).select_option("esenkent")
    page.get_by_label("Anlattığı").fill("Elektrik ne zaman gelir?")
    page.keyboard.press("Alt+1")
    asked = page.get_by_role("dialog", name="Hazır olmadan önce: bu görüşmeden ne çıktı?")
    expect(asked).to_contain_text("Yazdığınız form")
    expect(asked.get_by_role("button", name="Formu sonra kaydedeceğim")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("1")  # one digit or Enter, and no word is lost
    desk.await_state("1001", "ready")
    assert result_of(desk, call) == []
    expect(page.get_by_label("Anlattığı")).to_have_value("Elektrik ne zaman gelir?")
    page.keyboard.press("Alt+s")
    page.get_by_label("Başvuru açılmayacaksa").select_option("answered")
    page.keyboard.press("Alt+s")
    expect(page.get_by_role("combobox", name="Hangi konuda hemen yanıtlandı?")).to_be_focused()
    page.keyboard.press("Alt+s")  # without it
    until("it is said", lambda: result_of(desk, call), 60)
    assert result_of(desk, call)[0][2] == "esenkent"


def test_a_result_that_is_said_leaves_the_written_form_open(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    call = talked(desk, agent, "05325550194")
    page.get_by_label("Anlattığı").fill("Çukur var")
    page.keyboard.press("Alt+1")
    page.keyboard.press("2")
    expect(page.get_by_role("dialog", name="Hangi konuda hemen yanıtlandı?")).to_be_visible()
    page.keyboard.press("Escape")
    desk.await_state("1001", "ready")
    assert [row[0] for row in result_of(desk, call)] == ["answered"]
    expect(page.get_by_label("Anlattığı")).to_have_value("Çukur var")


def test_who_leaves_the_line_or_pauses_instead_is_not_made_ready(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    call = talked(desk, agent, "05325550195")
    asked = page.get_by_role("dialog", name="Hazır olmadan önce: bu görüşmeden ne çıktı?")
    page.keyboard.press("Alt+1")
    expect(asked).to_be_visible()
    page.keyboard.press("Alt+2")
    expect(asked).to_be_hidden()
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+1")
    expect(asked).to_be_visible()
    page.keyboard.press("Alt+3")
    expect(asked).to_be_hidden()
    desk.await_state("1001", "offline")
    page.keyboard.press("1")
    assert (desk.stack.state_of("1001"), result_of(desk, call)) == ("offline", [])


def test_a_call_without_a_word_is_listed_to_its_agent_and_to_the_lead_until_it_is_said(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    call = talked(desk, agent, "05325550193")
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    page.keyboard.press("Enter")  # a pause asks for nothing
    desk.await_state("1001", "paused")
    listed = page.get_by_role("region", name="Sonucu söylenmeyen görüşmeler")
    expect(listed).to_contain_text("••• 93")
    silent = desk.stack.get("report/contacts")["silent"]
    assert (silent[0]["id"], silent[0]["agent"]) == (call, "1001")
    page.keyboard.press("Alt+i")
    expect(page.get_by_role("dialog")).to_contain_text("görüşmesinden ne çıktı?")
    assert axe(page) == []
    page.keyboard.press("4")
    until("it is said", lambda: result_of(desk, call), 60)
    assert result_of(desk, call)[0][0] == "wrong_number"
    expect(page.get_by_text("••• 93")).to_have_count(0)
    assert desk.stack.state_of("1001") == "paused"


def test_an_application_for_information_is_said_to_need_writing_before_it_is_saved(
    desk: Desk, agent: AgentAtWork
) -> None:
    """The topic of the form is the result's, too: the citizen has been told where to apply."""
    page = agent.page
    call = talked(desk, agent, "05325550190")
    page.get_by_label("Anlattığı").fill("Bütçe kararlarını istiyor")
    page.get_by_label("Konu", exact=True).select_option("bilgi_edinme")
    expect(page.locator("form .in-writing")).to_contain_text("telefonla alınmaz")
    assert axe(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Bildirimler")).to_contain_text("e-Devlet")
    assert desk.stack.rows("SELECT number FROM tickets WHERE topic = 'bilgi_edinme'") == []
    expect(page.get_by_label("Anlattığı")).to_have_value("Bütçe kararlarını istiyor")
    page.keyboard.press("Alt+s")
    page.get_by_label("Başvuru açılmayacaksa").select_option("answered")
    page.keyboard.press("Alt+s")
    until("it is said", lambda: result_of(desk, call), 60)
    assert [row[:2] for row in result_of(desk, call)] == [("answered", "bilgi_edinme")]


def test_a_result_that_is_stored_late_closes_the_question_of_no_other_call(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    for number in ("05325550171", "05325550172"):
        talked(desk, agent, number)
        page.keyboard.press("Alt+2")
        expect(page.get_by_role("button", name="mola")).to_be_focused()
        page.keyboard.press("Enter")  # a pause asks for nothing
        desk.await_state("1001", "paused")
        desk.stack.set_state("1001", "ready")
    listed = page.get_by_role("region", name="Sonucu söylenmeyen görüşmeler").locator("li")
    first, second = (listed.filter(has_text=f"••• {last}") for last in ("71", "72"))
    held = first_held(page, "**/disposition")
    asked = page.get_by_role("dialog", name="görüşmesinden ne çıktı?")
    first.get_by_role("button").click()
    expect(asked).to_be_visible()
    page.keyboard.press("4")
    until("the result is sent", lambda: page.evaluate("1") and held, 60)
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    second.get_by_role("button").click()
    expect(asked).to_be_visible()
    held[0].continue_()
    expect(page.get_by_text("••• 71")).to_have_count(0)
    expect(asked).to_be_visible()
