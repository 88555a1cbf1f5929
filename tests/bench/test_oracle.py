"""The best possible estimate, against what can be worked out by hand."""

import math
from random import Random

import pytest

from acd.simulate.inputs import Duration
from bench.oracle import Scene, Truth, median_wait, rest

EXP, NO_WORK = Duration("exp", 100), Duration("fixed", 0)
SAMPLES = 20_000


def erlang_median(stages: int, rate: float) -> float:
    """The median of the sum of so many exponential stages, by halving."""
    low, high = 0.0, 10 * stages / rate
    for _ in range(60):
        middle = (low + high) / 2
        mean = rate * middle
        fewer = sum(math.exp(-mean + n * math.log(mean) - math.lgamma(n + 1)) for n in range(stages)) if mean else 1.0
        low, high = (middle, high) if fewer > 0.5 else (low, middle)
    return high


def test_of_memoryless_talks_it_is_the_median_of_an_erlang_distribution() -> None:
    truth = Truth(EXP, NO_WORK, 0.0)
    for ahead in (0, 4):
        scene = Scene(False, 0, ahead, (50.0,) * 10, ())
        found = median_wait(scene, truth, Random(1), SAMPLES)
        assert found == pytest.approx(erlang_median(ahead + 1, 10 / 100), rel=0.02)


def test_urgent_callers_to_come_and_those_who_give_up_count() -> None:
    scene = Scene(False, 0, 4, (50.0,) * 10, ())
    alone, disturbed, thinned = (
        median_wait(scene, Truth(EXP, NO_WORK, rate, patience_s), Random(1), SAMPLES)
        for rate, patience_s in ((0.0, None), (0.03, None), (0.0, 60.0))
    )
    assert thinned < alone < disturbed
    urgent = Scene(True, 0, 4, (50.0,) * 10, ())
    assert median_wait(urgent, Truth(EXP, NO_WORK, 0.03), Random(1), SAMPLES) == pytest.approx(
        erlang_median(1, 0.1), rel=0.03
    )


def test_known_ends_of_after_call_work_are_met_and_the_urgent_do_not_wait_for_them() -> None:
    truth = Truth(Duration("fixed", 1000), Duration("fixed", 25), 0.0)
    scene = Scene(False, 0, 1, (0.0,) * 3, (4.0, 9.0))
    assert median_wait(scene, truth, Random(1), 5) == 9.0
    talking = Scene(True, 0, 0, (990.0, 0.0), ())
    assert median_wait(talking, truth, Random(1), 5) == 10.0
    without = Truth(Duration("fixed", 1000), Duration("fixed", 25), 0.0, recall=False)
    assert median_wait(talking, without, Random(1), 5) == 35.0


def test_what_is_left_of_a_talk_follows_the_conditional_distribution() -> None:
    talk, lasted_s = Duration("lognormal", 140, 0.8), 120.0
    rng = Random(2)
    left = sorted(rest(talk, lasted_s, rng) for _ in range(SAMPLES))
    whole = sorted(one - lasted_s for one in (talk.draw(rng) for _ in range(8 * SAMPLES)) if one > lasted_s)
    for share in (0.1, 0.5, 0.9):
        assert left[int(share * len(left))] == pytest.approx(whole[int(share * len(whole))], rel=0.06)
