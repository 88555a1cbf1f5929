"""The numbers to which an agent may transfer a caller: outside bodies that accept callers, and people on duty. The line
dials no other number for an agent."""

from datetime import datetime
from typing import Literal

import msgspec

from tickets.duty import on_duty
from tickets.town.model import Person, Town


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """A party to which a caller may be transferred."""

    kind: Literal["body", "duty"]
    id: str
    """Id of the body, or of the unit whose person it is."""
    tr: str
    en: str
    phone: str


def handovers(town: Town, local: datetime) -> tuple[Handover, ...]:
    """Everybody a caller may be handed over to at a local time: bodies in their file's order, then who is on duty."""
    bodies = [
        Handover(kind="body", id=body.id, tr=body.tr, en=body.en, phone=body.phone)
        for body in town.bodies.values()
        if body.transfer
    ]
    duty = [
        Handover(kind="duty", id=unit.id, tr=_at(unit.tr, person), en=_at(unit.en, person), phone=person.phone)
        for unit in town.units.values()
        for person in on_duty(town.shifts, unit.id, local, town.calendar)
    ]
    return (*bodies, *duty)


def may_hand_over(town: Town, phone: str, local: datetime) -> bool:
    """Whether a caller may be handed over to this number now."""
    return any(one.phone == phone for one in handovers(town, local))


def _at(unit: str, person: Person) -> str:
    return f"{unit}: {person.name}"
