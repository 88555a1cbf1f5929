"""A citizen wants no calls about a request: from now they are told by text message or read it themselves."""

from tickets.changes import Changed, Rules
from tickets.deliveries import is_mobile
from tickets.opening import Amendment, amend
from tickets.refusals import Refusal
from tickets.ticket import Actor, Ticket


def no_calls(ticket: Ticket, actor: Actor, at: float, rules: Rules) -> Changed | Refusal:
    """The request with another way to tell its citizen, `at` Unix seconds. The history has who noted the wish."""
    contact = "text" if rules.texts and is_mobile(ticket.caller, rules.denied) else "none"
    return amend(ticket, Amendment(contact=contact), actor, at, rules)
