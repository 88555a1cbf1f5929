"""Tries of which nobody said what came, and for which no step is made any more: the request was reopened, or its
citizen was told otherwise. Left open, they would count as calls, and their citizen's number as being called."""

from functools import lru_cache

import sqlalchemy as sa

from storage.columns import milliseconds
from storage.compiled import Compiled
from storage.database import Database
from storage.requests.locking import locked
from storage.requests.outcome_facts import IS_CALLING, attempts
from storage.requests.rows import tickets
from tickets.outcome.plan import AttemptResult
from tickets.states import OUTCOMES

LOST_S = 2 * 86_400.0
"""After so many seconds the line has said what came of a try, or never will: it takes no wish that is a day old."""


def unreported(is_taken: bool) -> AttemptResult:
    """What a try counts as when its time is over without a report: the line took its call, and the citizen may have
    heard the words, or it never did."""
    return "told_in_part" if is_taken else "failed"


async def settle_unreported(database: Database, at: float, report_s: float) -> None:
    """End such tries `report_s` seconds after their talk, or `LOST_S` after they began. Their agents may still say how
    it went. The tries for which a step waits are the plan's. Raises `storage.database.DatabaseError`."""
    times = {"ended_until": milliseconds(at - report_s), "begun_until": milliseconds(at - LOST_S)}
    for one in await _silent(database.engine.dialect).asked_shortly(database, times):
        async with locked(database, one["number"]) as (connection, _, _):
            own = [attempts.c[name] == one[name] for name in ("number", "outcome", "attempt")]
            ended = sa.update(attempts).where(*own, attempts.c.result == "calling")
            await connection.execute(ended.values(result=unreported(one["call"] is not None)))


@lru_cache(maxsize=4)
def _silent(dialect: sa.Dialect) -> Compiled:
    told_otherwise = sa.or_(
        tickets.c.state.not_in([sa.literal_column(f"'{outcome}'") for outcome in sorted(OUTCOMES)]),
        tickets.c.outcomes != attempts.c.outcome,
    )
    silent = sa.or_(
        attempts.c.ended_at <= sa.bindparam("ended_until", type_=sa.BigInteger),
        sa.and_(attempts.c.ended_at.is_(None), attempts.c.at <= sa.bindparam("begun_until", type_=sa.BigInteger)),
    )
    joined = attempts.join(tickets, tickets.c.number == attempts.c.number)
    columns = (attempts.c.number, attempts.c.outcome, attempts.c.attempt, attempts.c.call)
    return Compiled(sa.select(*columns).select_from(joined).where(IS_CALLING, told_otherwise, silent), dialect)
