"""Time goes on, whatever is done to the machine's clock."""

import random

import pytest

from acd.lib.clock import RATE, SteadyClock, at_once, to_ms


class Machine:
    """Its clock, which can be set, and the time that passes."""

    def __init__(self) -> None:
        self.passed = 1000.0
        self.ahead = 1_795_000_000.0
        self.clock = SteadyClock(lambda: self.passed + self.ahead, lambda: self.passed)

    def after(self, seconds: float) -> float:
        self.passed += seconds
        return self.clock()


def test_it_is_the_machines_clock_as_long_as_that_goes_on() -> None:
    machine = Machine()
    for _ in range(100):
        assert machine.after(random.uniform(0, 100)) == round(machine.passed + machine.ahead, 3)
    machine.ahead += 3600
    assert machine.after(1) == round(machine.passed + machine.ahead, 3)


@pytest.mark.parametrize("back", [0.05, 2.0, 3600.0, 86_400.0])
def test_set_back_it_goes_on_more_slowly_until_they_meet(back: float) -> None:
    machine = Machine()
    before = machine.after(10)
    machine.ahead -= back
    assert machine.after(0) == before
    assert machine.after(1) == pytest.approx(max(before + RATE, machine.passed + machine.ahead), abs=0.002)
    step, asked = back / 50, 0
    while machine.clock() > machine.passed + machine.ahead + 0.0005:
        machine.after(step)
        asked += 1
        assert asked < 21 * 50
    assert machine.after(5) == round(machine.passed + machine.ahead, 3)


def test_it_is_rounded_as_round_does() -> None:
    chance = random.Random(5)
    whole = [chance.randrange(2_000_000_000_000) / 1000 for _ in range(20_000)]
    for seconds in [*whole, *(one + 0.0005 for one in whole), *(one + chance.random() / 1000 for one in whole), 0.0]:
        assert to_ms(seconds) == round(seconds, 3)


def test_it_never_runs_backwards() -> None:
    chance, machine = random.Random(7), Machine()
    last = machine.clock()
    for _ in range(10_000):
        machine.ahead += chance.choice((0, 0, 0, 0, -0.2, 0.2, -60, 60))
        now = machine.after(chance.choice((0, 0.001, 0.1, 5)))
        assert now >= last
        last = now


def test_it_says_how_far_it_is_ahead_of_the_machine() -> None:
    machine = Machine()
    assert machine.clock.ahead_s == pytest.approx(0, abs=0.001)
    machine.ahead += 2 * 365 * 86_400  # for one event
    machine.after(1)
    assert machine.clock.ahead_s == pytest.approx(0, abs=0.001)
    machine.ahead -= 2 * 365 * 86_400
    assert machine.clock.ahead_s == pytest.approx(2 * 365 * 86_400, abs=0.001)
    machine.after(1000)
    assert machine.clock.ahead_s == pytest.approx(2 * 365 * 86_400 - 1000 * (1 - RATE), abs=0.001)


def test_it_goes_on_from_what_an_earlier_process_has_told() -> None:
    machine = Machine()
    machine.clock.not_before(machine.passed + machine.ahead + 100)
    first = machine.after(0)
    assert first == pytest.approx(machine.passed + machine.ahead + 100)
    assert machine.after(10) == pytest.approx(first + 10 * RATE, abs=0.002)
    machine.clock.not_before(5.0)
    assert machine.after(0) > first


@pytest.mark.parametrize(
    ("before", "clock", "after"),
    [(100.0, 100.0, 100.0), (100.0, 100.4, 100.4), (100.0, 100.0, 100.4), (100.0, 100.3, 100.7)],
    ids=["at once", "stopped before", "stopped after", "stopped twice"],
)
def test_two_clocks_are_of_one_moment_wherever_the_machine_stops_us(before: float, clock: float, after: float) -> None:
    readings = iter((before, after))
    assert at_once(lambda: clock, lambda: next(readings)) == (clock, clock)


def test_a_clock_that_is_ahead_stays_so() -> None:
    assert at_once(lambda: 160.0, lambda: 100.0) == (160.0, 100.0)
