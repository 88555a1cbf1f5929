"""Text messages that tell an outcome: the request is told when the gateway has taken the message, and not before."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.requests.locking import Locked
from storage.requests.outcome_facts import outbox
from storage.requests.writes import Writes
from tickets.changes import Changed, Rules
from tickets.deliveries import Delivery
from tickets.moves import Wish, move
from tickets.states import OUTCOMES
from tickets.ticket import SYSTEM, Ticket

LOOK_S: Final = 600.0
"""Between two looks at what has become of a text message."""


async def state_of_text(connection: AsyncConnection, ticket: Ticket, since: int) -> str | None:
    """The state of the newest text message with the present outcome, as the outbox has it; None if there is none. One
    from before the version `since` does not count: it was for another number."""
    query = (
        sa.select(outbox.c.state, outbox.c.payload)
        .where(
            outbox.c.number == ticket.number,
            outbox.c.kind == "text",
            outbox.c.about == "outcome",
            outbox.c.version >= since,
        )
        .order_by(outbox.c.id.desc())
    )
    states = [state for state, payload in await connection.execute(query) if payload.get("outcome") == ticket.outcomes]
    return states[0] if states else None


async def send_text(connection: AsyncConnection, ticket: Ticket, at: float, rules: Rules) -> None:
    """Have the outbox send the outcome."""
    writes = Writes(rules)
    sent = Delivery(kind="text", number=ticket.number, about="outcome", payload={"outcome": ticket.outcomes})
    writes.add(ticket.number, ticket.version, at, [sent], named="outcome/")
    await writes.flush(connection)


async def tell_by_text(held: Locked, outcome: int | None, at: float, rules: Rules) -> None:
    """The gateway has taken the message with this outcome: the request is told, unless it was meanwhile."""
    if held.ticket.state not in OUTCOMES or held.ticket.outcomes != outcome:
        return
    made = move(held.ticket, Wish(to="told", how="text"), SYSTEM, at, rules)
    assert isinstance(made, Changed), made
    writes = Writes(rules)
    writes.changed([made], held.stages)
    await writes.flush(held.connection)
