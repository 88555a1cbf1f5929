"""When a ticket changes by time alone, so that the shell need not check every ticket all the time.

`next_look` gives the next time at which `tickets.overdue.notices`, `tickets.scoring.lapse` or
`tickets.scoring.close_by_silence` have a result. `sent` has the warnings already given for the present deadline, and
`unanswered` after a person got a task because the citizen did not answer."""

from collections.abc import Collection, Iterator

from tickets.changes import Rules
from tickets.clock.deadline import answer_by
from tickets.moves import DAY_S
from tickets.states import OPEN, OUTCOMES
from tickets.ticket import Ticket

UNANSWERED = "unanswered"
"""The stage of a citizen who did not answer in time. A new question begins a new deadline, and so a new list."""
_JUST_AFTER_S = 0.001
"""Limits have passed when time is past them."""


def next_look(ticket: Ticket, rules: Rules, sent: Collection[str]) -> float | None:
    """When to check the ticket next (Unix seconds), perhaps in the past; None if only a change can have a result."""
    return min(_times(ticket, rules, sent), default=None)


def deadline_watched(ticket: Ticket, rules: Rules) -> bool:
    """Whether this ticket's deadline needs warnings: its clock has not ended, and it follows no parent."""
    if ticket.parent is not None or ticket.clock.ended_at is not None:
        return False
    return ticket.state in OPEN or (rules.clock_rule(ticket).ends == "told" and ticket.state in OUTCOMES)


def _times(ticket: Ticket, rules: Rules, sent: Collection[str]) -> Iterator[float]:
    if ticket.state == "told" and ticket.score is None and ticket.told_at is not None:
        yield ticket.told_at + rules.no_answer_days * DAY_S
    if ticket.state == "waiting_citizen" and UNANSWERED not in sent:
        until = answer_by(ticket.clock, rules.clock_rule(ticket), rules.town.calendar, rules.zone)
        if until is not None:
            yield until + _JUST_AFTER_S
    if not deadline_watched(ticket, rules):
        return
    found = rules.deadline(ticket)
    if ticket.state in ("new", "assigned") and found.accept_by is not None and "unaccepted" not in sent:
        yield found.accept_by + _JUST_AFTER_S
    order = ("warned", "overdue", "escalated")
    latest = max((order.index(stage) for stage in sent if stage in order), default=-1)
    times = (found.warn_at, found.due_at, found.escalate_at)
    for stage, when in enumerate(times):
        if when is not None and stage > latest:  # if several stages passed at once, the last one gives the notice
            yield when + _JUST_AFTER_S
