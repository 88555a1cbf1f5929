"""What an agent who calls a citizen about an outcome reads, and what they say of it afterwards."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.ids import OUTCOME_MARK
from acd.engine.model.phone_numbers import spellings
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests import once as keys
from storage.requests.had_calls import has_had
from storage.requests.locking import lock
from storage.requests.once import Once
from storage.requests.outcome_facts import attempts, by_wish, outbox
from storage.requests.rows import TICKET_COLUMNS, history, tickets, to_ticket
from storage.requests.tables import LinkRow
from storage.requests.writes import Writes
from storage.tables import CallRow
from tickets import scoring
from tickets.changes import Changed, Rules, too_long
from tickets.failures import NoSuch, NotGranted
from tickets.moves import UNHEARD, Wish, is_unheard, move
from tickets.number import BadNumber, TicketNumber
from tickets.outcome.anew import heard_after_all
from tickets.outcome.no_calls import no_calls
from tickets.outcome.remarks import remarked
from tickets.outcome.report import IN_CALL, SETTLES, Report
from tickets.outcome.words import say
from tickets.refusals import Refusal
from tickets.states import OUTCOMES
from tickets.ticket import Actor, TellWay, Ticket

calls, links = table_of(CallRow), table_of(LinkRow)

Record = dict[str, Any]


class OutcomeReports:
    """The reports of one database. Raises as `storage.requests.store.RequestStore` does."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def get(self, call: str) -> Record:
        """What the citizen of a call is to be told, and how the call went. The call is about an outcome, or the citizen
        called while an outcome waits to be told to them; else it is `NoSuch`."""
        if OUTCOME_MARK not in call:
            return await self._waiting(call)
        query = sa.select(attempts).where(*_named(call))  # which is there before the line has said that it has it
        async with self._database.explained(), self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                raise NoSuch("call", call)
            found = sa.select(*TICKET_COLUMNS).where(tickets.c.number == row["number"])
            ticket = to_ticket((await connection.execute(found)).mappings().one())
        return self._record({**row, "call": call}, ticket)

    async def report(
        self, call: str, said: Report, actor: Actor, extension: str | None = None, once: Once | None = None
    ) -> Record:
        """How the call went, once: the request is told, its score taken, or the next step is looked for. With an
        `extension` only an agent who had the call may say it. A repetition by the key of `once` changes nothing, and
        its record is marked `repeated`."""
        if OUTCOME_MARK not in call:
            return await self.report_in_call(call, said, actor, extension, once)
        async with self._locked(call) as (connection, row, ticket, stages):
            if await self._taken(connection, once, row["number"]) is not None:
                return {**self._record(row, ticket), "repeated": True}
            refusal = await _refusal(connection, row, ticket, said, extension)
            if refusal is not None:
                raise NotGranted(refusal)
            at = round(self._clock(), 3)
            own = (attempts.c.number == row["number"], attempts.c.outcome == row["outcome"])
            where = (*own, attempts.c.attempt == row["attempt"])
            await connection.execute(sa.update(attempts).where(*where).values(result=said.result))
            if row["outcome"] == ticket.outcomes and ticket.state in OUTCOMES:
                if said.result == "told" and said.score is None:
                    said = msgspec.structs.replace(said, score=row["score"])  # which the citizen gave by a key
                ticket = await self._settle(connection, ticket, stages, said, actor, at, attempt=row["attempt"])
            else:
                ticket = await self._add(connection, ticket, stages, said, actor, at, row)
            return self._record({**row, "result": said.result}, ticket)

    async def _waiting(self, call: str) -> Record:
        """The outcome that waits for the caller of this call. Raises `NoSuch`."""
        async with self._database.explained(), self._database.reading() as connection:
            number = await waiting_for(connection, call)
            query = sa.select(*TICKET_COLUMNS).where(tickets.c.number == number)
            ticket = to_ticket((await connection.execute(query)).mappings().one())
        return self._record(_of_caller(call, ticket), ticket)

    async def report_in_call(
        self, call: str, said: Report, actor: Actor, extension: str | None = None, once: Once | None = None
    ) -> Record:
        """The caller of this call, who was to be called, has been told the outcome of the request that the report
        names; without a name, the oldest that waits for them, if they have been told none in this call yet. No call
        about it follows; one that waits for an agent is taken back."""
        async with self._database.explained(), self._database.writing() as connection:
            before = await self._taken(connection, once, "")
            if before is not None:
                query = sa.select(*TICKET_COLUMNS).where(tickets.c.number == before)
                ticket = to_ticket((await connection.execute(query)).mappings().one())
                return {**self._record(_of_caller(call, ticket), ticket), "result": said.result, "repeated": True}
            found = await lock(connection, await waiting_for(connection, call, said.number))
            if found is None or not _is_to_be_heard(found.ticket):
                raise NoSuch("call", call)  # told meanwhile
            ticket, at = found.ticket, round(self._clock(), 3)
            refusal = await _refusal_in_call(connection, call, said, extension) or await _being_told(connection, ticket)
            if refusal is None and not said.number:
                refusal = await _told_already(connection, call)
            if refusal is not None:
                raise NotGranted(refusal)
            number = ticket.number
            if once is not None:
                await keys.came_to(connection, once, number)
            linked = Writes(self._rules())
            linked.link(number, "call", call, "outcome", at)
            await linked.flush(connection)
            ticket = await self._settle(connection, ticket, found.stages, said, actor, at)
            return self._record({**_of_caller(call, ticket), "result": said.result}, ticket)

    async def _taken(self, connection: AsyncConnection, once: Once | None, number: str) -> str | None:
        """The request of the report that had this key before, if there was one; else the key is that of `number`."""
        if once is None:
            return None
        before = await keys.taken(connection, once, self._clock())
        if before is None and number:
            await keys.came_to(connection, once, number)
        return before

    async def _settle(
        self,
        connection: AsyncConnection,
        ticket: Ticket,
        stages: tuple[str, ...],
        said: Report,
        actor: Actor,
        at: float,
        *,
        attempt: int | None = None,
    ) -> Ticket:
        """What the report changes of the request; another try is for the plan, which looks at once. Without an
        `attempt` it is of a call in which the citizen called."""
        rules = self._rules()
        if said.result not in SETTLES:
            steps = [] if said.result != "no_calls" else [_made(no_calls(ticket, actor, at, rules))]
            steps += remarked(steps[-1].ticket if steps else ticket, said, ticket.outcomes, actor, at, rules)
            ticket = await _written(connection, steps, stages, rules, attempt) if steps else ticket
            pending = (outbox.c.kind == "outcome", outbox.c.number == ticket.number, outbox.c.state == "pending")
            await connection.execute(sa.update(outbox).where(*pending).values(next_at=milliseconds(at)))
            return ticket
        by_call: TellWay = "in_call" if attempt is None else "call"
        how: TellWay = by_call if said.result == "told" else "declined"
        made = heard_after_all(ticket, actor, at, rules, "the citizen called")
        ticket = made[-1].ticket if made else ticket
        note = "" if said.score else said.remark
        made.append(_made(move(ticket, Wish(to="told", how=how, note=note), actor, at, rules)))
        if said.score is not None:
            made += _scored(made[-1].ticket, said.score, said.remark, actor, at, rules)
        return await _written(connection, made, stages, rules, attempt)

    async def _add(
        self,
        connection: AsyncConnection,
        ticket: Ticket,
        stages: tuple[str, ...],
        said: Report,
        actor: Actor,
        at: float,
        row: Any,
    ) -> Ticket:
        """The request was told this outcome otherwise, or by the line itself, before the report came: it gets the score
        and the remark. Raises `NotGranted` where it has a score, or waits for another outcome."""
        rules, outcome = self._rules(), row["outcome"]
        if said.score is None:
            made = remarked(ticket, said, outcome, actor, at, rules)
        else:
            if outcome != ticket.outcomes or ticket.outcome is None:
                allowed = (
                    "the request was reopened since, and this is no score of what follows; say how it went without"
                )
                raise NotGranted(Refusal(code="stale", key="score", value=str(said.score), allowed=allowed))
            made = _scored(ticket, said.score, said.remark, actor, at, rules)
        return await _written(connection, made, stages, rules, row["attempt"]) if made else ticket

    def _record(self, row: Any, ticket: Ticket) -> Record:
        rules = self._rules()
        told = ticket.outcome is not None and row["outcome"] == ticket.outcomes
        return {
            "call": row["call"],
            "number": ticket.number,
            "state": ticket.state,
            "topic": ticket.topic,
            "language": ticket.language,
            "words": say(ticket, "call", rules.town, rules.zone) if told else "",
            "result": row["result"],
            "began_at": None if row["began_at"] is None else row["began_at"] / 1000,
            "score": ticket.score,
        }

    @contextlib.asynccontextmanager
    async def _locked(self, call: str) -> AsyncIterator[tuple[AsyncConnection, Any, Ticket, tuple[str, ...]]]:
        """The try and its request: the request is locked first, as everywhere."""
        async with self._database.explained(), self._database.writing() as connection:
            number = sa.select(attempts.c.number).where(attempts.c.call == call).scalar_subquery()
            found = await lock(connection, number)
            if found is None:
                raise NoSuch("call", call)
            tried = sa.select(attempts).where(attempts.c.call == call).with_for_update()
            row = (await connection.execute(tried)).mappings().one()
            yield connection, row, found.ticket, found.stages


async def waiting_for(connection: AsyncConnection, call: str, wanted: str = "") -> str:
    """The request of which the caller of this call is to be told: the `wanted` one, or the one with the oldest outcome.
    One that nobody has heard, though it counts as told, is among them. What had no outcome before the call was over was
    not told in it. Raises `NoSuch`, and `NotGranted` where the wanted one does not wait for this caller."""
    query = sa.select(calls.c.caller, calls.c.ended_at).where(calls.c.id == call)
    row = (await connection.execute(query)).first()
    if row is None or not row.caller:
        raise NoSuch("call", call)
    untold = tickets.c.state.in_(sorted(OUTCOMES))
    unheard = sa.and_(tickets.c.state == "told", tickets.c.told_how.in_(sorted(UNHEARD)), tickets.c.score.is_(None))
    waiting = (
        sa.select(tickets.c.number)
        .where(tickets.c.caller.in_(spellings(row.caller)), sa.or_(untold, unheard))
        .order_by(tickets.c.outcome_at, tickets.c.number)
    )
    if row.ended_at is not None:
        waiting = waiting.where(tickets.c.outcome_at <= row.ended_at)
    numbers = list((await connection.execute(waiting)).scalars())
    if wanted:
        number = _as_stored(wanted)
        if number not in numbers:
            named = ", ".join(numbers) or "none"
            allowed = f"its outcome does not wait for the caller of this call; of these it does: {named}"
            raise NotGranted(Refusal(code="stale", key="number", value=wanted, allowed=allowed))
        return number
    if not numbers:
        raise NoSuch("call", call)
    return str(numbers[0])


def _is_to_be_heard(ticket: Ticket) -> bool:
    """Whether the citizen who calls can be told the outcome in that call: it waits to be told, or counts as told since
    nobody reached them, and they call back."""
    return ticket.state in OUTCOMES or (ticket.state == "told" and is_unheard(ticket.told_how, ticket.score))


def _as_stored(number: str) -> str:
    try:
        return str(TicketNumber.parse(number))
    except BadNumber:
        return ""


async def _told_already(connection: AsyncConnection, call: str) -> Refusal | None:
    """A refusal if an outcome was told in this call before: a report without a number may be the same one again."""
    in_call = sa.or_(links.c.how == "outcome", tickets.c.told_how == "in_call")
    joined = links.join(tickets, tickets.c.number == links.c.number)
    query = sa.select(links.c.number).select_from(joined).where(links.c.kind == "call", links.c.other == call, in_call)
    told = (await connection.execute(query.order_by(links.c.number).limit(1))).scalar_one_or_none()
    if told is None:
        return None
    allowed = f"the outcome of {told} has been told in this call; give the number of another one that was told too"
    return Refusal(code="already_done", key="number", value="", allowed=allowed)


def _of_caller(call: str, ticket: Ticket) -> Record:
    """A try that there is not: the citizen called themselves."""
    return {"call": call, "outcome": ticket.outcomes, "result": "calling", "began_at": None}


async def _being_told(connection: AsyncConnection, ticket: Ticket) -> Refusal | None:
    """A refusal if the citizen is told in another call at this moment."""
    own = (attempts.c.number == ticket.number, attempts.c.outcome == ticket.outcomes)
    now = sa.select(attempts.c.call).where(*own, attempts.c.result == "calling", attempts.c.began_at.is_not(None))
    if (await connection.execute(now)).first() is None:
        return None
    allowed = "the citizen is told it in another call now"
    return Refusal(code="already_done", key="result", value="told", allowed=allowed)


async def _refusal_in_call(
    connection: AsyncConnection, call: str, said: Report, extension: str | None
) -> Refusal | None:
    """Why this cannot be said of a call in which the citizen called."""
    if said.result not in IN_CALL:
        allowed = f"{', '.join(IN_CALL)} can be said of one who called"
        return Refusal(code="not_allowed", key="result", value=said.result, allowed=allowed)
    if said.score is not None and said.result != "told":
        allowed = "a score is of an outcome that was told"
        return Refusal(code="not_allowed", key="score", value=str(said.score), allowed=allowed)
    if extension is not None and not await has_had(connection, call, extension):
        allowed = "an agent who has had the call says how it went, or a lead"
        return Refusal(code="not_your_role", key="result", value=said.result, allowed=allowed)
    return too_long("remark", said.remark)


def _named(call: str) -> tuple[Any, ...]:
    """The try that this call's id names. `NoSuch` where it names none."""
    try:
        return by_wish(call.partition(OUTCOME_MARK)[2])
    except ValueError:
        raise NoSuch("call", call) from None


async def _refusal(
    connection: AsyncConnection, row: Any, ticket: Ticket, said: Report, extension: str | None
) -> Refusal | None:
    """Why this cannot be said of the call."""
    if row["began_at"] is None:
        allowed = "the citizen has not picked up in this call: there is nothing to say of it"
        return Refusal(code="no_such_move", key="result", value=said.result, allowed=allowed)
    if said.number and _as_stored(said.number) != row["number"]:
        allowed = f"the call was about {row['number']}"
        return Refusal(code="not_allowed", key="number", value=said.number, allowed=allowed)
    led_on = row["automatic"] and row["result"] == "told" and said.result == "told"  # after the line's words, by key 0
    scores = said.score is not None and ticket.score is not None  # is refused as a second score
    if led_on and not scores:
        led_on = not await _said_before(connection, row)
    if row["result"] not in ("calling", "told_in_part") and not led_on:
        allowed = f"it has been said already: {row['result']}"
        return Refusal(code="already_done", key="result", value=said.result, allowed=allowed)
    if said.score is not None and said.result != "told":
        allowed = "a score is of an outcome that was told"
        return Refusal(code="not_allowed", key="score", value=str(said.score), allowed=allowed)
    if extension is not None and not await has_had(connection, row["call"], extension):
        allowed = "an agent who has had the call says how it went, or a lead"
        return Refusal(code="not_your_role", key="result", value=said.result, allowed=allowed)
    return too_long("remark", said.remark)


async def _said_before(connection: AsyncConnection, row: Any) -> bool:
    """Whether a report of this try is in the request's history already, by whatever key it was sent."""
    own = (history.c.number == row["number"], history.c.what.in_(("tell", "score", "note")))
    details = (await connection.execute(sa.select(history.c.detail).where(*own))).scalars()
    return any((one.get("outcome"), one.get("attempt")) == (row["outcome"], row["attempt"]) for one in details)


def _scored(ticket: Ticket, score: int, remark: str, actor: Actor, at: float, rules: Rules) -> list[Changed]:
    """The citizen's score, and the request's end where it is a good one."""
    made = _made(scoring.score(ticket, score, actor, at, rules, remark=remark))
    closed = scoring.close_by_score(made.ticket, at, rules)
    return [made] if closed is None else [made, closed]


async def _written(
    connection: AsyncConnection, made: Sequence[Changed], stages: tuple[str, ...], rules: Rules, attempt: int | None
) -> Ticket:
    """The request after these changes; their rows of the history name the try that the report is about."""
    if attempt is not None:
        made = [_of_try(one, attempt) for one in made]
    writes = Writes(rules)
    writes.changed(made, stages)
    await writes.flush(connection)
    return made[-1].ticket


def _of_try(made: Changed, attempt: int) -> Changed:
    detail = {**made.entry.detail, "attempt": attempt}
    return msgspec.structs.replace(made, entry=msgspec.structs.replace(made.entry, detail=detail))


def _made(made: Changed | Refusal) -> Changed:
    if isinstance(made, Refusal):
        raise NotGranted(made)
    return made
