"""A fault of our own in the work on one row must not keep the others: the row is put off, longer each time."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from storage.columns import milliseconds, table_of
from storage.database import Database, DatabaseError
from storage.requests.locking import lock
from storage.requests.tables import OutboxRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.deliveries import opened_task
from tickets.effects import OpenTask, TaskKind

outbox = table_of(OutboxRow)

PUT_OFF_S = (10.0, 60.0, 300.0, 1800.0, 3600.0)
"""Seconds for which a row is put off after each fault, and after each further one as after the last."""
TASK_AFTER = 2
"""After so many faults a person does what the program cannot."""

Fault = Callable[[str, str, Exception], None]
"""Tells the operator that our own code has failed: in which part, about which request, wish or call, and
how."""


def reraise(part: str, about: str, error: Exception) -> None:
    """For a caller that has nobody to tell: the fault ends its work."""
    raise error


def is_of_database(error: Exception) -> bool:
    """Whether the database is at fault, which nobody's work goes on without: not a row that it does not take."""
    return isinstance(error, DatabaseError) and not isinstance(error.__cause__, IntegrityError | DataError)


def pause_s(faults: int) -> float:
    """How long to wait after so many faults."""
    return PUT_OFF_S[min(faults, len(PUT_OFF_S)) - 1]


async def put_off(database: Database, rules: Rules, row: int, error: Exception, at: float, task: TaskKind) -> None:
    """Look at a row of the outbox later. If it fails again and again, a person has the task. The row's request is
    locked, as by every other change: somebody may have seen to it meanwhile, who does the tasks that are open then."""
    query = sa.select(outbox.c.tries, outbox.c.number, outbox.c.version)
    async with database.explained(), database.writing() as connection:
        await lock(connection, sa.select(outbox.c.number).where(outbox.c.id == row).scalar_subquery())
        found = (await connection.execute(query.where(outbox.c.id == row, outbox.c.state == "pending"))).first()
        if found is None:
            return
        tries, number, version = found
        values = {
            "tries": tries + 1,
            "next_at": milliseconds(at + pause_s(tries + 1)),
            "error": type(error).__name__,  # its text may name what a citizen has said
        }
        await connection.execute(sa.update(outbox).where(outbox.c.id == row).values(values))
        if tries + 1 >= TASK_AFTER:
            writes, why = Writes(rules), f"fault of the program: {type(error).__name__}"
            first = tries + 1 == TASK_AFTER
            told = list(opened_task(OpenTask(number=number, kind=task, why=why), rules, tells=first))
            writes.add(number, version, at, told, named=f"{row}/")
            await writes.flush(connection)
