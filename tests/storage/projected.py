"""Journals that a projector reads, and what the database then holds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.journal import Entry
from storage.database import Database
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from storage.schema import metadata
from tests.storage.samples import rules

COUNTED = {"checkpoints"}
SURROGATES = {
    **dict.fromkeys(("agent_intervals", "skipped_entries", "outbox", "tasks", "notices"), "id"),
    "ticket_codes": "code",  # drawn by chance
}


async def content(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All there is, but for where the projector stands and numbers that mean nothing."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with database.reading() as connection:
        for name, table in metadata.tables.items():
            if name not in COUNTED:
                rows = [dict(row) for row in (await connection.execute(sa.select(table))).mappings()]
                for row in rows:
                    row.pop(SURROGATES.get(name, ""), None)
                found[name] = sorted(rows, key=repr)
    return found


async def empty(database: Database) -> None:
    async with database.writing() as connection:
        for table in metadata.tables.values():
            if table.name == "ticket_history":
                await empty_history(connection, postgres=database.is_postgres)
            elif table.name != "audit":  # which can only grow; no story here has a fact that is written there
                await connection.execute(sa.delete(table))


async def empty_history(connection: AsyncConnection, *, postgres: bool) -> None:
    """The database refuses this: its triggers are away meanwhile."""
    delete = "DELETE FROM ticket_history"
    if postgres:
        guarded = "ALTER TABLE ticket_history {} TRIGGER USER"
        statements = [guarded.format("DISABLE"), delete, guarded.format("ENABLE")]
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'history_no_%'"
        triggers = (await connection.execute(sa.text(query))).all()
        statements = [*(f"DROP TRIGGER {name}" for name, _ in triggers), delete, *(sql for _, sql in triggers)]
    for statement in statements:
        await connection.execute(sa.text(statement))


def journal_of(story: Sequence[Entry]) -> MemoryJournal:
    journal = MemoryJournal()
    journal.append(story)
    return journal


async def project(database: Database, journal: MemoryJournal, **options: Any) -> Projector:
    projector = Projector(journal, database, rules=rules, **options)
    await projector.catch_up()
    return projector


@asynccontextmanager
async def running(projector: Projector) -> AsyncIterator[None]:
    task = asyncio.create_task(projector.run())
    try:
        yield
        assert not task.done(), "run() ended by itself"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
