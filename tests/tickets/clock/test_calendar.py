"""Working days against the days as they were announced."""

from datetime import date

import pytest

from acd.lib.file_checks import BadFile
from tests.tickets.clock.dates import CALENDAR, FREE
from tickets.clock.calendar import Calendar, Leave, official_days, parse_calendar

ANNOUNCED = {
    2025: "01-01 03-30 03-31 04-01 04-23 05-01 05-19 06-06 06-07 06-08 06-09 07-15 08-30 10-29",
    2026: "01-01 03-20 03-21 03-22 04-23 05-01 05-19 05-27 05-28 05-29 05-30 07-15 08-30 10-29",
    2027: "01-01 03-09 03-10 03-11 04-23 05-01 05-16 05-17 05-18 05-19 07-15 08-30 10-29",
}
HALVES = {2025: "03-29 06-05 10-28", 2026: "03-19 05-26 10-28", 2027: "03-08 05-15 10-28"}


@pytest.mark.parametrize("year", sorted(ANNOUNCED))
def test_the_official_days(year: int) -> None:
    found = official_days(year)
    assert sorted(f"{day:%m-%d}" for day, what in found.items() if not what.half) == ANNOUNCED[year].split()
    assert sorted(f"{day:%m-%d}" for day, what in found.items() if what.half) == HALVES[year].split()


def test_names_in_both_languages() -> None:
    day = CALENDAR.day(date(2026, 5, 27))
    assert (day.kind, day.works, day.tr) == ("holiday", False, "Kurban Bayramı")
    assert day.en == "Eid al-Adha"


def test_half_days_count_unless_the_file_says_otherwise() -> None:
    eve = date(2026, 5, 26)
    assert (CALENDAR.day(eve).kind, CALENDAR.works(eve), FREE.works(eve)) == ("half", True, False)


def test_leave_wins_over_a_half_day_and_not_over_a_holiday() -> None:
    calendar = Calendar(leave=(Leave(first=date(2026, 5, 25), last=date(2026, 5, 30), tr="izin", en="leave"),))
    kinds = [calendar.day(date(2026, 5, day)).kind for day in (22, 25, 26, 27, 30)]
    assert kinds == ["work", "leave", "leave", "holiday", "weekend"]


def test_a_holiday_on_a_weekend_is_one_all_the_same() -> None:
    found = [f"{day:02d}" for day in range(22, 32) if CALENDAR.is_holiday(date(2026, 5, day))]
    assert found == ["27", "28", "29", "30"], "Saturday 30 May is the last day of the bayram; the eve is none"
    leave = Calendar(leave=(Leave(first=date(2026, 5, 25), last=date(2026, 5, 25), tr="izin", en="leave"),))
    assert leave.is_holiday(date(2026, 5, 25))


def test_the_next_working_day() -> None:
    assert CALENDAR.next_working(date(2026, 5, 27)) == date(2026, 6, 1)
    assert CALENDAR.next_working(date(2026, 5, 26)) == date(2026, 5, 26)


def test_a_file_with_leave() -> None:
    text = 'half_days = "free"\n[[leave]]\nfirst = 2026-05-25\nlast = 2026-05-26\ntr = "izin"\nen = "leave"\n'
    calendar = parse_calendar(text, file="calendar.toml")
    assert (calendar.half_days, calendar.day(date(2026, 5, 25)).tr) == ("free", "izin")


def test_every_fault_of_a_file_is_named() -> None:
    text = """
half_days = "half"
weekends = 3
[[leave]]
first = 2026-05-26
last = 2026-05-25
tr = "izin"
en = "leave"
[[leave]]
first = "soon"
tr = ""
en = "leave"
"""
    with pytest.raises(BadFile) as caught:
        parse_calendar(text, file="calendar.toml")
    assert [str(problem) for problem in caught.value.problems] == [
        "calendar.toml: weekends = 3: no such key; allowed: half_days",
        'calendar.toml: half_days = "half": must be "work" or "free"',
        'calendar.toml: leave.0.last = "2026-05-25": must be 2026-05-26 or up to 60 days later',
        'calendar.toml: leave.1.first = "soon": must be a date such as 2026-05-25, without quotes',
        "calendar.toml: leave.1.last: is missing and has no default",
        'calendar.toml: leave.1.tr = "": must be 1 to 120 characters',
    ]


def test_leave_that_is_no_table() -> None:
    with pytest.raises(BadFile, match="leave = 3: must be tables under"):
        parse_calendar("leave = 3", file="calendar.toml")
