"""Limits of clients' requests. One bucket for each address, filled at a steady rate up to a burst; memory is bounded.

An office behind one address is one client here: 200 pages may all be loaded at once. A client that guesses tokens is
limited, whatever else comes from the same address; requests with the right token are served meanwhile."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from acd.lib.networks import client_of

KEPT: Final = 10_000
"""The most addresses that are remembered; beyond them the one that was silent longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A burst, and a steady rate per second."""

    burst: float
    per_s: float


REQUESTS: Final = Rate(burst=4_000, per_s=400)
"""The limit for requests of any kind. A page with all that it loads makes some 15."""
WRONG_TOKENS: Final = Rate(burst=20, per_s=0.5)


class Rates:
    """Buckets by client. `clock` gives seconds that never run backwards."""

    def __init__(self, rate: Rate, clock: Callable[[], float], kept: int = KEPT) -> None:
        self._rate = rate
        self._clock = clock
        self._kept = kept
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What is left, and when that was."""

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str) -> float:
        """Count one request. Returns 0 if it may be served, else the seconds after which the next one may."""
        client, now = client_of(address), self._clock()
        left, then = self._buckets.pop(client, (self._rate.burst, now))
        left = min(self._rate.burst, left + (now - then) * self._rate.per_s)
        served = left >= 1
        self._buckets[client] = (left - 1 if served else left, now)
        if len(self._buckets) > self._kept:
            self._buckets.popitem(last=False)
        return 0.0 if served else (1 - left) / self._rate.per_s

    def give_back(self, address: str) -> None:
        """Do not count the last request after all."""
        client = client_of(address)
        if client in self._buckets:
            left, then = self._buckets[client]
            self._buckets[client] = (min(self._rate.burst, left + 1), then)
