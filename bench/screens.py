"""`make screens`: the pages of the desk as people see them, light and dark, into docs/screens/.

A system of its own is brought up; real phones bring it into each state (quiet, busy, Asterisk hung, connection lost)
and Chromium draws what the wall then shows. Nothing is made up and nothing is left running.
"""

import argparse
import io
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from agents.demo import demo_agents_toml
from agents.pins import SALT_BYTES, hash_pin
from bench.chromium import Chromium, ChromiumError, Page
from bench.phones import Agent, Caller, Phones, PhonesError, Press, Wait
from bench.stack import ROOT, Stack, StackError, until

FOLDER = ROOT / "docs" / "screens"
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
ALL = (
    *WALLS,
    View("english", 1366, 768, "en"),
    View("english-dark", 1366, 768, "en", dark=True),
    View("phone", 390, 844, phone=True),
    View("phone-dark", 390, 844, dark=True, phone=True),
)


class Gallery:
    """Draws pages of one system."""

    def __init__(self, chromium: Chromium, stack: Stack, folder: Path) -> None:
        self._chromium = chromium
        self._stack = stack
        self._folder = folder

    def open(self, view: View, *, token: bool = True) -> Page:
        """The wall on a screen, once it shows the line (or asks for the token)."""
        page = self._chromium.page(width=view.width, height=view.height, dark=view.dark, phone=view.phone)
        if token:
            secret = (self._stack.data_dir / "token").read_text().strip()
            page.before(f"sessionStorage.setItem('cozum.token', '{secret}')")
        page.open(f"http://127.0.0.1:{self._stack.settings['http_port']}/?lang={view.language}")
        shown = "document.querySelector('#link').dataset.link !== 'connecting'"
        page.until(shown if token else "document.querySelector('#ask').open")
        return page

    def draw(self, scene: str, views: Sequence[View], *, token: bool = True,
             first: Callable[[Page], None] = lambda page: None) -> None:  # fmt: skip
        """One picture a screen; `first` is done on each page before it is drawn."""
        for view in views:
            page = self.open(view, token=token)
            first(page)
            self.keep(scene, view, page)

    def lost(self) -> None:
        """The page where there is none."""
        for view in WALLS:
            page = self._chromium.page(width=view.width, height=view.height, dark=view.dark)
            page.open(f"http://127.0.0.1:{self._stack.settings['http_port']}/nowhere")
            self.keep("lost", view, page)

    def keep(self, scene: str, view: View, page: Page) -> None:
        """Draw an open page, and close it."""
        path = self._folder / f"{scene}-{view.name}.png"
        picture = Image.open(io.BytesIO(page.picture(whole=view.phone))).convert("RGB")
        picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)  # a third of the size, to be kept
        page.close()
        print(f"{path.name}  {path.stat().st_size // 1024} KiB", flush=True)


def refuse(page: Page) -> None:
    """Give a token that is not the system's."""
    page.value("document.querySelector('#token').value = 'wrong', document.querySelector('#ask-form').requestSubmit()")
    page.until("document.querySelector('#ask-wrong').textContent")


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
    """Everybody has somebody, urgent callers wait, and so do others."""
    for number, key in enumerate(("11", "2", "3", "0", "2")):
        call(phones, key, number=number)
    until("five talk", lambda: sum(one["state"] == "talking" for one in stack.agents().values()) == 5, 20)
    stack.set_state(WRAPUP, "ready")
    call(phones, "2", number=10)
    until(f"{WRAPUP} is in after-call work", lambda: stack.state_of(WRAPUP) == "wrapup", 20)
    stack.set_state(RINGING, "ready")
    for number, key in enumerate(("2", "0", "3", "2"), 20):
        call(phones, key, number=number)
        time.sleep(1.2)  # so that they have waited for unlike times
    until("four wait", lambda: len(stack.queue()) == 4, 20)
    call(phones, "13", number=31)
    until("one more waits, the patient first", lambda: stack.queue()[0]["service"] == "patient_transfer", 20)


def run(folder: Path) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cozum-screens-") as name, Chromium() as chromium:
        place = Path(name)
        salt = b"of pictures only"[:SALT_BYTES].ljust(SALT_BYTES)
        (place / "agents.toml").write_text(demo_agents_toml(lambda pin: hash_pin(pin, salt)), "utf-8")
        with Stack(place, wrapup_s=300, ring_s=120, ring_recall=False, wrapup_recall=False) as stack:
            gallery = Gallery(chromium, stack, folder)
            gallery.draw("sign-in", WALLS, token=False)
            gallery.draw("refused", WALLS, token=False, first=refuse)
            gallery.lost()
            gallery.draw("empty", WALLS)
            with stack.phones(place / "phones") as phones:
                staff(stack, phones)
                gallery.draw("quiet", WALLS)
                busy(stack, phones)
                gallery.draw("busy", ALL)
                call(phones, "2", number=50, count=40)
                until("all wait", lambda: len(stack.queue()) >= 40, 30)
                gallery.draw("crowd", WALLS)
                hung(stack, gallery)
            pages = [(view, gallery.open(view)) for view in WALLS]
        for view, page in pages:
            page.until("document.querySelector('#link').dataset.link === 'lost'", 20)
            gallery.keep("connection-lost", view, page)


def hung(stack: Stack, gallery: Gallery) -> None:
    """An Asterisk that says nothing any more."""
    asterisk = stack.asterisk
    asterisk.send_signal(signal.SIGSTOP)
    try:
        until("readiness falls", lambda: not stack.ready(), 20)
        gallery.draw("asterisk-away", WALLS)
    finally:
        asterisk.send_signal(signal.SIGCONT)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.screens", description="the desk's pages as pictures")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go (default: %(default)s)")
    try:
        run(parser.parse_args().folder)
    except (StackError, PhonesError, ChromiumError) as error:
        print(f"screens: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
