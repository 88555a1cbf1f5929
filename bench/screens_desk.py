"""The pictures of an agent's desk for `make screens`."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from playwright.sync_api import Page

from bench.stack import Stack

AGENT: Final = "1010"
COLLEAGUE: Final = "1002"
"""Who has a phone, and can be asked."""
REFUSE: Final = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
}"""
"""Makes a page go without a microphone."""


class Gallery(Protocol):
    """What draws; see `bench.screens`."""

    url: str

    def at_work(self, view: Any, script: str = "", agent: str = "") -> Page:
        """An agent's desk."""

    def citizen(self, number: str, keys: str) -> Page:
        """A citizen's page that has called."""

    def forget_form(self, page: Page) -> None:
        """Throw away what was written at an agent's desk."""

    def keep(self, scene: str, view: Any, page: Page, *, close: bool = True, whole: bool = True) -> None:
        """Draw it."""


def draw(gallery: Gallery, stack: Stack, views: Sequence[Any]) -> None:
    """An agent's desk: before a call, in a pause, while it rings, in a talk, with a colleague, with a request of the
    caller's, after the talk, when another page took the telephone, and without a microphone."""
    asked = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "caller": "05325550107"}
    number = str(stack.request("POST", "/api/v1/tickets", body=asked).json()["number"])
    for view in views:
        page = gallery.at_work(view)
        _draw_states(gallery, view, page)
        caller = gallery.citizen("0532 555 01 07", "11")
        page.wait_for_selector(".card[data-call=ringing]")
        page.wait_for_selector("dl[data-urgent=true]")
        gallery.keep("desk-ringing", view, page, close=False)
        page.keyboard.press("F2")
        page.wait_for_selector(".card[data-call=talking]")
        page.wait_for_selector(".quality i")
        _draw_talk(gallery, stack, view, page)
        page.keyboard.press("Alt+a")
        page.keyboard.type(number)
        page.keyboard.press("Enter")
        page.wait_for_selector("#request-title")
        gallery.keep("desk-request", view, page, close=False)
        page.keyboard.press("Escape")
        page.keyboard.press("F4")
        caller.context.close()
        page.wait_for_selector(".now[data-state=wrapup]")
        gallery.keep("desk-after", view, page, close=False)
        page.context.new_page().goto(f"{gallery.url}/desk")
        page.wait_for_selector(".connection[data-state=replaced]")
        gallery.keep("desk-replaced", view, page, close=False)
        gallery.forget_form(page)
        page.context.close()
        stack.set_state(AGENT, "offline")
    for view in views:
        if view.language == "tr":
            page = gallery.at_work(view, REFUSE)
            page.wait_for_selector(".connection[data-state=no_microphone]")
            gallery.keep("desk-refused", view, page)


def _draw_states(gallery: Gallery, view: Any, page: Page) -> None:
    """Ready, asked for the reason of a pause, and in one. The agent is ready afterwards."""
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".now[data-state=ready]")
    gallery.keep("desk-ready", view, page, close=False)
    page.keyboard.press("Alt+2")
    page.wait_for_selector(".reasons button")
    gallery.keep("desk-reasons", view, page, close=False)
    page.keyboard.press("2")
    page.wait_for_selector(".now[data-state=paused]")
    gallery.keep("desk-pause", view, page, close=False)
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".now[data-state=ready]")


def _draw_talk(gallery: Gallery, stack: Stack, view: Any, page: Page) -> None:
    """A talk: the form, the keypad, whom to hand over to, and a colleague who is asked."""
    page.locator("form select").first.select_option("cenaze")
    page.locator("form .place select").select_option("esenkent")
    page.locator("textarea").fill("Annesi evde vefat etmiş, cenaze aracı istiyor.")
    page.keyboard.press("Alt+k")
    page.wait_for_selector(".keypad button")
    gallery.keep("desk-keypad", view, page, close=False)
    page.keyboard.press("Alt+k")
    stack.set_state(COLLEAGUE, "ready")
    page.keyboard.press("Alt+t")
    page.wait_for_selector(".colleagues li button")
    gallery.keep("desk-talk", view, page, close=False)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".colleagues:not(:has(li)) button:first-child:not([aria-disabled=true])")
    gallery.keep("desk-consult", view, page, close=False)
    page.keyboard.press("Alt+c")
    stack.set_state(COLLEAGUE, "offline")
    page.keyboard.press("Escape")
