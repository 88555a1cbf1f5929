"""Urgent requests that ring nobody: units that they go to while nobody of theirs is on duty, and urgent services that
go to no unit."""

from collections.abc import Collection

import msgspec

from tickets.clock.rules import clock_for
from tickets.duty import gaps
from tickets.town.model import Town
from tickets.town.times import DAY_MIN

SHOWN = 3
"""So many gaps of a unit are named."""


class Uncovered(msgspec.Struct, frozen=True, kw_only=True):
    """A unit, and the times of an ordinary week without anybody on duty, as `tickets.duty.gaps` lists them. `keeps`:
    it has a shift at all."""

    unit: str
    keeps: bool
    gaps: tuple[tuple[str, int, int], ...]

    @property
    def text(self) -> str:
        """In words."""
        if not self.keeps:
            return f"{self.unit} has no shift"
        named = ", ".join(f"{day} {_hour(begin)}-{_hour(end)}" for day, begin, end in self.gaps[:SHOWN])
        more = f" and {len(self.gaps) - SHOWN} more" if len(self.gaps) > SHOWN else ""
        return f"{self.unit} has nobody on {named}{more}"


def uncovered(town: Town, urgent: Collection[str]) -> tuple[Uncovered, ...]:
    """The units that must accept requests within minutes and are not on duty all week, by id. `urgent` are the ids of
    the line's urgent services."""
    keep = {shift.unit for shift in town.shifts}
    found = (
        Uncovered(unit=unit, keeps=unit in keep, gaps=tuple(gaps(town.shifts, unit)))
        for unit in sorted(_pressed(town, urgent))
    )
    return tuple(one for one in found if one.gaps or not one.keeps)


def without_unit(town: Town, urgent: Collection[str]) -> tuple[str, ...]:
    """The urgent services that no unit has in its `services`, by id. The unit with the inbox sorts requests and is rung
    about none."""
    served = {service for unit in town.units.values() if not unit.inbox for service in unit.services}
    return tuple(sorted(set(urgent) - served))


def _pressed(town: Town, urgent: Collection[str]) -> set[str]:
    """The units of urgent services, and of topics that must be accepted within minutes."""
    pressed = {unit.id for unit in town.units.values() if not set(urgent).isdisjoint(unit.services)}
    for topic in town.topics.values():
        if clock_for(town.clocks, topic.kind, topic.clock).accept_minutes is not None:
            pressed.update(one for one in (topic.unit, *topic.elsewhere.values()) if one in town.units)
    return pressed


def _hour(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}" if minute < DAY_MIN else "24:00"
