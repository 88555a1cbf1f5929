"""Requests for the desks that work on them, and the people who sign in there."""

import io
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Page, expect

from bench.stack import until
from tests.browser.conftest import Desk

ROAD = {
    "service": "request", "topic": "asfalt_talebi", "district": "esenkent", "text": "Asfalt yok", "name": "Ayşe Yılmaz",
    "caller": "+905321112233",
}  # fmt: skip
TELEPHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
ANY = "Failed to load resource"
"""Console messages of answers that are no success: of somebody who has not signed in, or without a network."""


def ask(desk: Desk, method: str, path: str, **body: object) -> dict[str, Any]:
    """The API as the machine sees it."""
    headers = {"authorization": f"Bearer {desk.token}", "if-match": "*"}
    answer = httpx.request(method, f"{desk.url}/api/v1{path}", json=body or None, headers=headers, timeout=30)
    assert answer.is_success, answer.text
    return dict(answer.json())


def opened(desk: Desk, **values: object) -> str:
    """The number of a request that a citizen has made; it is with fen_isleri."""
    until("the database serves", lambda: desk.stack.request("GET", "/api/v1/tickets").status_code == 200, 60)
    return str(ask(desk, "POST", "/tickets", **{**ROAD, **values})["number"])


def move(desk: Desk, number: str, to: str, **wish: object) -> None:
    """Move it, whatever it was."""
    ask(desk, "POST", f"/tickets/{number}/moves", to=to, **wish)


def ticket(desk: Desk, number: str) -> dict[str, Any]:
    """It, whole."""
    return ask(desk, "GET", f"/tickets/{number}")


def steps(desk: Desk, number: str, who: str) -> list[str]:
    """What somebody has done to it, in order."""
    return [step["what"] for step in ticket(desk, number)["history"] if step["who"] == who]


def at_work(desk: Desk, path: str, user: str, **options: Any) -> Page:
    """A desk whose person has signed in at it."""
    page = desk.visit(path, expect=ANY, **options)
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").fill(f"demo-{user}")
    page.keyboard.press("Enter")
    expect(page.locator("main[data-open]")).to_be_visible()
    return page


def row(page: Page, name: object) -> Any:
    """A request or task in the list."""
    return page.locator(f"a[data-number='{name}']")


def press(page: Page, action: str) -> None:
    """Click one of the buttons of what can be done with the open request."""
    page.locator(f"[data-action={action}]").click()


def photo(width: int = 3000, height: int = 2000) -> bytes:
    """A photo as a telephone takes it, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "Kamera"
    exif.get_ifd(0x8825)[1] = "N"
    kept = io.BytesIO()
    Image.new("RGB", (width, height), (90, 110, 90)).save(kept, "JPEG", exif=exif)
    return kept.getvalue()
