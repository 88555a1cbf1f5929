"""The inbox: tasks are taken, dealt with beside their request, and closed; requests without a unit get one."""

import re
import sqlite3
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.inbox_tasks import MESSAGE_S, heard, low_score, not_reached, tasks
from tests.browser.keyboard import choose, press, write
from tests.browser.requests import ANY, ask, at_work, move, opened, row, steps, ticket
from tests.browser.test_accessibility import each_look

TOWN = ZoneInfo("Europe/Istanbul")


def test_a_task_is_taken_dealt_with_beside_its_request_and_closed_by_keyboard(desk: Desk) -> None:
    number, task = low_score(desk)
    page = desk.visit("/", expect=ANY)
    page.locator("[name=user]").fill("inbox")
    page.locator("[name=password]").fill("demo-inbox")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/inbox")
    press(page, row(page, task))
    expect(page.get_by_role("heading", name="Düşük puan")).to_be_visible()
    expect(page.locator("article")).to_contain_text(number)
    page.keyboard.press(page.get_by_role("button", name="Üstüme al").get_attribute("aria-keyshortcuts") or "")
    expect(row(page, task)).to_contain_text("Sizde")
    assert tasks(desk, number, done=False) == [("low_score", "inbox", "")]
    decision, done = page.get_by_label("Başvuru ne olacak?"), page.get_by_label("Ne yapıldı?")
    press(page, done, "Control+Enter")
    expect(page.get_by_text("Bu alan gerekli.")).to_have_count(2)
    choose(page, decision, "reopened")
    press(page, done, "Control+End")
    page.keyboard.type("Arandı, ")
    with page.expect_response(re.compile(r"/api/v1/tasks\?")):
        press(page, page.get_by_role("button", name="Yenile"))
    press(page, done, "Control+End")
    page.keyboard.type("yeniden açıldı")  # the list was read anew, and what was written stands
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("inbox kapattı"))).to_be_visible()
    expect(page.locator("article [data-state=assigned]")).to_be_visible()
    assert each_look(page) == []
    assert tasks(desk, number, done=True) == [("low_score", "inbox", "Arandı, yeniden açıldı")]
    assert (ticket(desk, number)["state"], steps(desk, number, "inbox")) == ("assigned", ["reopen"])


def test_whoever_opens_the_request_again_beside_its_task_has_done_the_task(desk: Desk) -> None:
    number, task = low_score(desk)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    page.keyboard.press(page.locator("[data-action=reopen]").get_attribute("aria-keyshortcuts") or "")
    expect(page.get_by_label("Neden")).to_be_focused()
    page.keyboard.type("Kalan yarısı yapılacak")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article [data-state=assigned]")).to_be_visible()
    expect(page.get_by_text(re.compile("inbox kapattı"))).to_be_visible()
    expect(page.get_by_label("Ne yapıldı?")).to_have_count(0)
    assert tasks(desk, number, done=True) == [("low_score", "", "")]


def test_of_two_who_take_a_task_one_has_it_and_a_lead_may_take_it_over(desk: Desk) -> None:
    _, task = low_score(desk)
    lead = at_work(desk, f"/inbox#{task}", "lead")
    other = at_work(desk, f"/inbox#{task}", "inbox")
    expect(other.get_by_role("button", name="Üstüme al")).to_be_visible()
    lead.get_by_role("button", name="Üstüme al").click()
    expect(row(lead, task)).to_contain_text("Sizde")
    other.get_by_role("button", name="Üstüme al").click()
    expect(other.get_by_text("Kabul edilmedi:")).to_be_visible()
    expect(row(other, task)).to_contain_text("lead")
    expect(other.get_by_role("button", name="Üstüme al")).to_have_count(0)
    press(lead, lead.get_by_role("button", name="Geri bırak"))
    expect(row(lead, task)).to_contain_text("Sahipsiz")  # before the other looks again
    other.get_by_role("button", name="Yenile").click()
    other.get_by_role("button", name="Üstüme al").click()
    expect(row(other, task)).to_contain_text("Sizde")
    lead.get_by_role("button", name="Yenile").click()
    press(lead, lead.get_by_role("button", name="Devral"))
    expect(row(lead, task)).to_contain_text("Sizde")


def test_a_lead_gives_a_task_to_a_person_by_keyboard_and_the_history_says_to_whom(desk: Desk) -> None:
    number, task = low_score(desk)
    lead = at_work(desk, f"/inbox#{task}", "lead")
    other = at_work(desk, f"/inbox#{task}", "inbox")
    choose(lead, lead.get_by_label("Kime verilecek?"), "inbox")
    press(lead, lead.get_by_role("button", name="Ver", exact=True))
    expect(row(lead, task)).to_contain_text("inbox")
    expect(lead.locator("article")).to_contain_text("İş bir kişiye verildi")
    assert each_look(lead) == []
    assert tasks(desk, number, done=False) == [("low_score", "inbox", "")]
    assert steps(desk, number, "lead") == ["give_task"]
    other.get_by_role("button", name="Yenile").click()
    expect(row(other, task)).to_contain_text("Sizde")
    expect(other.get_by_label("Kime verilecek?")).to_have_count(0)


def test_a_request_without_a_unit_gets_one_by_keyboard_alone(desk: Desk) -> None:
    number = opened(desk, topic=None, text="Komşunun duvarı yıkılacak gibi")
    page = at_work(desk, "/inbox", "inbox")
    page.keyboard.press("Alt+m")
    expect(row(page, number)).to_be_visible()
    press(page, row(page, number))
    expect(page.locator("article")).to_contain_text(number)
    page.keyboard.press(page.locator("[data-action=assign]").get_attribute("aria-keyshortcuts") or "")
    expect(page.get_by_label("Birim", exact=True)).to_be_focused()
    page.keyboard.type("Z")  # no other unit begins like that
    page.keyboard.press("Control+Enter")
    expect(page.locator("article [data-state=assigned]")).to_be_visible()
    expect(row(page, number)).to_have_count(0)
    assert ticket(desk, number)["unit"] == "zabita"


def test_before_the_desk_has_answered_nothing_is_said_to_be_done(desk: Desk) -> None:
    number = opened(desk, topic=None)
    page = desk.visit("/inbox", expect=ANY)
    page.route(re.compile(r"/api/v1/tickets\?state=new"), lambda route: route.abort())
    page.locator("[name=user]").fill("inbox")
    page.locator("[name=password]").fill("demo-inbox")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Sunucuya ulaşılamıyor").first).to_be_visible()
    page.keyboard.press("Alt+m")
    expect(page.get_by_text("Birimi olmayan başvuru yok")).to_have_count(0)
    expect(page.get_by_role("radio", name="Birimi olmayanlar (")).to_have_count(0)
    page.unroute_all()
    page.get_by_role("button", name="Yenile").click()
    expect(row(page, number)).to_be_visible()


def test_the_right_number_of_a_citizen_is_entered_from_its_task_by_keyboard(desk: Desk) -> None:
    number = opened(desk)
    for to in ("in_progress", "resolved"):
        move(desk, number, to, result="Yapıldı")
    wanted = "SELECT id FROM tasks WHERE number = ? AND kind = 'outcome'"
    ((task,),) = until("a person is to tell it", lambda: desk.stack.rows(wanted, number), 60)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    right, save = page.get_by_label("Vatandaşın doğru numarası"), page.get_by_role("button", name="Numarayı düzelt")
    press(page, save)
    expect(right).to_be_focused()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kabul edilmedi:")).to_be_visible()
    assert each_look(page) == []
    press(page, right, "Control+a")
    page.keyboard.type("0532 444 55 66")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Numara düzeltildi: {number}")).to_be_visible()
    expect(right).to_have_value("")
    assert ask(desk, "GET", f"/tickets/{number}/caller")["caller"] == "05324445566"
    assert steps(desk, number, "inbox") == ["amend"]


def test_whoever_tells_a_citizen_passes_on_their_score_by_keyboard(desk: Desk) -> None:
    """Without a trunk each outcome is told so."""
    number = opened(desk)
    for to in ("in_progress", "resolved"):
        move(desk, number, to, result="Yapıldı")
    wanted = "SELECT id FROM tasks WHERE number = ? AND kind = 'outcome'"
    ((task,),) = until("a person is to tell it", lambda: desk.stack.rows(wanted, number), 60)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    decision, score = page.get_by_label("Başvuru ne olacak?"), page.get_by_label("Vatandaşın puanı (söylediyse)")
    choose(page, decision, "not_told")
    expect(score).to_have_count(0)
    choose(page, decision, "told")
    assert each_look(page) == []
    choose(page, score, "2")
    write(page, page.get_by_label("Vatandaşın sözü"), "Yarısı duruyor")
    write(page, page.get_by_label("Ne yapıldı?"), "Aradım")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("inbox kapattı"))).to_be_visible()
    whole = ticket(desk, number)
    assert (whole["state"], whole["told_how"], whole["score"], whole["remark"]) == ("told", "call", 2, "Yarısı duruyor")
    assert tasks(desk, number, done=False) == [("low_score", "", "")]


def test_only_a_talk_whose_recording_is_kept_is_offered_to_be_heard(desk: Desk) -> None:
    number, task = low_score(desk)
    talks = [f"ast1-{time.time():.0f}.8{place:03d}" for place in range(2)]
    now = round(time.time() * 1000)
    with sqlite3.connect(desk.stack.data_dir / "cozum.db", timeout=30) as database:
        for call in talks:
            database.execute(
                "INSERT INTO calls (id, node, caller, name, dialled, service, class, outcome, language, arrived_at,"
                " entered_at, ended_at, hold_s, talk_s) VALUES (?, 'ast1', '05329998877', '', '4440411', 'request',"
                " 'routine', 'answered', 'tr', ?, ?, ?, 0, 20)",
                (call, now - 30_000, now - 30_000, now),
            )
            link = (number, call, now)
            database.execute("INSERT INTO ticket_links VALUES (?, 'call', ?, 'asked', ?)", link)
        database.execute(
            "INSERT INTO recordings (call, state, why, began_at, sha256, pauses) VALUES (?, 'kept', '', ?, 'ab', 0)",
            (talks[0], now - 20_000),
        )
    page = at_work(desk, f"/inbox#{task}", "lead")
    calls = page.locator("section[aria-labelledby=request-calls] li")
    expect(calls).to_have_count(2)
    expect(page.get_by_role("button", name="Kaydı dinle")).to_have_count(1)
    assert each_look(page) == []


def test_a_low_score_of_what_no_unit_had_is_sent_to_a_unit(desk: Desk) -> None:
    number = opened(desk, topic="su_kesintisi")
    move(desk, number, "not_ours", result="İSKİ'yi arayın", responsible="iski")
    move(desk, number, "told")
    ask(desk, "POST", f"/tickets/{number}/score", score=1, remark="Gelmediler")
    answer = desk.stack.request("GET", "/api/v1/tasks", kind="low_score", limit=1000)
    (task,) = (one for one in answer.json() if one["number"] == number)
    page = at_work(desk, f"/inbox#{task['id']}", "inbox")
    choose(page, page.get_by_label("Başvuru ne olacak?"), "reopened")
    page.get_by_label("Ne yapıldı?").fill("Bizim boru")
    press(page, page.get_by_role("button", name="İşi kapat"))
    unit = page.locator("section").get_by_label("Birim", exact=True)
    expect(unit).to_be_focused()
    choose(page, unit, "fen_isleri")
    press(page, page.get_by_role("button", name="İşi kapat"))
    expect(page.get_by_text(re.compile("inbox kapattı"))).to_be_visible()
    assert (ticket(desk, number)["state"], ticket(desk, number)["unit"]) == ("assigned", "fen_isleri")


def test_a_request_that_came_on_paper_counts_from_its_day_by_keyboard_alone(desk: Desk) -> None:
    page = at_work(desk, "/inbox", "inbox")
    today = datetime.now(TOWN).replace(hour=0, minute=0, second=0, microsecond=0)
    came = today - timedelta(days=9)
    page.keyboard.press("Alt+e")
    dialog = page.get_by_role("dialog", name="Yazılı başvuru")
    expect(dialog.get_by_label("Tür", exact=True)).to_be_focused()
    day, wish = dialog.get_by_label("Geldiği gün"), dialog.get_by_label("Ne istiyor?")
    expect(day).to_have_value(f"{today:%Y-%m-%d}")
    write(page, wish, "Sokağımıza asfalt")
    day.fill(f"{today + timedelta(days=1):%Y-%m-%d}")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_text("Gelecekteki bir gün olamaz.")).to_be_visible()
    expect(day).to_be_focused()
    assert each_look(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Alt+e")
    expect(wish).to_have_value("Sokağımıza asfalt")  # it stays while the page is open
    day.fill(f"{came:%Y-%m-%d}")
    choose(page, dialog.get_by_label("Konu", exact=True), "asfalt_talebi")
    choose(page, dialog.get_by_label("Mahalle", exact=True), "esenkent")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    article = page.locator("article")
    expect(article.locator(".history")).to_contain_text("Geldiği gün:")
    made = ticket(desk, article.locator(".number").inner_text())
    assert (made["kind"], made["channel"], made["topic"]) == ("petition", "paper", "asfalt_talebi")
    assert datetime.fromisoformat(made["opened_at"]) == came
    assert made["history"][0]["detail"]["received_at"] == came.timestamp()
    same = ask(desk, "POST", "/tickets", service="request", kind="petition", topic="asfalt_talebi", district="esenkent",
               received_at=came.isoformat())  # fmt: skip
    assert made["due_at"]
    assert made["due_at"] == same["due_at"]


def test_what_an_outside_body_does_is_said_and_filled_in_and_a_person_decides(desk: Desk) -> None:
    number = opened(desk, topic="su_kesintisi", text="Su yok")
    page = at_work(desk, "/inbox", "inbox")
    page.keyboard.press("Alt+s")
    expect(page.get_by_role("searchbox", name="Ara")).to_be_focused()
    page.keyboard.type(number)
    press(page, row(page, number))
    article = page.locator("article")
    expect(article.get_by_text("Bunu İSKİ yapar.")).to_be_visible()
    expect(article.locator(".history")).to_contain_text("İSKİ: konusu Su kesintisi")
    page.locator("[data-action=not_ours]").click()
    words = page.get_by_label("Vatandaşa söylenecek")
    expect(page.get_by_label("Görevli kurum")).to_have_value("iski")
    expect(words).to_have_value("İSKİ'ye 185 numaralı telefondan ulaşabilirsiniz.")
    assert each_look(page) == []
    choose(page, page.get_by_label("Görevli kurum"), "ibb")
    expect(words).to_have_value("İstanbul Büyükşehir Belediyesi'ne 153 numaralı telefondan ulaşabilirsiniz.")
    choose(page, page.get_by_label("Görevli kurum"), "iski")
    press(page, words, "Control+Enter")
    expect(page.locator("article [data-state=not_ours]")).to_be_visible()
    assert ticket(desk, number)["responsible"] == "iski"


def test_whoever_takes_a_task_keeps_their_place(desk: Desk) -> None:
    _, task = low_score(desk)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    press(page, page.get_by_role("button", name="Üstüme al"))
    expect(page.locator("#task-title")).to_be_focused()
    press(page, page.get_by_role("button", name="Geri bırak"))
    expect(page.locator("#task-title")).to_be_focused()


def test_the_address_of_a_task_shows_it_though_it_is_not_listed(desk: Desk) -> None:
    """One that is done, one that a filter keeps back, and none at all."""
    number, task = low_score(desk)
    ask(desk, "POST", f"/tasks/{task}/done", note="Arandı", decision="closed")
    page = at_work(desk, f"/inbox#{task}", "inbox")
    expect(page.locator("#task-title")).to_have_text("Düşük puan")
    expect(page.locator("section", has=page.locator("#task-title"))).to_contain_text("Arandı")
    expect(page.locator("article")).to_contain_text(number)
    other, open_one = low_score(desk)
    page.get_by_label("Tür", exact=True).select_option("hear_message")
    page.evaluate("location.hash = $0".replace("$0", repr(f"#{open_one}")))
    expect(page.locator("article")).to_contain_text(other)
    key_on_take = page.get_by_role("button", name="Üstüme al").get_attribute("aria-keyshortcuts") or ""
    page.keyboard.press(key_on_take)
    expect(page.get_by_role("button", name="Geri bırak")).to_be_visible()
    page.evaluate("location.hash = '#2000000000'")
    expect(page.get_by_text("Böyle bir iş yok.")).to_be_visible()
    expect(page.locator("article")).to_have_count(0)
    expect(page.locator("#task-title")).to_have_count(0)
    assert each_look(page) == []


def test_the_button_that_was_pressed_keeps_the_focus(desk: Desk) -> None:
    _, task = low_score(desk)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    told = page.get_by_role("region", name="Bildirimler", exact=True)
    page.route("**/tasks/*/*", lambda route: route.abort())
    take = page.get_by_role("button", name="Üstüme al")
    press(page, take)
    expect(told).to_contain_text("Sunucuya ulaşılamıyor")
    expect(take).to_be_focused()
    page.keyboard.press(page.locator("[data-action=note]").get_attribute("aria-keyshortcuts") or "")
    page.route("**/notes", lambda route: route.fulfill(status=422, json={"detail": "no", "errors": []}))
    write(page, page.get_by_label("Not (vatandaş görmez)"), "Arandı")
    send = page.get_by_role("button", name="Notu kaydet", exact=True)
    press(page, send)
    expect(page.get_by_role("alert").filter(has_text="Kabul edilmedi")).to_be_visible()
    expect(send).to_be_focused()


def test_a_message_is_heard_by_keyboard_while_it_is_written_down(desk: Desk) -> None:
    number, task = heard(desk)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    expect(page.get_by_role("heading", name="Sesli mesaj")).to_be_visible()
    page.keyboard.press("Alt+h")
    listed = page.get_by_role("dialog", name="Kısayollar")
    for key, what in (("Alt+P", "Dinle"), ("Alt+B", "5 sn geri"), ("Alt+F", "5 sn ileri")):
        row = listed.locator("dl > div").filter(has=page.get_by_text(key, exact=True))
        expect(row).to_contain_text(f"Sesli mesaj: {what}")
    page.keyboard.press("Escape")
    expect(listed).to_have_count(0)
    said = page.get_by_label("Mesajda ne deniyor?")
    press(page, said, "Alt+p")
    expect(page.get_by_role("button", name="Duraklat")).to_be_visible()
    page.wait_for_function("() => document.querySelector('section audio').currentTime > 0.2")
    assert page.evaluate("Math.round(document.querySelector('section audio').duration)") == MESSAGE_S
    page.keyboard.press("Alt+f")
    page.wait_for_function("() => document.querySelector('section audio').currentTime > 5")
    page.keyboard.press("Alt+p")
    expect(page.get_by_role("button", name="Dinle")).to_be_visible()
    expect(said).to_be_focused()
    assert each_look(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Bu alan gerekli.")).to_be_visible()
    page.keyboard.type("Işık Sokak'ta çukur var")
    choose(page, page.get_by_label("Konu", exact=True), "asfalt_talebi")
    choose(page, page.get_by_label("Mahalle", exact=True), "esenkent")
    page.get_by_label("Mesajda söylenen numara").fill("0532 444 55 66")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(re.compile("inbox kapattı"))).to_be_visible()
    after = ticket(desk, number)
    assert (after["district"], after["caller"]) == ("esenkent", "05324445566")
    assert (after["text"], after["topic"]) == ("Işık Sokak'ta çukur var", "asfalt_talebi")
    assert (after["state"], after["unit"]) == ("assigned", "fen_isleri"), "whoever does such things has it"
    assert tasks(desk, number, done=True) == [("hear_message", "", "Mesaj dinlendi ve yazıya geçirildi")]
    with sqlite3.connect(f"file:{desk.stack.data_dir / 'cozum.db'}?mode=ro", uri=True) as database:
        query = "SELECT who FROM audit WHERE action = 'file_seen' AND about = ?"
        until("the audit says who heard it", lambda: ("inbox",) in database.execute(query, (number,)).fetchall(), 60)


def test_whoever_decides_reads_what_was_tried_and_goes_to_the_other_requests_by_keyboard(desk: Desk) -> None:
    number = opened(desk, channel="cimer", external_source="cimer", external_number=f"26-{time.time():.0f}")
    child = opened(desk)
    ask(desk, "POST", f"/tickets/{child}/duplicate-of", number=number)
    for to in ("in_progress", "resolved"):
        move(desk, number, to, result="Asfalt döküldü.")
    follow_up = opened(desk, text="Asfalt yine bozuldu", follows=number)
    task = not_reached(desk, number)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    panel, story = page.locator("section", has=page.locator("#task-title")), page.locator("article .history li")
    tried = panel.locator("li")
    expect(tried).to_have_count(3)
    expect(tried.nth(0)).to_contain_text("Kısa mesaj gönderilemedi")
    expect(tried.nth(1)).to_contain_text("otomatik arama")
    expect(tried.nth(1)).to_contain_text("telesekreter çıktı")
    expect(tried.nth(2)).to_contain_text("yanıt vermedi")
    expect(story.filter(has_text="Sonucu bildirmek için arandı")).to_have_count(2)
    expect(story.filter(has_text="Ali Usta: yanıt vermedi")).to_have_count(1)
    expect(story.filter(has_text="Devamı olarak yeni başvuru açıldı")).to_contain_text(follow_up)
    related = page.locator("article .related")
    expect(related).to_contain_text(f"CİMER · {ticket(desk, number)['external_number']}")
    assert each_look(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 720})
    title = page.locator("#request-title")
    for there, leads in ((follow_up, number), (child, number)):
        press(page, related.locator(f"[data-request='{there}']"))
        expect(page.locator("article .number")).to_have_text(there)
        expect(title).to_be_focused()
        press(page, page.locator(f"article [data-request='{leads}']").first)
        expect(page.locator("article .number")).to_have_text(number)
        expect(title).to_be_focused()


def test_each_desk_is_for_its_roles_alone(desk: Desk) -> None:
    allowed = {"/unit": {"fen", "admin"}, "/inbox": {"inbox", "lead", "admin"}}
    for path, users in allowed.items():
        for user in ("fen", "inbox", "lead", "analyst", "admin", "1001"):
            page = desk.visit(path, expect=ANY)
            page.locator("[name=user]").fill(user)
            page.locator("[name=password]").fill("demo1001" if user == "1001" else f"demo-{user}")
            page.keyboard.press("Enter")
            if user in users:
                expect(page.locator("main[data-open]")).to_be_visible()
            else:
                expect(page.get_by_text("bu sayfa sizin rolünüz")).to_be_visible()


def test_axe_finds_nothing_in_any_state(desk: Desk) -> None:
    _, task = low_score(desk, "<b>kötü</b>")
    page = desk.visit("/inbox", expect=ANY)
    page.locator("[name=user]").fill("inbox")
    page.locator("[name=password]").fill("demo-inbox")
    page.keyboard.press("Enter")
    expect(row(page, task)).to_contain_text("<b>kötü</b>")
    assert each_look(page) == []
    row(page, task).click()
    expect(page.locator("article")).to_be_visible()
    assert each_look(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert each_look(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 860})
    for _ in ("requests without a unit", "notices"):
        page.keyboard.press("Alt+m")
        expect(page.locator("main[data-open]")).to_be_visible()
        assert each_look(page) == []
