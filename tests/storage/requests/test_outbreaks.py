"""Outbreaks found in the requests of a database, and the parents that stand for them."""

from typing import Any

from storage.database import Database
from storage.requests.outbreaks import Outbreaks
from tests.storage.requests.desk import Desk
from tests.tickets.life import MACHINE
from tickets.outbreaks import CHANNEL, Watch

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
