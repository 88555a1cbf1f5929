"""When a request must be done: the due date of a clock, and the steps by which it was reached.

The day on which a request comes does not count; the period begins on the day after. A working-day clock counts working
days. A calendar-day clock counts every day, and if its last day is no working day it ends on the next one (law 2577,
article 8; law 6098, article 93). A day at whose end the clock is stopped does not count, so a stop moves the due date
by exactly the days that ended during it. A minute clock runs day and night.

A deadline of days is over with the last second of its date, local time."""

from datetime import date, datetime, tzinfo
from itertools import pairwise
from typing import Literal

import msgspec

from tickets.clock.calendar import ONE_DAY, Calendar
from tickets.clock.rules import ClockRule, Counts, StopReason
from tickets.clock.steps import Skipped, Step, Story

MINUTE_S = 60.0
WARNING_HOUR = 9
"""Warnings of day clocks come at this hour, when people are at work."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A time during which the clock is stopped. Unix seconds; `until` is None while it lasts."""

    since: float
    until: float | None = None
    why: StopReason | Literal["closed"] = "citizen"
    """`closed`: it was withdrawn or had lapsed, and was reopened."""


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """More time, in what the rule counts, given at `at` for a reason that the citizen was told."""

    amount: int
    reason: str
    at: float
    rule: str = ""
    """Id of the rule under which it was given; empty for one of an earlier version."""
    counts: Counts | None = None
    """What that rule counted."""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """The values from which a deadline is computed. Times are Unix seconds; stops are in order and do not overlap."""

    rule: str
    """Id of the `ClockRule`."""
    started_at: float
    stops: tuple[Stop, ...] = ()
    extensions: tuple[Extension, ...] = ()
    ended_at: float | None = None

    @property
    def stands(self) -> bool:
        """Whether the clock is stopped now."""
        return self.ended_at is None and bool(self.stops) and self.stops[-1].until is None


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """The deadline of a clock. It has no due date while the clock is stopped before its limit."""

    due: date | None
    due_at: float | None
    warn_at: float | None
    escalate_at: float | None
    accept_by: float | None
    """Until when somebody must accept the request; None if the rule has no such limit."""
    left: int
    """While the clock is stopped: the rest of the limit, in the rule's unit. Else 0."""
    steps: tuple[Step, ...]

    def overdue(self, at: float) -> bool:
        """Whether the limit has passed at `at` (Unix seconds)."""
        return self.due_at is not None and at > self.due_at


def deadline(clock: Clock, rule: ClockRule, calendar: Calendar, zone: tzinfo) -> Deadline:
    """The deadline of a clock under its rule. `zone` is the local time of the town."""
    found = _minutes(clock, rule, zone) if rule.counts == "minutes" else _days(clock, rule, calendar, zone)
    if rule.accept_minutes is None:
        return found
    return msgspec.structs.replace(found, accept_by=clock.started_at + rule.accept_minutes * MINUTE_S)


def answer_by(clock: Clock, rule: ClockRule, calendar: Calendar, zone: tzinfo) -> float | None:
    """Until when the citizen has to answer or pay (Unix seconds); None if they need not.

    `rule.answer_days` working days from the day after they were asked. A fee that is not paid by then means that the
    request for information is taken back (law 4982, article 11)."""
    if not clock.stands:
        return None
    day = _local_date(clock.stops[-1].since, zone)
    for _ in range(rule.answer_days):
        day = calendar.next_working(day + ONE_DAY)
    return _end_of(day, zone)


def in_force(clock: Clock, rule: ClockRule) -> tuple[int, ...]:
    """How much of each extension counts under the rule.

    All of what was given under it. What was given under another clock, before a correction, counts as far as this one
    may be extended, and not at all if it was given in another unit: ten days are no ten minutes."""
    found: list[int] = []
    for one in clock.extensions:
        amount = one.amount
        if one.counts not in (None, rule.counts):
            amount = 0
        elif one.rule != rule.id:
            amount = min(amount, max(0, rule.max_extension - sum(found)))
        found.append(amount)
    return tuple(found)


# --- minutes


def _minutes(clock: Clock, rule: ClockRule, zone: tzinfo) -> Deadline:
    story = Story(rule, zone)
    story.started(clock.started_at)
    extensions = in_force(clock, rule)
    due = clock.started_at + (rule.limit + sum(extensions)) * MINUTE_S
    story.limit()
    _tell_extensions(clock, extensions, story)
    left: int | None = None
    for stop in clock.stops:
        if stop.since >= due:
            break
        story.stopped(stop.since, stop.until, stop.why)
        if stop.until is None:
            left = int((due - stop.since) // MINUTE_S)
            break
        due += stop.until - stop.since
    if left is not None:
        story.stands(left)
        return _standing(left, story)
    story.due_minute(due)
    return Deadline(
        due=_local_date(due, zone),
        due_at=due,
        warn_at=max(clock.started_at, due - rule.warn * MINUTE_S),
        escalate_at=due + rule.escalate * MINUTE_S,
        accept_by=None,
        left=0,
        steps=story.steps(),
    )


# --- days


def _days(clock: Clock, rule: ClockRule, calendar: Calendar, zone: tzinfo) -> Deadline:
    story = Story(rule, zone)
    start = _local_date(clock.started_at, zone)
    story.started(clock.started_at)
    extensions = in_force(clock, rule)
    limit = rule.limit + sum(extensions)
    story.limit()
    _tell_extensions(clock, extensions, story)
    stopped = _Stopped(clock, zone)
    skipped = Skipped()
    counted: list[date] = []
    day = start
    while len(counted) < limit:
        day += ONE_DAY
        if stopped.on(day):
            if stopped.for_ever(day):
                break
            skipped.stopped.append(day)
        elif rule.counts == "calendar_days" or calendar.works(day):
            counted.append(day)
            skipped.half(day, calendar)
        else:
            skipped.free(day, calendar)
    for stop in clock.stops:
        if _local_date(stop.since, zone) <= day:
            story.stopped(stop.since, stop.until, stop.why)
    story.skipped(skipped)
    if len(counted) < limit:
        left = limit - len(counted)
        story.stands(left)
        return _standing(left, story)
    last = counted[-1]
    due = calendar.next_working(last)
    story.due_date(limit, last, due, calendar)
    due_at = _end_of(due, zone)
    return Deadline(
        due=due,
        due_at=due_at,
        warn_at=_warning(clock, rule, counted, due, zone),
        escalate_at=_later(due, rule, calendar, zone),
        accept_by=None,
        left=0,
        steps=story.steps(),
    )


def _warning(clock: Clock, rule: ClockRule, counted: list[date], due: date, zone: tzinfo) -> float:
    """The morning from which `rule.warn` counted days are left, but not before the request came."""
    day = due if rule.warn == 0 else counted[-1 - rule.warn]
    return max(clock.started_at, datetime(day.year, day.month, day.day, WARNING_HOUR, tzinfo=zone).timestamp())


def _later(due: date, rule: ClockRule, calendar: Calendar, zone: tzinfo) -> float:
    day = due
    for _ in range(rule.escalate):
        day += ONE_DAY
        if rule.counts == "working_days":
            day = calendar.next_working(day)
    return _end_of(day, zone)


class _Stopped:
    """The days at whose end a clock was stopped."""

    def __init__(self, clock: Clock, zone: tzinfo) -> None:
        self._spans: list[tuple[date, date]] = []
        self._open: date | None = None
        assert all(one.until is not None and one.until <= two.since for one, two in pairwise(clock.stops))
        for stop in clock.stops:
            if stop.until is not None:
                self._spans.append((_local_date(stop.since, zone), _local_date(stop.until, zone)))
            elif clock.ended_at is None:
                self._open = _local_date(stop.since, zone)

    def on(self, day: date) -> bool:
        """Whether the clock was stopped when this day ended."""
        return self.for_ever(day) or any(since <= day < until for since, until in self._spans)

    def for_ever(self, day: date) -> bool:
        """Whether it has been stopped since then."""
        return self._open is not None and day >= self._open


def _standing(left: int, story: Story) -> Deadline:
    return Deadline(
        due=None, due_at=None, warn_at=None, escalate_at=None, accept_by=None, left=left, steps=story.steps()
    )


def _tell_extensions(clock: Clock, extensions: tuple[int, ...], story: Story) -> None:
    for one, amount in zip(clock.extensions, extensions, strict=True):
        if amount:
            story.extended(amount, one.reason)
        if amount < one.amount:
            story.not_extended(one.amount - amount, one.counts, one.reason)


def _local_date(at: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at, zone).date()


def _end_of(day: date, zone: tzinfo) -> float:
    """The last second of a day, local time."""
    after = day + ONE_DAY
    return datetime(after.year, after.month, after.day, tzinfo=zone).timestamp() - 1.0
