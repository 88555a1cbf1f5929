"""The pictures of the desks that work on requests: a unit's, and the inbox."""

from collections.abc import Sequence
from typing import Any, Protocol

import httpx
from playwright.sync_api import Page

from bench.stack import Stack, until

ROAD = {"service": "request", "topic": "asfalt_talebi", "name": "Ayşe Yılmaz", "caller": "+905321112233"}
PLACES = ("esenkent", "zafer", "ardicli", "akevler", "esenkent", "akcaburgaz", "zafer", "esenkent")


class Gallery(Protocol):
    """What draws; see `bench.screens`."""

    def open(self, view: Any, path: str = "/wall", script: str = "") -> Page:
        """A page on a screen."""

    def keep(self, scene: str, view: Any, page: Page, *, close: bool = True, whole: bool = True) -> None:
        """Draw it."""


class Citizens:
    """Requests as citizens make them and units move them."""

    def __init__(self, stack: Stack) -> None:
        token = (stack.data_dir / "token").read_text().strip()
        headers = {"authorization": f"Bearer {token}", "if-match": "*"}
        self._http = httpx.Client(base_url=f"{stack.url}/api/v1", headers=headers, timeout=30)
        until("the database serves", lambda: self._http.get("/tickets").status_code == 200, 30)

    def opened(self, **values: object) -> str:
        """A new one; its number."""
        return str(self._post("/tickets", **{**ROAD, **values})["number"])

    def coded(self, **values: object) -> tuple[str, str]:
        """A new one of somebody without a telephone; its number and its code."""
        made = self._post("/tickets", **{**ROAD, "caller": "", **values})
        return str(made["number"]), str(made["code"])

    def move(self, number: str, to: str, **wish: object) -> None:
        """Move one."""
        self._post(f"/tickets/{number}/moves", to=to, **wish)

    def score(self, number: str, score: int, remark: str) -> None:
        """What its citizen thinks."""
        self._post(f"/tickets/{number}/score", score=score, remark=remark)

    def _post(self, path: str, **body: object) -> dict[str, Any]:
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        return dict(answer.json())


def fill(citizens: Citizens) -> str:
    """A unit's day; the number of the request that is drawn whole."""
    words = "Yolun ortasında derin bir çukur var, araçlar zarar görüyor."
    shown = citizens.opened(topic="yol_cukuru", district="esenkent", address="Işık Sokak 12", text=words)
    road = "Yol toprak, çocuklar çamurda yürüyor."
    begun = citizens.opened(district="zafer", address="Lale Sokak 3", text=road)
    citizens.move(begun, "in_progress", note="Ekip pazartesi gidecek")
    asked = citizens.opened(topic="yol_cukuru", district="ardicli", address="Menekşe Sokak", text="Rögar çökmüş.")
    citizens.move(asked, "waiting_citizen", result="Kapağın yeri tam olarak neresi?")
    for number, district in enumerate(PLACES, 1):
        citizens.opened(district=district, address=f"Çınar Sokak {number}", text="Kaldırım taşları yerinden çıkmış.")
    scored = citizens.opened(district="akevler", address="Gül Sokak")
    citizens.move(scored, "resolved", result="Gül Sokak asfaltlandı.")
    citizens.move(scored, "told")
    citizens.score(scored, 1, "Yarısı yapılmış, kalanı duruyor.")
    citizens.opened(topic=None, district="zafer", text="Komşunun duvarı yıkılacak gibi.")
    return shown


def _signed_in(gallery: Gallery, view: Any, path: str, user: str) -> Page:
    page = gallery.open(view, path)
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").fill(f"demo-{user}")
    page.keyboard.press("Enter")
    page.wait_for_selector("a[data-number]")
    return page


def _draw_stopped(gallery: Gallery, view: Any, citizens: Citizens, shown: str) -> None:
    """What could not be sent: with no network, and after a change by somebody else."""
    page = _request(gallery, view, shown)
    page.context.set_offline(True)
    _do(page, "note")
    page.locator("article textarea").fill("Bodrumdayız: su geliyor, vana kapatıldı.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-standing=waiting]")
    gallery.keep("unit-offline", view, page)
    number = citizens.opened(district="zafer", address="Papatya Sokak", text="Asfalt istiyoruz.")
    page = _request(gallery, view, number)
    _do(page, "ask")
    page.locator("article textarea").first.fill("Sokağın hangi ucu?")
    citizens.move(number, "accepted", note="Ekip yarın gidecek")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".changed")
    gallery.keep("unit-changed", view, page)


def draw(gallery: Gallery, stack: Stack, views: Sequence[Any]) -> None:
    """A unit's list, map, request and forms, also offline and after a change by somebody else; and the inbox. `views`
    are those of `bench.screens`: light, dark, English, a telephone's, and a telephone's in the dark."""
    citizens = Citizens(stack)
    shown = fill(citizens)
    light, dark, _, phone, phone_dark = views
    looks = (light, dark, phone, phone_dark)
    for view in looks:
        page = _signed_in(gallery, view, "/unit", "fen")
        gallery.keep("unit", view, page, close=False)
        page.keyboard.press("Alt+m")
        page.locator("g[data-area=esenkent]").focus()
        gallery.keep("unit-map", view, page, close=False)
        page.keyboard.press("Alt+m")
        page.wait_for_selector("li[data-unread]")
        gallery.keep("unit-notices", view, page)
        page = _signed_in(gallery, view, "/unit", "fen")
        page.locator("[role=search] input[type=search]").first.fill("kaldırımdaki ağaç")
        page.wait_for_selector(".side .notice")
        gallery.keep("unit-none", view, page)
    for view in views:
        page = _request(gallery, view, shown)
        page.locator("summary").click()
        gallery.keep("unit-request", view, page)
    for view in looks:
        page = _request(gallery, view, shown)
        _do(page, "resolve")
        page.locator("article textarea").first.fill("Çukur kapatıldı, yol trafiğe açıldı.")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("fieldset .wrong")
        gallery.keep("unit-resolve", view, page)
    for view in looks:
        page = _request(gallery, view, shown)
        _do(page, "amend")
        page.wait_for_selector("[data-asked=district]")
        gallery.keep("unit-amend", view, page, close=False)
        page.keyboard.press("Escape")
        _do(page, "join")
        page.wait_for_selector("article form [inputmode=numeric]")
        gallery.keep("unit-join", view, page)
    for view in looks:
        _draw_stopped(gallery, view, citizens, shown)
    for view in views:
        page = _signed_in(gallery, view, "/inbox", "inbox")
        page.locator("a[data-number]").last.click()
        page.wait_for_selector("article")
        gallery.keep("inbox", view, page, close=False)
        page.keyboard.press("Alt+e")
        page.wait_for_selector("dialog[open] [type=date]")
        gallery.keep("inbox-paper", view, page, whole=False)
    for view in views:
        _draw_articles(gallery, view)
        draw_report(gallery, view)


def draw_report(gallery: Gallery, view: Any) -> None:
    """The report of requests, as an analyst has it."""
    page = gallery.open(view, "/report")
    page.locator("[name=user]").fill("analyst")
    page.locator("[name=password]").fill("demo-analyst")
    page.keyboard.press("Enter")
    page.wait_for_selector("main :is(table, .notice:not([aria-busy=true]))")
    gallery.keep("report", view, page)


def _draw_articles(gallery: Gallery, view: Any) -> None:
    """The knowledge base as a lead writes it, with an article of the demo's."""
    page = gallery.open(view, "/articles")
    page.locator("[name=user]").fill("lead")
    page.locator("[name=password]").fill("demo-lead")
    page.keyboard.press("Enter")
    page.locator("main button[data-article]").first.click()
    page.wait_for_selector("summary")
    gallery.keep("articles", view, page, close=False)
    if view.language != "tr":
        page.context.close()
        return
    page.get_by_role("button", name="Yeni bilgi").click()
    page.locator("main input[type=search]").fill("kutup ayısı")
    page.wait_for_selector("main .notice")
    gallery.keep("articles-new", view, page)


def draw_status(gallery: Gallery, stack: Stack, views: Sequence[Any]) -> None:
    """The citizen's page: empty, nothing typed, a request that is worked on, that was refused, that was answered, one
    that is not there, and after too many wrong tries."""
    citizens = Citizens(stack)
    for view in views:
        # A request for each view: after five wrong tries at one number the page says no more of it.
        number = citizens.opened(district="esenkent", address="Işık Sokak 12", text="Yol toprak, asfalt istiyoruz.")
        citizens.move(number, "in_progress", note="Ekip yarın gidecek")
        if view.language == "tr":
            _draw_course(gallery, view, citizens, number)
        citizens.move(number, "resolved", result="Işık Sokak asfaltlandı.")
        page = gallery.open(view, "/durum")
        typed = page.locator("input[inputmode=numeric]")
        typed.last.wait_for()
        gallery.keep("status", view, page, close=False)
        scenes = (("0000", "[role=alert]:not(:empty)", "status-none"), ("2233", "main [role=status]", "status-told"))
        for given, selector, scene in scenes:
            typed.first.fill(number)
            typed.last.fill(given)
            page.keyboard.press("Enter")
            page.wait_for_selector(selector)
            gallery.keep(scene, view, page, close=scene == "status-told")
    for view in views:
        if view.language == "tr":
            _draw_tries(gallery, view, citizens.opened(district="esenkent", text="Yol toprak."))


def _draw_course(gallery: Gallery, view: Any, citizens: Citizens, worked_on: str) -> None:
    """The citizen's page before anything is typed in, of a request that is worked on, and of a refused one."""
    refused = citizens.opened(district="esenkent", address="Işık Sokak 14", text="Kaldırım istiyoruz.")
    citizens.move(refused, "refused", note="Yatırım planında yok", result="Bu yıl için bütçe ayrılamadı.")
    page = gallery.open(view, "/durum")
    typed = page.locator("input[inputmode=numeric]")
    typed.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-invalid=true]")
    gallery.keep("status-empty", view, page, close=False)
    for number, scene in ((worked_on, "status-course"), (refused, "status-refused")):
        typed.first.fill(number)
        typed.last.fill("2233")
        page.keyboard.press("Enter")
        page.wait_for_selector("main [role=status]:not(:empty)")
        gallery.keep(scene, view, page, close=False)
        page.get_by_role("button", name="Başka bir başvuruya bak").click()
        typed.last.wait_for()
    page.context.close()


def _draw_tries(gallery: Gallery, view: Any, number: str) -> None:
    """The citizen's page after more wrong tries than it takes."""
    page = gallery.open(view, "/durum")
    typed = page.locator("input[inputmode=numeric]")
    for given in range(6):
        typed.first.fill(number)
        typed.last.fill(f"000{given}")
        with page.expect_response("**/durum/request") as answer:
            page.keyboard.press("Enter")
        if answer.value.status == 429:
            break
    page.wait_for_selector("[role=alert]:not(:empty)")
    gallery.keep("status-tries", view, page)


def _do(page: Page, action: str) -> None:
    """What can be done with a request; on a telephone the rest of it is behind a button."""
    button = page.locator(f"[data-action={action}]")
    if not button.is_visible():
        page.locator(".actions button[aria-expanded=false]").click()
    button.click()


def _request(gallery: Gallery, view: Any, number: str) -> Page:
    page = _signed_in(gallery, view, "/unit", "fen")
    page.locator(f"a[data-number='{number}']").click()
    page.wait_for_selector("article")
    return page
