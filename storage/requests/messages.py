"""Brings callers' messages to their requests, each once: the link of a call's message to its request says that it is
there."""

from collections.abc import Callable
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import spellings
from storage.columns import table_of
from storage.database import Database
from storage.numbering import next_numbers
from storage.requests.locking import take_turn
from storage.requests.public import give_code
from storage.requests.rows import TICKET_COLUMNS, file_row, tickets, to_ticket
from storage.requests.tables import FileRow, LinkRow
from storage.requests.writes import Writes
from storage.tables import CallRow
from tickets.changes import Changed, Rules
from tickets.files import NewFile
from tickets.messages import hangs_on, left, opened
from tickets.opening import NewTicket
from tickets.ticket import SYSTEM, Ticket

calls, links, files = table_of(CallRow), table_of(LinkRow), table_of(FileRow)

KIND = "message"
MOST = 2
"""Open requests of a number that are read: whoever has more than one has none on which a message hangs."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The request that has a message. `kept`: its file is this one; a message that was there already keeps its own.
    `own`: the message opened the request."""

    ticket: Ticket
    kept: bool
    own: bool


class Messages:
    """The messages of one database. Everything raises `storage.database.DatabaseError`."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def number_of(self, call: str) -> str | None:
        """The request that has a call's message; None if none has it yet."""
        async with self._database.explained(), self._database.reading() as connection:
            return await _linked(connection, call)

    async def is_over(self, call: str) -> bool | None:
        """Whether a call has ended; None if it is not known here."""
        query = sa.select(calls.c.ended_at.is_not(None)).where(calls.c.id == call)
        async with self._database.explained(), self._database.reading() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
            return None if found is None else bool(found)

    async def take(self, new: NewTicket, file: NewFile) -> Taken:
        """The request of a message: the caller's only open one, or a new one as `new` says,
        which names caller, call, service and language. A message that is there already changes nothing."""
        assert new.call is not None, "a message is of a call"
        async with self._database.explained(), self._database.writing() as connection:
            await take_turn(connection)
            rules, at = self._rules(), round(self._clock(), 3)
            before = await _linked(connection, new.call)
            if before is not None:
                query = sa.select(*TICKET_COLUMNS).where(tickets.c.number == before)
                ticket = to_ticket((await connection.execute(query)).mappings().one())
                return Taken(ticket=ticket, kept=False, own=ticket.call == new.call)
            writes = Writes(rules)
            on, stages = await _open_request(connection, new.caller, rules)
            made = None if on is None else left(on, file, at, rules, files=await _count(connection, on.number))
            if isinstance(made, Changed):
                writes.changed([made], stages)
                writes.link(made.ticket.number, "call", new.call, KIND, at)
            else:  # none, or it has too many files
                (number,) = await next_numbers(connection, datetime.fromtimestamp(at, rules.zone).year, 1)
                begun = opened(str(number), new, at, rules)
                made = left(begun.ticket, file, at, rules, files=0)
                assert isinstance(made, Changed), made
                writes.opened([begun, made], origin="desk")
            ticket = made.ticket
            writes.link(ticket.number, KIND, new.call, "left", at)
            await writes.flush(connection)
            await connection.execute(sa.insert(files), file_row(ticket, file, SYSTEM, at))
            if not ticket.caller and ticket.call == new.call:  # whoever gave no number reads it by a code
                await give_code(connection, ticket.number, at)
            return Taken(ticket=ticket, kept=True, own=ticket.call == new.call)


async def _linked(connection: AsyncConnection, call: str) -> str | None:
    query = sa.select(links.c.number).where(links.c.kind == KIND, links.c.other == call)
    found = (await connection.execute(query)).scalar_one_or_none()
    return None if found is None else str(found)


async def _open_request(
    connection: AsyncConnection, caller: str, rules: Rules
) -> tuple[Ticket | None, tuple[str, ...]]:
    """The request on which a message of this number hangs, its row locked, and the warnings given for its deadline."""
    if not caller:
        return None, ()
    query = (
        sa.select(*TICKET_COLUMNS, tickets.c.stages)
        .where(tickets.c.caller.in_(spellings(caller)), tickets.c.is_open)
        .order_by(tickets.c.number)
        .limit(MOST)
        .with_for_update()
    )
    rows = (await connection.execute(query)).mappings().all()
    stages = {row["number"]: tuple(row["stages"]) for row in rows}
    found = hangs_on([to_ticket(row) for row in rows], rules)
    return found, () if found is None else stages[found.number]


async def _count(connection: AsyncConnection, number: str) -> int:
    query = sa.select(sa.func.count()).where(files.c.number == number, files.c.destroyed_at.is_(None))
    return int((await connection.execute(query)).scalar_one())
