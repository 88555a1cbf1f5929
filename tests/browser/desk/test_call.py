"""The call at `/desk`: consultations that come to nothing, and calls at the telephone on the desk."""

from pathlib import Path

from playwright.sync_api import Page, Route, expect

from bench.stack import until
from phones import Agent, Agents
from tests.browser.agent_at_work import AgentAtWork, citizen, first_held, noticed
from tests.browser.agent_page import await_bridge
from tests.browser.conftest import Desk
from tests.browser.keyboard import press
from tests.browser.test_accessibility import each_look
from tests.integration.citizen import Citizen


def talks(desk: Desk, agent: AgentAtWork, colleague: Agent) -> tuple[Page, Agents]:
    """The page of a citizen with whom the agent talks, and the phone of 1002, who is ready and does with calls as
    `colleague` says."""
    phone = desk.sip("1002", phone=colleague)
    caller = citizen(desk, "2")
    agent.answer()
    await_bridge(desk, "1001")
    desk.stack.set_state("1002", "ready")
    return caller, phone


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
    _, colleague = talks(desk, agent, Agent(answer_after_s=0.2, talk_s=None))
    consults(page)
    expect(page.get_by_text("Danışma görüşmesi")).to_be_visible()
    await_bridge(desk, "1002")
    until("the phone has noted it", lambda: [one for one in colleague.legs() if one.answered_at], 30)
    colleague.hang_up(within_s=30.0)
    expect(page.get_by_label("Bildirimler")).to_contain_text("Görevli 1002: Görüşme bitti. Arayan müzik dinliyor")
    page.keyboard.press("Alt+c")
    expect(agent.card).to_have_attribute("data-call", "talking")
    page.keyboard.press("F4")


def test_a_caller_who_hangs_up_during_a_consultation_is_gone_and_the_colleague_is_not(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    caller, _ = talks(desk, agent, Agent(answer_after_s=0.2, talk_s=None))
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


def test_a_call_at_the_telephone_on_the_desk_is_shown_and_handed_over_by_keyboard_alone(
    desk: Desk, tmp_path: Path
) -> None:
    accounts: list[list[Route]] = []
    address = "**/agents/1003/phone"
    agent = AgentAtWork(desk, "1003", before=lambda page: accounts.append(first_held(page, address)))
    page = agent.page
    until("the page wants its telephone", lambda: page.evaluate("1") and accounts[0], 30)
    page.keyboard.press("Alt+f")
    expect(page.get_by_role("button", name="Bu sayfadaki telefonu kullan")).to_be_visible()
    accounts[0][0].continue_()  # too late: it must not ring
    desk.sip("1003", phone=Agent(answer_after_s=6.0, talk_s=None))
    agent.ready()
    rang = noticed(page, "document.querySelector('.card[data-call=ringing]')")  # the telephone answers by itself
    caller = citizen(desk, "1", "1")
    rang()
    expect(agent.card).to_have_attribute("data-call", "talking")
    expect(agent.card).to_contain_text("Cenaze")
    recorded = page.locator(".recorded")
    expect(recorded).to_have_text("Görüşme kaydediliyor.")
    page.keyboard.press("Alt+p")
    expect(recorded).to_have_text("Kayıt duraklatıldı: söylenenler kaydedilmiyor.")
    await_bridge(desk, "1003")
    trunk = int(str(desk.stack.settings["callback_trunk"]).rpartition(":")[2])
    with Citizen(tmp_path / "body", trunk, Agent(answer_after_s=0.3, talk_s=None)):
        page.keyboard.press("Alt+t")
        expect(page.locator(".colleagues")).to_contain_text("masanızdaki telefondan aktarın")
        body = page.get_by_role("button", name="Arayanı bağla: 153 Çözüm Merkezi")
        expect(body).to_be_visible()
        assert each_look(page) == []
        press(page, body)
        expect(page.get_by_text("Aktardığınız arayan dış telefonla görüşüyor.")).to_be_visible()
        expect(agent.card).to_have_attribute("data-call", "none")
        caller.get_by_role("button", name="Kapat", exact=True).click()
    desk.wrong[:] = [one for one in desk.wrong if "WebSocket" not in one]  # the page's telephone, given up as it came
