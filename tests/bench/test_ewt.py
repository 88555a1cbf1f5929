"""The error of the estimated wait, beside app_queue's and beside the best there can be, over the very same callers."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.ewt import TRACES, Trace, best, error, play, waited

HALF = 0.5
NEAR = 1.1
"""As near as this to the best possible error: talks under way are not told apart by how long they last, and means are
learnt from the calls."""


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_the_error_is_at_most_half_of_app_queues_or_as_small_as_can_be(
    trace: Trace, record_property: Callable[[str, object], None]
) -> None:
    rows = play(replace(trace, calls=6_000))
    some = waited(rows)
    assert len(some) > 250
    assert error(rows, "ewt_s") <= HALF * error(rows, "holdtime_s"), "all who were answered"
    assert error(rows, "ewt_s") <= 0.55 * error(rows, "own_holdtime_s"), "had app_queue a queue for each class"
    ratio, truth = error(some, "ewt_s") / error(some, "holdtime_s"), trace.truth()
    record_property("waited", round(ratio, 3))
    if truth is None:
        assert ratio <= 0.55
        return
    least = best(rows, truth, callers=250, samples=100)
    ours, theirs = error(least.rows, "ewt_s"), error(least.rows, "holdtime_s")
    record_property("best", round(least.error_s / theirs, 3))
    assert ratio <= HALF or ours <= NEAR * least.error_s


def test_where_all_is_memoryless_no_estimate_has_half_of_app_queues_error_over_those_who_wait() -> None:
    (trace,) = (trace for trace in TRACES if trace.name == "heavy, all memoryless")
    truth = trace.truth()
    assert truth is not None
    least = best(play(trace), truth, callers=600, samples=200)
    assert least.error_s > HALF * error(least.rows, "holdtime_s")


def test_nobody_is_told_too_little_or_too_much_on_the_whole() -> None:
    trace = next(trace for trace in TRACES if trace.name == "heavy, back at will")
    rows = play(replace(trace, calls=20_000), seed=2)
    mean = sum(row.wait_s for row in rows) / len(rows)
    assert abs(sum(row.ewt_s for row in rows) / len(rows) - mean) <= 0.1 * mean
