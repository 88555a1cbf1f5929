"""How citizens learn outcomes: the next step for each, what the line is asked for, and what came of it.

`tickets.outcome.plan` decides; here is what was tried. A step is one transaction, with the request's row locked: a try
is a row before the line hears of it, and the line knows it by its name. So a process that dies anywhere leaves a row
that says what may have happened, and nobody is called twice."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import number_key, spellings
from storage.columns import milliseconds
from storage.database import Database
from storage.requests import outcome_statements as statements
from storage.requests.due_rows import DueRows
from storage.requests.faults import Fault, reraise
from storage.requests.locking import locked
from storage.requests.outcome_facts import attempts, by_wish, outbox, wish_name
from storage.requests.outcome_tasks import no_person, task_of
from storage.requests.outcome_texts import LOOK_S, send_text, state_of_text
from storage.requests.public import give_code, may_know_code
from storage.requests.relatives import told_by_relative
from storage.requests.rows import TICKET_COLUMNS, tickets, to_ticket
from storage.requests.unreported import LOST_S, settle_unreported, unreported
from storage.requests.writes import Writes
from tickets import scoring
from tickets.changes import Changed, Rules
from tickets.moves import Wish, move
from tickets.outcome.hours import allowed_until
from tickets.outcome.no_calls import no_calls
from tickets.outcome.plan import AskPerson, Attempt, Call, OutcomeRules, Settle, Step, Text, Wait, next_step
from tickets.outcome.relatives import Relative
from tickets.outcome.words import Spoken, parts
from tickets.privacy.named import TOLD_IN
from tickets.states import OUTCOMES, Outcome
from tickets.ticket import SYSTEM, Ticket

AGAIN_S = 5.0
"""When a step that could not be made is looked at again."""
RELATIVE_S = 60.0
"""When an outcome that the citizen may have heard in a call about another request is looked at again."""
MOST = 20
"""So many calls wait in the line at once."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A try that the line must hear of. It may have heard of it already."""

    wish: str
    number: str
    """The citizen's."""
    service: str
    language: str
    made_at: float
    not_after: float
    automatic: bool = False
    number_of: str = ""
    """The request."""
    outcome: Outcome = "resolved"
    words: tuple[Spoken, ...] = ()
    """What an automatic call says, in order."""


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that are not wanted any more, and the outbox's row that says so."""

    row: int
    calls: tuple[str, ...]


class Outcomes:
    """The tellings of one database. Raises `storage.database.DatabaseError`."""

    def __init__(
        self,
        database: Database,
        rules: Callable[[], Rules],
        telling: Callable[[], OutcomeRules],
        clock: Callable[[], float],
        fault: Fault = reraise,
    ) -> None:
        self._database = database
        self._rules = rules
        self._telling = telling
        self._clock = clock
        self._fault = fault
        is_outcome = outbox.c.kind == "outcome"
        self._due = DueRows(database, rules, clock, fault, which=is_outcome, part="outcomes", task="outcome")

    async def step(self) -> int:
        """Make the next step for each outcome that is due; how many there were."""
        await settle_unreported(self._database, self._clock(), self._telling().report_s)
        return await self._due.each(self._step)

    async def wanted(self) -> Sequence[Wanted]:
        """Tries that the line has not said it has, oldest first. One whose outcome need not be told any more, or not to
        this number or not by a call, is wanted with its hours over: the line refuses it, unless it has it already."""
        rules, telling, at = self._rules(), self._telling(), self._clock()
        statement, texts = statements.wanted(self._database.engine.dialect), {}
        rows = await statement.asked_shortly(self._database, {})
        if not rows:
            return []
        if any(row["automatic"] for row in rows):
            async with self._database.explained(), self._database.reading() as connection:
                rows = await statement.rows(connection, {})
                texts = await self._words(connection, [row["number"] for row in rows if row["automatic"]])
        until = allowed_until(at, telling.hours, rules.town.calendar, rules.zone)
        return [
            Wanted(
                wish=wish_name(row["number"], row["outcome"], row["attempt"], row["opened_at"]),
                number=row["caller"],
                service=row["service"],
                language=row["language"],
                made_at=row["at"] / 1000,
                not_after=until if _is_wanted(row) else 0.0,
                automatic=row["automatic"],
                number_of=row["number"],
                outcome=row["state"],
                words=texts.get(row["number"], ()),
            )
            for row in rows
        ]

    async def _words(self, connection: AsyncConnection, numbers: Sequence[str]) -> dict[str, tuple[Spoken, ...]]:
        """What is said of the outcomes of these requests, by number."""
        query = sa.select(*TICKET_COLUMNS).where(tickets.c.number.in_(numbers))
        found = [to_ticket(row) for row in (await connection.execute(query)).mappings()]
        return {one.number: self._say(one) for one in found if one.outcome is not None}

    def _say(self, ticket: Ticket) -> tuple[Spoken, ...]:
        """What is said of an outcome; nothing where our own code cannot tell: the call then says that there is one."""
        rules = self._rules()
        try:
            return parts(ticket, rules.town, rules.zone)
        except Exception as error:
            self._fault("outcomes", ticket.number, error)
            return ()

    async def ended_call(self, wish: str) -> str | None:
        """The request whose try has this name, if its call is over; None if it is not, or if there is no such try."""
        try:
            named = by_wish(wish)
        except ValueError:
            return None
        query = sa.select(attempts.c.number).where(*named, attempts.c.ended_at.is_not(None))
        async with self._database.explained(), self._database.asking() as connection:
            number: str | None = (await connection.execute(query)).scalar_one_or_none()
        return number

    async def withdrawn(self) -> Sequence[Withdrawal]:
        """Outcomes that were settled meanwhile, or are to be told to another number or by no call, with the calls that
        the line has still for nothing. One whose try the line has not answered for is looked at later."""
        now = {"now": milliseconds(self._clock())}
        rows = await statements.withdrawn(self._database.engine.dialect).asked_shortly(self._database, now)
        found: list[Withdrawal] = []
        if not rows:
            return found
        async with self._database.explained(), self._database.writing() as connection:
            for one in rows:
                row = one["id"]
                calls = await _calls_for_nothing(connection, one["number"], one["payload"]["outcome"])
                if None in calls:
                    await _set(connection, row, next_at=milliseconds(self._clock() + AGAIN_S))
                else:
                    found.append(Withdrawal(row=row, calls=tuple(call for call in calls if call is not None)))
        return found

    async def withdrew(self, one: Withdrawal) -> None:
        """The line has been told. An outcome that still waits is looked at: it may have to be told without a call."""
        at = milliseconds(self._clock())
        number = sa.select(outbox.c.number).where(outbox.c.id == one.row).scalar_subquery()
        waits = (outbox.c.number == number, outbox.c.kind == "outcome", outbox.c.state == "pending")
        async with self._database.explained(), self._database.writing() as connection:
            await _set(connection, one.row, state="done", done_at=at)
            await connection.execute(sa.update(outbox).where(*waits).values(next_at=at))

    async def _step(self, row: int, number: str) -> None:
        async with locked(self._database, number) as (connection, ticket, stages):
            query = sa.select(outbox.c.payload, outbox.c.version)
            found = (await connection.execute(query.where(outbox.c.id == row, outbox.c.state == "pending"))).first()
            if found is None:
                return
            payload, version = found
            at = round(self._clock(), 3)
            if ticket.state not in OUTCOMES or payload["outcome"] != ticket.outcomes:
                await _set(connection, row, state="dropped")
                return
            text = await state_of_text(connection, ticket, since=version)
            if text == "pending":
                await _set(connection, row, next_at=milliseconds(at + LOOK_S))
                return
            if text == "failed":  # a person has its task
                await give_code(connection, number, at)
                await _set(connection, row, state="done", done_at=milliseconds(at))
                return
            tried = await self._attempts(connection, ticket, at)
            asked_not_to = (
                bool(tried) and tried[-1]["result"] == "no_calls" and _same(tried[-1]["caller"], ticket.caller)
            )
            if asked_not_to and ticket.contact == "call":
                ticket = await self._call_no_more(connection, ticket, stages, at)
            if not tried or _is_untold(tried[-1]):
                relative = await told_by_relative(connection, ticket)
                if relative is not None:
                    await self._told_with(connection, row, ticket, stages, relative, at)
                    return
            step = await self._next(connection, ticket, tried, at)
            await self._make(connection, row, ticket, stages, tried, step, at)

    async def _told_with(
        self,
        connection: AsyncConnection,
        row: int,
        ticket: Ticket,
        stages: tuple[str, ...],
        relative: Relative,
        at: float,
    ) -> None:
        """The citizen has heard it in a call about another request of theirs, or the step for that one says so soon; a
        person may have to."""
        if not relative.is_told:
            await _set(connection, row, next_at=milliseconds(at + RELATIVE_S))
            return
        rules, note = self._rules(), f"{TOLD_IN}{relative.ticket.number}"
        await _tell(connection, ticket, stages, Settle(how="parent"), at, rules, note=note)
        await _set(connection, row, state="done", done_at=milliseconds(at))

    async def _call_no_more(
        self, connection: AsyncConnection, ticket: Ticket, stages: tuple[str, ...], at: float
    ) -> Ticket:
        """The citizen has said by a key that they want no calls about it; the agent of a call has said it otherwise."""
        made = no_calls(ticket, SYSTEM, at, self._rules())
        assert isinstance(made, Changed), made
        writes = Writes(self._rules())
        # The try is over, so no call waits, and this step goes on with the outcome.
        writes.changed([msgspec.structs.replace(made, follows=())], stages)
        await writes.flush(connection)
        return made.ticket

    async def _next(self, connection: AsyncConnection, ticket: Ticket, tried: Sequence[Any], at: float) -> Step:
        rules = self._rules()
        calling = sa.select(attempts.c.caller).where(*_under_way(at))
        in_use = {way for number in (await connection.execute(calling)).scalars() for way in spellings(number)}
        past = [
            Attempt(
                at=one["at"] / 1000,
                number=ticket.caller if _same(one["caller"], ticket.caller) else one["caller"],
                result=one["result"],
                automatic=one["automatic"],
            )
            for one in tried
        ]
        known = bool(ticket.caller) or await may_know_code(connection, ticket)
        telling, town, zone = self._telling(), rules.town, rules.zone
        return next_step(ticket, past, at, telling, town.calendar, zone, in_use=in_use, has_code=known)

    async def _make(
        self,
        connection: AsyncConnection,
        row: int,
        ticket: Ticket,
        stages: tuple[str, ...],
        tried: Sequence[Any],
        step: Step,
        at: float,
    ) -> None:
        rules = self._rules()
        if isinstance(step, Call | Text):
            await no_person(connection, ticket, at, rules)
        match step:
            case Wait():
                await _set(connection, row, next_at=milliseconds(self._next_look(tried[-1])))
            case Call() if step.at > at:
                await _set(connection, row, next_at=milliseconds(step.at))
            case Call() if step.why or await self._are_many(connection, automatic=step.automatic):
                await _set(connection, row, next_at=milliseconds(at + AGAIN_S))
            case Call():
                attempt = tried[-1]["attempt"] + 1 if tried else 1
                await _try(connection, ticket, attempt, at, automatic=step.automatic)
                await _set(connection, row, next_at=milliseconds(at + LOST_S))
            case Text() if step.at > at:
                await _set(connection, row, next_at=milliseconds(step.at))
            case Text():
                await send_text(connection, ticket, at, rules)
                await _set(connection, row, next_at=milliseconds(at + LOOK_S))
            case Settle():
                score = tried[-1]["score"] if tried and step.how == "automatic" else None
                await _tell(connection, ticket, stages, step, at, rules, score)
                await _set(connection, row, state="done", done_at=milliseconds(at))
            case AskPerson():
                writes = Writes(rules)
                task = await task_of(connection, ticket, step.task)
                writes.add(ticket.number, ticket.version, at, [task], named="outcome/")
                await writes.flush(connection)
                if step.publish:
                    await give_code(connection, ticket.number, at)
                await _set(connection, row, state="done", done_at=milliseconds(at))

    async def _attempts(self, connection: AsyncConnection, ticket: Ticket, at: float) -> list[dict[str, Any]]:
        """Return the tries of the present outcome. A try without a report becomes a person's task: nobody reported what
        came of the talk, or the line took the call and has said nothing of it for too long."""
        query = (
            sa.select(attempts)
            .where(attempts.c.number == ticket.number, attempts.c.outcome == ticket.outcomes)
            .order_by(attempts.c.attempt)
            .with_for_update()
        )
        found = [dict(one) for one in (await connection.execute(query)).mappings()]
        last = found[-1] if found else None
        if last is not None and last["result"] == "calling" and self._next_look(last) <= at:
            last["result"] = unreported(last["call"] is not None)
            own = (attempts.c.number == ticket.number, attempts.c.outcome == ticket.outcomes)
            where = (*own, attempts.c.attempt == last["attempt"])
            await connection.execute(sa.update(attempts).where(*where).values(result=last["result"]))
        return found

    def _next_look(self, last: Any) -> float:
        """When a try that is under way is looked at again, should nobody say anything of it."""
        if last["ended_at"] is not None:
            return float(last["ended_at"] / 1000 + self._telling().report_s)
        return float(last["at"] / 1000 + LOST_S)

    async def _are_many(self, connection: AsyncConnection, *, automatic: bool) -> bool:
        """Whether so many calls wait for an agent, or so many automatic ones are up, that another one must wait."""
        own = attempts.c.ended_at if automatic else attempts.c.began_at
        query = sa.select(sa.func.count()).where(
            *_under_way(self._clock()), attempts.c.automatic.is_(automatic), own.is_(None)
        )
        most = self._telling().at_once if automatic else MOST
        return int((await connection.execute(query)).scalar_one()) >= most


def _under_way(at: float) -> tuple[Any, ...]:
    """Tries that are under way. One without a report for so long is lost: it may be of an outcome that a restored copy
    does not have."""
    return attempts.c.result == "calling", attempts.c.at > milliseconds(at - LOST_S)


def _is_wanted(row: Any) -> bool:
    """Whether the outcome of a try has yet to be told, to this number, to somebody who wants to be called."""
    due = row["state"] in OUTCOMES and row["outcomes"] == row["outcome"]
    return due and row["contact"] == "call" and _same(row["caller"], row["caller_now"])


def _is_untold(tried: Any) -> bool:
    """Whether the citizen has heard nothing in this try."""
    if tried["result"] == "calling":
        return tried["began_at"] is None
    return tried["result"] not in ("told", "told_in_part", "declined")


def _same(one: str, other: str) -> bool:
    """Whether two ways to write a number are of the same."""
    return number_key(one) == number_key(other)


async def _calls_for_nothing(connection: AsyncConnection, number: str, outcome: int) -> list[str | None]:
    """Calls that wait to tell an outcome that need not be told any more, or not to their number, or not by a call; None
    for one of which the line has said nothing."""
    query = (
        sa.select(
            attempts,
            *(tickets.c[name] for name in ("state", "outcomes", "contact")),
            tickets.c.caller.label("caller_now"),
        )
        .select_from(attempts.join(tickets, tickets.c.number == attempts.c.number))
        .where(
            attempts.c.number == number,
            attempts.c.outcome == outcome,
            attempts.c.result == "calling",
            attempts.c.began_at.is_(None),
        )
    )
    return [row["call"] for row in (await connection.execute(query)).mappings() if not _is_wanted(row)]


async def _try(connection: AsyncConnection, ticket: Ticket, attempt: int, at: float, *, automatic: bool) -> None:
    row = {
        "number": ticket.number,
        "outcome": ticket.outcomes,
        "attempt": attempt,
        "at": milliseconds(at),
        "caller": ticket.caller,
        "result": "calling",
        "automatic": automatic,
    }
    await connection.execute(sa.insert(attempts), row)


async def _tell(
    connection: AsyncConnection,
    ticket: Ticket,
    stages: tuple[str, ...],
    step: Settle,
    at: float,
    rules: Rules,
    score: int | None = None,
    note: str = "",
) -> None:
    """The request is told, in this way; the citizen's score closes it, or opens a task."""
    made = move(ticket, Wish(to="told", how=step.how, note=note), SYSTEM, at, rules)
    assert isinstance(made, Changed), made
    all_made = [made]
    if score is not None:
        scored = scoring.score(made.ticket, score, SYSTEM, at, rules)
        assert isinstance(scored, Changed), scored
        closed = scoring.close_by_score(scored.ticket, at, rules)
        all_made += [scored] if closed is None else [scored, closed]
    writes = Writes(rules)
    writes.changed(all_made, stages)
    found = [] if step.task is None else [await task_of(connection, ticket, step.task)]
    writes.add(ticket.number, all_made[-1].ticket.version, at, found, named="outcome/")
    await writes.flush(connection)
    if step.publish:
        await give_code(connection, ticket.number, at)


async def _set(connection: AsyncConnection, row: int, **values: Any) -> None:
    await connection.execute(sa.update(outbox).where(outbox.c.id == row).values(values))
