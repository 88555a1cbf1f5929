"""`make screens`: the pages of the desk as people see them, light and dark, into docs/screens/.

A system of its own is brought up; real phones bring it into each state (quiet, busy, Asterisk hung, connection lost)
and Chromium draws what the wall then shows. Nothing is made up and nothing is left running.
"""

import argparse
import io
import re
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page
from playwright.sync_api import Error as BrowserError

from agents.demo import demo_agents_toml
from agents.pins import SALT_BYTES, hash_pin
from bench import screens_admin, screens_away, screens_desk, screens_moments, screens_requests, screens_talks
from bench.browser import BrowserMissing, launch
from bench.stack import ROOT, Stack, StackError, until
from phones import Agent, Caller, HangUp, Phones, PhonesError, Press, Wait

FOLDER = ROOT / "docs" / "screens"
LABEL = "Erişim anahtarı"
TALKING, RINGING, WRAPUP, AWAY, MEAL = slice(0, 5), "1006", "1007", "1008", "1009"


@dataclass(frozen=True, slots=True)
class View:
    """A screen and who looks at it."""

    name: str
    width: int
    height: int
    language: str = "tr"
    dark: bool = False
    phone: bool = False


WALLS = (View("light", 1920, 1080), View("dark", 1920, 1080, dark=True))
LEADS = (
    View("light", 1440, 1250),
    View("dark", 1440, 1250, dark=True),
    View("english", 1920, 1080, "en"),
    View("phone", 390, 844, phone=True),
    View("phone-dark", 390, 844, dark=True, phone=True),
)
DESKS = (
    View("light", 1280, 860),
    View("dark", 1280, 860, dark=True),
    View("english", 1280, 860, "en"),
    View("phone", 390, 844, phone=True),
    View("phone-dark", 390, 844, dark=True, phone=True),
)
ALL = (
    *WALLS,
    View("english", 1366, 768, "en"),
    View("english-dark", 1366, 768, "en", dark=True),
    View("phone", 390, 844, phone=True),
    View("phone-dark", 390, 844, dark=True, phone=True),
)


def turkish(views: Sequence[View]) -> tuple[View, ...]:
    """Those of the views that are not in English: light and dark, wide and narrow."""
    return tuple(view for view in views if view.language == "tr")


ANEW = """() => {
  for (const one of document.querySelectorAll("input[type=date], input[type=time]")) {
    const { type } = one;
    one.type = "text";
    one.type = type;
  }
}"""
"""Makes the fields of days and times anew. A field has the language of the place where it is made: outside the page."""


HOLD = """() => {
  const height = innerHeight;
  Object.defineProperty(window, "innerHeight", { get: () => height, configurable: true });
  for (const one of document.querySelectorAll("*")) {
    const { maxHeight } = getComputedStyle(one);
    if (maxHeight.endsWith("px")) one.style.maxHeight = maxHeight;
  }
}"""
"""Keeps what is no higher than a part of the screen as it is when the screen grows."""


class Gallery:
    """Draws pages of one system."""

    def __init__(self, browser: Browser, stack: Stack, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self.url = stack.url
        self._token = (stack.data_dir / "token").read_text().strip()

    def open(self, view: View, path: str = "/wall", script: str = "") -> Page:
        """A page on a screen, once it has loaded; `script` is run before its own."""
        context = self._browser.new_context(
            viewport={"width": view.width, "height": view.height},
            locale="tr-TR" if view.language == "tr" else "en-GB",
            color_scheme="dark" if view.dark else "light",
            reduced_motion="reduce",
            device_scale_factor=2 if view.phone else 1,
            is_mobile=view.phone,
            has_touch=view.phone,
        )
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.goto(f"{self.url}{path}?lang={view.language}")
        return page

    def wall(self, view: View) -> Page:
        """The wall, once it shows the line."""
        page = self.open(view)
        page.evaluate("token => sessionStorage.setItem('cozum.token', token)", self._token)
        page.reload()
        page.wait_for_selector("[data-link]:not([data-link=connecting])")
        return page

    def draw_wall(self, scene: str, views: Sequence[View]) -> None:
        """The wall as it is now, one picture a screen."""
        for view in views:
            self.keep(scene, view, self.wall(view))

    def draw_sign_in(self) -> None:
        """The first page: empty, after a wrong password, and signed in."""
        for view in DESKS:
            page = self.open(view, "/")
            page.wait_for_selector("form")
            self.keep("sign-in", view, page, close=False)
            page.locator("[name=user]").fill("admin")
            page.locator("[name=password]").fill("wrong")
            page.keyboard.press("Enter")
            page.wait_for_selector("[aria-invalid=true]")
            self.keep("sign-in-refused", view, page, close=False)
            page.locator("[name=password]").fill("demo-admin")
            page.keyboard.press("Enter")
            page.wait_for_url("**/admin**")
            page.goto(f"{self.url}/?lang={view.language}")
            page.wait_for_selector("nav a")
            self.keep("home", view, page)

    def draw_token(self) -> None:
        """What asks for the wall's token, and says that it was the wrong one."""
        for view in turkish(ALL):
            page = self.open(view)
            page.wait_for_selector("dialog[open]")
            self.keep("wall-token", view, page, close=False)
            page.get_by_label(LABEL).fill("wrong")
            page.keyboard.press("Enter")
            page.wait_for_selector("dialog[open] [aria-invalid=true]")
            self.keep("wall-refused", view, page)

    def draw_lost(self) -> None:
        """The page where there is none."""
        for view in turkish(ALL):
            self.keep("lost", view, self.open(view, "/nowhere"))

    def draw_telephone(self) -> None:
        """The demo's caller: before a call, in one, after it, and without a microphone."""
        for view in DESKS:
            page = self.open(view, "/phone")
            page.wait_for_selector("[data-state=ready]")
            page.get_by_role("textbox").fill("0532 555 01 07")
            self.keep("telephone", view, page, close=False)
            page.keyboard.press("Enter")
            page.wait_for_selector(".state[data-state=talking]")
            page.keyboard.press("2")
            until("the menu is heard", partial(_is_loud, page.get_by_role("meter").first), 10)
            page.wait_for_selector(".quality i")
            self.keep("telephone-call", view, page, close=False)
            page.get_by_role("button", name=re.compile("^(Kapat|Hang up)$")).click()
            page.wait_for_selector(".state[data-state=ended]")
            self.keep("telephone-ended", view, page)
        for view in turkish(DESKS):
            page = self.open(view, "/phone")
            page.evaluate(screens_desk.REFUSE)
            page.wait_for_selector("[data-state=ready]")
            page.get_by_role("textbox").press("Enter")
            page.wait_for_selector(".notice")
            self.keep("telephone-refused", view, page)

    def draw_lead(self, scene: str, views: Sequence[View], opened: str = "") -> None:
        """The shift lead's desk as it is now; with `opened`, after a press on the first button in that part of it."""
        for view in views:
            page = self.lead(view)
            if opened:
                page.locator(f"{opened} button").first.click()
                page.wait_for_selector("dialog[open]")
            self.keep(scene, view, page, whole=not opened)

    def forget_form(self, page: Page) -> None:
        """Throw away what was written, or the form would be there at the agent's next page."""
        with page.expect_response("**/api/v1/drafts/*"):
            for _ in range(2):
                page.keyboard.press("Alt+x")

    def lead(self, view: View) -> Page:
        """The shift lead's desk, once all its parts are there."""
        page = self.open(view, "/lead")
        page.locator("[name=user]").fill("lead")
        page.locator("[name=password]").fill("demo-lead")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-link]:not([data-link=connecting])")
        page.wait_for_selector(".day :is(canvas, .notice:not([aria-busy=true]))")
        page.wait_for_selector(".why :is(ol, .notice:not([aria-busy=true]))")
        page.wait_for_selector(".abandoned :is(table, .notice:not([aria-busy=true]))")
        return page

    def at_work(self, view: View, script: str = "", agent: str = screens_desk.AGENT) -> Page:
        """An agent's desk whose agent has signed in."""
        page = self.open(view, "/desk", f"({script})()" if script else "")
        page.locator("[name=user]").fill(agent)
        page.locator("[name=password]").fill(f"demo{agent}")
        page.keyboard.press("Enter")
        page.wait_for_selector(".now")
        page.wait_for_selector(".connection[data-state=ready]")
        return page

    def citizen(self, number: str, keys: str) -> Page:
        """A citizen's page that has called and pressed these keys."""
        page = self.open(DESKS[0], "/phone")
        page.wait_for_selector("[data-state=ready]")
        page.get_by_role("textbox").fill(number)
        page.keyboard.press("Enter")
        page.wait_for_selector(".state[data-state=talking]")
        for key in keys:
            page.keyboard.press(key)
        return page

    def keep(self, scene: str, view: View, page: Page, *, close: bool = True, whole: bool = True) -> None:
        """Draw an open page and, unless told otherwise, close it. A wall is drawn as its screen shows it, and so is a
        page that is not to be drawn `whole`."""
        path = self._folder / f"{scene}-{view.name}.png"
        page.evaluate("document.fonts.ready")
        page.evaluate(ANEW)
        page.mouse.move(0, 0)  # or what was clicked last looks pointed at
        picture = Image.open(io.BytesIO(_drawn(view, page, whole=whole))).convert("RGB")
        # A third of the size, to be kept. By coverage, or rare colours go: the green dot was grey.
        few = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        if close:
            page.context.close()
        print(f"{path.name}  {path.stat().st_size // 1024} KiB", flush=True)


def _drawn(view: View, page: Page, *, whole: bool) -> bytes:
    """The page as its screen shows it, or whole. Chromium draws what lies below a telephone's screen as for a mouse, so
    that screen grows for the picture."""
    if not (whole and view.phone):
        return page.screenshot(full_page=whole and view not in ALL)
    page.evaluate(HOLD)
    height = max(view.height, int(page.evaluate("document.documentElement.scrollHeight")))
    page.set_viewport_size({"width": view.width, "height": height})
    drawn = page.screenshot()
    page.set_viewport_size({"width": view.width, "height": view.height})
    return drawn


def _is_loud(meter: Locator) -> bool:
    return int(meter.get_attribute("aria-valuenow") or 0) > 30


def staff(stack: Stack, phones: Phones) -> None:
    """Ten agents, each in another state or soon to be."""
    talkers = stack.logins[TALKING]
    phones.staff(talkers, Agent(answer_after_s=0.3, talk_s=None))
    phones.staff((stack.login(RINGING),), Agent(answer_after_s=None))
    phones.staff((stack.login(WRAPUP),), Agent(answer_after_s=0.3, talk_s=1.0))
    for login in (*talkers, stack.login(AWAY)):
        stack.set_state(login.user, "ready")
    stack.set_state(MEAL, "ready")
    stack.set_state(MEAL, "paused", "meal")


def call(phones: Phones, key: str, *, number: int, count: int = 1) -> None:
    """Callers who press these keys and stay."""
    steps = tuple(step for one in key for step in (Wait(0.4), Press(one)))
    phones.call(Caller(steps=steps), count=count, rate=20, first_number=5_325_550_100 + number)


def busy(stack: Stack, phones: Phones) -> None:
    """Everybody has somebody: a phone rings for an urgent caller, and routine callers wait. An urgent caller would not
    wait beside an agent in after-call work, or beside a phone that rings for a routine one: each is taken for them."""
    for number, key in enumerate(("11", "2", "3", "0", "2")):
        call(phones, key, number=number)
    until("five talk", lambda: sum(one["state"] == "talking" for one in stack.agents().values()) == 5, 20)
    stack.set_state(WRAPUP, "ready")
    call(phones, "2", number=10)
    until(f"{WRAPUP} is in after-call work", lambda: stack.state_of(WRAPUP) == "wrapup", 20)
    stack.set_state(RINGING, "ready")
    call(phones, "13", number=31)
    until("it rings for the patient", lambda: stack.agents()[RINGING]["service"] == "patient_transfer", 20)
    for number, key in enumerate(("2", "0", "3", "2"), 20):
        call(phones, key, number=number)
        time.sleep(1.2)  # so that they have waited for unlike times
    until("four wait behind the patient", lambda: len(stack.queue()) == 5, 20)


def leave(stack: Stack, phones: Phones) -> None:
    """Some give up: one of them calls again and waits, one asks to be called back."""
    for number in (60, 61, 62):
        steps = (Wait(0.4), Press("2"), Wait(3), HangUp())
        phones.call(Caller(steps=steps), count=1, rate=20, first_number=5_325_550_100 + number)
    until("three gave up", lambda: len(stack.get("abandoned")) >= 3, 30)


def outbreak(stack: Stack) -> None:
    """Many calls about one thing in one mahalle, as agents take them down."""
    for number in range(9):
        asked = {
            "service": "request", "topic": "su_kesintisi", "district": "esenkent", "text": "Su yok",
            "caller": f"+905325551{number:03d}",
        }  # fmt: skip
        stack.request("POST", "/api/v1/tickets", body=asked)


def run(folder: Path, *, only: str = "") -> None:
    """Draw them all; or only what needs a system with monitoring and recordings (`talks`), or passes (`moments`)."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cozum-screens-") as name, launch(fields=True) as browser:
        if not only:
            _draw_most(browser, Path(name) / "most", folder)
        if only != "moments":
            place = _place(Path(name) / "talks")
            with Stack(place, wrapup_s=300, ring_s=120, **screens_talks.SETTINGS) as stack:
                screens_talks.draw(Gallery(browser, stack, folder), stack, DESKS, LEADS)
        if only != "talks":
            place = _place(Path(name) / "moments")
            with Stack(place, wrapup_s=300, ring_s=120, **screens_moments.SETTINGS) as stack:
                screens_moments.draw(Gallery(browser, stack, folder), stack, turkish(DESKS))


def _place(folder: Path) -> Path:
    """A new folder for a system, with the demo's agents."""
    folder.mkdir()
    (folder / "agents.toml").write_text(_agents(), "utf-8")
    return folder


def _agents() -> str:
    """The demo's agents."""
    salt = b"of pictures only"[:SALT_BYTES].ljust(SALT_BYTES)
    return demo_agents_toml(lambda pin: hash_pin(pin, salt))


def _draw_most(browser: Browser, place: Path, folder: Path) -> None:
    """All that the shipped settings show."""
    _place(place)
    # The rules are those that are shipped. Phones ring for longer, so that a scene lasts until it is drawn.
    with Stack(place, wrapup_s=300, ring_s=120) as stack:
        gallery = Gallery(browser, stack, folder)
        gallery.draw_sign_in()
        gallery.draw_token()
        gallery.draw_lost()
        gallery.draw_wall("empty", WALLS)
        gallery.draw_lead("lead-empty", turkish(LEADS))
        with stack.phones(place / "phones") as phones:
            staff(stack, phones)
            gallery.draw_wall("quiet", WALLS)
            busy(stack, phones)
            gallery.draw_wall("busy", ALL)
            leave(stack, phones)
            outbreak(stack)
            gallery.draw_lead("lead-busy", LEADS)
            gallery.draw_lead("lead-first", turkish(LEADS), ".queue tbody")
            gallery.draw_lead("lead-state", turkish(LEADS), ".agents tbody")
            gallery.draw_lead("lead-outbreak", turkish(LEADS), "[data-outbreak]")
            gallery.draw_lead("lead-surge", turkish(LEADS), ".rest")
            call(phones, "2", number=50, count=40)
            until("all wait", lambda: len(stack.queue()) >= 40, 30)
            gallery.draw_wall("crowd", WALLS)
            hung(stack, gallery)
        gallery.draw_telephone()  # these callers leave their traces in the wall's figures
        for extension in stack.agents():
            stack.set_state(extension, "offline")
        with stack.phones(place / "colleague") as phones:
            phones.staff((stack.login(screens_desk.COLLEAGUE),), Agent(answer_after_s=0.3, talk_s=None))
            screens_desk.draw(gallery, stack, DESKS)
        screens_requests.draw(gallery, stack, DESKS)
        screens_requests.draw_status(gallery, stack, DESKS)
        screens_admin.draw(gallery, DESKS)
        pages = [(view, gallery.wall(view)) for view in WALLS]
        left = screens_away.open_all(gallery, turkish(DESKS))
    for view, page in pages:
        page.wait_for_selector("[data-link=lost]", timeout=20_000)
        gallery.keep("connection-lost", view, page)
    screens_away.draw(gallery, left)


def hung(stack: Stack, gallery: Gallery) -> None:
    """An Asterisk that says nothing any more."""
    asterisk = stack.asterisk
    asterisk.send_signal(signal.SIGSTOP)
    try:
        until("readiness says so", lambda: "asterisk" in stack.missing(), 20)
        gallery.draw_wall("asterisk-away", WALLS)
        gallery.draw_lead("lead-away", turkish(LEADS))
    finally:
        asterisk.send_signal(signal.SIGCONT)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.screens", description="the desk's pages as pictures")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go (default: %(default)s)")
    parser.add_argument("--only", choices=("talks", "moments"), default="", help="draw only these (default: all)")
    options = parser.parse_args()
    try:
        run(options.folder, only=options.only)
    except (StackError, PhonesError, BrowserMissing, BrowserError) as error:
        print(f"screens: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
