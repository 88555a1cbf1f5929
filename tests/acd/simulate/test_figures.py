"""What the simulator says of this line's load: figures that a change of shape must leave alone to the last digit, and
what early ring is worth (ADR 0029)."""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from acd.simulate.cli import mount

HOURLY = ("158", "221")
"""The ordinary hour, and one at the edge of what twelve agents can take."""
PINNED = {
    ("158", "cozum"): {"urgent": (3.028218, 28.274427), "routine": (6.37118, 158.546688)},
    ("221", "cozum"): {"urgent": (4.265125, 71.2914), "routine": (64.794814, 497.1291)},
    ("158", "menu_first"): {"urgent": (7.549376, 34.714053), "routine": (6.335216, 158.546688)},
    ("221", "menu_first"): {"urgent": (8.556173, 65.728127), "routine": (64.936058, 489.060186)},
}
"""Mean and longest wait in seconds, by calls an hour and policy. A change of rules changes them, and says so."""


@pytest.fixture(scope="module")
def figures() -> dict[tuple[str, str], dict[str, Any]]:
    """The classes of each run: 10,000 calls to 12 agents who take 3 s to pick up, with a menu of 4.5 s."""
    app = typer.Typer()
    mount(app)
    found = {}
    for hourly, policy in PINNED:
        options = ("--agents", "12", "--pickup", "3", "--menu", "4.5", "--calls", "10000", "--seed", "1", "--json")
        result = CliRunner().invoke(app, ["simulate", *options, "--calls-per-hour", hourly, "--policy", policy])
        assert result.exit_code == 0, result.output
        found[hourly, policy] = json.loads(result.output)["classes"]
    return found


@pytest.mark.parametrize("run", PINNED, ids=" ".join)
def test_the_same_seed_gives_the_same_figures(figures: dict[tuple[str, str], Any], run: tuple[str, str]) -> None:
    said = {name: (figures[run][name]["mean_wait_s"], figures[run][name]["max_wait_s"]) for name in PINNED[run]}
    assert said == PINNED[run]


@pytest.mark.parametrize("hourly", HOURLY)
def test_early_ring_halves_the_urgent_wait_and_routine_callers_do_not_pay(
    figures: dict[tuple[str, str], Any], hourly: str
) -> None:
    with_it, without = figures[hourly, "cozum"], figures[hourly, "menu_first"]
    assert with_it["urgent"]["mean_wait_s"] <= without["urgent"]["mean_wait_s"] / 2
    assert with_it["routine"]["mean_wait_s"] <= 1.03 * without["routine"]["mean_wait_s"]
