"""How late a real page shows what happens: the wall in Chromium, from the journal's entry to its changed document.

The page looks itself: a `MutationObserver` notes when an agent's card has a state, by the page's clock
(`performance.timeOrigin` and `performance.now()`), which is the machine's own, as that of the journal is. What the page
is never shown, since the next state has come with the same frame, is left out."""

import contextlib
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from playwright.sync_api import Page

from bench.browser import launch, program

Told = tuple[str, str, float]
"""An agent, their state, and since when they have it or when it was drawn, Unix seconds."""
READY_S = 60.0
NOTE = """
() => {
  globalThis.drawn = [];
  const shown = new Map();
  const look = () => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const card of document.querySelectorAll("li[data-key][data-state]")) {
      const { key, state } = card.dataset;
      if (shown.get(key) !== state) globalThis.drawn.push([key, state, now]);
      shown.set(key, state);
    }
  };
  look();
  globalThis.drawn.length = 0; // since when these can be seen is not known
  const options = { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] };
  new MutationObserver(look).observe(document.body, options);
}
"""


def late_ms(told: Sequence[Told], drawn: Sequence[Told]) -> list[float]:
    """How late each state of `told` was drawn, ms, where it was before the agent's next one was told."""
    by_agent: dict[str, list[Told]] = {}
    for one in drawn:
        by_agent.setdefault(one[0], []).append(one)
    found = []
    following = _next_at(told)
    for place, (agent, state, at) in enumerate(told):
        times = [when for _, shown, when in by_agent.get(agent, ()) if shown == state and when >= at]
        # A state that is told again later, such as ready, is drawn again later: that is another one's.
        again = following.get(place)
        if times and (again is None or times[0] < again):
            found.append(1000 * (times[0] - at))
    return found


def _next_at(told: Sequence[Told]) -> dict[int, float]:
    """By place in `told`: when the same agent came to the same state the next time, if they did."""
    last: dict[tuple[str, str], int] = {}
    found = {}
    for place, (agent, state, at) in enumerate(told):
        before = last.get((agent, state))
        if before is not None:
            found[before] = at
        last[agent, state] = place
    return found


@dataclass
class Wall:
    """The wall in a browser of its own, in a thread of its own: the loop of the other desks has this one's."""

    url: str
    token: str

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[Told]]:
        """Once it shows the line, until the block ends; what was drawn meanwhile is in the list then. Raises
        `BrowserMissing` where there is no Chromium."""
        program()
        drawn: list[Told] = []
        over = threading.Event()
        ready: queue.Queue[Exception | None] = queue.Queue()
        thread = threading.Thread(target=self._show, args=(drawn, ready, over))
        thread.start()
        try:
            trouble = ready.get(timeout=READY_S)
            if trouble is not None:
                raise trouble
            yield drawn
        finally:
            over.set()
            thread.join(READY_S)
        if not ready.empty():  # what it had drawn could not be read: no figure may stand for that
            trouble = ready.get()
            if trouble is not None:
                raise trouble

    def _show(self, drawn: list[Told], ready: "queue.Queue[Exception | None]", over: threading.Event) -> None:
        try:
            with launch(microphone=False) as browser:
                page = browser.new_page(viewport={"width": 1920, "height": 1080})
                self._open(page)
                ready.put(None)
                over.wait()
                drawn += [(agent, state, at) for agent, state, at in page.evaluate("globalThis.drawn")]
        except Exception as error:
            ready.put(error)

    def _open(self, page: Page) -> None:
        page.add_init_script(f"sessionStorage.setItem('cozum.token', {self.token!r})")
        page.goto(f"{self.url}/wall")
        page.wait_for_selector("[data-link=live]")
        page.wait_for_selector("li[data-key][data-state]")
        page.evaluate(NOTE)
