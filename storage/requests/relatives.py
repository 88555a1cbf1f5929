"""Other requests of a citizen under the same parent: their outcome is told once; see `tickets.outcome.relatives`."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import spellings
from storage.columns import table_of
from storage.requests.rows import TICKET_COLUMNS, tickets, to_ticket
from storage.requests.tables import AttemptRow, OutboxRow
from tickets.outcome.relatives import Relative, told_with
from tickets.ticket import Ticket

attempts, outbox = table_of(AttemptRow), table_of(OutboxRow)


def _family(of: str) -> sa.ColumnElement[bool]:
    return sa.or_(tickets.c.number == of, tickets.c.parent == of)


async def told_by_relative(connection: AsyncConnection, ticket: Ticket) -> Relative | None:
    """The relative by which the citizen of a request has heard, or may have heard, its outcome."""
    if not ticket.caller or ticket.contact == "none":  # who wants no calls reads it, under a code of its own
        return None
    of = ticket.parent or ticket.number
    others = _family(of), tickets.c.number != ticket.number, tickets.c.caller.in_(spellings(ticket.caller))
    theirs = sa.select(*TICKET_COLUMNS).where(*others).order_by(tickets.c.number)
    found = [to_ticket(row) for row in (await connection.execute(theirs)).mappings()]
    if not found:
        return None
    above = sa.select(*TICKET_COLUMNS).where(tickets.c.number == of)
    parent = to_ticket((await connection.execute(above)).mappings().one())
    tried = (
        sa.select(attempts.c.number, attempts.c.outcome, attempts.c.result)
        .where(attempts.c.number.in_([one.number for one in found]))
        .order_by(attempts.c.attempt)
    )
    last: dict[tuple[str, int], Any] = {
        (number, outcome): result for number, outcome, result in await connection.execute(tried)
    }
    return told_with(ticket, parent, [Relative(ticket=one, last=last.get((one.number, one.outcomes))) for one in found])


async def look_at_relatives(connection: AsyncConnection, number: str, parent: str | None, at: int) -> None:
    """Have the outcomes of a family looked at once one of them was told, at `at` (milliseconds). A row that somebody
    has locked is being looked at, and is not waited for."""
    of = sa.select(tickets.c.number).where(_family(parent or number))
    waiting = (
        sa.select(outbox.c.id)
        .where(outbox.c.kind == "outcome", outbox.c.state == "pending", outbox.c.number.in_(of))
        .with_for_update(skip_locked=True)
    )
    ids = list((await connection.execute(waiting)).scalars())
    if ids:
        await connection.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(next_at=at))
