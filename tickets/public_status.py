"""What a citizen may read of a request on the public page: state, deadline, and the outcome in the unit's words.

No name, no number, no place and no text of the citizen's: whoever guesses the way in learns nothing about a person."""

import hmac

import msgspec

from tickets.changes import Rules
from tickets.states import Outcome, TicketState
from tickets.ticket import Ticket

LAST_DIGITS = 4
"""So many of a telephone number's last digits open the request that was made with it."""
SHORTEST = 7
"""Digits of a number that can be a citizen's; of a shorter one the last four would be nearly all."""


class BothNames(msgspec.Struct, frozen=True, kw_only=True):
    """A name in both languages."""

    tr: str
    en: str


class PublicStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Times are Unix seconds. `due_at` is left out where the deadline has passed or the clock stands still. `reach`
    says how the body is reached that is responsible instead. `words` are those of the outcome or, while the citizen is
    asked for something, the question."""

    number: str
    state: TicketState
    topic: BothNames | None = None
    opened_at: float
    updated_at: float
    due_at: float | None = None
    outcome: Outcome | None = None
    outcome_at: float | None = None
    words: str = ""
    responsible: BothNames | None = None
    reach: BothNames | None = None


def public_status(ticket: Ticket, at: float, rules: Rules) -> PublicStatus:
    """What the page says of a request at `at` (Unix seconds)."""
    topic = rules.town.topics.get(ticket.topic or "")
    body = rules.town.bodies.get(ticket.responsible or "")
    runs = ticket.clock.ended_at is None and not ticket.clock.stands
    awaited = ticket.outcome is not None or ticket.state == "waiting_citizen"
    return PublicStatus(
        number=ticket.number,
        state=ticket.state,
        topic=None if topic is None else BothNames(tr=topic.tr, en=topic.en),
        opened_at=ticket.opened_at,
        updated_at=ticket.updated_at,
        due_at=ticket.due_at if runs and ticket.due_at is not None and ticket.due_at > at else None,
        outcome=ticket.outcome,
        outcome_at=ticket.outcome_at,
        words=ticket.words if awaited else "",
        responsible=None if body is None else BothNames(tr=body.tr, en=body.en),
        reach=None if body is None else BothNames(tr=body.reach_tr, en=body.reach_en),
    )


def opens(ticket: Ticket, digits: str) -> bool:
    """Whether these are the last digits of the number that the request was made with. Takes the same time for each
    wrong one."""
    known = "".join(letter for letter in ticket.caller if letter in "0123456789")
    last = known[-LAST_DIGITS:] if len(known) >= SHORTEST else ""
    return len(last) == LAST_DIGITS and hmac.compare_digest(last.encode(), digits.encode("utf-8", "surrogateescape"))
