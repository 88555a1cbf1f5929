"""What the line says of open requests to a caller who has shown no more than a telephone number.

The number is text that the caller chose: anybody may send the number of another. So only plain requests for a service
are spoken of, and of these the group of the topic, the unit, the state and the date: no name, place, text or number.
Reports about somebody, complaints, urgent calls and what a law protects are not even counted."""

from collections.abc import Iterable

import msgspec

from tickets.changes import Rules
from tickets.states import OPEN, TicketState
from tickets.ticket import Ticket


class SpokenStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `group` is that of the topic; `due_at` is in Unix seconds, None where the
    deadline has passed or the clock stands still. `number` is not said: by it the call is linked with the request."""

    number: str
    group: str
    unit: str | None
    state: TicketState
    due_at: float | None


def may_be_spoken(ticket: Ticket, rules: Rules) -> bool:
    """Whether the line may speak of a request to whoever calls from its number."""
    topic = rules.town.topics.get(ticket.topic or "")
    if topic is None or topic.hidden or topic.kind != "request":
        return False
    return ticket.kind == "request" and ticket.service_class == "routine" and ticket.state in OPEN


def spoken(tickets: Iterable[Ticket], at: float, rules: Rules) -> tuple[SpokenStatus, ...]:
    """What may be said of these at `at` (Unix seconds), in their order."""
    return tuple(_status(one, at, rules) for one in tickets if may_be_spoken(one, rules))


def _status(ticket: Ticket, at: float, rules: Rules) -> SpokenStatus:
    runs = ticket.clock.ended_at is None and not ticket.clock.stands
    return SpokenStatus(
        number=ticket.number,
        group=rules.town.topics[ticket.topic or ""].group,
        unit=ticket.unit,
        state=ticket.state,
        due_at=ticket.due_at if runs and ticket.due_at is not None and ticket.due_at > at else None,
    )
