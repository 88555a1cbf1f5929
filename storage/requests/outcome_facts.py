"""What the line says of calls by which citizens are told outcomes, as rows; a part of the projector's transaction, and
so each fact once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.fact_base import OutcomeRefusal
from acd.engine.model.facts import (
    AnyFact,
    CallbackMissed,
    CallbackQueued,
    CallEnded,
    OutcomeBegan,
    OutcomeCallOver,
    OutcomeCallRefused,
    OutcomeDialled,
)
from acd.engine.model.ids import OUTCOME_MARK
from storage.columns import milliseconds, table_of
from storage.requests.locking import lock
from storage.requests.rows import tickets
from storage.requests.tables import AttemptRow, OutboxRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.outcome.plan import AttemptResult
from tickets.refusals import Refusal
from tickets.scoring import close_by_score, score
from tickets.ticket import SYSTEM

attempts, outbox = table_of(AttemptRow), table_of(OutboxRow)

Row = dict[str, Any]

_MISSED: Mapping[str, AttemptResult] = {
    "NOANSWER": "no_answer",
    "BUSY": "busy",
    "CONGESTION": "unreachable",
    "CHANUNAVAIL": "unreachable",
}
"""By Asterisk's word. Without one it is not known whether they were told."""
_REFUSED: Mapping[OutcomeRefusal, AttemptResult] = {
    "no_number": "unreachable",
    "denied": "unreachable",
    "pending": "withdrawn",
    "hours": "withdrawn",
    "stopping": "withdrawn",
    "full": "withdrawn",
}
"""The others are our own fault. `withdrawn` counts for nothing: the citizen's telephone has not rung."""

_KEY = ("number", "outcome", "attempt")
IS_CALLING: Final = attempts.c.result == sa.literal_column("'calling'")
"""Tries under way, as `storage.requests.due_rows.IS_PENDING`."""
OfCall = CallbackQueued | OutcomeDialled | OutcomeBegan | OutcomeCallOver | CallbackMissed | CallEnded
Told = OfCall | OutcomeCallRefused
Named = CallbackQueued | OutcomeDialled | OutcomeBegan | OutcomeCallOver | OutcomeCallRefused
"""Those that have the name of the try."""


def wish_name(number: str, outcome: int, attempt: int, opened_at: int) -> str:
    """The name by which the line knows a try. It has the time at which the request was opened (milliseconds): after the
    database was put back to an older copy, another request may get the number, and the line drops a name that it knows.
    The same request keeps its names, so the line calls nobody twice."""
    return f"{number}.{outcome}.{attempt}.{opened_at}"


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """What the name of a try says. `opened_at` is None in a name of an earlier version."""

    number: str
    outcome: int
    attempt: int
    opened_at: int | None


def of_wish(wish: str) -> Try:
    """The try of this name. Raises `ValueError`."""
    number, outcome, attempt, *opened_at = wish.split(".", 3)
    at = int(opened_at[0]) if opened_at else None
    return Try(number=number, outcome=int(outcome), attempt=int(attempt), opened_at=at)


def concerns(fact: AnyFact) -> bool:
    """Whether a fact is about such a call."""
    if isinstance(fact, OutcomeCallRefused):
        return True
    return isinstance(fact, OfCall) and OUTCOME_MARK in fact.call


class OutcomeFacts:
    """The facts of one batch."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._told: list[Told] = []
        self._callers: dict[str, str] = {}
        """The numbers that calls were made to."""

    def take(self, fact: AnyFact, call: Row | None) -> None:
        """Note a fact that `concerns` such a call. The call's row, if it is known, learns its request."""
        assert isinstance(fact, Told)
        self._told.append(fact)
        if call is not None and isinstance(fact, CallbackQueued | OutcomeDialled) and fact.wish:
            self._callers[fact.call] = call["caller"]
            call["ticket"] = of_wish(fact.wish).number

    async def write(self, connection: AsyncConnection) -> None:
        """Write them in order."""
        await _lock(connection, self._told)
        writes = Writes(self._rules)
        for fact in self._told:
            match fact:
                case CallbackQueued(wish=""):
                    pass  # the citizen, told and sent on, hung up as they waited for another service
                case CallbackQueued() | OutcomeDialled():
                    if await _take(connection, fact, self._callers.get(fact.call)):
                        writes.link(of_wish(fact.wish).number, "call", fact.call, "outcome", fact.at)
                case OutcomeBegan():
                    await _put(connection, (attempts.c.call == fact.call,), {"began_at": milliseconds(fact.at)})
                case OutcomeCallOver():
                    own = (*by_wish(fact.wish), attempts.c.result == "calling")
                    await _put(connection, own, {"score": fact.score})
                    await _end(connection, own, fact.result, fact.at)
                    await _score(connection, fact, self._rules)
                case CallbackMissed():
                    await _end(connection, _of_call(fact.call), _MISSED.get(fact.status, "told_in_part"), fact.at)
                case CallEnded(outcome="callback_cancelled"):
                    await _end(connection, _of_call(fact.call), "withdrawn", fact.at)
                case CallEnded():
                    await _over(connection, fact)
                case OutcomeCallRefused():
                    await _refuse(connection, fact)
        await writes.flush(connection)


def by_wish(wish: str) -> tuple[Any, ...]:
    """The try of this name. Raises `ValueError` where it is no name."""
    named = of_wish(wish)
    mine = (
        attempts.c.number == named.number,
        attempts.c.outcome == named.outcome,
        attempts.c.attempt == named.attempt,
    )
    return mine if named.opened_at is None else (*mine, sa.exists().where(*_request(named)).correlate(None))


async def _lock(connection: AsyncConnection, facts: Sequence[Told]) -> None:
    """Lock the requests that these facts are about, before their rows: so does whoever makes the next step of an
    outcome, or reports a call."""
    numbers = {of_wish(fact.wish).number for fact in facts if isinstance(fact, Named) and fact.wish}
    calls = {fact.call for fact in facts if not isinstance(fact, Named)}
    if calls:
        of_calls = sa.select(attempts.c.number).where(attempts.c.call.in_(calls))
        numbers |= set((await connection.execute(of_calls)).scalars())
    if numbers:
        held = sa.select(tickets.c.number).where(tickets.c.number.in_(numbers)).order_by(tickets.c.number)
        await connection.execute(held.with_for_update())


def _request(named: Try) -> tuple[Any, ...]:
    """The request that a name is about."""
    mine = (tickets.c.number == named.number,)
    return mine if named.opened_at is None else (*mine, tickets.c.opened_at == named.opened_at)


async def _take(connection: AsyncConnection, fact: CallbackQueued | OutcomeDialled, caller: str | None) -> bool:
    """The line has the try: note its call. Returns whether the request is there."""
    taken = _put_back(connection, fact, caller, call=fact.call, automatic=isinstance(fact, OutcomeDialled))
    again = taken.on_conflict_do_update(index_elements=_KEY, set_={"call": taken.excluded.call})
    return (await connection.execute(again)).rowcount == 1


async def _refuse(connection: AsyncConnection, fact: OutcomeCallRefused) -> None:
    """The line has refused the try."""
    lacked = _put_back(connection, fact, None, call=None, automatic=fact.automatic)
    await connection.execute(lacked.on_conflict_do_nothing())
    await _end(connection, by_wish(fact.wish), _REFUSED.get(fact.why, "failed"), fact.at)


def _put_back(
    connection: AsyncConnection,
    fact: CallbackQueued | OutcomeDialled | OutcomeCallRefused,
    caller: str | None,
    *,
    call: str | None,
    automatic: bool,
) -> Any:
    """The statement that gives a try back to a database that was put back to an older copy and lacks it: else its
    citizen would be called a second time, or the next try would get its name, which the line drops as known."""
    named, at = of_wish(fact.wish), milliseconds(fact.at)
    values = {
        "number": named.number,
        "outcome": named.outcome,
        "attempt": named.attempt,
        "at": at,
        "caller": caller,
        "result": "calling",
        "call": call,
        "automatic": automatic,
    }
    given: list[Any] = [sa.literal(value, attempts.c[name].type) for name, value in values.items()]
    if caller is None:
        given[list(values).index("caller")] = tickets.c.caller
    known = sa.select(*given).where(*_request(named), tickets.c.opened_at <= at)
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(attempts).from_select(list(values), known)


def _of_call(call: str) -> tuple[Any, ...]:
    return (attempts.c.call == call, attempts.c.began_at.is_(None))


async def _put(connection: AsyncConnection, where: Sequence[Any], values: Row) -> None:
    await connection.execute(sa.update(attempts).where(*where).values(values))


async def _end(connection: AsyncConnection, where: Sequence[Any], result: AttemptResult, at: float) -> None:
    """The try is over, and the next step is looked for at once."""
    number = sa.select(attempts.c.number).where(*where)
    await _look(connection, number, at)
    ended = {"result": result, "ended_at": milliseconds(at)}
    await _put(connection, (*where, attempts.c.result == "calling"), ended)


async def _score(connection: AsyncConnection, fact: OutcomeCallOver, rules: Rules) -> None:
    """Take the score of a citizen who pressed it while a person said that this outcome is told: no step of it comes
    any more. Where nobody has said so, the next step tells the outcome with its score."""
    named = of_wish(fact.wish)
    found = None if fact.score is None else await lock(connection, named.number)
    if fact.score is None or found is None or named.opened_at not in (None, milliseconds(found.ticket.opened_at)):
        return
    scored = score(found.ticket, fact.score, SYSTEM, fact.at, rules, outcome=named.outcome)
    if isinstance(scored, Refusal):  # not told, told anew since, or scored by somebody
        return
    closed = close_by_score(scored.ticket, fact.at, rules)
    writes = Writes(rules)
    writes.changed([scored] if closed is None else [scored, closed], found.stages)
    await writes.flush(connection)


async def _over(connection: AsyncConnection, fact: CallEnded) -> None:
    """The talk is over: the agent says how it went, or nobody does."""
    await _put(connection, (attempts.c.call == fact.call,), {"ended_at": milliseconds(fact.ended_at)})
    number = sa.select(attempts.c.number).where(attempts.c.call == fact.call, attempts.c.result == "calling")
    await _look(connection, number, fact.ended_at)


async def _look(connection: AsyncConnection, number: Any, at: float) -> None:
    due = (outbox.c.kind == "outcome", outbox.c.state == "pending", outbox.c.number.in_(number.scalar_subquery()))
    await connection.execute(sa.update(outbox).where(*due).values(next_at=milliseconds(at)))
