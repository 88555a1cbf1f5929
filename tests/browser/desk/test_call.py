"""The call at `/desk`: held, muted and handed on, consultations that come to nothing, and the telephone on the desk."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, expect

from acd.engine.model.facts import AgentStateChanged, CallTransferred
from bench.stack import until
from phones import Agent, Agents
from tests.browser.agent_at_work import AgentAtWork, citizen, first_held, noticed
from tests.browser.agent_page import await_bridge
from tests.browser.conftest import Desk
from tests.browser.keyboard import press
from tests.browser.test_accessibility import each_look
from tests.integration.citizen import Citizen
from tests.integration.witnesses import journal_facts


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


def test_a_call_is_held_muted_keyed_and_handed_on_by_keyboard_alone(desk: Desk, agent: AgentAtWork) -> None:
    desk.sip("1002", phone=Agent(answer_after_s=0.2, talk_s=None))
    caller = citizen(desk, "2")
    agent.answer()
    desk.stack.set_state("1002", "ready")
    desk.await_state("1002", "ready")
    page = agent.page
    for _ in range(2):  # the second before the line has answered to the first
        page.keyboard.press("F8")
    expect(agent.card).to_have_attribute("data-call", "talking")
    for key, name in (("F8", "Geri al"), ("F9", "Sesi aç")):
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_be_visible()
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_have_count(0)
    expect(agent.card).to_have_attribute("data-call", "talking")
    page.keyboard.press("Alt+h")
    expect(page.get_by_role("dialog", name="Kısayollar")).to_contain_text("Alt+4 … 9")
    expect(page.get_by_role("dialog", name="Kısayollar")).to_contain_text("Birleştir, Ayır")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Kısayollar")).to_have_count(0)
    words = page.get_by_label("Anlattığı")
    words.focus()
    page.keyboard.press("Alt+k")
    expect(page.locator(".keypad button").first).to_be_focused()
    page.keyboard.press("5")
    expect(page.locator(".keypad p")).to_have_text("Basılan tuşlar: 5")
    expect(words).to_have_value("")
    page.keyboard.press("Alt+k")
    expect(words).to_be_focused()
    page.keyboard.press("Alt+t")
    expect(page.get_by_role("button", name=re.compile("görevlisine aktar")).first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # a word with them first
    expect(page.get_by_text("Danışma görüşmesi")).to_be_visible()
    assert each_look(page) == []
    page.keyboard.press("Alt+c")  # the caller is taken back, and the colleague asked again
    expect(agent.card).to_have_attribute("data-call", "talking")
    expect(page.get_by_text("Danışma görüşmesi")).to_have_count(0)
    desk.await_state("1002", "ready")
    press(page, page.get_by_role("button", name=re.compile("görevlisine danış")).first)
    expect(page.get_by_text("Danışma görüşmesi")).to_be_visible()
    await_bridge(desk, "1002")
    page.keyboard.press("Alt+j")
    desk.await_state("1002", "talking")
    agent.ready()
    caller.get_by_role("button", name="Kapat", exact=True).click()
    first = first_held(page, "**/agents/1001/state")
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("button", name="mola")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until("the first is asked for", lambda: page.evaluate("1") and first, 60)
    page.keyboard.press("Alt+3")  # before the line has answered
    first[0].continue_()
    expect(agent.now).to_have_attribute("data-state", "offline")
    states = [(one.state, one.reason) for one in journal_facts(desk.stack, AgentStateChanged) if one.agent == "1001"]
    assert states[-2:] == [("paused", "meal"), ("offline", "")]


def test_a_caller_is_sent_on_to_a_service_and_keeps_their_place_and_wait(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.await_ring()
    (came,) = desk.stack.queue()
    agent.answer()
    await_bridge(desk, "1001")
    desk.stack.set_state("1001", "paused")  # from the end of this call on
    page.keyboard.press("Alt+t")
    expect(page.get_by_role("button", name="İstek, şikâyet hizmetine aktar")).to_have_count(0)  # they are there already
    press(page, page.get_by_role("button", name="Bilgi hizmetine aktar"))
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Arayan aktarıldı: Bilgi")

    def sent_on() -> dict[str, Any] | None:
        (waiting,) = desk.stack.queue() or [{}]
        return dict(waiting) if waiting.get("service") == "information" else None

    waiting = until("the caller waits for the other service", sent_on, 60) or {}
    for kept in ("id", "class", "queued_at"):
        assert waiting[kept] == came[kept], kept
    assert waiting["wait_s"] >= came["wait_s"]
    desk.sip("1002", phone=Agent(answer_after_s=0.2, talk_s=None))
    desk.stack.set_state("1002", "ready")
    desk.await_state("1002", "talking")

    def told() -> list[tuple[str, str, str]]:
        """What the record says of transfers; it is written after the state is shown."""
        steps = [one for one in desk.stack.get(f"calls/{came['id']}")["history"] if "transfer" in one["type"]]
        return [(one["data"]["to"], one["data"]["service"], one["data"]["by"]) for one in steps]

    until("it is recorded", told, 60)
    assert told() == [("service", "information", "1001")]


def test_a_service_is_consulted_by_whoever_the_line_names_and_has_the_caller_then(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1001", expect="40")  # 409: nobody is ready
    agent.ready()
    page = agent.page
    citizen(desk, "2")
    agent.await_ring()
    (came,) = desk.stack.queue()
    agent.answer()
    await_bridge(desk, "1001")
    desk.stack.set_state("1001", "paused")  # from the end of this call on
    page.keyboard.press("Alt+t")
    ask = page.get_by_role("button", name="Bilgi hizmetinden bir görevliye danış")
    press(page, ask)
    news = page.get_by_role("region", name="Bildirimler")
    expect(news).to_contain_text("Bilgi hizmetinde şu an hazır görevli yok.")
    expect(agent.card).to_have_attribute("data-call", "talking")
    desk.sip("1002", phone=Agent(answer_after_s=0.2, talk_s=None))
    desk.stack.set_state("1002", "ready")
    desk.await_state("1002", "ready")  # once its telephone has answered Asterisk
    press(page, ask)
    expect(page.get_by_text("Danışma görüşmesi")).to_be_visible()
    expect(agent.card).to_have_attribute("data-call", "held")
    desk.await_state("1002", "busy")  # the line has heard of it
    page.keyboard.press("Alt+c")  # back to the caller: nobody else takes that service
    expect(agent.card).to_have_attribute("data-call", "talking")
    desk.await_state("1002", "ready")
    press(page, ask)
    expect(news).to_contain_text("Bilgi hizmetinde başka hazır görevli yok.")
    press(page, ask)  # round again
    expect(page.get_by_text("Danışma görüşmesi")).to_be_visible()
    await_bridge(desk, "1002")
    page.keyboard.press("Alt+j")
    desk.await_state("1002", "talking")
    told = [one for one in journal_facts(desk.stack, CallTransferred) if one.call == came["id"]]
    assert [(one.to, one.agent, one.by, one.service) for one in told] == [("talk", "1002", "1001", "information")]

    def colleague() -> tuple[str, str, str]:
        """The colleague's caller, and whose they are now."""
        (shown,) = [one for one in desk.stack.get("agents") if one["extension"] == "1002"]
        return shown["service"], shown["class"], shown["call"]

    assert colleague() == ("information", "routine", came["id"])


def test_a_caller_is_handed_over_to_a_body_outside_by_keyboard_alone(
    desk: Desk, agent: AgentAtWork, tmp_path: Path
) -> None:
    page = agent.page
    caller = citizen(desk, "2")
    agent.answer()
    await_bridge(desk, "1001")
    trunk = int(str(desk.stack.settings["callback_trunk"]).rpartition(":")[2])
    with Citizen(tmp_path / "body", trunk, Agent(answer_after_s=0.3, talk_s=None)) as body:
        page.keyboard.press("Alt+t")
        press(page, page.get_by_role("button", name="Arayanı bağla: 153 Çözüm Merkezi"))
        expect(page.get_by_label("Bildirimler")).to_contain_text("153 Çözüm Merkezi")
        expect(agent.now).to_have_attribute("data-state", "wrapup")
        expect(page.get_by_text("Aktardığınız arayan dış telefonla görüşüyor.")).to_be_visible()
        # A person on duty may be rung by the same trunk meanwhile, about another test's urgent request.
        assert [address.partition("@")[0] for address in body.called()].count("sip:153") == 1
        expect(caller.locator(".state")).to_have_attribute("data-state", "talking")
        caller.get_by_role("button", name="Kapat", exact=True).click()


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
    until("the phone has noted it", lambda: [one for one in colleague.legs() if one.answered_at], 60)
    colleague.hang_up()
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
    until("the page wants its telephone", lambda: page.evaluate("1") and accounts[0], 60)
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
