"""An outcome that nobody has heard is told anew when the citizen's number is put right."""

from tickets.changes import Changed, Rules
from tickets.moves import Wish, move
from tickets.ticket import Actor, Ticket


def told_anew(before: Ticket, ticket: Ticket, actor: Actor, at: float, rules: Rules) -> Changed | None:
    """The ticket waiting to be told again, after a correction by `actor`; None where that changes nothing. Its outcome,
    and the figures of its first one, stay."""
    if ticket.state != "told" or ticket.caller in ("", before.caller) or ticket.contact == "none":
        return None
    by = Actor(role="system", who=actor.who)
    made = move(ticket, Wish(to=ticket.outcome or "", note="the number was put right"), by, at, rules)
    return made if isinstance(made, Changed) else None
