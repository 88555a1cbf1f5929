"""How many agents each hour needs: by formula, hour for hour (each hour taken as if it lasted for ever), for a target
over the whole day or for each hour of it. Times are seconds, shares lie in [0, 1]."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acd.simulate import theory
from acd.simulate.inputs import BadInput
from acd.simulate.workload import HOUR_S

LEVEL_WITHIN_S, URGENT_WITHIN_S = 20.0, 15.0
"""Shown where no target names another time."""
MAX_AGENTS = 5_000
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Demand:
    """The calls to plan for: how many each hour, and what they are like."""

    calls: tuple[float, ...]
    urgent_share: float
    talk_s: float
    wrapup_s: float
    patience_s: float | None = None

    @property
    def handle_s(self) -> float:
        """Mean talk plus wrap-up."""
        return self.talk_s + self.wrapup_s


@dataclass(frozen=True)
class Share:
    """A share of calls to be answered within a time; of the calls offered."""

    share: float
    within_s: float


@dataclass(frozen=True)
class Target:
    """The target: any of these, all of those given. `each_hour` asks for it in every hour, not over the day."""

    asa_s: float | None = None
    level: Share | None = None
    urgent: Share | None = None
    abandoned: float | None = None
    each_hour: bool = False

    @property
    def level_within_s(self) -> float:
        """The time the shown service level counts to."""
        return self.level.within_s if self.level else LEVEL_WITHIN_S

    @property
    def urgent_within_s(self) -> float:
        """The time the shown urgent service level counts to."""
        return self.urgent.within_s if self.urgent else URGENT_WITHIN_S


@dataclass(frozen=True)
class Statistics:
    """The service that some calls get. `asa_s` is the mean wait, infinite where the line grows without end."""

    calls: float
    agents: float
    """Staff-hours: agents for an hour, or their sum over the day."""
    asa_s: float
    level: float
    urgent_asa_s: float
    urgent_level: float
    routine_asa_s: float
    abandoned: float
    occupancy: float


Measure = Callable[[Statistics], float]


def measures(target: Target) -> list[Measure]:
    """The target as measures: less is better, and a measure above 0 misses the target."""
    asa_s, level, urgent, abandoned = target.asa_s, target.level, target.urgent, target.abandoned
    asked: list[Measure] = []
    if asa_s is not None:
        asked.append(lambda f: f.asa_s - asa_s)
    if level is not None:
        asked.append(lambda f: level.share - f.level)
    if urgent is not None:
        asked.append(lambda f: urgent.share - f.urgent_level)
    if abandoned is not None:
        asked.append(lambda f: f.abandoned - abandoned)
    return asked


def shortfalls(target: Target, figures: Statistics) -> list[Measure]:
    """The measures that are missed."""
    return [measure for measure in measures(target) if measure(figures) > _NEGLIGIBLE]


class Formula:
    """The figures of one hour for any number of agents, from `theory`, urgent callers first."""

    def __init__(self, demand: Demand, target: Target) -> None:
        self.demand, self.target = demand, target
        self._known: dict[tuple[float, int], Statistics] = {}

    def hour(self, calls: float, agents: int) -> Statistics:
        """The service of an hour of `calls` with so many agents."""
        key = (calls, agents)
        if key not in self._known:
            self._known[key] = self._hour(calls, agents)
        return self._known[key]

    def _hour(self, calls: float, agents: int) -> Statistics:
        demand, target = self.demand, self.target
        if calls == 0:
            return Statistics(0, agents, 0, 1, 0, 1, 0, 0, 0)
        rate, handle_s, share = calls / HOUR_S, demand.handle_s, demand.urgent_share
        rates = [rate * share, rate * (1 - share)]
        if demand.patience_s is not None:
            top, everyone = theory.erlang_a_strict(rates, handle_s, agents, demand.patience_s)
            lines = [top.mean_wait_s, everyone.mean_wait_s]
            abandoned = everyone.abandoned_share
            return Statistics(
                calls,
                agents,
                everyone.mean_wait_s,
                theory.erlang_a(rate, handle_s, agents, demand.patience_s).within(target.level_within_s),
                top.mean_wait_s if share else 0,
                top.within(target.urgent_within_s) if share else 1,
                theory.mean_of_class(rates, lines, 1) if share < 1 else 0,
                abandoned,
                rate * (1 - abandoned) * handle_s / agents,
            )
        waits = theory.priority_waits(rates, handle_s, agents)
        return Statistics(
            calls,
            agents,
            theory.mean_wait(rate, handle_s, agents),
            theory.service_level(rate, handle_s, agents, target.level_within_s),
            waits[0] if share else 0,
            1 - theory.top_class_tail(rates, handle_s, agents, target.urgent_within_s) if share else 1,
            waits[1] if share < 1 else 0,
            0,
            min(1, rate * handle_s / agents),
        )

    def day(self, staff: Sequence[int]) -> Statistics:
        """The whole day, each call counting the same."""
        return combined([self.hour(calls, agents) for calls, agents in zip(self.demand.calls, staff, strict=True)])

    def fewest(self, calls: float, least: int) -> int:
        """The fewest agents, not below `least`, with whom an hour's line does not grow without end: where callers give
        up, one; in an hour without calls, `least` even if that is none."""
        if calls == 0:
            return least
        return max(least, 1) if self.demand.patience_s is not None else self._keeping_up(calls, least)

    def _keeping_up(self, calls: float, least: int) -> int:
        return least if calls == 0 else max(least, math.floor(calls / HOUR_S * self.demand.handle_s) + 1)

    def start(self, least: int) -> list[int]:
        """Agents by hour who keep up with the work. From here on each agent more does less good than the one before."""
        return [self._keeping_up(calls, least) for calls in self.demand.calls]


def combined(hours: Sequence[Statistics]) -> Statistics:
    """Several hours as one, each call counting the same."""
    calls, agents = sum(hour.calls for hour in hours), sum(hour.agents for hour in hours)

    def mean(what: Callable[[Statistics], float], empty: float) -> float:
        return sum(hour.calls * what(hour) for hour in hours if hour.calls) / calls if calls else empty

    return Statistics(
        calls,
        agents,
        mean(lambda hour: hour.asa_s, 0),
        mean(lambda hour: hour.level, 1),
        mean(lambda hour: hour.urgent_asa_s, 0),
        mean(lambda hour: hour.urgent_level, 1),
        mean(lambda hour: hour.routine_asa_s, 0),
        mean(lambda hour: hour.abandoned, 0),
        sum(hour.occupancy * hour.agents for hour in hours) / agents if agents else 0,
    )


def staff_by_formula(formula: Formula, least: int) -> tuple[int, ...]:
    """Agents by hour, at least `least` each, as few staff-hours as the target allows.

    Over the day: from the fewest that keep up, one agent at a time goes where they take off most of what is missing.
    Waits fall by less and less with each agent of an hour, so no other split of as many staff-hours does better
    (marginal allocation: B. Fox, 1966). In the end nobody is left whom the target can spare. Raises `BadInput` for a
    target that cannot be reached.
    """
    demand, target = formula.demand, formula.target
    staff = formula.start(least)
    _limit(staff)
    if target.each_hour:
        for hour, calls in enumerate(demand.calls):
            while shortfalls(target, formula.hour(calls, staff[hour])):
                staff[hour] += 1
                _limit(staff)
            fewest = formula.fewest(calls, least)
            while staff[hour] > fewest and not shortfalls(target, formula.hour(calls, staff[hour] - 1)):
                staff[hour] -= 1
        return tuple(staff)
    while missed := shortfalls(target, formula.day(staff)):
        staff[best_hour(formula, staff, missed[0])] += 1
        _limit(staff)
    while (spare := spare_hour(formula, staff, least)) is not None:
        staff[spare] -= 1
        if shortfalls(target, formula.day(staff)):
            staff[spare] += 1
            break
    return tuple(staff)


def spare_hour(formula: Formula, staff: Sequence[int], least: int) -> int | None:
    """The hour in which one agent fewer does the day the least harm, measured by what is left until the target is
    missed; None where no hour can spare one."""
    demand, asked = formula.demand, measures(formula.target)
    able = [hour for hour, calls in enumerate(demand.calls) if staff[hour] > formula.fewest(calls, least)]
    day = formula.day(staff)
    left = [max(-measure(day), 1e-9) for measure in asked]

    def harm(hour: int) -> float:
        calls = demand.calls[hour]
        now, then = formula.hour(calls, staff[hour]), formula.hour(calls, staff[hour] - 1)
        return max(calls * (measure(then) - measure(now)) / room for measure, room in zip(asked, left, strict=True))

    return min(able, key=harm, default=None)


def best_hour(formula: Formula, staff: Sequence[int], measure: Measure, step: int = 1) -> int:
    """The hour in which `step` agents more (or fewer) do the day the most good (or the least harm)."""

    def good(hour: int) -> float:
        calls = formula.demand.calls[hour]
        now, then = formula.hour(calls, staff[hour]), formula.hour(calls, staff[hour] + step)
        return calls * (measure(now) - measure(then)) if calls else -math.inf

    return max(range(len(staff)), key=good)


def _limit(staff: Sequence[int]) -> None:
    if max(staff) > MAX_AGENTS:
        raise BadInput(f"target: cannot be reached with {MAX_AGENTS} agents in an hour; ask for less")
