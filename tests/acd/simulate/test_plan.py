"""Plans put to the test on the engine."""

import pytest

from acd.simulate.plan import DAY_SHAPE, as_statistics, make_plan
from acd.simulate.policy import policy
from acd.simulate.staffing import Demand, Target
from acd.simulate.trial import Trial, missing

# Half a day's calls, to be quick.
DEMAND = Demand(tuple(700 * share for share in DAY_SHAPE), 0.08, 140, 25)


TRIAL = Trial(policy("strict"), days=4)


def test_steps_are_what_a_run_with_that_one_change_gives() -> None:
    """Every other hour is changed at once; here each one alone."""
    target = Target(asa_s=20)
    plan = make_plan(DEMAND, target, 1, TRIAL)
    assert plan.simulated is not None
    for hour, step in ((9, -1), (14, 1), (23, -1)):
        staff = list(plan.simulated.staff)
        staff[hour] += step
        alone, told = TRIAL.run(DEMAND, target, staff), plan.steps[step][hour]
        assert told is not None
        assert told.day.agents == sum(staff)
        assert told.hour.asa_s == pytest.approx(alone.hours[hour].asa_s, rel=0.15, abs=0.5)
        change = alone.whole.asa_s - plan.simulated.whole.asa_s
        assert told.day.asa_s - plan.simulated.whole.asa_s == pytest.approx(change, rel=0.2, abs=0.2)
        assert change * step < 0
    for told in plan.steps[-1]:  # and nobody is left whom the day can spare
        assert told is None or told.day.asa_s > 19.5


def test_office_hours() -> None:
    """Nobody is planned for hours in which nobody calls; those left at the end are served all the same."""
    calls = tuple(60.0 if 8 <= hour < 17 else 0.0 for hour in range(24))
    demand, target = Demand(calls, 0.1, 140, 25), Target(asa_s=30)
    plan = make_plan(demand, target, 0, Trial(policy("cozum"), days=5))
    assert plan.simulated is not None
    assert [hour for hour, agents in enumerate(plan.simulated.staff) if agents] == list(range(8, 17))
    assert not missing(target, plan.simulated)
    assert plan.simulated.whole.asa_s < 30
    figures = as_statistics(plan)
    assert figures["hours"][3]["staff_minutes_per_call"] is None
    assert figures["hours"][3]["one_fewer"] is None


def test_formula_alone() -> None:
    plan = make_plan(DEMAND, Target(asa_s=10))
    assert plan.simulated is None
    assert plan.chosen is plan.formula
    figures = as_statistics(plan, hour_cost=300)
    assert figures["met"]
    assert figures["staff_hours"] == sum(figures["staff"])
    assert figures["cost"] == figures["staff_hours"] * 300 == sum(hour["cost"] for hour in figures["hours"])
    assert figures["rostered_hours"] == figures["staff_hours"]


def test_shrinkage() -> None:
    """A quarter of paid time away: for three at the phones, four are on the roster and are paid."""
    plan = make_plan(DEMAND, Target(asa_s=10))
    figures = as_statistics(plan, hour_cost=300, shrinkage=0.25)
    assert figures["staff"] == as_statistics(plan)["staff"]
    assert figures["rostered_hours"] == pytest.approx(figures["staff_hours"] / 0.75, abs=0.01)
    assert figures["cost"] == pytest.approx(figures["staff_hours"] * 400)
    assert figures["hours"][9]["cost_per_call"] == pytest.approx(
        figures["hours"][9]["cost"] / figures["hours"][9]["calls"], abs=0.01
    )


def test_what_one_agent_changes() -> None:
    figures = as_statistics(make_plan(DEMAND, Target(asa_s=10)))
    whole = figures["formula"]["asa_s"]
    for hour in figures["hours"]:
        assert hour["one_more"]["asa_s"] < hour["formula"]["asa_s"]
        assert hour["one_more"]["day_asa_s"] < whole
        fewer = hour["one_fewer"]
        if fewer is None:
            assert hour["agents"] == 1
        else:  # without end is null
            assert fewer["asa_s"] is None or fewer["asa_s"] > hour["formula"]["asa_s"]
