"""Closes tasks that are open although their reason is over."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.database import Database
from storage.requests.locking import lock
from storage.requests.rows import TICKET_COLUMNS, tickets, to_ticket
from storage.requests.tables import TaskRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.deliveries import TaskDone
from tickets.task_reasons import is_over

tasks = table_of(TaskRow)

BATCH = 200
"""So many tasks are read at once."""


async def end_over(database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> int:
    """Close each open task whose reason is over; how many there were. Each is closed in a transaction of its own, since
    it needs the lock of its request. Raises `storage.database.DatabaseError`."""
    count, after = 0, 0
    while True:
        async with database.explained(), database.asking() as connection:
            found = await _open(connection, tasks.c.id > after)
        for row in found:
            if _is_over(row, rules()):
                async with database.unhurried(), database.explained(), database.writing() as connection:
                    count += await _end(connection, row, rules(), clock())
        if len(found) < BATCH:
            return count
        after = found[-1]["task"]


async def _end(connection: AsyncConnection, row: Any, rules: Rules, at: float) -> bool:
    """Close a task, unless its request has changed since, or somebody was quicker."""
    held = await lock(connection, row["number"])
    now = [one for one in await _open(connection, tasks.c.id == row["task"]) if _is_over(one, rules)]
    if held is None or not now:
        return False
    writes = Writes(rules)
    done = TaskDone(number=row["number"], kind=row["task_kind"], by="")
    writes.add(row["number"], held.ticket.version, at, [done], named="over/")
    await writes.flush(connection)
    return True


async def _open(connection: AsyncConnection, which: "sa.ColumnElement[bool]") -> Sequence[Any]:
    """Open tasks, each with its request and the state of that one's parent."""
    parents = tickets.alias()
    own = (tasks.c.id.label("task"), tasks.c.kind.label("task_kind"), tasks.c.opened_at.label("since"))
    joined = tasks.join(tickets, tickets.c.number == tasks.c.number)
    joined = joined.outerjoin(parents, parents.c.number == tickets.c.parent)
    query = sa.select(*own, parents.c.state.label("parent_state"), *TICKET_COLUMNS).select_from(joined)
    query = query.where(tasks.c.done_at.is_(None), which).order_by(tasks.c.id).limit(BATCH)
    return (await connection.execute(query)).mappings().all()


def _is_over(row: Any, rules: Rules) -> bool:
    return is_over(row["task_kind"], row["since"] / 1000, to_ticket(row), rules, row["parent_state"])
