"""The tasks that calls about an outcome lead to."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.requests.rows import history, to_entry
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.deliveries import TaskDone
from tickets.effects import OpenTask, TaskKind
from tickets.outcome.remarks import reason
from tickets.ticket import Ticket


async def task_of(connection: AsyncConnection, ticket: Ticket, kind: TaskKind) -> OpenTask:
    """A task of this kind about the present outcome, with what was said in the calls before it."""
    query = sa.select(history).where(history.c.number == ticket.number, history.c.what == "note")
    rows = (await connection.execute(query.order_by(history.c.version))).mappings()
    why = reason(kind, [to_entry(row) for row in rows], ticket.outcomes)
    return OpenTask(number=ticket.number, kind=kind, why=why)


async def no_person(connection: AsyncConnection, ticket: Ticket, at: float, rules: Rules) -> None:
    """The program tells the outcome, so no person need: it could not before a fault was mended, or a number put
    right."""
    writes = Writes(rules)
    done = TaskDone(number=ticket.number, kind="outcome", by="")
    writes.add(ticket.number, ticket.version, at, [done], named="outcome/")
    await writes.flush(connection)
