"""The clock for events: the machine's, as long as it does not run backwards."""

import time
from collections.abc import Callable
from typing import Final

RATE: Final = 0.95
"""Speed of our time while the machine's clock is behind it. Both meet after twenty times the amount by which the clock
was set back, and until then no duration is wrong by more than a twentieth."""


def to_ms(seconds: float) -> float:
    """`round(seconds, 3)`, for what is not negative. That makes a decimal text and reads it, which takes five times as
    long; here it is asked only where the product's own error could matter."""
    thousandths = seconds * 1000.0
    nearest = int(thousandths + 0.5)
    return nearest / 1000.0 if -0.49 < thousandths - nearest < 0.49 else round(seconds, 3)


class SteadyClock:
    """Unix seconds, to the millisecond (no duration is finer), that never run backwards.

    Durations are differences of these, and timers wait for them. If they followed a clock that is set back by an hour,
    agents would stay in after-call work, and phones would ring, for an hour. Any thread may ask: if two threads
    overwrite each other's value, both values are right.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.wall, self._monotonic = wall, monotonic
        self._told = (0.0, monotonic())
        self._first = (wall(), monotonic())

    def __call__(self) -> float:
        told, then = self._told
        now = self._monotonic()
        time_is, least = self.wall(), told + RATE * (now - then)
        if time_is < least:
            time_is = least
        self._told = (time_is, now)
        return to_ms(time_is)

    @property
    def ahead_s(self) -> float:
        """Seconds by which our time is ahead of the machine's clock, because that was set back."""
        return max(0.0, self() - self.wall())

    @property
    def gained_s(self) -> float:
        """Seconds by which the machine's clock was set forward since we began."""
        wall, monotonic = self._first
        return max(0.0, (self.wall() - wall) - (self._monotonic() - monotonic))

    def not_before(self, at: float) -> None:
        """Continue time from `at`, because something has already happened then."""
        if at > self._told[0]:
            self._told = (at, self._monotonic())


def at_once(clock: Callable[[], float], wall: Callable[[], float] = time.time) -> tuple[float, float]:
    """What a clock and the machine's show at one moment. The machine may stop this process between two readings, and
    their difference would hold that time. So the machine's is read before and after: as long as both clocks agree, the
    moment is known from `clock` itself; where they do not, it is the nearer of the two readings."""
    before, now = wall(), clock()
    return now, min(max(now, before), wall())


clock: Final = SteadyClock()
"""This process's."""
