"""Decisions about requests that a person must make, and dispositions of calls that opened no request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import clean, milliseconds, table_of
from storage.database import Database
from storage.requests.knowledge_base import read_article
from storage.requests.rows import tickets
from storage.requests.tables import DispositionRow, LinkRow, TaskRow
from storage.requests.writes import Writes
from storage.tables import CallRow
from tickets.changes import Rules, too_long
from tickets.dispositions import CallEnding, disposed
from tickets.failures import NoSuch, NotGranted
from tickets.number import BadNumber, TicketNumber
from tickets.refusals import Refusal
from tickets.ticket import Actor

tasks, dispositions, calls = table_of(TaskRow), table_of(DispositionRow), table_of(CallRow)
links = table_of(LinkRow)

Record = dict[str, Any]


class Tasks:
    """The tasks and dispositions of one database. Raises as `storage.requests.store.RequestStore` does."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._turns = asyncio.Semaphore(2 if database.is_postgres else 1)

    async def list(
        self, *, done: bool = False, kind: str | None = None, unit: str | None = None, limit: int = 100, after: int = 0
    ) -> Sequence[Record]:
        """Tasks after the id `after`, the oldest first, either open or done. `unit` is the request's unit."""
        query = (
            _selected()
            .where(tasks.c.done_at.is_not(None) if done else tasks.c.done_at.is_(None), tasks.c.id > after)
            .order_by(tasks.c.id)
            .limit(limit)
        )
        if kind is not None:
            query = query.where(tasks.c.kind == kind)
        if unit is not None:
            query = query.where(tickets.c.unit == unit)
        async with self._database.explained(), self._database.reading() as connection:
            return [_task(row) for row in (await connection.execute(query)).mappings()]

    async def assign(self, task: int, actor: Actor, *, mine: bool) -> Record:
        """A person takes a task, or gives it back. Two who take it at once: the first has it. A lead and an
        administrator may take a task from somebody, and give anybody's back."""
        async with self._writing() as connection:
            query = sa.update(tasks).where(tasks.c.id == task, tasks.c.done_at.is_(None))
            if actor.role not in ("lead", "admin"):
                query = query.where(tasks.c.assigned_to.in_(("", actor.who)))
            changed = await connection.execute(query.values(assigned_to=actor.who if mine else ""))
            found = await _read(connection, task)
            if changed.rowcount == 0:
                is_done = found["done_at"] is not None
                value = found["done_by"] if is_done else found["assigned_to"]
                allowed = f"the task {'has been done' if is_done else 'is assigned'} by this person already"
                raise NotGranted(Refusal(code="already_done", key="task", value=value, allowed=allowed))
            return found

    async def done(self, task: int, actor: Actor, note: str = "") -> Record:
        """Record that a person has done a task. A repetition keeps the first record."""
        refusal = too_long("note", note)
        if refusal is not None:
            raise NotGranted(refusal)
        async with self._writing() as connection:
            values = {"done_at": milliseconds(self._clock()), "done_by": actor.who, "note": clean(note.strip())}
            where = (tasks.c.id == task, tasks.c.done_at.is_(None))
            await connection.execute(sa.update(tasks).where(*where).values(values))
            return await _read(connection, task)

    async def dispose(
        self,
        call: str,
        disposition: str,
        topic: str | None,
        actor: Actor,
        article: int | None = None,
        request: str | None = None,
        district: str | None = None,
    ) -> Record:
        """Record the disposition of a call that opened no request; a later one replaces it. `article` answered it; it
        was about the open `request`, with which it is linked, or about something in the mahalle `district`."""
        async with self._writing() as connection:
            answer = None if article is None else await read_article(connection, article)
            if answer is None and article is not None:
                allowed = "no such article; the knowledge base has them"
                raise NotGranted(Refusal(code="unknown", key="article", value=str(article), allowed=allowed))
            ending = disposed(self._rules().town, disposition, topic, answer, district)
            if isinstance(ending, Refusal):
                raise NotGranted(ending)
            about = None if request is None else await _about(connection, request, ending)
            if (await connection.execute(sa.select(calls.c.id).where(calls.c.id == call))).first() is None:
                raise NoSuch("call")
            opened = sa.select(tickets.c.number).where(tickets.c.call == call).order_by(tickets.c.id).limit(1)
            number = (await connection.execute(opened)).scalar_one_or_none()
            if number is not None:
                raise NotGranted(
                    Refusal(
                        code="already_done",
                        key="disposition",
                        value=disposition,
                        allowed=f"the call opened {number}: what becomes of it is told there",
                    )
                )
            row = {
                "call": call,
                "disposition": ending.disposition,
                "topic": ending.topic,
                "article": ending.article,
                "district": ending.district,
                "at": milliseconds(self._clock()),
                "role": actor.role,
                "who": actor.who,
            }
            dialect: Any = postgresql if self._database.is_postgres else sqlite
            insert = dialect.insert(dispositions).values(row)
            changed = {name: insert.excluded[name] for name in row if name != "call"}
            await connection.execute(insert.on_conflict_do_update(index_elements=["call"], set_=changed))
            at = int(row["at"] or 0) / 1000
            await _link(connection, call, about, at, self._rules())
            return {**row, "at": at, "number": about}

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._turns, self._database.writing() as connection:
            yield connection


def _selected() -> sa.Select[Any]:
    """Tasks, each with its request's unit, topic and state."""
    joined = tasks.join(tickets, tickets.c.number == tasks.c.number)
    return sa.select(tasks, tickets.c.unit, tickets.c.topic, tickets.c.state).select_from(joined)


async def _about(connection: AsyncConnection, request: str, ending: CallEnding) -> str:
    """The number of the request that a caller asked about, as it is written. Raises `NotGranted`."""
    if ending.disposition != "existing":
        allowed = "only a call about an open request names one: disposition = existing, or no number"
        raise NotGranted(Refusal(code="not_allowed", key="number", value=request, allowed=allowed))
    try:
        number = str(TicketNumber.parse(request))
    except BadNumber:
        number = ""
    if (await connection.execute(sa.select(tickets.c.number).where(tickets.c.number == number))).first() is None:
        allowed = "no request has this number"
        raise NotGranted(Refusal(code="unknown", key="number", value=request, allowed=allowed))
    return number


async def _link(connection: AsyncConnection, call: str, number: str | None, at: float, rules: Rules) -> None:
    """Link a call with the request that it was about, and with no other that a disposition before named."""
    named = sa.delete(links).where(links.c.kind == "call", links.c.other == call, links.c.how == "asked")
    await connection.execute(named.where(links.c.number != (number or "")))
    if number is not None:
        writes = Writes(rules)
        writes.link(number, "call", call, "asked", at)
        await writes.flush(connection)


async def _read(connection: AsyncConnection, task: int) -> Record:
    row = (await connection.execute(_selected().where(tasks.c.id == task))).mappings().one_or_none()
    if row is None:
        raise NoSuch("task")
    return _task(row)


def _task(row: Any) -> Record:
    times = {name: None if row[name] is None else row[name] / 1000 for name in ("opened_at", "done_at")}
    return {**row, **times}
