"""Outbreaks found in the requests of a database, and the parents that stand for them."""

import asyncio
from typing import Any

import pytest

from storage.columns import milliseconds
from storage.database import Database
from storage.privacy.calls import blank_calls
from storage.requests.outbreaks import Outbreaks
from storage.tables import CallRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import AGENT, MACHINE
from tickets.outbreaks import CHANNEL, Watch
from tickets.ticket import SYSTEM

WEEK = 7 * 86_400.0
ROAD = ("asfalt_talebi", "esenkent")


class Town:
    """Citizens who call about a road, and the watch over them."""

    def __init__(self, database: Database) -> None:
        self.desk = Desk(database)
        self.desk.store._clock = lambda: self.desk.now
        self.outbreaks = Outbreaks(database, lambda: self.desk.rules, lambda: self.desk.now, Watch(weeks=4))

    async def calls(self, count: int, *, first: int = 1, **values: Any) -> list[str]:
        """So many people, a minute apart, the last one now."""
        numbers = []
        for n in range(count):
            self.desk.now += 60
            numbers.append((await self.desk.open(caller=f"+9053200{first + n:05d}", **values)).number)
        return numbers

    async def answers(self, count: int, *, first: int = 1, **said: Any) -> None:
        """So many people, a minute apart, whose calls an agent answers at once."""
        for n in range(count):
            self.desk.now += 60
            call = f"c{self.desk.now:.0f}"
            await self.desk.add_call(call, caller=f"+9053200{first + n:05d}", outcome="answered")
            topic, district = ROAD
            wish = {"disposition": "answered", "topic": topic, "district": district, **said}
            await self.desk.tasks.dispose(call, actor=AGENT, **wish)


async def test_many_callers_about_one_road_are_proposed_until_there_is_a_parent(database: Database) -> None:
    town = Town(database)
    numbers = await town.calls(7)
    (outbreak,), parents = await town.outbreaks.look()
    assert (outbreak.topic, outbreak.mahalle, outbreak.figures.callers) == (*ROAD, 7)
    assert sorted(outbreak.tickets) == sorted(numbers)
    assert parents == []
    parent = await town.desk.store.open(outbreak.parent, MACHINE)
    found, (known,) = await town.outbreaks.look()
    assert found == []
    assert (known.number, known.joined, known.loose) == (parent.number, 0, tuple(sorted(numbers)))
    for number in numbers[:2]:
        await town.desk.store.join(number, parent.number, MACHINE)
    _, (known,) = await town.outbreaks.look()
    assert (known.joined, len(known.loose)) == (2, 5)


async def test_what_is_usual_at_this_hour_is_none(database: Database) -> None:
    town = Town(database)
    end = town.desk.now + 5 * WEEK
    for week in range(4, 0, -1):
        town.desk.now = end - week * WEEK - 600
        await town.calls(7, first=100 * week)
    town.desk.now = end - 600
    await town.calls(7)
    town.desk.now = end
    found, parents = await town.outbreaks.look()
    assert (found, parents) == ([], [])


@pytest.mark.parametrize("what", ["requests", "talks"])
async def test_what_is_usual_stays_so_when_the_callers_of_past_weeks_are_erased(database: Database, what: str) -> None:
    town = Town(database)
    end = town.desk.now + 5 * WEEK
    town.desk.now = end - 4 * WEEK - 7200
    await town.answers(1, first=900)
    for week in range(4, 0, -1):
        town.desk.now = end - week * WEEK - 1200
        if what == "talks":
            await town.answers(14, first=100 * week)
            continue
        for number in await town.calls(14, first=100 * week):
            await town.desk.moved(number, "in_progress", "resolved", "told", "closed", result="Yapıldı.")
            await town.desk.store.erase(number, SYSTEM, "retention", ("person",), lambda connection: asyncio.sleep(0))
    ids = [row["id"] for row in await town.desk.rows(CallRow)]
    async with database.writing() as connection:
        assert await blank_calls(connection, ids, town.desk.now) == len(ids)
    assert {(row["caller"], row["number_erased_at"]) for row in await town.desk.rows(CallRow)} == {
        ("", milliseconds(town.desk.now))
    }
    town.desk.now = end - 1200
    await (town.calls if what == "requests" else town.answers)(14)
    town.desk.now = end
    assert (await town.outbreaks.look())[0] == []


async def test_a_withheld_number_is_not_erased(database: Database) -> None:
    """So callers who withhold theirs go on counting as one."""
    town = Town(database)
    await town.desk.add_call("withheld", caller="")
    async with database.writing() as connection:
        await blank_calls(connection, ["withheld"], town.desk.now)
        await blank_calls(connection, ["withheld"], town.desk.now + 1)
    (row,) = await town.desk.rows(CallRow)
    assert row["number_erased_at"] is None


async def test_one_person_who_calls_seven_times_is_none_however_the_number_is_written(database: Database) -> None:
    town = Town(database)
    for spelling in ("05321112233", "+905321112233", "00905321112233", "5321112233") * 2:
        town.desk.now += 60
        await town.desk.open(caller=spelling)
    assert (await town.outbreaks.look())[0] == []


async def test_a_parent_that_is_closed_makes_room_for_the_next_outbreak(database: Database) -> None:
    town = Town(database)
    await town.calls(7)
    (outbreak,), _ = await town.outbreaks.look()
    parent = await town.desk.store.open(outbreak.parent, MACHINE)
    assert parent.channel == CHANNEL
    await town.desk.moved(parent.number, "accepted", "in_progress", "resolved", result="Yapıldı.")
    found, parents = await town.outbreaks.look()
    assert parents == []
    assert [(one.topic, one.mahalle) for one in found] == [ROAD]


async def test_calls_that_are_answered_at_once_count_with_the_requests(database: Database) -> None:
    """From the weeks on of which their mahalle is known."""
    town = Town(database)
    end = town.desk.now + 5 * WEEK
    town.desk.now = end - 4 * WEEK - 7200
    await town.answers(1, first=900)
    for week in range(4, 0, -1):
        town.desk.now = end - week * WEEK - 600
        await town.answers(1, first=100 * week)
    town.desk.now = end - 1200
    numbers = await town.calls(3)
    await town.answers(9, first=50)
    town.desk.now = end
    (outbreak,), _ = await town.outbreaks.look()
    assert (outbreak.topic, outbreak.mahalle, outbreak.figures.callers) == (*ROAD, 12)
    assert outbreak.figures.past == (1, 1, 1, 1)
    assert sorted(outbreak.tickets) == sorted(numbers)


async def test_who_says_something_else_of_a_call_is_no_report(database: Database) -> None:
    town = Town(database)
    end = town.desk.now + 5 * WEEK
    town.desk.now = end - 4 * WEEK - 7200
    await town.answers(1)
    town.desk.now = end - 1800
    for said in ({"disposition": "wrong_number"}, {"disposition": "existing"}, {"district": None}, {"topic": None}):
        await town.answers(7, **said)
    town.desk.now = end
    assert (await town.outbreaks.look())[0] == []


async def test_weeks_before_a_mahalle_was_said_of_talks_are_compared_without_them(database: Database) -> None:
    """The mahalle of talks is said for a week only; there were as many before it."""
    town = Town(database)
    end = town.desk.now + 5 * WEEK
    for week in range(4, 0, -1):
        town.desk.now = end - week * WEEK - 1800
        await town.calls(2, first=100 * week)
        await town.answers(8, first=100 * week + 10, **({} if week == 1 else {"district": None}))
    town.desk.now = end - 1800
    await town.calls(2)
    await town.answers(8, first=10)
    town.desk.now = end
    assert (await town.outbreaks.look())[0] == []
