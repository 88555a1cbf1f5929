"""Opening hours: weekdays, public holidays and special days, computed into spans of time.

[hours.office]
week = { mon-fri = "08:30-12:30 13:30-17:30", sat = "09:00-13:00" }   # days not named are closed
holidays = "TR"                             # closed on this country's public holidays; on half days from 13:00
days = { 2026-12-31 = "08:30-13:00", 2026-12-24 = "" }                # instead of what would hold; "" is closed

A span that ends at or before its beginning goes on into the next day. Times are those of the line's `timezone`. The
engine gets spans for `AHEAD_DAYS` days; the line extends them before they run out.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from acd.engine.model.config import Schedule
from acd.lib.file_checks import Checker

AHEAD_DAYS = 60
HALF_DAY = 13 * 60
"""A half day is closed from this minute on, by Turkish law."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_ALLOWED = 'times such as "08:30-17:30" or "08:30-12:30 13:30-17:30", or "" for closed'

Spans = tuple[tuple[int, int], ...]
"""Begin and end (exclusive) in minutes since the day's midnight; the end may be in the next day."""
HolidaysOf = Callable[[str, int], Mapping[date, bool]]
"""A country's holidays of a year; true for half days."""


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Opening hours as the file has them."""

    id: str
    week: tuple[Spans, ...]
    """Seven days from Monday."""
    holidays: str = ""
    days: dict[date, Spans] = {}


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    week: dict[str, str]
    holidays: str = ""
    days: dict[str, str] = {}


def parse_hours(check: Checker, name: str, table: object, countries: Callable[[], Iterable[str]]) -> Hours | None:
    """One `[hours.NAME]`, or None after adding its faults to the check. `countries` are those with known holidays."""
    key = f"hours.{name}"
    before = len(check.problems)
    row = check.struct(_Row, table, key, hints={"week": "a table of days with times", "days": "a table of dates"})
    if row is None:
        return None
    week: dict[str, Spans] = {}
    for days, text in row.week.items():
        times = _spans(check, f"{key}.week.{days}", text)  # once for all its days: a fault is told once
        for day in _weekdays(check, f"{key}.week.{days}", days, text):
            if day in week:
                check.add(f"{key}.week.{days}", text, f"{day} stands already")
            week[day] = times
    own: dict[date, Spans] = {}
    for day, text in row.days.items():
        try:
            own[date.fromisoformat(day)] = _spans(check, f"{key}.days.{day}", text)
        except ValueError:
            check.add(f"{key}.days.{day}", text, "is no date; write it as 2026-12-31")
    known = sorted(countries()) if row.holidays else []
    if row.holidays and not known:
        check.add(f"{key}.holidays", row.holidays, "needs the Python package `holidays`, which is not installed")
    elif row.holidays and row.holidays not in known:
        check.unknown(f"{key}.holidays", row.holidays, "country", known)
    if len(check.problems) > before:
        return None
    return Hours(id=name, week=tuple(week.get(day, ()) for day in DAYS), holidays=row.holidays, days=own)


def schedule(hours: Hours, *, now: float, zone: ZoneInfo, holidays_of: HolidaysOf) -> Schedule:
    """The spans from the day before `now` (Unix seconds) for `AHEAD_DAYS` days."""
    first = datetime.fromtimestamp(now, zone).date() - timedelta(days=1)
    days = [first + timedelta(days=n) for n in range(AHEAD_DAYS + 1)]
    off = {
        day: half
        for year in sorted({day.year for day in days} if hours.holidays else ())
        for day, half in holidays_of(hours.holidays, year).items()
    }
    spans: list[tuple[float, float]] = []
    for day in days:
        for begin, end in _of_day(hours, day, off.get(day)):
            since, until = _at(day, begin, zone), _at(day, end, zone)
            if spans and since <= spans[-1][1]:  # yesterday's night runs into today
                spans[-1] = (spans[-1][0], max(until, spans[-1][1]))
            else:
                spans.append((since, until))
    return Schedule(id=hours.id, open=tuple(spans), known_until=_at(days[-1], 24 * 60, zone))


def moved(plan: Schedule, by_s: float) -> Schedule:
    """The same spans so much later."""
    spans = tuple((since + by_s, until + by_s) for since, until in plan.open)
    return Schedule(id=plan.id, open=spans, known_until=plan.known_until + by_s)


def _of_day(hours: Hours, day: date, half: bool | None) -> Spans:
    """The opening spans of a day; `half` is true for a half holiday, false for a whole one, None for no holiday."""
    if day in hours.days:
        return hours.days[day]
    if half is None:
        return hours.week[day.weekday()]
    return tuple((begin, min(end, HALF_DAY)) for begin, end in hours.week[day.weekday()] if half and begin < HALF_DAY)


def public_holidays(country: str, year: int) -> dict[date, bool]:
    """Holidays by the `holidays` package, which knows the bayrams."""
    import holidays

    known = holidays.country_holidays(country)
    half = holidays.country_holidays(country, years=year, categories=("half_day",)) if _has_halves(known) else {}
    return dict.fromkeys(half, True) | dict.fromkeys(holidays.country_holidays(country, years=year), False)


def countries() -> list[str]:
    """Countries whose public holidays are known. Empty if the `holidays` package is not installed."""
    try:
        import holidays
    except ImportError:
        return []
    return list(holidays.list_supported_countries())


def _has_halves(known: object) -> bool:
    return "half_day" in getattr(known, "supported_categories", ())


def _weekdays(check: Checker, key: str, days: str, text: str) -> list[str]:
    first, dash, last = days.partition("-")
    if first not in DAYS or (dash and last not in DAYS) or (dash and DAYS.index(last) < DAYS.index(first)):
        check.add(key, text, f"is no day; {', '.join(DAYS)} are, and from one to a later one, such as mon-fri")
        return []
    return list(DAYS[DAYS.index(first) : DAYS.index(last or first) + 1])


def _spans(check: Checker, key: str, text: str) -> Spans:
    spans: list[tuple[int, int]] = []
    for part in text.split():
        match = _SPAN.fullmatch(part)
        if match is None:
            check.add(key, text, f"must be {_ALLOWED}")
            return ()
        begin = int(match[1]) * 60 + int(match[2])
        end = 24 * 60 if match[3] is None else int(match[3]) * 60 + int(match[4])
        end = end if end > begin else end + 24 * 60
        if spans and begin < spans[-1][1]:
            check.add(key, text, f"{part} begins before the one before it ends")
        spans.append((begin, end))
    return tuple(spans)


def _at(day: date, minute: int, zone: ZoneInfo) -> float:
    """Unix seconds of a day's minute; one beyond midnight is the next day's."""
    day += timedelta(days=minute // (24 * 60))
    minute %= 24 * 60
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).timestamp()
