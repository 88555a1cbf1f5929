"""What the wall writes can be read: every pair of colours that it uses, light and dark, by WCAG 2's contrast."""

import re
from importlib import resources

import pytest

CSS = resources.files("console").joinpath("static", "wall.css").read_text("utf-8")
TEXT, LARGE = 4.5, 3.0
"""WCAG 2.2, 1.4.3: of text, and of text of 24 px or bold 18.7 px and more (and, 1.4.11, of signs)."""
STATES = ("ready", "talking", "ringing", "wrapup", "paused")
PAIRS = [
    ("ink", "panel", TEXT), ("ink", "page", TEXT), ("soft", "panel", TEXT), ("soft", "page", TEXT),
    ("urgent", "panel", TEXT), ("urgent", "urgent-tint", TEXT), ("soft", "urgent-tint", TEXT),
    ("ready", "panel", TEXT), ("ringing", "panel", TEXT), ("ringing", "urgent-tint", TEXT),
    ("alarm-ink", "alarm", TEXT), ("accent", "panel", LARGE), ("accent", "page", LARGE),
    *((state, f"{state}-tint", TEXT) for state in STATES), *(("ink", f"{state}-tint", TEXT) for state in STATES),
]  # fmt: skip


def palettes() -> dict[str, dict[str, str]]:
    """The colours by name; dark ones stand over the light."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\n *\}", CSS, re.S)
    )
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1, of `#rrggbb`."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS, ids=[f"{ink}-on-{ground}" for ink, ground, _ in PAIRS])
def test_every_pair_of_colours_can_be_read(palette: str, ink: str, ground: str, least: float) -> None:
    colours = palettes()[palette]
    lighter, darker = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least
