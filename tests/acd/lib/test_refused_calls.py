"""Calls that were refused: counted, told of, and warned about not too often."""

import pytest
import structlog

from acd.lib.refused_calls import Refusals


class At:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_they_are_counted_by_reason_and_told_of_for_a_minute() -> None:
    at = At()
    refusals = Refusals(at)
    assert (refusals.lately(), dict(refusals.totals)) == ("", {})
    for reason, count in (("second", 3), ("number", 1)):
        for _ in range(count):
            refusals.count(reason)  # type: ignore[arg-type]  # any text
    assert refusals.lately() == "4 calls refused in the last minute: second 3, number 1"
    at.now += 59
    refusals.count("line")
    assert refusals.lately() == "5 calls refused in the last minute: second 3, number 1, line 1"
    at.now += 30
    assert refusals.lately() == "1 calls refused in the last minute: line 1"
    at.now += 60
    assert refusals.lately() == ""
    assert dict(refusals.totals) == {"second": 3, "number": 1, "line": 1}


def test_a_warning_a_minute_whatever_comes() -> None:
    at = At()
    refusals = Refusals(at)
    with structlog.testing.capture_logs() as logged:
        for _ in range(300):
            refusals.count("second")
        at.now += 59.9
        refusals.count("line")
        assert logged == [{"event": "calls_refused", "log_level": "warning", "second": 1}]
        at.now += 0.1
        refusals.count("second")
    assert logged[1:] == [{"event": "calls_refused", "log_level": "warning", "second": 300, "line": 1}]


@pytest.mark.parametrize("pause_s", [0.5, 1.0, 7.0])
def test_a_long_flood_takes_no_more_room(pause_s: float) -> None:
    at = At()
    refusals = Refusals(at)
    for _ in range(500):
        refusals.count("second")
        at.now += pause_s
    told = int(refusals.lately().split()[0])
    assert told == pytest.approx(60 / pause_s, abs=2)
