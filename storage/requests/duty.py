"""People on duty who are rung about urgent requests: the next step for each, and what the line is asked for.

`tickets.duty` decides; here is what was tried. A ring is a row before the line hears of it, and the line knows it by
its name. So a process that dies anywhere leaves a row that says what may have happened."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds, table_of
from storage.compiled import Compiled
from storage.database import Database
from storage.requests.due_rows import BATCH, IS_PENDING, DueRows
from storage.requests.duty_facts import outbox, rings, wish_name
from storage.requests.faults import Fault, reraise
from storage.requests.locking import locked
from storage.requests.rows import TICKET_COLUMNS, tickets, to_ticket
from storage.requests.tables import TaskRow
from storage.requests.without_unit import NAMED, RUNG, without_unit
from storage.requests.writes import TOO_LATE_TO_RING, Writes
from tickets.changes import Rules
from tickets.deliveries import consequences
from tickets.duty import (
    ROUNDS,
    NobodyReached,
    Pause,
    Ring,
    RingNow,
    RingResult,
    WaitForAnswer,
    next_ring,
    on_duty,
)
from tickets.duty_ring import Unreached, nobody, spoken
from tickets.effects import NotifyUnit, OpenTask
from tickets.ticket import Ticket
from tickets.town.model import Person

tasks = table_of(TaskRow)

Record = dict[str, Any]

WISH_S = 30.0
"""Seconds within which the line must have heard of a ring; later it does not ring."""
HEARD_S = 75.0
"""Seconds after the ring within which the line says what came of it."""
AGAIN_S = 300.0
"""Seconds from a list that is used up to its next beginning, with one round."""
AGAIN_FOR_S = 3600.0
"""Seconds after the first list that was used up in which it is begun again."""
FAULT_AGAIN_S = 60.0
"""Seconds to the next beginning, if faults alone used the list up; after a longer fault a fifth of its time, up to
`AGAIN_S`."""
FAULT_AGAIN_FOR_S = 8 * 3600.0
"""Seconds in which a list is begun again that no telephone rang for: a night."""
OVER_S = FAULT_AGAIN_FOR_S + 2 * AGAIN_FOR_S
"""Nobody is rung about what was asked for longer ago: no list lasts so long. It waited in an old copy of the database,
or the desk was away for a night."""
_RESULTS: dict[str, RingResult] = {
    "ringing": "ringing", "accepted": "accepted", "declined": "declined", "no_answer": "no_answer",
    "busy": "busy", "unreachable": "unreachable", "failed": "failed", "withdrawn": "failed",
}  # fmt: skip


class WantedRing(msgspec.Struct, frozen=True, kw_only=True):
    """A ring that the line must hear of. It may have heard of it already."""

    wish: str
    request: str
    phone: str
    prompts: tuple[str, ...]
    not_after: float
    last: bool


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is rung for no more, and the outbox's row that says so. `rings`: the line may have a ring."""

    row: int
    request: str
    rings: bool


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of the outbox's row: for whom people are rung, and how far that has come."""

    unit: str
    alarmed: bool = False
    """The head of the unit was told that the first person did not accept."""
    after: int | None = None
    """The number of the request's last ring when the list was used up last."""
    until: float | None = None
    """Until when the list is begun again, once it was used up by people whose telephones rang."""

    @property
    def rounds(self) -> int:
        """How often each person is rung before the list is used up."""
        return ROUNDS if self.until is None else 1

    @property
    def fault_rounds(self) -> int:
        """After how many faults in a row a person is left out: one is enough to see that the trunk is still away."""
        return ROUNDS if self.after is None else 1


class DutyCalls:
    """The duty rings of one database. `ring_s` gives how long a telephone rings; 0: nobody is rung. Raises
    `storage.database.DatabaseError`."""

    def __init__(
        self,
        database: Database,
        rules: Callable[[], Rules],
        ring_s: Callable[[], float],
        clock: Callable[[], float],
        fault: Fault = reraise,
    ) -> None:
        self._database = database
        self._rules = rules
        self._ring_s = ring_s
        self._clock = clock
        self._fault = fault
        which = sa.and_(outbox.c.kind == "line", outbox.c.about == "ring_duty")
        self._due = DueRows(database, rules, clock, fault, which=which, part="duty", task="duty_unanswered")

    async def step(self) -> None:
        """Make the next step for each request that is due."""
        await self._due.each(self._step)

    async def wanted(self) -> Sequence[WantedRing]:
        """Rings that the line has not said it has, oldest first."""
        wished = {"wished_since": milliseconds(self._clock() - WISH_S)}
        return [
            WantedRing(
                wish=wish_name(row["number"], row["ring"], row["at"]),
                request=row["number"],
                phone=row["phone"],
                prompts=self._spoken(to_ticket(row)),
                not_after=row["at"] / 1000 + WISH_S,
                last=row["last"],
            )
            for row in await _wanted(self._database.engine.dialect).asked_shortly(self._database, wished)
        ]

    def _spoken(self, ticket: Ticket) -> tuple[str, ...]:
        """The prompts that say a request; none where our own code cannot tell: whoever is rung accepts it unheard."""
        try:
            return spoken(ticket, self._rules())
        except Exception as error:
            self._fault("duty", ticket.number, error)
            return ()

    async def alarms(self) -> Sequence[Record]:
        """Requests for which nobody on duty has been found, the oldest first, with the fields of
        `console.notices.DutyAlarm`: those that wait for somebody after a first ring that came to nothing, and those
        that no unit has, for which nobody is rung; with the outside `body` that does it, those that nobody has passed
        on in time. One is over when it is accepted or, while a unit has it, when its
        task `duty_unanswered` is done."""
        async with self._database.explained(), self._database.asking() as connection:
            rows: list[Record] = [dict(row) for row in (await connection.execute(_unaccepted())).mappings()]
            rows += await without_unit(connection, self._rules(), self._clock())
        found = [{**row, "since": row["since"] / 1000, "over": bool(row["over"])} for row in rows]
        return sorted(found, key=lambda one: one["since"])

    async def withdrawn(self) -> Sequence[Withdrawn]:
        """Requests that somebody accepted meanwhile."""
        found = await _withdrawn(self._database.engine.dialect).asked_shortly(self._database, {})
        return [Withdrawn(row=one["id"], request=one["number"], rings=bool(one["rings"])) for one in found]

    async def withdrew(self, row: int) -> None:
        """The line has been told."""
        async with self._database.explained(), self._database.writing() as connection:
            await self._set(connection, row, state="done", done_at=milliseconds(self._clock()))

    async def _step(self, row: int, number: str) -> None:
        async with locked(self._database, number) as (connection, ticket, stages):
            query = sa.select(outbox.c.payload, outbox.c.made_at)
            query = query.where(outbox.c.id == row, outbox.c.state == "pending")
            found = (await connection.execute(query)).one_or_none()
            if found is None:
                return
            at, asked = round(self._clock(), 3), msgspec.convert(found.payload, Asked)
            waits = ticket.state == "assigned" and ticket.unit == asked.unit
            if waits and ticket.parent is not None:
                waits = not await self._has_taken(connection, ticket.parent)
            if not waits or not self._ring_s():
                await self._set(connection, row, state="dropped")
            elif asked.after is not None and not await self._undecided(connection, number):
                await self._set(connection, row, state="done", done_at=milliseconds(at))
            elif milliseconds(at - OVER_S) > found.made_at:
                task = OpenTask(number=number, kind="duty_unanswered", why=TOO_LATE_TO_RING)
                await self._tell(connection, ticket, at, [task])
                await self._set(connection, row, state="dropped")
            else:
                await self._ring(connection, row, asked, ticket, stages, at)

    async def _ring(
        self,
        connection: AsyncConnection,
        row: int,
        asked: Asked,
        ticket: Ticket,
        stages: tuple[str, ...],
        at: float,
    ) -> None:
        rules = self._rules()
        local = datetime.fromtimestamp(at, rules.zone)
        people = on_duty(rules.town.shifts, asked.unit, local, rules.town.calendar)
        lost_s = WISH_S + self._ring_s() + HEARD_S
        tried = await self._tried(connection, row, asked.after or 0, at - lost_s)
        taken = await self._taken(connection, [one.phone for one in people], at - lost_s)
        rounds, faults = asked.rounds, asked.fault_rounds
        step = next_ring(people, tried, at, ring_s=lost_s, rounds=rounds, fault_rounds=faults, taken=taken)
        if isinstance(step, RingNow | Pause) and tried and not asked.alarmed:
            asked = msgspec.structs.replace(asked, alarmed=True)
            await self._tell(connection, ticket, at, [_alarm(ticket)])
            await self._set(connection, row, payload=msgspec.to_builtins(asked))
        match step:
            case WaitForAnswer(until=until) | Pause(until=until):
                await self._set(connection, row, next_at=milliseconds(until))
            case RingNow(person=person):
                declined = Ring(person=person, at=at, result="declined")
                then = next_ring(people, [*tried, declined], at, rounds=rounds, fault_rounds=faults)
                last = asked.until is None and isinstance(then, NobodyReached)
                await self._add(connection, row, ticket, person, at, last=last)
                await self._set(connection, row, next_at=milliseconds(at + lost_s))
            case NobodyReached(rung=rung):
                if asked.after is None or (rung and asked.until is None):
                    await self._nobody(connection, ticket, stages, at, "not_accepted" if rung else _why(tried))
                await self._begin_again(connection, row, asked, ticket, at, rung=rung, tried=bool(tried))
            case _:  # accepted, and the request was moved since
                await self._set(connection, row, state="done", done_at=milliseconds(at))

    async def _nobody(
        self, connection: AsyncConnection, ticket: Ticket, stages: tuple[str, ...], at: float, why: Unreached
    ) -> None:
        """The list is used up: the request says so, and a person must find somebody."""
        writes = Writes(self._rules())
        made = nobody(ticket, why, at, self._rules())
        writes.changed([made], stages)
        await writes.flush(connection)
        task = OpenTask(number=ticket.number, kind="duty_unanswered", why=made.entry.note)
        await self._tell(connection, made.ticket, at, [_alarm(ticket), task])

    async def _begin_again(
        self,
        connection: AsyncConnection,
        row: int,
        asked: Asked,
        ticket: Ticket,
        at: float,
        *,
        rung: bool,
        tried: bool,
    ) -> None:
        """Have the list begun again after a pause, for a time: whoever slept or talked may be reached then."""
        until = asked.until
        if until is None and rung:
            until = at + AGAIN_FOR_S
        query = sa.select(outbox.c.made_at).where(outbox.c.id == row)
        made_at = (await connection.execute(query)).scalar_one() / 1000
        end = made_at + FAULT_AGAIN_FOR_S if until is None else until
        pause_s = min(AGAIN_S, max(FAULT_AGAIN_S, (at - made_at) / 5)) if tried and not rung else AGAIN_S
        then = at + pause_s
        if then > end:
            await self._set(connection, row, state="done", done_at=milliseconds(at))
            return
        count = (await connection.execute(_count_of(ticket.number))).scalar_one()
        again = msgspec.structs.replace(asked, after=count, until=until)
        await self._set(connection, row, payload=msgspec.to_builtins(again), next_at=milliseconds(then))

    async def _has_taken(self, connection: AsyncConnection, parent: str) -> bool:
        """Whether somebody sees to the request of which this one is a duplicate."""
        query = sa.select(tickets.c.state).where(tickets.c.number == parent)
        return (await connection.execute(query)).scalar_one_or_none() not in ("new", "assigned")

    async def _undecided(self, connection: AsyncConnection, number: str) -> bool:
        """Whether the lead has yet to do what the list has left to them."""
        left = (tasks.c.number == number, tasks.c.kind == "duty_unanswered", tasks.c.done_at.is_(None))
        return bool((await connection.execute(sa.select(sa.exists().where(*left)))).scalar_one())

    async def _tried(self, connection: AsyncConnection, row: int, after: int, lost: float) -> list[Ring]:
        """The rings for this row since the list was begun. A ring asked for before `lost` of which the line has never
        said that it rings is a fault of the line."""
        query = sa.select(rings).where(rings.c.duty == row, rings.c.ring > after).order_by(rings.c.ring)
        return [
            Ring(
                person=Person(name=one["person"], phone=one["phone"]),
                at=one["at"] / 1000,
                result=_RESULTS["failed" if _unheard(one, lost) else one["result"]],
                ended_at=None if one["ended_at"] is None else one["ended_at"] / 1000,
            )
            for one in (await connection.execute(query)).mappings()
        ]

    async def _taken(self, connection: AsyncConnection, phones: Sequence[str], since: float) -> frozenset[str]:
        """Those of the telephones that ring, asked for after `since`."""
        query = sa.select(rings.c.phone).where(
            rings.c.phone.in_(phones), rings.c.result == "ringing", rings.c.at > milliseconds(since)
        )
        return frozenset((await connection.execute(query)).scalars())

    async def _add(
        self, connection: AsyncConnection, row: int, ticket: Ticket, person: Person, at: float, *, last: bool
    ) -> None:
        values = {
            "number": ticket.number,
            "ring": (await connection.execute(_count_of(ticket.number))).scalar_one() + 1,
            "duty": row,
            "unit": ticket.unit,
            "person": person.name,
            "phone": person.phone,
            "at": milliseconds(at),
            "result": "ringing",
            "last": last,
        }
        await connection.execute(sa.insert(rings), values)

    async def _tell(
        self, connection: AsyncConnection, ticket: Ticket, at: float, effects: Sequence[NotifyUnit | OpenTask]
    ) -> None:
        writes = Writes(self._rules())
        for effect in effects:
            found = list(consequences(effect, ticket, self._rules()))
            writes.add(ticket.number, ticket.version, at, found, named=f"duty/{type(effect).__name__}/")
        await writes.flush(connection)

    async def _set(self, connection: AsyncConnection, row: int, **values: Any) -> None:
        await connection.execute(sa.update(outbox).where(outbox.c.id == row).values(values))


def _unaccepted() -> Any:
    """What a unit has and nobody on duty has accepted after a first ring."""
    tried = sa.exists().where(rings.c.duty == outbox.c.id, rings.c.result.not_in(("ringing", "accepted")))
    task = (tasks.c.number == tickets.c.number, tasks.c.kind == "duty_unanswered")
    decided = sa.exists().where(*task, tasks.c.done_at > outbox.c.made_at)
    going = sa.exists().where(outbox.c.number == tickets.c.number, _pending("ring_duty"), tried, ~decided)
    unanswered = (*task, tasks.c.done_at.is_(None))
    left = sa.exists().where(*unanswered)
    first = sa.select(sa.func.min(rings.c.at)).where(rings.c.number == tickets.c.number).scalar_subquery()
    opened = sa.select(tasks.c.opened_at).where(*unanswered).scalar_subquery()  # one task of a kind is open at most
    return (
        sa.select(*NAMED, RUNG.label("rung"), sa.func.coalesce(first, opened).label("since"), left.label("over"))
        .where(tickets.c.state == "assigned", sa.or_(going, left))
        .order_by(tickets.c.id)
        .limit(BATCH)
    )


def _pending(about: str) -> Any:
    return sa.and_(outbox.c.kind == "line", outbox.c.about == about, IS_PENDING)


@lru_cache(maxsize=4)
def _wanted(dialect: sa.Dialect) -> Compiled:
    """Rings that the line has not said it has, since a time."""
    joined = rings.join(tickets, tickets.c.number == rings.c.number).join(outbox, outbox.c.id == rings.c.duty)
    wanted = (
        sa.select(rings.c.ring, rings.c.phone, rings.c.at, rings.c.last, *TICKET_COLUMNS)
        .select_from(joined)
        .where(
            rings.c.result == sa.literal_column("'ringing'"),
            IS_PENDING,
            rings.c.rung_at.is_(None),
            rings.c.at > sa.bindparam("wished_since", type_=sa.BigInteger),
            tickets.c.state == "assigned",
        )
        .order_by(rings.c.at)
    )
    return Compiled(wanted, dialect)


@lru_cache(maxsize=4)
def _withdrawn(dialect: sa.Dialect) -> Compiled:
    """Requests for which nobody is to be rung any more."""
    ringing = sa.exists().where(rings.c.number == outbox.c.number, rings.c.result == "ringing").label("rings")
    found = sa.select(outbox.c.id, outbox.c.number, ringing).where(_pending("stop_ringing"))
    return Compiled(found.limit(sa.literal_column(str(BATCH))), dialect)


def _count_of(number: str) -> Any:
    """How many rings a request has had."""
    return sa.select(sa.func.count()).where(rings.c.number == number)


def _unheard(ring: Any, lost: float) -> bool:
    return ring["result"] == "ringing" and ring["rung_at"] is None and ring["at"] <= milliseconds(lost)


def _why(tried: Sequence[Ring]) -> Unreached:
    return "not_rung" if tried else "off_duty"


def _alarm(ticket: Ticket) -> NotifyUnit:
    return NotifyUnit(number=ticket.number, unit=ticket.unit or "", about="unanswered", head=True)
