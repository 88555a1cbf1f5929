"""What is due comes up in order, and a timer given up does not come up at all."""

from acd.simulate.clock import TIMER, Clock


def drain(clock: Clock) -> list[tuple[float, object]]:
    seen: list[tuple[float, object]] = []
    while (due := clock.next()) is not None:
        assert clock.now == due[0]
        seen.append((due[0], due[3]))
    return seen


def test_in_order_of_time_then_of_asking() -> None:
    clock = Clock(0)
    for due, about in ((5, "c"), (1, "a"), (5, "d"), (3, "b")):
        clock.at(due, 1, about)
    assert drain(clock) == [(1, "a"), (3, "b"), (5, "c"), (5, "d")]


def test_timers_are_replaced_and_cancelled() -> None:
    clock = Clock(0)
    clock.start_timer("kept", 4)
    clock.start_timer("moved", 1)
    clock.start_timer("moved", 2)
    clock.start_timer("gone", 3)
    clock.cancel_timer("gone")
    clock.cancel_timer("never set")
    assert drain(clock) == [(2, "moved"), (4, "kept")]


def test_a_timer_set_again_after_it_fired_fires_again() -> None:
    clock = Clock(0)
    clock.start_timer("t", 1)
    assert clock.next() == (1, 1, TIMER, "t")
    clock.start_timer("t", 0)  # already past: due now
    assert drain(clock) == [(1, "t")]


def test_what_is_left_of_cancelled_timers_is_cleared() -> None:
    clock = Clock(0)
    clock.at(1e9, 1, "end")
    for n in range(20_000):
        clock.start_timer(f"t{n % 7}", 1e6 + n)
        clock.cancel_timer(f"t{n % 7}")
    assert len(clock._heap) < 3_000
    clock.start_timer("last", 5)
    assert drain(clock) == [(5, "last"), (1e9, "end")]
