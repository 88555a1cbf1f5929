"""What somebody has written at a unit's desk or in the inbox and not sent yet, or could not send: on a telephone that
closes the page without asking, in a cellar without a network, while somebody else changes the same."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import first_held
from tests.browser.conftest import Desk
from tests.browser.inbox_tasks import heard, low_score
from tests.browser.keyboard import choose
from tests.browser.keyboard import press as key_on
from tests.browser.requests import TELEPHONE, at_work, move, opened, photo, press, row, steps, ticket
from tests.browser.test_accessibility import each_look

TOWN = ZoneInfo("Europe/Istanbul")
SLOW_STORE = """
const open = indexedDB.open.bind(indexedDB);
indexedDB.open = (...all) => {
  if (all[0] !== "cozum") return open(...all);
  const asked = {};
  globalThis.openStore = () => {
    const real = open(...all);
    Object.defineProperty(asked, "result", { get: () => real.result });
    for (const name of ["onupgradeneeded", "onsuccess"]) real[name] = asked[name];
  };
  return asked;
};
"""
"""Has the browser open the store of what the page writes when the test says so: a full or slow disk takes its time."""


def kept(page: Page, what: str) -> Any:
    """What lies in the browser's store: of each form's `words` this, in JavaScript."""
    return page.evaluate(
        f"""new Promise((done) => {{
          const open = indexedDB.open('cozum-begun');
          open.onsuccess = () => {{
            const all = open.result.transaction('writes').objectStore('writes').getAll();
            all.onsuccess = () => {{ open.result.close(); done(all.result.map(({{ words }}) => {what})); }};
          }};
        }})"""
    )


def test_words_and_photo_outlive_a_page_that_a_telephone_closes(desk: Desk) -> None:
    """As it does when the camera opens and memory is short."""
    number = opened(desk, topic="yol_cukuru")
    page = at_work(desk, f"/unit#{number}", "fen", **TELEPHONE)
    page.locator("[data-action=accept]").click()
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    page.locator("[data-action=resolve]").click()
    page.get_by_label("Vatandaşa söylenecek").fill("Çukur kapatıldı.")
    page.locator("input[type=file]").last.set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo(400, 300)}
    )
    expect(page.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    until("it lies in the browser's store", lambda: kept(page, "words.photos.length") == [1], 60)
    after = page.context.new_page()
    page.close()
    after.goto(f"{desk.url}/unit#{number}")
    resolve = after.locator("[data-action=resolve]")
    expect(resolve).to_contain_text("(yarım)")
    resolve.click()
    expect(after.get_by_label("Vatandaşa söylenecek")).to_have_value("Çukur kapatıldı.")
    expect(after.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    after.get_by_role("button", name="Çözüldü olarak kaydet", exact=True).click()
    expect(after.locator("article [data-state=resolved]")).to_be_visible()
    found = ticket(desk, number)
    assert (found["words"], [one["about"] for one in found["files"]]) == ("Çukur kapatıldı.", ["work"])
    until("nothing is left of it", lambda: kept(after, "words.photos.length") == [], 60)


def test_a_request_on_paper_outlives_a_page_that_is_closed(desk: Desk) -> None:
    """It is found in the next one, and thrown away there: nobody is asked about it any more."""
    came = f"{datetime.now(TOWN) - timedelta(days=9):%Y-%m-%d}"
    page = at_work(desk, "/inbox", "inbox")
    page.keyboard.press("Alt+e")
    form = page.get_by_role("dialog", name="Yazılı başvuru")
    form.get_by_label("Tür", exact=True).select_option("cimer")
    form.get_by_label("Ne istiyor?").fill("Sokağımıza asfalt")
    form.get_by_label("Geldiği gün").fill(came)
    until("it lies in the browser's store", lambda: kept(page, "words.paper?.received") == [came], 60)
    after = page.context.new_page()
    page.close()
    after.goto(f"{desk.url}/inbox")
    begin = after.get_by_role("button", name="Yazılı başvuru gir")
    form = after.get_by_role("dialog", name="Yazılı başvuru")
    expect(begin).to_contain_text("(yarım)")
    after.keyboard.press("Alt+e")
    expect(form.get_by_label("Ne istiyor?")).to_have_value("Sokağımıza asfalt")
    expect(form.get_by_label("Geldiği gün")).to_have_value(came)
    expect(form.get_by_label("Tür", exact=True)).to_have_value("cimer")
    form.get_by_role("button", name="Yazılanı sil").click()
    expect(form.get_by_label("Ne istiyor?")).to_have_value("")
    form.get_by_role("button", name="Sonra devam et").click()
    expect(begin).not_to_contain_text("(yarım)")
    until("nothing is left of it", lambda: kept(after, "words.paper") == [], 60)
    after.get_by_role("button", name="Çıkış yap").click()
    after.wait_for_url(f"{desk.url}/")


def test_what_is_done_before_the_browser_has_opened_its_store_waits_for_that(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen", before=lambda page: page.add_init_script(SLOW_STORE))
    press(page, "accept")
    page.evaluate("openStore()")
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    assert steps(desk, number, "fen") == ["accept"]


def test_what_somebody_else_has_changed_is_shown_and_the_words_are_kept(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    press(page, "ask")
    page.get_by_label("Vatandaşa soru").fill("Kaç numaralı bina?")
    move(desk, number, "accepted", note="Ekip yarın gidecek")
    page.get_by_role("button", name="Soruyu gönder", exact=True).click()
    changed = page.get_by_role("alert").filter(has_text="Siz yazarken bu başvuru değişti")
    expect(changed).to_contain_text("Kabul edildi")
    expect(changed).to_contain_text("Ekip yarın gidecek")
    expect(page.get_by_label("Vatandaşa soru")).to_have_value("Kaç numaralı bina?")
    assert ticket(desk, number)["state"] == "accepted"
    assert each_look(page) == []
    key_on(page, page.get_by_role("button", name="Yine de gönder"))
    expect(page.locator("article [data-state=waiting_citizen]")).to_be_visible()
    assert steps(desk, number, "fen") == ["ask"]


def test_what_cannot_be_any_more_says_why_and_keeps_the_words(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    press(page, "extension")
    page.get_by_label("Kaç gün").fill("999")
    page.get_by_label("Neden").fill("Yağmur")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Kabul edilmedi: Girilen bilgi kabul edilmiyor.")).to_be_visible()
    expect(page.locator("small[lang=en]").filter(has_text="days")).to_be_visible()
    expect(page.get_by_label("Neden")).to_have_value("Yağmur")
    page.get_by_label("Kaç gün").fill("5")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".history")).to_contain_text("Ek süre verildi")
    key_on(page, page.locator("summary").filter(has_text="Bu tarihe nasıl varıldı?"))
    expect(page.locator("details li").first).to_be_visible()
    assert each_look(page) == []
    how = page.locator("details ol").inner_text()
    assert re.search(r"\b\d{1,2} (Oca|Şub|Mar|Nis|May|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara) \d{4}\b", how), how
    assert not re.search(r"\d\.\d\d\.\d{4}", how), how


def test_in_a_cellar_writes_wait_and_are_sent_in_order_when_the_network_is_back(desk: Desk) -> None:
    number, other = opened(desk), opened(desk, district="zafer")
    page = at_work(desk, f"/unit#{number}", "fen", **TELEPHONE)
    expect(page.locator("article")).to_be_visible()
    expect(row(page, number)).to_be_attached()
    expect(page.locator("[data-away=false]")).to_contain_text("Bağlı")
    page.context.set_offline(True)
    press(page, "accept")
    expect(page.get_by_text("Bağlantı yok. Yazdığınız bu cihazda duruyor")).to_be_visible()
    press(page, "begin")  # what follows from what waits
    press(page, "resolve")
    page.get_by_label("Vatandaşa söylenecek").fill("Asfaltlandı.")
    page.locator("input[type=file]").last.set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo(400, 300)}
    )
    expect(page.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    page.get_by_role("button", name="Çözüldü olarak kaydet", exact=True).click()
    expect(page.locator("[data-waiting='4']")).to_be_visible()
    expect(page.locator("[data-standing=waiting]")).to_have_count(4)
    expect(page.locator("[data-away=true]")).to_contain_text("Bağlantı yok")
    page.get_by_role("button", name="Listeye dön").click()
    expect(row(page, number)).to_contain_text("bekleyen işlem var")
    row(page, other).click()
    expect(page.locator("article .number")).to_have_text(other)
    expect(page.locator("article")).to_contain_text("yalnız listedeki bilgiler")
    expect(page.locator("article .place")).to_contain_text("Zafer")
    assert ticket(desk, number)["state"] == "assigned"
    page.context.set_offline(False)
    expect(page.locator("[data-waiting]")).to_have_count(0)
    until("all has arrived", lambda: ticket(desk, number)["state"] == "resolved", 60)
    assert steps(desk, number, "fen") == ["accept", "begin", "file", "resolve"]


def test_what_waits_outlives_a_reload_and_a_change_by_somebody_else_is_settled_by_its_author(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator("article")).to_be_visible()
    page.route("**/moves", lambda route: route.abort())
    press(page, "refuse")
    page.get_by_label("Vatandaşa söylenecek").fill("Bütçe yok.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-standing=waiting]")).to_be_visible()
    page.reload()
    expect(page.locator("[data-standing=waiting]")).to_contain_text("Bütçe yok.")
    move(desk, number, "in_progress", note="Bütçe bulundu")
    page.unroute("**/moves")
    page.get_by_role("button", name="Yenile").click()
    stopped = page.locator("[data-standing=conflict]")
    expect(stopped).to_contain_text("Bütçe bulundu")
    expect(stopped).to_contain_text("Bütçe yok.")
    assert ticket(desk, number)["state"] == "in_progress"
    assert each_look(page) == []
    key_on(page, stopped.get_by_role("button", name="Düzenle"))
    words = page.get_by_label("Vatandaşa söylenecek")
    expect(words).to_have_value("Bütçe yok.")
    page.keyboard.press("Escape")  # it is written nowhere else any more
    press(page, "refuse")
    expect(words).to_have_value("Bütçe yok.")
    words.fill("Bu yıl yapılamıyor.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article [data-state=refused]")).to_be_visible()
    assert (ticket(desk, number)["words"], steps(desk, number, "fen")) == ("Bu yıl yapılamıyor.", ["refuse"])
    kept = page.evaluate(
        "new Promise((done) => { const open = indexedDB.open('cozum'); open.onsuccess = () => {"
        "const all = open.result.transaction('writes').objectStore('writes').getAll();"
        "all.onsuccess = () => done(all.result.length); }; })"
    )
    assert kept == 0


def test_what_was_stopped_is_read_by_its_author_also_if_the_request_is_another_units_by_now(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator("article")).to_be_visible()
    page.route("**/notes", lambda route: route.abort())
    press(page, "note")
    page.get_by_label("Not (vatandaş görmez)").fill("Kapak kırık, yarın yine bakılacak")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-standing=waiting]")).to_be_visible()
    page.evaluate("location.hash = ''")
    expect(page.locator("article")).to_have_count(0)
    move(desk, number, "assigned", unit="zabita", note="onların")
    page.unroute("**/notes")
    page.reload()
    told = page.get_by_role("link", name=f"{number}: gönderilemedi")
    expect(told).to_be_visible()
    assert each_look(page) == []
    key_on(page, told)
    expect(page.get_by_text("Bu başvuru sizin biriminizde değil.")).to_be_visible()
    stopped = page.locator(".open [role=alert][data-standing]")
    expect(stopped).to_contain_text("Kapak kırık, yarın yine bakılacak")
    expect(stopped).to_contain_text("Siz yazarken bu başvuru değişti")
    assert each_look(page) == []
    key_on(page, stopped.get_by_role("button", name="Sil"))
    expect(told).to_have_count(0)
    expect(stopped).to_have_count(0)


def test_a_page_that_came_without_tls_from_another_machine_sends_what_is_done_there(desk: Desk) -> None:
    """A browser makes no random names there, as it gives no microphone."""
    number = opened(desk)
    none = "delete Crypto.prototype.randomUUID"
    page = at_work(desk, f"/unit#{number}", "fen", before=lambda page: page.add_init_script(none))
    press(page, "accept")
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    assert steps(desk, number, "fen") == ["accept"]


def test_what_is_half_written_is_there_again_with_its_request_and_action(desk: Desk) -> None:
    number, other = opened(desk, topic="yol_cukuru"), opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    shown = page.locator("article .number")
    words, note = page.get_by_label("Vatandaşa söylenecek"), page.get_by_label("Not (vatandaş görmez)")
    press(page, "accept")
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    press(page, "resolve")
    words.fill("Çukur kapatıldı.")
    chosen = page.locator("input[type=file][multiple]")
    chosen.set_input_files({"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    page.keyboard.press("Alt+n")
    note.fill("Ekip yolda")
    row(page, other).click()
    expect(shown).to_have_text(other)
    page.keyboard.press("Alt+n")
    expect(note).to_have_value("")
    row(page, number).click()
    expect(shown).to_have_text(number)
    press(page, "resolve")
    expect(words).to_have_value("Çukur kapatıldı.")
    expect(page.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    assert each_look(page) == []
    words.press("Control+Enter")
    expect(page.locator("article [data-state=resolved]")).to_be_visible()
    expect(page.locator("[data-action=note]")).to_contain_text("yarım")
    key_on(page, page.get_by_role("button", name="Çıkış yap"))
    expect(page.get_by_role("dialog")).to_contain_text("Göndermediğiniz yazılar var: 1")
    key_on(page, page.get_by_role("button", name="Çık ve sil"))
    expect(page.locator("[name=password]")).to_be_visible()


def test_whoever_signs_out_is_asked_about_what_was_not_sent_and_leaves_nothing(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator("article")).to_be_visible()
    page.route("**/notes", lambda route: route.abort())
    press(page, "note")
    page.get_by_label("Not (vatandaş görmez)").fill("gizli bir not")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-standing=waiting]")).to_be_visible()
    key_on(page, page.get_by_role("button", name="Çıkış yap"))
    expect(page.get_by_role("dialog")).to_be_visible()
    assert each_look(page) == []
    key_on(page, page.get_by_role("button", name="Kal"))
    expect(page.locator("[data-standing=waiting]")).to_be_visible()
    key_on(page, page.get_by_role("button", name="Çıkış yap"))
    key_on(page, page.get_by_role("button", name="Çık ve sil"))
    expect(page.locator("[name=password]")).to_be_visible()
    page.unroute("**/notes")
    again = at_work(desk, "/unit", "fen")
    expect(row(again, number)).to_be_visible()
    assert steps(desk, number, "fen") == []


def test_whoever_cannot_sign_out_keeps_what_was_not_sent(desk: Desk) -> None:
    """In a cellar: the desk does not answer, and the words that were to be deleted are still wanted."""
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator("article")).to_be_visible()
    page.route("**/notes", lambda route: route.abort())
    press(page, "note")
    page.get_by_label("Not (vatandaş görmez)").fill("merdivende su var")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-standing=waiting]")).to_be_visible()
    press(page, "ask")
    page.get_by_label("Vatandaşa soru").fill("Kaç numara?")
    page.route("**/api/v1/session", lambda route: route.abort())
    key_on(page, page.get_by_role("button", name="Çıkış yap"))
    key_on(page, page.get_by_role("button", name="Çık ve sil"))
    expect(page.get_by_role("region", name="Bildirimler", exact=True)).to_contain_text(
        "Çıkış yapılamadı, oturumunuz açık."
    )
    expect(page.locator("[data-standing=waiting]")).to_be_visible()
    expect(page.get_by_label("Vatandaşa soru")).to_have_value("Kaç numara?")
    page.unroute("**/api/v1/session")
    page.unroute("**/notes")
    until("the note arrives", lambda: steps(desk, number, "fen") == ["note"], 60)
    key_on(page, page.get_by_role("button", name="Çıkış yap"))
    key_on(page, page.get_by_role("button", name="Çık ve sil"))
    expect(page.locator("[name=password]")).to_be_visible()
    until("nothing is left of it", lambda: kept(page, "1") == [], 60)


def test_a_session_that_has_ended_keeps_the_words_and_goes_on_after_signing_in(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    press(page, "note")
    page.get_by_label("Not (vatandaş görmez)").fill("Ekip yolda")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Oturum bitti.")
    assert each_look(page) == []
    dialog.locator("[name=user]").fill("fen")
    dialog.locator("[name=password]").fill("demo-fen")
    page.keyboard.press("Enter")
    expect(page.locator(".history")).to_contain_text("Ekip yolda")
    assert steps(desk, number, "fen") == ["note"]


def test_a_message_that_is_half_written_down_is_there_again(desk: Desk) -> None:
    _, task = heard(desk)
    _, other = low_score(desk)
    page = at_work(desk, f"/inbox#{task}", "inbox")
    said, note = page.get_by_label("Mesajda ne deniyor?"), page.get_by_label("Ne yapıldı?")
    said.fill("Işık Sokak'ta")
    choose(page, page.get_by_label("Konu", exact=True), "asfalt_talebi")
    row(page, other).click()
    expect(said).to_have_count(0)
    note.fill("Aradım")
    row(page, task).click()
    expect(said).to_have_value("Işık Sokak'ta")
    expect(page.get_by_label("Konu", exact=True)).to_have_value("asfalt_talebi")
    expect(note).to_have_value("")
    row(page, other).click()
    expect(note).to_have_value("Aradım")


def test_a_text_to_a_citizen_is_kept_until_it_is_sent_and_is_sent_as_one(desk: Desk) -> None:
    number, task = low_score(desk)
    _, other = low_score(desk)
    page = at_work(desk, f"/inbox#{other}", "inbox")
    keys: list[str] = []

    def reached(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "takes_texts": True})

    def sent(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fulfill(status=[502, 422, 200][len(keys) - 1], json={"detail": "words: not now", "key": "words"})

    page.route(re.compile(rf"/api/v1/tickets/{number}$"), reached)
    page.route(re.compile(rf"/api/v1/tickets/{number}/text$"), sent)
    row(page, task).click()
    page.get_by_role("button", name="Vatandaşa mesaj yaz").click()
    words, send = page.get_by_label("Vatandaşa mesaj"), page.get_by_role("button", name="Mesajı gönder")
    expect(words).to_be_focused()
    page.get_by_role("button", name="Şimdi değil").click()
    begin = page.get_by_role("button", name="Vatandaşa mesaj yaz")
    expect(begin).to_be_focused()
    begin.click()
    words.fill("Yarın geliyoruz")
    row(page, other).click()
    expect(words).to_have_count(0)
    row(page, task).click()
    expect(words).to_have_value("Yarın geliyoruz")
    page.get_by_role("button", name="Çıkış yap").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 başvuru ya da iş")
    page.get_by_role("button", name="Kal", exact=True).click()
    for tries in (1, 2, 3):
        with page.expect_response(re.compile("/text$")):
            send.click()
        assert len(keys) == tries
        if tries < 3:
            expect(send).to_be_enabled()
            expect(words).to_have_value("Yarın geliyoruz")
    expect(words).to_have_count(0)
    expect(begin).to_be_focused()
    assert keys[0] == keys[1] != keys[2], "of a 502 nobody knows whether the message was made; a refused one was not"
    page.get_by_role("button", name="Çıkış yap").click()
    page.wait_for_url(f"{desk.url}/")


def test_proposals_that_come_when_their_request_is_not_shown_any_more_are_nobodys(desk: Desk) -> None:
    """Nothing breaks in the page."""
    _, number = (opened(desk, topic="rogar_kapagi", district="asik_veysel") for _ in range(2))
    page = at_work(desk, f"/inbox#{number}", "inbox")
    held = first_held(page, "**/api/v1/tickets/duplicates?*")
    press(page, "join")
    until("proposals are asked for", lambda: page.evaluate("1") and held, 60)
    page.evaluate("location.hash = ''")
    expect(page.locator("article")).to_have_count(0)
    with page.expect_response("**/api/v1/tickets/duplicates?*") as answer:
        held[0].continue_()
    assert answer.value.json(), "there is something to propose"
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
