"""What the pictures of `make screens` show of a telephone's page."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from PIL import Image

from bench.browser import launch
from bench.screens import Gallery, View

PAGE = """<!doctype html>
<meta name="viewport" content="width=device-width">
<style>
  body { margin: 0; height: 2000px; background: rgb(200, 0, 0); }
  @media (pointer: coarse) { body { background: rgb(0, 0, 200); } }
  div { height: 1500px; max-height: 50vh; background: rgb(0, 200, 0); }
</style>
<div></div>
"""
"""A long page that is red for a mouse and blue for a finger; half of the screen is green."""


def test_a_telephones_whole_page_is_drawn_as_a_finger_has_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("none", "utf-8")
    stack = cast("Any", SimpleNamespace(url="about:blank", data_dir=tmp_path))
    view = View("phone", 390, 844, phone=True)
    with launch() as browser:
        page = Gallery(browser, stack, tmp_path).open(view, "#")
        page.set_content(PAGE)
        Gallery(browser, stack, tmp_path).keep("page", view, page, close=False)
        after = page.evaluate("[innerHeight, matchMedia('(pointer: coarse)').matches]")
    with Image.open(tmp_path / "page-phone.png") as kept:
        picture = kept.convert("RGB")
        assert picture.size == (780, 4000)
        assert [picture.getpixel((100, y)) for y in (800, 900, 3900)] == [(0, 200, 0), (0, 0, 200), (0, 0, 200)]
    assert after == [844, True]
