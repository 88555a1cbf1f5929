"""A day's staff put to the test on the engine, and corrected by what comes of it: hours run into each other, a talk and
a wrap-up are two things, and callers are served by the rules of the line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acd.simulate.inputs import HOURS, duration
from acd.simulate.policy import Policy
from acd.simulate.run import Simulation
from acd.simulate.staffing import (
    Demand,
    Formula,
    Measure,
    Statistics,
    Target,
    best_hour,
    shortfalls,
    spare_hour,
)
from acd.simulate.tally import ClassTally, HourlyTally, Tally
from acd.simulate.workload import HOUR_S, Workload

Progress = Callable[[str], None]
Staff = tuple[int, ...]
MAX_ROUNDS, MAX_STEPS = 60, 500
"""Trials of a target for each hour that is missed; staff-hours more or fewer than the formula has."""


@dataclass(frozen=True)
class Day:
    """Agents by hour and what callers meet with them."""

    staff: Staff
    hours: tuple[Statistics, ...]
    whole: Statistics


@dataclass(frozen=True)
class Trial:
    """How a staff is tried: by the engine, over so many days, with the same callers each time."""

    policy: Policy
    days: int
    seed: int = 1

    def run(self, demand: Demand, target: Target, staff: Sequence[int]) -> Day:
        """Simulate the days and take the figures by hour of arrival. Where nobody is planned and nobody calls, one
        stays until those who came before are served."""
        work = Workload(
            demand.calls,
            demand.urgent_share,
            duration("--talk", demand.talk_s),
            duration("--wrapup", demand.wrapup_s),
            None if demand.patience_s is None else duration("--patience", demand.patience_s),
            days=self.days,
        )
        tally = HourlyTally()
        Simulation(self.policy, work, tuple(max(1, agents) for agents in staff), self.seed).play(tally=tally)
        hours = tuple(
            _measured(one, agents, self.days, demand, target) for one, agents in zip(tally.hours, staff, strict=True)
        )
        return Day(tuple(staff), hours, _measured(tally, sum(staff), self.days, demand, target))


def _measured(tally: Tally, agents: int, days: int, demand: Demand, target: Target) -> Statistics:
    everyone = tally.everyone()
    offered = everyone.offered
    answered = len(everyone.answered_waits)
    return Statistics(
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


def missing(target: Target, day: Day) -> list[Measure]:
    """The measures of the target that a day misses, over the day or in some hour."""
    if not target.each_hour:
        return shortfalls(target, day.whole)
    return [measure for hour in day.hours if hour.calls for measure in shortfalls(target, hour)]


class Search:
    """The fewest staff-hours with which the target is met in the trial, from what the formula says."""

    def __init__(self, formula: Formula, least: int, trial: Trial, progress: Progress) -> None:
        self._formula, self._least, self._trial, self._progress = formula, least, trial, progress
        self._tried: dict[Staff, Day] = {}

    def run(self, staff: Staff) -> Day:
        """Try a staff, once."""
        if staff not in self._tried:
            self._progress(f"simulating {sum(staff)} staff-hours")
            self._tried[staff] = self._trial.run(self._formula.demand, self._formula.target, staff)
        return self._tried[staff]

    def best(self, first: Staff) -> Day:
        """The day to plan with. It misses the target still if that is out of reach."""
        return self._each_hour(first) if self._formula.target.each_hour else self._whole_day(first)

    # --- a target for the whole day

    def _whole_day(self, first: Staff) -> Day:
        """Along the way on which the formula adds agents, or takes them away, in steps that double until the target is
        just missed, or met, and then in halves."""
        met = not self._misses(first)
        way, last, step = [first], 0, 1
        while True:
            self._walk(way, min(last + step, MAX_STEPS), down=met)
            place = min(last + step, len(way) - 1)
            if place == last:  # the end of the way
                return self.run(way[last])
            if self._misses(way[place]) == met:
                break
            last, step = place, 2 * step
        while place - last > 1:
            middle = (place + last) // 2
            if self._misses(way[middle]) == met:
                place = middle
            else:
                last = middle
        return self.run(way[last if met else place])

    def _misses(self, staff: Staff) -> bool:
        return bool(missing(self._formula.target, self.run(staff)))

    def _walk(self, way: list[Staff], place: int, *, down: bool) -> None:
        """Go on along the way as far as a place, or to its end."""
        while len(way) <= place:
            staff = list(way[-1])
            if down:
                hour = spare_hour(self._formula, staff, self._least)
                if hour is None:
                    return
                staff[hour] -= 1
            else:
                # What the trial misses the formula may hold for met; its measure says where an agent helps most.
                measure = missing(self._formula.target, self.run(way[0]))[0]
                staff[best_hour(self._formula, staff, measure)] += 1
            way.append(tuple(staff))

    # --- a target for each hour

    def _each_hour(self, first: Staff) -> Day:
        """Try to lower alternate hours together, so that one hour's backlog is not blamed on the next."""
        staff = self._raised(first)
        demand, target = self._formula.demand, self._formula.target
        able = {hour for hour in range(HOURS) if staff[hour] == first[hour]}
        while able := {hour for hour in able if staff[hour] > self._formula.fewest(demand.calls[hour], self._least)}:
            for parity in (0, 1):
                chosen = {hour for hour in able if hour % 2 == parity}
                if not chosen:
                    continue
                day = self.run(tuple(agents - (hour in chosen) for hour, agents in enumerate(staff)))
                short = {
                    hour for hour, figures in enumerate(day.hours) if figures.calls and shortfalls(target, figures)
                }
                bad = {hour for hour in chosen if {hour, (hour + 1) % HOURS} & short}
                staff = tuple(agents - (hour in chosen - bad) for hour, agents in enumerate(staff))
                able -= bad
        return self.run(self._raised(staff))

    def _raised(self, staff: Staff) -> Staff:
        """One agent more in each hour that misses the target, until none does."""
        target = self._formula.target
        for _ in range(MAX_ROUNDS):
            hours = self.run(staff).hours
            short = [bool(figures.calls and shortfalls(target, figures)) for figures in hours]
            if not any(short):
                break
            staff = tuple(agents + more for agents, more in zip(staff, short, strict=True))
        return staff
