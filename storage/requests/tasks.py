"""Decisions about requests that a person must make, and dispositions of calls that opened no request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import clean, milliseconds, table_of
from storage.database import Database
from storage.people.tables import PersonRow
from storage.requests.had_calls import has_had
from storage.requests.knowledge_base import read_article
from storage.requests.locking import lock
from storage.requests.public import give_code
from storage.requests.rows import tickets
from storage.requests.tables import DispositionRow, LinkRow, OutboxRow, TaskRow
from storage.requests.task_calls import is_wrong, last_calls, rung_at
from storage.requests.tasks_over import end_over
from storage.requests.writes import Writes
from storage.tables import CallRow
from tickets.changes import Rules, too_long
from tickets.decisions import Decision, choices, decide, passed_on
from tickets.dispositions import CallEnding, disposed
from tickets.effects import TELLS, OpenTask
from tickets.failures import NoSuch, NotGranted
from tickets.number import BadNumber, TicketNumber
from tickets.opening import give_task
from tickets.refusals import Refusal
from tickets.scoring import LOW
from tickets.states import OUTCOMES
from tickets.task_calls import DAY_S, ToCall
from tickets.ticket import Actor
from tickets.watching import UNANSWERED

tasks, dispositions, calls = table_of(TaskRow), table_of(DispositionRow), table_of(CallRow)
links, outbox, people = table_of(LinkRow), table_of(OutboxRow), table_of(PersonRow)

Record = dict[str, Any]

GIVERS: Final = ("lead", "admin")
"""Roles that take tasks from people, and give them to others."""
WORKERS: Final = ("inbox", "lead", "admin")
"""Roles that work on tasks."""


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
            return await _tasks(connection, query)

    async def assign(self, task: int, actor: Actor, *, mine: bool) -> Record:
        """A person takes a task, or gives it back. Two who take it at once: the first has it. A lead and an
        administrator may take a task from somebody, and give anybody's back."""
        async with self._writing() as connection:
            query = sa.update(tasks).where(tasks.c.id == task, tasks.c.done_at.is_(None))
            if actor.role not in GIVERS:
                query = query.where(tasks.c.assigned_to.in_(("", actor.who)))
            changed = await connection.execute(query.values(assigned_to=actor.who if mine else ""))
            found = await _read(connection, task)
            if changed.rowcount == 0:
                raise NotGranted(_taken(found))
            return found

    async def give(self, task: int, actor: Actor, to: str) -> Record:
        """A lead or an administrator gives a task to a person who works on tasks. The request's history says so."""
        if actor.role not in GIVERS:
            allowed = f"a person of the role {' or '.join(GIVERS)} may give a task to somebody"
            raise NotGranted(Refusal(code="not_your_role", key="to", value=to, allowed=allowed))
        async with self._writing() as connection:
            known = [one["user"] for one in await _workers(connection)]
            if to not in known:
                allowed = f"nobody of this name works on tasks; allowed: {', '.join(known)}"
                raise NotGranted(Refusal(code="unknown", key="to", value=to, allowed=allowed))
            found = await _read(connection, task)
            request = await lock(connection, found["number"])
            assert request is not None, found["number"]
            changed = await connection.execute(
                sa.update(tasks)
                .where(tasks.c.id == task, tasks.c.done_at.is_(None), tasks.c.assigned_to == found["assigned_to"])
                .values(assigned_to=to)
            )
            if changed.rowcount == 0:
                raise NotGranted(_taken(await _read(connection, task)))
            if to != found["assigned_to"]:  # sent again
                rules = self._rules()
                made = give_task(request.ticket, found["kind"], to, actor, round(self._clock(), 3), rules)
                writes = Writes(rules)
                writes.changed([made], request.stages)
                await writes.flush(connection)
            return await _read(connection, task)

    async def to_call(self, task: int, actor: Actor) -> ToCall:
        """What is needed to ring the citizen of a task. Somebody else's is refused, and so is one that is done. Nothing
        is changed: the line may have something against it."""
        async with self._database.explained(), self._database.reading() as connection:
            found = await _read(connection, task)
            if found["done_at"] is not None or found["assigned_to"] not in ("", actor.who):
                raise NotGranted(_taken(found))
            names = ("caller", "contact", "language", "service", "class")
            query = sa.select(*(tickets.c[name] for name in names)).where(tickets.c.number == found["number"])
            row = (await connection.execute(query)).mappings().one()
            return ToCall(
                task=task,
                number=found["number"],
                caller=row["caller"],
                is_wrong=await is_wrong(connection, found["number"], row["caller"]),
                contact=row["contact"],
                language=row["language"],
                service=row["service"],
                is_urgent=row["class"] == "urgent",
                rung_at=await rung_at(connection, row["caller"], self._clock() - DAY_S) if row["caller"] else (),
            )

    async def called(self, task: int, actor: Actor) -> None:
        """Give a task to the person who rings its citizen, unless somebody was quicker to take it or to close it."""
        async with self._writing() as connection:
            free = sa.update(tasks).where(tasks.c.id == task, tasks.c.done_at.is_(None), tasks.c.assigned_to == "")
            await connection.execute(free.values(assigned_to=actor.who))

    async def workers(self) -> Sequence[Record]:
        """The people who work on tasks, by name: `user`, `name` and `role`."""
        async with self._database.explained(), self._database.reading() as connection:
            return await _workers(connection)

    async def done(
        self,
        task: int,
        actor: Actor,
        note: str = "",
        decision: Decision | None = None,
        unit: str = "",
        *,
        score: int | None = None,
        remark: str = "",
    ) -> Record:
        """Record that a person has done a task, and what they have decided where the request waits for it. `unit` gets
        a request that is reopened; `score` and `remark` are of the citizen who was told. A repetition keeps the first
        record."""
        refusal = too_long("note", note)
        if refusal is not None:
            raise NotGranted(refusal)
        async with self._writing() as connection:
            held = await lock(connection, (await _read(connection, task))["number"])
            found = await _read(connection, task)  # as it is now that nobody else can close it
            if found["done_at"] is not None or held is None:
                return found
            rules, at = self._rules(), round(self._clock(), 3)
            telling = bool((await connection.execute(sa.select(_is_being_told(held.ticket.number)))).scalar_one())
            made = decide(
                held.ticket, found["kind"], decision, note.strip(), actor, at, rules, telling=telling, unit=unit
            )
            if isinstance(made, Refusal):
                raise NotGranted(made)
            more = passed_on(made, decision, score, remark, actor, at, rules)
            if isinstance(more, Refusal):
                raise NotGranted(more)
            values = {"done_at": milliseconds(at), "done_by": actor.who, "note": clean(note.strip())}
            await connection.execute(sa.update(tasks).where(tasks.c.id == task).values(values))
            if made:
                writes = Writes(rules)
                writes.changed([*made, *more], held.stages)
                await writes.flush(connection)
            if decision == "not_told":
                await give_code(connection, held.ticket.number, at)
            return await _read(connection, task)

    async def end_over(self) -> int:
        """Close open tasks whose reason is over, as earlier versions left them; how many there were."""
        return await end_over(self._database, self._rules, self._clock)

    async def find_stranded(self, limit: int = 500) -> int:
        """Ask a person about requests that nothing moves any more: with a low score, an outcome that nobody tells or a
        citizen whose time to answer is over, and without a task. How many there were. Tasks were once closed without a
        decision."""
        where = (tickets.c.number == tasks.c.number, tasks.c.done_at.is_(None))
        low = sa.and_(
            tickets.c.state == "told",
            tickets.c.score <= LOW,
            ~sa.exists().where(*where, tasks.c.kind == "low_score"),
        )
        untold = sa.and_(
            tickets.c.state.in_(sorted(OUTCOMES)),
            ~_is_being_told(tickets.c.number),
            ~sa.exists().where(*where, tasks.c.kind.in_(TELLS)),
        )
        unanswered = sa.and_(
            tickets.c.state == "waiting_citizen",
            sa.cast(tickets.c.stages, sa.Text).contains(f'"{UNANSWERED}"'),
            ~sa.exists().where(*where, tasks.c.kind == "not_answered"),
        )
        before = sa.select(tasks.c.kind).where(tasks.c.number == tickets.c.number, tasks.c.kind.in_(TELLS))
        last = before.order_by(tasks.c.done_at.desc()).limit(1).scalar_subquery()
        own = (tickets.c[name] for name in ("number", "version", "state", "remark", "words"))
        query = sa.select(*own, last.label("last")).where(sa.or_(low, untold, unanswered))
        query = query.order_by(tickets.c.id).limit(limit)
        async with self._writing() as connection:
            found = (await connection.execute(query)).mappings().all()
            writes = Writes(self._rules())
            for row in found:
                task = _task_of_stranded(row)
                writes.add(row["number"], row["version"], self._clock(), [task], named="stranded/")
            await writes.flush(connection)
            return len(found)

    async def dispose(
        self,
        call: str,
        disposition: str,
        topic: str | None,
        actor: Actor,
        article: int | None = None,
        request: str | None = None,
        district: str | None = None,
        *,
        extension: str | None = None,
    ) -> Record:
        """Record the disposition of a call that opened no request; a later one replaces it. `article` answered it; it
        was about the open `request`, with which it is linked, or about something in the mahalle `district`. With an
        `extension` only an agent who had the call may say it."""
        async with self._writing() as connection:
            answer = None if article is None else await read_article(connection, article)
            if answer is None and article is not None:
                allowed = "no such article; the knowledge base has them"
                raise NotGranted(Refusal(code="unknown", key="article", value=str(article), allowed=allowed))
            ending = disposed(self._rules().town, disposition, topic, answer, district)
            if isinstance(ending, Refusal):
                raise NotGranted(ending)
            about = None if request is None else await _about(connection, request, ending)
            refusal = await _refusal_of_call(connection, call, disposition, extension)
            if refusal is not None:
                raise NotGranted(refusal)
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
            at = int(row["at"] or 0) / 1000
            await _link(connection, call, about, at, self._rules())  # first, as the projector does
            dialect: Any = postgresql if self._database.is_postgres else sqlite
            insert = dialect.insert(dispositions).values(row)
            changed = {name: insert.excluded[name] for name in row if name != "call"}
            await connection.execute(insert.on_conflict_do_update(index_elements=["call"], set_=changed))
            return {**row, "at": at, "number": about, "asks_topic": ending.asks_topic}

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._turns, self._database.writing() as connection:
            yield connection


def _task_of_stranded(row: Any) -> OpenTask:
    match row["state"]:
        case "told":
            return OpenTask(number=row["number"], kind="low_score", why=row["remark"])
        case "waiting_citizen":
            return OpenTask(number=row["number"], kind="not_answered", why=row["words"])
        case _:
            return OpenTask(number=row["number"], kind=row["last"] or "outcome")


async def _workers(connection: AsyncConnection) -> list[Record]:
    query = sa.select(people.c.user, people.c.name, people.c.role).where(people.c.enabled, people.c.role.in_(WORKERS))
    return [dict(row) for row in (await connection.execute(query.order_by(people.c.user))).mappings()]


def _taken(found: Record) -> Refusal:
    """The refusal of a task that somebody has, or has done."""
    is_done = found["done_at"] is not None
    value = found["done_by"] if is_done else found["assigned_to"]
    allowed = f"the task {'has been done' if is_done else 'is assigned'} by this person already"
    return Refusal(code="already_done", key="task", value=value, allowed=allowed)


def _selected() -> sa.Select[Any]:
    """Tasks, each with its request's unit, topic and state, and what says what can be decided."""
    joined = tasks.join(tickets, tickets.c.number == tasks.c.number)
    own = (tickets.c.unit, tickets.c.topic, tickets.c.state, tickets.c.score, tickets.c.told_how)
    telling = _is_being_told(tickets.c.number).label("telling")
    return sa.select(tasks, *own, telling).select_from(joined)


def _is_being_told(number: Any) -> sa.Exists:
    """Whether the program goes on telling the outcome of a request."""
    return sa.exists().where(outbox.c.number == number, outbox.c.kind == "outcome", outbox.c.state == "pending")


async def _refusal_of_call(
    connection: AsyncConnection, call: str, disposition: str, extension: str | None
) -> Refusal | None:
    """Why the agent with this extension may not say what became of a call. Raises `NoSuch` where there is no call."""
    if (await connection.execute(sa.select(calls.c.id).where(calls.c.id == call))).first() is None:
        raise NoSuch("call", call)
    if extension is None or await has_had(connection, call, extension):
        return None
    allowed = "an agent who had the call says what became of it, or a lead"
    return Refusal(code="not_your_role", key="disposition", value=disposition, allowed=allowed)


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
    found = await _tasks(connection, _selected().where(tasks.c.id == task))
    if not found:
        raise NoSuch("task", task)
    return found[0]


async def _tasks(connection: AsyncConnection, query: sa.Select[Any]) -> list[Record]:
    rows = (await connection.execute(query)).mappings().all()
    called = await last_calls(connection, {row["number"] for row in rows})
    return [_task(row, called.get(row["id"])) for row in rows]


def _task(row: Any, call: Record | None) -> Record:
    own = dict(row)
    score, told_how, telling = own.pop("score"), own.pop("told_how"), bool(own.pop("telling"))
    times = {name: None if row[name] is None else row[name] / 1000 for name in ("opened_at", "done_at")}
    allowed = choices(row["kind"], row["state"], score, telling=telling, told_how=told_how)
    return {**own, **times, "decisions": () if row["done_at"] is not None else allowed, "call": call}
