"""What a person writes to a citizen, as a text message."""

from tickets.changes import Changed, Rules, changed, refuse
from tickets.deliveries import takes_texts
from tickets.effects import WriteToCitizen
from tickets.outcome.words import LONGEST_TEXT_MESSAGE
from tickets.refusals import Refusal
from tickets.ticket import Actor, Ticket

LONGEST_WRITTEN = LONGEST_TEXT_MESSAGE - 60
"""The most characters of what is written: the request's number stands before it."""


def write(ticket: Ticket, words: str, actor: Actor, at: float, rules: Rules) -> Changed | Refusal:
    """The ticket whose citizen was written to. The words are on its history."""
    words = words.strip()
    if not words:
        return refuse("missing", "words", None, "must say something")
    if len(words) > LONGEST_WRITTEN:
        allowed = f"must have at most {LONGEST_WRITTEN} characters, but has {len(words)}"
        return refuse("not_allowed", "words", words, allowed)
    if not takes_texts(ticket, rules):
        allowed = (
            "no text message reaches this citizen: no gateway is set, they want none, or it is no mobile number that "
            "may be called"
        )
        return refuse("not_allowed", "words", words, allowed)
    follows = (WriteToCitizen(number=ticket.number, words=words),)
    return changed(ticket, actor, at, rules, "write", {}, words=words, follows=follows)
