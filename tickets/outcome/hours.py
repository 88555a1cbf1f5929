"""When a citizen may be called or sent a text: the hours of the town, without quiet times and times of prayer."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

import msgspec

from tickets.clock.calendar import ONE_DAY, Calendar
from tickets.outcome.prayer import prayer_times
from tickets.town.times import DAYS, HOLIDAY, Spans, parse_days, parse_spans

Reason = Literal["hours", "quiet", "prayer"]
LOOK_AHEAD_DAYS = 14


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Days, of `tickets.town.times`, with spans in minutes since midnight."""

    days: frozenset[str]
    spans: Spans


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """When calls are allowed. On official holidays and leave the openings that name `holiday` count, and no others."""

    open: tuple[Opening, ...]
    quiet: tuple[Opening, ...] = ()
    prayer_minutes: int = 0
    """So many minutes from the beginning of each prayer nobody is called; 0: prayers do not matter."""
    place: tuple[float, float] | None = None
    """Where the times of prayer are computed for: latitude and longitude, in degrees. Needed with `prayer_minutes`."""

    def __post_init__(self) -> None:
        if self.prayer_minutes and self.place is None:
            raise ValueError("times of prayer are those of a place")


def parse_openings(text: str) -> tuple[Opening, ...]:
    """Openings of a text such as `mon-fri 09:00-20:00; sat 10:00-18:00`; none of an empty one.

    Raises `tickets.town.times.BadTimes`."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(";"))):
        words = part.split()
        days = [word for word in words if not word[0].isdigit()]
        spans = [word for word in words if word[0].isdigit()]
        found.append(Opening(days=parse_days(" ".join(days)), spans=parse_spans(" ".join(spans))))
    return tuple(found)


SHIPPED = Hours(open=parse_openings("mon-fri 09:00-20:00; sat 10:00-18:00"), quiet=parse_openings("fri 12:45-14:00"))
"""Not at night, not on Sundays and holidays, not during the Friday prayer."""


def next_allowed(at: float, hours: Hours, calendar: Calendar, zone: tzinfo) -> tuple[float, Reason | None] | None:
    """The first moment from `at` on (Unix seconds) at which a call is allowed, and why it is not `at` itself.

    None if there is none within `LOOK_AHEAD_DAYS`."""
    local = datetime.fromtimestamp(at, zone)
    why: Reason | None = None
    for ahead in range(LOOK_AHEAD_DAYS):
        day = local.date() + ahead * ONE_DAY
        start = _minute_of(local) if ahead == 0 else 0.0
        for begin, end in _spans(hours.open, day, calendar, holidays_apart=True):
            moment = max(start, float(begin))
            if moment > start or ahead:
                why = "hours"
            moment, kept_by = _after_pauses(moment, _pauses(hours, day, calendar, zone))
            if moment < end:
                found = at if ahead == 0 and moment == start else _instant(day, moment, zone)
                return found, None if found == at else kept_by or why
    return None


def allowed_until(at: float, hours: Hours, calendar: Calendar, zone: tzinfo) -> float:
    """Until when calls are allowed that are allowed at `at`, Unix seconds; `at` itself if they are not."""
    local = datetime.fromtimestamp(at, zone)
    day, minute = local.date(), _minute_of(local)
    if next_allowed(at, hours, calendar, zone) != (at, None):
        return at
    ends = [float(end) for begin, end in _spans(hours.open, day, calendar, holidays_apart=True) if begin <= minute]
    pauses = [begin for begin, _, _ in _pauses(hours, day, calendar, zone) if begin > minute]
    return _instant(day, min(max(ends), *pauses) if pauses else max(ends), zone)


def _after_pauses(moment: float, pauses: Sequence[tuple[float, float, Reason]]) -> tuple[float, Reason | None]:
    """The first minute from `moment` on that no pause covers, and the pause that covered it last."""
    kept_by: Reason | None = None
    for begin, end, reason in pauses:
        if begin <= moment < end:
            moment, kept_by = end, reason
    return moment, kept_by


def _pauses(hours: Hours, day: date, calendar: Calendar, zone: tzinfo) -> list[tuple[float, float, Reason]]:
    """The pauses of a day, in order."""
    found: list[tuple[float, float, Reason]] = [
        (begin, end, "quiet") for begin, end in _spans(hours.quiet, day, calendar, holidays_apart=False)
    ]
    if hours.prayer_minutes and hours.place is not None:
        for begins in prayer_times(day, *hours.place, zone).values():
            minute = begins.hour * 60 + begins.minute
            found.append((minute, minute + hours.prayer_minutes, "prayer"))
    return sorted(found)


def _spans(
    openings: Iterable[Opening], day: date, calendar: Calendar, *, holidays_apart: bool
) -> list[tuple[int, int]]:
    """The spans of a day, in order; what goes over midnight ends there."""
    free = holidays_apart and calendar.is_holiday(day)
    name = HOLIDAY if free else DAYS[day.weekday()]
    return sorted(span for opening in openings if name in opening.days for span in opening.spans)


def _minute_of(local: datetime) -> float:
    return local.hour * 60 + local.minute + (local.second + local.microsecond / 1e6) / 60


def _instant(day: date, minute: float, zone: tzinfo) -> float:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (midnight + timedelta(minutes=minute)).timestamp()
