"""What is asked each second about outcomes that citizens are to be told, compiled once."""

from functools import lru_cache

import sqlalchemy as sa

from storage.compiled import Compiled
from storage.requests.due_rows import BATCH, IS_PENDING
from storage.requests.outcome_facts import IS_CALLING, attempts, outbox
from storage.requests.rows import tickets

_WITHDRAWS = ("withdraw_call", "calls_unwanted")
"""What rows of the outbox are about that have a call taken back."""


@lru_cache(maxsize=4)
def wanted(dialect: sa.Dialect) -> Compiled:
    """Tries that the line has not said it has."""
    names = ("service", "language", "state", "outcomes", "contact", "opened_at")
    found = (
        sa.select(attempts, *(tickets.c[name] for name in names), tickets.c.caller.label("caller_now"))
        .select_from(attempts.join(tickets, tickets.c.number == attempts.c.number))
        .where(IS_CALLING, attempts.c.call.is_(None))
        .order_by(attempts.c.at)
    )
    return Compiled(found, dialect)


@lru_cache(maxsize=4)
def withdrawn(dialect: sa.Dialect) -> Compiled:
    """Outcomes whose calls may be for nothing now."""
    about = sa.or_(*(outbox.c.about == one for one in _WITHDRAWS))
    until = outbox.c.next_at <= sa.bindparam("now", type_=sa.BigInteger)
    found = (
        sa.select(outbox.c.id, outbox.c.number, outbox.c.payload)
        .where(outbox.c.kind == "line", about, IS_PENDING, until)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(sa.literal_column(str(BATCH)))
    )
    return Compiled(found, dialect)
