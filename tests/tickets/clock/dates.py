"""The shipped clocks and calendar, and short ways to say when."""

from datetime import datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from tickets.clock.calendar import Calendar, parse_calendar
from tickets.clock.deadline import Clock, Deadline, Extension, Stop, deadline
from tickets.clock.rules import parse_clocks

ZONE = ZoneInfo("Europe/Istanbul")


def shipped(name: str) -> str:
    return (files("tickets") / "data" / name).read_text(encoding="utf-8")


RULES = parse_clocks(shipped("clocks.toml"), file="clocks.toml")
CALENDAR = parse_calendar(shipped("calendar.toml"), file="calendar.toml")
FREE = msgspec.structs.replace(CALENDAR, half_days="free")


def at(text: str) -> float:
    """Unix seconds of a local time such as `2026-05-20 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def said(moment: float | None) -> str:
    """A moment as local time, to the minute."""
    assert moment is not None
    return f"{datetime.fromtimestamp(moment, ZONE):%Y-%m-%d %H:%M}"


def stop(since: str, until: str | None = None) -> Stop:
    return Stop(since=at(since), until=None if until is None else at(until))


def clock(rule: str, since: str, *stops: Stop, extend: int = 0) -> Clock:
    extensions = (Extension(amount=extend, reason="başka kuruma soruldu", at=at(since)),) if extend else ()
    return Clock(rule=rule, started_at=at(since), stops=stops, extensions=extensions)


def due(rule: str, since: str, *stops: Stop, extend: int = 0, calendar: Calendar = CALENDAR) -> str:
    """The due date, empty while the clock stands still."""
    found = worked_out(rule, since, *stops, extend=extend, calendar=calendar)
    return "" if found.due is None else str(found.due)


def worked_out(rule: str, since: str, *stops: Stop, extend: int = 0, calendar: Calendar = CALENDAR) -> Deadline:
    return deadline(clock(rule, since, *stops, extend=extend), RULES[rule], calendar, ZONE)


DAY = timedelta(days=1)
