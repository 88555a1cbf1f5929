"""A shift lead at `/lead`, on the real line: who waits, who works, what is put right."""

import math
import re
import signal
import subprocess
import sys
import time

from playwright.sync_api import Page, Route, expect

from acd.engine.model.facts import CallEntered
from acd.engine.model.monitor_facts import MonitorEnded, NoticeGiven
from bench.stack import Stack, until
from phones import Agent, Caller, HangUp, Phones, Press, Wait
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen, facts_at
from tests.browser.conftest import Desk, await_age
from tests.browser.keyboard import press
from tests.browser.lead.lead_at_work import calls, lead, waiting
from tests.browser.test_accessibility import each_look
from tests.integration.witnesses import journal_facts

DUTY = "Nöbetçilerin kabul etmediği acil başvurular"


def rows(page: Page) -> list[str]:
    """The services of those who wait, in their order."""
    return page.locator(".queue tbody tr strong").all_inner_texts()


def test_who_waits_is_seen_and_one_is_put_first_with_a_reason(desk: Desk, phones: Phones) -> None:
    page = lead(desk)
    expect(page.locator(".queue")).to_contain_text("Bekleyen yok")
    for place, keys in enumerate(("2", "3", "0")):
        calls(phones, keys, place)
        waiting(desk, place + 1)
    calls(phones, "11", 7)
    waiting(desk, 4)
    expect(page.locator(".queue tbody tr")).to_have_count(4)
    expect(page.locator(".queue tbody tr").first).to_contain_text("Cenaze")  # until the kind is told: Ambulans
    assert rows(page) == ["Cenaze", "İstek, şikâyet", "Bilgi", "Görevliyle görüşme"]
    expect(page.locator(".queue")).to_contain_text("••• 02")
    expect(page.locator("[data-figure=waiting]")).to_have_class(re.compile("alarm"))
    press(page, page.get_by_role("button", name="Öne al: Görevliyle görüşme"))
    expect(page.get_by_role("dialog", name="Arayanı öne al")).to_be_visible()
    expect(page.get_by_role("button", name="Çocuk, yaşlı ya da engelli")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".queue tbody tr").nth(1)).to_contain_text("öne alındı")
    assert rows(page) == ["Cenaze", "Görevliyle görüşme", "İstek, şikâyet", "Bilgi"]
    expect(page.get_by_role("heading", name="Bekleyenler")).to_be_focused()  # the button is gone
    first = desk.stack.queue()[1]
    desk.sip("1001", phone=Agent(answer_after_s=0.2, talk_s=1.0))
    desk.stack.set_state("1001", "ready")
    until("they have talked", lambda: desk.stack.get(f"calls/{first['id']}")["agent"] == "1001", 60)
    history = desk.stack.get(f"calls/{first['id']}")["history"]
    (told,) = [step for step in history if step["type"] == "call_put_first"]
    assert told["data"]["reason"] == "vulnerable"


def test_an_alarm_is_seen_said_heard_and_silenced(desk: Desk, phones: Phones) -> None:
    page = lead(desk)
    expect(page.locator("[data-alarm=nobody]")).to_be_visible()  # nobody is on duty
    calls(phones, "11", 20)
    expect(page.locator("[data-alarm=urgent]")).to_contain_text("Acil arayan hedefi aştı: Cenaze")
    expect(page.get_by_role("alert").first).to_contain_text("Acil arayan hedefi aştı: Cenaze")
    page.evaluate(
        "() => { globalThis.tones = 0; const begin = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (at) { globalThis.tones += 1; return begin.call(this, at); }; }"
    )
    assert page.evaluate("globalThis.tones") == 0, "no sound before somebody pressed"
    silent = page.get_by_role("status").filter(has_text="Alarm sesi kapalı")
    expect(silent).to_be_visible()
    assert each_look(page) == []
    press(page, page.get_by_role("button", name="Alarm sesini aç"))
    page.wait_for_function("() => globalThis.tones >= 2")
    expect(silent).to_have_count(0)
    page.keyboard.press("Alt+s")
    expect(page.locator("[data-alarm=urgent]")).to_have_attribute("data-silenced", "true")
    expect(page.get_by_role("button", name="Sustur")).to_have_count(0)
    quiet = page.evaluate("globalThis.tones")
    calls(phones, "14", 21)  # another urgent caller is another alarm
    expect(page.locator("[data-alarm=urgent][data-silenced=false]")).to_contain_text("Ambulans")
    page.wait_for_function(f"() => globalThis.tones > {quiet}")
    duty = {  # of no request that there is: an urgent caller's may be an alarm too, and silenced by now
        "number": "26-999999-9", "unit": "fen_isleri", "service": "request", "topic": "yol_cokmesi",
        "since": "2026-11-27T20:00:00.000Z", "rung": 1, "over": False,
    }  # fmt: skip
    page.keyboard.press("Alt+s")
    expect(page.locator("[data-alarm=urgent][data-silenced=false]")).to_have_count(0)  # before the next one comes
    page.route("**/api/v1/duty-alarms", lambda route: route.fulfill(json=[duty]))
    unaccepted = page.locator("[data-alarm=duty][data-silenced=false]")
    expect(unaccepted).to_contain_text("Nöbetçi kabul etmedi, sıradaki aranıyor")
    expect(unaccepted.get_by_role("link", name="26-999999-9")).to_have_attribute("href", "/inbox#26-999999-9")
    duty |= {"unit": None, "topic": "su_patlagi", "body": "iski", "over": True}
    expect(unaccepted).to_contain_text("Kuruma zamanında iletilmedi, İSKİ: Su borusu patladı")
    page.reload()
    page.wait_for_selector("[data-link=live]")
    press(page, page.get_by_role("button", name="Alarm sesini kapat"))  # it was on, as they had it
    expect(silent).to_be_visible()


def test_an_agent_is_made_ready_and_pauses_by_the_lead_and_the_page_tells_their_pick_up(
    desk: Desk, phones: Phones
) -> None:
    page = lead(desk)
    desk.sip("1002", phone=Agent(answer_after_s=1.5, talk_s=0.5))
    press(page, page.locator(".agents summary"))
    press(page, page.get_by_role("button", name=re.compile("Durumunu değiştir: .*")).nth(1))
    press(page, page.get_by_role("button", name="Ara ver: yemek"))  # nobody who is signed out has a break
    press(page, page.get_by_role("button", name="Hazır yap"))
    desk.await_state("1002", "ready")
    assert "Ara verdi" not in page.get_by_role("region", name="Bildirimler").inner_text()
    row = page.locator(".agents tr[data-key='1002']")
    expect(row.locator("[data-state=ready]")).to_be_visible()
    calls(phones, "2", 30)
    talk = until(
        "one talk is over", lambda: next((one for one in desk.stack.calls() if one["agent"] == "1002"), {}), 60
    )
    assert talk["ring_s"] >= 1.4, "the phone rings for 1.5 s, and longer on a busy machine"
    rang_s = f"{math.floor(talk['ring_s'] * 10 + 0.5) / 10:.1f}".replace(".", ",")
    expect(row).to_contain_text(f"yarısı {rang_s} sn, çoğu {rang_s} sn içinde", timeout=90_000)
    press(page, row.get_by_role("button"))
    press(page, page.get_by_role("button", name="Ara ver: yemek"))
    desk.await_state("1002", "paused")
    expect(row).to_contain_text("Ara verdi")
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Ara verdi")


def has_heard_the_notice(desk: Desk, number: str) -> bool:
    """Whether a caller of this number has: who presses a key before that may not be listened to."""
    calls = {one.call for one in journal_facts(desk.stack, CallEntered) if one.number == number}
    return any(one.call in calls for one in journal_facts(desk.stack, NoticeGiven))


def test_a_talk_is_monitored_by_the_leads_own_phone_and_the_agent_sees_it(desk: Desk) -> None:
    role = (sys.executable, "-m", "acd.cli", "users", "role", "1004", "lead", "--extension", "1004")
    subprocess.run(role, env=Stack.environment(desk.stack.settings), capture_output=True, check=True, timeout=60)
    at_work = AgentAtWork(desk, "1002")
    at_work.ready()
    caller = citizen(desk, number="05325550190")
    until("they have heard the notice whole", lambda: has_heard_the_notice(desk, "05325550190"), 60)
    caller.keyboard.press("2")
    at_work.answer()
    agent = at_work.page
    page = lead(desk)  # the demo's lead has no extension
    press(page, page.locator(".agents tr[data-key='1002'] button"))
    expect(page.get_by_role("dialog")).to_contain_text("Dahili numaranız yok")
    expect(page.get_by_role("button", name="Dinle")).to_have_count(0)
    page = lead(desk, user="1004")
    press(page, page.locator(".agents tr[data-key='1002'] button"))
    press(page, page.locator("dialog summary"))
    assert each_look(page) == []
    for mode, here, there in (
        ("Dinle", "sorumlu dinliyor", "Vardiya sorumlusu dinliyor."),
        ("Görevliye fısılda", "sorumlu fısıldıyor", "Vardiya sorumlusu dinliyor ve yalnız size konuşuyor."),
    ):
        press(page, page.get_by_role("button", name=mode))
        expect(page.get_by_role("dialog")).to_contain_text("1004 numaralı telefonunuzdan *49 tuşlayın")
        desk.phones.append(desk.stack.phones(desk.folder / f"lead-{here.split()[1]}"))
        desk.phones[-1].call(Caller(steps=(Wait(120.0), HangUp()), login=desk.stack.login("1004")), dialled="*49")
        expect(page.locator(".agents tr[data-key='1002']")).to_contain_text(here)
        expect(agent.locator(".monitored")).to_have_text(there)
        desk.phones[-1].close()  # the lead's phone is gone
        expect(agent.locator(".monitored")).to_have_text("")
    joins_from_their_open_desk(desk, page, agent, caller)


def joins_from_their_open_desk(desk: Desk, page: Page, agent: Page, caller: Page) -> None:
    """The lead's desk in another tab dials by itself. Both sides hear the lead, though agent and caller are silent."""
    theirs = page.context.new_page()
    theirs.goto(page.url.replace("/lead", "/desk"))
    expect(theirs.locator(".connection")).to_have_attribute("data-state", "ready")
    page.bring_to_front()
    press(page, page.get_by_role("button", name="Görüşmeye katıl"))
    expect(page.get_by_role("dialog")).to_contain_text("açık olan masa sayfanıza bakın")
    expect(agent.locator(".monitored")).to_have_text("Vardiya sorumlusu görüşmeye katıldı.")
    theirs.bring_to_front()
    card = theirs.locator(".card")
    expect(card).to_contain_text("Dinleme")
    await_level(theirs, "> 20")  # the lead hears the talk
    agent.keyboard.press("F9")
    caller.get_by_role("button", name="Sessize al").click()
    await_level(agent, "> 20")  # the agent hears the lead
    await_level(caller, "> 20")  # the caller hears the lead
    theirs.keyboard.press("F9")
    expect(theirs.get_by_role("button", name=re.compile("^Sesi aç"))).to_be_visible()
    theirs.keyboard.press("F4")
    expect(card).to_have_attribute("data-call", "none")
    expect(agent.locator(".monitored")).to_have_text("")
    expect(page.get_by_role("dialog").locator("[role=status]")).to_have_text("")  # though the code is still good
    page.bring_to_front()
    press(page, page.get_by_role("button", name="Dinle"))
    expect(agent.locator(".monitored")).to_have_text("Vardiya sorumlusu dinliyor.")
    theirs.close()  # says no goodbye: Asterisk gives the telephone up after some ten seconds
    closed_at = time.time()
    expect(agent.locator(".monitored")).to_have_text("")
    ended_at, _ = facts_at(desk.stack, MonitorEnded)[-1]
    assert ended_at - closed_at < 15.0


def test_an_agent_takes_other_services_for_the_shift(desk: Desk, phones: Phones) -> None:
    desk.sip("1003", phone=Agent(answer_after_s=0.2, talk_s=None))
    desk.stack.set_state("1003", "ready")
    desk.await_state("1003", "ready")
    page = lead(desk)
    press(page, page.locator(".agents tr[data-key='1003'] button"))
    press(page, page.locator("dialog summary"))
    services = page.get_by_role("dialog").get_by_role("checkbox")
    services.first.wait_for()
    for service in services.all():
        press(page, service, "Space")
        expect(service).not_to_be_checked()
    save = page.get_by_role("button", name="Hizmetleri değiştir")
    expect(save).to_have_attribute("aria-disabled", "true")  # one service at least
    press(page, page.get_by_role("checkbox", name="Cenaze"), "Space")
    press(page, save)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("hizmetleri değişti")
    assert desk.stack.get("agents/1003/services")["services"] == ["funeral"]
    calls(phones, "2", 60)
    waiting(desk, 1)
    calls(phones, "11", 61)
    desk.await_state("1003", "talking")
    assert [one["service"] for one in desk.stack.queue()] == ["request"]
    assert desk.stack.get("agents/1003/services")["for_shift"]


def test_what_does_not_come_is_said_and_asked_for_again(desk: Desk) -> None:
    reports = re.compile(r"/api/v1/(outbreaks|duty-alarms)$")
    services = re.compile(r"/api/v1/agents/1003/services$")

    def refused(page: Page) -> None:
        for away in (reports, services):
            page.route(away, lambda route: route.fulfill(status=503, json={"detail": "the database is away"}))

    desk.sip("1003")
    desk.stack.set_state("1003", "ready")
    desk.await_state("1003", "ready")
    page = lead(desk, ignore="Failed to load resource", before=refused)
    outbreaks, duty = (page.get_by_text(f"{name}. Alınamadı:") for name in ("Toplu bildirimler", DUTY))
    expect(outbreaks).to_be_visible()
    expect(duty).to_be_visible()
    page.locator(".agents tr[data-key='1003'] button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Hizmetleri alınamadı.")).to_be_visible()
    assert each_look(page) == []
    page.unroute(services)
    dialog.get_by_role("button", name="Yeniden dene").click()
    expect(dialog.locator("summary")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    retries = page.get_by_role("button", name="Yeniden dene")
    expect(retries).to_have_count(2)
    page.unroute(reports)
    retries.last.click()  # the outbreaks stand below the alarms
    expect(outbreaks).to_have_count(0)
    expect(duty).to_have_count(0)  # they are asked for every few seconds


def test_an_alarm_is_told_in_the_dialog_that_hides_it(desk: Desk, phones: Phones) -> None:
    page = lead(desk)
    press(page, page.get_by_role("button", name="Mesaj ver"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    calls(phones, "11", 30)
    expect(dialog.get_by_text("Acil arayan hedefi aştı: Cenaze")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+s")
    expect(page.get_by_label("Bildirimler").get_by_text("Acil arayan")).to_have_count(0)


def test_a_callback_is_given_up_by_keyboard_alone(desk: Desk, phones: Phones) -> None:
    steps = (*(step for _ in range(8) for step in (Wait(1.0), Press("2"))), Wait(20))  # until they are let go
    phones.call(Caller(steps=steps), count=1, rate=10, first_number=5_325_550_170)
    page = lead(desk)
    give_up = page.get_by_role("button", name=re.compile("Geri aramaktan vazgeç: .* 70"))
    press(page, give_up)
    dialog = page.get_by_role("dialog", name="Geri aranmasın mı?")
    expect(dialog.get_by_role("button").first).to_be_focused()  # which does nothing
    assert each_look(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(give_up).to_be_focused()
    page.keyboard.press("Enter")
    press(page, dialog.get_by_role("button", name="Geri aranmasın"))
    toasts = page.get_by_role("region", name="Bildirimler", exact=True)  # beside the outbreaks
    expect(toasts).to_contain_text("Geri arama iptal edildi.")
    expect(give_up).to_have_count(0)
    expect(page.get_by_role("heading", name="Geri aranacaklar")).to_be_focused()
    assert desk.stack.get("callbacks") == []
    press(page, page.get_by_role("button", name="Çıkış yap"))
    page.wait_for_url(f"{desk.url}/")


def test_what_became_of_one_closes_the_dialog_of_no_other(desk: Desk, phones: Phones) -> None:
    """The lead has opened the next dialog when the answer comes: of an agent, a callback, a caller."""
    page = lead(desk)
    calls_back = [
        {"id": f"c{last}", "caller": f"••• {last}", "service": "information", "class": "routine", "reason": "asked"}
        | {"asked_at": "2026-11-27T09:00:00.000Z", "queued_at": "2026-11-27T09:00:00.000Z", "wait_s": 1.0, "tries": 0}
        | {"again_at": None, "state": "waiting", "agent": None}
        for last in ("81", "82")
    ]
    page.route("**/api/v1/callbacks", lambda route: route.fulfill(json=calls_back))
    for place, keys in enumerate(("2", "3", "0")):
        calls(phones, keys, 80 + place)
        waiting(desk, place + 1)

    def acts(button: str, does: str, then: str, address: str, answer: object) -> None:
        held: list[Route] = []
        page.route(address, lambda route: held.append(route))
        page.get_by_role("button", name=button).click()
        page.get_by_role("dialog").get_by_role("button", name=does).click()
        until("it is sent", lambda: page.evaluate("1") and held, 60)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.get_by_role("button", name=then).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        with page.expect_event("requestfinished", lambda one: one.url == held[0].request.url):
            held[0].fulfill(json=answer)
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")

    change = [page.get_by_role("button", name=re.compile("^Durumunu değiştir")).nth(place) for place in (0, 1)]
    page.locator(".agents summary").click()
    names = [one.get_attribute("aria-label") or "" for one in change]
    one = desk.stack.get("agents")[0]
    acts(names[0], "Hazır yap", names[1], "**/api/v1/agents/*/state", {**one, "state": "ready"})
    cancel = "Geri aramaktan vazgeç: ••• "
    acts(f"{cancel}81", "Geri aranmasın", f"{cancel}82", "**/api/v1/callbacks/c81", None)
    acts("Öne al: Bilgi", "Çocuk, yaşlı ya da engelli", "Öne al: Görevliyle görüşme", "**/first", {})


def test_what_is_old_is_said_with_its_age(desk: Desk) -> None:
    page = lead(desk)
    asterisk, began = desk.stack.asterisk, time.monotonic()
    asterisk.send_signal(signal.SIGSTOP)
    try:
        alarm = page.locator("[data-alarm=away]")
        expect(alarm).to_contain_text("Hat yanıt vermiyor")
        await_age(alarm, began, then=" önce fark edildi")
        expect(page.locator(".shift")).to_have_attribute("data-stale", "true")
        assert each_look(page) == []
    finally:
        asterisk.send_signal(signal.SIGCONT)
    expect(alarm).to_have_count(0)
    until("the line is ready", desk.stack.ready, 60)


def test_other_roles_are_told_whose_page_it_is(desk: Desk) -> None:
    page = desk.visit("/lead", expect="401")
    page.locator("[name=user]").fill("1001")
    page.locator("[name=password]").fill("demo1001")
    page.keyboard.press("Enter")
    expect(page.get_by_text("bu sayfa sizin rolünüz")).to_be_visible()


def test_a_lead_who_signs_in_is_led_here(desk: Desk) -> None:
    page = desk.visit("/", expect="401")
    page.locator("[name=user]").fill("lead")
    page.locator("[name=password]").fill("demo-lead")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lead")
    page.wait_for_selector("[data-link=live]")


def test_axe_finds_nothing_serious(desk: Desk, phones: Phones) -> None:
    desk.sip("1001", phone=Agent(answer_after_s=0.2, talk_s=None))
    desk.stack.set_state("1001", "ready")
    desk.stack.set_state("1002", "ready")  # whose phone is away
    calls(phones, "11", 50)
    desk.await_state("1001", "talking")
    for place, keys in enumerate(("2", "3"), 51):  # the second of a class can be put first
        calls(phones, keys, place)
    waiting(desk, 2)
    page = lead(desk, viewport={"width": 1440, "height": 1000})
    page.wait_for_selector(".queue tbody tr")
    page.wait_for_selector(".why :is(ol, .notice)")
    assert each_look(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert each_look(page) == []
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.locator(".queue tbody button").first.press("Enter")
    page.wait_for_selector("dialog[open]")
    assert each_look(page) == []
    page.keyboard.press("Escape")
    page.locator(".rest button").first.press("Enter")
    page.wait_for_selector("dialog[open] textarea")
    assert each_look(page) == []


def test_the_first_page_weighs_little(desk: Desk) -> None:
    sizes: list[int] = []

    def counted(page: Page) -> None:
        page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))

    page = desk.visit("/lead", expect="401", before=counted)
    page.wait_for_selector("form")
    assert 0 < sum(sizes) < 200_000
