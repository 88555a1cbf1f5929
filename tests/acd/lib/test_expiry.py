"""By which time data expires, and that none does while two clocks disagree."""

import pytest
from structlog.testing import capture_logs

from acd.lib.clock import SteadyClock
from acd.lib.expiry import SURE_S, expiry_time

NOW = 1_795_000_000.0


@pytest.mark.parametrize(("ahead_s", "expected"), [(0.0, NOW), (SURE_S - 1, NOW), (SURE_S + 1, None), (6e7, None)])
def test_it_is_the_machine_s_time_unless_ours_is_far_ahead(ahead_s: float, expected: float | None) -> None:
    clock = SteadyClock(lambda: NOW, lambda: 0.0)
    clock.not_before(NOW + ahead_s)
    with capture_logs() as logs:
        assert expiry_time(clock) == expected
    told = [(one["event"], one["log_level"], one["ahead_s"]) for one in logs]
    assert told == ([] if expected else [("nothing_destroyed", "error", round(ahead_s))])


@pytest.mark.parametrize(("by_s", "expected"), [(SURE_S - 1, NOW + SURE_S - 1), (6e7, None)])
def test_nothing_expires_by_a_clock_that_was_set_far_forward(by_s: float, expected: float | None) -> None:
    wall = [NOW]
    clock = SteadyClock(lambda: wall[0], lambda: 0.0)
    wall[0] += by_s
    with capture_logs() as logs:
        assert expiry_time(clock) == expected
    assert [one["set_forward_s"] for one in logs] == ([] if expected else [round(by_s)])


def test_time_that_passes_sets_no_clock_forward() -> None:
    passed = [0.0]
    clock = SteadyClock(lambda: NOW + passed[0], lambda: passed[0])
    passed[0] = 30 * 86_400.0
    assert expiry_time(clock) == NOW + passed[0]
