"""A unit's desk that is opened where there is no network: in a cellar, after the phone has closed the page."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.forwarder import Forwarder
from tests.browser.releases import Releases
from tests.browser.requests import TELEPHONE, at_work, move, opened, photo, row, steps, ticket
from tests.browser.test_accessibility import each_look

KEPT = """() => new Promise((done, failed) => {
  const open = indexedDB.open("cozum-kept", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("writes", { keyPath: "key" });
  open.onerror = () => failed(open.error);
  open.onsuccess = () => {
    const all = open.result.transaction("writes").objectStore("writes").getAll();
    all.onsuccess = () => { open.result.close(); done(all.result); };
  };
})"""
"""All that the browser keeps of what a unit's page shows."""
AGED = """(hours) => new Promise((done, failed) => {
  const open = indexedDB.open("cozum-kept", 1);
  open.onerror = () => failed(open.error);
  open.onsuccess = () => {
    const store = open.result.transaction("writes", "readwrite").objectStore("writes");
    const all = store.getAll();
    all.onsuccess = () => {
      for (const one of all.result) store.put({ ...one, at: one.at - hours * 3_600_000 });
      store.transaction.oncomplete = () => { open.result.close(); done(); };
    };
  };
})"""
LISTED = re.compile(r"/api/v1/tickets\?")
SEEN = "SELECT about FROM audit WHERE who = 'fen' AND action = 'ticket_seen' AND about IN (?, ?)"
"""Which of two requests the person has read."""
SHELLS = "async () => (await caches.keys()).filter((name) => name.startsWith('cozum-shell:'))"


def kept(page: Page) -> dict[str, Any]:
    """What is kept, by its key."""
    return {one["key"]: one for one in page.evaluate(KEPT)}


def listed(page: Page) -> list[str]:
    """The requests of the list that is kept."""
    found = kept(page)
    return [one["number"] for one in found["list"]["value"]] if "list" in found else []


def await_kept(page: Page, *numbers: str) -> None:
    """Wait until the browser can open the page without a network, and has a list with these in it."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until("the page is kept", lambda: len(page.evaluate(SHELLS)) == 1, 60)
    until("the list is kept", lambda: "list" in kept(page) and set(numbers) <= set(listed(page)), 60)


def waits(page: Page, count: int) -> None:
    """So many writes wait to be sent, and the page says so."""
    expect(page.locator(f"[data-waiting='{count}']" if count else "main[data-open]")).to_be_visible()
    expect(page.locator("[data-waiting]")).to_have_count(1 if count else 0)


def resolve(page: Page, words: str) -> None:
    """Accept the open request and resolve it, with a photo."""
    page.locator("[data-action=accept]").click()
    page.locator("[data-action=resolve]").click()
    page.get_by_label("Vatandaşa söylenecek").fill(words)
    page.locator("input[type=file]").last.set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo(400, 300)}
    )
    expect(page.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    page.get_by_role("button", name="Çözüldü olarak kaydet", exact=True).click()


def sign_in(page: Page, user: str) -> None:
    """At the form that the page shows."""
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").fill(f"demo-{user}")
    page.keyboard.press("Enter")


def test_a_page_opens_without_a_network_and_what_is_done_there_is_sent_once_in_order(desk: Desk) -> None:
    number = opened(desk, topic="yol_cukuru", text="Okulun önünde çukur", address="Cami Sokak 3")
    other = opened(desk, district="zafer", address="Okul Caddesi 8")
    page = at_work(desk, "/unit", "fen", **TELEPHONE)
    await_kept(page, number, other)
    page.context.set_offline(True)
    page.reload()
    expect(row(page, number)).to_contain_text("Okulun önünde çukur")
    expect(page.locator("[data-away=true]")).to_contain_text("Bağlantı yok · kesildi")
    expect(page.get_by_text("bağlantı gelince yenilenir")).to_be_visible()
    page.get_by_label("Ara", exact=True).fill("CAMİ")
    expect(row(page, other)).to_have_count(0)
    assert each_look(page) == []
    row(page, number).click()
    expect(page.get_by_role("heading", name="Yolda çukur")).to_be_focused()
    expect(page.locator("article")).to_contain_text("yalnız listedeki bilgiler")
    expect(page.locator("article .place")).to_contain_text("Cami Sokak 3")
    expect(page.locator("article blockquote").first).to_have_text("Okulun önünde çukur")
    expect(page.get_by_role("heading", name="Geçmiş")).to_have_count(0)
    resolve(page, "Çukur kapatıldı.")
    waits(page, 3)
    assert each_look(page) == []
    page.reload()
    waits(page, 3)
    expect(page.locator("[data-standing=waiting]")).to_have_count(3)
    assert ticket(desk, number)["state"] == "assigned"
    assert desk.stack.rows(SEEN, number, other) == [], "nothing was read ahead of time"
    page.context.set_offline(False)
    until("all has arrived", lambda: ticket(desk, number)["state"] == "resolved", 60)
    waits(page, 0)
    expect(page.locator("[data-away=false]")).to_contain_text("Bağlı")
    expect(page.get_by_role("heading", name="Geçmiş")).to_be_visible()
    assert (steps(desk, number, "fen"), ticket(desk, number)["words"]) == (
        ["accept", "file", "resolve"], "Çukur kapatıldı.",
    )  # fmt: skip


def test_a_request_that_was_opened_has_its_history_without_a_network(desk: Desk) -> None:
    number = opened(desk)
    move(desk, number, "accepted", note="Ekip yarın gidecek")
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator(".history")).to_contain_text("Ekip yarın gidecek")
    await_kept(page, number)
    until("it is kept", lambda: f"read {number}" in kept(page), 60)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator(".history")).to_contain_text("Ekip yarın gidecek")
    expect(page.locator("article")).not_to_contain_text("yalnız listedeki bilgiler")


def test_another_person_sees_and_sends_nothing_of_it_and_its_author_sends_it(desk: Desk) -> None:
    number = opened(desk, text="Yalnız fen işlerinin")
    page = at_work(desk, "/unit", "fen")
    await_kept(page, number)
    page.context.set_offline(True)
    page.reload()
    row(page, number).click()
    page.locator("[data-action=accept]").click()
    waits(page, 1)
    page.context.clear_cookies()  # the session has ended meanwhile
    page.context.set_offline(False)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Oturum bitti.")
    until("it is destroyed", lambda: "list" not in kept(page), 60)
    with page.expect_navigation():
        sign_in(page, "admin")
    page.goto(f"{desk.url}/unit#{number}")
    expect(page.locator("article .number")).to_have_text(number)
    with page.expect_response(LISTED):
        page.get_by_role("button", name="Yenile").click()
    waits(page, 0)
    expect(page.locator("[data-standing]")).to_have_count(0)
    page.reload()
    expect(page.locator("article .number")).to_have_text(number)
    assert kept(page) == {}
    assert ticket(desk, number)["state"] == "assigned"
    page.get_by_role("button", name="Çıkış yap").click()
    expect(page.locator("[name=user]")).to_be_visible()
    page.goto(f"{desk.url}/unit")
    sign_in(page, "fen")
    until("it is sent", lambda: ticket(desk, number)["state"] == "accepted", 60)
    assert steps(desk, number, "fen") == ["accept"]
    assert steps(desk, number, "admin") == []


def test_what_another_tab_shows_is_not_kept_for_whoever_signed_in_after_it(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, "/unit", "fen")
    await_kept(page, number)
    second = page.context.new_page()
    page.context.clear_cookies()
    second.goto(f"{desk.url}/")
    sign_in(second, "admin")
    expect(second.get_by_role("heading", name="Yönetim").first).to_be_visible()
    until("it is destroyed", lambda: kept(second) == {}, 60)
    page.get_by_role("button", name="Yenile").dispatch_event("click")  # it may have asked by itself
    expect(page.get_by_role("dialog")).to_contain_text("Oturum bitti.")
    assert kept(second) == {}


def test_what_is_kept_is_masked_as_the_unit_sees_it_and_for_twelve_hours_alone(desk: Desk) -> None:
    number = opened(desk, topic="hayvana_eziyet", name="Gizli Kişi")
    move(desk, number, "assigned", unit="fen_isleri", note="onların")
    shown = opened(desk)
    page = at_work(desk, f"/unit#{shown}", "fen")
    page.get_by_role("button", name="Numarayı göster").click()
    expect(page.get_by_role("link", name="+905321112233")).to_be_visible()
    page.get_by_role("button", name="Yenile").click()
    await_kept(page, number, shown)
    until("it is kept", lambda: f"read {shown}" in kept(page), 60)
    everything = str(page.evaluate(KEPT))
    csrf = page.evaluate("fetch('/api/v1/session').then((one) => one.json()).then((one) => one.csrf)")
    for secret in ("Gizli Kişi", "5321112233", csrf):
        assert secret not in everything
    page.context.set_offline(True)
    page.goto(f"{desk.url}/unit#{number}")
    page.reload()
    expect(page.get_by_text("Bildiren gizli")).to_be_visible()
    page.evaluate(AGED, 13)
    page.reload()
    expect(page.get_by_text("Bu cihazda gösterilecek bir liste de yok")).to_be_visible()
    expect(row(page, shown)).to_have_count(0)
    assert each_look(page) == []
    until("it is destroyed", lambda: kept(page) == {}, 60)


def test_an_administrators_list_is_not_kept(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, "/unit", "admin")
    expect(row(page, number)).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    with page.expect_response(LISTED):
        page.get_by_role("button", name="Yenile").click()
    expect(row(page, number)).to_be_visible()
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_text("Bu cihazda gösterilecek bir liste de yok")).to_be_visible()
    assert kept(page) == {}


def test_no_other_page_opens_without_a_network(desk: Desk) -> None:
    page = at_work(desk, "/unit", "fen")
    await_kept(page)
    names = page.evaluate(
        f"({SHELLS})().then(async ([name]) => (await (await caches.open(name)).keys()).map((one) => one.url))"
    )
    assert f"{desk.url}/unit" in names
    assert all(name == f"{desk.url}/unit" or name.startswith(f"{desk.url}/assets/") for name in names)
    page.context.set_offline(True)
    for path in ("/", "/desk", "/lead", "/admin", "/inbox", "/units"):
        other = page.context.new_page()  # one that shows an error goes there a moment later, over what is opened next
        with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
            other.goto(f"{desk.url}{path}")
    other = page.context.new_page()
    other.goto(f"{desk.url}/unit")
    expect(other.locator("main[data-open]")).to_be_visible()


def test_a_network_that_hangs_is_waited_for_three_seconds(desk: Desk) -> None:
    number = opened(desk, text="Bodrumda su")
    with Forwarder(int(desk.url.rpartition(":")[2])) as network:
        url = f"http://127.0.0.1:{network.port}"
        desk.others = (url,)
        page = at_work(desk, "/unit", "fen")
        page.goto(f"{url}/unit")
        expect(row(page, number)).to_be_visible()
        await_kept(page, number)
        network.cut()
        began = time.monotonic()
        page.reload(wait_until="commit")
        expect(row(page, number)).to_contain_text("Bodrumda su")
        assert time.monotonic() - began > 2.5
        network.mend()
        expect(page.locator("[data-away=false]")).to_contain_text("Bağlı")


def test_a_new_release_takes_the_place_of_the_page_that_was_kept(desk: Desk) -> None:
    number = opened(desk)
    with Releases(desk.url) as proxy:
        desk.others = (proxy.url,)
        page = at_work(desk, "/unit", "fen")
        page.goto(f"{proxy.url}/unit")
        await_kept(page, number)
        (before,) = page.evaluate(SHELLS)
        proxy.release()
        proxy.away = True
        page.reload()
        row(page, number).click()
        page.locator("[data-action=accept]").click()
        waits(page, 1)
        proxy.hands_out.clear()
        proxy.away = False
        notice = page.locator("[data-release=old]")
        with page.expect_navigation(timeout=60_000):  # it waits until the new release is installed
            expect(notice).to_contain_text("yeni sürümü var")
            assert ticket(desk, number)["state"] == "assigned", "the old page sends nothing"
            proxy.hands_out.set()
        until("the new page sends it", lambda: ticket(desk, number)["state"] == "accepted", 60)
        expect(notice).to_have_count(0)
        waits(page, 0)
        until(
            "one release is kept", lambda: len(page.evaluate(SHELLS)) == 1 and before not in page.evaluate(SHELLS), 60
        )
        assert page.locator("script[src*='-newer.js']").count() == 1
        proxy.away = True
        page.reload()
        expect(row(page, number)).to_be_visible()
        assert page.locator("script[src*='-newer.js']").count() == 1
        assert steps(desk, number, "fen") == ["accept"]


def test_an_old_page_that_was_opened_since_the_network_was_late_goes_on_to_the_new_release(desk: Desk) -> None:
    number = opened(desk)
    with Releases(desk.url) as proxy:
        desk.others = (proxy.url,)
        page = at_work(desk, "/unit", "fen")
        page.goto(f"{proxy.url}/unit")
        await_kept(page, number)
        proxy.release()
        # Long after the worker has given up, also on a slow machine. What is asked later has its answer at once.
        proxy.late_once_s = 8.0
        page.reload()
        notice = page.locator("[data-release=old]")
        expect(notice).to_contain_text("yeni sürümü var")
        expect(page.locator("script[src*='-newer.js']")).to_have_count(1, timeout=60_000)
        expect(row(page, number)).to_be_visible()
        expect(notice).to_have_count(0)


def test_a_new_release_waits_for_whoever_is_writing(desk: Desk) -> None:
    number = opened(desk)
    with Releases(desk.url) as proxy:
        desk.others = (proxy.url,)
        page = at_work(desk, "/unit", "fen")
        page.goto(f"{proxy.url}/unit#{number}")
        await_kept(page, number)
        proxy.release()
        proxy.away = True
        page.get_by_role("button", name="Yenile", exact=True).click()
        expect(page.locator("[data-away=true]")).to_be_visible()
        page.get_by_role("button", name="Diğer işlemler").or_(page.locator("[data-action=note]")).first.click()
        page.locator("[data-action=note]").click()
        note = page.get_by_label("Not (vatandaş görmez)")
        note.fill("Ekip yolda")
        proxy.away = False
        page.get_by_role("button", name="Yenile", exact=True).click()
        notice = page.locator("[data-release=old]")
        expect(notice.get_by_role("button", name="Sayfayı yenile")).to_be_visible()
        assert each_look(page) == []
        expect(note).to_have_value("Ekip yolda")
        with page.expect_navigation(timeout=60_000):
            note.press("Control+Enter")
        until("the new page sends it", lambda: steps(desk, number, "fen") == ["note"], 60)
