"""Records of what is destroyed. They are counted up by the transactions that destroy it: whatever is killed meanwhile,
nothing is gone without being on record."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import clean, milliseconds, table_of
from storage.requests.erasing import codes_of, files_of
from storage.requests.tables import DestructionRow
from tickets.privacy.retention import Destroyed, What

destructions = table_of(DestructionRow)

ASKED: Final = "Kanun 6698 m. 7: ilgili kişinin talebi"
"""The basis of an erasure that a person asked for."""


class Tally:
    """One record, made with the first of it that is destroyed. It may be used until a transaction fails."""

    def __init__(self, **values: str | int | None) -> None:
        """`values` are those of the record's row, without its count."""
        self.count = 0
        """How many there were so far."""
        self._values = values
        self._id: int | None = None

    async def add(self, connection: AsyncConnection, count: int) -> None:
        """Count what this transaction destroys."""
        if not count:
            return
        self.count += count
        if self._id is None:
            made = sa.insert(destructions).values(**self._values, count=count).returning(destructions.c.id)
            self._id = int((await connection.execute(made)).scalar_one())
        else:
            more = sa.update(destructions).where(destructions.c.id == self._id)
            await connection.execute(more.values(count=destructions.c.count + count))


class ErasureTally:
    """The records, by sort, of what a person's erasure (`erasures.id`) destroys."""

    def __init__(self, erasure: int | None, at: float) -> None:
        self.counts: dict[What, int] = {}
        self._tallies: dict[What, Tally] = {}
        self._values: dict[str, str | int | None] = {"at": milliseconds(at), "basis": ASKED, "erasure": erasure}

    async def add(self, connection: AsyncConnection, counts: Mapping[What, int]) -> None:
        """Count what this transaction destroys."""
        for what, count in counts.items():
            tally = self._tallies.setdefault(what, Tally(what=what, **self._values))
            await tally.add(connection, count)
            self.counts[what] = tally.count

    async def add_request(self, connection: AsyncConnection, number: str, *, outgoing: int = 0) -> None:
        """Count a request that is about to be erased whole, in the same transaction. `outgoing` are its files in
        `data_dir/outgoing`, which the caller destroys afterwards."""
        gone = len(await files_of(connection, number))
        opened = len(await codes_of(connection, number))
        requests: dict[What, int] = {"ticket_person": 1, "ticket_text": 1, "ticket_file": gone, "public_code": opened}
        await self.add(connection, {**requests, "outgoing_file": outgoing})


def row_of(one: Destroyed) -> dict[str, str | int | None]:
    """The record's row, without its count."""
    return {
        "at": milliseconds(one.at),
        "what": one.what,
        "kind": one.kind,
        "older_than": milliseconds(one.older_than),
        "newer_than": None if one.newer_than is None else milliseconds(one.newer_than),
        "basis": clean(one.basis),
    }
