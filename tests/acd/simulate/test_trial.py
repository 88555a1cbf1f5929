"""A staff put to the test, and the search for the fewest who pass it."""

import pytest

from acd.simulate.plan import DAY_SHAPE
from acd.simulate.policy import policy
from acd.simulate.staffing import Demand, Formula, Share, Target, spare_hour, staff_by_formula
from acd.simulate.trial import Search, Trial, missing

# A third of a day's calls, to be quick.
DEMAND = Demand(tuple(700 * share for share in DAY_SHAPE), 0.08, 140, 25)
IMPATIENT = Demand(DEMAND.calls, 0.08, 140, 25, patience_s=90)
TRIAL = Trial(policy("strict"), days=3)


@pytest.mark.parametrize(
    ("target", "demand"),
    [
        (Target(asa_s=20), DEMAND),
        (Target(asa_s=2), DEMAND),
        (Target(level=Share(0.85, 20), each_hour=True), DEMAND),
        (Target(abandoned=0.05), IMPATIENT),
    ],
)
def test_simulation_corrects_the_formula(target: Target, demand: Demand) -> None:
    told: list[str] = []
    formula = Formula(demand, target)
    first = staff_by_formula(formula, 1)
    search = Search(formula, 1, TRIAL, told.append)
    best = search.best(first)
    assert not missing(target, best)
    assert told[0] == f"simulating {sum(first)} staff-hours"
    assert len(set(told)) > 1
    assert best.whole.calls == pytest.approx(700, rel=0.06)
    if target.each_hour:
        return
    if missing(target, search.run(first)):
        assert sum(best.staff) > sum(first)
    else:  # and it stopped where the next agent to go would be missed
        fewer = list(best.staff)
        spare = spare_hour(formula, fewer, 1)
        assert spare is not None
        fewer[spare] -= 1
        assert missing(target, TRIAL.run(demand, target, fewer))


def test_a_target_for_each_hour_spares_whom_it_can() -> None:
    """Recall from after-call work does for urgent callers what the formula, which has none, adds agents for."""
    target = Target(urgent=Share(0.9, 15), each_hour=True)
    formula = Formula(Demand(DEMAND.calls, 0.3, 60, 100), target)
    first = staff_by_formula(formula, 1)
    best = Search(formula, 1, Trial(policy("cozum"), days=3), lambda _: None).best(first)
    assert not missing(target, best)
    assert sum(best.staff) < sum(first)
