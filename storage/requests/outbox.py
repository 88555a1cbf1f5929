"""The outbox: what must be done outside the database because of a change. Rows are claimed, done, or tried again.

A sender claims a row for `LEASE_S` seconds before it does it: if two senders look at once, one gets the row, and if a
sender dies, the row is due again. So something may be sent twice, if the sender died between sending and recording it;
the key shows the receiver the repetition. What must never be done twice (a call to a citizen) is done by the line,
whose journal knows it by the key."""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence, Set
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import clean, milliseconds, table_of
from storage.compiled import Compiled
from storage.database import Database
from storage.requests.due_rows import IS_PENDING
from storage.requests.locking import lock, take_turn
from storage.requests.outcome_texts import tell_by_text
from storage.requests.rows import TICKET_COLUMNS, history, tickets, to_ticket
from storage.requests.tables import OutboxRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.deliveries import WRITTEN, unsent
from tickets.effects import OpenTask, TaskKind
from tickets.joining import CASE, follow, same_place
from tickets.ticket import SYSTEM, Ticket

outbox = table_of(OutboxRow)

LEASE_S = 120.0
"""Seconds for which a claimed row belongs to its sender; longer than any sending takes."""
PAUSES_S = (30.0, 120.0, 600.0, 3600.0, 4 * 3600.0, 12 * 3600.0)
"""Seconds between tries. After the last one a person gets a task."""
BLANKED = 1_000
"""Texts whose words are taken out at once."""
KEPT_S = 30 * 86_400.0
"""Seconds for which done rows stay; those of text messages stay without their words, for the story, as long as the town
keeps them (`sent_text` of its retention)."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox, and the request that it is about as it is now."""

    id: int
    key: str
    kind: str
    about: str
    to: str
    payload: dict[str, Any]
    tries: int
    """With this one."""
    version: int
    """The request's version after the change."""
    ticket: Ticket


class Outbox:
    """The outbox of one database. Raises `storage.database.DatabaseError`."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    def now(self) -> float:
        """The time by which rows are due."""
        return self._clock()

    async def take(self, kinds: Collection[str], limit: int = 20, *, written: bool | None = None) -> Sequence[Parcel]:
        """Claim due rows of these kinds for `LEASE_S` seconds, oldest first: those alone whose words a person has
        written, or those alone that nobody has, if `written` says so."""
        async with self._writing() as connection:
            at = self._clock()
            due = (
                sa.select(outbox.c.id)
                .where(*_waiting(kinds, written), outbox.c.next_at <= milliseconds(at))
                .order_by(outbox.c.next_at, outbox.c.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            ids = list((await connection.execute(due)).scalars())
            if not ids:
                return []
            until = milliseconds(at + LEASE_S)
            taken = {"tries": outbox.c.tries + 1, "next_at": until}
            await connection.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(taken))
            columns = [outbox.c[name].label(f"_{name}") for name in _OWN]
            joined = outbox.join(tickets, tickets.c.number == outbox.c.number)
            query = sa.select(*columns, *TICKET_COLUMNS).select_from(joined).where(outbox.c.id.in_(ids))
            rows = (await connection.execute(query.order_by(outbox.c.id))).mappings()
            return [Parcel(**{name: row[f"_{name}"] for name in _OWN}, ticket=to_ticket(row)) for row in rows]

    async def done(self, parcel: Parcel, *, needless: bool = False) -> None:
        """Record that a row was sent, or need not be sent any more. A request whose outcome was sent is told."""
        at = round(self._clock(), 3)
        values = {"state": "dropped" if needless else "done", "done_at": milliseconds(at), "error": ""}
        async with self._writing() as connection:
            tells = parcel.kind == "text" and parcel.about == "outcome" and not needless
            held = await lock(connection, parcel.ticket.number) if tells else None  # before its rows, as everywhere
            if await _noted(connection, parcel, values) and held is not None:
                await tell_by_text(held, parcel.payload.get("outcome"), at, self._rules())

    async def failed(self, parcel: Parcel, error: str, *, lasting: bool = False) -> None:
        """Record that a row could not be sent: it is tried again after a pause, but not after the last try or if
        `lasting`."""
        at = self._clock()
        values: dict[str, Any] = {"error": clean(error[:500])}
        given_up = lasting or (parcel.tries > len(PAUSES_S) and parcel.kind not in _NEVER_GIVEN_UP)
        if given_up:
            values |= {"state": "failed", "done_at": milliseconds(at)}
        else:
            values["next_at"] = milliseconds(at + PAUSES_S[min(parcel.tries, len(PAUSES_S)) - 1])
        await self._note(parcel, values, ask_a_person=given_up and parcel.about in _MUST_BE_TOLD)

    async def follow(self, parcel: Parcel) -> None:
        """Have the duplicates of a request follow it, and record that. A repetition changes nothing."""
        async with self._writing() as connection:
            await take_turn(connection)
            rules, at = self._rules(), round(self._clock(), 3)
            family = sa.or_(tickets.c.number == parcel.ticket.number, tickets.c.parent == parcel.ticket.number)
            columns = (*TICKET_COLUMNS, tickets.c.stages)
            query = sa.select(*columns).where(family).order_by(tickets.c.number).with_for_update()
            rows = {row["number"]: row for row in (await connection.execute(query)).mappings()}
            parent = to_ticket(rows.pop(parcel.ticket.number))
            writes, corrected = Writes(rules), await _corrected(connection, rows, CASE)
            moved = await _corrected(connection, rows, {"address"})
            for number, row in rows.items():
                child = to_ticket(row)
                other = number in corrected or (number in moved and not same_place(child, parent))
                changes = follow(child, parent, SYSTEM, at, rules, corrected=other)
                if changes:
                    writes.changed(changes, row["stages"])
            await writes.flush(connection)
            values = {"state": "done", "done_at": milliseconds(at), "error": ""}
            await connection.execute(sa.update(outbox).where(outbox.c.id == parcel.id).values(values))

    async def texts_left(self, since: float) -> Sequence[float]:
        """When the text messages since then left that no person wrote, oldest first."""
        texts = (outbox.c.kind == "text", outbox.c.about != WRITTEN, outbox.c.state == "done")
        query = sa.select(outbox.c.done_at).where(*texts, outbox.c.done_at > milliseconds(since))
        async with self._database.explained(), self._database.asking() as connection:
            found = await connection.execute(query.order_by(outbox.c.done_at))
            return [at / 1000 for at in found.scalars()]

    async def next_at(self, kinds: Collection[str], *, written: bool | None = None) -> float | None:
        """When the next of these kinds is due, Unix seconds; None if there is none."""
        statement = _next_at(tuple(kinds), written, self._database.engine.dialect)
        (row,) = await statement.asked_shortly(self._database, {})
        return None if row["next_at"] is None else row["next_at"] / 1000

    async def forget(self) -> None:
        """Delete rows that were done long ago, and to whom and what text messages said that were sent then, or could
        not be."""
        old = outbox.c.made_at < milliseconds(self._clock() - KEPT_S)
        sent = sa.and_(outbox.c.kind == "text", outbox.c.state.in_(("done", "failed")))
        has_words = sa.or_(sa.cast(outbox.c.payload, sa.Text) != "{}", outbox.c.to != "")
        # Rows of texts stay for years: they are looked through without holding the database.
        async with self._database.explained(), self._database.asking() as connection:
            query = sa.select(outbox.c.id).where(sent, old, has_words).order_by(outbox.c.id).limit(BLANKED)
            spoken = list((await connection.execute(query)).scalars())
        async with self._writing() as connection:
            over = outbox.c.state.in_(("done", "dropped"))
            await connection.execute(sa.delete(outbox).where(over, old, ~sent))
            if spoken:
                await connection.execute(sa.update(outbox).where(outbox.c.id.in_(spoken)).values(payload={}, to=""))

    async def _note(self, parcel: Parcel, values: dict[str, Any], *, ask_a_person: bool) -> None:
        """Record a failure, and give it to a person if there will be no further try."""
        number = parcel.ticket.number
        async with self._writing() as connection:
            if ask_a_person:
                await lock(connection, number)  # what ends the reason of the task comes before it, or after
            if await _noted(connection, parcel, values) and ask_a_person:
                writes = Writes(self._rules())
                kind: TaskKind = "outcome" if parcel.about == "outcome" else "tell_citizen"
                task = OpenTask(number=number, kind=kind, why=unsent(parcel.about, values["error"]))
                writes.add(number, parcel.version, self._clock(), [task], named=f"{parcel.id}/")
                await writes.flush(connection)

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._database.writing() as connection:
            yield connection


@lru_cache(maxsize=20)
def _next_at(kinds: tuple[str, ...], written: bool | None, dialect: sa.Dialect) -> Compiled:
    """When the next of these kinds is due. Each sender asks it every second."""
    first = sa.func.min(outbox.c.next_at).label("next_at")
    which = sa.or_(*(outbox.c.kind == kind for kind in kinds))
    return Compiled(sa.select(first).where(IS_PENDING, which, *_written(written)), dialect)


def _waiting(kinds: Collection[str], written: bool | None) -> "list[sa.ColumnElement[bool]]":
    return [outbox.c.state == "pending", outbox.c.kind.in_(kinds), *_written(written)]


def _written(written: bool | None) -> "list[sa.ColumnElement[bool]]":
    if written is None:
        return []
    return [outbox.c.about == WRITTEN if written else outbox.c.about != WRITTEN]


async def _noted(connection: AsyncConnection, parcel: Parcel, values: dict[str, Any]) -> bool:
    """Record a result only while the row is ours: a reopened request may have made it needless meanwhile."""
    ours = (outbox.c.id == parcel.id, outbox.c.tries == parcel.tries, outbox.c.state == "pending")
    return (await connection.execute(sa.update(outbox).where(*ours).values(values))).rowcount > 0


_MUST_BE_TOLD = ("question", "extension", "outcome")
"""What a person tells the citizen, if no text message can."""
_NEVER_GIVEN_UP = ("children",)
"""Nobody sends these: they are work of our own, and whoever waits under a parent would wait for ever."""
_OWN = ("id", "key", "kind", "about", "to", "payload", "tries", "version")


async def _corrected(connection: AsyncConnection, numbers: Collection[str], names: Set[str]) -> set[str]:
    """Those of these duplicates on which one of these fields was put right since they were joined."""
    asked = sa.select(history.c.number, history.c.what, history.c.detail)
    asked = asked.where(history.c.number.in_(numbers), history.c.what.in_(("join", "amend")))
    found: set[str] = set()
    for row in (await connection.execute(asked.order_by(history.c.number, history.c.version))).all():
        if row.what == "join":
            found.discard(row.number)
        elif not names.isdisjoint(row.detail.get("fields", ())):
            found.add(row.number)
    return found
