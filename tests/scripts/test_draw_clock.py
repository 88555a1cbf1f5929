"""The clock of an urgent call, as the READMEs show it, is what the simulator and the flow say."""

import json
import re

import pytest

from acd.cli import main
from scripts.draw_clock import ENGLISH, KIND_S, LOADS, POLICIES, ROOT, TURKISH, URGENT_KEY_S, Words, drawn, simulated


@pytest.mark.parametrize("words", [ENGLISH, TURKISH])
def test_each_bar_is_as_long_as_its_seconds(words: Words) -> None:
    means = {(load, name): 10.0 for load in LOADS for name in POLICIES}
    picture = drawn(means, words)
    assert picture.count(words.told(URGENT_KEY_S + 10.0)) == len(LOADS) * len(POLICIES)
    widths = [float(width) for width in re.findall(r'<rect class="kind" [^>]*width="([\d.]+)" height="20"', picture)]
    assert widths == [pytest.approx(KIND_S * 9.0)] * 4  # Çözüm has no time in which only the menu is heard


def test_the_picture_is_what_the_simulator_says() -> None:
    clock_s = URGENT_KEY_S + simulated(158, "cozum")
    for name, words in (("clock.svg", ENGLISH), ("clock.tr.svg", TURKISH)):
        assert words.told(clock_s) in (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_urgent_key_comes_when_the_flow_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["flow", "time", "--json"])
    turkish, _ = json.loads(capsys.readouterr().out)
    urgent = next(way for way in turkish["ways"] if way["end"] == "urgent")
    assert round(urgent["seconds"], 1) == URGENT_KEY_S
