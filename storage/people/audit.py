"""The record of what everybody did and saw. Rows are added and nothing else: the database itself refuses the rest."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.columns import clean, milliseconds, table_of
from storage.people.base import Store
from storage.people.tables import AuditRow
from tickets.number import BadNumber, TicketNumber

audit = table_of(AuditRow)


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody saw or did. `about` and `detail` contain ids, never names, numbers or texts."""

    at: float
    who: str
    role: str
    action: str
    about: str = ""
    detail: dict[str, Any] = {}


class Audit(Store):
    """The audit of one database."""

    async def add(self, entries: Sequence[AuditEntry]) -> None:
        """Add entries, all or none."""
        rows = [
            {name: clean(value) for name, value in msgspec.structs.asdict(one).items()} | {"at": milliseconds(one.at)}
            for one in entries
        ]
        if rows:
            async with self._writing() as connection:
                await connection.execute(sa.insert(audit), rows)

    async def list(self, *, limit: int = 100, who: str = "", about: str = "") -> Sequence[AuditEntry]:
        """The newest first. A request's number may be written in any way."""
        query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if who:
            query = query.where(audit.c.who == who)
        if about:
            query = query.where(audit.c.about.in_(_spellings(about)))
        async with self._reading() as connection:
            rows = (await connection.execute(query)).mappings()
            names = ("who", "role", "action", "about", "detail")
            return [AuditEntry(at=row["at"] / 1000, **{name: row[name] for name in names}) for row in rows]


def _spellings(about: str) -> set[str]:
    """What the audit may have for an id. Once it had a request's number as it was typed."""
    try:
        number = TicketNumber.parse(about)
    except BadNumber:
        return {about}
    return {about, str(number), number.digits}
