"""The audit at `/admin`: who saw or did what, found by person, action, thing and day."""

import contextlib
import json
import sqlite3
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import first_held
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, press, write
from tests.browser.test_accessibility import each_look
from tests.browser.test_admin import admin

DAY_S = 86_400
REQUEST = "26-000123-3"


def put(
    desk: Desk,
    who: str,
    times: int,
    *,
    days_ago: int = 0,
    action: str = "ticket_seen",
    about: str = "",
    **detail: object,
) -> None:
    """So many acts of a person, a second apart."""
    newest = time.time() - days_ago * DAY_S
    rows = [
        (round((newest - n) * 1000), who, "inbox", action, about or f"26-{n:06}-0", json.dumps(detail))
        for n in range(times)
    ]
    with contextlib.closing(sqlite3.connect(desk.stack.data_dir / "cozum.db", timeout=10)) as database, database:
        database.executemany("INSERT INTO audit (at, who, role, action, about, detail) VALUES (?, ?, ?, ?, ?, ?)", rows)


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Denetim kayıtları")


def test_who_saw_what_is_found_by_keyboard(desk: Desk) -> None:
    put(desk, "zehra", 103)
    put(desk, "zehra", 1, days_ago=3, action="unmasked", about=REQUEST)
    put(desk, "gone", 1, days_ago=4, action="of_an_earlier_version", about="x")
    page = admin(desk, "audit", expect="status of")
    rows = panel(page).locator("tbody tr")
    expect(rows).to_have_count(100)
    expect(panel(page)).to_contain_text("Bu sayfanın okunması da kaydedilir.")
    assert each_look(page) == []

    write(page, page.get_by_label("Kim"), "zehra")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("row", name="Başvuruyu gördü")).to_have_count(100)
    press(page, page.get_by_role("button", name="Daha eski kayıtlar"))
    expect(rows).to_have_count(104)
    expect(rows.last).to_contain_text("Numaranın tamamını gördü")
    expect(page.get_by_role("button", name="Daha eski kayıtlar")).to_have_count(0)

    choose(page, page.get_by_label("Ne yaptı"), "unmasked")
    press(page, page.get_by_role("button", name="Göster"))
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("zehra · Gelen kutusu")
    expect(rows.first).to_contain_text(REQUEST)

    press(page, page.get_by_role("button", name="Süzgeci kaldır"))
    expect(rows).to_have_count(100)
    expect(page.get_by_label("Kim")).to_have_value("")
    write(page, page.get_by_label("Neyle ilgili"), "260001233")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    assert page.evaluate("document.activeElement.tagName") == "INPUT", "the focus stays where it was"

    write(page, page.get_by_label("Neyle ilgili"), "05321112233")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("Bu süzgece uyan kayıt yok.")
    assert each_look(page) == []
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Göster")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Bölümler")).to_be_hidden()


def test_a_search_counts_while_the_list_before_it_is_read(desk: Desk) -> None:
    put(desk, "ferda", 2)
    held: list[list[Route]] = []
    page = admin(desk, "audit", before=lambda page: held.append(first_held(page, "**/api/v1/audit?*")))
    rows = panel(page).locator("tbody tr")
    write(page, page.get_by_label("Kim"), "ferda")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    until("the whole list was asked for", lambda: page.evaluate("1") and held[0], 60)
    with page.expect_event("requestfinished", lambda one: one.url == held[0][0].request.url):
        held[0][0].continue_()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_not_text="ferda")).to_have_count(0)


def test_who_looked_for_a_citizen_is_found_by_number_and_told_in_words(desk: Desk) -> None:
    number = "0532 987 65 43"
    assert desk.stack.request("GET", "/api/v1/calls", caller=number, agent="1001").status_code == 200
    assert desk.stack.request("GET", "/api/v1/tickets", q="Ayşe Yılmaz").status_code == 200

    def searched() -> list[str]:
        found = desk.stack.request("GET", "/api/v1/audit", who="token").json()
        return [one["action"] for one in found if one["action"].endswith("_searched")]

    until(
        "both are in the audit", lambda: sorted(searched()) == ["calls_searched", "tickets_searched"], 60, say=searched
    )
    page = admin(desk, "audit")
    rows = panel(page).locator("tbody tr")
    for sought, did, more, thing in (
        ("+90 532 987 65 43", "Bir kişinin çağrılarını aradı", "· numara ••• 43 · görevli: 1001 · 0 kayıt gösterildi",
         "Bir telefon numarası"),
        ("yılmaz ayşe", "Başvurularda arama yaptı", "· 2 sözcük · 0 kayıt gösterildi", "Aranan sözler"),
    ):  # fmt: skip
        write(page, page.get_by_label("Aranan vatandaş"), sought)
        page.keyboard.press("Enter")
        found = rows.filter(has_text=did)
        expect(found).to_have_count(1)
        expect(found).to_contain_text(more)
        expect(found).to_contain_text(thing)
        expect(panel(page)).not_to_contain_text("9876543")
    assert each_look(page) == []
    write(page, page.get_by_label("Neyle ilgili"), "x")
    expect(page.get_by_label("Aranan vatandaş")).to_have_accessible_description(
        "“Neyle ilgili” ile birlikte kullanılamaz."
    )
    write(page, page.get_by_label("Neyle ilgili"), "")
    write(page, page.get_by_label("Aranan vatandaş"), "0532 987 65 44")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("Bu süzgece uyan kayıt yok.")


def test_a_day_is_one_of_the_town(desk: Desk) -> None:
    put(desk, "osman", 1, days_ago=10, about="a")
    put(desk, "osman", 1, days_ago=12, about="b")
    page = admin(desk, "audit/osman")
    rows = panel(page).locator("tbody tr")
    expect(rows).to_have_count(2)
    day = datetime.now(ZoneInfo("Europe/Istanbul")) - timedelta(days=10)
    for label in ("İlk gün", "Son gün"):
        page.get_by_label(label).fill(f"{day:%Y-%m-%d}")
    press(page, page.get_by_role("button", name="Göster"))
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("a")


def test_what_a_person_did_is_one_link_away_and_reading_it_is_recorded(desk: Desk) -> None:
    put(desk, "inbox", 1, action="person_changed", about="lead", role="analyst")
    page = admin(desk, "people")
    press(page, page.get_by_role("button", name="Değiştir: inbox"))
    press(page, page.get_by_role("link", name="Yaptıkları: inbox"))
    first = panel(page).locator("tbody tr").filter(has_text="Kişinin bilgilerini değiştirdi")
    expect(first).to_contain_text("· inbox · Gelen kutusu")
    expect(first).to_contain_text("· Analist")
    expect(first).to_contain_text("lead")
    expect(page.get_by_label("Kim")).to_have_value("inbox")

    def noted() -> list[object]:
        found = desk.stack.request("GET", "/api/v1/audit", who="admin", what="audit_seen").json()
        return [one["detail"] for one in found]

    until("the reading is in the audit", lambda: {"who": "inbox"} in noted(), 60, say=noted)


def test_a_person_is_found_by_name_and_what_is_no_user_is_said(desk: Desk) -> None:
    page = admin(desk, "audit", expect="status of")
    name = next(str(one["name"]) for one in desk.stack.get("people") if one["user"] == "admin")
    assert name not in ("", "admin")
    page.locator("datalist option[value=admin]").wait_for(state="attached")  # the page knows people's names
    write(page, page.get_by_label("Kim"), name)
    page.keyboard.press("Enter")
    expect(panel(page).locator("tbody tr").first).to_contain_text("admin")
    expect(panel(page).locator("tbody tr").filter(has_not_text="admin")).to_have_count(0)
    write(page, page.get_by_label("Kim"), "Hiç Kimse")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("Böyle bir kullanıcı adı olamaz.")
    assert each_look(page) == []
    write(page, page.get_by_label("Kim"), "hickimse")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("Bu süzgece uyan kayıt yok.")
    expect(panel(page)).not_to_contain_text("Böyle bir kullanıcı adı olamaz.")


def test_nothing_and_a_database_that_is_away_are_said(desk: Desk) -> None:
    page = admin(desk, "people", expect="status of")
    page.route("**/api/v1/audit?*", lambda route: route.fulfill(status=200, json=[]))
    press(page, page.get_by_role("link", name="Denetim", exact=True))
    expect(panel(page)).to_contain_text("Henüz hiçbir kayıt yok.")
    assert each_look(page) == []
    page.route("**/api/v1/audit?*", lambda route: route.fulfill(status=503, json={"detail": "veritabanı yok"}))
    page.reload()
    expect(panel(page).locator(".notice[role=alert]")).to_contain_text("veritabanı yok")
    assert each_look(page) == []
    page.unroute("**/api/v1/audit?*")
    press(page, page.get_by_role("button", name="Yeniden dene"))
    expect(panel(page).locator("tbody tr").first).to_be_visible()
    expect(panel(page).locator(".notice[role=alert]")).to_have_count(0)


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_it_is_accessible_wide_and_narrow(desk: Desk, size: tuple[int, int]) -> None:
    put(desk, "zehra", 3, action="monitor_began", about="ast1-1.1", mode="listen")
    page = admin(desk, "audit", viewport={"width": size[0], "height": size[1]})
    expect(panel(page).locator("tbody tr").filter(has_text="· dinleme").first).to_be_visible()
    assert each_look(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_telephone_the_filters_are_folded(desk: Desk) -> None:
    put(desk, "nesrin", 3)
    page = admin(desk, "audit", viewport={"width": 390, "height": 844})
    rows = panel(page).locator("tbody tr")
    expect(rows.first).to_be_in_viewport()
    who, fold = page.get_by_label("Kim"), page.get_by_role("button", name="Süzgeç", exact=True)
    expect(who).to_be_hidden()
    press(page, fold)
    expect(fold).to_have_attribute("aria-expanded", "true")
    write(page, who, "nesrin")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(3)
    press(page, fold)
    expect(who).to_be_hidden()
    assert each_look(page) == []


def test_nobody_else_reads_it(desk: Desk) -> None:
    page = admin(desk, "audit", user="lead", expect="40")
    expect(page.locator("main")).to_contain_text("bu sayfa sizin rolünüz (Vardiya sorumlusu) için değil")
    assert page.evaluate("fetch('/api/v1/audit').then((answer) => answer.status)") == 403
