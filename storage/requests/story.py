"""What else belongs to the story of a request: tries to tell its citizen, rings of people on duty, tasks."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.requests.tables import AttemptRow, DutyRingRow, TaskRow

attempts, rings, tasks = table_of(AttemptRow), table_of(DutyRingRow), table_of(TaskRow)

Record = dict[str, Any]


async def tries_of(connection: AsyncConnection, number: str) -> list[Record]:
    """The calls by which the citizen was to be told, oldest first; `outcome` counts the request's outcomes from 1."""
    names = ("outcome", "at", "began_at", "ended_at", "result", "automatic", "call")
    return await _rows(connection, attempts, names, number, attempts.c.outcome, attempts.c.attempt)


async def rings_of(connection: AsyncConnection, number: str) -> list[Record]:
    """The rings of people on duty, oldest first. Their telephones are left out."""
    names = ("at", "unit", "person", "result", "heard_at", "ended_at")
    return await _rows(connection, rings, names, number, rings.c.ring)


async def tasks_of(connection: AsyncConnection, number: str) -> list[Record]:
    """What a person had or has to decide about it, oldest first."""
    names = ("id", "kind", "opened_at", "assigned_to", "done_at", "done_by")
    return await _rows(connection, tasks, names, number, tasks.c.id)


async def _rows(
    connection: AsyncConnection, table: sa.Table, names: tuple[str, ...], number: str, *order: Any
) -> list[Record]:
    query = sa.select(*(table.c[name] for name in names)).where(table.c.number == number).order_by(*order)
    return [
        {name: row[name] / 1000 if _is_time(name) and row[name] is not None else row[name] for name in names}
        for row in (await connection.execute(query)).mappings()
    ]


def _is_time(name: str) -> bool:
    return name == "at" or name.endswith("_at")
