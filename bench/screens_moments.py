"""The pictures of moments that pass.

At an agent's desk: what is asked before they are ready or leave, calls without a result, the keys, a session that is
over, a request with its code, a lead who listens. And an inbox with nothing to do."""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

from playwright.sync_api import Page

from bench.stack import Stack

AGENT: Final = "1001"
NUMBER: Final = "0532 555 01 07"
NOTICES_MS: Final = 12_000
"""How long the notices last. Only a caller who has heard them whole may be listened to."""
SETTINGS: Final[dict[str, Any]] = {"monitoring": True, "max_calls_per_number": 100, "disposition_required": False}
"""Agents who leave calls without a result are to be seen, and are ready all the same."""


class Gallery(Protocol):
    """What draws; see `bench.screens`."""

    def open(self, view: Any, path: str = "/wall", script: str = "") -> Page:
        """A page on a screen."""

    def at_work(self, view: Any, script: str = "", agent: str = "") -> Page:
        """An agent's desk."""

    def citizen(self, number: str, keys: str) -> Page:
        """A citizen's page that has called."""

    def forget_form(self, page: Page) -> None:
        """Throw away what was written at an agent's desk."""

    def keep(self, scene: str, view: Any, page: Page, *, close: bool = True, whole: bool = True) -> None:
        """Draw it."""


def draw(gallery: Gallery, stack: Stack, views: Sequence[Any]) -> None:
    """Draw them all."""
    for view in views:
        _keep_dialog(gallery, "inbox-empty", view, _inbox(gallery, view, ".notice[data-tone=good]"))
    for view in views:
        _draw_desk(gallery, stack, view)
        stack.set_state(AGENT, "offline")
        _draw_listening(gallery, stack, view)
        stack.set_state(AGENT, "offline")


def _keep_dialog(gallery: Gallery, scene: str, view: Any, page: Page, *, close: bool = True) -> None:
    """As the screen shows it: a dialog and the toasts stand in the middle and at the edge of that."""
    gallery.keep(scene, view, page, close=close, whole=False)


def _draw_desk(gallery: Gallery, stack: Stack, view: Any) -> None:
    """A call without a result, what is asked then, and all that follows from it."""
    page = gallery.at_work(view, agent=AGENT)
    page.keyboard.press("Alt+h")
    page.wait_for_selector("dialog[open] dl")
    _keep_dialog(gallery, "desk-keys", view, page, close=False)
    page.keyboard.press("Escape")
    _talk(gallery, page, NUMBER)
    page.locator("textarea").fill("Elektrik ne zaman gelecek?")
    page.keyboard.press("Alt+1")
    page.wait_for_selector("dialog[open] ol")
    _keep_dialog(gallery, "desk-result", view, page, close=False)
    page.keyboard.press("Escape")
    gallery.forget_form(page)
    page.keyboard.press("Alt+3")
    page.wait_for_selector(".now[data-state=offline]")
    _talk(gallery, page, "")
    page.locator("form select").first.select_option("sokak_lambasi")
    page.locator("form .place select").select_option("esenkent")
    page.locator("textarea").fill("Sokak lambası üç gündür yanmıyor.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".saved")
    _keep_dialog(gallery, "desk-saved-code", view, page, close=False)
    _talk(gallery, page, NUMBER)
    page.wait_for_selector("button[aria-keyshortcuts='Alt+I']")
    page.locator("textarea").fill("Park çeşmesi akmıyor.")
    page.locator("button[aria-keyshortcuts='Alt+I']").scroll_into_view_if_needed()
    _keep_dialog(gallery, "desk-silent", view, page, close=False)
    page.get_by_role("button", name=re.compile("^(Çıkış yap|Sign out)$")).click()
    page.wait_for_selector("dialog[open] .answers")
    _keep_dialog(gallery, "desk-leave", view, page, close=False)
    page.keyboard.press("Escape")
    gallery.forget_form(page)
    page.evaluate(
        "fetch('/api/v1/session').then((one) => one.json()).then((one) => fetch('/api/v1/session',"
        " { method: 'DELETE', headers: { 'X-CSRF-Token': one.csrf } }))"
    )
    page.wait_for_selector("dialog[open] [name=password]", timeout=60_000)
    _keep_dialog(gallery, "desk-signed-out", view, page)


def _talk(gallery: Gallery, page: Page, number: str) -> None:
    """The agent is ready, and talks to a citizen, who hangs up."""
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".now[data-state=ready]")
    caller = gallery.citizen(number, "2")
    page.wait_for_selector(".card[data-call=ringing]")
    page.keyboard.press("F2")
    page.wait_for_selector(".card[data-call=talking]")
    page.wait_for_selector("textarea")
    caller.get_by_role("button", name="Kapat", exact=True).click()
    page.wait_for_selector(".now[data-state=wrapup]")
    caller.context.close()


def _draw_listening(gallery: Gallery, stack: Stack, view: Any) -> None:
    """The lead's own desk while its telephone listens to an agent's talk."""
    page = gallery.at_work(view, agent=AGENT)
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".now[data-state=ready]")
    caller = gallery.citizen(NUMBER, "")
    caller.wait_for_timeout(NOTICES_MS)
    caller.keyboard.press("2")
    page.wait_for_selector(".card[data-call=ringing]")
    page.keyboard.press("F2")
    page.wait_for_selector(".card[data-call=talking]")
    call = stack.agents()[AGENT]["call"]
    lead = gallery.open(view, "/desk")
    lead.locator("[name=user]").fill("lead")
    lead.locator("[name=password]").fill("demo-lead")
    lead.keyboard.press("Enter")
    lead.wait_for_selector(".connection[data-state=ready]")
    code = lead.evaluate(
        "async (call) => { const who = await (await fetch('/api/v1/session')).json();"
        " const answer = await fetch(`/api/v1/calls/${encodeURIComponent(call)}/monitor`, { method: 'POST',"
        " headers: { 'X-CSRF-Token': who.csrf, 'Content-Type': 'application/json' },"
        " body: JSON.stringify({ mode: 'listen' }) }); return (await answer.json()).code; }",
        call,
    )
    lead.evaluate(  # as the lead's page asks their desk
        "(number) => new BroadcastChannel('cozum.dial').postMessage({ wish: 'screens', user: 'lead', number })", code
    )
    lead.wait_for_selector(".card[data-call=talking]")
    lead.wait_for_selector(".quality i")
    gallery.keep("desk-listening", view, lead)
    page.keyboard.press("F4")
    page.wait_for_selector(".now[data-state=wrapup]")
    page.context.close()
    caller.context.close()


def _inbox(gallery: Gallery, view: Any, selector: str, user: str = "inbox") -> Page:
    page = gallery.open(view, "/inbox")
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").fill(f"demo-{user}")
    page.keyboard.press("Enter")
    page.wait_for_selector(selector)
    return page
