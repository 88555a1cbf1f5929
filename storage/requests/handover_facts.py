"""What the line says of callers who were handed over, as rows; a part of the projector's transaction, and so each fact
once: a row in the history of the call's requests or, if the call opened none, its disposition."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.handover_facts import HandOverEnded
from storage.columns import milliseconds, table_of
from storage.requests.locking import lock
from storage.requests.tables import DispositionRow, LinkRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.dispositions import Disposition
from tickets.handover import handed_over

links, dispositions = table_of(LinkRow), table_of(DispositionRow)
TRANSFERRED: Disposition = "transferred"


class HandOverFacts:
    """The facts of one batch."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._told: list[HandOverEnded] = []

    def take(self, fact: HandOverEnded) -> None:
        """Note a fact."""
        self._told.append(fact)

    async def write(self, connection: AsyncConnection) -> None:
        """Write them in order."""
        for fact in self._told:
            if fact.result == "not_made":  # the talk went on
                continue
            of_call = (links.c.kind == "call", links.c.other == fact.call, links.c.how.in_(("opened", "again")))
            query = sa.select(links.c.number).where(*of_call).order_by(links.c.number)
            numbers = list((await connection.execute(query)).scalars())
            for number in numbers:
                found = await lock(connection, number)
                if found is not None:
                    made = handed_over(found.ticket, fact.to, fact.by, fact.result, fact.at, self._rules)
                    writes = Writes(self._rules)
                    writes.changed([made], found.stages)
                    await writes.flush(connection)
            if fact.result == "answered" and not numbers:
                await self._dispose(connection, fact)

    async def _dispose(self, connection: AsyncConnection, fact: HandOverEnded) -> None:
        """An agent's own word of what became of the call stays."""
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        row = {
            "call": fact.call,
            "disposition": TRANSFERRED,
            "topic": None,
            "article": None,
            "district": None,
            "at": milliseconds(fact.at),
            "role": "agent",
            "who": fact.by,
        }
        await connection.execute(dialect.insert(dispositions).values(row).on_conflict_do_nothing())
