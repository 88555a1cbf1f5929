"""The person on duty, and the one who is rung next."""

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.towns import TOWN
from tickets.duty import (
    BUSY_S,
    FAULT_S,
    MOST_FAULT_S,
    REST_S,
    TAKEN_S,
    Accepted,
    NobodyReached,
    Pause,
    Ring,
    RingNow,
    RingResult,
    WaitForAnswer,
    gaps,
    next_ring,
    on_duty,
)
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
    assert (order, step) == ("abab", NobodyReached(rung=True))


def test_nobody_on_duty() -> None:
    assert next_ring((), (), 0.0) == NobodyReached(rung=False)


def test_who_came_on_duty_meanwhile_is_rung_and_nobody_who_has_gone() -> None:
    tried = rings((A, 0.0, "no_answer"))
    assert next_ring((B,), tried, 60.0) == RingNow(person=B, alarm=True)
    again = [*tried, *rings((B, 60.0, "no_answer"))]
    assert next_ring((B,), again, 120.0) == RingNow(person=B, alarm=True)


def goes(people: tuple[Person, ...], results: str, rounds: int = 3, begin: float = 0.0) -> list[tuple[str, float]]:
    """The people who are rung, and when, if each ring ends after a second by the next of the results.

    The letters of the results: f is unreachable, l failed, b busy, d declined.
    """
    words: dict[str, RingResult] = {"f": "unreachable", "l": "failed", "b": "busy", "d": "declined"}
    tried: list[Ring] = []
    found: list[tuple[str, float]] = []
    at = begin
    for letter in results:
        while isinstance(step := next_ring(people, tried, at, rounds=rounds), Pause):
            assert step.until > at, "time passes"
            at = step.until
        assert isinstance(step, RingNow), (step, found)
        found.append((step.person.name, at))
        at += 1
        tried.append(Ring(person=step.person, at=at - 1, result=words[letter], ended_at=at))
    end = next_ring(people, tried, at, rounds=rounds)
    return [*found, (type(end).__name__, end.until if isinstance(end, Pause) else at)]


def test_a_trunk_that_is_away_uses_up_no_tries_and_is_tried_again_after_growing_pauses() -> None:
    away = goes((A, B), "ffff")
    assert away[:4] == [("a", 0), ("b", 1), ("a", 2 + FAULT_S), ("b", 3 + 3 * FAULT_S)]
    assert away[4] == ("Pause", 4 + 7 * FAULT_S)
    back = goes((A, B), "ffff" + "d" * 6)
    assert "".join(name for name, _ in back[:-1]) == "abab" + "ab" * 3, "each has their three tries after the fault"
    assert back[-1][0] == "NobodyReached"


def test_a_list_is_used_up_by_faults_alone_too_so_that_the_lead_learns_of_it() -> None:
    assert goes((A,), "fff")[-1][0] == "NobodyReached"
    tried = [Ring(person=A, at=at, result="unreachable", ended_at=at) for at in (0.0, 10.0, 30.0)]
    assert next_ring((A,), tried, 31.0) == NobodyReached(rung=False)
    assert next_ring((A, B), tried, 31.0 + MOST_FAULT_S) == RingNow(person=B, alarm=True)


def test_where_the_list_is_begun_again_one_fault_each_is_enough() -> None:
    tried = [Ring(person=A, at=0.0, result="unreachable", ended_at=1.0)]
    assert next_ring((A, B), tried, 1.0, fault_rounds=1) == RingNow(person=B, alarm=True)
    tried.append(Ring(person=B, at=1.0, result="unreachable", ended_at=2.0))
    assert next_ring((A, B), tried, 2.0, fault_rounds=1) == NobodyReached(rung=False)


def test_a_number_that_is_wrong_delays_nobody_else() -> None:
    found = goes((A, B), "fdfdfd")
    assert "".join(name for name, _ in found[:-1]) == "ababab"
    assert found[1] == ("b", 1), "at once"
    assert found[-1][0] == "NobodyReached"


def test_a_line_that_cannot_ring_is_given_a_pause_before_anybody_is_rung() -> None:
    assert goes((A, B), "ll")[:2] == [("a", 0), ("b", 1 + FAULT_S)]
    assert goes((A, B), "ll")[2] == ("Pause", 2 + 3 * FAULT_S)


def test_whoever_is_on_the_telephone_is_rung_again_after_growing_pauses() -> None:
    assert goes((A,), "bb") == [("a", 0), ("a", 1 + BUSY_S), ("Pause", 2 + 3 * BUSY_S)]
    assert goes((A,), "bbb")[-1][0] == "NobodyReached", "busy is a try"
    assert goes((A, B), "bd")[:2] == [("a", 0), ("b", 1)], "the next one at once"


def test_nobody_is_rung_again_as_soon_as_they_have_declined() -> None:
    assert goes((A, B), "dd")[2] == ("Pause", 1 + REST_S)


def test_a_telephone_that_rings_for_another_request_is_passed_over() -> None:
    assert next_ring((A, B), (), 0.0, taken={"7001"}) == RingNow(person=B, alarm=False)
    assert next_ring((A, B), (), 0.0, taken={"7001", "7002"}) == Pause(until=TAKEN_S)
    tried = rings((B, 0.0, "no_answer"))
    assert next_ring((A, B), tried, 60.0) == RingNow(person=A, alarm=True), "their turn comes once it is free"


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.sampled_from("flbd"), max_size=40), st.integers(1, 4))
def test_time_passes_or_somebody_is_rung_and_the_list_ends(results: list[str], count: int) -> None:
    people = tuple(Person(name=f"p{n}", phone=f"70{n:02d}") for n in range(count))
    words: dict[str, RingResult] = {"f": "unreachable", "l": "failed", "b": "busy", "d": "declined"}
    tried: list[Ring] = []
    at = 0.0
    letters = iter(results)
    while not isinstance(step := next_ring(people, tried, at), NobodyReached):
        if isinstance(step, Pause):
            assert at < step.until <= at + max(MOST_FAULT_S, 4 * BUSY_S)
            at = step.until
            continue
        assert isinstance(step, RingNow)
        at += 1
        tried.append(Ring(person=step.person, at=at - 1, result=words[next(letters, "d")], ended_at=at))
    for person in people:
        own = [ring.result for ring in tried if ring.person == person]
        tries = [one for one in own if one in ("busy", "declined")]
        assert len(tries) == 3 or (len(own) >= 3 and set(own[-3:]) <= {"unreachable", "failed"})


def test_a_shift_is_data() -> None:
    assert msgspec.json.decode(msgspec.json.encode(A), type=Person) == A
