"""Tries of which nobody said what came, and for which no step is made any more: the request was reopened, or its
citizen was told otherwise. Left open, they would count as calls, and their citizen's number as being called."""

import sqlalchemy as sa

from storage.columns import milliseconds
from storage.database import Database
from storage.requests.locking import locked
from storage.requests.outcome_facts import attempts
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
    told_otherwise = sa.or_(tickets.c.state.not_in(sorted(OUTCOMES)), tickets.c.outcomes != attempts.c.outcome)
    silent = sa.or_(
        attempts.c.ended_at <= milliseconds(at - report_s),
        sa.and_(attempts.c.ended_at.is_(None), attempts.c.at <= milliseconds(at - LOST_S)),
    )
    key = (attempts.c.number, attempts.c.outcome, attempts.c.attempt)
    joined = attempts.join(tickets, tickets.c.number == attempts.c.number)
    query = sa.select(*key, attempts.c.call).select_from(joined)
    query = query.where(attempts.c.result == "calling", told_otherwise, silent)
    async with database.explained(), database.asking() as connection:
        found = (await connection.execute(query)).all()
    for number, outcome, attempt, call in found:
        async with locked(database, number) as (connection, _, _):
            own = (attempts.c.number == number, attempts.c.outcome == outcome, attempts.c.attempt == attempt)
            ended = sa.update(attempts).where(*own, attempts.c.result == "calling")
            await connection.execute(ended.values(result=unreported(call is not None)))
