"""A clock that jumps from one thing due to the next, and the timers that the engine sets on it."""

from heapq import heapify, heappop, heappush
from typing import Any

Due = tuple[float, int, int, Any]
"""When (seconds), a running number that keeps the order of equals, what kind, and about what."""

TIMER = 0
"""The kind of a timer of the engine's; the other kinds are the world's own, from 1 on."""

_SLACK = 1000


class Clock:
    """Things to come, in order of time; at one moment, in the order in which they were asked for."""

    __slots__ = ("_heap", "_number", "_stale", "_timers", "now")

    def __init__(self, start: float) -> None:
        self.now = start
        self._heap: list[Due] = []
        self._number = 0
        self._timers: dict[str, int] = {}
        self._stale = 0

    def at(self, due: float, kind: int, about: Any) -> None:
        """Schedule something for a time, which must not have passed."""
        self._number = number = self._number + 1
        heappush(self._heap, (due, number, kind, about))

    def start_timer(self, timer: str, due: float) -> None:
        """Set an engine's timer; one of the same name is replaced."""
        if timer in self._timers:
            self._stale += 1
        self.at(max(due, self.now), TIMER, timer)
        self._timers[timer] = self._number

    def cancel_timer(self, timer: str) -> None:
        """Forget a timer, if it is set. The heap drops forgotten timers when they are in the majority."""
        if self._timers.pop(timer, None) is None:
            return
        self._stale += 1
        if self._stale > _SLACK and self._stale * 2 > len(self._heap):
            timers = self._timers
            self._heap = [due for due in self._heap if due[2] != TIMER or timers.get(due[3]) == due[1]]
            heapify(self._heap)
            self._stale = 0

    def next(self) -> Due | None:
        """Go on to the next thing that is due and return it; None if there is none. Timers given up are passed over."""
        while self._heap:
            due = heappop(self._heap)
            if due[2] == TIMER:
                if self._timers.get(due[3]) != due[1]:
                    self._stale -= 1
                    continue
                del self._timers[due[3]]
            self.now = due[0]
            return due
        return None
