"""Any parameters, not only the listed ones: the engine against the model that shares nothing with it, caller for
caller; and what `theory` says against the same laws written down another way. Seeds are fixed, so nothing flakes."""

import math
from random import Random
from typing import Any

import pytest

from acd.simulate.inputs import duration
from acd.simulate.policy import policy
from acd.simulate.run import Simulation
from acd.simulate.workload import Workload
from tests.acd.simulate.reference import reference

TIMES = (6, 15, 20)


def anything(rng: Random, *, theory_only: bool) -> Simulation:
    """A line of one to sixty agents; edges come up more often than chance would have it."""
    agents = rng.choice([1, 2, rng.randint(1, 12), rng.randint(1, 60), 60])
    occupancy = rng.choice([0.3, 0.98, rng.uniform(0.3, 0.98)])
    share = rng.choice([0.0, 1.0, rng.random(), rng.uniform(0.02, 0.2)])
    talk, wrapup = rng.choice([1.0, rng.uniform(5, 900)]), 0.0
    form, patience = "exp", rng.choice([None, rng.uniform(0.05, 8)])
    if not theory_only:
        wrapup = rng.choice([0.0, rng.uniform(1, 200)])
        form = rng.choice(["exp", "fixed", "lognormal:0.7", "lognormal:2"])
    name = rng.choice(["fifo", "strict", "ageing", "reserve"])
    if name == "ageing":
        name = f"ageing:{rng.choice([1, 5, rng.uniform(0.1, 30)])}:{rng.choice([1, rng.uniform(0.1, 30)])}"
    elif name == "reserve":
        name = f"reserve:{rng.randint(0, min(5, agents - 1))}"
    if patience is not None:
        occupancy = rng.choice([occupancy, rng.uniform(0.9, 1.5)])
    handle_s = talk + wrapup
    work = Workload(
        (agents * occupancy / handle_s * 3600,),
        share,
        duration("--talk", talk, form),
        duration("--wrapup", wrapup),
        None if patience is None else duration("--patience", patience * handle_s),
        calls=700,
    )
    return Simulation(policy(name), work, (agents,), rng.randint(1, 10**6))


@pytest.mark.parametrize("seed", range(40))
def test_the_engine_does_what_the_model_does(seed: int) -> None:
    one = anything(Random(seed), theory_only=False)
    tally, callers, kind = one.play(), list(one.work.callers(one.seed)), one.policy.kind
    points: Any = {"fifo": (1.0, 1.0), "ageing": one.policy.numbers}.get(kind)
    held_back = int(one.policy.numbers[0]) if kind == "reserve" else 0
    waits, answered = reference(callers, one.staff[0], points=points, held_back=held_back)
    for urgent, got in ((True, tally.urgent), (False, tally.routine)):
        expected = sorted(wait for wait, caller in zip(waits, callers, strict=True) if caller.urgent == urgent)
        assert sorted(got.waits) == pytest.approx(expected, abs=0.0011)  # the engine's facts are in milliseconds
        gave_up = sum(not yes for yes, caller in zip(answered, callers, strict=True) if caller.urgent == urgent)
        assert got.abandoned == gave_up
    assert tally.lost == 0
    if kind in ("strict", "reserve"):
        assert tally.inversions == 0


def must_wait(load: float, agents: int) -> float:
    """Erlang C from its sum, not from the recursion."""
    logs = [k * math.log(load) - math.lgamma(k + 1) for k in range(agents)]
    logs.append(agents * math.log(load) - math.lgamma(agents + 1) - math.log(1 - load / agents))
    most = max(logs)
    return math.exp(logs[-1] - most) / sum(math.exp(one - most) for one in logs)


def impatient(rate: float, handle_s: float, agents: int, patience_s: float) -> tuple[float, float]:
    """Share that gives up and mean wait from the birth-death chain itself, state by state."""
    logs, n = [0.0], 0
    while n < agents or logs[-1] > max(logs) - 45:
        n += 1
        logs.append(
            logs[-1] + math.log(rate * handle_s / (min(n, agents) + max(0, n - agents) * handle_s / patience_s))
        )
    most = max(logs)
    chances = [math.exp(one - most) for one in logs]
    waiting = sum(max(0, n - agents) * chance for n, chance in enumerate(chances)) / sum(chances)
    return waiting / patience_s / rate, waiting / rate


@pytest.mark.parametrize("seed", range(300))
def test_theory_is_the_textbooks(seed: int) -> None:
    one = anything(Random(f"theory {seed}"), theory_only=True)
    found, kind, numbers = one.theory(), one.policy.kind, one.policy.numbers
    handle_s, share, agents = one.work.talk.mean_s, one.work.urgent_share, one.staff[0]
    rate = one.work.per_hour[0] / 3600
    urgent, routine, service, one_class = rate * share, rate * (1 - share), agents / handle_s, share in (0, 1)
    if one.work.patience is not None:
        if kind in ("fifo", "strict"):
            assert found is not None
            gave_up, wait = impatient(rate, handle_s, agents, one.work.patience.mean_s)
            assert found["all"]["abandoned_share"] == pytest.approx(gave_up, rel=1e-6, abs=2e-6)
            assert found["all"]["mean_wait_s"] == pytest.approx(wait, rel=1e-6, abs=2e-6)
            # who is not answered in the end gave up; and in time are no more than in the end
            for within in found["all"]["within"].values():
                assert within <= 1 - gave_up + 2e-6
        return
    if kind == "reserve" and numbers[0] > 0:
        return  # test_theory.py has the chain
    assert found is not None
    waiting = must_wait(rate * handle_s, agents)
    fifo = waiting / (service - rate)
    levels = [1 - waiting * math.exp(-(service - rate) * within) for within in TIMES]
    if kind == "fifo" or one_class or (kind == "ageing" and numbers[0] == numbers[1]):
        assert found["all"]["mean_wait_s"] == pytest.approx(fifo, rel=1e-6, abs=2e-6)
        assert list(found["all"]["within"].values()) == pytest.approx(levels, abs=2e-6)
        return
    if kind == "ageing":
        faster, rates = max(numbers), (urgent, routine) if numbers[0] >= numbers[1] else (routine, urgent)
        slow = fifo / (1 - rates[0] / service * (1 - min(numbers) / faster))
        fast = (rate * fifo - rates[1] * slow) / rates[0]
        waits = (fast, slow) if numbers[0] >= numbers[1] else (slow, fast)
    else:
        first = waiting / service
        waits = first / (1 - urgent / service), first / (1 - urgent / service) / (1 - rate / service)
        tops = [1 - waiting * math.exp(-(service - urgent) * within) for within in TIMES]
        assert list(found["urgent"]["within"].values()) == pytest.approx(tops, abs=2e-6)
    assert [found[name]["mean_wait_s"] for name in ("urgent", "routine")] == pytest.approx(waits, rel=1e-6, abs=2e-6)
