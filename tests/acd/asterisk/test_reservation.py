"""While callers may be in Asterisk's own queue, its legs and ours exclude each other; else that costs no time."""

import pytest

from acd.asterisk.reservation import LEAVES_S, STALL_S, QueueWatch

RING_S = 20.0


class Line:
    """A line of which nothing but its clock and its troubles is known."""

    def __init__(self) -> None:
        self.now, self.connected, self.dropped = 100.0, True, 0
        self.watch = QueueWatch(
            ring_s=lambda: RING_S,
            connected=lambda: self.connected,
            dropped=lambda: self.dropped,
            monotonic=lambda: self.now,
        )

    def turns(self, seconds: float) -> None:
        """Let the loop turn for so long."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + STALL_S / 10)
            self.watch.beat()

    @property
    def possible(self) -> bool:
        return self.watch.possible()


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def calm(line: Line) -> Line:
    line.turns(RING_S + LEAVES_S + 1)
    assert not line.possible
    return line


def test_a_line_that_has_just_started_may_have_callers_in_the_queue_until_a_ring_is_over(line: Line) -> None:
    assert line.possible
    line.turns(RING_S + LEAVES_S - 1)
    assert line.possible
    line.turns(2)
    assert not line.possible


def test_a_list_of_channels_in_which_the_engine_has_each_caller_ends_it(line: Line) -> None:
    line.watch.emptied()
    assert not line.possible
    line.now += STALL_S * 1.1
    assert line.possible


def test_a_caller_who_had_been_without_an_engine_is_a_sign(calm: Line) -> None:
    calm.watch.seen()
    assert calm.possible
    calm.turns(RING_S + LEAVES_S + 1)
    assert not calm.possible


def test_a_loop_that_stood_still_is_a_sign_whatever_is_asked_first(calm: Line) -> None:
    calm.now += STALL_S * 1.1
    assert calm.possible


def test_a_loop_that_stood_still_is_a_sign_after_its_next_turn_too(calm: Line) -> None:
    calm.now += STALL_S * 1.1
    calm.watch.beat()
    assert calm.possible
    calm.turns(RING_S + LEAVES_S + 1)
    assert not calm.possible


def test_without_ami_and_for_a_while_after_it_the_queue_may_hold_callers(calm: Line) -> None:
    calm.connected = False
    assert calm.possible
    calm.turns(RING_S + LEAVES_S + 1)
    assert calm.possible
    calm.connected = True
    calm.turns(RING_S + LEAVES_S - 1)
    assert calm.possible
    calm.turns(2)
    assert not calm.possible


def test_a_connection_that_the_agi_server_dropped_is_a_sign_once(calm: Line) -> None:
    calm.dropped = 1
    assert calm.possible
    calm.turns(RING_S + LEAVES_S + 1)
    assert not calm.possible
