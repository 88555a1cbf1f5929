"""A sample of mutants is drawn fairly, and says no more than it knows."""

import json
from collections import Counter
from pathlib import Path

import pytest

from scripts.sample_mutants import drawn, interval, mutants, told
from scripts.try_mutants import Outcome

NAMES = [f"acd.engine.x__mutmut_{n}" for n in range(50)]


def test_the_same_seed_draws_the_same_mutants_in_whatever_order_they_lie() -> None:
    assert drawn(NAMES, 10, 7) == drawn(reversed(NAMES), 10, 7)
    assert drawn(NAMES, 10, 7) != drawn(NAMES, 10, 8)
    assert len(set(drawn(NAMES, 10, 7))) == 10


def test_each_mutant_is_as_likely_as_any_other() -> None:
    often = Counter(name for seed in range(2000) for name in drawn(NAMES, 10, seed))
    assert set(often) == set(NAMES)
    assert min(often.values()) > 320  # 400 are expected, give or take 18
    assert max(often.values()) < 480


def test_a_sample_of_more_than_there_are_is_all() -> None:
    assert sorted(drawn(NAMES, 1000, 1)) == sorted(NAMES)


def test_a_larger_sample_begins_with_a_smaller_one_in_an_order_of_chance() -> None:
    assert drawn(NAMES, 30, 7)[:10] == drawn(NAMES, 10, 7)
    assert drawn(NAMES, 30, 7) != sorted(drawn(NAMES, 30, 7))


@pytest.mark.parametrize(
    ("killed", "tried", "low", "high"),
    [(590, 600, 0.9696, 0.9909), (600, 600, 0.9936, 1.0), (0, 20, 0.0, 0.1611), (5, 10, 0.2366, 0.7634)],
)
def test_the_interval_is_wilsons(killed: int, tried: int, low: float, high: float) -> None:
    assert interval(killed, tried) == pytest.approx((low, high), abs=1e-4)


def test_the_files_of_all_modules_are_read(tmp_path: Path) -> None:
    for place, code in (("core.py.meta", 1), ("rules/offer.py.meta", None)):
        file = tmp_path / "acd" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"exit_code_by_key": {place: code}, "other": {}}), "utf-8")
    assert mutants(tmp_path) == ["core.py.meta", "rules/offer.py.meta"]


def test_what_is_told_names_the_survivors_and_the_error() -> None:
    outcomes: dict[str, Outcome] = {f"x{n}": "killed" for n in range(590)}
    outcomes |= dict.fromkeys(NAMES[:10], "survived")
    assert told(outcomes).splitlines() == [
        *(f"  {name}" for name in NAMES[:10]),
        "590 of 600 killed: 98.3%, of all mutants 97.0% to 99.1% (95 %)",
    ]


def test_what_took_too_long_is_named_beside_those_killed() -> None:
    assert told({"a": "killed", "b": "too long", "c": "survived", "d": "killed"}).splitlines() == [
        "  c",
        "a script took too long, by the processor's time, so these count as killed:",
        "  b",
        "3 of 4 killed: 75.0%, of all mutants 30.1% to 95.4% (95 %)",
    ]
