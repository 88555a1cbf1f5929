"""The clock of an urgent call, as the READMEs show it, is what the simulator and the flow say."""

import json
import re

import pytest

from acd.cli import main
from scripts.draw_clock import (
    EARLY_KIND_S,
    ENGLISH,
    KIND_S,
    LOADS,
    POLICIES,
    ROOT,
    TURKISH,
    URGENT_KEY_S,
    Words,
    drawn,
    simulated,
)


@pytest.mark.parametrize("words", [ENGLISH, TURKISH])
def test_each_bar_is_as_long_as_its_seconds(words: Words) -> None:
    means = {(load, name): 10.0 for load in LOADS for name in POLICIES}
    picture = drawn(means, words)
    assert picture.count(words.told(URGENT_KEY_S + 10.0)) == len(LOADS) * len(POLICIES)
    widths = [float(width) for width in re.findall(r'<rect class="kind" [^>]*width="([\d.]+)" height="20"', picture)]
    assert widths == [pytest.approx(KIND_S * 9.0)] * 4  # Çözüm has no time in which only the menu is heard


def test_the_pictures_and_the_readmes_are_what_the_simulator_says() -> None:
    means = {(load, name): simulated(load, name) for load in LOADS for name in POLICIES}
    for name, readme, words in (("clock.svg", "README.md", ENGLISH), ("clock.tr.svg", "README.tr.md", TURKISH)):
        picture = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert picture == drawn(means, words), "the pictures are old: python -m scripts.draw_clock"
        totals = re.findall(r'<text class="total" [^>]*>([^<]+)</text>', picture)
        (told,) = re.findall(rf"!\[([^\]]*)\]\(docs/{name}\)", (ROOT / readme).read_text(encoding="utf-8"))
        for total in totals[len(POLICIES) :]:  # of the second load
            assert re.search(rf"(?<![\d.,]){re.escape(total)}", told), f"{readme} does not say {total}"


def ways(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, float]:
    """When each way through the Turkish flow is at its end, seconds from the line's answer."""
    with pytest.raises(SystemExit):
        main(["flow", "time", "--json", *options])
    turkish, _ = json.loads(capsys.readouterr().out)
    return {way["end"]: way["seconds"] for way in turkish["ways"] if "silence" not in way["did"]}


def test_the_keys_come_when_the_flow_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    early, menu_first = ways(capsys), ways(capsys, "--menu-first")
    assert round(early["urgent"], 1) == URGENT_KEY_S
    for found, seconds in ((early, EARLY_KIND_S), (menu_first, KIND_S)):
        kinds = [found[kind] for kind in ("funeral", "doctor", "patient_transfer", "ambulance", "injured_animal")]
        assert round(sum(kinds) / len(kinds) - early["urgent"], 1) == seconds
