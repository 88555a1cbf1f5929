"""Requests as the public page finds them: by number and the last digits of the telephone, or by a code."""

import secrets
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.rows import TICKET_COLUMNS, history, tickets, to_ticket
from storage.requests.tables import CodeRow, LinkRow
from storage.tables import CallRow
from tickets.changes import Rules
from tickets.number import BadNumber, TicketNumber
from tickets.public_code import RANDOM_BYTES, BadCode, make_code, parse_code
from tickets.public_status import PublicStatus, opens, public_status
from tickets.ticket import SYSTEM, Ticket

codes, links, calls = (table_of(one) for one in (CodeRow, LinkRow, CallRow))


class PublicRequests:
    """The public view of a database's requests. All methods raise `storage.database.DatabaseError`. A text that is no
    number or no code finds nothing."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def by_number(self, number: str, digits: str) -> PublicStatus | None:
        """The request of this number, if its citizen's telephone number ends so."""
        try:
            wanted = str(TicketNumber.parse(number))
        except BadNumber:
            return None
        return await self._found(sa.select(*TICKET_COLUMNS).where(tickets.c.number == wanted), digits)

    async def by_code(self, code: str) -> PublicStatus | None:
        """The request that this code opens."""
        try:
            wanted = parse_code(code)
        except BadCode:
            return None
        joined = tickets.join(codes, codes.c.number == tickets.c.number)
        return await self._found(sa.select(*TICKET_COLUMNS).select_from(joined).where(codes.c.code == wanted))

    async def _found(self, query: "sa.Select[tuple[object, ...]]", digits: str | None = None) -> PublicStatus | None:
        async with self._database.explained(), self._database.asking() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        ticket = None if row is None else to_ticket(row)
        if ticket is None or (digits is not None and not opens(ticket, digits)):
            return None
        return public_status(ticket, self._clock(), self._rules())


async def give_code(connection: AsyncConnection, number: str, at: float) -> None:
    """Give a request the code by which its citizen reads it, if it has none."""
    row = {"code": make_code(secrets.token_bytes(RANDOM_BYTES)), "number": number, "made_at": milliseconds(at)}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    await connection.execute(insert(codes).on_conflict_do_nothing(), row)


async def may_know_code(connection: AsyncConnection, ticket: Ticket) -> bool:
    """Whether the citizen may have been told the code: the request had it before its first outcome, and the person who
    opened it could say it. Where a call, a message or an import opened it, an agent has talked with a caller of it."""
    first = codes.join(history, sa.and_(history.c.number == codes.c.number, history.c.version == 1))
    query = sa.select(codes.c.made_at, history.c.what, history.c.role).select_from(first)
    found = (await connection.execute(query.where(codes.c.number == ticket.number))).first()
    if found is None or (ticket.resolved_at is not None and found.made_at >= milliseconds(ticket.resolved_at)):
        return False
    if found.what != "import" and found.role != SYSTEM.role:
        return True
    linked = (links.c.number == ticket.number, links.c.kind == "call", links.c.other == calls.c.id)
    return bool((await connection.execute(sa.select(sa.exists().where(*linked, calls.c.answered_at > 0)))).scalar_one())


async def code_of(connection: AsyncConnection, number: str) -> str | None:
    """The code of a request, if it has one still."""
    return (await connection.execute(sa.select(codes.c.code).where(codes.c.number == number))).scalar_one_or_none()
