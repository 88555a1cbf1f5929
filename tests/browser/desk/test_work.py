"""An agent's day at `/desk`, on the real line: signed in by the page, rung by a citizen's page, heard, taken down."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack, until
from phones import Agent
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen, desk_stack, noticed, ticket_of
from tests.browser.conftest import NONE_REQUIRED, Desk
from tests.browser.keyboard import press
from tests.browser.requests import ask, opened
from tests.browser.test_accessibility import each_look

REFUSE = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));"
KEPT = """async () => JSON.stringify([
  Object.entries(localStorage), Object.entries(sessionStorage), await indexedDB.databases(), document.cookie,
])"""
"""All that the page's browser keeps."""
WIDER = """() => [...document.querySelectorAll("main *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 120))"""
"""What is wider than the screen."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With after-call work that a test can wait for until it ends by itself."""
    with desk_stack(tmp_path_factory.mktemp("stack"), wrapup_s=20.0, **NONE_REQUIRED) as stack:
        yield stack


def test_an_agent_is_rung_sees_the_caller_talks_and_saves_the_request(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.await_ring()
    expect(agent.told("Numara")).to_have_text("••• 07")  # before the answer
    expect(agent.told("Bekleme")).to_contain_text("hedef 6 sn")
    offer = agent.page.locator(".form .caller.large")  # where the form will be
    expect(offer).to_contain_text("İstek, şikâyet")
    assert "05325550107" not in agent.page.content()
    agent.answer()
    await_level(agent.page, "> 20")  # the agent hears the caller
    await_level(caller, "> 20")  # the caller hears the agent
    agent.page.keyboard.press("Alt+g")
    expect(agent.told("Numara")).to_have_text("05325550107")
    keeps_no_secret(agent)
    assert desk.stack.rows("SELECT who FROM audit WHERE action = 'unmasked'") == [("1001",)]
    number = agent.save(topic="asfalt_talebi", district="esenkent", text="Işık Sokak asfalt istiyor")
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    expect(agent.now).to_contain_text("kalan 0:")
    expect(agent.page.locator(".result")).to_have_text("")  # it has its request
    expect(agent.now).to_have_attribute("data-state", "ready", timeout=60_000)  # it ends by itself
    ticket = ticket_of(desk, number)
    assert (ticket["caller"], ticket["topic"], ticket["district"]) == ("05325550107", "asfalt_talebi", "esenkent")
    assert ticket["text"] == "Işık Sokak asfalt istiyor"
    assert ticket["history"][0]["who"] == "1001"

    caller.get_by_role("button", name="Yeniden ara").click()
    caller.wait_for_selector(".state[data-state=talking]")
    caller.keyboard.press("2")
    agent.await_ring()
    expect(agent.page.get_by_role("button", name=number)).to_be_visible()  # their open request, before the answer
    agent.answer()
    asks_what_became_of_it(desk, agent, number)
    agent.page.get_by_label("Konu", exact=True).select_option("asfalt_talebi")
    agent.page.get_by_label("Mahalle", exact=True).select_option("esenkent")
    agent.page.get_by_role("radio", name=re.compile(number)).check()
    agent.page.get_by_label("Sonuç nasıl bildirilsin?").select_option("none")
    second = agent.save(text="Yine asfalt")
    assert ticket_of(desk, second)["contact"] == "none"
    until(
        "they hang together",
        lambda: desk.stack.request("GET", f"/api/v1/tickets/{second}").json()["parent"] == number,
        60,
    )


def keeps_no_secret(agent: AgentAtWork) -> None:
    """The telephone is registered by a secret that the browser keeps nowhere, and nothing lies in its databases."""
    secrets = [str(response.json()["secret"]) for response in agent.accounts]
    assert secrets
    kept = str(agent.page.evaluate(KEPT))
    assert "cozum.drafts.1001" in kept  # what is kept is seen
    assert [secret for secret in secrets if secret in kept] == []
    databases = agent.page.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)")
    assert databases == []


def asks_what_became_of_it(desk: Desk, agent: AgentAtWork, number: str) -> None:
    """By keyboard alone: the caller's open request with a note, another one by its number, and back to the form."""
    page = agent.page
    words = page.get_by_label("Anlattığı")
    words.fill("Yine asfalt")
    title = page.locator("#request-title")
    page.keyboard.press("Alt+q")
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    theirs = page.get_by_role("region", name=f"Açılan başvuru: {number}")
    expect(theirs).to_contain_text("birime verildi")
    page.keyboard.press("Alt+n")
    expect(theirs.get_by_label("Not (vatandaş görmez)")).to_be_focused()
    page.keyboard.type("Yeniden sordu")
    page.keyboard.press("Control+Enter")
    expect(theirs.locator(".note")).to_have_text("Yeniden sordu")
    expect(title).to_be_focused()
    withheld = ask(desk, "POST", "/tickets", service="request", topic="asfalt_talebi", district="esenkent")
    page.keyboard.press("Alt+a")
    page.keyboard.type(str(withheld["number"]).replace("-", ""))
    page.keyboard.press("Enter")
    other = page.get_by_role("region", name=f"Açılan başvuru: {withheld['number']}")
    expect(other.locator(".code")).to_have_text(str(withheld["code"]).replace("-", "\N{NO-BREAK SPACE}"))
    page.keyboard.press("Escape")
    expect(other).to_have_count(0)
    expect(words).to_be_focused()
    expect(words).to_have_value("Yine asfalt")
    page.keyboard.press("Alt+q")
    page.keyboard.press("Enter")
    expect(title).to_be_focused()
    page.keyboard.press("Alt+v")
    expect(page.get_by_label("Başvuru açılmayacaksa")).to_have_value("existing")
    expect(page.get_by_role("button", name="Sonucu kaydet")).to_be_focused()
    expect(page.get_by_role("option", name=f"Açık başvurusu için aradı: {number}")).to_be_attached()


def asked_about(desk: Desk, agent: AgentAtWork) -> None:
    """The call was about a request, by whomever; by keyboard alone. It is linked with it."""
    number = str(ask(desk, "POST", "/tickets", service="request", topic="asfalt_talebi")["number"])
    call = desk.stack.agents()["1003"]["call"]
    expect(agent.page.get_by_role("button", name="Sonucu kaydet")).to_be_visible()
    agent.page.keyboard.press("Alt+a")
    agent.page.keyboard.type(number)
    agent.page.keyboard.press("Enter")
    expect(agent.page.locator("#request-title")).to_be_focused()
    agent.page.keyboard.press("Alt+v")
    agent.page.keyboard.press("Enter")
    expect(agent.page.get_by_label("Bildirimler")).to_contain_text("Görüşmenin sonucu kaydedildi.")
    assert [(one["id"], one["how"]) for one in ticket_of(desk, number)["calls"]] == [(call, "asked")]
    agent.page.keyboard.press("Alt+a")
    agent.page.keyboard.type(number)
    agent.page.keyboard.press("Enter")
    waited = re.compile(r"[0-9],[0-9] sn bekledi \((hedefte|hedef aşıldı)\)")
    expect(agent.page.get_by_role("region", name="Görüşmeler")).to_contain_text(waited)
    agent.page.keyboard.press("Escape")


def test_the_question_for_the_topic_ends_no_later_than_after_call_work(desk: Desk, agent: AgentAtWork) -> None:
    """By then the line has made them ready, and the next caller comes before the question."""
    page = agent.page
    caller = citizen(desk, "2", number="05325550197")
    agent.answer()
    call = str(desk.stack.agents()["1001"]["call"])
    caller.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.keyboard.press("Alt+1")
    page.keyboard.press("1")
    asked = page.get_by_role("dialog", name="Hangi konuda hemen yanıtlandı?")
    expect(asked).to_be_visible()
    desk.await_state("1001", "ready", within_s=60)
    expect(asked).to_be_visible()
    citizen(desk, "2", number="05325550198")
    expect(agent.now).to_have_attribute("data-state", "ringing")
    expect(asked).to_be_hidden()
    agent.answer()
    said = desk.stack.rows("SELECT disposition, topic FROM dispositions WHERE call = ?", call)
    assert said == [("answered", None)]


def test_an_urgent_caller_comes_into_after_call_work_and_the_form_is_kept(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.answer()
    words = agent.page.get_by_label("Anlattığı")
    words.fill("Çöp alınmadı")
    caller.get_by_role("button", name="Kapat", exact=True).click()
    expect(agent.card).to_have_attribute("data-call", "none")
    expect(agent.page.locator(".asks .result")).to_contain_text("Bu görüşmeden ne çıktı?")
    words.focus()
    urgent = citizen(desk, "1", "1", number="05325550111")
    agent.await_ring()
    expect(words).to_be_focused()
    expect(words).to_have_value("Çöp alınmadı")
    expect(agent.page.locator("p[role=alert].unseen")).to_contain_text("ACİL")
    agent.answer()
    expect(words).to_have_value("")  # a form of their own
    agent.says_kind("Cenaze")
    words.fill("Vefat bildirimi")
    number = agent.save(text="Vefat bildirimi")
    # The desk writes the words. The kind comes by the line's journal, and so at another moment.
    until("the request has the words", lambda: ticket_of(desk, number)["text"] == "Vefat bildirimi", 60)
    until("the request has the kind", lambda: ticket_of(desk, number)["service"] == "funeral", 60)
    agent.page.keyboard.press("F4")
    urgent.wait_for_selector(".state[data-state=ended]")
    expect(words).to_have_value("Çöp alınmadı")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    agent.ready()
    agent.page.reload()
    expect(words).to_have_value("Çöp alınmadı")
    agent.page.keyboard.press("Alt+s")
    agent.page.keyboard.press("ArrowDown")
    expect(agent.page.get_by_label("Başvuru açılmayacaksa").locator("option:checked")).to_have_text("Hemen yanıtlandı")
    agent.page.keyboard.press("Alt+s")
    expect(agent.page.get_by_role("combobox", name="Hangi konuda hemen yanıtlandı?")).to_be_focused()
    agent.page.keyboard.press("Alt+s")  # without it
    expect(agent.page.get_by_label("Bildirimler")).to_contain_text("Görüşmenin sonucu kaydedildi.")
    expect(words).to_have_value("Çöp alınmadı")  # nobody has saved it or thrown it away


def test_an_urgent_caller_who_has_not_said_what_for_is_asked_and_the_agent_says_it(
    desk: Desk, agent: AgentAtWork
) -> None:
    citizen(desk, "1")
    agent.await_ring()
    expect(agent.page.locator(".recorded")).to_have_text("")  # nobody talks yet
    agent.answer()
    expect(agent.told("Hizmet")).to_contain_text("söylenmedi")
    doctor = agent.page.get_by_role("button", name="Doktor", exact=True)
    expect(doctor).to_have_attribute("aria-pressed", "false")
    agent.says_kind("Doktor")
    expect(agent.told("Hizmet")).to_contain_text("Doktor")
    expect(doctor).to_have_attribute("aria-pressed", "true")
    assert desk.stack.agents()["1001"]["service"] == "doctor"
    pauses_the_recording(desk, agent)


def pauses_the_recording(desk: Desk, agent: AgentAtWork) -> None:
    """The agent sees that the talk is recorded, pauses the recording by a key and ends the pause by a button."""
    call, recorded = desk.stack.agents()["1001"]["call"], agent.page.locator(".recorded")

    def audited() -> list[Any]:
        return desk.stack.rows("SELECT who, about FROM audit WHERE action = 'recording_paused'")

    expect(recorded).to_have_text("Görüşme kaydediliyor.")
    agent.page.keyboard.press("Alt+p")
    expect(recorded).to_have_text("Kayıt duraklatıldı: söylenenler kaydedilmiyor.")
    assert desk.stack.agents()["1001"]["recording"] == "paused"
    agent.page.get_by_role("button", name="Kayda devam et").click()
    expect(recorded).to_have_text("Görüşme kaydediliyor.")
    until("both are in the audit", lambda: audited() == [("1001", call)] * 2, 60, say=audited)
    agent.page.keyboard.press("F4")
    expect(recorded).to_have_text("")
    expect(agent.page.get_by_role("button", name="Kaydı duraklat")).to_have_count(0)


def test_without_a_microphone_nobody_is_ready_and_the_page_says_why(desk: Desk) -> None:
    agent = AgentAtWork(desk, "1003", before=lambda page: page.add_init_script(REFUSE))
    expect(agent.page.locator(".notice[data-tone=wrong]")).to_contain_text("Mikrofona izin verilmedi.")
    agent.page.keyboard.press("Alt+1")
    expect(agent.page.get_by_label("Bildirimler")).to_contain_text("Mikrofona izin verilmedi.")
    assert desk.stack.state_of("1003") == "offline"
    assert each_look(agent.page) == []
    agent.page.evaluate("delete navigator.mediaDevices.getUserMedia")  # they have allowed it
    agent.page.keyboard.press("Alt+m")
    expect(agent.page.locator(".notice[data-tone=wrong]")).to_have_count(0)
    agent.page.get_by_role("button", name="Masamdaki telefonu kullan").click()
    desk.sip("1003", phone=Agent(answer_after_s=0.2, talk_s=None))
    agent.ready()
    citizen(desk, "2")
    expect(agent.now).to_have_attribute("data-state", "talking")
    expect(agent.told("Numara")).to_have_text("••• 07")
    asked_about(desk, agent)


def test_the_next_page_takes_the_telephone_and_gives_it_back(desk: Desk, agent: AgentAtWork) -> None:
    second = agent.page.context.new_page()
    second.goto(f"{desk.url}/desk")
    expect(second.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(agent.page.get_by_text("Bu telefon başka bir sekmede açıldı.")).to_be_visible()
    assert each_look(agent.page) == []
    press(agent.page, agent.page.get_by_role("button", name="Telefonu bu sekmeye al"))
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(second.locator(".connection")).to_have_attribute("data-state", "replaced")


def test_a_desk_that_dies_is_back_by_itself_and_nothing_written_is_lost(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "8", "2")  # in English
    agent.await_ring()
    expect(agent.told("Dil")).to_have_text("İngilizce")  # before the answer
    agent.answer()
    expect(agent.card.locator("[data-language]")).to_have_text("İngilizce")
    words = agent.page.get_by_label("Anlattığı")
    words.fill("Kaldırım çökmüş")
    was_lost = noticed(agent.page, "document.querySelector('[data-link]').dataset.link !== 'live'")
    desk.stack.kill_desk()
    agent.page.keyboard.press("Control+Enter")
    was_lost()
    expect(agent.page.locator("[data-link]")).to_have_text("Canlı", timeout=90_000)
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")  # its telephone never left
    expect(words).to_have_value("Kaldırım çökmüş")
    agrees = agent.page.get_by_label("Adının birime verilmesini kabul ediyor")
    expect(agrees).to_have_count(0)
    agent.page.get_by_label("Konu", exact=True).select_option("moloz")  # a report about somebody
    agrees.check()
    number = agent.save(text="Kaldırım çökmüş")
    ticket = ticket_of(desk, number)
    assert (ticket["text"], ticket["language"], ticket["agrees"]) == ("Kaldırım çökmüş", "en", True)
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    desk.wrong[:] = [one for one in desk.wrong if not re.search("ERR_|WebSocket|50[23]", one)]


def test_a_session_that_is_over_takes_neither_the_talk_nor_what_was_written(desk: Desk, agent: AgentAtWork) -> None:
    caller = citizen(desk, "2")
    agent.answer()
    words = agent.page.get_by_label("Anlattığı")
    words.fill("Rögar kapağı kırık")
    home = agent.page.context.new_page()
    home.goto(f"{desk.url}/")
    home.get_by_role("button", name="Çıkış yap").click()
    expect(home.locator("[name=password]")).to_be_visible()
    again = agent.page.locator("dialog[open]")
    expect(again).to_be_visible(timeout=90_000)
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "signed_out")
    refused = [one.status for one in agent.accounts].count(401)
    assert refused <= 1, "a page asks once at most before it knows that it is signed out"
    assert each_look(agent.page) == []
    agent.page.keyboard.press("F8")  # is done when the line can be told of it again
    again.locator("[name=user]").fill("1001")
    again.locator("[name=password]").fill("demo1001")
    agent.page.keyboard.press("Enter")
    expect(again).to_have_count(0)
    expect(agent.page.locator(".connection")).to_have_attribute("data-state", "ready")
    expect(agent.card).to_have_attribute("data-call", "held")
    agent.page.keyboard.press("F8")
    expect(agent.card).to_have_attribute("data-call", "talking")
    expect(words).to_have_value("Rögar kapağı kırık")
    assert [one.status for one in agent.accounts].count(401) == refused, "a page that is signed out asks for none"
    agent.page.get_by_role("button", name="Çıkış yap").click()
    notices = agent.page.get_by_label("Bildirimler")
    expect(notices).to_contain_text("Önce görüşmeyi bitirin.")
    agent.page.set_viewport_size({"width": 390, "height": 844})
    agent.page.evaluate("scrollTo(0, 0)")
    expect(notices).to_be_in_viewport()  # on a phone they stand under the head
    agent.page.set_viewport_size({"width": 1280, "height": 720})
    agent.page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    agent.page.get_by_role("button", name="Çıkış yap").click()
    agent.page.get_by_role("button", name="Çık ve sil").click()
    agent.page.wait_for_url(f"{desk.url}/")
    desk.await_state("1001", "offline")
    assert "Rögar" not in agent.page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    desk.wrong[:] = [one for one in desk.wrong if not re.search("401|WebSocket", one)]


def test_who_has_no_extension_is_told_so(desk: Desk) -> None:
    page = desk.visit("/desk", expect="401")
    page.locator("[name=user]").fill("admin")
    page.locator("[name=password]").fill("demo-admin")
    page.keyboard.press("Enter")
    expect(page.get_by_text("dahili numarası yok")).to_be_visible()
    assert each_look(page) == []


def test_axe_finds_nothing_serious_in_a_day_and_the_page_is_light(desk: Desk) -> None:
    number = opened(desk)
    agent = AgentAtWork(desk, "1001")
    page = agent.page
    found = each_look(page)
    page.keyboard.press("Alt+h")
    expect(page.get_by_role("dialog", name="Kısayollar")).to_be_visible()
    found += each_look(page)
    page.keyboard.press("Escape")
    agent.ready()
    caller = citizen(desk, "1", "1")
    agent.await_ring()
    found += each_look(page)
    desk.await_state("1001", "ringing")  # a page that was looked at for long may be rung anew
    agent.answer()
    page.keyboard.press("Alt+t")
    page.keyboard.press("Alt+k")
    found += each_look(page)
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => one.name.includes('/assets/'))"
        ".map((one) => [one.name.split('/').pop(), one.encodedBodySize])"
    )
    assert sum(size for _, size in sizes) < 200_000, sizes
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator("#request-title")).to_be_focused()
    page.keyboard.press("Alt+n")
    found += each_look(page)
    page.keyboard.press("Alt+z")
    page.get_by_label("Konu", exact=True).select_option("moloz")  # a report about somebody
    page.get_by_role("combobox", name="Mahalle ya da sokak ara").press_sequentially("sel")
    expect(page.get_by_role("listbox", name="Mahalle ya da sokak ara").get_by_role("option").first).to_be_visible()
    found += each_look(page)
    page.keyboard.press("Escape")
    page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    page.keyboard.press("Alt+x")
    page.keyboard.press("Alt+2")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(WIDER) == []
    found += each_look(page)
    agent.save(text="Moloz döküldü")
    found += each_look(page)
    assert found == []
