"""The figures of the last five minutes, the last hour and this day: exact, and in bounded memory.

Waits are kept as whole milliseconds, so that sums stay exact however often a call enters and leaves a window. Time is
an argument; there is no clock here.

The two rolling windows hold `(now - length, now]`, one small tuple a call, at most `MAX_CALLS` each; a line busier than
that has its window cut at the old end and `Windows.cut` says so. The day is sums only.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Final, Literal, NamedTuple

Leaving = Literal["answered", "abandoned", "called_back", "other"]
"""How a caller left the queue. `called_back`: reached later, having hung up by wish or while waiting. `other`: waited
longer than the service allows, was refused, or was to be called back and never reached."""

Group = Literal["all", "urgent", "routine"]
GROUPS: Final[tuple[Group, ...]] = ("all", "urgent", "routine")
LENGTHS: Final[dict[str, float]] = {"5m": 300.0, "1h": 3600.0}
NAMES: Final = (*LENGTHS, "day")
MAX_CALLS: Final = 100_000

FORMULAS: Final[dict[str, str]] = {
    "answered": "answered within T / answered",
    "answered_or_abandoned": "(answered + abandoned within T) / (answered + abandoned)",
    "offered": "answered within T / offered",
}
"""The three service levels of the field. `offered` is the strictest: every caller who was not answered in time counts
against it."""


class Left(NamedTuple):
    """A caller who left the queue at `at` (Unix seconds) after `wait_ms`."""

    at: float
    urgent: bool
    how: Leaving
    wait_ms: int
    on_target: bool = False
    """Answered within the target, or given up before it."""


class Tally:
    """Counts over a set of calls that left the queue. `limit_ms` is T of the service level."""

    __slots__ = (
        "abandoned",
        "abandoned_in_time",
        "answered",
        "answered_in_time",
        "called_back",
        "limit_ms",
        "on_target",
        "other",
        "wait_ms",
    )

    def __init__(self, limit_ms: int) -> None:
        self.limit_ms = limit_ms
        self.answered = self.answered_in_time = self.abandoned = self.abandoned_in_time = 0
        self.called_back = self.other = self.on_target = 0
        self.wait_ms = 0
        """Sum of the waits of the answered."""

    def count(self, call: Left, sign: int = 1) -> None:
        """Add a call, or with `sign` -1 take it away."""
        in_time = sign if call.wait_ms <= self.limit_ms else 0
        if call.on_target and call.how in ("answered", "abandoned"):
            self.on_target += sign
        if call.how == "answered":
            self.answered += sign
            self.answered_in_time += in_time
            self.wait_ms += sign * call.wait_ms
        elif call.how == "abandoned":
            self.abandoned += sign
            self.abandoned_in_time += in_time
        elif call.how == "called_back":
            self.called_back += sign
        else:
            self.other += sign

    @property
    def offered(self) -> int:
        """All callers who left the queue in any way."""
        return self.answered + self.abandoned + self.called_back + self.other

    @property
    def asa_s(self) -> float | None:
        """Average speed of answer in seconds, None if nobody was answered."""
        return self.wait_ms / self.answered / 1000 if self.answered else None

    @property
    def within_target(self) -> float | None:
        """The share of answered and abandoned calls that met the target, None if there are none."""
        of = self.answered + self.abandoned
        return self.on_target / of if of else None

    def service_level(self, formula: str) -> float | None:
        """The share by one of `FORMULAS`, None where nobody counts."""
        if formula == "answered":
            good, of = self.answered_in_time, self.answered
        elif formula == "answered_or_abandoned":
            good, of = self.answered_in_time + self.abandoned_in_time, self.answered + self.abandoned
        elif formula == "offered":
            good, of = self.answered_in_time, self.offered
        else:
            raise ValueError(f"service level formula {formula!r}: one of {', '.join(FORMULAS)}")
        return good / of if of else None


class _Rolling:
    """Calls of the last `length` seconds, and their tallies."""

    __slots__ = ("calls", "cut_until", "length", "max_calls", "newest", "tallies")

    def __init__(self, length: float, limit_ms: int, max_calls: int) -> None:
        self.length = length
        self.max_calls = max_calls
        self.newest = 0.0
        self.calls: deque[Left] = deque()
        self.tallies: dict[Group, Tally] = {group: Tally(limit_ms) for group in GROUPS}
        self.cut_until = 0.0
        """Before this time a call is missing that should be in the window."""

    def add(self, call: Left) -> None:
        if call.at <= self.newest - self.length:
            return
        if call.at >= self.newest:
            self.newest = call.at
            self.calls.append(call)
        else:
            insort(self.calls, call, key=_at)
        _count(self.tallies, call, 1)
        self.expire(self.newest)
        if len(self.calls) > self.max_calls:
            dropped = self.calls.popleft()
            _count(self.tallies, dropped, -1)
            self.cut_until = dropped.at + self.length

    def expire(self, now: float) -> None:
        self.newest = max(self.newest, now)
        oldest = now - self.length
        while self.calls and self.calls[0].at <= oldest:
            _count(self.tallies, self.calls.popleft(), -1)


def _at(call: Left) -> float:
    return call.at


def _count(tallies: dict[Group, Tally], call: Left, sign: int) -> None:
    tallies["all"].count(call, sign)
    tallies["urgent" if call.urgent else "routine"].count(call, sign)


class Windows:
    """The tallies of each window in `NAMES`, by group in `GROUPS`.

    `service_level_s` is T; `zone` says when the day begins. Calls may come in any order: after a restart, those of the
    journal are added while new ones already are; what is too old for a window is left out of it.
    """

    def __init__(self, *, service_level_s: float, zone: tzinfo, max_calls: int = MAX_CALLS) -> None:
        self._limit_ms = round(service_level_s * 1000)
        self._zone = zone
        self._rolling = {name: _Rolling(length, self._limit_ms, max_calls) for name, length in LENGTHS.items()}
        self._day_begins = self._day_ends = 0.0
        self._day: dict[Group, Tally] = {}

    def add(self, at: float, *, urgent: bool, how: Leaving, wait_s: float, on_target: bool) -> None:
        """A caller left the queue at `at` after `wait_s`; `on_target`: met the target."""
        call = Left(at, urgent, how, round(wait_s * 1000), on_target)
        for rolling in self._rolling.values():
            rolling.add(call)
        self._turn_day(at)
        if at >= self._day_begins:
            _count(self._day, call, 1)

    def at(self, now: float) -> Iterator[tuple[str, Group, Tally]]:
        """Each window's tallies at `now`; read them before anything else is added."""
        self._turn_day(now)
        for name, rolling in self._rolling.items():
            rolling.expire(now)
            for group, tally in rolling.tallies.items():
                yield name, group, tally
        for group, tally in self._day.items():
            yield "day", group, tally

    def cut(self, now: float) -> bool:
        """Whether a rolling window is shorter than its name says, because more calls came than it can store."""
        return any(now < rolling.cut_until for rolling in self._rolling.values())

    def _turn_day(self, at: float) -> None:
        if at >= self._day_ends:
            self._day_begins, self._day_ends = day_bounds(at, self._zone)
            self._day = {group: Tally(self._limit_ms) for group in GROUPS}


def day_bounds(at: float, zone: tzinfo) -> tuple[float, float]:
    """Unix seconds at which the local day of `at` begins and ends; 23 to 25 hours apart where clocks change."""
    today = datetime.fromtimestamp(at, zone).date()
    tomorrow = today + timedelta(days=1)
    begin, end = (datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() for day in (today, tomorrow))
    return begin, end
