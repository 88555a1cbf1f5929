"""Delays after wrong passwords: they grow, and hit nobody else."""

import pytest

from acd.lib.sign_in_delays import FORGOTTEN_S, FREE, LONGEST_S, Delays


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_few_are_free_and_then_each_doubles_the_wait() -> None:
    clock = Clock()
    delays = Delays(clock)
    assert [delays.take("a") for _ in range(FREE)] == [0.0] * FREE
    waits = []
    for _ in range(12):
        assert delays.take("a") == 0.0
        waits.append(delays.take("a"))
        assert delays.take("a") == waits[-1]  # trying on does not prolong it
        clock.now += waits[-1]
    assert waits == [min(2.0**n, LONGEST_S) for n in range(1, 13)]


def test_nobody_waits_for_anothers_mistakes() -> None:
    delays = Delays(Clock())
    for _ in range(FREE + 1):
        delays.take("203.0.113.9|lead")
    assert delays.take("203.0.113.9|lead") > 0
    assert delays.take("198.51.100.1|lead") == 0.0
    assert delays.take("203.0.113.9|inbox") == 0.0


def test_the_right_password_and_an_hour_make_it_forgotten() -> None:
    clock = Clock()
    delays = Delays(clock)
    for _ in range(2):
        for _ in range(FREE + 1):
            assert delays.take("a") == 0.0
        assert delays.delay_s("a") == 2.0
        clock.now += FORGOTTEN_S + 1
    delays.right("a")
    assert len(delays) == 0
    assert delays.delay_s("a") == 0.0


def test_memory_is_bounded_and_the_oldest_is_forgotten() -> None:
    delays = Delays(Clock(), kept=10)
    for n in range(100):
        for _ in range(FREE + 1):
            delays.take(str(n))
    assert len(delays) == 10
    assert delays.take("99") > 0
    assert delays.take("0") == 0.0


def test_ten_thousand_other_names_make_no_tries_forgotten() -> None:
    clock = Clock()
    delays = Delays(clock)
    while delays.delay_s("a") < LONGEST_S:
        clock.now += delays.delay_s("a")
        assert delays.take("a") == 0.0
    for n in range(10_000):  # as fast as passwords are checked
        clock.now += 0.05
        assert delays.take(f"name{n}") == 0.0
    assert delays.delay_s("a") == pytest.approx(LONGEST_S - 500)


def test_a_try_that_was_not_looked_at_is_none() -> None:
    delays = Delays(Clock())
    for _ in range(100):
        assert delays.take("a") == 0.0
        delays.unchecked("a")
    assert len(delays) == 0
    assert [delays.take("a") for _ in range(FREE + 1)] == [0.0] * (FREE + 1)
    assert delays.take("a") == 2.0
    delays.unchecked("a")
    assert delays.take("a") == 0.0


def test_who_has_waited_need_not_wait_again_for_a_try_that_was_not_looked_at() -> None:
    clock = Clock()
    delays = Delays(clock)
    for _ in range(FREE + 3):
        clock.now += delays.delay_s("a")
        assert delays.take("a") == 0.0
    waits = delays.delay_s("a")
    assert waits == 8.0
    clock.now += waits
    for _ in range(3):
        assert delays.take("a") == 0.0
        delays.unchecked("a")
    assert delays.take("a") == 0.0, "they have waited"
    assert delays.take("a") == 16.0, "this one was looked at"


def test_what_counts_no_more_takes_no_memory() -> None:
    clock = Clock()
    delays = Delays(clock)
    for n in range(1000):
        delays.take(str(n))
    clock.now += FORGOTTEN_S + 1
    delays.take("a")
    assert len(delays) == 1
