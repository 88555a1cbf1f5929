"""Debian's Chromium without a window, by Playwright: for the pictures of `make screens` and the tests of the pages.

with launch() as browser:
    page = browser.new_page()
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # it speaks to this machine alone
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=OptimizationHints,MediaRouter,Translate,DialMediaRouteProvider",
    "--hide-scrollbars",
)
MICROPHONE: Final = (
    "--use-fake-ui-for-media-stream",  # the microphone is allowed without a question
    "--use-fake-device-for-media-stream",  # and beeps
    "--allow-loopback-in-peer-connection",  # media to 127.0.0.1
)
FIELDS: Final = "--enable-blink-features=LangAttributeAwareFormControlUI"
"""Fields of days and times follow the language of the page. Else they follow that of the program, which is English
here; whoever reads Turkish has a program in Turkish."""
SOUND: Final = {
    True: "--autoplay-policy=no-user-gesture-required",
    False: "--autoplay-policy=document-user-activation-required",  # as with a window, without which it is another one
}


class BrowserMissing(Exception):
    """There is no Chromium here. The text says what to install."""


def program() -> str:
    """The browser's path. Raises `BrowserMissing`."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise BrowserMissing(f"none of {', '.join(NAMES)} is here: apt-get install chromium")
    return found


@contextmanager
def launch(
    *, microphone: bool = True, voice: Path | None = None, sounds: bool = True, fields: bool = False
) -> Iterator[Browser]:
    """A browser in a profile of its own, ended with the block. `microphone`: one that beeps, or says the WAV file
    `voice` again and again; else there is none. `sounds`: pages may sound before anybody has pressed a key in them.
    `fields`: those of days and times are in the page's language."""
    flags = [*FLAGS, SOUND[sounds], *(MICROPHONE if microphone else ()), *((FIELDS,) if fields else ())]
    if voice is not None:
        flags.append(f"--use-file-for-fake-audio-capture={voice}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=flags, chromium_sandbox=False)
        try:
            yield browser
        finally:
            browser.close()
