"""app_queue's holdtime, step by step as `recalc_holdtime` works it out."""

from bench.holdtime import Holdtime


def test_the_first_waits_replace_each_other_until_a_call_is_over() -> None:
    holdtime = Holdtime()
    assert holdtime.value == 0
    holdtime.connected(100.0, 140.0)
    assert holdtime.value == 40
    holdtime.connected(100.0, 110.0)
    assert holdtime.value == 10
    holdtime.over()
    holdtime.connected(200.0, 230.0)
    assert holdtime.value == (3 * 10 + 30) // 4


def test_the_newest_wait_weighs_a_quarter_in_whole_numbers() -> None:
    holdtime = Holdtime()
    holdtime.over()
    values = []
    for wait_s in (3, 3, 100, 0, 0, 0):
        holdtime.connected(1000.0, 1000.0 + wait_s)
        values.append(holdtime.value)
    assert values == [0, 0, 25, 18, 13, 9]


def test_both_times_are_cut_to_seconds_before_they_are_subtracted() -> None:
    holdtime = Holdtime()
    holdtime.connected(100.9, 101.1)
    assert holdtime.value == 1
    holdtime.connected(100.0, 100.9)
    assert holdtime.value == 0
