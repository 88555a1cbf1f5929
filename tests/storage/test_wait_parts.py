"""The rows of `call_waits` against the calls they are of: whatever the engine told, however it was taken in."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from acd.engine.machine import Engine
from acd.engine.model.journal import Entry
from storage.columns import table_of
from storage.database import Database
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from storage.tables import CallRow, CallWaitRow
from tests.acd.engine.chance import Chance
from tests.storage.samples import rules
from tests.storage.test_live_engine import entry_of

Row = tuple[Any, ...]
CALLS, WAITS = table_of(CallRow), table_of(CallWaitRow)


def entries(seed: int, count: int) -> list[Entry]:
    chance, engine = Chance(seed, 8), Engine()
    return [entry_of(engine, seq, event, chance) for seq, event in enumerate(chance.stream(count), 1)]


async def rows_of(database: Database) -> list[Row]:
    async with database.reading() as connection:
        found = await connection.execute(sa.select(WAITS).order_by(WAITS.c.call, WAITS.c.cause, WAITS.c.agent))
        return [tuple(row) for row in found]


async def test_the_parts_add_up_to_each_wait_also_for_a_reader_that_begins_anew(database: Database) -> None:
    told, journal = entries(1, 2400), MemoryJournal()
    for start in range(0, len(told), 60):  # each time another process, that knows what is in the tables alone
        journal.append(told[start : start + 60])
        projector = Projector(journal, database, rules=rules, batch=17)
        await projector.catch_up()
        assert projector.skipped == 0
    pieces = await rows_of(database)
    async with database.reading() as connection:
        calls = list((await connection.execute(sa.select(CALLS))).mappings())
    # A call about an outcome keeps its time in the queue as its wait, but is in no figure of waits (ADR 0031).
    waited = {row["id"]: row["wait_s"] for row in calls if row["wait_s"] and row["class"] != "outcome"}
    assert len(waited) > 20
    sums: dict[str, float] = defaultdict(float)
    for call, cause, _, *_, waited_s in pieces:
        if cause != "menu":
            sums[call] += waited_s
    over = {row["id"] for row in calls if row["answered_at"] or row["outcome"]}
    assert {call: round(seconds, 3) for call, seconds in sums.items()} == {
        call: wait_s for call, wait_s in waited.items() if call in over
    }
    assert all(row["open_wait"] is None for row in calls if row["id"] in over)
    assert len({piece[1] for piece in pieces}) > 6
    await at_once(told, database, pieces)


async def at_once(told: list[Entry], database: Database, pieces: list[Row]) -> None:
    """A journal of its own, taken in by one reader, makes the same rows."""
    async with database.writing() as connection:
        for table in (CALLS, WAITS):
            await connection.execute(sa.delete(table))
        await connection.execute(sa.text("DELETE FROM wait_queues"))
    journal = MemoryJournal()
    journal.append(told)
    await Projector(journal, database, rules=rules, reader="another").catch_up()
    assert await rows_of(database) == pieces
