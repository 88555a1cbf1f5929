"""An outcome that nobody has heard, though it counts as told: it is told anew when the citizen's number is put
right, when they want to be called or written to after all, or when they are reached after all."""

import msgspec

from tickets.changes import Changed, Rules
from tickets.moves import Wish, is_unheard, move
from tickets.ticket import Actor, Ticket


def told_anew(before: Ticket, ticket: Ticket, actor: Actor, at: float, rules: Rules) -> Changed | None:
    """The ticket waiting to be told again, after a correction by `actor`; None where that changes nothing. Its outcome,
    and the figures of its first one, stay."""
    if ticket.state != "told" or not ticket.caller or ticket.contact == "none":
        return None
    if ticket.caller != before.caller:
        note = "the number was put right"
    elif before.contact == "none":
        note = "they want to be told"
    else:
        return None
    made = move(ticket, Wish(to=ticket.outcome or "", note=note), Actor(role="system", who=actor.who), at, rules)
    return made if isinstance(made, Changed) else None


def heard_after_all(ticket: Ticket, actor: Actor, at: float, rules: Rules, note: str) -> list[Changed]:
    """The ticket as it waits to be told, if nobody has heard its outcome; nothing where it waits anyway, or was heard.
    No call is to be made: the citizen is told it now, and the caller must say so by a move."""
    if ticket.state != "told" or not is_unheard(ticket.told_how, ticket.score):
        return []
    made = move(ticket, Wish(to=ticket.outcome or "", note=note), Actor(role="system", who=actor.who), at, rules)
    assert isinstance(made, Changed), made
    return [msgspec.structs.replace(made, follows=())]
