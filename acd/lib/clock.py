"""The clock that events are stamped with: the machine's, as long as that does not run backwards."""

import time
from collections.abc import Callable
from typing import Final

RATE: Final = 0.95
"""How fast time goes on while the machine's clock is behind what has been told: they meet after twenty times what it
was set back by, and no duration until then is wrong by more than a twentieth."""


class SteadyClock:
    """Unix seconds, to the millisecond (no duration is told finer), that never run backwards.

    Durations are differences of these, and timers wait for them. If they followed a clock that is set back by an hour,
    agents would stay in after-call work, and phones would ring, for an hour. Any thread may ask: what two of them
    overwrite each other's is right either way.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._told = (0.0, monotonic())

    def __call__(self) -> float:
        told, then = self._told
        now = self._monotonic()
        time_is = max(self._wall(), told + RATE * (now - then))
        self._told = (time_is, now)
        return round(time_is, 3)

    def not_before(self, at: float) -> None:
        """Something has happened at `at` already: time goes on from there."""
        if at > self._told[0]:
            self._told = (at, self._monotonic())


clock: Final = SteadyClock()
"""This process's."""
