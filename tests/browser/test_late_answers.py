"""Answers at the desks of the town hall that come when their person is at something else: they act on nothing there."""

import re

from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import first_held
from tests.browser.conftest import Desk
from tests.browser.inbox_tasks import low_score, not_reached
from tests.browser.keyboard import press as press_key
from tests.browser.keyboard import write
from tests.browser.requests import ask, at_work, move, opened, photo, press, row, ticket
from tests.browser.test_admin import admin

DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def sent(page: Page, held: list[Route]) -> None:
    """Wait until what is to be held is on its way."""
    until("it is sent", lambda: page.evaluate("1") and held, 60)


def answers(page: Page, held: list[Route]) -> None:
    """Let what is held go on, and the page draw what it makes of the answer."""
    with page.expect_event("requestfinished", lambda one: one.url == held[-1].request.url):
        for one in held:
            one.continue_()
    page.evaluate(DRAWN)


# --- requests


def at_another(page: Page, number: object) -> None:
    """Go on to another request or task, and wait until it is shown."""
    row(page, number).click()
    expect(row(page, number)).to_have_attribute("aria-current", "true")


def test_a_photo_that_has_arrived_is_not_sent_again_with_its_refused_move(desk: Desk) -> None:
    """The move is refused when its form is not shown any more."""
    number, other = opened(desk), opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    press(page, "accept")
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    press(page, "resolve")
    words, shown = page.get_by_label("Vatandaşa söylenecek"), page.get_by_role("img", name="1. fotoğraf")
    words.fill("Asfaltlandı.")
    page.locator("input[type=file]").last.set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo(400, 300)}
    )
    expect(shown).to_be_visible()
    held = first_held(page, f"**/api/v1/tickets/{number}/moves")
    page.get_by_role("button", name="Çözüldü olarak kaydet", exact=True).click()
    sent(page, held)
    at_another(page, other)
    held[0].fulfill(status=422, json={"detail": "result: not now", "key": "result"})
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("not now")
    at_another(page, number)
    press(page, "resolve")
    expect(words).to_have_value("Asfaltlandı.")
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Çözüldü olarak kaydet", exact=True).click()
    expect(page.locator("article [data-state=resolved]")).to_be_visible()
    assert [one["about"] for one in ticket(desk, number)["files"]] == ["work"]


def test_a_note_that_arrives_late_closes_the_form_of_no_other_request(desk: Desk) -> None:
    number, other = opened(desk), opened(desk)
    page = at_work(desk, f"/unit#{other}", "fen")
    note = page.locator("article form textarea")
    expect(page.locator("article .number")).to_have_text(other)
    at_another(page, number)
    press(page, "note")
    note.fill("Birincisi")
    held = first_held(page, f"**/api/v1/tickets/{number}/notes")
    page.keyboard.press("Control+Enter")
    sent(page, held)
    at_another(page, other)
    press(page, "note")
    note.fill("İkincisi")
    answers(page, held)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text(number)
    expect(note).to_have_value("İkincisi")


def test_what_is_written_since_a_note_was_sent_stays(desk: Desk) -> None:
    number, other = opened(desk), opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    note = page.locator("article form textarea")
    press(page, "note")
    note.fill("Birincisi")
    held = first_held(page, f"**/api/v1/tickets/{number}/notes")
    page.keyboard.press("Control+Enter")
    sent(page, held)
    page.keyboard.press("Escape")
    press(page, "note")
    note.fill("İkincisi")
    answers(page, held)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text(number)
    expect(note).to_have_value("İkincisi")
    at_another(page, other)
    at_another(page, number)
    press(page, "note")
    expect(note).to_have_value("İkincisi")


# --- the inbox


def test_a_text_that_is_written_while_another_is_sent_stays(desk: Desk) -> None:
    number, task = low_score(desk)
    _, other = low_score(desk)
    page = at_work(desk, f"/inbox#{other}", "inbox")

    def reached(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "takes_texts": True})

    page.route(re.compile(rf"/api/v1/tickets/{number}$"), reached)
    held: list[Route] = []
    page.route(re.compile(rf"/api/v1/tickets/{number}/text$"), lambda route: held.append(route))
    at_another(page, task)
    page.get_by_role("button", name="Vatandaşa mesaj yaz").click()
    words = page.get_by_label("Vatandaşa mesaj")
    words.fill("Yarın geliyoruz")
    page.get_by_role("button", name="Mesajı gönder").click()
    sent(page, held)
    at_another(page, other)
    at_another(page, task)
    words.fill("Bugün geliyoruz")
    held[0].fulfill(json={})
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text(f"Mesaj yola çıktı: {number}")
    at_another(page, other)
    at_another(page, task)
    expect(words).to_have_value("Bugün geliyoruz")
    page.unroute_all(behavior="wait")


def test_a_number_that_is_written_while_another_is_saved_stays(desk: Desk) -> None:
    number = opened(desk)
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Yapıldı.")
    task = not_reached(desk, number)
    _, other = low_score(desk)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    words = page.get_by_label("Vatandaşın doğru numarası")
    words.fill("05321112244")
    held: list[Route] = []
    page.route(
        f"**/api/v1/tickets/{number}",
        lambda route: held.append(route) if route.request.method == "PATCH" else route.continue_(),
    )
    page.get_by_role("button", name="Numarayı düzelt").click()
    sent(page, held)
    at_another(page, other)
    at_another(page, task)
    words.fill("05321112255")
    held[0].fulfill(json={})
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text(f"Numara düzeltildi: {number}")
    at_another(page, other)
    at_another(page, task)
    expect(words).to_have_value("05321112255")


def test_who_goes_on_while_a_paper_is_saved_is_not_led_away(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/inbox#{number}", "inbox")
    expect(page.locator("article .number")).to_have_text(number)
    held: list[Route] = []
    page.route(
        "**/api/v1/tickets",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    page.keyboard.press("Alt+e")
    write(page, page.get_by_role("dialog").get_by_label("Ne istiyor?"), "Sokağımıza asfalt")
    page.keyboard.press("Control+Enter")
    sent(page, held)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    answers(page, held)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Başvuru açıldı")
    assert page.evaluate("location.hash") == f"#{number}"
    expect(page.locator("article .number")).to_have_text(number)


def test_a_topic_that_is_found_late_is_not_that_of_the_next_paper(desk: Desk) -> None:
    page = at_work(desk, "/inbox", "inbox")
    page.keyboard.press("Alt+e")
    dialog = page.get_by_role("dialog", name="Yazılı başvuru")
    topic = dialog.get_by_label("Konu", exact=True)
    write(page, dialog.get_by_label("Ne istiyor?"), "Sokağımıza asfalt")
    expect(topic.locator("option[value=sokak_lambasi]")).to_be_attached()
    held: list[Route] = []
    page.route("**/town/found?*", lambda route: held.append(route))
    dialog.get_by_role("combobox", name="Konu ara").press_sequentially("sokak lambasi")
    page.keyboard.press("Enter")
    sent(page, held)
    dialog.get_by_role("button", name="Yazılanı sil").click()
    answers(page, held)
    expect(topic).to_have_value("")
    expect(dialog.get_by_role("button", name="Yazılanı sil")).to_have_count(0)


# --- articles


def test_what_is_written_since_an_article_was_sent_stays(desk: Desk) -> None:
    mine, other = (ask(desk, "POST", "/articles", title=one, text="Sözler")["id"] for one in ("Sular", "Yollar"))
    page = at_work(desk, "/articles", "lead")
    title, words = page.get_by_label("Başlık", exact=True), page.get_by_label("Metin", exact=True)

    def look(article: int, name: str) -> None:
        page.locator(f"[data-article='{article}']").click()
        expect(title).to_have_value(name)

    look(mine, "Sular")
    words.fill("Bir")
    held = first_held(page, f"**/api/v1/articles/{mine}")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    sent(page, held)
    look(other, "Yollar")
    look(mine, "Sular")
    expect(words).to_have_value("Bir")
    words.fill("Bir iki")
    answers(page, held)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Kaydedildi")
    look(other, "Yollar")
    look(mine, "Sular")
    expect(words).to_have_value("Bir iki")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    until("both are saved", lambda: desk.stack.get(f"articles/{mine}")["version"] == 3, 60)


def test_another_new_article_is_begun_once_the_one_before_is_saved(desk: Desk) -> None:
    """What is written of the second would be taken for words of the first."""
    other = ask(desk, "POST", "/articles", title="Parklar", text="Sözler")["id"]
    page = at_work(desk, "/articles", "lead")
    title, words = page.get_by_label("Başlık", exact=True), page.get_by_label("Metin", exact=True)
    title.fill("Köprüler")
    words.fill("Bir")
    held = first_held(page, "**/api/v1/articles")
    page.get_by_role("button", name="Kaydet", exact=True).click()
    sent(page, held)
    page.locator(f"[data-article='{other}']").click()
    expect(title).to_have_value("Parklar")
    new = page.get_by_role("button", name=re.compile("^Yeni bilgi"))
    expect(new).to_be_disabled()
    answers(page, held)
    expect(new).to_be_enabled()
    new.click()
    expect(title).to_have_value("")


# --- the administrator


def test_a_password_that_comes_late_closes_the_form_of_nobody_else(desk: Desk) -> None:
    page = admin(desk, "people")
    held: list[Route] = []
    page.route("**/api/v1/people/analyst/password", lambda route: held.append(route))
    press_key(page, page.get_by_role("button", name="Değiştir: analyst"))
    press_key(page, page.get_by_role("dialog").get_by_role("button", name="Yeni parola ver"))
    sent(page, held)
    page.keyboard.press("Escape")
    press_key(page, page.get_by_role("button", name="Değiştir: inbox"))
    name = page.get_by_role("dialog", name="Değiştir: inbox").get_by_label("Ad", exact=True)
    write(page, name, "Yeni ad")
    held[0].fulfill(json={"user": "analyst", "password": "uzun-bir-parola"})
    shown = page.get_by_role("dialog", name="analyst için parola")
    expect(shown).to_contain_text("uzun-bir-parola")
    press_key(page, shown.get_by_role("button", name="Kapat"))
    expect(name).to_have_value("Yeni ad")


def test_a_person_who_is_changed_late_closes_the_form_of_nobody_else(desk: Desk) -> None:
    page = admin(desk, "people")
    (analyst,) = (one for one in desk.stack.get("people") if one["user"] == "analyst")
    held: list[Route] = []
    page.route("**/api/v1/people/analyst", lambda route: held.append(route))
    press_key(page, page.get_by_role("button", name="Değiştir: analyst"))
    press_key(page, page.get_by_role("dialog").get_by_role("button", name="Kaydet"))
    sent(page, held)
    page.keyboard.press("Escape")
    press_key(page, page.get_by_role("button", name="Değiştir: inbox"))
    name = page.get_by_role("dialog", name="Değiştir: inbox").get_by_label("Ad", exact=True)
    write(page, name, "Yeni ad")
    held[0].fulfill(json=analyst)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("analyst")
    expect(name).to_have_value("Yeni ad")


def test_a_sheet_that_comes_late_closes_the_question_about_no_other_agent(desk: Desk) -> None:
    page = admin(desk, "agents")
    agents = page.get_by_role("button", name=re.compile("100[12] ·"))
    ask_for, make = page.get_by_role("button", name="Telefon sayfası bas"), "Yeni parola ve PIN ver"
    press_key(page, agents.nth(0))
    press_key(page, ask_for)
    held = first_held(page, "**/api/v1/config/agents/*/telephone")
    press_key(page, page.get_by_role("dialog").get_by_role("button", name=make))
    sent(page, held)
    page.keyboard.press("Escape")
    press_key(page, agents.nth(1))
    press_key(page, ask_for)
    expect(page.get_by_role("dialog")).to_be_visible()
    answers(page, held)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("hat yeni kurallarla çalışıyor")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_what_is_looked_at_is_what_will_be_saved_and_what_is_changed_since_stays(desk: Desk) -> None:
    page = admin(desk, "files/topics")
    text, dialog = page.locator("textarea"), page.get_by_role("dialog")
    expect(text).not_to_have_value("")
    press_key(page, text, "End")
    page.keyboard.type(" # Bir")
    held = first_held(page, "**/api/v1/config/topics/check")
    press_key(page, page.get_by_role("button", name="Değişikliği gör"))
    sent(page, held)
    press_key(page, text, "End")
    page.keyboard.type(" # İki")
    answers(page, held)
    expect(dialog).to_contain_text("# Bir # İki")
    held = first_held(page, "**/api/v1/config/topics")
    press_key(page, dialog.get_by_role("button", name="Kaydet"))
    sent(page, held)
    page.keyboard.press("Escape")
    press_key(page, text, "End")
    page.keyboard.type(" # Üç")
    answers(page, held)
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("hat yeni kurallarla çalışıyor")
    expect(text).to_be_focused()
    expect(text).to_have_value(re.compile("# Bir # İki # Üç"))
    expect(page.get_by_text(re.compile("değişiklik kaydedilmedi$"))).to_be_visible()
