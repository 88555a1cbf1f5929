"""The duty ring as desk and line step it, on a database."""

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from acd.engine.model.duty_facts import DutyFact, DutyResult, DutyRingEnded
from storage.database import Database
from storage.requests.duty import HEARD_S, WISH_S, DutyCalls, WantedRing
from storage.requests.duty_facts import DutyFacts, of_wish, outbox, wish_name
from storage.requests.tables import DutyRingRow, HistoryRow, TaskRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import RULES
from tests.tickets.towns import town_with

RING_S = 60.0
LOST_S = WISH_S + RING_S + HEARD_S
DUTY = """
[[shift]]
unit = "fen_isleri"
days = "mon-sun holiday"
hours = "00:00-24:00"
people = [{ name = "Acil ekip", phone = "7401" }, { name = "Nöbet amiri", phone = "7402" }]

[[shift]]
unit = "veteriner_isleri"
days = "mon-sun holiday"
hours = "23:00-23:01"
people = [{ name = "Veteriner", phone = "7301" }]
"""
URGENT = msgspec.structs.replace(RULES, town=town_with(duty_toml=DUTY))


class Ringer:
    """A desk that has people rung, and a line that says what came of it."""

    def __init__(self, database: Database) -> None:
        self.desk = Desk(database, URGENT)
        self.ring_s = RING_S
        self.duty = DutyCalls(database, lambda: self.desk.rules, lambda: self.ring_s, lambda: self.desk.now)
        self.number = ""

    async def opens(self, **values: Any) -> None:
        self.number = (await self.desk.open(topic="yol_cokmesi", **values)).number

    async def wanted(self) -> list[WantedRing]:
        await self.duty.step()
        return list(await self.duty.wanted())

    async def rung(self, results: str, *, most_s: float = 3600.0) -> list[float]:
        """When each ring began, from now on, if each ends after a second by the next of the results (f: unreachable,
        n: no answer, b: busy). The desk looks when something is due."""
        words: dict[str, DutyResult] = {"f": "unreachable", "n": "no_answer", "b": "busy"}
        begin = self.desk.now
        found: list[float] = []
        for letter in results:
            while not (one := await self.wanted()):
                self.desk.now = await self.due()
                assert self.desk.now < begin + most_s, found
            found.append(round(self.desk.now - begin, 3))
            await self.ends(of_wish(one[0].wish)[1], words[letter])
        return found

    async def due(self) -> float:
        """When the desk looks at the request next."""
        query = sa.select(outbox.c.next_at).where(outbox.c.number == self.number, outbox.c.about == "ring_duty")
        async with self.desk.database.reading() as connection:
            return float((await connection.execute(query.where(outbox.c.state == "pending"))).scalar_one()) / 1000

    async def says(self, *facts: DutyFact) -> None:
        """The line's facts, as the projector takes them in."""
        async with self.desk.database.writing() as connection:
            told = DutyFacts(self.desk.rules)
            for fact in facts:
                told.take(fact)
            await told.write(connection)

    async def ends(self, ring: int, result: DutyResult) -> None:
        self.desk.now += 1
        (one,) = await self.desk.rows(DutyRingRow, number=self.number, ring=ring)
        wish = wish_name(self.number, ring, one["at"])
        await self.says(DutyRingEnded(at=self.desk.now, wish=wish, request=self.number, result=result))

    async def rings(self) -> list[tuple[str, str]]:
        return [(one["phone"], one["result"]) for one in await self.desk.rows(DutyRingRow, number=self.number)]

    async def history(self) -> list[str]:
        found = await self.desk.rows(HistoryRow, number=self.number)
        return [one["what"] for one in found if one["what"] in ("ring", "accept")]

    async def tasks(self) -> list[str]:
        return [one["kind"] for one in await self.desk.rows(TaskRow, number=self.number)]

    async def state(self) -> str:
        found = await self.desk.queries.get(self.number)
        assert found is not None
        return str(found["state"])

    async def asked(self) -> str:
        query = sa.select(outbox.c.state).where(outbox.c.number == self.number, outbox.c.about == "ring_duty")
        async with self.desk.database.reading() as connection:
            return str((await connection.execute(query.order_by(outbox.c.id.desc()))).scalars().first())


@pytest.fixture
def ringer(database: Database) -> Ringer:
    return Ringer(database)
