"""The open requests of a telephone number, as the line may speak of them to whoever calls from it."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import sqlalchemy as sa

from acd.engine.model.phone_numbers import spellings
from storage.compiled import Compiled, given_of, one_of
from storage.database import Database
from storage.requests.rows import TICKET_COLUMNS, tickets, to_ticket
from tickets.changes import Rules
from tickets.spoken_status import SpokenStatus, spoken

_NUMBER: Final = re.compile(r"\+?[0-9]{10,15}")
"""As trunks write a telephone number. A shorter one is an internal one: it is no citizen's."""
MOST = 50
"""Requests of one number that are looked at, the newest first. A number with more is a crowd's."""


@lru_cache(maxsize=20)
def _open(spelt: int, dialect: sa.Dialect) -> Compiled:
    """The open requests of a number that is spelt in so many ways. Each caller is looked up, and to put the statement
    together takes longer than to run it."""
    asked = (
        sa.select(*TICKET_COLUMNS)
        .where(one_of(tickets.c.caller, "caller", spelt), tickets.c.is_open)
        .order_by(tickets.c.id.desc())
        .limit(sa.literal_column(str(MOST)))
    )
    return Compiled(asked, dialect)


class OwnRequests:
    """Reads the requests of one telephone number."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def of_number(self, number: str) -> Sequence[SpokenStatus]:
        """What may be said, the newest first; nothing for a number that is withheld or no telephone number. Raises
        `storage.database.DatabaseError`."""
        if not _NUMBER.fullmatch(number):
            return ()
        spelt = spellings(number)
        statement = _open(len(spelt), self._database.engine.dialect)
        rows = await statement.asked_shortly(self._database, given_of("caller", spelt))
        return spoken([to_ticket(row) for row in rows], self._clock(), self._rules())
