"""The duty roster of urgent requests: the people of a unit on duty at a local time, one after the other."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Literal

import msgspec

from tickets.clock.calendar import Calendar
from tickets.town.model import Person, Shift
from tickets.town.times import DAY_MIN, DAYS, HOLIDAY, covers, minute_of

RingResult = Literal["ringing", "accepted", "declined", "no_answer", "busy", "unreachable", "failed"]
"""`unreachable`: no telephone rang, by a fault of the trunk or of that telephone. `failed`: by a fault of the line."""

RING_S = 60.0
"""Seconds for which one person is rung before the next."""
ROUNDS = 3
"""The number of rounds through the list."""
REST_S = 10.0
"""Seconds from the end of a person's ring to their next one."""
BUSY_S = 15.0
"""Seconds from a ring that found a telephone busy to the next one there; twice as many after each further one."""
FAULT_S = 10.0
"""Seconds from a ring that a fault prevented to the next one; twice as many after each further fault."""
MOST_FAULT_S = 60.0
TAKEN_S = 2.0
"""How soon a telephone that rings for another request is looked at again."""
FAULTS: frozenset[RingResult] = frozenset(("unreachable", "failed"))
"""Results of rings of which the person knows nothing: they use up none of the person's tries."""


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to reach a person on duty, at Unix seconds `at`."""

    person: Person
    at: float
    result: RingResult = "ringing"
    ended_at: float | None = None

    def over_at(self) -> float:
        """When it ended, as far as that is known."""
        return self.at if self.ended_at is None else self.ended_at


class RingNow(msgspec.Struct, frozen=True, kw_only=True):
    """Ring this person. `alarm`: somebody before them did not accept, so the shift lead is alarmed."""

    person: Person
    alarm: bool


class WaitForAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is being rung; ask again at `until` (Unix seconds)."""

    until: float


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can be rung now; ask again at `until` (Unix seconds)."""

    until: float


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """This person has accepted the request."""

    person: Person


class NobodyReached(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is on duty, or nobody accepted in all rounds: the shift lead is alarmed and decides. `rung`: a telephone
    rang at least; without one, only faults prevented it or nobody is on duty."""

    rung: bool


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
    people: Sequence[Person],
    rings: Sequence[Ring],
    at: float,
    *,
    ring_s: float = RING_S,
    rounds: int = ROUNDS,
    fault_rounds: int = ROUNDS,
    taken: Collection[str] = (),
) -> RingNow | WaitForAnswer | Pause | Accepted | NobodyReached:
    """What to do next at `at` (Unix seconds), given everything that was tried for this request.

    `people` are on duty now, so a person who came on duty meanwhile is rung, and one who has gone is not. The
    telephones `taken` ring for other requests. A fault uses up nobody's tries. So that somebody learns of it, the list
    is used up by faults alone too: after `fault_rounds` in a row for each person."""
    accepted = next((ring for ring in rings if ring.result == "accepted"), None)
    if accepted is not None:
        return Accepted(person=accepted.person)
    last = rings[-1] if rings else None
    if last is not None and last.result == "ringing" and at < last.at + ring_s:
        return WaitForAnswer(until=last.at + ring_s)
    own = {person.phone: [ring for ring in rings if ring.person.phone == person.phone] for person in people}
    left = [person for person in people if not _used_up(own[person.phone], rounds, fault_rounds)]
    if not left:
        return NobodyReached(rung=any(ring.result not in FAULTS for ring in rings))
    after_fault = _after_fault(rings, left)
    ready = {person.phone: max(after_fault, _rested(own[person.phone])) for person in left}
    free = [person for person in left if person.phone not in taken]
    now = [person for person in free if ready[person.phone] <= at]
    if now:
        return RingNow(person=min(now, key=lambda one: len(own[one.phone])), alarm=bool(rings))
    waits = [ready[person.phone] for person in free]
    if len(free) < len(left):
        waits.append(at + TAKEN_S)
    return Pause(until=min(waits))


def _used_up(own: Sequence[Ring], rounds: int, fault_rounds: int) -> bool:
    tries = sum(ring.result not in FAULTS for ring in own)
    return tries >= rounds or _in_a_row(own, FAULTS) >= fault_rounds


def _in_a_row(rings: Sequence[Ring], results: Collection[str]) -> int:
    """How many of the last rings ended so."""
    return sum(1 for _ in takewhile(lambda ring: ring.result in results, reversed(rings)))


def _rested(own: Sequence[Ring]) -> float:
    """From when on a person may be rung again."""
    if not own:
        return 0.0
    busy = _in_a_row(own, ("busy",))
    return own[-1].over_at() + (BUSY_S * 2.0 ** (busy - 1) if busy else REST_S)


def _after_fault(rings: Sequence[Ring], left: Sequence[Person]) -> float:
    """From when on anybody may be rung. If a telephone cannot be reached, the next person is rung at once; only when
    none can, the trunk is at fault."""
    faults = _in_a_row(rings, FAULTS)
    if not faults:
        return 0.0
    phones = {ring.person.phone for ring in rings[-faults:]}
    if rings[-1].result != "failed" and any(person.phone not in phones for person in left):
        return 0.0
    repeated = faults - (1 if rings[-1].result == "failed" else len(phones))
    return rings[-1].over_at() + min(MOST_FAULT_S, FAULT_S * 2.0**repeated)


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
