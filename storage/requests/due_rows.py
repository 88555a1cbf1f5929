"""The outbox's rows whose next step is due.

A fault of our own with one row must not keep the others: the operator is told, and the row is put off."""

from collections.abc import Awaitable, Callable
from typing import Final

import sqlalchemy as sa

from storage.columns import milliseconds, table_of
from storage.compiled import Compiled
from storage.database import Database
from storage.requests.faults import Fault, is_of_database, put_off
from storage.requests.tables import OutboxRow
from tickets.changes import Rules
from tickets.effects import TaskKind

outbox = table_of(OutboxRow)

BATCH: Final = 50
"""So many rows are taken at once."""
IS_PENDING: Final = outbox.c.state == sa.literal_column("'pending'")
"""Rows that wait. With a parameter SQLite plans the statement anew each time, to see that the index of these rows will
do."""


class DueRows:
    """The rows of one database that `which` holds for. `part` names them to the operator; a person has the task `task`
    if the steps of a row fail again and again. Raises `storage.database.DatabaseError`."""

    def __init__(
        self,
        database: Database,
        rules: Callable[[], Rules],
        clock: Callable[[], float],
        fault: Fault,
        *,
        which: sa.ColumnElement[bool],
        part: str,
        task: TaskKind,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._fault = fault
        due = (
            sa.select(outbox.c.id, outbox.c.number)
            .where(which, IS_PENDING, outbox.c.next_at <= sa.bindparam("now", type_=sa.BigInteger))
            .order_by(outbox.c.next_at, outbox.c.id)
            .limit(sa.literal_column(str(BATCH)))
        )
        self._due = Compiled(due, database.engine.dialect)
        self._part = part
        self._task = task

    async def each(self, step: Callable[[int, str], Awaitable[None]]) -> int:
        """Make the step for each row that is due, with its id and the request's number; how many there were."""
        found = await self._due.asked_shortly(self._database, {"now": milliseconds(self._clock())})
        for one in found:
            row, number = one["id"], one["number"]
            try:
                await step(row, number)
            except Exception as error:
                if is_of_database(error):
                    raise
                self._fault(self._part, number, error)
                await put_off(self._database, self._rules(), row, error, self._clock(), self._task)
        return len(found)
