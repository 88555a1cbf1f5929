"""Signing in by the first page, as the demo's people do: by keyboard alone, and what a page may know of it."""

import re

import httpx
import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from bench.stack import until
from tests.browser.conftest import Desk
from tests.browser.keyboard import press, write
from tests.browser.requests import ask, move, opened

INBOX = ["Gelen kutusu", "Başvuru raporu", "Canlı pano", "Vatandaş telefonu"]
"""The pages of the inbox's people, which a lead has too."""
ADMIN = [
    "Vardiya masası", "Bilgi bankası", "Birim masası", "Gelen kutusu", "Başvuru raporu", "Yönetim", "Canlı pano",
    "Vatandaş telefonu",
]  # fmt: skip


def type_in(page: Page, user: str, password: str) -> None:
    """Fill in the form and send it, by keyboard alone."""
    write(page, page.get_by_label("Kullanıcı"), user)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_an_analyst_signs_in_sees_the_wall_and_signs_out(desk: Desk) -> None:
    page = desk.visit("/", expect="401")
    expect(page).to_have_title("Giriş · Çözüm")
    type_in(page, "analyst", "wrong")
    expect(page.get_by_role("alert").filter(has_text="Kullanıcı ya da parola yanlış.")).to_be_visible()
    expect(page.locator("[name=password]")).to_have_value("")
    type_in(page, "Analyst", "demo-analyst")
    page.wait_for_url(f"{desk.url}/report")
    expect(page.get_by_role("heading", name="Başvurular")).to_be_visible()
    page.goto(f"{desk.url}/")
    expect(page.get_by_role("heading", name="Hoş geldiniz, Analiz")).to_be_visible()
    expect(page.get_by_text("Analist", exact=True)).to_be_visible()
    seen = page.evaluate("[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join()")
    (cookie,) = (one for one in page.context.cookies() if one["name"] == "cozum-session")
    assert cookie["value"] not in seen + page.content()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    press(page, page.get_by_role("link", name=re.compile("Canlı pano")))
    expect(page.locator("[data-link]")).to_have_text("Canlı")  # without a token
    page.goto(f"{desk.url}/")
    expect(page.get_by_role("heading", name=re.compile("Hoş geldiniz"))).to_be_visible()  # still signed in
    press(page, page.get_by_role("button", name="Çıkış yap"))
    expect(page.locator("[name=password]")).to_be_visible()
    answer = httpx.get(f"{desk.url}/api/v1/session", cookies={"cozum-session": cookie["value"]}, timeout=60)
    assert answer.status_code == 401


def test_the_button_that_was_pressed_keeps_the_focus(desk: Desk) -> None:
    """A try that came to nothing leaves the keyboard's focus where it was, and not at the top of the page."""
    page = desk.visit("/lead", expect="401")
    write(page, page.get_by_label("Kullanıcı"), "lead")
    write(page, page.locator("[name=password]"), "wrong")
    enter = page.get_by_role("button", name="Giriş yap", exact=True)
    press(page, enter)
    expect(page.get_by_role("alert").filter(has_text="Kullanıcı ya da parola yanlış.")).to_be_visible()
    expect(enter).to_be_focused()
    page.goto(f"{desk.url}/")
    type_in(page, "lead", "demo-lead")
    page.wait_for_url(f"{desk.url}/lead")
    page.goto(f"{desk.url}/")
    page.route("**/api/v1/session", lambda route: route.abort())
    leave = page.get_by_role("button", name="Çıkış yap")
    press(page, leave)
    expect(page.get_by_role("alert").filter(has_text="Çıkış yapılamadı")).to_be_visible()
    expect(leave).to_be_focused()
    desk.wrong[:] = [one for one in desk.wrong if "Failed to load resource" not in one]


@pytest.mark.parametrize(("path", "user", "password"), [("/desk", "1001", "demo1001"), ("/lead", "lead", "demo-lead")])
def test_where_an_address_has_used_up_its_tries_people_sign_in_all_the_same(
    desk: Desk, path: str, user: str, password: str
) -> None:
    def must_wait(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(status=429, headers={"retry-after": "30"}, json={})
        else:
            route.continue_()

    page = desk.visit(path, expect="429", before=lambda page: page.route("**/api/v1/session", must_wait))
    expect(page.get_by_role("alert").filter(has_text="30 saniye")).to_be_visible()
    type_in(page, user, password)
    expect(page.locator("[name=password]")).to_be_hidden()


def test_each_is_led_to_the_pages_of_their_role(desk: Desk) -> None:
    page = desk.visit("/", expect="401")
    for user, password, role, at, links in (
        ("1001", "demo1001", "Görevli", "/desk", ["Görevli masası", "Canlı pano", "Vatandaş telefonu"]),
        ("lead", "demo-lead", "Vardiya sorumlusu", "/lead", ["Vardiya masası", "Bilgi bankası", *INBOX]),
        ("fen", "demo-fen", "Birim", "/unit", ["Birim masası", "Vatandaş telefonu"]),
        ("inbox", "demo-inbox", "Gelen kutusu", "/inbox", INBOX),
        ("admin", "demo-admin", "Yönetici", "/admin", ADMIN),
        ("analyst", "demo-analyst", "Analist", "/report", ["Başvuru raporu", "Canlı pano", "Vatandaş telefonu"]),
    ):
        type_in(page, user, password)
        page.wait_for_url(re.compile(f"^{re.escape(desk.url + at)}(#.*)?$"))
        page.goto(f"{desk.url}/")
        expect(page.locator(".role")).to_have_text(role)
        expect(page.locator("nav a strong")).to_have_text(links)
        page.get_by_role("button", name="Çıkış yap").click()
        expect(page.locator("[name=password]")).to_be_visible()


def test_a_wall_of_somebody_who_signed_out_elsewhere_asks_again(desk: Desk) -> None:
    page = desk.visit("/", expect="401")
    type_in(page, "analyst", "demo-analyst")
    page.wait_for_url(f"{desk.url}/report")
    page.goto(f"{desk.url}/")
    expect(page.locator("nav a").first).to_be_visible()
    wall = page.context.new_page()
    wall.goto(f"{desk.url}/wall")
    expect(wall.locator("[data-link]")).to_have_text("Canlı")
    page.get_by_role("button", name="Çıkış yap").click()
    expect(page.locator("[name=password]")).to_be_visible()
    expect(wall.locator("dialog[open]")).to_be_visible()


def hold_sign_out(page: Page) -> list[tuple[Route, APIResponse]]:
    """Have the desk end the session. The request is then in the list: the page hears of it when the test fulfils it."""
    ended: list[tuple[Route, APIResponse]] = []

    def held(route: Route) -> None:
        if route.request.method == "DELETE":
            ended.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/api/v1/session", held)
    return ended


def test_whoever_signs_out_is_not_asked_to_sign_in_again_while_their_page_goes(desk: Desk) -> None:
    """What the page asks meanwhile is answered by 401."""
    page = desk.visit("/inbox", expect="401")
    type_in(page, "inbox", "demo-inbox")
    ended = hold_sign_out(page)
    page.get_by_role("button", name="Çıkış yap").click()
    until("the session is over", lambda: page.evaluate("1") and ended, 60)
    with page.expect_response(lambda one: one.url.endswith("/session") and one.status == 401):  # the page makes sure
        page.get_by_role("button", name="Yenile").dispatch_event("click")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    expect(page.get_by_role("dialog")).to_have_count(0)
    route, response = ended[0]
    route.fulfill(response=response)
    page.wait_for_url(f"{desk.url}/")


def test_a_page_that_is_shown_again_after_signing_out_shows_nothing_of_it(desk: Desk) -> None:
    """A browser may keep a page as it was and show it by its Back. This one keeps none, so it is said that it did."""
    page = desk.visit("/inbox", expect="401")
    type_in(page, "inbox", "demo-inbox")
    expect(page.get_by_role("button", name="Yenile")).to_be_visible()
    ended = hold_sign_out(page)
    page.get_by_role("button", name="Çıkış yap").click()
    until("the session is over", lambda: page.evaluate("1") and ended, 60)
    with page.expect_navigation():
        page.evaluate("setTimeout(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))")
    expect(page.locator("[name=user]")).to_be_visible()
    expect(page.get_by_role("button", name="Yenile")).to_have_count(0)


def test_somebody_who_signs_in_over_anothers_page_sees_nothing_of_it(desk: Desk) -> None:
    """Also where that page is not for them."""
    page = desk.visit("/inbox", expect="401")
    type_in(page, "inbox", "demo-inbox")
    expect(page.locator(".side").first).to_be_visible()
    page.context.clear_cookies()
    page.get_by_role("button", name="Yenile").dispatch_event("click")  # it may have asked by itself
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    dialog.locator("[name=user]").fill("analyst")
    dialog.locator("[name=password]").fill("demo-analyst")
    page.keyboard.press("Enter")
    expect(page.get_by_text("bu sayfa sizin rolünüz")).to_be_visible()
    expect(page.locator(".side")).to_have_count(0)
    expect(dialog).to_have_count(0)


def begin_anew(page: Page, user: str, password: str) -> None:
    """Sign in again at a page whose session an administrator has ended."""
    dialog = page.locator("dialog[open]")

    def is_over() -> bool:
        page.get_by_role("button", name="Yenile").dispatch_event("click")  # it asks once at a time
        return dialog.count() > 0

    until("the page knows that the session is over", is_over, 60)
    dialog.locator("[name=user]").fill(user)
    dialog.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def not_due(desk: Desk, user: str, **values: str) -> str:
    """Let somebody in, who is not asked for a password of their own; the password."""
    password = str(ask(desk, "POST", "/people", user=user, **values)["password"])
    with httpx.Client(base_url=f"{desk.url}/api/v1", timeout=30) as client:
        csrf = client.post("/session", json={"user": user, "password": password}).json()["csrf"]
        body = {"old_password": password, "password": f"{password} yeni"}
        assert client.put("/session/password", json=body, headers={"x-csrf-token": csrf}).status_code == 200
    return f"{password} yeni"


def test_somebody_who_was_given_another_role_is_told_so_when_they_sign_in_again(desk: Desk) -> None:
    """The page was for them before, and its dialog asks for their session."""
    password = not_due(desk, "dagitan", role="inbox")
    page = desk.visit("/inbox", expect="40")
    type_in(page, "dagitan", password)
    expect(page.locator(".side").first).to_be_visible()
    ask(desk, "PATCH", "/people/dagitan", role="analyst")
    begin_anew(page, "dagitan", password)
    expect(page.get_by_text("bu sayfa sizin rolünüz (Analist) için değil")).to_be_visible()
    expect(page.locator(".side")).to_have_count(0)


def test_somebody_who_was_given_another_unit_sees_nothing_of_the_one_before(desk: Desk) -> None:
    password = not_due(desk, "usta", role="unit", unit="fen_isleri")
    number, other = opened(desk, text="Asfalt yok"), opened(desk, text="Kaldırım işgali")
    move(desk, other, "assigned", unit="zabita", note="onların")
    page = desk.visit(f"/unit#{number}", expect="40")
    type_in(page, "usta", password)
    expect(page.locator("article")).to_contain_text("Asfalt yok")
    ask(desk, "PATCH", "/people/usta", unit="zabita")
    begin_anew(page, "usta", password)
    expect(page.get_by_text("Bu başvuru sizin biriminizde değil.")).to_be_visible()
    expect(page.locator("article")).to_have_count(0)
    page.locator(f"a[data-number='{other}']").click()
    page.locator("[data-action=accept]").click()
    expect(page.locator("article [data-state=accepted]")).to_be_visible()


def test_whoever_cannot_sign_out_stays_where_they_are_and_is_told_so(desk: Desk) -> None:
    page = desk.visit("/inbox", expect="Failed to load resource")
    type_in(page, "inbox", "demo-inbox")
    expect(page.locator(".side").first).to_be_visible()
    page.route("**/api/v1/session", lambda route: route.abort())
    press(page, page.get_by_role("button", name="Çıkış yap"))
    told = page.get_by_role("region", name="Bildirimler", exact=True)
    expect(told).to_contain_text("Çıkış yapılamadı, oturumunuz açık. Sunucuya ulaşılamıyor.")
    page.goto(f"{desk.url}/")
    page.unroute("**/api/v1/session")
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("Hoş geldiniz"))).to_be_visible()
    page.route("**/api/v1/session", lambda route: route.abort())
    press(page, page.get_by_role("button", name="Çıkış yap"))
    expect(page.get_by_role("alert").filter(has_text="Çıkış yapılamadı, oturumunuz açık.")).to_be_visible()
