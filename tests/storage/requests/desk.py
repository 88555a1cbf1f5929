"""A store of requests over a database, with a clock that a test sets."""

import itertools
from collections.abc import Awaitable
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.requests.listing import Wanted
from storage.requests.reading import RequestQueries
from storage.requests.store import RequestStore
from storage.requests.tables import HistoryRow, OutboxRow, TicketRow
from storage.requests.tasks import Tasks
from storage.tables import CallRow
from tests.tickets.life import HOUR, MACHINE, MONDAY, RULES
from tests.tickets.towns import shipped_texts, town_with
from tickets.changes import Rules
from tickets.failures import NotGranted
from tickets.moves import Wish
from tickets.opening import NewTicket
from tickets.refusals import Refusal
from tickets.ticket import Actor, Ticket

ROAD: dict[str, Any] = {
    "service": "request",
    "topic": "asfalt_talebi",
    "district": "esenkent",
    "text": "Işık Sokak'ta asfalt yok",
    "caller": "+905321112233",
}
"""A road that has no asphalt, as a citizen tells of it."""


class Desk:
    """What a desk does with requests; each change comes an hour after the one before."""

    def __init__(self, database: Database, rules: Rules = RULES) -> None:
        self.database = database
        self.rules = rules
        self.now = MONDAY
        self.store = RequestStore(database, lambda: self.rules, self._clock)
        self.queries = RequestQueries(database, lambda: self.rules, lambda: self.now)
        self.tasks = Tasks(database, lambda: self.rules, lambda: self.now)

    def _clock(self) -> float:
        self.now += HOUR
        return self.now

    async def open(self, actor: Actor = MACHINE, **values: Any) -> Ticket:
        """A road that has no asphalt, unless said otherwise."""
        return await self.store.open(NewTicket(**{**ROAD, **values}), actor)

    async def moved(self, number: str, *states: str, actor: Actor = MACHINE, **wish: Any) -> Ticket:
        """A request after these moves."""
        given = {"note": "çünkü", "unit": "fen_isleri", "responsible": "iski", **wish}
        for state in states:
            ticket = await self.store.move(number, Wish(to=state, **given), actor)
        return ticket

    async def found(self, **wanted: Any) -> list[str]:
        """Numbers of the first page."""
        return [one["number"] for one in (await self.queries.page(Wanted(**wanted))).records]

    async def rows(self, model: Any, **values: Any) -> list[dict[str, Any]]:
        """Rows of a table with these values."""
        table = table_of(model)
        query = sa.select(table).where(*(table.c[name] == value for name, value in values.items()))
        async with self.database.reading() as connection:
            found = (await connection.execute(query.order_by(*table.primary_key.columns))).mappings()
            return [dict(row) for row in found]

    async def add_call(self, call: str, **values: Any) -> None:
        """A call as the projector writes it."""
        row = {
            "id": call,
            "node": "ast1",
            "caller": "+905321112233",
            "name": "",
            "dialled": "4440411",
            "language": "tr",
            "arrived_at": milliseconds(self.now),
            "entered_at": milliseconds(self.now),
            **values,
        }
        async with self.database.writing() as connection:
            await connection.execute(sa.insert(table_of(CallRow)), row)


def renamed(rules: Rules, **texts: str) -> Rules:
    """These rules before a reload that gives clocks of topics the names that they have now. `texts` are of
    `tests.tickets.towns.town_with`."""
    shipped = shipped_texts()
    clocks, topics = shipped["clocks.toml"], shipped["topics.toml"]
    for name in ("danger", "seven_days", "thirty_days"):
        clocks = clocks.replace(f'id = "{name}"', f'id = "old_{name}"')
        topics = topics.replace(f'clock = "{name}"', f'clock = "old_{name}"')
    return msgspec.structs.replace(rules, town=town_with(clocks_toml=clocks, topics_toml=topics, **texts))


async def refusal(work: Awaitable[Any]) -> Refusal:
    """Why a change is not granted."""
    try:
        done = await work
    except NotGranted as error:
        return error.refusal
    raise AssertionError(f"it was granted: {done}")


async def check_whole(desk: Desk, numbers: list[str]) -> None:
    """Each request has a history without gaps that ends in its version and state, and outbox rows of those alone."""
    for number in numbers:
        (ticket,) = await desk.rows(TicketRow, number=number)
        history = await desk.rows(HistoryRow, number=number)
        assert [row["version"] for row in history] == list(range(1, ticket["version"] + 1))
        assert (history[-1]["after"], history[-1]["unit"]) == (ticket["state"], ticket["unit"])
        for one, two in itertools.pairwise(history):
            assert (one["after"], one["at"] <= two["at"]) == (two["before"], True)
        assert all(1 <= row["version"] <= ticket["version"] for row in await desk.rows(OutboxRow, number=number))
