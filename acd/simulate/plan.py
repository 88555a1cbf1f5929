"""A plan for a day: agents by hour from formula, then put to the test and corrected by simulation, where hours run into
each other, a talk and a wrap-up are two things, and callers are served by the rules of the line."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from acd.simulate.inputs import HOURS, duration
from acd.simulate.policy import Policy
from acd.simulate.run import Simulation
from acd.simulate.staffing import (
    Demand,
    Figures,
    Formula,
    Measure,
    Target,
    best_hour,
    combined,
    shortfalls,
    staff_by_formula,
)
from acd.simulate.tally import ClassTally, HourlyTally, Tally
from acd.simulate.workload import HOUR_S, Workload

DAY_SHAPE = (
    *(0.018, 0.012, 0.008, 0.006, 0.006, 0.008, 0.012),
    *(0.02990, 0.05482, 0.07475, 0.08273, 0.07974, 0.07176, 0.06778, 0.07176),
    *(0.07276, 0.06578, 0.05582, 0.04784, 0.04186, 0.03788, 0.03289, 0.02393),
    0.018,
)
"""Share of a day's calls by hour where no profile is given: the hours 7-22 roughly shaped like a bank's call centre (a
peak before noon, a lower one in the afternoon; compare L. Brown et al., JASA 100, 2005), the nights like a line that
never closes."""

Progress = Callable[[str], None]
MAX_ROUNDS = 60


@dataclass(frozen=True)
class Day:
    """Agents by hour and what callers meet with them."""

    staff: tuple[int, ...]
    hours: tuple[Figures, ...]
    whole: Figures


@dataclass(frozen=True)
class Plan:
    """A plan by formula and, unless left out, by simulation."""

    demand: Demand
    target: Target
    formula: Day
    simulated: Day | None
    formula_simulated: Day | None
    """What the formula's staff came to in the simulation."""
    steps: dict[int, tuple[Figures | None, ...]]
    """For -1, 0 and +1: each hour's figures by formula with one agent fewer than planned, as many, or one more; None
    where an hour has no agent to take away."""
    day_steps: dict[int, tuple[float | None, ...]]
    """For -1, 0 and +1: the whole day's ASA by formula if that one hour had one agent fewer or more."""

    @property
    def chosen(self) -> Day:
        """The plan to follow: the simulated one where there is one."""
        return self.simulated or self.formula


def by_formula(formula: Formula, staff: Sequence[int]) -> Day:
    """What the formula says of a staff."""
    hours = tuple(formula.hour(calls, agents) for calls, agents in zip(formula.demand.calls, staff, strict=True))
    return Day(tuple(staff), hours, formula.day(staff))


@dataclass(frozen=True)
class Trial:
    """How a staff is tried: by the engine, over so many days, with the same callers each time."""

    policy: Policy
    days: int
    seed: int = 1

    def run(self, demand: Demand, target: Target, staff: Sequence[int]) -> Day:
        """Simulate the days and take the figures by hour of arrival."""
        work = Workload(
            demand.calls,
            demand.urgent_share,
            duration("--talk", demand.talk_s),
            duration("--wrapup", demand.wrapup_s),
            None if demand.patience_s is None else duration("--patience", demand.patience_s),
            days=self.days,
        )
        tally = HourlyTally()
        Simulation(self.policy, work, tuple(staff), self.seed).play(tally=tally)
        hours = tuple(
            _measured(one, agents, self.days, demand, target) for one, agents in zip(tally.hours, staff, strict=True)
        )
        return Day(tuple(staff), hours, _measured(tally, sum(staff), self.days, demand, target))


def _measured(tally: Tally, agents: int, days: int, demand: Demand, target: Target) -> Figures:
    everyone = tally.everyone()
    offered = everyone.offered
    answered = len(everyone.answered_waits)
    return Figures(
        calls=offered / days,
        agents=agents,
        asa_s=_mean(everyone),
        level=_within(everyone, target.level_within_s),
        urgent_asa_s=_mean(tally.urgent),
        urgent_level=_within(tally.urgent, target.urgent_within_s),
        routine_asa_s=_mean(tally.routine),
        abandoned=everyone.abandoned / offered if offered else 0,
        occupancy=min(1, answered / days * demand.handle_s / HOUR_S / agents) if agents else 0,
    )


def _mean(tally: ClassTally) -> float:
    return sum(tally.waits) / len(tally.waits) if tally.waits else 0


def _within(tally: ClassTally, wait_s: float) -> float:
    return sum(wait <= wait_s for wait in tally.answered_waits) / tally.offered if tally.offered else 1


def make_plan(
    demand: Demand, target: Target, least: int = 1, trial: Trial | None = None, progress: Progress = lambda _: None
) -> Plan:
    """Plan a day of 24 hours with at least `least` agents in each. `progress` is told in words what is being tried."""
    formula = Formula(demand, target)
    first = by_formula(formula, staff_by_formula(formula, least))
    simulated = tried = None
    if trial is not None:
        progress(f"simulating {first.whole.agents:.0f} staff-hours")
        tried = trial.run(demand, target, first.staff)
        simulated = _correct(formula, tried, least, trial, progress)
    return _with_steps(formula, first, simulated, tried)


def _correct(formula: Formula, day: Day, least: int, trial: Trial, progress: Progress) -> Day:
    """Add agents while the simulation misses the target; or take them away while it does not."""
    demand, target = formula.demand, formula.target
    if missing(target, day):
        for _ in range(MAX_ROUNDS):
            staff = _more(formula, day)
            progress(f"target missed: simulating {sum(staff)} staff-hours")
            day = trial.run(demand, target, staff)
            if not missing(target, day):
                break
        return day
    for _ in range(MAX_ROUNDS):
        fewer = _fewer(formula, day, least)
        if fewer is None:
            return day
        progress(f"target met: simulating {sum(fewer)} staff-hours")
        tried = trial.run(demand, target, fewer)
        if missing(target, tried):
            return day
        day = tried
    return day


def missing(target: Target, day: Day) -> list[Measure]:
    """What of the target a day misses, over the day or in some hour of it."""
    if not target.each_hour:
        return shortfalls(target, day.whole)
    return [measure for hour in day.hours if hour.calls for measure in shortfalls(target, hour)]


def _more(formula: Formula, day: Day) -> tuple[int, ...]:
    staff = list(day.staff)
    if formula.target.each_hour:
        for hour, figures in enumerate(day.hours):
            staff[hour] += bool(figures.calls and shortfalls(formula.target, figures))
    else:
        staff[best_hour(formula, staff, missing(formula.target, day)[0])] += 1
    return tuple(staff)


def _fewer(formula: Formula, day: Day, least: int) -> tuple[int, ...] | None:
    """One agent fewer where it does the least harm to what the target asks; None where no hour can spare one."""
    target = formula.target
    calls = formula.demand.calls
    spare = [hour for hour in range(HOURS) if day.staff[hour] > formula.fewest(calls[hour], least)]
    if not spare:
        return None

    def harm(hour: int) -> float:
        fewer = formula.hour(calls[hour], day.staff[hour] - 1)
        now = formula.hour(calls[hour], day.staff[hour])
        if target.asa_s is not None:
            return calls[hour] * (fewer.asa_s - now.asa_s)
        if target.urgent is not None and target.level is None:
            return calls[hour] * (now.urgent_level - fewer.urgent_level)
        return calls[hour] * (now.level - fewer.level)

    staff = list(day.staff)
    staff[min(spare, key=harm)] -= 1
    return tuple(staff)


def _with_steps(formula: Formula, first: Day, simulated: Day | None, tried: Day | None) -> Plan:
    chosen = (simulated or first).staff
    steps: dict[int, tuple[Figures | None, ...]] = {}
    day_steps: dict[int, tuple[float | None, ...]] = {}
    hours = by_formula(formula, chosen).hours
    for step in (-1, 0, 1):
        found: list[Figures | None] = []
        days: list[float | None] = []
        for hour, agents in enumerate(chosen):
            calls = formula.demand.calls[hour]
            if agents + step < 1:
                found.append(None)
                days.append(None)
                continue
            other = formula.hour(calls, agents + step)
            found.append(other)
            days.append(combined([*hours[:hour], other, *hours[hour + 1 :]]).asa_s)
        steps[step], day_steps[step] = tuple(found), tuple(days)
    return Plan(formula.demand, formula.target, first, simulated, tried, steps, day_steps)


def as_figures(plan: Plan, hour_cost: float | None = None) -> dict[str, Any]:
    """The plan as `--json` prints it. What grows without end is null."""

    def day(one: Day | None) -> dict[str, Any] | None:
        return None if one is None else {"staff": list(one.staff), **_plain(one.whole)}

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
                "cost": None if hour_cost is None else round(agents * hour_cost, 2),
                "staff_minutes_per_call": round(agents * 60 / calls, 2) if calls else None,
                "formula": _step(plan, 0, hour),
                "simulated": None if plan.simulated is None else _plain(plan.simulated.hours[hour]),
                "one_fewer": _step(plan, -1, hour),
                "one_more": _step(plan, 1, hour),
            }
        )
    return {
        "target": asdict(plan.target),
        "level_within_s": plan.target.level_within_s,
        "urgent_within_s": plan.target.urgent_within_s,
        "staff": list(plan.chosen.staff),
        "staff_hours": sum(plan.chosen.staff),
        "cost": None if hour_cost is None else round(sum(plan.chosen.staff) * hour_cost, 2),
        "met": not missing(plan.target, plan.chosen),
        "formula": day(plan.formula),
        "formula_simulated": day(plan.formula_simulated),
        "simulated": day(plan.simulated),
        "hours": hours,
    }


def _step(plan: Plan, step: int, hour: int) -> dict[str, Any] | None:
    figures = plan.steps[step][hour]
    if figures is None:
        return None
    return {**_plain(figures), "day_asa_s": _finite(plan.day_steps[step][hour])}


def _plain(figures: Figures) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in asdict(figures).items()}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)
