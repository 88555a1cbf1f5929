"""Every change of a request as one transaction: the request with its next version, a row of its history, and the
consequences. Only the projector writes requests too, in the same way (`of_calls`)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.database import Database
from storage.numbering import next_numbers
from storage.requests import once as keys
from storage.requests.erasing import erase_codes, erase_files, erase_remains, erased_of, files_of, not_followed
from storage.requests.imports import import_rows, judge_rows
from storage.requests.locking import take_turn
from storage.requests.once import Once
from storage.requests.public import give_code
from storage.requests.rows import TICKET_COLUMNS, file_row, tickets, to_ticket
from storage.requests.tables import FileRow
from storage.requests.units_before import units_before
from storage.requests.writes import Writes
from storage.tables import CallRow
from tickets import moves, opening, scoring, writing
from tickets.changes import Changed, Rules
from tickets.failures import ChangedMeanwhile, NoSuch, NotGranted
from tickets.files import NewFile, attach
from tickets.importing import ImportedRow, ImportRow, Origin, wrong_external
from tickets.joining import join, part
from tickets.moves import Wish
from tickets.number import BadNumber, TicketNumber
from tickets.opening import Amendment, NewTicket
from tickets.privacy.erasure import PARTS, Part, erase
from tickets.refusals import Refusal
from tickets.routing import amended, placed
from tickets.ticket import Actor, Ticket

calls, files = table_of(CallRow), table_of(FileRow)

WRITERS = 4
"""The most simultaneous changes on PostgreSQL, so that the pool has connections left for readers. SQLite has one
writer."""


class _Held(msgspec.Struct):
    """A request whose row is locked until the transaction ends, with the warnings given for its deadline."""

    ticket: Ticket
    stages: tuple[str, ...]


class RequestStore:
    """The requests of one database. Changes raise `NotGranted`, `NoSuch`, `ChangedMeanwhile`, `KeyReused`, or
    `storage.database.DatabaseError`; then nothing has changed.

    `version` is the version that the author has seen; None changes any version. `once` is the key of a write that may
    come again: the second one changes nothing and returns the request as it is now."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._turns = asyncio.Semaphore(WRITERS if database.is_postgres else 1)

    async def open(self, new: NewTicket, actor: Actor, *, once: Once | None = None) -> Ticket:
        """Open a request, assigned to a unit if a rule finds one."""
        async with self._writing() as connection:
            rules, at = self._rules(), self._now()
            before = None if once is None else await keys.taken(connection, once, at)
            if before is not None:
                return await self._read(connection, before)
            await self._check_links(connection, new)
            year = datetime.fromtimestamp(at, rules.zone).year
            (number,) = await next_numbers(connection, year, 1)
            await _check_external(connection, new)
            opened = opening.open_ticket(str(number), new, actor, at, rules)
            if isinstance(opened, Refusal):
                raise NotGranted(opened)
            changes = placed(opened, rules)
            writes = Writes(rules)
            writes.opened(changes, origin="desk")
            await writes.flush(connection)
            if not opened.ticket.caller:  # whoever gave no number reads it by a code
                await give_code(connection, str(number), at)
            if once is not None:
                await keys.came_to(connection, once, str(number))
            return changes[-1].ticket

    async def import_rows(
        self, rows: Sequence[ImportRow], actor: Actor, origin: Origin, *, skip_faulty: bool, write: bool = True
    ) -> list[ImportedRow]:
        """Import requests of another system, each once; what became of each row, in their order. Unless `skip_faulty`
        is set, one faulty row leaves all unwritten."""
        if not write:
            async with self._database.explained(), self._database.reading() as connection:
                return await judge_rows(connection, rows, actor, self._now(), self._rules(), origin)
        async with self._writing() as connection:
            at, rules = self._now(), self._rules()
            return await import_rows(connection, rows, actor, at, rules, origin, skip_faulty=skip_faulty)

    async def move(
        self, number: str, wish: Wish, actor: Actor, *, version: int | None = None, once: Once | None = None
    ) -> Ticket:
        """Move a request. Attached photos of the work count."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                photos = await _photos(change.connection, change.held.ticket)
                wish = msgspec.structs.replace(wish, photos=photos)
                change.make(moves.move(change.held.ticket, wish, actor, change.at, change.rules))
        return change.held.ticket

    async def note(
        self, number: str, text: str, actor: Actor, *, version: int | None = None, once: Once | None = None
    ) -> Ticket:
        """Add a note for the people who work on a request."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                change.make(opening.note(change.held.ticket, text, actor, change.at, change.rules))
        return change.held.ticket

    async def write(
        self, number: str, words: str, actor: Actor, *, version: int | None = None, once: Once | None = None
    ) -> Ticket:
        """Write to the citizen of a request, by a text message."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                change.make(writing.write(change.held.ticket, words, actor, change.at, change.rules))
        return change.held.ticket

    async def amend(
        self, number: str, put: Amendment, actor: Actor, *, version: int | None = None, once: Once | None = None
    ) -> Ticket:
        """Correct fields of a request; another topic or place may bring it to another unit."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                await _check_follows(change.connection, put.follows)
                before = await units_before(change.connection, change.held.ticket.number)
                made = amended(change.held.ticket, put, actor, change.at, change.rules, before)
                for one in [made] if isinstance(made, Refusal) else made:
                    change.make(one)
        return change.held.ticket

    async def score(
        self,
        number: str,
        value: int,
        actor: Actor,
        *,
        remark: str = "",
        version: int | None = None,
        once: Once | None = None,
    ) -> Ticket:
        """Record the citizen's score of a request; a good score closes it."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                rules, at = change.rules, change.at
                change.make(scoring.score(change.held.ticket, value, actor, at, rules, remark=remark))
                closed = scoring.close_by_score(change.held.ticket, at, rules)
                if closed is not None:
                    change.make(closed)
        return change.held.ticket

    async def extend(
        self,
        number: str,
        days: int,
        reason: str,
        actor: Actor,
        *,
        version: int | None = None,
        once: Once | None = None,
    ) -> Ticket:
        """Extend a request's deadline."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                change.make(scoring.extend(change.held.ticket, days, reason, actor, change.at, change.rules))
        return change.held.ticket

    async def join(
        self, number: str, parent: str, actor: Actor, *, version: int | None = None, once: Once | None = None
    ) -> Ticket:
        """Join a request as a duplicate of another one."""
        above = _number(parent)  # both are called `number`, in the path and in the body
        async with self._changing(number, version, once, also=(above,)) as change:
            if not change.repeated:
                under = change.others.get(above)
                if under is None:
                    raise NoSuch("number", parent)
                count = sa.select(sa.func.count()).where(tickets.c.parent == change.held.ticket.number)
                children = int((await change.connection.execute(count)).scalar_one())
                change.make(join(change.held.ticket, under, actor, change.at, change.rules, children=children))
        return change.held.ticket

    async def part(
        self, number: str, reason: str, actor: Actor, *, version: int | None = None, once: Once | None = None
    ) -> Ticket:
        """Make a duplicate a separate request again."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                change.make(part(change.held.ticket, actor, change.at, change.rules, reason))
        return change.held.ticket

    async def attach(
        self, number: str, file: NewFile, actor: Actor, *, version: int | None = None, once: Once | None = None
    ) -> tuple[Ticket, bool]:
        """Attach a file to a request. Returns whether this file was kept: a repeated write has kept the first one."""
        async with self._changing(number, version, once) as change:
            if not change.repeated:
                ticket = change.held.ticket
                count = sa.select(sa.func.count()).where(
                    files.c.number == ticket.number, files.c.destroyed_at.is_(None)
                )
                there = int((await change.connection.execute(count)).scalar_one())
                change.make(attach(ticket, file, actor, change.at, change.rules, files=there))
                row = file_row(ticket, file, actor, change.at)
                await change.connection.execute(sa.insert(files), row)
        return change.held.ticket, not change.repeated

    async def erase(
        self,
        number: str,
        actor: Actor,
        reason: str,
        parts: tuple[Part, ...],
        also: Callable[[AsyncConnection], Awaitable[None]],
    ) -> Ticket:
        """A closed request without these parts of it, here and in all tables. It is refused until its duplicates have
        followed it. With all parts its files and its code go too, since the person asked; by age they have rows of
        their own in the town's file. `also` is done in the same transaction, before."""
        async with self._changing(number, None, None, with_calls="person" in parts) as change:
            ticket = change.held.ticket
            refused = await not_followed(change.connection, ticket.number)
            change.make(refused or erase(ticket, actor, change.at, change.rules, reason, parts))
            await also(change.connection)
            await erase_remains(change.connection, ticket.number, parts, change.at)
            if set(parts) == set(PARTS):
                gone = await files_of(change.connection, ticket.number)
                await erase_files(change.connection, gone, change.at)
                await erase_codes(change.connection, (ticket.number,))
        return change.held.ticket

    async def forget_keys(self) -> None:
        """Delete the keys of old writes."""
        async with self._writing() as connection:
            await keys.forget(connection, self._now())

    # --- one transaction

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._turns, self._database.writing() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _changing(
        self, number: str, version: int | None, once: Once | None, also: Sequence[str] = (), *, with_calls: bool = False
    ) -> AsyncIterator["_Change"]:
        """One request to be changed, and its calls too if `with_calls`. Its row and those of `also` are locked in the
        order of their numbers, so that two transactions never wait for each other; with more than one row it is not
        done beside a projector, which locks them in the order of what was said."""
        wanted = _number(number)
        async with self._writing() as connection:
            if with_calls or also:
                await take_turn(connection)
            at = self._now()
            before = None if once is None else await keys.taken(connection, once, at)
            numbers = {wanted, *also}
            query = (
                sa.select(*TICKET_COLUMNS, tickets.c.stages)
                .where(tickets.c.number.in_(numbers))
                .order_by(tickets.c.number)
                .with_for_update()
            )
            rows = (await connection.execute(query)).mappings().all()
            found = {row["number"]: _Held(to_ticket(row), tuple(row["stages"])) for row in rows}
            held = found.get(wanted)
            if held is None:
                raise NoSuch("number", number)
            others = {name: one.ticket for name, one in found.items()}
            change = _Change(connection, held, others, self._rules(), at, repeated=before is not None)
            if not change.repeated and version is not None and held.ticket.version != version:
                raise ChangedMeanwhile(wanted, held.ticket.version)
            yield change
            if change.repeated:
                return
            await change.write()
            if once is not None:
                await keys.came_to(connection, once, wanted)

    async def _check_links(self, connection: AsyncConnection, new: NewTicket) -> None:
        """Check that everything exists that a new request names."""
        if new.call is not None:
            query = sa.select(calls.c.id).where(calls.c.id == new.call)
            if (await connection.execute(query)).first() is None:
                raise NotGranted(Refusal(code="unknown", key="call", value=new.call, allowed="there is no such call"))
        await _check_follows(connection, new.follows)

    async def _read(self, connection: AsyncConnection, number: str) -> Ticket:
        query = sa.select(*TICKET_COLUMNS).where(tickets.c.number == number)
        return to_ticket((await connection.execute(query)).mappings().one())

    def _now(self) -> float:
        return round(self._clock(), 3)  # in the tables' precision


class _Change:
    """The changes of one request in one transaction."""

    def __init__(
        self,
        connection: AsyncConnection,
        held: _Held,
        others: dict[str, Ticket],
        rules: Rules,
        at: float,
        *,
        repeated: bool,
    ) -> None:
        self.connection, self.held, self.others, self.rules, self.at = connection, held, others, rules, at
        self.repeated = repeated
        self._made: list[Changed] = []

    def make(self, made: Changed | Refusal) -> None:
        """Take a change; a refusal ends the transaction."""
        if isinstance(made, Refusal):
            raise NotGranted(made)
        self._made.append(made)
        self.held.ticket = made.ticket

    async def write(self) -> None:
        """Write the changes."""
        writes = Writes(self.rules)
        writes.changed(self._made, self.held.stages)
        await writes.flush(self.connection)


def _number(text: str) -> str:
    """A stored number, from one as it was typed."""
    try:
        return str(TicketNumber.parse(text))
    except BadNumber:
        raise NoSuch("number", text) from None


async def _check_follows(connection: AsyncConnection, number: str | None) -> None:
    """Check that the request exists that another one follows up."""
    if number is None:
        return
    query = sa.select(tickets.c.number).where(tickets.c.number == number)
    if (await connection.execute(query)).first() is None:
        raise NotGranted(Refusal(code="unknown", key="follows", value=number, allowed="there is no such request"))


async def _check_external(connection: AsyncConnection, new: NewTicket) -> None:
    """Check the other system's number of a new request, which no other request may have. Whoever opens one too waits
    for the next number before it."""
    refusal = wrong_external(new.external_source, new.external_number)
    if refusal is not None:
        raise NotGranted(refusal)
    if new.external_source is None or new.external_number is None:
        return
    query = sa.select(tickets.c.number).where(
        tickets.c.external_source == new.external_source, tickets.c.external_number == new.external_number
    )
    number = (await connection.execute(query)).scalar_one_or_none()
    if number is not None:
        allowed = f"{number} is this request of {new.external_source} already"
    elif await erased_of(connection, {(new.external_source, new.external_number)}):
        allowed = f"this request of {new.external_source} was here already, and its person is erased"
    else:
        return
    raise NotGranted(Refusal(code="already_done", key="external_number", value=new.external_number, allowed=allowed))


async def _photos(connection: AsyncConnection, ticket: Ticket) -> int:
    """Photos of the work that are attached for the next outcome."""
    query = sa.select(sa.func.count()).where(
        files.c.number == ticket.number,
        files.c.kind == "photo",
        files.c.about == "work",
        files.c.outcomes == ticket.outcomes,
        files.c.destroyed_at.is_(None),
    )
    return int((await connection.execute(query)).scalar_one())
