"""The person on duty, and the one who is rung next."""

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.towns import TOWN
from tickets.duty import Accepted, NobodyReached, Ring, RingNow, RingResult, WaitForAnswer, gaps, next_ring, on_duty
from tickets.town.model import Person, Shift
from tickets.town.times import DAYS, parse_days, parse_spans


def shift(days: str, hours: str, *names: str, unit: str = "u") -> Shift:
    people = tuple(Person(name=name, phone=f"70{ord(name):02d}") for name in names)
    return Shift(unit=unit, days=parse_days(days), spans=parse_spans(hours), people=people)


WEEK = (
    shift("mon-fri", "08:30-17:30", "a", "b"),
    shift("mon-fri", "17:30-08:30", "c", "b"),
    shift("sat-sun", "00:00-24:00", "d"),
    shift("mon-sun holiday", "00:00-24:00", "x", unit="other"),
)
HOLIDAYS = (*WEEK, shift("holiday", "00:00-24:00", "h"))


def names(when: str, shifts: tuple[Shift, ...] = WEEK) -> str:
    return "".join(one.name for one in on_duty(shifts, "u", datetime.fromisoformat(when), TOWN.calendar))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-06-01 08:29", ""),
        ("2026-06-01 08:30", "ab"),
        ("2026-06-01 17:29", "ab"),
        ("2026-06-01 17:30", "cb"),
        ("2026-06-02 03:00", "cb"),
        ("2026-06-05 23:00", "cb"),
        ("2026-06-06 03:00", "cbd"),
        ("2026-06-06 09:00", "d"),
        ("2026-06-07 23:59", "d"),
        ("2026-06-08 00:00", ""),
    ],
)
def test_by_weekday_and_hour(when: str, expected: str) -> None:
    assert names(when) == expected


def test_at_three_in_the_morning_it_is_the_night_shift_of_the_day_before() -> None:
    assert names("2026-06-04 03:00") == "cb"


def test_on_a_holiday_those_who_keep_it() -> None:
    assert names("2026-05-28 10:00") == "ab", "a unit without a list for holidays keeps its week"
    assert names("2026-05-28 10:00", HOLIDAYS) == "h"
    assert names("2026-05-27 03:00", HOLIDAYS) == "cbh", "the night that began on the day before, and the holiday"
    assert names("2026-05-30 10:00", HOLIDAYS) == "h", "a Saturday of the bayram"
    assert names("2026-05-26 10:00", HOLIDAYS) == "ab", "the eve is a working day"


def test_each_person_is_rung_once_in_a_round() -> None:
    double = (shift("mon-sun", "00:00-24:00", "a"), shift("mon-fri", "08:00-18:00", "a", "b"))
    assert names("2026-06-01 10:00", double) == "ab"


def test_the_first_town_has_somebody_for_an_urgent_call_at_any_hour() -> None:
    for unit in TOWN.units.values():
        if unit.services and not unit.inbox:
            assert any(shift.unit == unit.id for shift in TOWN.shifts)
    for shift in TOWN.shifts:
        assert gaps(TOWN.shifts, shift.unit) == []
        for hour in range(24):
            bayram = datetime.fromisoformat(f"2026-05-28 {hour:02d}:30")
            assert on_duty(TOWN.shifts, shift.unit, bayram, TOWN.calendar), (shift.unit, hour)


def test_a_gap_in_the_week_is_found() -> None:
    assert gaps(WEEK, "u") == [("mon", 0, 510)], "Sunday's shift ends at midnight, Monday's begins at 08:30"
    assert gaps(WEEK, "other") == []
    assert gaps(WEEK, "nobody") == []
    office = (shift("mon-fri", "08:30-12:00 13:00-17:30", "a"),)
    found = gaps(office, "u")
    assert found[:3] == [("mon", 0, 510), ("mon", 720, 780), ("mon", 1050, 1440)]
    assert found[-1] == ("sun", 0, 1440)


@settings(derandomize=True, max_examples=100)
@given(st.integers(0, 6), st.integers(0, 1439), st.booleans())
def test_a_gap_is_where_nobody_is_on_duty(day: int, minute: int, weekend: bool) -> None:
    shifts = WEEK if weekend else WEEK[:2]
    when = datetime.fromisoformat("2026-06-08") + timedelta(days=day, minutes=minute)
    in_a_gap = any(name == DAYS[day] and begin <= minute < end for name, begin, end in gaps(shifts, "u"))
    assert in_a_gap == (on_duty(shifts, "u", when, TOWN.calendar) == ())


# --- ringing

A, B = Person(name="a", phone="7001"), Person(name="b", phone="7002")


def rings(*tried: tuple[Person, float, RingResult]) -> list[Ring]:
    return [Ring(person=person, at=at, result=result) for person, at, result in tried]


def test_the_first_is_rung_then_the_next_after_a_minute_and_the_lead_is_alarmed() -> None:
    assert next_ring((A, B), (), 0.0) == RingNow(person=A, alarm=False)
    ringing = rings((A, 0.0, "ringing"))
    assert next_ring((A, B), ringing, 59.0) == WaitForAnswer(until=60.0)
    assert next_ring((A, B), ringing, 60.0) == RingNow(person=B, alarm=True)
    assert next_ring((A, B), rings((A, 0.0, "declined")), 5.0) == RingNow(person=B, alarm=True)


def test_who_accepts_has_it() -> None:
    tried = rings((A, 0.0, "no_answer"), (B, 60.0, "accepted"))
    assert next_ring((A, B), tried, 70.0) == Accepted(person=B)
    late = rings((A, 0.0, "accepted"), (B, 60.0, "ringing"))
    assert next_ring((A, B), late, 61.0) == Accepted(person=A), "the first accepted after the next was rung"


def test_the_list_is_gone_through_again_and_then_nobody_was_reached() -> None:
    tried: list[Ring] = []
    order = ""
    at = 0.0
    while isinstance(step := next_ring((A, B), tried, at, rounds=2), RingNow):
        order += step.person.name
        tried.append(Ring(person=step.person, at=at, result="no_answer"))
        at += 60.0
    assert (order, step) == ("abab", NobodyReached())


def test_nobody_on_duty() -> None:
    assert next_ring((), (), 0.0) == NobodyReached()


def test_who_came_on_duty_meanwhile_is_rung_and_nobody_who_has_gone() -> None:
    tried = rings((A, 0.0, "no_answer"))
    assert next_ring((B,), tried, 60.0) == RingNow(person=B, alarm=True)
    again = [*tried, *rings((B, 60.0, "no_answer"))]
    assert next_ring((B,), again, 120.0) == RingNow(person=B, alarm=True)


def test_a_shift_is_data() -> None:
    assert msgspec.json.decode(msgspec.json.encode(A), type=Person) == A
