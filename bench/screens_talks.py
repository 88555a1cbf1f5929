"""The pictures that need a line with monitoring and recordings: a talk that a lead listens to, one whose recording is
paused, a caller who is kept while the page is reloaded, an outcome that is told. And three that `make screens` had not:
a prompt that is recorded, the sheet of a new agent's telephone, and a request that is read by its code."""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

from playwright.sync_api import Page

from bench.screens_requests import Citizens
from bench.stack import Stack, StackError, until

AGENT: Final = "1001"
SETTINGS: Final[dict[str, Any]] = {
    "monitoring": True, "recording": "all", "page_reload_s": 120, "max_calls_per_number": 100,
    "outcome_hours": "mon-sun holiday 00:00-24:00", "outcome_quiet": "", "disposition_required": False,
}  # fmt: skip
NOTICES_MS: Final = 12_000
"""How long the notices last. Only a caller who has heard them whole may be listened to and recorded."""


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

    def lead(self, view: Any) -> Page:
        """The lead's desk."""

    def keep(self, scene: str, view: Any, page: Page, *, close: bool = True, whole: bool = True) -> None:
        """Draw it."""


def draw(gallery: Gallery, stack: Stack, desks: Sequence[Any], leads: Sequence[Any]) -> None:
    """Draw them all. `desks` and `leads` are the views of an agent's desk and of a lead's, under the same names."""
    draw_pages(gallery, stack, desks)
    for view, of_lead in zip(desks, leads, strict=True):
        _draw_talk(gallery, stack, view, of_lead)
        stack.set_state(AGENT, "offline")
    for of_lead in leads:
        draw_calls(gallery, stack, of_lead)
    for number, view in enumerate(desks):
        _draw_outcome(gallery, stack, view, f"053255502{number:02d}")
        stack.set_state(AGENT, "offline")


def draw_pages(gallery: Gallery, stack: Stack, desks: Sequence[Any]) -> None:
    """Those without a talk: a prompt that is recorded, a telephone's sheet, a request by its code."""
    citizens = Citizens(stack)
    for number, view in enumerate(desks):
        if view.language == "tr":
            _draw_recording(gallery, view)
        _draw_sheet(gallery, view, f"10{number + 50}")
        _draw_code(gallery, view, citizens)


def draw_calls(gallery: Gallery, stack: Stack, of_lead: Any) -> None:
    """The calls of the day, and one of them that was recorded."""
    until("a recording is kept", lambda: any(one["recorded"] == "kept" for one in stack.calls()), 60)
    page = gallery.lead(of_lead)
    recorded = page.locator(".calls tbody tr").filter(has_text=re.compile("kayıtlı|recorded")).first
    recorded.wait_for()
    page.evaluate("document.querySelector('.calls').scrollIntoView()")
    gallery.keep("lead-calls", of_lead, page, close=False, whole=False)
    recorded.get_by_role("button").click()
    page.wait_for_selector("dialog ol.why")
    gallery.keep("lead-call", of_lead, page, whole=False)


def _draw_talk(gallery: Gallery, stack: Stack, view: Any, of_lead: Any) -> None:
    """A talk whose recording is paused, that a lead listens to, and whose page is reloaded."""
    page = gallery.at_work(view, agent=AGENT)
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".now[data-state=ready]")
    caller = gallery.citizen("0532 555 01 07", "")
    caller.wait_for_timeout(NOTICES_MS)
    caller.keyboard.press("2")
    page.wait_for_selector(".card[data-call=ringing]")
    page.keyboard.press("F2")
    page.wait_for_selector(".recorded[data-recording=on]")
    page.locator("form select").first.select_option("sokak_lambasi")
    page.locator("textarea").fill("Sokak lambası üç gündür yanmıyor, akşamları çok karanlık oluyor.")
    page.keyboard.press("Alt+p")
    page.wait_for_selector(".recorded[data-recording=paused]")
    gallery.keep("desk-paused", view, page, close=False)
    page.keyboard.press("Alt+p")
    page.wait_for_selector(".recorded[data-recording=on]")
    lead = gallery.lead(of_lead)
    telephone = lead.context.new_page()
    telephone.goto(lead.url.replace("/lead", "/desk"))
    telephone.wait_for_selector(".connection[data-state=ready]")
    lead.bring_to_front()
    lead.locator(f".agents tr[data-key='{AGENT}'] button").click()
    lead.locator("dialog fieldset button").first.click()
    page.wait_for_selector(".monitored:not(:empty)")
    lead.wait_for_selector("dialog .code:not(:empty)")
    gallery.keep("desk-monitored", view, page, close=False)
    gallery.keep("lead-monitored", of_lead, lead, close=False, whole=False)
    telephone.bring_to_front()
    telephone.keyboard.press("F4")
    page.wait_for_selector(".monitored:empty", state="attached")
    lead.context.close()
    page.route("**/agents/*/phone", lambda _: None)  # the page has no telephone yet
    page.reload()
    page.wait_for_selector(".kept:not(:empty)")
    page.wait_for_selector("textarea")
    gallery.keep("desk-kept", view, page, close=False)
    gallery.forget_form(page)
    page.context.close()
    caller.get_by_role("button", name="Kapat", exact=True).click()
    caller.wait_for_selector(".state[data-state=ended]")
    caller.context.close()


def _draw_outcome(gallery: Gallery, stack: Stack, view: Any, number: str) -> None:
    """A citizen calls whose outcome waits to be told: it is told, and the score is asked for."""
    citizens = Citizens(stack)
    ticket = citizens.opened(district="esenkent", address="Işık Sokak 12", text="Yol toprak.", caller=f"+9{number}")
    page = gallery.at_work(view, agent=AGENT)
    caller = gallery.citizen(number, "2")
    until("they wait", lambda: len(stack.queue()) == 1, 20)
    citizens.move(ticket, "accepted")
    citizens.move(ticket, "resolved", result="Işık Sokak asfaltlandı.")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".card[data-call=ringing]")
    page.keyboard.press("F2")
    page.wait_for_selector(".fields select")
    for key in ("Alt+o", "ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_selector(".fields label:nth-child(2) select, .fields > :nth-child(2) select")
    gallery.keep("desk-outcome", view, page, close=False)
    page.keyboard.press("Alt+o")  # told, and no score yet
    page.wait_for_selector("blockquote", state="detached")
    gallery.keep("desk-score", view, page, close=False)
    page.keyboard.press("F4")
    page.wait_for_selector(".now[data-state=wrapup]")
    page.context.close()
    caller.context.close()


def _draw_recording(gallery: Gallery, view: Any) -> None:
    """A prompt in the administrator's own voice, recorded and not used yet."""
    page = _admin(gallery, view, "prompts")
    page.locator("[data-prompt=queue_all_busy] button").nth(1).click()
    buttons = page.locator("dialog[open] .actions").first.locator("button")
    buttons.first.click()
    page.locator("dialog[open]").get_by_text(re.compile(r"^[2-9][.,][0-9]")).wait_for()  # seconds
    buttons.first.click()
    refused = page.locator("dialog[open] .notice[data-tone=wrong]")
    buttons.nth(2).or_(refused).first.wait_for()  # to hear it, and to use it
    if refused.is_visible():
        raise StackError(f"the recording was refused: {refused.inner_text()}")
    gallery.keep("admin-recording", view, page, whole=False)


def _draw_sheet(gallery: Gallery, view: Any, extension: str) -> None:
    """What a new agent's telephone needs, on the screen and as it is printed. Its secrets are of this run alone."""
    page = _admin(gallery, view, "agents")
    page.get_by_role("button", name=re.compile("^(Görevli ekle|Add an agent)$")).click()
    dialog = page.locator("dialog[open]")
    dialog.locator("input").first.fill("Nermin Işık")
    dialog.locator("input").nth(1).fill(extension)
    page.keyboard.press("Enter")
    page.wait_for_selector("#sheet-title")
    gallery.keep("admin-telephone", view, page, close=view.phone)
    if not view.phone:
        page.emulate_media(media="print")
        gallery.keep("admin-telephone-print", view, page)


def _draw_code(gallery: Gallery, view: Any, citizens: Citizens) -> None:
    """A request that its citizen made without a number, and reads by its code."""
    number, code = citizens.coded(district="esenkent", address="Işık Sokak 12", text="Yol toprak, asfalt istiyoruz.")
    citizens.move(number, "in_progress", note="Ekip yarın gidecek")
    page = gallery.open(view, "/durum")
    page.locator("input[inputmode=numeric]").last.wait_for()
    page.locator("input[value=code]").check(force=True)
    page.locator("input[inputmode=numeric]").last.fill(code)
    gallery.keep("status-code", view, page, close=False)
    page.keyboard.press("Enter")
    page.wait_for_selector("main [role=status]")
    gallery.keep("status-code-told", view, page)


def _admin(gallery: Gallery, view: Any, part: str) -> Page:
    page = gallery.open(view, "/admin")
    page.locator("[name=user]").fill("admin")
    page.locator("[name=password]").fill("demo-admin")
    page.keyboard.press("Enter")
    page.locator("nav a").first.wait_for()
    page.evaluate("part => { location.hash = part; }", part)
    return page
