"""Plans put to the test on the engine."""

import pytest

from acd.simulate.plan import DAY_SHAPE, Trial, as_figures, make_plan, missing
from acd.simulate.policy import policy
from acd.simulate.staffing import Demand, Share, Target

# Half a day's calls, to be quick.
DEMAND = Demand(tuple(700 * share for share in DAY_SHAPE), 0.08, 140, 25)


@pytest.mark.parametrize("target", [Target(asa_s=20), Target(level=Share(0.85, 20), each_hour=True)])
def test_simulation_corrects_the_formula(target: Target) -> None:
    told: list[str] = []
    plan = make_plan(DEMAND, target, 1, Trial(policy("strict"), days=6), told.append)
    assert plan.simulated is not None
    assert plan.formula_simulated is not None
    assert not missing(target, plan.simulated)
    assert told[0] == f"simulating {sum(plan.formula.staff)} staff-hours"
    if missing(target, plan.formula_simulated):
        assert sum(plan.simulated.staff) > sum(plan.formula.staff)
    else:
        assert sum(plan.simulated.staff) <= sum(plan.formula.staff)
    assert plan.simulated.whole.calls == pytest.approx(700, rel=0.05)


def test_formula_alone() -> None:
    plan = make_plan(DEMAND, Target(asa_s=10))
    assert plan.simulated is None
    assert plan.chosen is plan.formula
    figures = as_figures(plan, hour_cost=300)
    assert figures["met"]
    assert figures["staff_hours"] == sum(figures["staff"])
    assert figures["cost"] == figures["staff_hours"] * 300 == sum(hour["cost"] for hour in figures["hours"])


def test_what_one_agent_changes() -> None:
    figures = as_figures(make_plan(DEMAND, Target(asa_s=10)))
    whole = figures["formula"]["asa_s"]
    for hour in figures["hours"]:
        assert hour["one_more"]["asa_s"] < hour["formula"]["asa_s"]
        assert hour["one_more"]["day_asa_s"] < whole
        fewer = hour["one_fewer"]
        if fewer is None:
            assert hour["agents"] == 1
        else:  # without end is null
            assert fewer["asa_s"] is None or fewer["asa_s"] > hour["formula"]["asa_s"]
