"""The duty roster of urgent requests: the people of a unit on duty at a local time, one after the other."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from tickets.clock.calendar import Calendar
from tickets.town.model import Person, Shift
from tickets.town.times import DAY_MIN, DAYS, HOLIDAY, covers, minute_of

RingResult = Literal["ringing", "accepted", "declined", "no_answer", "failed"]

RING_S = 60.0
"""Seconds for which one person is rung before the next."""
ROUNDS = 3
"""The number of rounds through the list."""


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to reach a person on duty, at Unix seconds `at`."""

    person: Person
    at: float
    result: RingResult = "ringing"


class RingNow(msgspec.Struct, frozen=True, kw_only=True):
    """Ring this person. `alarm`: somebody before them did not accept, so the shift lead is alarmed."""

    person: Person
    alarm: bool


class WaitForAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is being rung; ask again at `until` (Unix seconds)."""

    until: float


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """This person has accepted the request."""

    person: Person


class NobodyReached(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is on duty, or nobody accepted in all rounds: the shift lead is alarmed and decides."""


def on_duty(shifts: Iterable[Shift], unit: str, local: datetime, calendar: Calendar) -> tuple[Person, ...]:
    """The people of a unit on duty at a local time, in the order in which they are rung.

    A span that goes over midnight belongs to the day on which it begins. On an official holiday or leave the shifts
    that name `holiday` are on duty, and the others only if the unit has none that does."""
    own = [shift for shift in shifts if shift.unit == unit]
    keeps_holidays = any(HOLIDAY in shift.days for shift in own)
    found: dict[str, Person] = {}
    for shift in own:
        if any(_on(shift, day, calendar, keeps_holidays) for day in _begins(shift, local)):
            for person in shift.people:
                found.setdefault(person.phone, person)
    return tuple(found.values())


def next_ring(
    people: Sequence[Person], rings: Sequence[Ring], at: float, *, ring_s: float = RING_S, rounds: int = ROUNDS
) -> RingNow | WaitForAnswer | Accepted | NobodyReached:
    """What to do next at `at` (Unix seconds), given everything that was tried for this request.

    `people` are on duty now, so a person who came on duty meanwhile is rung, and one who has gone is not."""
    accepted = next((ring for ring in rings if ring.result == "accepted"), None)
    if accepted is not None:
        return Accepted(person=accepted.person)
    last = rings[-1] if rings else None
    if last is not None and last.result == "ringing" and at < last.at + ring_s:
        return WaitForAnswer(until=last.at + ring_s)
    tries = {person.phone: sum(ring.person.phone == person.phone for ring in rings) for person in people}
    person = min(people, key=lambda one: tries[one.phone], default=None)
    if person is None or tries[person.phone] >= rounds:
        return NobodyReached()
    return RingNow(person=person, alarm=bool(rings))


def gaps(shifts: Iterable[Shift], unit: str) -> list[tuple[str, int, int]]:
    """The times of an ordinary week at which nobody of a unit is on duty: day, from, to before, in minutes since
    midnight. Empty for a unit without any shift: it keeps no duty."""
    own = [shift for shift in shifts if shift.unit == unit]
    found: list[tuple[str, int, int]] = []
    for place, day in enumerate(DAYS if own else ()):
        covered = bytearray(DAY_MIN)
        for shift in own:
            for begin, end in shift.spans:
                if day in shift.days:
                    covered[begin : min(end, DAY_MIN)] = b"\1" * (min(end, DAY_MIN) - begin)
                if DAYS[place - 1] in shift.days and end > DAY_MIN:
                    covered[: end - DAY_MIN] = b"\1" * (end - DAY_MIN)
        begin = covered.find(0)
        while begin >= 0:
            end = covered.find(1, begin)
            end = DAY_MIN if end < 0 else end
            found.append((day, begin, end))
            begin = covered.find(0, end)
    return found


def _begins(shift: Shift, local: datetime) -> Iterator[datetime]:
    """The days on which a span of the shift began that covers the time."""
    for offset in covers(shift.spans, minute_of(local)):
        yield local + timedelta(days=offset)


def _on(shift: Shift, day: datetime, calendar: Calendar, keeps_holidays: bool) -> bool:
    if keeps_holidays and calendar.is_holiday(day.date()):
        return HOLIDAY in shift.days
    return DAYS[day.weekday()] in shift.days
