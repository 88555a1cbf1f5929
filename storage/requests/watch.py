"""Changes of requests by time alone: warnings of deadlines, passed deadlines, no answer after the outcome, an unpaid
fee. `tickets.watch_at` says when to check a request next, so that others are not read."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.faults import Fault, is_of_database, pause_s, reraise
from storage.requests.locking import locked
from storage.requests.present_rules import goes_by
from storage.requests.rows import TICKET_COLUMNS, ticket_row, tickets, to_ticket
from storage.requests.tables import TownStateRow
from storage.requests.writes import Writes
from tickets import overdue, scoring
from tickets.changes import Changed, Rules, changed
from tickets.deliveries import consequences
from tickets.effects import OpenTask
from tickets.ticket import SYSTEM, Ticket
from tickets.watching import UNANSWERED, next_look

town_state = table_of(TownStateRow)

BATCH = 100
PROMPT = 50
"""So many requests that do not press are checked at once when their time comes. If there are more, as after a time
without the desk, the others are `unhurried`."""
PRESSING_S = 1.0
"""Seconds between two looks at requests that press, while there is a crowd of others."""

OTHERS_S = 60.0
"""Seconds for which other transactions are waited for at most. PostgreSQL ends ours when they are idle for as long."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What time did to a request: warnings given, changes made, and a person's task."""

    ticket: Ticket
    stages: tuple[str, ...]
    changes: tuple[Changed, ...] = ()
    told: tuple[tuple[str, Any], ...] = ()
    """Stage and effect."""


def by_time(ticket: Ticket, stages: Sequence[str], at: float, rules: Rules) -> Done:
    """The changes of a request by time until `at` (Unix seconds)."""
    told: list[tuple[str, Any]] = []
    made = scoring.close_by_silence(ticket, at, rules)
    if made is None and ticket.state == "waiting_citizen" and UNANSWERED not in stages:
        lapsed = scoring.lapse(ticket, at, rules)
        if isinstance(lapsed, OpenTask):
            told.append((UNANSWERED, lapsed))
        else:
            made = lapsed
    if made is not None:
        ticket = made.ticket
    known = [stage for stage in stages if stage in _STAGES]
    told += overdue.notices(ticket, at, rules, known)  # type: ignore[arg-type]  # `_STAGES` has no other names
    names = tuple(dict.fromkeys((*stages, *(stage for stage, _ in told))))
    return Done(ticket=ticket, stages=names, changes=() if made is None else (made,), told=tuple(told))


_STAGES = ("unaccepted", "warned", "overdue", "escalated")


class Watch:
    """The requests of one database that change by time. Raises `storage.database.DatabaseError`."""

    def __init__(
        self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float], fault: Fault = reraise
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._fault = fault
        self._faults: dict[str, int] = {}
        """How often our own code has failed with a request."""

    async def look(self) -> int:
        """Check each request whose time has come, each in a transaction of its own; returns how many there were.

        Those that press come first. If there is a crowd of others, as at nine when the days' warnings come, each that
        presses and comes due meanwhile is checked within `PRESSING_S`."""
        seen = await self._look_at_all(pressing=True)
        crowd = asyncio.create_task(self._look_at_all(pressing=False))
        try:
            while not (await asyncio.wait({crowd}, timeout=PRESSING_S))[0]:
                seen += await self._look_at_all(pressing=True)
            return seen + await crowd
        finally:
            crowd.cancel()
            await asyncio.gather(crowd, return_exceptions=True)  # its transaction has ended

    async def _look_at_all(self, *, pressing: bool) -> int:
        """Check what is due now: what presses, or everything."""
        seen, after = 0, (0, 0)
        until = milliseconds(self._clock())
        while batch := await self._due(until, after, pressing=pressing):
            for place, (number, _, _) in enumerate(batch, seen):
                prompt = pressing or place < PROMPT
                async with contextlib.nullcontext() if prompt else self._database.unhurried():
                    await self._try(number)
            seen, after = seen + len(batch), batch[-1][1:]
        return seen

    async def next_at(self) -> float | None:
        """When the next request must be checked, Unix seconds; None if there is none."""
        query = sa.select(sa.func.min(tickets.c.watch_at)).where(tickets.c.watch_at.is_not(None))
        async with self._database.explained(), self._database.asking() as connection:
            found = (await connection.execute(query)).scalar_one()
            return None if found is None else found / 1000

    async def recompute(self, digest: str) -> int:
        """Compute open deadlines, and when requests must be checked, again if that was done with another calendar or
        other clocks than those with this digest. Returns how many deadlines changed. Each change of a deadline is in
        its request's history."""
        state = sa.select(town_state.c.deadlines_by).where(town_state.c.id == 1)
        async with self._database.explained(), self._database.asking() as connection:
            if (await connection.execute(state)).scalar_one_or_none() == digest:
                return 0
        judged: dict[int, tuple[int, int | None]] = {}
        count = await self._recompute_all(judged)
        # A transaction that had begun before the reload may have changed a request by the rules of before, after it was
        # judged: the projector's take seconds.
        await self._database.others_end(OTHERS_S)
        count += await self._recompute_all(judged)
        row = {"id": 1, "deadlines_by": digest, "at": milliseconds(self._clock())}
        dialect: Any = postgresql if self._database.is_postgres else sqlite
        insert = dialect.insert(town_state).values(row)
        async with self._database.explained(), self._database.writing() as connection:
            await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=row))
        return count

    async def _recompute_all(self, judged: dict[int, tuple[int, int | None]]) -> int:
        """Compute again what is not as it was when it was `judged`: by id, its version and when it must be checked.
        `updated_at` would not tell: it is the time of the call, which may be long ago when the projector is late."""
        count, after = 0, 0
        columns = (*TICKET_COLUMNS, tickets.c.stages, tickets.c.watch_at, tickets.c.id)
        while True:
            query = (
                sa.select(*columns)
                .where(sa.or_(tickets.c.is_open, tickets.c.clock_runs), tickets.c.id > after)
                .order_by(tickets.c.id)
                .limit(BATCH)
            )
            async with self._database.unhurried():
                async with self._database.explained(), self._database.asking() as connection:
                    found = (await connection.execute(query)).mappings().all()
                for row in found:
                    seen = (row["version"], row["watch_at"])
                    if judged.get(row["id"]) == seen:
                        continue
                    judged[row["id"]] = seen
                    count += await self._recompute_if_moved(row)
                    await asyncio.sleep(0)  # answers come between two of them
            if not found:
                return count
            after = found[-1]["id"]

    async def _recompute_if_moved(self, row: sa.RowMapping) -> int:
        """1 if the deadline is another one now. One with which our own code fails keeps the deadline that it has."""
        try:
            return int(self._moves(row) and await self._recompute_one(row["number"]))
        except Exception as error:
            if is_of_database(error):
                raise
            self._fault("deadlines", row["number"], error)
            return 0

    def _moves(self, row: sa.RowMapping) -> bool:
        """Whether a request's deadline, or when it must be checked, is another one by the present rules. Most are not:
        these are neither locked nor written."""
        ticket, rules = to_ticket(row), self._rules()
        found = None if ticket.clock.ended_at is not None else rules.deadline(ticket)
        if found is not None and not _is_due(ticket, found.due_at):
            return True
        look = next_look(ticket, rules, row["stages"])
        return bool(row["watch_at"] != (None if look is None else milliseconds(look)))

    async def _due(self, until: int, after: tuple[int, int], *, pressing: bool) -> list[tuple[str, int, int]]:
        query = (
            sa.select(tickets.c.number, tickets.c.watch_at, tickets.c.id)
            .where(
                tickets.c.watch_at.is_not(None),
                tickets.c.watch_at <= until,
                sa.tuple_(tickets.c.watch_at, tickets.c.id) > sa.tuple_(*map(sa.literal, after)),
            )
            .order_by(tickets.c.watch_at, tickets.c.id)
            .limit(BATCH)
        )
        if pressing:
            query = query.where(self._presses())
        async with self._database.explained(), self._database.asking() as connection:
            return [(number, at, place) for number, at, place in await connection.execute(query)]

    def _presses(self) -> "sa.ColumnElement[bool]":
        """Whether minutes count: an urgent request, or a clock with a limit in minutes. Without them all is looked at
        too, so a request that this misses is only later."""
        in_minutes = goes_by(self._rules(), lambda one: one.counts == "minutes" or one.accept_minutes is not None)
        return sa.or_(tickets.c["class"] == "urgent", in_minutes)

    async def _try(self, number: str) -> None:
        """Check a request; if our own code fails with it, later, while the others are checked."""
        try:
            await self._look_at(number)
            self._faults.pop(number, None)
        except Exception as error:
            if is_of_database(error):
                raise
            self._fault("deadlines", number, error)
            self._faults[number] = self._faults.get(number, 0) + 1
            later = {"watch_at": milliseconds(self._clock() + pause_s(self._faults[number]))}
            async with self._database.explained(), self._database.writing() as connection:
                await connection.execute(sa.update(tickets).where(tickets.c.number == number).values(later))

    async def _look_at(self, number: str) -> None:
        async with locked(self._database, number) as (connection, ticket, stages):
            rules, at = self._rules(), round(self._clock(), 3)
            done = by_time(ticket, stages, at, rules)
            writes = Writes(rules)
            if done.changes:
                writes.changed(done.changes, stages)
            for stage, effect in done.told:
                found = list(consequences(effect, done.ticket, rules))
                writes.add(number, done.ticket.version, at, found, named=f"{stage}/")
            await writes.flush(connection)
            row = ticket_row(done.ticket, rules, done.stages)
            kept = {"stages": row["stages"], "watch_at": row["watch_at"]}
            await connection.execute(sa.update(tickets).where(tickets.c.number == number).values(kept))

    async def _recompute_one(self, number: str) -> bool:
        async with locked(self._database, number) as (connection, ticket, stages):
            rules, at = self._rules(), round(self._clock(), 3)
            found = None if ticket.clock.ended_at is not None else rules.deadline(ticket)
            if found is None or _is_due(ticket, found.due_at):  # warnings and answers may have other times all the same
                watch_at = ticket_row(ticket, rules, stages)["watch_at"]
                await connection.execute(sa.update(tickets).where(tickets.c.number == number).values(watch_at=watch_at))
                return False
            detail = {"before": ticket.due_at, "after": found.due_at}
            made = changed(ticket, SYSTEM, at, rules, "deadline", {"due_at": found.due_at}, detail=detail)
            writes = Writes(rules)
            writes.changed([made], ())
            await writes.flush(connection)
            return True


def _is_due(ticket: Ticket, at: float | None) -> bool:
    """Whether a request is due at that time, to the millisecond: the tables keep no more of it."""
    if at is None or ticket.due_at is None:
        return at is ticket.due_at
    return milliseconds(at) == milliseconds(ticket.due_at)
