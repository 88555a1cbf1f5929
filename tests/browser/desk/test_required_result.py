"""An agent at the page says what came of each routine talk, as shipped (`disposition_required`)."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from bench.stack import Stack, until
from tests.browser.agent_at_work import RESULT_FIRST, AgentAtWork, desk_stack
from tests.browser.conftest import Desk, axe
from tests.browser.desk.test_call_results import result_of, talked

WRAPUP_S = 1.0
ASK = """async () => {
  const { csrf } = await (await fetch("/api/v1/session")).json();
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  const body = JSON.stringify({ state: "ready" });
  const answer = await fetch("/api/v1/agents/1001/state", { method: "POST", headers, body });
  return [answer.status, await answer.json()];
}"""
"""The agent's own session asks to be ready."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with desk_stack(tmp_path_factory.mktemp("stack"), WRAPUP_S) as stack:
        yield stack


@pytest.fixture
def agent(desk: Desk) -> AgentAtWork:
    """1001 at work, ready. The browser notes on its console that ready was refused."""
    agent = AgentAtWork(desk, "1001", expect="responded with a status of 4")
    agent.ready()
    return agent


def overdue(desk: Desk, agent: AgentAtWork, number: str) -> str:
    """A call whose after-call work would be over long since."""
    call = talked(desk, agent, number)
    began = time.monotonic()
    until("its seconds are over", lambda: time.monotonic() > began + 3 * WRAPUP_S, 60)
    assert desk.stack.state_of("1001") == "wrapup"
    return call


def test_ready_is_refused_until_the_result_is_said_and_then_had_by_the_same_key(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    call = overdue(desk, agent, "05325550301")
    status, answer = page.evaluate(ASK)
    (said,) = answer["errors"]
    assert (status, said["key"], said["value"]) == (409, "disposition", call)
    assert f"POST calls/{call}/disposition" in said["allowed"]
    assert desk.stack.state_of("1001") == "wrapup"
    page.keyboard.press("Alt+1")
    expect(page.get_by_role("dialog", name=RESULT_FIRST)).to_be_visible()
    page.keyboard.press("2")
    desk.await_state("1001", "ready")
    assert [row[0] for row in result_of(desk, call)] == ["transferred"]


def test_who_says_the_result_has_no_further_step_to_be_ready(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    call = overdue(desk, agent, "05325550302")
    page.keyboard.press("Alt+s")
    page.get_by_label("Başvuru açılmayacaksa").select_option("test")
    page.keyboard.press("Alt+s")
    desk.await_state("1001", "ready")
    assert [row[0] for row in result_of(desk, call)] == ["test"]


def test_a_lead_or_a_program_makes_them_ready_and_the_page_lists_the_call(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    overdue(desk, agent, "05325550304")
    desk.stack.set_state("1001", "ready")
    desk.await_state("1001", "ready")
    expect(page.get_by_role("region", name="Sonucu söylenmeyen görüşmeler")).to_contain_text("••• 04")
    page.keyboard.press("Alt+i")
    expect(page.get_by_role("dialog")).to_contain_text("görüşmesinden ne çıktı?")
    page.keyboard.press("7")
    expect(page.get_by_text("••• 04")).to_have_count(0)


def test_a_break_is_given_without_it_and_ready_after_the_break_asks(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    call = overdue(desk, agent, "05325550303")
    page.keyboard.press("Alt+2")
    page.keyboard.press("1")
    desk.await_state("1001", "paused")
    # A page that still shows after-call work asks by itself, and is refused nothing.
    expect(page.get_by_role("region", name="Durumunuz")).to_contain_text("Aradasınız")
    page.keyboard.press("Alt+1")
    asked = page.get_by_role("dialog", name=RESULT_FIRST)
    expect(asked).to_be_visible()
    expect(page.get_by_text("Son görüşmenizin ne başvurusu ne sonucu var.")).to_be_visible()
    assert desk.stack.state_of("1001") == "paused"
    page.keyboard.press("7")
    desk.await_state("1001", "ready")
    assert [row[0] for row in result_of(desk, call)] == ["test"]


def test_a_form_that_is_kept_for_later_is_no_result_and_is_not_offered_again(desk: Desk, agent: AgentAtWork) -> None:
    """It is refused once; from then on the page knows. The form stays."""
    page = agent.page
    asked = page.get_by_role("dialog", name=RESULT_FIRST)
    later = asked.get_by_role("button", name="Formu sonra kaydedeceğim")
    overdue(desk, agent, "05325550305")
    page.get_by_label("Anlattığı").fill("Çukur var")
    page.keyboard.press("Alt+1")
    expect(later).to_be_focused()
    page.keyboard.press("1")
    expect(asked).to_contain_text("kaydedilirse sonuç gerekmez")
    expect(later).to_have_count(0)
    assert desk.stack.state_of("1001") == "wrapup"
    page.keyboard.press("Escape")
    expect(page.get_by_label("Anlattığı")).to_have_value("Çukur var")
    page.keyboard.press("Alt+1")
    expect(asked).to_be_visible()
    expect(later).to_have_count(0)
    assert axe(page) == []
    page.keyboard.press("2")
    desk.await_state("1001", "ready")
    expect(page.get_by_label("Anlattığı")).to_have_value("Çukur var")
