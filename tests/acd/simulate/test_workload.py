"""Callers come as the profile says, and are the same ones for the same seed."""

from itertools import pairwise

import pytest

from acd.simulate.inputs import duration
from acd.simulate.workload import Workload

TALK, WRAPUP = duration("--talk", 140), duration("--wrapup", 25)


def test_same_seed_same_callers() -> None:
    work = Workload((100,), 0.1, TALK, WRAPUP, duration("--patience", 60), calls=500)
    assert list(work.callers(7)) == list(work.callers(7))
    assert list(work.callers(7)) != list(work.callers(8))


def test_each_purpose_has_its_own_chance() -> None:
    """Patience, or another share of urgent calls, changes nothing else about the callers."""
    one = list(Workload((100,), 0.1, TALK, WRAPUP, calls=500).callers(1))
    other = list(Workload((100,), 0.5, TALK, WRAPUP, duration("--patience", 60), calls=500).callers(1))
    assert [(c.arrival_s, c.talk_s, c.wrapup_s) for c in one] == [(c.arrival_s, c.talk_s, c.wrapup_s) for c in other]
    assert all(b.urgent for a, b in zip(one, other, strict=True) if a.urgent)


def test_arrivals_follow_the_profile() -> None:
    profile = tuple(float(n * 10) for n in range(24))  # nobody calls in hour 0
    work = Workload(profile, 0.1, TALK, WRAPUP, days=40)
    counts = [0] * 24
    callers = list(work.callers(1))
    for caller in callers:
        counts[int(caller.arrival_s // 3600) % 24] += 1
    assert all(a.arrival_s <= b.arrival_s for a, b in pairwise(callers))
    assert max(caller.arrival_s for caller in callers) < 40 * 86_400
    assert counts[0] == 0
    for hour in range(1, 24):
        assert counts[hour] == pytest.approx(profile[hour] * 40, abs=4 * (profile[hour] * 40) ** 0.5)
    assert work.expected() == sum(profile) * 40


def test_poisson_gaps() -> None:
    gaps = [b.arrival_s - a.arrival_s for a, b in pairwise(Workload((360,), 0, TALK, WRAPUP, calls=40_000).callers(3))]
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(10, rel=0.02)
    assert sum((gap - mean) ** 2 for gap in gaps) / len(gaps) == pytest.approx(100, rel=0.04)


def test_whichever_end_comes_first() -> None:
    assert len(list(Workload((100,), 0, TALK, WRAPUP, calls=50, days=10).callers(1))) == 50
    assert 60 < len(list(Workload((100,), 0, TALK, WRAPUP, calls=10_000, days=1 / 24).callers(1))) < 140
