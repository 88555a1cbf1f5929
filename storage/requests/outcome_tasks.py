"""The tasks that calls about an outcome lead to."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.requests.rows import history, to_entry
from tickets.effects import OpenTask, TaskKind
from tickets.outcome.remarks import reason
from tickets.ticket import Ticket


async def task_of(connection: AsyncConnection, ticket: Ticket, kind: TaskKind) -> OpenTask:
    """A task of this kind about the present outcome, with what was said in the calls before it."""
    query = sa.select(history).where(history.c.number == ticket.number, history.c.what == "note")
    rows = (await connection.execute(query.order_by(history.c.version))).mappings()
    why = reason(kind, [to_entry(row) for row in rows], ticket.outcomes)
    return OpenTask(number=ticket.number, kind=kind, why=why)
