"""A ticket: what a caller asked for, followed until it is resolved."""

import msgspec

from acd.engine.config import ServiceClass
from acd.engine.ids import CallId, ServiceId
from tickets.states import FINAL, TicketState, move


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One request. Times are Unix seconds."""

    number: str
    """As `tickets.number.TicketNumber` writes it."""
    service: ServiceId
    klass: ServiceClass = msgspec.field(name="class")
    state: TicketState = "new"
    caller: str = ""
    """The number they called from; empty if withheld. Never needed: a request without it is a request."""
    language: str = "tr"
    district: str | None = None
    """Id of the mahalle, where known."""
    call: CallId | None = None
    """The call that opened it."""
    opened_at: float
    updated_at: float
    closed_at: float | None = None
    """When it came to a final state last, if it is in one."""


def moved(ticket: Ticket, to: TicketState, at: float, note: str = "") -> Ticket:
    """The ticket in another state from `at` (Unix seconds). Raises `tickets.states.IllegalMove`."""
    move(ticket.state, to, note)
    closed_at = at if to in FINAL else None
    return msgspec.structs.replace(ticket, state=to, updated_at=at, closed_at=closed_at)
