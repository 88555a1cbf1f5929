"""Tickets for tests, and short ways to move them."""

from typing import Any

from tests.tickets.clock.dates import ZONE, at
from tests.tickets.towns import TOWN
from tickets.changes import Changed, Rules
from tickets.moves import Wish, move
from tickets.opening import NewTicket, open_ticket
from tickets.refusals import Refusal
from tickets.states import TicketState
from tickets.ticket import Actor, Ticket

RULES = Rules(town=TOWN, zone=ZONE)
MACHINE = Actor(role="admin", who="token")
AGENT = Actor(role="agent", who="1001")
LEAD = Actor(role="lead", who="lead")
INBOX = Actor(role="inbox", who="inbox")
FEN = Actor(role="unit", who="fen", unit="fen_isleri")
ZABITA = Actor(role="unit", who="zabita", unit="zabita")
MONDAY = at("2026-06-01 10:00")
HOUR = 3600.0
DAY = 86_400.0

GIVEN: dict[str, Any] = {"note": "çünkü", "unit": "fen_isleri", "responsible": "iski", "photos": 1}
"""What any move may need."""


def opened(number: str = "26-000001-9", when: float = MONDAY, **values: Any) -> Ticket:
    """A new complaint about a hole in a road, unless said otherwise."""
    given = {"service": "request", "topic": "yol_cukuru", "district": "esenkent", "caller": "+905321112233", **values}
    made = open_ticket(number, NewTicket(**given), AGENT, when, RULES)
    assert isinstance(made, Changed), made
    return made.ticket


def made(ticket: Ticket, to: str, actor: Actor = MACHINE, when: float | None = None, **wish: Any) -> Changed:
    """The change of a move that is granted."""
    done = move(ticket, Wish(to=to, **{**GIVEN, **wish}), actor, when or ticket.updated_at + HOUR, RULES)
    assert isinstance(done, Changed), done
    return done


def moved(ticket: Ticket, *states: str, actor: Actor = MACHINE, **wish: Any) -> Ticket:
    """The ticket after one move an hour."""
    for state in states:
        given: dict[str, Any] = {"unit": "zabita"} if ticket.state == state == "assigned" else {}
        ticket = made(ticket, state, actor, **given, **wish).ticket
    return ticket


def refused(ticket: Ticket, to: str, actor: Actor = MACHINE, when: float | None = None, **wish: Any) -> Refusal:
    """The refusal of a move that is not granted."""
    done = move(ticket, Wish(to=to, **wish), actor, when or ticket.updated_at + HOUR, RULES)
    assert isinstance(done, Refusal), done
    return done


WAYS: dict[TicketState, list[TicketState]] = {
    "new": [],
    "assigned": ["assigned"],
    "accepted": ["assigned", "accepted"],
    "in_progress": ["assigned", "accepted", "in_progress"],
    "waiting_citizen": ["assigned", "accepted", "waiting_citizen"],
    "waiting_outside": ["assigned", "accepted", "waiting_outside"],
    "resolved": ["assigned", "in_progress", "resolved"],
    "refused": ["assigned", "in_progress", "refused"],
    "not_ours": ["assigned", "not_ours"],
    "told": ["assigned", "in_progress", "resolved", "told"],
    "closed": ["assigned", "in_progress", "resolved", "told", "closed"],
}
"""A way from `new` to each state."""


def in_state(state: TicketState, **values: Any) -> Ticket:
    """A ticket that has come to a state."""
    return moved(opened(**values), *WAYS[state])
