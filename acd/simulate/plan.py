"""A plan for a day: agents by hour from formula, then put to the test and corrected by simulation; and what one agent
more or fewer would do, in that hour and to the day."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from acd.simulate.inputs import HOURS
from acd.simulate.staffing import Demand, Formula, Statistics, Target, measures, shortfalls, staff_by_formula
from acd.simulate.trial import Day, Progress, Search, Staff, Trial, missing
from acd.simulate.workload import HOUR_S

DAY_SHAPE = (
    *(0.018, 0.012, 0.008, 0.006, 0.006, 0.008, 0.012),
    *(0.02990, 0.05482, 0.07475, 0.08273, 0.07974, 0.07176, 0.06778, 0.07176),
    *(0.07276, 0.06578, 0.05582, 0.04784, 0.04186, 0.03788, 0.03289, 0.02393),
    0.018,
)
"""Share of a day's calls by hour where no profile is given: the hours 7-22 roughly shaped like a bank's call centre (a
peak before noon, a lower one in the afternoon; compare L. Brown et al., JASA 100, 2005), the nights like a line that
never closes."""


@dataclass(frozen=True)
class Step:
    """One agent more or fewer in one hour: what callers of that hour meet then, and those of the whole day."""

    hour: Statistics
    day: Statistics


@dataclass(frozen=True)
class Plan:
    """A plan by formula and, unless left out, by simulation."""

    demand: Demand
    target: Target
    formula: Day
    simulated: Day | None
    formula_simulated: Day | None
    """The simulation's result with the formula's staff."""
    chosen_by_formula: Day
    """The formula's result for the plan to follow."""
    steps: dict[int, tuple[Step | None, ...]]
    """For -1 and +1, by hour, from the simulation where there is one, else by formula. None where an hour has no agent
    to take away."""

    @property
    def chosen(self) -> Day:
        """The plan to follow: the simulated one where there is one."""
        return self.simulated or self.formula


def by_formula(formula: Formula, staff: Sequence[int]) -> Day:
    """The formula's result for a staff."""
    hours = tuple(formula.hour(calls, agents) for calls, agents in zip(formula.demand.calls, staff, strict=True))
    return Day(tuple(staff), hours, formula.day(staff))


def make_plan(
    demand: Demand, target: Target, least: int = 1, trial: Trial | None = None, progress: Progress = lambda _: None
) -> Plan:
    """Plan a day of 24 hours with at least `least` agents in each. `progress` is told in words what is being tried."""
    formula = Formula(demand, target)
    first = by_formula(formula, staff_by_formula(formula, least))
    if trial is None:
        steps = {step: _by_formula_step(formula, first, step) for step in (-1, 1)}
        return Plan(demand, target, first, None, None, first, steps)
    search = Search(formula, least, trial, progress)
    best = search.best(first.staff)
    steps = {-1: _simulated_step(search, demand, best, -1)}
    while (fewer := _spared(formula, least, best, steps[-1])) and not missing(target, search.run(fewer)):
        best = search.run(fewer)
        steps[-1] = _simulated_step(search, demand, best, -1)
    steps[1] = _simulated_step(search, demand, best, 1)
    return Plan(demand, target, first, best, search.run(first.staff), by_formula(formula, best.staff), steps)


def _spared(formula: Formula, least: int, day: Day, steps: Sequence[Step | None]) -> Staff | None:
    """One agent fewer where the simulation says that the day bears it best, if it does: the way that the search went
    was the formula's."""
    target, calls = formula.target, formula.demand.calls
    able = {
        hour: max(measure(step.day) for measure in measures(target))
        for hour, step in enumerate(steps)
        if step is not None
        and day.staff[hour] > formula.fewest(calls[hour], least)
        and not shortfalls(target, step.day)
        and not target.each_hour
    }
    if not able:
        return None
    best = min(able, key=lambda hour: able[hour])
    return tuple(agents - (hour == best) for hour, agents in enumerate(day.staff))


def _able(demand: Demand, staff: Staff, step: int, hour: int) -> bool:
    """Whether an hour can have so many agents more: those who call are not left with nobody."""
    return staff[hour] + step >= (1 if demand.calls[hour] else 0)


def _by_formula_step(formula: Formula, day: Day, step: int) -> tuple[Step | None, ...]:
    found: list[Step | None] = []
    for hour, calls in enumerate(formula.demand.calls):
        if not _able(formula.demand, day.staff, step, hour):
            found.append(None)
            continue
        then = formula.hour(calls, day.staff[hour] + step)
        found.append(Step(then, _changed(day, {hour: then}, step)))
    return tuple(found)


def _simulated_step(search: Search, demand: Demand, day: Day, step: int) -> tuple[Step | None, ...]:
    """All hours in two runs, every other hour in each: an hour's change is seen in itself and in the next, which has
    as many agents as planned."""
    found: list[Step | None] = [None] * HOURS
    for parity in (0, 1):
        chosen = [hour for hour in range(parity, HOURS, 2) if _able(demand, day.staff, step, hour)]
        if not chosen:
            continue
        staff = list(day.staff)
        for hour in chosen:
            staff[hour] += step
        tried = search.run(tuple(staff))
        for hour in chosen:
            both = {one: tried.hours[one] for one in (hour, (hour + 1) % HOURS)}
            found[hour] = Step(tried.hours[hour], _changed(day, both, step))
    return tuple(found)


def _changed(day: Day, hours: dict[int, Statistics], step: int) -> Statistics:
    """The whole day if these hours were otherwise."""
    changed: dict[str, float] = {"agents": day.whole.agents + step}
    for field in fields(Statistics):
        if field.name in ("calls", "agents", "occupancy"):
            continue
        change = sum(
            day.hours[hour].calls * (getattr(then, field.name) - getattr(day.hours[hour], field.name))
            for hour, then in hours.items()
            if day.hours[hour].calls
        )
        calls = day.whole.calls
        changed[field.name] = max(0.0, getattr(day.whole, field.name) + (change / calls if calls else 0))
    work = day.whole.occupancy * day.whole.agents
    changed["occupancy"] = min(1, work / changed["agents"]) if changed["agents"] else 0
    return replace(day.whole, **changed)


def as_statistics(plan: Plan, hour_cost: float | None = None, shrinkage: float = 0.0) -> dict[str, Any]:
    """The plan as `--json` prints it. What grows without end is null. `shrinkage` is the share of paid time away from
    the phone: to have n agents there, n / (1 - shrinkage) must be on the roster and are paid."""

    def day(one: Day | None) -> dict[str, Any] | None:
        return None if one is None else {"staff": list(one.staff), **_plain(one.whole)}

    def cost(agents: float) -> float | None:
        return None if hour_cost is None else round(agents / (1 - shrinkage) * hour_cost, 2)

    hours = []
    for hour, calls in enumerate(plan.demand.calls):
        agents = plan.chosen.staff[hour]
        hours.append(
            {
                "hour": hour,
                "calls": calls,
                "load_erlangs": round(calls / HOUR_S * plan.demand.handle_s, 3),
                "agents": agents,
                "agents_by_formula": plan.formula.staff[hour],
                "rostered": round(agents / (1 - shrinkage), 2),
                "cost": cost(agents),
                "cost_per_call": None if hour_cost is None or not calls else round((cost(agents) or 0) / calls, 2),
                "staff_minutes_per_call": round(agents * 60 / calls, 2) if calls else None,
                "formula": _plain(plan.chosen_by_formula.hours[hour]),
                "simulated": None if plan.simulated is None else _plain(plan.simulated.hours[hour]),
                "one_fewer": _step(plan, -1, hour),
                "one_more": _step(plan, 1, hour),
            }
        )
    return {
        "target": asdict(plan.target),
        "level_within_s": plan.target.level_within_s,
        "urgent_within_s": plan.target.urgent_within_s,
        "impatient": plan.demand.patience_s is not None,
        "staff": list(plan.chosen.staff),
        "staff_hours": sum(plan.chosen.staff),
        "shrinkage": shrinkage,
        "rostered_hours": round(sum(plan.chosen.staff) / (1 - shrinkage), 2),
        "cost": cost(sum(plan.chosen.staff)),
        "met": not missing(plan.target, plan.chosen),
        "formula": day(plan.formula),
        "formula_simulated": day(plan.formula_simulated),
        "simulated": day(plan.simulated),
        "hours": hours,
    }


def _step(plan: Plan, step: int, hour: int) -> dict[str, Any] | None:
    found = plan.steps[step][hour]
    if found is None:
        return None
    day = {f"day_{name}": value for name, value in _plain(found.day).items() if name not in ("calls", "occupancy")}
    return {**_plain(found.hour), **day}


def _plain(figures: Statistics) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in asdict(figures).items()}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)
