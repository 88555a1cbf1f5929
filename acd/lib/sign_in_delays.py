"""How long a sign-in waits after wrong passwords: for each key a few tries are free, then each doubles the delay.

A key consists of an address and a user, or of a known browser and a user. So nobody makes another person wait, and a
user who signs in from elsewhere notices nothing. Memory is bounded."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

FREE: Final = 4
"""Wrong passwords that cost nothing: people mistype."""
LONGEST_S: Final = 900.0
FORGOTTEN_S: Final = 3600.0
"""Seconds after which tries do not count any more."""
KEPT: Final = 10_000
"""Keys remembered at once; beyond them the one that was tried longest ago is forgotten."""


class Delays:
    """`clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float], kept: int = KEPT) -> None:
        self._clock = clock
        self._kept = kept
        self._tries: OrderedDict[str, tuple[int, float, float]] = OrderedDict()
        """Tries that were not right, when the last was, and until when none is taken."""

    def __len__(self) -> int:
        return len(self._tries)

    def take(self, key: str) -> float:
        """Count a try. Returns 0 if it is allowed, else the seconds until the next one; a try that is not allowed
        changes nothing.

        It counts as wrong until `right` is called, so that simultaneous tries count like tries in a row."""
        now = self._clock()
        count, last, until = self._tries.get(key, (0, now, 0.0))
        if now < until:
            return until - now
        if now - last > FORGOTTEN_S:
            count = 0
        count += 1
        delay = min(2.0 ** (count - FREE), LONGEST_S) if count > FREE else 0.0
        self._tries[key] = (count, now, now + delay)
        self._tries.move_to_end(key)
        if len(self._tries) > self._kept:
            self._tries.popitem(last=False)
        return 0.0

    def right(self, key: str) -> None:
        """Note that the password was right."""
        self._tries.pop(key, None)

    def delay_s(self, key: str) -> float:
        """Seconds until the next try is allowed."""
        return max(0.0, self._tries.get(key, (0, 0.0, 0.0))[2] - self._clock())
