"""The pictures of pages whose desk has gone: what is open says so, and so does the answer to what is asked for then.

The pages are opened while the system runs. Once it has ended, each is asked for something, as its person would."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from playwright.sync_api import Page

WITHIN_MS: Final = 60_000
"""A page that reconnects says so after some tries."""
WRONG: Final = ".notice[data-tone=wrong]"


class Gallery(Protocol):
    """What draws; see `bench.screens`."""

    def open(self, view: Any, path: str = "/wall", script: str = "") -> Page:
        """A page on a screen."""

    def lead(self, view: Any) -> Page:
        """The lead's desk."""

    def at_work(self, view: Any, script: str = "", agent: str = "") -> Page:
        """An agent's desk."""

    def keep(self, scene: str, view: Any, page: Page, *, close: bool = True, whole: bool = True) -> None:
        """Draw it."""


def _nothing(_: Page) -> None:
    """It says so by itself."""


def _sign_in(page: Page) -> None:
    page.locator("[name=user]").fill("admin")
    page.locator("[name=password]").fill("demo-admin")
    page.keyboard.press("Enter")


def _ask_for_request(page: Page) -> None:
    typed = page.locator("input[inputmode=numeric]")
    typed.first.fill("26-000001-9")
    typed.last.fill("2233")
    page.keyboard.press("Enter")


def _ask_for_audit(page: Page) -> None:
    page.locator("nav a[href='#audit']").click()


def _ask_for_month(page: Page) -> None:
    page.locator("main select").first.select_option("30")


def _ask_for_article(page: Page) -> None:
    page.locator("main input[type=search]").first.fill("cenaze")


def _dial(page: Page) -> None:
    page.get_by_role("textbox").fill("0532 555 01 07")
    page.keyboard.press("Enter")


@dataclass(frozen=True, slots=True)
class Scene:
    """A page, how it is opened and asked, and what it shows then."""

    name: str
    path: str
    user: str
    """Empty: nobody signs in."""
    there: str
    ask: Callable[[Page], None]
    shown: str


SCENES: Final = (
    Scene("sign-in-away", "/", "", "form", _sign_in, ".trouble:not(:empty)"),
    Scene("status-away", "/durum", "", "input[inputmode=numeric]", _ask_for_request, ".trouble:not(:empty)"),
    Scene("telephone-away", "/phone", "", "[data-state=ready]", _dial, "[data-state=lost]"),
    Scene("unit-away", "/unit", "fen", "a[data-number]", _nothing, "[data-away=true]"),
    Scene("inbox-away", "/inbox", "inbox", "a[data-number]", _nothing, "[data-away=true]"),
    Scene("articles-away", "/articles", "lead", "main button[data-article]", _ask_for_article, WRONG),
    Scene("report-away", "/report", "analyst", "main table", _ask_for_month, f"main :is({WRONG}, .trouble, .old)"),
    Scene("admin-away", "/admin", "admin", "tr[data-key=admin]", _ask_for_audit, WRONG),
)


def open_all(gallery: Gallery, views: Sequence[Any]) -> list[tuple[Scene, Any, Page]]:
    """Open each page on each screen, beside an agent's and a lead's desk."""
    found: list[tuple[Scene, Any, Page]] = []
    for view in views:
        for scene in SCENES:
            page = gallery.open(view, scene.path)
            if scene.user:
                page.locator("[name=user]").fill(scene.user)
                page.locator("[name=password]").fill(f"demo-{scene.user}")
                page.keyboard.press("Enter")
            page.locator(scene.there).first.wait_for()
            found.append((scene, view, page))
        found.append((_live("lead-lost"), view, gallery.lead(view)))
    found.append((_live("desk-lost"), views[0], gallery.at_work(views[0])))  # an agent has one telephone at a time
    return found


def _live(name: str) -> Scene:
    return Scene(name, "", "", "", _nothing, "[data-link=lost]")


def draw(gallery: Gallery, left: Sequence[tuple[Scene, Any, Page]]) -> None:
    """Draw them, once the system has ended."""
    for scene, view, page in left:
        scene.ask(page)
        page.locator(scene.shown).first.wait_for(timeout=WITHIN_MS)
        gallery.keep(scene.name, view, page)
