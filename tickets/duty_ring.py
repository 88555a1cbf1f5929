"""What the duty ring does to a request, and what is said of the request by telephone."""

from collections.abc import Mapping
from typing import Literal

from tickets.changes import Changed, Rules, changed
from tickets.moves import Wish, move
from tickets.ticket import SYSTEM, Actor, Ticket

DutyResult = Literal["accepted", "declined", "no_answer", "busy", "unreachable", "failed", "withdrawn"]

NOTES: Mapping[DutyResult, str] = {
    "accepted": "accepted by telephone, but the request was not theirs to accept any more",
    "declined": "declined by telephone",
    "no_answer": "did not answer",
    "busy": "was busy",
    "unreachable": "has a telephone that cannot be reached",
    "failed": "could not be rung, by a fault of the line",
}


def answered(ticket: Ticket, person: str, unit: str, result: DutyResult, at: float, rules: Rules) -> Changed | None:
    """The request after the end of a ring, with a row of its history; None where nothing is to be told. Whoever accepts
    has the request, if it still waits for their unit."""
    if result == "accepted" and ticket.state == "assigned" and ticket.unit == unit:
        made = move(ticket, Wish(to="accepted"), Actor(role="unit", who=person, unit=unit), at, rules)
        if isinstance(made, Changed):
            return made
    note = NOTES.get(result)
    if note is None:
        return None
    detail = {"person": person, "result": result}
    return changed(ticket, SYSTEM, at, rules, "ring", {}, note=f"{person} {note}", detail=detail)


def rung_about(ticket: Ticket, parent: Ticket | None, unit: str, result: DutyResult) -> Ticket:
    """The request that the end of a ring changes. Whoever accepts a duplicate accepts the request above it, if that
    waits for the same unit: nobody works on a duplicate by itself."""
    if result == "accepted" and parent is not None and ticket.parent == parent.number:
        return parent if parent.state == "assigned" and parent.unit == unit else ticket
    return ticket


Unreached = Literal["not_accepted", "not_rung", "off_duty"]
NOBODY: Mapping[Unreached, str] = {
    "not_accepted": "nobody on duty accepted it",
    "not_rung": "nobody on duty could be rung: the trunk or the line is at fault, or the numbers of the duty list",
    "off_duty": "nobody of the unit is on duty",
}


def nobody(ticket: Ticket, why: Unreached, at: float, rules: Rules) -> Changed:
    """The request after its list of people is used up, or if nobody is on duty."""
    return changed(ticket, SYSTEM, at, rules, "ring", {}, note=NOBODY[why], detail={"result": "nobody"})


def spoken(ticket: Ticket, rules: Rules) -> tuple[str, ...]:
    """The prompts that say a request: what it is, where, and its number. A town's own prompts may be missing; the line
    leaves these out."""
    topic = rules.town.topics.get(ticket.topic or "")
    digits = tuple(f"digit_{digit}" for digit in ticket.number if digit in "0123456789")
    return (
        f"duty_{ticket.service}",
        *((f"topic_{topic.group}",) if topic is not None else ()),
        *((f"place_{ticket.district}",) if ticket.district else ()),
        "duty_number",
        *digits,
    )
