"""Chromium without a window, spoken to over its own pipe: pages are opened as a person has them and drawn as PNG.

with Chromium() as chromium:
    page = chromium.page(width=1920, height=1080, dark=True)
    page.open("http://127.0.0.1:8080/")
    page.until("document.querySelector('main')")
    Path("wall.png").write_bytes(page.picture())
"""

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Any, Self

ANSWER_S = 30.0
NAMES = ("chromium", "chromium-browser", "google-chrome")


class ChromiumError(Exception):
    """There is no Chromium, it ended, or it refused what it was asked for."""


class Chromium:
    """One browser, in a profile of its own that goes with it."""

    def __init__(self) -> None:
        program = next((found for name in NAMES if (found := shutil.which(name))), None)
        if program is None:
            raise ChromiumError(f"none of {', '.join(NAMES)} is here: apt-get install chromium")
        self._profile = tempfile.TemporaryDirectory(prefix="cozum-chromium-", ignore_cleanup_errors=True)
        to_us, from_it = os.pipe()
        to_it, from_us = os.pipe()
        self._in, self._out = to_us, from_us
        # Chromium reads commands from descriptor 3 and answers on 4. Its sandbox wants rights that a container has not;
        # it opens pages of this machine only.
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_it} 4>&{from_it}', "-", program, "--headless=new", "--no-sandbox",
             "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "--disable-gpu", "--hide-scrollbars",
             "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking", "about:blank"],
            pass_fds=(to_it, from_it), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_it)
        os.close(from_it)
        self._last = 0
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and remove its profile."""
        with contextlib.suppress(ChromiumError, OSError):
            self.ask("Browser.close")
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The answer to one command of the DevTools protocol."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters} | (
            {"sessionId": session} if session else {}
        )
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + ANSWER_S
        while True:
            answer = self._next(deadline, method)
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise ChromiumError(f"{method}: {answer['error'].get('message')}")
                return dict(answer["result"])

    def _next(self, deadline: float, method: str) -> dict[str, Any]:
        while b"\0" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._in], [], [], left)[0]:
                raise ChromiumError(f"{method}: no answer in {ANSWER_S:g} s")
            if not (piece := os.read(self._in, 1 << 20)):
                raise ChromiumError(f"{method}: Chromium ended")
            self._rest += piece
        one, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(one))

    def page(self, *, width: int, height: int, dark: bool = False, phone: bool = False) -> "Page":
        """A new tab of so many CSS pixels."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, context)
        page.ask("Page.enable")
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=2 if phone else 1, mobile=phone)  # fmt: skip
        page.ask(
            "Emulation.setEmulatedMedia",
            features=[
                {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ],
        )
        return page


class Page:
    """One tab, with storage of its own."""

    def __init__(self, chromium: Chromium, session: str, context: str) -> None:
        self._chromium = chromium
        self._session = session
        self._context = context

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the DevTools protocol to this tab."""
        return self._chromium.ask(method, self._session, **parameters)

    def before(self, script: str) -> None:
        """Run a script in each page that is opened from now on, before the page's own."""
        self.ask("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, url: str) -> None:
        """Go there, and wait until the page has loaded."""
        if error := self.ask("Page.navigate", url=url).get("errorText"):
            raise ChromiumError(f"{url}: {error}")
        self.until("document.readyState === 'complete'")

    def value(self, script: str) -> Any:
        """What an expression comes to, as JSON."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise ChromiumError(f"{script}: {answer['exceptionDetails'].get('exception', {}).get('description')}")
        return answer["result"].get("value")

    def until(self, script: str, within_s: float = 10.0) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + within_s
        while not self.value(f"!!({script})"):
            if time.monotonic() > deadline:
                raise ChromiumError(f"not within {within_s:g} s: {script}")
            time.sleep(0.05)

    def picture(self, *, whole: bool = False) -> bytes:
        """The page as PNG: what is seen of it, or the `whole` of it."""
        answer = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def close(self) -> None:
        """Close the tab and forget what it stored."""
        self._chromium.ask("Target.disposeBrowserContext", browserContextId=self._context)
