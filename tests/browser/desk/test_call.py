"""The call at `/desk`: consultations that come to nothing."""

from playwright.sync_api import Page, expect

from phones import Agent
from tests.browser.agent_at_work import AgentAtWork, citizen
from tests.browser.conftest import Desk
from tests.browser.keyboard import press
from tests.browser.test_accessibility import each_look
from tests.browser.test_agent_phone import await_bridge


def talks(desk: Desk, agent: AgentAtWork, colleague: Agent) -> Page:
    """The page of a citizen with whom the agent talks, while 1002 is ready and does with calls as `colleague` says."""
    desk.sip("1002", phone=colleague)
    caller = citizen(desk, "2")
    agent.answer()
    await_bridge(desk, "1001")
    desk.stack.set_state("1002", "ready")
    return caller


def consults(page: Page) -> None:
    """Ask the colleague first, by keyboard alone."""
    page.keyboard.press("Alt+t")
    press(page, page.get_by_role("button", name="Görevli 1002 görevlisine danış"))


def test_a_colleague_who_declines_leaves_the_caller_with_the_agent_and_the_page_says_so(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    talks(desk, agent, Agent(answer_after_s=0.5, reject=603))
    consults(page)
    expect(page.get_by_label("Bildirimler")).to_contain_text(
        "Görevli 1002: Çağrı kabul edilmedi. Arayan müzik dinliyor"
    )
    expect(page.get_by_role("button", name="Görevli 1002 görevlisine aktar")).to_be_visible()
    expect(page.get_by_role("group", name="Kime aktarılsın?")).to_be_focused()  # no button that gives the caller away
    page.keyboard.press("Enter")
    expect(agent.card).to_have_attribute("data-call", "held")
    assert each_look(page) == []
    page.keyboard.press("Alt+c")
    expect(agent.card).to_have_attribute("data-call", "talking")
    assert desk.stack.state_of("1001") == "talking"
    page.keyboard.press("F4")


def test_a_colleague_who_hangs_up_leaves_the_caller_with_the_agent(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    talks(desk, agent, Agent(answer_after_s=0.2, talk_s=1.5))
    consults(page)
    expect(page.get_by_text("Danışma görüşmesi")).to_be_visible()
    expect(page.get_by_label("Bildirimler")).to_contain_text("Görevli 1002: Görüşme bitti. Arayan müzik dinliyor")
    page.keyboard.press("Alt+c")
    expect(agent.card).to_have_attribute("data-call", "talking")
    page.keyboard.press("F4")


def test_a_caller_who_hangs_up_during_a_consultation_is_gone_and_the_colleague_is_not(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    caller = talks(desk, agent, Agent(answer_after_s=0.2, talk_s=None))
    consults(page)
    expect(page.get_by_text("Danışma görüşmesi")).to_be_visible()
    caller.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.card).to_contain_text("Arayan kapattı.")
    expect(agent.card).to_contain_text("Danışma görüşmesi")
    expect(agent.card).to_contain_text("Görevli 1002")
    expect(agent.card).not_to_contain_text("Dinleme")
    assert each_look(page) == []
    page.keyboard.press("F9")
    expect(page.get_by_role("button", name="Sesi aç")).to_be_visible()
    page.keyboard.press("F4")
    expect(agent.card).to_have_attribute("data-call", "none")
    expect(page.get_by_label("Bildirimler")).not_to_contain_text("Arayan müzik dinliyor")
