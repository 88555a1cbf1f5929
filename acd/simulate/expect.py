"""What theory expects of a simulation: the `theory` of its figures, where there is a closed form or a chain that is
solved exactly; None where there is not. Nothing here is fitted to the simulation."""

import math
from collections.abc import Sequence
from typing import Any

from acd.simulate import phases, theory
from acd.simulate.policy import Policy
from acd.simulate.tally import WITHIN_S
from acd.simulate.workload import HOUR_S, Workload

Figures = dict[str, Any]
_CLASSES = ("urgent", "routine")


def expect(chosen: Policy, work: Workload, staff: Sequence[int]) -> Figures | None:
    """`{"model": …, "urgent": …, "routine": …, "all": …}` with `mean_wait_s` (of all calls, those who gave up
    included), `abandoned_share`, and `within` (answered within T over offered) where these are known."""
    if work.trace is not None or len(work.per_hour) > 1 or len(staff) > 1:
        return None
    exponential = all(one.kind == "exp" or one.mean_s == 0 for one in (work.talk, work.wrapup))
    rate, agents = work.per_hour[0] / HOUR_S, staff[0]
    if not exponential or rate == 0 or work.talk.mean_s + work.wrapup.mean_s == 0:
        return None
    if work.patience is not None and (work.patience.kind != "exp" or work.patience.mean_s == 0):
        return None
    rates = [rate * work.urgent_share, rate * (1 - work.urgent_share)]
    patience_s = work.patience.mean_s if work.patience is not None else None
    handle_s = work.talk.mean_s + work.wrapup.mean_s
    if patience_s is None and rate * handle_s >= agents:
        return None
    if chosen.kind in ("fifo", "strict"):
        strict = chosen.kind == "strict" and 0 < work.urgent_share < 1
        if work.talk.mean_s and work.wrapup.mean_s:
            return _two_phases(rates, work, agents, patience_s, strict=strict)
        if patience_s is not None:
            return _impatient(rates, handle_s, agents, patience_s, strict=strict)
        return _strict(rates, handle_s, agents) if strict else _fifo(rates, handle_s, agents)
    if (work.talk.mean_s and work.wrapup.mean_s) or patience_s is not None:
        return None
    if chosen.kind == "ageing":
        return _ageing(rates, chosen.numbers, handle_s, agents)
    if chosen.kind == "reserve":
        return _reserve(rates, int(chosen.numbers[0]), handle_s, agents)
    return None


def _figures(mean_wait_s: float, within: Sequence[float | None], abandoned_share: float = 0.0) -> Figures:
    return {
        "mean_wait_s": round(mean_wait_s, 6) if math.isfinite(mean_wait_s) else None,
        "abandoned_share": round(abandoned_share, 6),
        "within": {
            str(limit): None if share is None else round(share, 6)
            for limit, share in zip(WITHIN_S, within, strict=True)
        },
    }


_UNKNOWN: tuple[None, ...] = (None,) * len(WITHIN_S)


def _report(model: str, rates: Sequence[float], one: Figures | None, two: Figures | None, both: Figures) -> Figures:
    """The report by class; a class without calls has no figures."""
    shown = {
        name: figures if rate > 0 else None for name, rate, figures in zip(_CLASSES, rates, (one, two), strict=True)
    }
    return {"model": model, **shown, "all": both}


def _mixed(rates: Sequence[float], waits: Sequence[float]) -> float:
    return sum(rate * wait for rate, wait in zip(rates, waits, strict=True) if rate > 0) / sum(rates)


def _fifo(rates: Sequence[float], handle_s: float, agents: int) -> Figures:
    rate = sum(rates)
    levels = [theory.service_level(rate, handle_s, agents, limit) for limit in WITHIN_S]
    both = _figures(theory.mean_wait(rate, handle_s, agents), levels)
    return _report(f"M/M/{agents}, Erlang C", rates, both, both, both)


def _strict(rates: Sequence[float], handle_s: float, agents: int) -> Figures:
    waits = theory.priority_waits(rates, handle_s, agents)
    tails = [1 - theory.top_class_tail(rates, handle_s, agents, limit) for limit in WITHIN_S]
    return _report(
        f"M/M/{agents}, strict priority (Cobham)",
        rates,
        _figures(waits[0], tails),
        _figures(waits[1], _UNKNOWN),
        _figures(_mixed(rates, waits), _UNKNOWN),
    )


def _impatient(rates: Sequence[float], handle_s: float, agents: int, patience_s: float, *, strict: bool) -> Figures:
    lines = theory.erlang_a_strict(rates if strict else [sum(rates)], handle_s, agents, patience_s)
    what = "strict priority" if strict else "first come first served"
    return _lines(f"M/M/{agents}+M, {what} (Erlang A)", rates, lines)


def _two_phases(
    rates: Sequence[float], work: Workload, agents: int, patience_s: float | None, *, strict: bool
) -> Figures | None:
    if agents > phases.MAX_AGENTS:
        return None
    split = rates if strict else [sum(rates)]
    lines = phases.talk_and_wrapup(split, work.talk.mean_s, work.wrapup.mean_s, agents, patience_s)
    what = "strict priority" if strict else "first come first served"
    impatient = "+M" if patience_s is not None else ""
    return _lines(f"M/PH/{agents}{impatient}, {what}; talk and wrap-up exponential each", rates, lines)


def _lines(model: str, rates: Sequence[float], lines: Sequence[theory.Impatient] | Sequence[phases.Line]) -> Figures:
    shown = [
        _figures(line.mean_wait_s, [line.within(limit) for limit in WITHIN_S], line.abandoned_share) for line in lines
    ]
    if len(lines) == 1:
        return _report(model, rates, shown[0], shown[0], shown[0])
    routine = _figures(
        theory.mean_of_class(rates, [line.mean_wait_s for line in lines], 1),
        _UNKNOWN,
        theory.mean_of_class(rates, [line.abandoned_share for line in lines], 1),
    )
    # Service order moves who is answered in time, not how many give up: "all" within T is that of no one order.
    everyone = {**shown[1], "within": dict.fromkeys(map(str, WITHIN_S))}
    return _report(model, rates, shown[0], routine, everyone)


def _ageing(rates: Sequence[float], weights: Sequence[float], handle_s: float, agents: int) -> Figures:
    swap = weights[0] < weights[1]
    order = slice(None, None, -1 if swap else 1)
    waits = theory.accumulating_waits(rates[order], weights[order], handle_s, agents)[order]
    both = _figures(_mixed(rates, waits), _UNKNOWN)
    one, two = (_figures(wait, _UNKNOWN) for wait in waits)
    return _report(f"M/M/{agents}, accumulating priority (Kleinrock)", rates, one, two, both)


def _reserve(rates: Sequence[float], held_back: int, handle_s: float, agents: int) -> Figures | None:
    found = theory.reserve(rates[0], rates[1], handle_s, agents, held_back)
    if rates[1] > 0 and math.isinf(found.routine_wait_s):
        return None
    both = _figures(_mixed(rates, (found.urgent_wait_s, found.routine_wait_s)), _UNKNOWN)
    return _report(
        f"M/M/{agents}, {held_back} held back (two-dimensional chain)",
        rates,
        _figures(found.urgent_wait_s, [1 - found.urgent_tail(limit) for limit in WITHIN_S]),
        _figures(found.routine_wait_s, _UNKNOWN),
        both,
    )
