"""What the line says of calls by which citizens are told outcomes, as rows; a part of the projector's transaction, and
so each fact once."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
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
from storage.requests.tables import AttemptRow, OutboxRow
from storage.requests.writes import Writes
from tickets.changes import Rules
from tickets.outcome.plan import AttemptResult

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

OfCall = CallbackQueued | OutcomeDialled | OutcomeBegan | OutcomeCallOver | CallbackMissed | CallEnded
Told = OfCall | OutcomeCallRefused


def wish_name(number: str, outcome: int, attempt: int) -> str:
    """The name by which the line knows a try."""
    return f"{number}.{outcome}.{attempt}"


def of_wish(wish: str) -> tuple[str, int, int]:
    """Request, number of the outcome and of the try. Raises `ValueError`."""
    number, outcome, attempt = wish.rsplit(".", 2)
    return number, int(outcome), int(attempt)


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

    def take(self, fact: AnyFact, call: Row | None) -> None:
        """Note a fact that `concerns` such a call. The call's row, if it is known, learns its request."""
        assert isinstance(fact, Told)
        self._told.append(fact)
        if call is not None and isinstance(fact, CallbackQueued | OutcomeDialled) and fact.wish:
            call["ticket"] = of_wish(fact.wish)[0]

    async def write(self, connection: AsyncConnection) -> None:
        """Write them in order."""
        writes = Writes(self._rules)
        for fact in self._told:
            match fact:
                case CallbackQueued(wish=""):
                    pass  # the citizen, told and sent on, hung up as they waited for another service
                case CallbackQueued() | OutcomeDialled():
                    await _put(connection, by_wish(fact.wish), {"call": fact.call})
                    writes.link(of_wish(fact.wish)[0], "call", fact.call, "outcome", fact.at)
                case OutcomeBegan():
                    await _put(connection, (attempts.c.call == fact.call,), {"began_at": milliseconds(fact.at)})
                case OutcomeCallOver():
                    own = (*by_wish(fact.wish), attempts.c.result == "calling")
                    await _put(connection, own, {"score": fact.score})
                    await _end(connection, own, fact.result, fact.at)
                case CallbackMissed():
                    await _end(connection, _of_call(fact.call), _MISSED.get(fact.status, "told_in_part"), fact.at)
                case CallEnded(outcome="callback_cancelled"):
                    await _end(connection, _of_call(fact.call), "withdrawn", fact.at)
                case CallEnded():
                    await _over(connection, fact)
                case OutcomeCallRefused():
                    await _end(connection, by_wish(fact.wish), _REFUSED.get(fact.why, "failed"), fact.at)
        await writes.flush(connection)


def by_wish(wish: str) -> tuple[Any, ...]:
    """The try of this name. Raises `ValueError` where it is no name."""
    number, outcome, attempt = of_wish(wish)
    return (attempts.c.number == number, attempts.c.outcome == outcome, attempts.c.attempt == attempt)


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


async def _over(connection: AsyncConnection, fact: CallEnded) -> None:
    """The talk is over: the agent says how it went, or nobody does."""
    await _put(connection, (attempts.c.call == fact.call,), {"ended_at": milliseconds(fact.ended_at)})
    number = sa.select(attempts.c.number).where(attempts.c.call == fact.call, attempts.c.result == "calling")
    await _look(connection, number, fact.ended_at)


async def _look(connection: AsyncConnection, number: Any, at: float) -> None:
    due = (outbox.c.kind == "outcome", outbox.c.state == "pending", outbox.c.number.in_(number.scalar_subquery()))
    await connection.execute(sa.update(outbox).where(*due).values(next_at=milliseconds(at)))
