"""What somebody has begun to write at a unit's desk, on a telephone that closes the page without asking."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.requests import TELEPHONE, at_work, opened, photo, ticket

TOWN = ZoneInfo("Europe/Istanbul")


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
    until("it lies in the browser's store", lambda: kept(page, "words.photos.length") == [1], 30)
    after = page.context.new_page()
    page.close()
    after.goto(f"{desk.url}/unit#{number}")
    resolve = after.locator("[data-action=resolve]")
    expect(resolve).to_contain_text("(yarım)")
    resolve.click()
    expect(after.get_by_label("Vatandaşa söylenecek")).to_have_value("Çukur kapatıldı.")
    expect(after.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    after.get_by_role("button", name="Gönder", exact=True).click()
    expect(after.locator("article [data-state=resolved]")).to_be_visible()
    found = ticket(desk, number)
    assert (found["words"], [one["about"] for one in found["files"]]) == ("Çukur kapatıldı.", ["work"])
    until("nothing is left of it", lambda: kept(after, "words.photos.length") == [], 30)


def test_a_request_on_paper_outlives_a_page_that_is_closed(desk: Desk) -> None:
    """It is found in the next one, and thrown away there: nobody is asked about it any more."""
    came = f"{datetime.now(TOWN) - timedelta(days=9):%Y-%m-%d}"
    page = at_work(desk, "/inbox", "inbox")
    page.keyboard.press("Alt+e")
    form = page.get_by_role("dialog", name="Yazılı başvuru")
    form.get_by_label("Tür", exact=True).select_option("cimer")
    form.get_by_label("Ne istiyor?").fill("Sokağımıza asfalt")
    form.get_by_label("Geldiği gün").fill(came)
    until("it lies in the browser's store", lambda: kept(page, "words.paper?.received") == [came], 30)
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
    until("nothing is left of it", lambda: kept(after, "words.paper") == [], 30)
    after.get_by_role("button", name="Çıkış yap").click()
    after.wait_for_url(f"{desk.url}/")
