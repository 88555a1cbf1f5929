"""The administrator's page for `make screens`: each part, a person who is changed or added, days without records, a
change that is looked at, and one that is refused."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page

from bench.screens_requests import Gallery

PARTS = {
    "people": "tr[data-key=admin]", "agents": "li button", "services": ".form", "topics": "li button",
    "units": "li button", "settings": "[data-setting]",
    "files": "textarea", "flow": "details[open]", "prompts": "[data-prompt]",
    "destructions": ".notice[aria-busy=false]",
    "audit": "td[data-column=who] .soft:has-text('· admin ·')",
}  # fmt: skip

LONG = ("settings", "files", "prompts", "flow", "audit")
"""Parts of many screens, of which the first is drawn."""


def draw(gallery: Gallery, views: Sequence[Any]) -> None:
    """Draw them all: every part light and dark, wide and narrow, two also in English."""
    for view in views:
        for part, there in PARTS.items():
            if part in ("people", "services", "audit") or view.language == "tr":
                page = _open(gallery, view, part)
                page.locator(there).first.wait_for()
                if part in ("agents", "topics", "units"):
                    page.locator(there).first.click()
                gallery.keep(f"admin-{part}", view, page, whole=part not in LONG)
    for view in views:
        if view.language != "tr":
            continue
        _draw_people(gallery, view)
        for scene, times in (("change", "10:00-16:00"), ("refused", "9-5")):
            page = _open(gallery, view, "services")
            page.get_by_label("Düzenin adı").fill("ofis")
            page.keyboard.press("Enter")
            page.get_by_role("textbox", name="Pazartesi – Cuma").fill(times)
            page.get_by_role("button", name="Değişikliği gör").click()
            page.wait_for_selector("dialog[open]")
            gallery.keep(f"admin-{scene}", view, page, whole=False)


def _draw_people(gallery: Gallery, view: Any) -> None:
    """A person who is changed, one who is added, and a search of the audit that finds nothing."""
    page = _open(gallery, view, "people")
    row = page.locator(PARTS["people"])
    row.wait_for()
    row.get_by_role("button").click()
    page.wait_for_selector("dialog[open] form")
    gallery.keep("admin-person", view, page, close=False, whole=False)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Kişi ekle").click()
    page.wait_for_selector("dialog[open] form")
    gallery.keep("admin-person-new", view, page, whole=False)
    page = _open(gallery, view, "audit")
    page.locator(PARTS["audit"]).first.wait_for()
    if view.phone:
        page.get_by_role("button", name="Süzgeç").click()
    page.get_by_label("Kim", exact=True).fill("kimse")
    page.get_by_role("button", name="Göster").click()
    page.wait_for_selector(".notice[aria-busy=false]")
    gallery.keep("admin-audit-none", view, page)


def _open(gallery: Gallery, view: Any, part: str) -> Page:
    page = gallery.open(view, "/admin")
    page.locator("[name=user]").fill("admin")
    page.locator("[name=password]").fill("demo-admin")
    page.keyboard.press("Enter")
    page.locator("nav a").first.wait_for()
    page.evaluate("part => { location.hash = part; }", part)
    return page
