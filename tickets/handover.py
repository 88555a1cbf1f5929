"""The telephones to which an agent may hand a caller over: outside bodies that accept callers, and people on duty. The
line dials no other number for an agent, and nobody names a number: a target is named by its key."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from tickets.changes import Changed, Rules, changed
from tickets.duty import on_duty
from tickets.ticket import Actor, Ticket
from tickets.town.model import HANDED, Person, Town

RESULTS: Final[Mapping[str, str]] = {
    "answered": "answered",
    "busy": "was busy",
    "no_answer": "did not answer",
    "unreachable": "could not be reached",
    "caller_gone": "had not answered when the caller hung up",
    "failed": "was not heard of",
}
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[1-9][0-9]?)?")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A party to which a caller may be handed over."""

    key: str
    """The id of the body; or that of the unit and, after a point, the person's place on its list, from 1."""
    kind: Literal["body", "duty"]
    tr: str
    en: str
    phone: str


def targets(town: Town, local: datetime) -> tuple[Target, ...]:
    """Everybody a caller may be handed over to at a local time: bodies in their file's order, then who is on duty. A
    person whose number is not dialled is left out."""
    bodies = [
        Target(key=body.id, kind="body", tr=body.tr, en=body.en, phone=body.phone)
        for body in town.bodies.values()
        if body.transfer
    ]
    duty = [
        Target(
            key=f"{unit.id}.{place}",
            kind="duty",
            tr=_at(unit.tr, person),
            en=_at(unit.en, person),
            phone=person.phone,
        )
        for unit in town.units.values()
        for place, person in enumerate(on_duty(town.shifts, unit.id, local, town.calendar), 1)
        if HANDED.fullmatch(person.phone)
    ]
    return (*bodies, *duty)


def target(town: Town, key: str, local: datetime) -> Target | None:
    """The target of this key at a local time; None if there is none."""
    if _KEY.fullmatch(key) is None:
        return None
    return next((one for one in targets(town, local) if one.key == key), None)


def handed_over(ticket: Ticket, to: str, agent: str, result: str, at: float, rules: Rules) -> Changed:
    """The request of a caller whom an agent handed over, with a row of its history."""
    actor, detail = Actor(role="agent", who=agent), {"to": to, "result": result}
    note = f"{to} {RESULTS.get(result, result)}"
    return changed(ticket, actor, at, rules, "hand_over", {}, note=note, detail=detail)


def _at(unit: str, person: Person) -> str:
    return f"{unit}: {person.name}"
