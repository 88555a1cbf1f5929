"""The consequences of a deadline: a warning before it, escalation to the head of the unit after it, a missing
acceptance."""

from collections.abc import Collection
from typing import Literal

from tickets.changes import Rules
from tickets.effects import Effect, NotifyInbox, NotifyUnit
from tickets.states import OPEN, OUTCOMES
from tickets.ticket import Ticket

Stage = Literal["unaccepted", "warned", "overdue", "escalated"]


def notices(ticket: Ticket, at: float, rules: Rules, sent: Collection[Stage]) -> tuple[tuple[Stage, Effect], ...]:
    """The notices that are due at `at` (Unix seconds) and were not sent for this deadline yet. The shell stores `sent`
    with `due_at`, and clears it when that changes.

    If several stages passed at once (the program was down), only the last one gives a notice."""
    found, rule = rules.deadline(ticket), rules.clock_rule(ticket)
    if ticket.parent is not None:
        return ()
    if ticket.state not in OPEN and not (rule.ends == "told" and ticket.state in OUTCOMES):
        return ()
    due: list[tuple[Stage, Effect]] = []
    unaccepted = ticket.state in ("new", "assigned") and found.accept_by is not None and at > found.accept_by
    if unaccepted and "unaccepted" not in sent:
        due.append(("unaccepted", _tell(ticket, "unaccepted")))
    times: tuple[tuple[Stage, float | None], ...] = (
        ("warned", found.warn_at),
        ("overdue", found.due_at),
        ("escalated", found.escalate_at),
    )
    passed = [stage for stage, when in times if when is not None and at > when]
    if passed and passed[-1] not in sent:
        due.append((passed[-1], _tell(ticket, passed[-1])))
    return tuple(due)


def _tell(ticket: Ticket, stage: Stage) -> Effect:
    """To the unit, and to its head from the escalation on; to the inbox while no unit has it, or while its outcome must
    be told."""
    if ticket.unit is None or ticket.state in OUTCOMES:
        return NotifyInbox(number=ticket.number, about=stage)
    return NotifyUnit(number=ticket.number, unit=ticket.unit, about=stage, head=stage in ("escalated", "unaccepted"))
