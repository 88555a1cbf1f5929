"""A shift lead looks into the day at `/lead`, on the real line: a call that somebody complains of, with its recording
and why it went so; what callers waited for; and an urgent request that nobody on duty accepts."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from acd.engine.model.recording_facts import RecordingPaused, RecordingResumed
from bench.stack import Stack, until
from phones import Agent, Phones
from phones.ports import free_udp_port
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, press, tab_to, write
from tests.browser.lead.lead_at_work import calls, lead, waiting
from tests.browser.requests import move, opened
from tests.browser.test_accessibility import each_look
from tests.integration.citizen import Citizen
from tests.integration.test_duty_ring import URGENT, duty_list
from tests.integration.witnesses import journal_facts
from tests.tickets.towns import shipped_texts

PATIENT_S = 60.0
LOUD = """async (audio) => {
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  context.createMediaElementSource(audio).connect(analyser);
  audio.currentTime = 0;  // it may be over by now
  await audio.play();
  const samples = new Float32Array(analyser.fftSize);
  for (;;) {
    analyser.getFloatTimeDomainData(samples);
    if (Math.max(...samples.map(Math.abs)) > 0.02) return true;
    if (audio.ended) return false;
    await new Promise((done) => setTimeout(done, 10));
  }
}"""
"""Whether something is heard of a sound, played from its begin: microphones here beep once a second."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Urgent talks are recorded, and Fen İşleri has two people on duty."""
    folder = tmp_path_factory.mktemp("stack")
    town = folder / "town"
    town.mkdir()
    for name, text in (shipped_texts() | {"duty.toml": duty_list()}).items():
        (town / name).write_text(text, "utf-8")
    with Stack(
        folder, agents=3, wrapup_s=1.0, ring_s=15.0, qualify_s=1.0, max_calls_per_number=100, recording="urgent",
        callback_trunk=f"127.0.0.1:{free_udp_port()}", outcome_call="off", duty_ring_s=4, town_dir=town,
    ) as stack:  # fmt: skip
        yield stack


@pytest.fixture(scope="module")
def recorded(stack: Stack) -> dict[str, str]:
    """The call of `an_urgent_talk`, once there was one: a talk takes its time."""
    return {}


def an_urgent_talk(desk: Desk, recorded: dict[str, str]) -> str:
    """An urgent talk of the 1001 that was recorded, with a pause in it; the call's id."""
    if "id" in recorded:
        return recorded["id"]
    agent = AgentAtWork(desk, "1001")
    agent.ready()
    caller = citizen(desk, "1", number="05325550144")
    agent.answer()
    call = recorded["id"] = str(desk.stack.agents()["1001"]["call"])
    await_level(agent.page, "> 20")
    agent.page.keyboard.press("Alt+p")
    until("the recording is paused", lambda: journal_facts(desk.stack, RecordingPaused), PATIENT_S)
    agent.page.get_by_role("button", name="Kayda devam et").click()
    until("it goes on", lambda: journal_facts(desk.stack, RecordingResumed), PATIENT_S)
    await_level(agent.page, "< 5")
    await_level(agent.page, "> 20")
    agent.page.keyboard.press("F4")
    caller.close()

    def kept() -> bool:
        one = desk.stack.get(f"calls/{call}")["recording"]
        return one is not None and one["state"] == "kept"

    until("the recording is kept", kept, PATIENT_S, say=lambda: desk.stack.get(f"calls/{call}")["recording"])
    desk.await_state("1001", "ready")
    desk.stack.set_state("1001", "offline")
    return call


def a_routine_talk(desk: Desk, phones: Phones, number: int, extension: str = "1002") -> dict[str, Any]:
    """A talk that is not to be recorded, as the API has it."""
    desk.sip(extension, phone=Agent(answer_after_s=0.2, talk_s=0.5))
    desk.stack.set_state(extension, "ready")
    before = {one["id"] for one in desk.stack.calls()}
    calls(phones, "3", number)

    def new() -> dict[str, Any]:
        return next((one for one in desk.stack.calls() if one["id"] not in before and one["agent"] == extension), {})

    return until("the talk is over", new, PATIENT_S)


def rows(page: Page) -> Locator:
    return page.locator(".calls tbody tr")


def row(page: Page, call: str) -> Locator:
    return page.locator(f".calls tbody tr[data-key='{call}']")


def audited(desk: Desk, action: str, call: str) -> list[tuple[Any, ...]]:
    return desk.stack.rows("SELECT who FROM audit WHERE action = ? AND about = ?", action, call)


def test_a_recorded_call_is_opened_by_keyboard_and_played(desk: Desk, recorded: dict[str, str]) -> None:
    call = an_urgent_talk(desk, recorded)
    page = lead(desk)
    expect(row(page, call)).to_contain_text("Ambulans")
    expect(row(page, call)).to_contain_text("kayıtlı")
    expect(row(page, call)).to_contain_text("••• 44")
    page.keyboard.press("Alt+l")
    expect(rows(page).first.get_by_role("button")).to_be_focused()
    press(page, row(page, call).get_by_role("button"))
    dialog = page.get_by_role("dialog", name=re.compile("^Görüşme: .*Ambulans"))
    expect(dialog).to_be_visible()
    whole = desk.stack.get(f"calls/{call}", language="tr")
    (request,) = [one["number"] for one in whole["tickets"] if one["how"] == "opened"]
    expect(dialog.get_by_role("link", name=request)).to_have_attribute("href", f"/inbox#{request}")
    told = [one["text"] for one in whole["why"]]
    assert any(one.startswith("sunulduğu: ") for one in told), told
    assert any("hedef" in one for one in told), told
    expect(dialog.locator("ol.why li > span")).to_have_text(told)
    parts = dialog.get_by_role("table", name="Görüşmenin bölümlerinin tablosu").locator("tbody tr")
    expect(parts).to_have_count(2)
    expect(parts.first).to_contain_text("Telefonu çaldı")
    expect(parts.first).to_contain_text("açtı")
    expect(parts.last).to_contain_text("Konuştu")
    expect(dialog).to_contain_text(re.compile(r"0:\d\d ile 0:\d\d arasında kayıt durdurulmuştu"))
    assert each_look(page) == []
    assert audited(desk, "recording_played", call) == [], "it is asked for at a press alone"
    press(page, dialog.get_by_role("button", name="Kaydı dinle"))
    audio = dialog.locator("audio")
    seconds = whole["recording"]["seconds"]
    page.wait_for_function("audio => audio.duration > 0", arg=audio.element_handle())
    assert abs(audio.evaluate("audio => audio.duration") - seconds) < 0.1
    assert audio.evaluate(LOUD), "the caller's microphone beeps"
    until("the play is in the audit", lambda: set(audited(desk, "recording_played", call)) == {("lead",)}, 60)
    assert each_look(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row(page, call).get_by_role("button")).to_be_focused()


def test_a_call_that_was_not_to_be_recorded_says_so(desk: Desk, phones: Phones) -> None:
    talk = a_routine_talk(desk, phones, 201)
    page = lead(desk)
    press(page, row(page, talk["id"]).get_by_role("button"))
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[data-recording=not_to_be]")).to_contain_text("kaydedilecek görüşmelerden değil")
    expect(dialog.get_by_role("button", name="Kaydı dinle")).to_have_count(0)
    expect(dialog).to_contain_text("Başvurusu yok")
    assert each_look(page) == []


@pytest.mark.parametrize("user", ["lead", "admin"])
def test_a_number_is_masked_until_it_is_asked_for_which_is_recorded(desk: Desk, phones: Phones, user: str) -> None:
    talk = a_routine_talk(desk, phones, 210 if user == "lead" else 220)
    assert talk["caller"].endswith(("310", "320")), "the machine's own token sees it whole"
    page = lead(desk, user=user)
    shown = row(page, talk["id"])
    expect(shown).to_contain_text(f"••• {talk['caller'][-2:]}")
    assert talk["caller"] not in page.content()
    press(page, shown.get_by_role("button"))
    dialog = page.get_by_role("dialog")
    assert audited(desk, "unmasked", talk["id"]) == []
    press(page, dialog.get_by_role("button", name="Numarayı göster"))
    expect(dialog.get_by_role("link", name=talk["caller"])).to_be_visible()
    assert audited(desk, "unmasked", talk["id"]) == [(user,)]


def test_calls_are_found_by_their_filters(desk: Desk, phones: Phones, recorded: dict[str, str]) -> None:
    urgent = an_urgent_talk(desk, recorded)
    talk = a_routine_talk(desk, phones, 230)
    number, theirs = talk["caller"], {one["id"] for one in desk.stack.calls(agent="1002")}
    page = lead(desk)
    expect(row(page, urgent)).to_be_visible()
    form = page.get_by_role("search", name="Görüşmeleri süz")
    choose(page, form.get_by_label("Aciliyet"), "urgent")
    expect(row(page, talk["id"])).to_have_count(0)
    expect(row(page, urgent)).to_be_visible()
    press(page, form.get_by_role("button", name="Süzgeçleri kaldır"))
    choose(page, form.get_by_label("Görevli"), "1002")
    expect(row(page, urgent)).to_have_count(0)
    expect(rows(page)).to_have_count(len(theirs))
    write(page, form.get_by_label("Numara"), f"0{number[-10:-7]} {number[-7:]}")
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".calls [role=status]")).to_have_text("1 görüşme")
    choose(page, form.get_by_label("Sonuç"), "disposition existing")
    expect(page.locator(".calls")).to_contain_text("Bu süzgeçlerle görüşme bulunamadı")
    desk.stack.request("POST", f"/api/v1/calls/{talk['id']}/disposition", body={"disposition": "existing"})
    press(page, page.get_by_role("button", name="Yenile"))
    expect(row(page, talk["id"])).to_contain_text("Açık başvurusu için aradı", ignore_case=True)
    press(page, form.get_by_role("button", name="Süzgeçleri kaldır"))
    expect(form.get_by_label("Numara")).to_have_value("")
    write(page, form.get_by_label("Numara"), "Ayşe")
    expect(form.get_by_text("Bu bir telefon numarası değil.")).to_be_visible()
    assert each_look(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert each_look(page) == []


def test_a_page_of_calls_leads_to_the_next(desk: Desk, phones: Phones) -> None:
    for number in (241, 242):
        a_routine_talk(desk, phones, number)
    everything = [one["id"] for one in desk.stack.calls()]

    def short(page: Page) -> None:
        page.route(re.compile(r"/api/v1/calls\?.*limit=50"), lambda one: one.continue_(url=one.request.url[:-2] + "1"))

    page = lead(desk, before=short)
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".calls [role=status]")).to_have_text("İlk 1 görüşme")
    press(page, page.get_by_role("button", name="Daha fazla"))
    expect(rows(page)).to_have_count(2)
    assert rows(page).evaluate_all("all => all.map((one) => one.dataset.key)") == everything[:2]


def test_what_does_not_come_is_said_and_asked_for_again(desk: Desk, phones: Phones) -> None:
    talk = a_routine_talk(desk, phones, 250)
    away = {"status": 503, "json": {"detail": "the database is away"}}
    listed, one = re.compile(r"/api/v1/calls\?"), re.compile(r"/api/v1/calls/[^/]+\?language=")
    page = lead(desk, ignore="Failed to load", before=lambda page: page.route(listed, lambda one: one.fulfill(**away)))
    panel = page.locator(".calls")
    expect(panel).to_contain_text("Alınamadı: ")
    assert each_look(page) == []
    page.unroute(listed)
    press(page, panel.get_by_role("button", name="Yeniden dene"))
    page.route(one, lambda asked: asked.fulfill(**away))
    press(page, row(page, talk["id"]).get_by_role("button"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert").filter(has_text="the database is away")).to_be_visible()
    assert each_look(page) == []
    page.unroute(one)
    press(page, dialog.get_by_role("button", name="Yeniden dene"))
    expect(dialog.locator("ol.why li").first).to_be_visible()


def test_why_the_target_was_missed_is_read_as_the_report_has_it(desk: Desk, phones: Phones) -> None:
    calls(phones, "3", 260)
    waiting(desk, 1)
    (waits,) = desk.stack.queue()
    until("the target is over", lambda: desk.stack.queue() and desk.stack.queue()[0]["wait_s"] > 6.5, 60)
    desk.sip("1003", phone=Agent(answer_after_s=0.2, talk_s=0.3))
    desk.stack.set_state("1003", "ready")
    until("they have talked", lambda: desk.stack.get(f"calls/{waits['id']}")["outcome"] == "answered", PATIENT_S)
    page = lead(desk)
    with page.expect_response("**/api/v1/report/why", timeout=90_000) as answer:
        page.reload()
    report = answer.value.json()
    spent = {one["cause"]: one for one in report["causes"] if round(one["waited_s"] * 10) > 0}
    assert spent["no_agents"]["missed_s"] > 6
    why = page.locator(".why ol li")
    expect(why).to_have_count(min(6, len(spent)))
    nobody = page.locator(".why li[data-cause=no_agents]")
    expect(nobody).to_contain_text("Görevde kimse yoktu")
    expect(nobody.locator("strong")).to_have_text(f"%{int(spent['no_agents']['share'] * 100 + 1e-9)}")
    expect(page.locator(".why")).to_contain_text("hedefi aşan çağrılarda")


def test_an_urgent_request_that_nobody_on_duty_accepts_is_an_alarm_until_somebody_does(desk: Desk) -> None:
    page = lead(desk)
    trunk = int(str(desk.stack.settings["callback_trunk"]).rpartition(":")[2])
    with Citizen(desk.folder / "duty", trunk, Agent(reject=486, answer_after_s=0.1)):
        number = opened(desk, **URGENT, text="Yol çöktü")
        alarm = page.locator("[data-alarm=duty]").filter(has_text=number)  # other tests leave alarms of their own
        town = desk.stack.get("town")
        topic = next(one["tr"] for one in town["topics"] if one["id"] == URGENT["topic"])
        unit = next(one["tr"] for one in town["units"] if one["id"] == "fen_isleri")
        expect(alarm).to_contain_text(re.compile(rf"Nöbetçi kabul etmedi, .*: {topic}, {unit}"))
        expect(alarm.get_by_role("link", name=number)).to_have_attribute("href", f"/inbox#{number}")
        expect(page.get_by_role("alert").first).to_contain_text(topic)
        assert number in [one["number"] for one in desk.stack.get("duty-alarms")]
        tab_to(page, alarm.get_by_role("link"))
        assert each_look(page) == []
        move(desk, number, "accepted")
        expect(alarm).to_have_count(0)
