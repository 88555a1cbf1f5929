"""Limits of clients' requests. One bucket for each address, filled at a steady rate up to a burst; memory is bounded.

A bucket that is full again needs no memory. If there are too many all the same, the one that will be full first is
forgotten: whoever comes under many names, each but once, cannot have it forgotten that a bucket is empty.

An office behind one address is one client here: 200 pages may all be loaded at once. A client that guesses tokens is
limited, whatever else comes from the same address; requests with the right token are served meanwhile."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from acd.lib.networks import client_of

KEPT: Final = 10_000
"""The most addresses that are remembered."""
SPARE: Final = 1_000
"""So many outdated times, beside those of the buckets, may wait to be cleared away."""


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
        self._buckets: dict[str, tuple[float, float, float]] = {}
        """What is left, when that was, and when the bucket is full again."""
        self._times: list[tuple[float, str]] = []
        """A heap of when buckets are full again. A time that is not its bucket's any more is outdated."""

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str) -> float:
        """Count one request. Returns 0 if it may be served, else the seconds after which the next one may."""
        client, now = client_of(address), self._clock()
        left = self._left(client, now)
        if left < 1:
            return (1 - left) / self._rate.per_s
        self._forget(now, room=client not in self._buckets)
        self._put(client, left - 1, now)
        return 0.0

    def give_back(self, address: str) -> None:
        """Do not count the last request after all."""
        client, now = client_of(address), self._clock()
        if client in self._buckets:
            self._put(client, min(self._rate.burst, self._left(client, now) + 1), now)

    def _left(self, client: str, now: float) -> float:
        left, then, _ = self._buckets.get(client, (self._rate.burst, now, now))
        return min(self._rate.burst, left + (now - then) * self._rate.per_s)

    def _put(self, client: str, left: float, now: float) -> None:
        full_at = now + (self._rate.burst - left) / self._rate.per_s
        self._buckets[client] = (left, now, full_at)
        heapq.heappush(self._times, (full_at, client))
        if len(self._times) > 2 * len(self._buckets) + SPARE:
            self._times = [(at, one) for one, (_, _, at) in self._buckets.items()]
            heapq.heapify(self._times)

    def _forget(self, now: float, *, room: bool) -> None:
        """Forget buckets that are full; with `room` there is then room for one more."""
        while self._times and (self._times[0][0] <= now or (room and len(self._buckets) >= self._kept)):
            full_at, client = heapq.heappop(self._times)
            if client in self._buckets and self._buckets[client][2] == full_at:
                del self._buckets[client]
