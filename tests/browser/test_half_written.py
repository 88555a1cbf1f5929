"""What somebody has begun to write at a unit's desk, on a telephone that closes the page without asking."""

from playwright.sync_api import expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.requests import TELEPHONE, at_work, opened, photo, ticket

KEPT = """new Promise((done) => {
  const open = indexedDB.open('cozum-begun');
  open.onsuccess = () => {
    const all = open.result.transaction('writes').objectStore('writes').getAll();
    all.onsuccess = () => { open.result.close(); done(all.result.map((one) => one.words.photos.length)); };
  };
})"""
"""The number of photos of each form that lies in the browser's store."""


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
    until("it lies in the browser's store", lambda: page.evaluate(KEPT) == [1], 30)
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
    until("nothing is left of it", lambda: after.evaluate(KEPT) == [], 30)
