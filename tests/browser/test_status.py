"""The citizen's page: how one's own request stands, by keyboard, on a telephone's screen, without an account."""

import re
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import httpx
from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose_radio, press, tab_to, write
from tests.browser.test_accessibility import each_look

ROAD = {
    "service": "request", "topic": "yol_cukuru", "district": "esenkent", "text": "<b>Çukur</b>", "name": "Ayşe Gizli",
    "caller": "+905321112233",
}  # fmt: skip

ISTANBUL = ZoneInfo("Europe/Istanbul")
MONTHS = [
    "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık",
]  # fmt: skip


def opened(desk: Desk, **values: object) -> dict[str, str]:
    """A request of the desk."""
    answer = until("the database serves", lambda: _opened(desk, {**ROAD, **values}), 60)
    return dict(answer)


def _opened(desk: Desk, body: dict[str, object]) -> dict[str, str] | None:
    answer = desk.stack.request("POST", "/api/v1/tickets", body=body)
    return answer.json() if answer.status_code == 201 else None


def move(desk: Desk, number: str, **wish: str) -> None:
    """Move it, whatever it was."""
    etag = desk.stack.request("GET", f"/api/v1/tickets/{number}").headers["etag"]
    token = {"authorization": f"Bearer {desk.token}", "if-match": etag}
    answer = httpx.post(f"{desk.url}/api/v1/tickets/{number}/moves", json=wish, headers=token, timeout=60)
    assert answer.status_code == 200, answer.text


def look(page: Page, number: str, digits: str) -> None:
    """Fill in number and digits and send them, by keyboard alone."""
    write(page, page.get_by_label("Başvuru numarası").last, number)
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(digits)
    page.keyboard.press("Enter")


def test_a_citizen_reads_their_request_from_new_to_the_units_words(desk: Desk) -> None:
    number = opened(desk)["number"]
    page = desk.visit("/durum", expect="404", viewport={"width": 390, "height": 844})
    expect(page.get_by_role("status")).to_have_text("")  # it stands before it says anything
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    fields = [page.get_by_label(label).last for label in ("Başvuru numarası", "Telefonunuzun son dört rakamı")]
    look(page, " ", "2233")
    expect(page.get_by_text("Başvuru numaranızı yazın.")).to_be_visible()
    expect(fields[0]).to_be_focused()
    look(page, number, "22")
    expect(page.get_by_text("Dört rakam yazın.")).to_be_visible()
    expect(fields[1]).to_be_focused()
    assert asked == []
    look(page, number, "0000")
    expect(page.get_by_text("Bu bilgilerle bir başvuru bulunamadı.")).to_be_visible()
    assert each_look(page) == []
    look(page, number, "2233")
    expect(page.get_by_role("status")).to_have_text("Başvurunuz ilgili birime iletildi.")
    expect(page.get_by_role("heading", name=f"{number} numaralı başvuru")).to_be_focused()
    expect(page.locator("[aria-current=step]")).to_have_text("Birimde")
    due = datetime.fromisoformat(desk.stack.get(f"tickets/{number}")["due_at"]).astimezone(ISTANBUL)
    expect(page.locator("dt", has_text="En geç").locator("+ dd")).to_have_text(
        f"{due.day} {MONTHS[due.month - 1]} {due.year}"
    )
    assert "Ayşe" not in page.content()
    assert "Çukur</b>" not in page.content()
    press(page, page.get_by_role("button", name="Başka bir başvuruya bak"))
    expect(fields[0]).to_be_focused()
    move(desk, number, to="accepted")
    move(desk, number, to="waiting_citizen", result="Hangi kapının önünde?")
    look(page, number, "2233")
    expect(page.get_by_role("status")).to_have_text("Sizden bir yanıt bekliyoruz.")
    expect(page.get_by_role("heading", name="Sizden istenen")).to_be_visible()
    expect(page.get_by_text("Hangi kapının önünde?")).to_be_visible()
    press(page, page.get_by_role("button", name="Başka bir başvuruya bak"))
    move(desk, number, to="refused", note="Bütçe yok.", result="Bu yıl için <i>bütçe</i> ayrılamadı.")
    look(page, number, "2233")
    expect(page.get_by_role("status")).to_have_text("Başvurunuz ne yazık ki yerine getirilemedi.")
    expect(page.get_by_text("Bu yıl için <i>bütçe</i> ayrılamadı.")).to_be_visible()
    assert each_look(page) == []


def test_a_citizen_without_a_number_reads_it_by_a_code(desk: Desk) -> None:
    code = opened(desk, caller="")["code"]
    page = desk.visit("/durum?lang=en")
    tab_to(page, page.get_by_role("radio", name="Number"))
    page.keyboard.press("ArrowRight")
    assert each_look(page) == []
    choose_radio(page, page.get_by_role("radio", name="English"))
    field = page.get_by_label("Code").last
    press(page, field)
    expect(page.get_by_text("Type the code.")).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(re.compile("given to the unit"))
    press(page, page.get_by_role("button", name="Look at another request"))
    expect(field).to_be_focused()


def refuse(status: int, route: Route) -> None:
    route.fulfill(status=status, json={})


def test_axe_finds_nothing(desk: Desk) -> None:
    number = opened(desk)["number"]
    page = desk.visit("/durum", expect="Failed to load resource", viewport={"width": 390, "height": 844})
    assert each_look(page) == []
    expect(page.get_by_role("link", name="Sorularınız için gece gündüz: 444 04 11")).to_have_attribute(
        "href", "tel:4440411"
    )
    for status, said in ((429, "Çok fazla yanlış deneme oldu."), (503, "Şu anda bakılamıyor.")):
        page.route("**/durum/request", partial(refuse, status))
        look(page, number, "2233")
        expect(page.locator("p[role=alert].trouble")).to_contain_text(said)
        assert each_look(page) == []
        page.unroute("**/durum/request")
    look(page, number, "2233")
    page.wait_for_selector("[aria-current=step]")
    assert each_look(page) == []
