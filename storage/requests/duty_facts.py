"""What the line says of people on duty who are rung, as rows; a part of the projector's transaction, and so each fact
once."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.duty_facts import DutyFact, DutyHeard, DutyRingEnded, DutyRung
from storage.columns import milliseconds, table_of
from storage.requests.locking import lock_with_parent
from storage.requests.tables import DutyRingRow, OutboxRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.duty_ring import answered, rung_about

rings, outbox = table_of(DutyRingRow), table_of(OutboxRow)


def wish_name(number: str, ring: int, at: int) -> str:
    """The name by which the line knows a ring that was asked for at this time (milliseconds). After the database was
    put back to an older state, a request or a ring may get a number for the second time. The line drops a name that it
    knows, so the name has the time too."""
    return f"{number}.{ring}.{at}"


def of_wish(wish: str) -> tuple[str, int, int | None]:
    """Request, number of the ring and its time. Earlier versions gave names without a time. Raises `ValueError`."""
    number, ring, *at = wish.split(".", 2)
    return number, int(ring), int(at[0]) if at else None


class DutyFacts:
    """The facts of one batch."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._told: list[DutyFact] = []

    def take(self, fact: DutyFact) -> None:
        """Note a fact."""
        self._told.append(fact)

    async def write(self, connection: AsyncConnection) -> None:
        """Write them in order."""
        for fact in self._told:
            number, ring, asked_at = of_wish(fact.wish)
            mine: tuple[Any, ...] = (rings.c.number == number, rings.c.ring == ring)
            if asked_at is not None:
                mine = (*mine, rings.c.at == asked_at)
            at = milliseconds(fact.at)
            match fact:
                case DutyRung():
                    await connection.execute(sa.update(rings).where(*mine).values(rung_at=at))
                case DutyHeard():
                    await connection.execute(sa.update(rings).where(*mine).values(heard_at=at))
                case DutyRingEnded():
                    await self._end(connection, fact, number, mine)

    async def _end(self, connection: AsyncConnection, fact: DutyRingEnded, number: str, mine: Any) -> None:
        """The ring is over: the request says so, and the next step is looked for at once."""
        row = (await connection.execute(sa.select(rings).where(*mine, rings.c.result == "ringing"))).mappings().first()
        found, parent = await lock_with_parent(connection, number)
        if row is None or found is None:
            return
        ended = {"result": fact.result, "ended_at": milliseconds(fact.at)}
        await connection.execute(sa.update(rings).where(*mine).values(ended))
        due = (outbox.c.id == row["duty"], outbox.c.state == "pending")
        await connection.execute(sa.update(outbox).where(*due).values(next_at=milliseconds(fact.at)))
        about = rung_about(found.ticket, parent and parent.ticket, row["unit"], fact.result)
        made = answered(about, row["person"], row["unit"], fact.result, fact.at, self._rules)
        if made is not None:
            writes = Writes(self._rules)
            writes.changed([made], parent.stages if parent and about is parent.ticket else found.stages)
            await writes.flush(connection)
