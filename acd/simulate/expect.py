"""Expectations of theory for a simulation: the `theory` of its figures, where there is a closed form or a chain that is
solved exactly; None where there is not. Nothing here is fitted to the simulation."""

import math
from collections.abc import Sequence
from typing import Any

from acd.simulate import phases, theory
from acd.simulate.policy import Policy
from acd.simulate.tally import WITHIN_S
from acd.simulate.workload import HOUR_S, Workload

Statistics = dict[str, Any]
_CLASSES = ("urgent", "routine")
_KNOWN = ("fifo", "strict", "ageing", "reserve")
"""Policies with a theory. No closed form has the other rules for urgent callers."""
_STEADY = 1 - 1e-9
"""Nearer to overload than this, a sum of floats has no meaning."""
_ENDLESS_S = 1e9


def expect(chosen: Policy, work: Workload, staff: Sequence[int]) -> Statistics | None:
    """`{"model": …, "urgent": …, "routine": …, "all": …}` with `mean_wait_s` (of all calls, those who gave up
    included), `abandoned_share`, and `within` (answered within T over offered) where these are known."""
    if chosen.kind not in _KNOWN or work.trace is not None or len(work.per_hour) > 1 or len(staff) > 1:
        return None
    if work.pickup.mean_s or work.mistaken or work.redial is not None:
        return None
    rate, share, patience = work.per_hour[0] / HOUR_S, work.urgent_share, work.patience
    handle_s = work.talk.mean_s + work.wrapup.mean_s
    if rate == 0 or handle_s == 0 or (patience is not None and (patience.kind != "exp" or patience.mean_s == 0)):
        return None
    kind, numbers, agents = _simplest(chosen, share, staff[0])
    patience_s = patience.mean_s if patience is not None else None
    if agents < 1 or (patience_s is None and rate * handle_s >= agents * _STEADY):
        return None
    rates = [rate * share, rate * (1 - share)]
    exponential = all(one.kind == "exp" or one.mean_s == 0 for one in (work.talk, work.wrapup))
    two_phases = bool(work.talk.mean_s and work.wrapup.mean_s)
    if exponential and kind in ("fifo", "strict"):
        strict = kind == "strict"
        if two_phases:
            return _two_phases(rates, work, agents, patience_s, strict=strict)
        if patience_s is not None:
            return _impatient(rates, handle_s, agents, patience_s, strict=strict)
        return _strict(rates, handle_s, agents) if strict else _fifo(rates, handle_s, agents)
    if patience_s is not None:
        return None
    if exponential and not two_phases:
        return _ageing(rates, numbers, handle_s, agents) if kind == "ageing" else _reserve(rates, numbers, work, agents)
    return _one_agent(kind, rates, numbers, work) if agents == 1 and kind != "reserve" else None


def _simplest(chosen: Policy, urgent_share: float, agents: int) -> tuple[str, tuple[float, ...], int]:
    """A policy that comes to a simpler one is that one: among callers of one class there is no order but first come
    first served, and whom agents are held back from has fewer."""
    kind, numbers = chosen.kind, chosen.numbers
    if kind == "reserve":
        if urgent_share == 0:
            return "fifo", (), agents - int(numbers[0])
        if numbers[0] == 0:
            kind = "strict"
    if urgent_share in (0, 1) or (kind == "ageing" and numbers[0] == numbers[1]):
        return "fifo", (), agents
    return kind, numbers, agents


def _statistics(mean_wait_s: float, within: Sequence[float | None], abandoned_share: float = 0.0) -> Statistics:
    return {
        "mean_wait_s": round(mean_wait_s, 6) if math.isfinite(mean_wait_s) else None,
        "abandoned_share": round(abandoned_share, 6),
        "within": {
            str(limit): None if share is None else round(share, 6)
            for limit, share in zip(WITHIN_S, within, strict=True)
        },
    }


_UNKNOWN: tuple[None, ...] = (None,) * len(WITHIN_S)


def _report(
    model: str, rates: Sequence[float], one: Statistics | None, two: Statistics | None, both: Statistics
) -> Statistics:
    """The report by class; a class without calls has no figures."""
    shown = {
        name: figures if rate > 0 else None for name, rate, figures in zip(_CLASSES, rates, (one, two), strict=True)
    }
    return {"model": model, **shown, "all": both}


def _mixed(rates: Sequence[float], waits: Sequence[float]) -> float:
    return sum(rate * wait for rate, wait in zip(rates, waits, strict=True) if rate > 0) / sum(rates)


def _fifo(rates: Sequence[float], handle_s: float, agents: int) -> Statistics:
    rate = sum(rates)
    levels = [theory.service_level(rate, handle_s, agents, limit) for limit in WITHIN_S]
    both = _statistics(theory.mean_wait(rate, handle_s, agents), levels)
    return _report(f"M/M/{agents}, Erlang C", rates, both, both, both)


def _strict(rates: Sequence[float], handle_s: float, agents: int) -> Statistics:
    waits = theory.priority_waits(rates, handle_s, agents)
    urgent = [1 - theory.top_class_tail(rates, handle_s, agents, limit) for limit in WITHIN_S]
    routine = [theory.routine_level(rates[0], rates[1], handle_s, agents, limit) for limit in WITHIN_S]
    return _report(
        f"M/M/{agents}, strict priority (Cobham)",
        rates,
        _statistics(waits[0], urgent),
        _statistics(waits[1], routine),
        _statistics(_mixed(rates, waits), _both_within(rates, urgent, routine)),
    )


def _both_within(
    rates: Sequence[float], urgent: Sequence[float], routine: Sequence[float | None]
) -> list[float | None]:
    return [None if two is None else _mixed(rates, (one, two)) for one, two in zip(urgent, routine, strict=True)]


def _impatient(rates: Sequence[float], handle_s: float, agents: int, patience_s: float, *, strict: bool) -> Statistics:
    lines = theory.erlang_a_strict(rates if strict else [sum(rates)], handle_s, agents, patience_s)
    what = "strict priority" if strict else "first come first served"
    return _lines(f"M/M/{agents}+M, {what} (Erlang A)", rates, lines)


def _two_phases(
    rates: Sequence[float], work: Workload, agents: int, patience_s: float | None, *, strict: bool
) -> Statistics | None:
    if agents > phases.MAX_AGENTS:
        return None
    split = rates if strict else [sum(rates)]
    lines = phases.talk_and_wrapup(split, work.talk.mean_s, work.wrapup.mean_s, agents, patience_s)
    what = "strict priority" if strict else "first come first served"
    impatient = "+M" if patience_s is not None else ""
    return _lines(f"M/PH/{agents}{impatient}, {what}; talk and wrap-up exponential each", rates, lines)


def _lines(model: str, rates: Sequence[float], lines: Sequence[theory.Impatient] | Sequence[phases.Line]) -> Statistics:
    if len(lines) == 1:
        one = lines[0]
        shown = _statistics(one.mean_wait_s, [one.within(limit) for limit in WITHIN_S], one.abandoned_share)
        return _report(model, rates, shown, shown, shown)
    # The last class finds all who wait ahead of it, and those above it who come later go first too.
    routine = [lines[1].overtaken_within(rates[0], limit) for limit in WITHIN_S]
    two = _statistics(
        theory.mean_of_class(rates, [line.mean_wait_s for line in lines], 1),
        routine,
        theory.mean_of_class(rates, [line.abandoned_share for line in lines], 1),
    )
    urgent = [lines[0].within(limit) for limit in WITHIN_S]
    both = _statistics(lines[1].mean_wait_s, _both_within(rates, urgent, routine), lines[1].abandoned_share)
    return _report(model, rates, _statistics(lines[0].mean_wait_s, urgent, lines[0].abandoned_share), two, both)


def _ageing(rates: Sequence[float], weights: Sequence[float], handle_s: float, agents: int) -> Statistics:
    swap = weights[0] < weights[1]
    order = slice(None, None, -1 if swap else 1)
    waits = theory.accumulating_waits(rates[order], weights[order], handle_s, agents)[order]
    both = _statistics(_mixed(rates, waits), _UNKNOWN)
    one, two = (_statistics(wait, _UNKNOWN) for wait in waits)
    return _report(f"M/M/{agents}, accumulating priority (Kleinrock)", rates, one, two, both)


def _one_agent(kind: str, rates: Sequence[float], weights: Sequence[float], work: Workload) -> Statistics:
    handle_s = work.talk.mean_s + work.wrapup.mean_s
    square = handle_s**2 + work.talk.variance_s2 + work.wrapup.variance_s2
    if kind == "fifo":
        waits, what = theory.one_agent_waits([sum(rates)], handle_s, square) * 2, "first come first served"
    elif kind == "strict":
        waits, what = theory.one_agent_waits(rates, handle_s, square), "strict priority (Cobham)"
    else:
        order = slice(None, None, -1 if weights[0] < weights[1] else 1)
        waits = theory.one_agent_waits(rates[order], handle_s, square, weights[order])[order]
        what = "accumulating priority (Kleinrock)"
    one, two, both = (_statistics(wait, _UNKNOWN) for wait in (*waits, _mixed(rates, waits)))
    return _report(f"M/G/1 (Pollaczek and Khinchine), {what}", rates, one, two, both)


def _reserve(rates: Sequence[float], numbers: Sequence[float], work: Workload, agents: int) -> Statistics | None:
    held_back, handle_s = int(numbers[0]), work.talk.mean_s + work.wrapup.mean_s
    found = theory.reserve(rates[0], rates[1], handle_s, agents, held_back)
    if rates[1] > 0 and found.routine_wait_s > _ENDLESS_S:
        return None
    both = _statistics(_mixed(rates, (found.urgent_wait_s, found.routine_wait_s)), _UNKNOWN)
    return _report(
        f"M/M/{agents}, {held_back} held back (two-dimensional chain)",
        rates,
        _statistics(found.urgent_wait_s, [1 - found.urgent_tail(limit) for limit in WITHIN_S]),
        _statistics(found.routine_wait_s, _UNKNOWN),
        both,
    )
