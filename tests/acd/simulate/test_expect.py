"""The engine does what theory says, in two steps: caller for caller it does what an independent model does, and that
model, being fast, is held against theory over many calls. Then the engine against theory directly, as users see it.

The seeds are fixed, so nothing here flakes. Agreement: within 3%, or inside the 99% interval by batch means.
"""

import math
from statistics import fmean, stdev
from typing import Any

import pytest

from acd.simulate.inputs import Duration, duration
from acd.simulate.policy import policy
from acd.simulate.run import Simulation, statistics
from acd.simulate.tally import Tally
from acd.simulate.workload import Caller, Workload
from tests.acd.simulate.reference import reference

BATCHES = 30
T_99 = 2.756
"""Student's t for 29 degrees of freedom, two-sided 99%."""

CASES = [
    # policy, agents, calls an hour, urgent share, talk, wrap-up, patience
    ("fifo", 7, 100, 0.2, 165, 0, None),
    ("fifo", 3, 30, 0.2, 200, 0, None),
    ("fifo", 10, 200, 0.2, 150, 0, None),
    ("fifo", 5, 70, 0.1, 140, 25, None),
    ("fifo", 7, 170, 0.1, 165, 0, 120),
    ("fifo", 12, 260, 0.1, 140, 25, 90),
    ("strict", 7, 100, 0.15, 165, 0, None),
    ("strict", 4, 40, 0.3, 240, 0, None),
    ("strict", 12, 200, 0.1, 140, 25, None),
    ("strict", 6, 120, 0.2, 80, 60, None),
    ("strict", 7, 150, 0.15, 165, 0, 120),
    ("strict", 12, 260, 0.15, 140, 25, 90),
    ("ageing:5:1", 7, 100, 0.15, 165, 0, None),
    ("ageing:2:1", 4, 40, 0.4, 240, 0, None),
    ("ageing:1:3", 4, 40, 0.4, 240, 0, None),
    ("reserve:1", 7, 90, 0.4, 165, 0, None),
    ("reserve:2", 6, 70, 0.6, 165, 0, None),
]
Case = tuple[str, int, float, float, float, float, float | None]


def simulation(case: Case, calls: int, seed: int = 1) -> Simulation:
    name, agents, rate, share, talk, wrapup, patience = case
    limit = None if patience is None else duration("--patience", patience)
    work = Workload((rate,), share, duration("--talk", talk), duration("--wrapup", wrapup), limit, calls=calls)
    return Simulation(policy(name), work, (agents,), seed)


def modelled(one: Simulation) -> tuple[list[Caller], list[float], list[bool]]:
    callers = list(one.work.callers(one.seed))
    kind, numbers = one.policy.kind, one.policy.numbers
    points = {"fifo": (1.0, 1.0), "ageing": numbers}.get(kind)
    held_back = int(numbers[0]) if kind == "reserve" else 0
    return callers, *reference(callers, one.staff[0], points=points, held_back=held_back)  # type: ignore[arg-type]  # the arguments of the case


@pytest.mark.parametrize("case", CASES)
def test_caller_for_caller_the_engine_does_what_the_model_does(case: Case) -> None:
    one = simulation(case, calls=2500)
    tally = one.play()
    callers, waits, answered = modelled(one)
    for urgent, got in ((True, tally.urgent), (False, tally.routine)):
        expected = sorted(wait for wait, caller in zip(waits, callers, strict=True) if caller.urgent == urgent)
        # the engine's facts are in milliseconds
        assert max(abs(a - b) for a, b in zip(sorted(got.waits), expected, strict=True)) < 0.001
        gave_up = sum(not yes for yes, caller in zip(answered, callers, strict=True) if caller.urgent == urgent)
        assert got.abandoned == gave_up
    assert tally.lost == 0


def agrees(measured: list[float], expected: float) -> bool:
    """Whether a mean over values in order agrees with theory. An interval so wide that it says nothing fails."""
    size = len(measured) // BATCHES
    batches = [fmean(measured[n * size : (n + 1) * size]) for n in range(BATCHES)]
    half = T_99 * stdev(batches) / math.sqrt(BATCHES)
    assert half <= 0.2 * expected + 0.002
    return abs(fmean(measured) - expected) <= max(0.03 * expected, half)


@pytest.mark.parametrize("case", CASES)
def test_the_model_does_what_theory_says(case: Case) -> None:
    one = simulation(case, calls=100_000, seed=3)
    theory = one.theory()
    assert theory is not None
    callers, waits, answered = modelled(one)
    for priority, wanted in (("urgent", (True,)), ("routine", (False,)), ("all", (True, False))):
        chosen = [n for n, caller in enumerate(callers) if caller.urgent in wanted]
        assert agrees([waits[n] for n in chosen], theory[priority]["mean_wait_s"]), priority
        for within, share in theory[priority]["within"].items():
            if share is not None:
                served = [float(answered[n] and waits[n] <= float(within)) for n in chosen]
                assert agrees(served, share), (priority, within)
        assert agrees([float(not answered[n]) for n in chosen], theory[priority]["abandoned_share"]), priority


@pytest.mark.parametrize("case", [CASES[0], CASES[4], CASES[8], CASES[12], CASES[15]])
def test_the_engine_does_what_theory_says(case: Case) -> None:
    one = simulation(case, calls=15_000, seed=5)
    tally: Tally = one.play()
    got: dict[str, Any] = statistics(one, tally)
    for priority in ("urgent", "routine", "all"):
        assert got["classes"][priority]["mean_wait_s"] == pytest.approx(
            got["theory"][priority]["mean_wait_s"], rel=0.25
        )
        for within, share in got["theory"][priority]["within"].items():
            if share is not None:
                assert got["classes"][priority]["within"][within] == pytest.approx(share, abs=0.03)


def theory_of(name: str, **changes: Any) -> dict[str, Any] | None:
    fields: dict[str, object] = {
        "per_hour": (100.0,),
        "urgent_share": 0.1,
        "talk": duration("--talk", 165),
        "wrapup": Duration("exp", 0),
        "calls": 10,
    }
    return Simulation(policy(name), Workload(**{**fields, **changes}), (7,)).theory()


def test_no_theory_where_there_is_no_closed_form() -> None:
    for rule in (
        "cozum",
        "wrapup_recall",
        "ring_recall",
        "headroom:1",
        "backup:1:20",
        "escalation",
        "redial",
        "callback",
    ):
        assert theory_of(rule) is None
        assert theory_of(rule, urgent_share=0.0) is None
    for more in ({"pickup": duration("--pickup", 4)}, {"mistaken": 0.1}, {"redial": duration("--redial", 60)}):
        assert theory_of("strict", **more) is None
    assert theory_of("strict", talk=duration("--talk", 165, "fixed")) is None
    assert theory_of("strict", talk=duration("--talk", 165, "lognormal:0.7")) is None
    assert theory_of("strict", per_hour=(100.0,) * 24) is None
    assert theory_of("strict", per_hour=(1000.0,)) is None  # the line grows without end
    assert theory_of("reserve:1", wrapup=duration("--wrapup", 25)) is None
    assert theory_of("ageing:5:1", patience=duration("--patience", 60)) is None
    assert theory_of("reserve:9", urgent_share=0.0) is None  # nobody is left to answer them
    assert theory_of("strict") is not None


def test_a_policy_that_comes_to_a_simpler_one_has_its_theory() -> None:
    wrapup, patience = duration("--wrapup", 25), duration("--patience", 60)
    for changes in ({}, {"wrapup": wrapup}, {"patience": patience}, {"wrapup": wrapup, "patience": patience}):
        strict, fifo = theory_of("strict", **changes), theory_of("fifo", **changes)
        assert strict is not None
        assert theory_of("reserve:0", **changes) == strict
        assert theory_of("ageing:3:3", **changes) == fifo
        for only in (0.0, 1.0):
            one_class = theory_of("fifo", urgent_share=only, **changes)
            assert theory_of("ageing:5:1", urgent_share=only, **changes) == one_class
            assert theory_of("strict", urgent_share=only, **changes) == one_class
    assert theory_of("reserve:2", urgent_share=1.0) == theory_of("fifo", urgent_share=1.0)
    held = theory_of("reserve:2", urgent_share=0.0)
    assert held is not None
    assert held["model"].startswith("M/M/5")


@pytest.mark.parametrize("form", ["fixed", "lognormal:0.7"])
@pytest.mark.parametrize("name", ["fifo", "strict", "ageing:4:1", "ageing:1:4"])
def test_one_agent_with_any_talk(name: str, form: str) -> None:
    talk, wrapup = duration("--talk", 50, form), duration("--wrapup", 20)
    one = Simulation(policy(name), Workload((36.0,), 0.3, talk, wrapup, calls=100_000), (1,), 3)
    theory = one.theory()
    assert theory is not None
    callers, waits, _ = modelled(one)
    for priority, urgent in (("urgent", True), ("routine", False)):
        chosen = [wait for wait, caller in zip(waits, callers, strict=True) if caller.urgent == urgent]
        assert agrees(chosen, theory[priority]["mean_wait_s"]), priority


@pytest.mark.parametrize("name", ["fifo", "strict", "ageing:5:1", "reserve:1"])
def test_a_class_without_calls_has_no_theory_of_its_own(name: str) -> None:
    found = theory_of(name, urgent_share=0.0)
    assert found is not None
    assert found["urgent"] is None
    assert found["routine"]["mean_wait_s"] == found["all"]["mean_wait_s"]
