"""Pages on paper, printed from the dark theme: dark ink on white, without what can only be pressed."""

import re

import pytest
from playwright.sync_api import Page, expect

from bench.stack import until
from phones import Caller, Phones, Press, Wait
from tests.browser.conftest import Desk, axe
from tests.browser.test_status import look, opened

INK = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--accent)";
  const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  probe.remove();
  return [r, g, b];
}"""
"""The colour of today's line, as the page has it now."""
DRAWN = """ink => [...document.querySelectorAll("canvas")].some((canvas) => {
  const { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255 && ink.every((part, n) => data[at + n] === part)) return true;
  return false;
})"""
"""Whether a plot has this colour somewhere."""

WATCH_PAPER = f"""() => {{
  globalThis.paper = matchMedia("print");
  globalThis.paper.addEventListener("change", () => {{ globalThis.onPaper = ({DRAWN})(({INK})()); }});
}}"""
"""Has the page remember whether its plot was in the ink of paper as soon as it was to be printed."""


def await_plot(page: Page) -> list[int]:
    """Wait until the plot is drawn as the page looks now; its ink."""
    ink: list[int] = page.evaluate(INK)
    page.wait_for_function(DRAWN, arg=ink)
    return ink


@pytest.mark.parametrize(
    ("path", "user", "there"),
    [
        ("/lead", "lead", ".u-wrap"),
        ("/report", "analyst", "main table"),
        ("/articles", "lead", "main h2"),
        ("/durum", "", "main [aria-current=step]"),
    ],
)
def test_a_page_in_the_dark_theme_is_printed_dark_on_white(
    desk: Desk, phones: Phones, path: str, user: str, there: str
) -> None:
    number = opened(desk)["number"]
    caller = phones.call(Caller(steps=(Wait(0.4), Press("2"))), count=1, rate=10, first_number=5_325_550_950)
    until("they wait", desk.stack.queue, 60)
    caller.hang_up()
    until("the call is over", lambda: [one["outcome"] for one in desk.stack.get("calls")][:1] == ["abandoned"], 60)
    # Chosen on the page: for a system that is dark the browser itself changes to light when it prints.
    page = desk.visit(
        path,
        expect="401" if user else "",
        before=lambda page: page.add_init_script("localStorage.setItem('cozum.theme', 'dark')"),
        color_scheme="light",
    )
    if user:
        page.locator("[name=user]").fill(user)
        page.locator("[name=password]").fill(f"demo-{user}")
        page.keyboard.press("Enter")
    else:
        look(page, number, "2233")
    expect(page.locator(there).first).to_be_visible()
    seen = await_plot(page) if path == "/lead" else None
    page.evaluate(WATCH_PAPER)
    page.emulate_media(media="print")
    if seen is not None:
        # In that very moment: on real paper nothing is laid out, and so drawn, once more.
        page.wait_for_function("() => globalThis.onPaper !== undefined")
        assert page.evaluate("globalThis.onPaper")
        assert await_plot(page) != seen
        assert not page.evaluate(DRAWN, seen)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert axe(page) == []  # pale ink on white would be named here
    expect(page.locator(there).first).to_be_visible()
    for name in ("English", "Koyu"):
        expect(page.get_by_role("radio", name=name)).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^(Çıkış yap|Başka bir başvuruya bak)$"))).to_have_count(0)
