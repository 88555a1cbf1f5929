"""A ticket: what a caller asked for, followed until it is resolved."""

import msgspec

from acd.engine.config import ServiceClass
from acd.engine.ids import CallId, ServiceId
from tickets.states import TicketState


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
