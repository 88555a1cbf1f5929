"""Whether the reason of a task is over. The change that ends a reason does the task too, by its effects; this judges
what is left open: by an earlier version, which did not, or by a reload of the town's files, which is no change."""

from tickets.changes import Rules
from tickets.effects import TELLS, TaskKind
from tickets.moves import is_unheard
from tickets.scoring import LOW
from tickets.states import OPEN, OUTCOMES, TicketState
from tickets.ticket import Ticket


def is_over(kind: TaskKind, opened_at: float, ticket: Ticket, rules: Rules, parent: TicketState | None = None) -> bool:
    """Whether nothing is left to do of a task of this kind, opened at this time (Unix seconds). `parent`: the state of
    the ticket's parent. If in doubt it is not over: a person sees to it."""
    state = ticket.state
    if kind in TELLS:
        return state not in OUTCOMES
    match kind:
        case "not_reached":
            return state != "told" or ticket.contact == "none" or not is_unheard(ticket.told_how, ticket.score)
        case "low_score":
            return ticket.score is None or ticket.score > LOW or _ended_after(opened_at, ticket.closed_at)
        case "not_answered":
            return state != "waiting_citizen"
        case "tell_citizen":
            return state not in OPEN and _ended_after(opened_at, ticket.outcome_at or ticket.closed_at)
        case "duty_unanswered":
            return state != "assigned" or not rules.presses(ticket) or parent not in (None, "new", "assigned")
        case _:  # `hear_message`: a person must hear it, whatever the request has come to
            return False


def _ended_after(opened_at: float, ended_at: float | None) -> bool:
    return ended_at is not None and ended_at > opened_at
