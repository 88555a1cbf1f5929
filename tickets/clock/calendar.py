"""Which days are working days: weekends, the official holidays, half days, and administrative leave of a local table.

    half_days = "work"                    # or "free": whether the eve of a bayram counts as a working day

    [[leave]]                             # administrative leave, as it was announced
    first = 2026-05-25
    last = 2026-05-26
    tr = "Kurban Bayramı idari izni"
    en = "Administrative leave for Kurban Bayramı"

The official days are those of the `holidays` package, which agrees with the announced ones."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Literal

import holidays
import msgspec

from acd.lib.file_checks import Checker

HalfDays = Literal["work", "free"]
DayKind = Literal["work", "half", "weekend", "holiday", "leave"]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]

_SATURDAY = 5
_HINTS = {"half_days": '"work" or "free"', "tr": "1 to 120 characters", "en": "1 to 120 characters"}
_HINTS |= {"first": "a date such as 2026-05-25, without quotes", "last": "a date such as 2026-05-26, without quotes"}
LONGEST_LEAVE_DAYS = 60


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """An official holiday, or the half day before one."""

    tr: str
    en: str
    half: bool = False


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """Administrative leave: days, both ends included, on which the town's offices are closed by announcement."""

    first: date
    last: date
    tr: Name
    en: Name


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What a day is, and whether it counts as a working day. `tr` and `en` name the holiday or leave."""

    kind: DayKind
    works: bool
    tr: str = ""
    en: str = ""


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The town's working days."""

    half_days: HalfDays = "work"
    leave: tuple[Leave, ...] = ()

    def day(self, day: date) -> Day:
        """What a day is. A weekend stays a weekend, whatever else falls on it."""
        if day.weekday() >= _SATURDAY:
            return _WEEKEND
        official = official_days(day.year).get(day)
        if official is not None and not official.half:
            return Day(kind="holiday", works=False, tr=official.tr, en=official.en)
        for leave in self.leave:
            if leave.first <= day <= leave.last:
                return Day(kind="leave", works=False, tr=leave.tr, en=leave.en)
        if official is not None:
            return Day(kind="half", works=self.half_days == "work", tr=official.tr, en=official.en)
        return _WORK

    def is_holiday(self, day: date) -> bool:
        """Whether a day is a whole official holiday or leave, on a weekend too: people are not called, and the duty
        lists of holidays count."""
        official = official_days(day.year).get(day)
        whole = official is not None and not official.half
        return whole or any(leave.first <= day <= leave.last for leave in self.leave)

    def works(self, day: date) -> bool:
        """Whether a day counts as a working day."""
        return self.day(day).works

    def next_working(self, day: date) -> date:
        """The day itself if it is a working day, else the first one after it."""
        while not self.works(day):
            day += ONE_DAY
        return day


ONE_DAY = timedelta(days=1)
_WEEKEND = Day(kind="weekend", works=False, tr="hafta sonu", en="weekend")
_WORK = Day(kind="work", works=True)


@cache
def official_days(year: int) -> Mapping[date, Holiday]:
    """The official holidays of Turkey in a year, with the half days before them."""
    found: dict[date, Holiday] = {}
    categories: tuple[tuple[str, bool], ...] = (("half_day", True), ("public", False))
    for category, half in categories:  # a whole day wins over a half one
        turkish = holidays.country_holidays("TR", years=year, language="tr", categories=(category,))
        english = holidays.country_holidays("TR", years=year, language="en_US", categories=(category,))
        for day in turkish:
            found[day] = Holiday(tr=turkish[day], en=english[day], half=half)
    return found


class _File(msgspec.Struct, frozen=True, kw_only=True):
    half_days: HalfDays = "work"


def parse_calendar(text: str, *, file: str) -> Calendar:
    """The calendar of a file. Raises `acd.lib.file_checks.BadFile` with every problem found."""
    check = Checker(file)
    table = check.toml(text)
    check.finish()
    rows = table.pop("leave", [])
    head = check.struct(_File, table, "", hints=_HINTS)
    if not isinstance(rows, list):
        check.add("leave", rows, "must be tables under [[leave]]")
        rows = []
    leave: list[Leave] = []
    for place, row in enumerate(rows):
        one = check.struct(Leave, row, f"leave.{place}", hints=_HINTS)
        if one is None:
            continue
        length = (one.last - one.first).days
        if not 0 <= length < LONGEST_LEAVE_DAYS:
            check.add(
                f"leave.{place}.last", str(one.last), f"must be {one.first} or up to {LONGEST_LEAVE_DAYS} days later"
            )
        leave.append(one)
    check.finish()
    assert head is not None
    return Calendar(half_days=head.half_days, leave=tuple(sorted(leave, key=lambda one: one.first)))
