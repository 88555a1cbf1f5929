"""The plot: drawn for every kind of target, and the same for the same plan. What it looks like, eyes must tell."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from acd.simulate.draw import write_plot
from acd.simulate.inputs import BadInput
from acd.simulate.plan import as_statistics, make_plan
from acd.simulate.staffing import Demand, Share, Target

OFFICE = Demand(tuple(60.0 if 8 <= hour < 17 else 0.0 for hour in range(24)), 0.1, 140, 25, patience_s=120)
pytest.importorskip("matplotlib")


@pytest.mark.parametrize(
    "target",
    [
        Target(asa_s=20),
        Target(level=Share(0.8, 20), each_hour=True),
        Target(urgent=Share(0.9, 15)),
        Target(abandoned=0.05),
    ],
)
def test_every_target_is_drawn_and_the_same_each_time(target: Target, tmp_path: Path) -> None:
    figures = as_statistics(make_plan(OFFICE, target, 0), hour_cost=250)
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    for path in (first, second):
        write_plot(figures, path)
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.parse(first).getroot().tag.endswith("svg")


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    figures = as_statistics(make_plan(OFFICE, Target(asa_s=20), 0))
    with pytest.raises(BadInput, match="cannot be written"):
        write_plot(figures, tmp_path / "nowhere" / "plan.svg")
