"""Opening hours, worked out."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from acd.config.hours import AHEAD_DAYS, Hours, parse_hours, public_holidays, schedule
from acd.config.rules import load_rules
from acd.config.settings import Settings
from acd.engine.model.config import Schedule
from acd.engine.rules.admission import is_open
from acd.lib.file_checks import Checker

ZONE = ZoneInfo("Europe/Istanbul")
OFFICE = 'week = { mon-fri = "08:30-12:30 13:30-17:30", sat = "09:00-13:00" }\n'


def parsed(text: str) -> tuple[Hours | None, list[str]]:
    check = Checker("s.toml")
    hours = parse_hours(check, "office", tomllib.loads(text), lambda: ["TR", "DE"])
    return hours, [str(problem) for problem in check.problems]


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def none(country: str, year: int) -> Mapping[date, bool]:
    return {}


def planned(text: str, now: str, holidays: Mapping[str, bool] | None = None) -> Schedule:
    hours, problems = parsed(text)
    assert hours is not None, problems
    days = {date.fromisoformat(day): half for day, half in (holidays or {}).items()}
    return schedule(
        hours,
        now=at(now),
        zone=ZONE,
        holidays_of=lambda country, year: {day: half for day, half in days.items() if day.year == year},
    )


def opens(plan: Schedule, *times: str) -> list[bool]:
    return [is_open(plan, at(one)) for one in times]


def test_a_week() -> None:
    plan = planned(OFFICE, "2026-11-24 10:00")  # a Tuesday
    assert opens(plan, "2026-11-24 08:29", "2026-11-24 08:30", "2026-11-24 12:29") == [False, True, True]
    assert opens(plan, "2026-11-24 12:30", "2026-11-24 13:30", "2026-11-24 17:30") == [False, True, False]
    assert opens(plan, "2026-11-28 12:59", "2026-11-28 13:00", "2026-11-29 10:00") == [True, False, False]


def test_it_is_known_for_some_weeks_and_open_beyond() -> None:
    plan = planned(OFFICE, "2026-11-24 10:00")
    assert plan.known_until == at("2027-01-23 00:00")
    assert (plan.known_until - at("2026-11-23 00:00")) / 86_400 == AHEAD_DAYS + 1
    assert opens(plan, "2027-01-22 03:00", "2027-01-23 03:00") == [False, True]


def test_a_night_goes_on_into_the_next_day() -> None:
    plan = planned(
        'week = { fri = "22:00-06:00", sat = "05:00-07:00 22:00-24:00", sun = "00:00-01:00" }', "2026-11-24 10:00"
    )
    assert opens(plan, "2026-11-27 21:59", "2026-11-27 23:00", "2026-11-28 05:59") == [False, True, True]
    assert opens(plan, "2026-11-28 06:30", "2026-11-28 07:00", "2026-11-29 00:30") == [True, False, True]
    assert all(one[1] < two[0] for one, two in zip(plan.open, plan.open[1:], strict=False))


def test_the_night_before_the_first_day_is_known() -> None:
    assert opens(planned('week = { mon-sun = "22:00-06:00" }', "2026-11-24 03:00"), "2026-11-24 03:00") == [True]


def test_holidays_and_half_days_and_days_of_their_own() -> None:
    text = (
        OFFICE + 'holidays = "TR"\ndays = { 2026-12-31 = "08:30-11:00", 2026-12-24 = "", 2026-12-02 = "10:00-11:00" }\n'
    )
    plan = planned(text, "2026-11-24 10:00", {"2026-12-01": False, "2026-12-02": False, "2026-12-04": True})
    assert opens(plan, "2026-12-01 10:00", "2026-12-02 10:30") == [False, True]
    assert opens(plan, "2026-12-04 12:00", "2026-12-04 13:30", "2026-12-04 14:00") == [True, False, False]
    assert opens(plan, "2026-12-31 10:00", "2026-12-31 11:00", "2026-12-24 10:00") == [True, False, False]


def test_clocks_that_change_are_followed() -> None:
    hours, _ = parsed('week = { mon-sun = "08:00-17:00" }')
    assert hours is not None
    berlin = ZoneInfo("Europe/Berlin")
    plan = schedule(hours, now=datetime(2026, 3, 28, tzinfo=berlin).timestamp(), zone=berlin, holidays_of=none)
    starts = [datetime.fromtimestamp(begin, berlin).hour for begin, _ in plan.open]
    assert set(starts) == {8}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('week = { mo = "08:30-17:30" }', 'hours.office.week.mo = "08:30-17:30": is no day; mon, tue, wed'),
        ('week = { fri-mon = "08:30-17:30" }', "hours.office.week.fri-mon"),
        ('week = { mon = "8:30-17:30" }', 'hours.office.week.mon = "8:30-17:30": must be times such as'),
        ('week = { mon = "08:30-17:30 17:00-18:00" }', "17:00-18:00 begins before the one before it ends"),
        ('week = { mon-fri = "", mon = "" }', "mon stands already"),
        ('week = {}\ndays = { tomorrow = "" }', "hours.office.days.tomorrow"),
        ('week = {}\nholidays = "TRR"', 'hours.office.holidays = "TRR": no such country (did you mean "TR"?)'),
        ('weeks = "x"', "hours.office.weeks"),
    ],
)
def test_every_fault_is_named(text: str, fault: str) -> None:
    hours, problems = parsed(text)
    assert hours is None
    assert any(fault in problem for problem in problems), problems


def test_a_fault_of_several_days_is_told_once() -> None:
    _, problems = parsed('week = { mon-fri = "9-5" }')
    assert len(problems) == 1, problems


# --- Turkey, by the package


def test_republic_day_and_the_afternoon_before() -> None:
    hours, _ = parsed(OFFICE)
    assert hours is not None
    tr = Hours(id="office", week=hours.week, holidays="TR")
    plan = schedule(tr, now=at("2026-10-20 10:00"), zone=ZONE, holidays_of=public_holidays)
    assert opens(plan, "2026-10-28 10:00", "2026-10-28 14:00") == [True, False]
    assert opens(plan, "2026-10-29 10:00", "2026-10-30 10:00") == [False, True]


def test_a_bayram_from_the_afternoon_of_its_eve() -> None:
    """Kurban Bayramı 2026: 26 May from 13:00, 27 to 30 May."""
    hours, _ = parsed('week = { mon-sun = "09:00-18:00" }')
    assert hours is not None
    tr = Hours(id="office", week=hours.week, holidays="TR")
    plan = schedule(tr, now=at("2026-05-20 10:00"), zone=ZONE, holidays_of=public_holidays)
    assert opens(plan, "2026-05-26 12:00", "2026-05-26 14:00") == [True, False]
    assert opens(plan, *(f"2026-05-{day} 12:00" for day in range(27, 32))) == [False, False, False, False, True]


def test_rules_bring_hours_to_the_engine(tmp_path: Path) -> None:
    names = (
        "funeral",
        "doctor",
        "patient_transfer",
        "ambulance",
        "injured_animal",
        "information",
        "ticket_status",
        "agent",
    )
    text = "[hours.never]\nweek = {}\n" + "".join(f"[service.{name}]\n" for name in names)
    services = tmp_path / "services.toml"
    services.write_text(text + '[service.request]\nhours = "never"\n', encoding="utf-8")
    (tmp_path / "agents.toml").write_text("", encoding="utf-8")
    rules = load_rules(Settings(data_dir=tmp_path, agents_file=tmp_path / "agents.toml", services_file=services))
    [never] = rules.config.schedules
    assert not is_open(never, datetime.now(ZONE).timestamp())
    later = rules.with_hours(never.known_until, "Europe/Istanbul").config.schedules[0]
    assert later.known_until > never.known_until
