"""How long a sign-in waits after wrong passwords: for each key a few tries are free, then each doubles the delay.

A key consists of an address and a user, or of a known browser and a user. So nobody makes another person wait, and a
user who signs in from elsewhere notices nothing.

Memory is bounded, and nobody may use that to have their own tries forgotten: a try counts only if its password is
checked, of which there are some tens in a second, so that the keys of an hour are fewer than are kept."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

FREE: Final = 4
"""Wrong passwords that cost nothing: people mistype."""
LONGEST_S: Final = 900.0
FORGOTTEN_S: Final = 3600.0
"""Seconds after which tries do not count any more."""
KEPT: Final = 150_000
"""Keys remembered at once; beyond them the one that was tried longest ago is forgotten. An hour of checks, 40 in a
second, has no more."""


class Delays:
    """`clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float], kept: int = KEPT) -> None:
        self._clock = clock
        self._kept = kept
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """Tries that were not right, and when the last was; the key that was tried longest ago first."""

    def __len__(self) -> int:
        return len(self._tries)

    def take(self, key: str) -> float:
        """Count a try. Returns 0 if it is allowed, else the seconds until the next one; a try that is not allowed
        changes nothing.

        It counts as wrong until `right` is called, so that simultaneous tries count like tries in a row."""
        now = self._clock()
        self._forget(now)
        if wait_s := self._wait_s(key, now):
            return wait_s
        count, _ = self._tries.get(key, (0, now))
        self._tries[key] = (count + 1, now)
        self._tries.move_to_end(key)
        if len(self._tries) > self._kept:
            self._tries.popitem(last=False)
        return 0.0

    def unchecked(self, key: str) -> None:
        """Note that the last try was not looked at: it was none, so the next one need not wait."""
        count, last = self._tries.get(key, (0, 0.0))
        if count > 1:
            self._tries[key] = (count - 1, last - _delay_s(count - 1))
        else:
            self._tries.pop(key, None)

    def right(self, key: str) -> None:
        """Note that the password was right."""
        self._tries.pop(key, None)

    def delay_s(self, key: str) -> float:
        """Seconds until the next try is allowed."""
        return self._wait_s(key, self._clock())

    def _wait_s(self, key: str, now: float) -> float:
        count, last = self._tries.get(key, (0, now))
        return max(0.0, last + _delay_s(count) - now)

    def _forget(self, now: float) -> None:
        """Forget what does not count any more."""
        while self._tries and now - next(iter(self._tries.values()))[1] > FORGOTTEN_S:
            self._tries.popitem(last=False)


def _delay_s(count: int) -> float:
    """Seconds to wait after so many wrong tries."""
    return min(2.0 ** (count - FREE), LONGEST_S) if count > FREE else 0.0
