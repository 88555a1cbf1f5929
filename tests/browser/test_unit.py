"""A unit's desk: on a telephone in the street, by keyboard alone, on the map and on paper."""

import contextlib
import io
import re
import sqlite3
import time

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.keyboard import press as key_on
from tests.browser.keyboard import tab_to
from tests.browser.requests import ANY, TELEPHONE, at_work, move, opened, photo, press, row, steps, ticket
from tests.browser.test_accessibility import each_look

LARGEST = 200_000
"""Compressed bytes of a first page."""


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_unit_resolves_a_request_on_a_telephones_screen_with_a_photo(desk: Desk) -> None:
    number = opened(desk, topic="yol_cukuru", text="Yolda çukur")
    page = desk.visit("/", expect=ANY, **TELEPHONE)
    page.locator("[name=user]").fill("fen")
    page.locator("[name=password]").fill("demo-fen")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/unit")
    row(page, number).tap()
    expect(page.get_by_role("heading", name="Yolda çukur")).to_be_focused()
    assert fits(page)
    boxes = [page.locator(f"article {one}").first.bounding_box() for one in ("blockquote", "[data-action=accept]")]
    assert [box["y"] for box in boxes if box] == sorted(box["y"] for box in boxes if box), "the words come first"
    expect(page.locator("[data-action=note]")).to_be_hidden()
    page.get_by_role("button", name="Diğer işlemler").tap()
    expect(page.locator("[data-action=note]")).to_be_visible()
    page.locator("[data-action=accept]").tap()
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    page.locator("[data-action=resolve]").tap()
    assert fits(page)
    page.get_by_label("Vatandaşa söylenecek").fill("Çukur kapatıldı.")
    page.get_by_role("button", name="Çözüldü olarak kaydet", exact=True).tap()
    expect(page.get_by_text("Bu konuda yapılan işin fotoğrafı gerekli.")).to_be_visible()
    camera = page.locator("input[capture=environment]")
    expect(camera).to_be_focused()
    expect(camera).to_have_attribute("accept", "image/*")
    camera.set_input_files({"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    page.get_by_role("button", name="Çözüldü olarak kaydet", exact=True).tap()
    expect(page.locator("article [data-state=resolved]")).to_be_visible()
    expect(page.get_by_role("img", name="Fotoğraf, yapılan iş")).to_be_visible()
    page.wait_for_function("() => [...document.images].every((one) => one.complete && one.naturalWidth > 0)")
    assert fits(page)
    found = ticket(desk, number)
    assert (found["state"], found["words"], found["files"][0]["about"]) == ("resolved", "Çukur kapatıldı.", "work")
    assert steps(desk, number, "fen") == ["accept", "file", "resolve"]
    kept = httpx.get(
        f"{desk.url}/api/v1/tickets/{number}/files/{found['files'][0]['id']}",
        headers={"authorization": f"Bearer {desk.token}"}, timeout=60,
    )  # fmt: skip
    picture = Image.open(io.BytesIO(kept.content))
    assert (picture.format, max(picture.size), dict(picture.getexif())) == ("JPEG", 1600, {})
    page.get_by_role("button", name="Listeye dön").tap()
    expect(page.locator(".side")).to_be_visible()


def test_how_a_date_was_reached_is_told_in_the_language_that_the_page_has_now(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    page.get_by_text("Bu tarihe nasıl varıldı?").click()
    first = page.locator("section[aria-labelledby=request-clock] li").first
    expect(first).to_contain_text("başvuru geldi")
    page.get_by_role("radio", name="English").check(force=True)
    expect(first).to_contain_text("the request came")
    page.get_by_role("radio", name="Türkçe").check(force=True)
    expect(first).to_contain_text("başvuru geldi")


def test_a_photo_that_is_missing_has_the_focus(desk: Desk) -> None:
    number = opened(desk, topic="yol_cukuru")
    page = at_work(desk, f"/unit#{number}", "fen")
    press(page, "resolve")
    page.get_by_label("Vatandaşa söylenecek").fill("Çukur kapatıldı.")
    page.keyboard.press("Control+Enter")
    chooser = page.locator("input[type=file][multiple]")
    expect(chooser).to_be_focused()
    expect(chooser).to_have_attribute("aria-invalid", "true")
    expect(chooser).to_have_accessible_description("Bu konuda yapılan işin fotoğrafı gerekli.")
    assert each_look(page) == []
    page.keyboard.press("Escape")
    press(page, "file")
    expect(chooser).to_be_focused()  # the camera's part is not seen, and takes no focus


def test_the_head_of_the_page_has_two_rows_on_a_telephone(desk: Desk) -> None:
    page = at_work(desk, "/unit", "fen", **TELEPHONE)
    leave = page.get_by_role("button", name="Çıkış yap")
    expect(leave).to_be_visible()
    middles = page.locator("header.bar").evaluate(
        """(bar) => [...bar.querySelectorAll("h1, p, .choices, .person")].map((one) => {
          const { top, bottom } = one.getBoundingClientRect();
          return (top + bottom) / 2;
        })"""
    )
    first = min(middles)
    apart = [one for one in middles if one > first + 20]
    assert max(apart, default=first) - min(apart, default=first) < 20, middles
    assert fits(page)
    leave.tap()
    page.wait_for_url(f"{desk.url}/")


def test_a_request_that_arrives_before_its_row_has_lost_the_focus_takes_it(desk: Desk) -> None:
    """A hidden row is the active element until the browser draws next; a quick desk may answer before."""
    number = opened(desk, topic="yol_cukuru", text="Yolda çukur")
    page = at_work(desk, "/unit", "fen", **TELEPHONE)
    row(page, number).wait_for()
    page.evaluate(
        """(number) => {
          const row = document.querySelector(`.side [data-number="${number}"]`);
          Object.defineProperty(document, "activeElement", { get: () => row, configurable: true });
        }""",
        number,
    )
    row(page, number).tap()
    heading = page.get_by_role("heading", name="Yolda çukur")
    heading.wait_for()
    page.evaluate("delete document.activeElement")
    expect(heading).to_be_focused()


def keys_of(page: Page) -> dict[str, str]:
    """The key of each action on the open request."""
    return {
        str(one.get_attribute("data-action")): str(one.get_attribute("aria-keyshortcuts"))
        for one in page.locator("[data-action]").all()
    }


def test_the_key_of_an_action_is_the_same_in_every_state(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator("[data-action=accept][aria-keyshortcuts]")).to_be_visible()
    assigned = keys_of(page)
    page.keyboard.press(assigned["accept"])
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    accepted = keys_of(page)
    assert accepted.keys() - assigned.keys() == {"wait_outside"}
    assert {name: accepted[name] for name in assigned if name in accepted} == {
        name: assigned[name] for name in assigned if name in accepted
    }
    every = assigned | accepted
    assert len(set(every.values())) == len(every), every
    page.keyboard.press("Alt+h")
    listed = page.get_by_role("dialog", name="Kısayollar")
    for name in ("accept", "resolve", "hand_on", "note", "amend"):
        expect(listed.locator("div").filter(has=page.get_by_text(every[name], exact=True))).not_to_be_empty()
    assert each_look(page) == []
    page.keyboard.press("Escape")
    expect(listed).to_have_count(0)


def test_all_of_it_by_keyboard_alone(desk: Desk) -> None:
    number = opened(desk, topic="asfalt_talebi", address="Klavye Sokak")
    page = at_work(desk, "/unit", "fen")
    expect(row(page, number)).to_be_visible()
    page.keyboard.press("Alt+s")
    expect(page.get_by_label("Ara", exact=True)).to_be_focused()
    page.keyboard.type("klavye")
    expect(page.locator("a[data-number]")).to_have_count(1)
    page.keyboard.press("Alt+l")
    expect(row(page, number)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("Klavye Sokak")
    expect(row(page, number)).to_be_focused()  # where both are seen the focus stays
    page.keyboard.press("Alt+1")
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    expect(row(page, number)).to_be_focused()
    place = page.locator("[data-action=hand_on]").get_attribute("aria-keyshortcuts") or ""
    page.keyboard.press(place)
    unit = page.get_by_label("Birim", exact=True)
    expect(unit).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(unit).to_be_focused()  # what is lacking
    expect(page.get_by_text("Bu alan gerekli.")).to_have_count(2)
    page.keyboard.type("Z")  # no other unit begins like that
    page.keyboard.press("Tab")
    page.keyboard.type("Kaldırım işgali")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Bu başvuru sizin biriminizde değil.")).to_be_visible()
    assert (ticket(desk, number)["unit"], steps(desk, number, "fen")) == ("zabita", ["accept", "hand_on"])


def test_what_is_lacking_has_the_focus_before_the_next_key(desk: Desk) -> None:
    number = opened(desk, topic="asfalt_talebi")
    page = at_work(desk, f"/unit#{number}", "fen")
    press(page, "accept")
    expect(page.locator("article [data-state=accepted]")).to_be_visible()
    press(page, "hand_on")
    page.get_by_label("Neden").focus()
    page.evaluate("globalThis.requestAnimationFrame = () => 0")  # a slow machine draws after several keys
    page.keyboard.press("Control+Enter")
    unit = page.get_by_label("Birim", exact=True)
    page.keyboard.type("Z")  # no other unit begins like that
    expect(unit).to_have_value("zabita")


def test_a_photo_is_chosen_and_notices_are_read_by_keyboard_alone(desk: Desk) -> None:
    number, other = opened(desk, topic="yol_cukuru", text="Yolda çukur", address="Tuş Sokak"), opened(desk)
    page = at_work(desk, "/unit", "fen")
    page.on("filechooser", lambda _: None)  # from now on: the browser opens its own for a moment after
    page.keyboard.press("Alt+m")
    page.keyboard.press("Alt+m")
    notice = page.locator(f"li[data-unread=true] a[data-number='{number}']")
    key_on(page, notice)
    expect(page.locator("article")).to_contain_text("Tuş Sokak")
    expect(notice).to_have_count(0)  # whoever opens it has read it
    tab_to(page, page.get_by_role("button", name="Numarayı göster"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="+905321112233")).to_be_visible()
    for action in ("accept", "begin"):
        page.keyboard.press(page.locator(f"[data-action={action}]").get_attribute("aria-keyshortcuts") or "")
        expect(page.locator(f"[data-action={action}]")).to_have_count(0)
    page.keyboard.press(page.locator("[data-action=resolve]").get_attribute("aria-keyshortcuts") or "")
    expect(page.get_by_label("Vatandaşa söylenecek")).to_be_focused()
    page.keyboard.type("Çukur kapatıldı.")
    tab_to(page, page.locator("input[type=file]").last)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files({"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo(400, 300)})
    expect(page.get_by_role("img", name="1. fotoğraf")).to_be_visible()
    assert each_look(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("article [data-state=resolved]")).to_be_visible()
    assert steps(desk, number, "fen") == ["accept", "begin", "file", "resolve"]
    page.keyboard.press("Alt+m")
    page.keyboard.press("Alt+s")
    expect(row(page, other)).to_be_visible()
    key_on(page, page.get_by_label("Yalnız gecikenler"), "Space")
    expect(row(page, other)).to_have_count(0)


def test_a_map_that_does_not_come_is_asked_for_again(desk: Desk) -> None:
    page = at_work(desk, "/unit", "fen")
    asked = re.compile("/api/v1/town/map$")
    held: list[Route] = []
    page.route(asked, lambda route: held.append(route))
    expect(page.locator("main p[role=status]").first).to_contain_text("başvuru")  # the list is there
    with page.expect_request(asked):
        page.keyboard.press("Alt+m")
    side = page.locator("section", has=page.locator("#map-title"))
    expect(side.get_by_text("Getiriliyor")).to_be_visible()
    until("it is held", lambda: page.evaluate("true") and held, 60)
    (first,) = held
    first.abort()
    expect(side.get_by_text("Sunucuya ulaşılamıyor")).to_be_visible()
    expect(side.get_by_text("harita dosyası yok")).to_have_count(0)
    page.unroute(asked)
    side.get_by_role("button", name="Yeniden dene").click()
    expect(page.locator("[data-area=akevler]")).to_be_visible()


def test_the_map_chooses_a_mahalle_by_keyboard_and_by_the_list_beside_it(desk: Desk) -> None:
    numbers = [opened(desk, district=district) for district in ("akevler", "zafer")]
    page = at_work(desk, "/unit", "fen")
    page.keyboard.press("Alt+m")
    area = page.locator("[data-area=akevler]")
    expect(area).to_have_attribute("aria-label", re.compile("Akevler: [1-9]"))
    expect(page.locator("g[tabindex='0']")).to_have_count(1)
    page.locator("g[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowUp"):
        before = page.evaluate("document.activeElement.dataset.area")
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.dataset.area") != before
    area.focus()
    page.keyboard.press("Enter")
    expect(area).to_have_attribute("aria-pressed", "true")
    expect(row(page, numbers[1])).to_have_count(0)
    expect(row(page, numbers[0])).to_be_visible()
    page.get_by_role("row").filter(has_text="Zafer").get_by_role("button").click()
    expect(row(page, numbers[1])).to_be_visible()
    expect(row(page, numbers[0])).to_have_count(0)


def test_a_request_with_a_point_shows_it_on_our_own_map_and_a_telephone_opens_it_in_its_own(desk: Desk) -> None:
    number, far, without = opened(desk, lat=41.0070, lon=28.7015), opened(desk, lat=39.92, lon=32.85), opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen", **TELEPHONE)
    place = page.get_by_role("region", name="Haritadaki yeri")
    expect(place.get_by_role("img", name="Başvurunun haritadaki yeri: Esenkent")).to_be_visible()
    expect(place).to_contain_text("41.00700, 28.70150")
    expect(place).to_contain_text("Taslak çizim")
    link = place.get_by_role("link", name="Telefonun haritasında aç")
    expect(link).to_have_attribute("href", "geo:41.00700,28.70150?q=41.00700,28.70150")
    tab_to(page, link)
    sign = page.evaluate("""() => {
      const of = (one) => document.querySelector(one).getBoundingClientRect();
      const [own, sign] = [of(".point [data-area=esenkent]"), of(".point path.sign")];
      const [x, y] = [sign.x + sign.width / 2, sign.bottom];
      return [x >= own.x && x <= own.right && y >= own.y && y <= own.bottom, sign.width];
    }""")
    assert sign[0], "the point is in its mahalle"
    assert sign[1] > 10
    assert fits(page)
    assert each_look(page) == []
    page.evaluate("number => { location.hash = number }", far)
    expect(place).to_contain_text("Bu nokta şehrin haritasının dışında kalıyor.")
    expect(link).to_have_attribute("href", "geo:39.92000,32.85000?q=39.92000,32.85000")
    expect(place.get_by_role("img")).to_have_count(0)
    assert each_look(page) == []
    page.evaluate("number => { location.hash = number }", without)
    expect(page.locator("article .number")).to_have_text(without)
    expect(place).to_have_count(0)


def test_what_is_late_comes_first_and_says_so(desk: Desk) -> None:
    late, other = opened(desk, district="zafer", address="Geç Sokak"), opened(desk, district="ardicli")
    with contextlib.closing(sqlite3.connect(desk.stack.data_dir / "cozum.db", timeout=10)) as database, database:
        came = time.time() - 120 * 86_400  # the desk computes the deadline from it, too
        database.execute(
            "UPDATE tickets SET due_at = ?, clock = json_set(clock, '$.started_at', ?) WHERE number = ?",
            (int(came * 1000), came, late),
        )
    page = at_work(desk, "/unit", "fen")
    expect(page.locator("a[data-number]").first).to_have_attribute("data-number", late)
    expect(row(page, late)).to_contain_text(re.compile("Gecikti · [0-9]+ gün önce"))
    page.keyboard.press("Alt+m")
    expect(page.locator("[data-area=zafer] .sign")).to_be_attached()
    expect(page.locator("[data-area=ardicli] .sign")).to_have_count(0)
    expect(page.locator("[data-area=zafer]")).to_have_attribute("aria-label", re.compile("1 gecikmiş"))
    page.get_by_label("Yalnız gecikenler").check()
    expect(row(page, other)).to_have_count(0)
    expect(row(page, late)).to_be_visible()
    assert each_look(page) == []


def test_what_a_citizen_writes_is_text_and_nothing_else(desk: Desk) -> None:
    evil = '<img src=x onerror="globalThis.evil=1"><script>globalThis.evil=1</script>'
    number = opened(desk, text=evil, name=evil, address=f"javascript:1 {evil}"[:300], fields={"x": evil})
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator("article blockquote").first).to_have_text(evil)
    expect(page.locator("article dt:text-is('Vatandaş') + dd > span").first).to_have_text(evil)
    press(page, "note")
    page.get_by_label("Not (vatandaş görmez)").fill(evil)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".history")).to_contain_text(evil)
    assert page.evaluate("globalThis.evil ?? 0") == 0
    assert page.locator("img[src=x], article script").count() == 0


def test_the_complainant_is_hidden_where_a_report_is_about_somebody(desk: Desk) -> None:
    number = opened(desk, topic="hayvana_eziyet", name="Gizli Kişi")
    move(desk, number, "assigned", unit="fen_isleri", note="onların")
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.get_by_text("Bildiren gizli")).to_be_visible()
    expect(page.get_by_role("button", name="Numarayı göster")).to_have_count(0)
    assert "Gizli Kişi" not in page.content()
    shown = opened(desk)
    page.goto(f"{desk.url}/unit#{shown}")
    page.get_by_role("button", name="Numarayı göster").click()
    expect(page.get_by_role("link", name="+905321112233")).to_be_visible()


def test_a_request_is_printed_alone(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    expect(page.locator("article")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".side")).to_be_hidden()
    expect(page.locator(".actions")).to_be_hidden()
    expect(page.locator("article h2")).to_be_visible()
    assert each_look(page) == []


@pytest.mark.parametrize("path", ["/unit", "/inbox"])
def test_a_first_page_is_small(desk: Desk, path: str) -> None:
    page = at_work(desk, path, "admin")
    sizes = page.evaluate(
        "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
        ".filter((one) => !one.name.includes('/api/')).map((one) => one.encodedBodySize)"
    )
    assert 0 < sum(sizes) <= LARGEST


def test_axe_finds_nothing_in_any_state(desk: Desk) -> None:
    late = opened(desk, topic="yol_cukuru")
    number = opened(desk)
    move(desk, late, "waiting_citizen", result="Nerede?")
    page = desk.visit("/unit", expect=ANY)
    page.wait_for_selector("form")
    assert each_look(page) == []
    page.locator("[name=user]").fill("fen")
    page.locator("[name=password]").fill("demo-fen")
    page.keyboard.press("Enter")
    row(page, number).click()
    expect(page.locator("article")).to_be_visible()
    assert each_look(page) == []
    page.keyboard.press("Alt+m")
    expect(page.locator("g").first).to_be_visible()
    press(page, "not_ours")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert each_look(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+m")
    mine = page.locator(f"li[data-unread=true] a[data-number='{number}']")
    expect(mine).to_be_visible()
    assert each_look(page) == []
    page.get_by_role("button", name="Hepsi okundu").press("Enter")
    expect(page.locator("li[data-unread=true]")).to_have_count(0)
    expect(page.locator("li[data-unread=false]").first).to_contain_text("fen")
    page.route("**/notes", lambda route: route.abort())
    press(page, "note")
    page.locator("article textarea").fill("x")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-standing=waiting]")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    assert each_look(page) == []
    assert fits(page)
