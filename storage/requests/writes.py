"""Writes changes of requests as rows: request, history and consequences, in one transaction.

The transaction is the caller's: the store's for one change, the projector's for many."""

from collections.abc import Collection, Sequence
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import clean, milliseconds, table_of
from storage.requests import joins
from storage.requests.follow_ups import HOW, KIND
from storage.requests.relatives import look_at_relatives
from storage.requests.rows import Row, entry_row, history, new_row, ticket_row, tickets
from storage.requests.tables import LinkRow, NoticeRow, OutboxRow, TaskRow
from tickets import overdue
from tickets.changes import Changed, Rules
from tickets.deliveries import WRITTEN, Consequence, Delivery, Notice, TaskDone, TextOver, consequences, receipt
from tickets.effects import DeadlineChanged, OpenTask, TellCitizen
from tickets.ticket import HistoryEntry, Ticket
from tickets.watching import UNANSWERED

links, outbox, tasks, notices = (table_of(one) for one in (LinkRow, OutboxRow, TaskRow, NoticeRow))

_REPLACES: dict[str, tuple[str, ...]] = {
    "ring_duty": ("ring_duty",),
    "stop_ringing": ("ring_duty",),
    "withdraw_call": ("outcome", "call_citizen"),
}
"""Unsent deliveries that a newer delivery makes needless."""

TOO_LATE: Final = "what it tells happened too long before it was stored"
_STILL_DONE: Final = frozenset({"calls_unwanted", "children", "outcome", "stop_ringing", "withdraw_call"})
"""Kinds and subjects of deliveries that are made however late: they are work of our own, or end a call."""
TOO_LATE_TO_RING: Final = "it came too late for a ring: nobody on duty was rung about it"
_ASKED_FOR_S: Final = 86_400.0
"""A person is asked to see to an urgent request that was stored late, unless it is still older than that."""


_AT_ONCE: Final = 500
"""So many requests are named in one statement."""


class LostUpdate(RuntimeError):
    """A request changed between reading and writing: a fault of ours, since its row was not locked."""


class Writes:
    """Gathers changes; `flush` writes them.

    Nobody outside is told of what happened before `tell_since` (Unix seconds): its deliveries are written as dropped,
    and warnings of its deadlines that had passed by then count as given."""

    def __init__(self, rules: Rules, tell_since: float = 0.0) -> None:
        self.untold = 0
        """Deliveries that came too late and are dropped."""
        self._rules = rules
        self._tell_since = tell_since
        self._new: list[Row] = []
        self._updates: list[tuple[int, Row]] = []
        self._history: list[Row] = []
        self._outbox: list[Row] = []
        self._tasks: list[Row] = []
        self._done: list[tuple[TaskDone, int]] = []
        self._notices: list[Row] = []
        self._links: list[Row] = []
        self._needless: list[tuple[str, tuple[str, ...]]] = []
        self._told: list[tuple[str, str | None, int]] = []
        """Requests that were told, with their parents and times (milliseconds)."""
        self._texts: list[tuple[str, str]] = []
        """Requests, and what earlier text messages to their citizens are about that need not be sent any more."""

    def opened(self, changes: Sequence[Changed], *, origin: str) -> None:
        """Add a new request, with its first changes."""
        ticket = changes[-1].ticket
        stages = self._given(ticket, changes[-1].entry.at, ())
        self._new.append(new_row(ticket, self._rules, origin=origin, stages=stages))
        if ticket.call is not None:
            self.link(ticket.number, "call", ticket.call, "opened", ticket.opened_at)
        for change in changes:
            self._follow(change)
        told = [(milliseconds(changes[0].entry.at), one) for one in receipt(ticket, self._rules)]
        self._consequences(ticket.number, 1, told, named="receipt")

    def changed(self, changes: Sequence[Changed], stages: Collection[str]) -> None:
        """Add changes of one request, in order. `stages` are the warnings given for its earlier deadline."""
        ticket, before = changes[-1].ticket, changes[0].ticket.version - 1
        kept = self._given(ticket, changes[-1].entry.at, _kept(changes, stages))
        row = ticket_row(ticket, self._rules, kept)
        # What is said from now on must be erased too.
        if any(change.entry.what == "reopen" for change in changes):
            row |= {"person_erased_at": None, "text_erased_at": None}
        elif any(_says(change.entry) for change in changes):
            row |= {"text_erased_at": None}
        self._updates.append((before, row))
        for change in changes:
            self._follow(change)

    def link(self, number: str, kind: str, other: str, how: str, at: float) -> None:
        """Link a call, a message or a followed request to a request; the first kind of link stays."""
        self._links.append({"number": number, "kind": kind, "other": other, "how": how, "at": milliseconds(at)})

    def add(self, number: str, version: int, at: float, found: Sequence[Consequence], *, named: str) -> None:
        """Add a consequence without a change, such as a warning; `named` makes its key unique within the version."""
        self._consequences(number, version, [(milliseconds(at), one) for one in found], named=named)

    async def flush(self, connection: AsyncConnection) -> None:
        """Write everything that was added."""
        if self._new:
            await connection.execute(sa.insert(tickets), self._new)
        for before, row in self._updates:
            where = (tickets.c.number == row["number"], tickets.c.version == before)
            if (await connection.execute(sa.update(tickets).where(*where).values(row))).rowcount != 1:
                raise LostUpdate(row["number"])
        if self._history:
            await connection.execute(sa.insert(history), self._history)
        for number, abouts in self._needless:
            await connection.execute(
                sa.update(outbox)
                .where(outbox.c.number == number, outbox.c.state == "pending", outbox.c.about.in_(abouts))
                .values(state="dropped")
            )
        for number, about in self._texts:
            earlier = (outbox.c.number == number, outbox.c.kind == "text", outbox.c.about == about)
            await connection.execute(
                sa.update(outbox).where(*earlier, outbox.c.state == "pending").values(state="dropped")
            )
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        if self._outbox:
            await connection.execute(sa.insert(outbox), self._outbox)
        if self._notices:
            await connection.execute(sa.insert(notices), self._notices)
        for number, parent, at in self._told:
            await look_at_relatives(connection, number, parent, at)
        if self._done:
            await _do_tasks(connection, self._done)
        if self._tasks:
            await connection.execute(_with_reason(insert(tasks)), self._tasks)
        if self._links:
            await connection.execute(insert(links).on_conflict_do_nothing(), self._links)

    def _given(self, ticket: Ticket, at: float, stages: tuple[str, ...]) -> tuple[str, ...]:
        """The warnings of a request that was changed at `at` which need not be given (any more)."""
        if at >= self._tell_since:
            return stages
        passed = overdue.notices(ticket, self._tell_since, self._rules, cast("tuple[overdue.Stage, ...]", stages))
        return (*stages, *(stage for stage, _ in passed))

    def _follow(self, change: Changed) -> None:
        self._history.append(entry_row(change.entry))
        at = milliseconds(change.entry.at)
        found = [(at, one) for effect in change.follows for one in consequences(effect, change.ticket, self._rules)]
        self._consequences(change.ticket.number, change.ticket.version, found)
        if change.ticket.follows and _names_followed(change.entry):
            self.link(change.ticket.number, KIND, change.ticket.follows, HOW, change.entry.at)
        if change.entry.what == "join" and change.ticket.parent:
            self.link(change.ticket.number, joins.KIND, change.ticket.parent, joins.HOW, change.entry.at)
        if change.entry.what == "tell":
            self._told.append((change.ticket.number, change.ticket.parent, at))

    def _consequences(
        self, number: str, version: int, found: Sequence[tuple[int, Consequence]], *, named: str = ""
    ) -> None:
        for place, (at, one) in enumerate(found):
            match one:
                case Notice():
                    self._notices.append(
                        {"unit": one.unit, "number": number, "about": one.about, "head": one.head, "at": at}
                    )
                case OpenTask():
                    self._tasks.append({"number": number, "kind": one.kind, "why": clean(one.why), "opened_at": at})
                case TaskDone():
                    self._done.append((one, at))
                case TextOver():
                    self._no_text(number, one.about)
                case Delivery():
                    self._deliver(f"{number}/{version}/{named}{place}", version, at, one)

    def _no_text(self, number: str, about: str) -> None:
        """Have no text message of before sent that is about this."""
        self._texts.append((number, about))
        self._outbox = [
            row for row in self._outbox if (row["number"], row["kind"], row["about"]) != (number, "text", about)
        ]

    def _deliver(self, key: str, version: int, at: int, one: Delivery) -> None:
        if one.kind == "text" and one.about != WRITTEN:  # an earlier one that has not left would say the same words
            self._no_text(one.number, one.about)
        needless = _REPLACES.get(one.about)
        if needless:
            self._needless.append((one.number, needless))
            self._outbox = [
                row for row in self._outbox if not (row["number"] == one.number and row["about"] in needless)
            ]
        late = at < milliseconds(self._tell_since) and _STILL_DONE.isdisjoint((one.kind, one.about))
        if late:
            self.untold += 1
            if one.about == "ring_duty" and at >= milliseconds(self._tell_since - _ASKED_FOR_S):
                task = {"number": one.number, "kind": "duty_unanswered", "why": TOO_LATE_TO_RING, "opened_at": at}
                self._tasks.append(task)
        self._outbox.append(
            {
                "key": key,
                "number": one.number,
                "version": version,
                "kind": one.kind,
                "to": one.to,
                "about": one.about,
                "payload": one.payload,
                "state": "dropped" if late else "pending",
                "error": TOO_LATE if late else "",
                "made_at": at,
                "next_at": at,
            }
        )


async def _do_tasks(connection: AsyncConnection, done: Sequence[tuple[TaskDone, int]]) -> None:
    """Close tasks that are open, or take from their reasons what need not be done any more."""
    by_task: dict[tuple[str, str], list[tuple[TaskDone, int]]] = {}
    for one, at in done:
        for number in (one.number, *(await _duplicates(connection, one.number) if one.duplicates else ())):
            by_task.setdefault((number, one.kind), []).append((one, at))
    numbers = sorted({number for number, _ in by_task})
    for begin in range(0, len(numbers), _AT_ONCE):
        own = (tasks.c.number.in_(numbers[begin : begin + _AT_ONCE]), tasks.c.done_at.is_(None))
        query = sa.select(tasks.c.id, tasks.c.number, tasks.c.kind, tasks.c.why).where(*own)
        for task, number, kind, why in (await connection.execute(query)).all():
            left = why
            for one, at in by_task.get((number, kind), ()):
                left = one.left(left)
                values: Row = {"why": left} if left else {"done_at": at, "done_by": clean(one.by)}
                await connection.execute(sa.update(tasks).where(tasks.c.id == task).values(values))
                if not left:
                    break


async def _duplicates(connection: AsyncConnection, number: str) -> Sequence[str]:
    return (await connection.execute(sa.select(tickets.c.number).where(tickets.c.parent == number))).scalars().all()


def _with_reason(insert: Any) -> Any:
    """The statement that opens tasks. One open task of a kind is enough: it gets a further reason that it has not yet,
    since the citizen must hear each question of the unit, and not the first alone."""
    new, end = insert.excluded.why, sa.literal("\n", sa.Text)
    known, further = end + tasks.c.why + end, end + new + end
    return insert.on_conflict_do_update(
        index_elements=[tasks.c.number, tasks.c.kind],
        index_where=tasks.c.done_at.is_(None),
        set_={"why": sa.case((tasks.c.why == "", new), else_=tasks.c.why + end + new)},
        where=sa.and_(new != "", sa.func.replace(known, further, "") == known),
    )


def _names_followed(entry: HistoryEntry) -> bool:
    """Whether this step may have said which request another one follows up."""
    return entry.version == 1 or "follows" in entry.detail.get("fields", ())


def _says(entry: HistoryEntry) -> bool:
    """Whether this step has words of somebody; an erasure's reason stays."""
    return entry.what != "erase" and bool(entry.note or entry.words or entry.detail.get("remark"))


def _kept(changes: Sequence[Changed], stages: Collection[str]) -> tuple[str, ...]:
    """The warnings that stay given. Another deadline has warnings of its own, and so has the next question to the
    citizen, the same at another number, or one whose answer is waited for once more: it may come when the deadline has
    passed, and then moves no deadline."""
    if any(isinstance(effect, DeadlineChanged) for change in changes for effect in change.follows):
        return ()
    moved = any(one.entry.before != one.entry.after or one.entry.what == "wait_on" for one in changes)
    again = any(isinstance(one, TellCitizen) and one.again for change in changes for one in change.follows)
    return tuple(stage for stage in stages if not ((moved or again) and stage == UNANSWERED))
