"""What the line says of callers whom agents have sent on, as rows; a part of the projector's transaction, and so each
fact once: for who was handed over a row in the history of the call's requests or, if the call opened none, its
disposition; and the disposition of a call that ended before anybody had its caller again."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.facts import CallEnded
from acd.engine.model.handover_facts import HandOverEnded
from storage.columns import milliseconds, table_of
from storage.requests.locking import lock
from storage.requests.tables import DispositionRow, LinkRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.dispositions import Disposition
from tickets.handover import handed_over
from tickets.ticket import SYSTEM, Actor

links, dispositions = table_of(LinkRow), table_of(DispositionRow)
TRANSFERRED: Disposition = "transferred"


class HandOverFacts:
    """The facts of one batch."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._told: list[HandOverEnded | CallEnded] = []

    def take(self, fact: HandOverEnded | CallEnded) -> None:
        """Note a fact."""
        if isinstance(fact, HandOverEnded) or _is_lost(fact):
            self._told.append(fact)

    async def write(self, connection: AsyncConnection) -> None:
        """Write them in order."""
        for fact in self._told:
            if isinstance(fact, CallEnded):
                if not await _requests(connection, fact.call):
                    await _dispose(connection, fact.call, SYSTEM, fact.ended_at)
            elif fact.result != "not_made":  # else the talk went on
                await self._write(connection, fact)

    async def _write(self, connection: AsyncConnection, fact: HandOverEnded) -> None:
        numbers = await _requests(connection, fact.call)
        for number in numbers:
            found = await lock(connection, number)
            if found is not None:
                made = handed_over(found.ticket, fact.to, fact.by, fact.result, fact.at, self._rules)
                writes = Writes(self._rules)
                writes.changed([made], found.stages)
                await writes.flush(connection)
        if fact.result == "answered" and not numbers:
            await _dispose(connection, fact.call, Actor(role="agent", who=fact.by), fact.at)


def _is_lost(fact: CallEnded) -> bool:
    """Whether a routine caller was sent on, and nobody had them after that: the agent has said by this what became of
    the call. Of a call that ended while the line was away nobody knows whether somebody had."""
    return fact.priority == "routine" and fact.lost_in_transfer and fact.hangup_by != "unknown"


async def _requests(connection: AsyncConnection, call: str) -> Sequence[str]:
    """The requests that a call has opened, or had opened before."""
    of_call = (links.c.kind == "call", links.c.other == call, links.c.how.in_(("opened", "again")))
    query = sa.select(links.c.number).where(*of_call).order_by(links.c.number)
    return list((await connection.execute(query)).scalars())


async def _dispose(connection: AsyncConnection, call: str, actor: Actor, at: float) -> None:
    """The caller was sent on. A person's own word of what became of the call stays."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {
        "call": call,
        "disposition": TRANSFERRED,
        "topic": None,
        "article": None,
        "district": None,
        "at": milliseconds(at),
        "role": actor.role,
        "who": actor.who,
    }
    await connection.execute(dialect.insert(dispositions).values(row).on_conflict_do_nothing())
