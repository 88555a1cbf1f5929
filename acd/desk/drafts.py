"""Drafts of requests for the console, from the desk's database."""

from collections.abc import Mapping, Sequence
from typing import Any

from acd.desk.answers import asked
from acd.desk.database import Records
from console.ports import Record


class DeskDrafts:
    """As `console.request_ports.Drafts`."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._left: set[str] = set()
        """People who have left while the database was away: before theirs are read or kept again, the old ones go."""

    async def list(self, user: str) -> Sequence[Record]:
        """A person's drafts."""
        await self._drop_left(user)
        return await asked(self._records.drafts.list(user))

    async def keep(self, user: str, call: str, base: int, draft: Mapping[str, Any]) -> Record | None:
        """Keep one; None if it is gone."""
        await self._drop_left(user)
        return await asked(self._records.drafts.keep(user, call, base, draft))

    async def drop(self, user: str, call: str | None = None) -> None:
        """Destroy one, or all of theirs. While the database is away all are out of reach at once, and go later."""
        if call is None:
            self._left.add(user)
        await asked(self._records.drafts.drop(user, call))
        if call is None:
            self._left.discard(user)

    async def _drop_left(self, user: str) -> None:
        if user in self._left:
            await self.drop(user)
