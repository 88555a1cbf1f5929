"""What the desk believes of sessions and tokens while the database answers, does not, and is back."""

import asyncio

import pytest

from acd.desk.believed import FRESH_S, TRUST_S, Believed
from console.ports import Unavailable
from storage.database import DatabaseError


class Place:
    """A database with one answer, and the clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.answer: str | None = "nermin"
        self.is_away = False
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.believed = Believed[str](lambda: self.now)

    async def find(self) -> str | None:
        self.asked += 1
        answer = self.answer
        await self.answers.wait()
        if self.is_away:
            raise DatabaseError("it is away")
        return answer

    async def look(self, digest: str = "d") -> str | None:
        return await self.believed.look(digest, self.find)


@pytest.fixture
def place() -> Place:
    return Place()


async def test_an_answer_is_believed_for_some_seconds(place: Place) -> None:
    assert [await place.look(), await place.look()] == ["nermin", "nermin"]
    place.answer = None
    place.now += FRESH_S - 0.1
    assert (await place.look(), place.asked) == ("nermin", 1)
    place.now += 0.1
    assert (await place.look(), place.asked) == (None, 2)
    assert place.believed.last("d") is None


async def test_while_it_is_away_one_look_in_some_seconds_asks_for_all(place: Place) -> None:
    for digest in "def":
        await place.look(digest)
    place.is_away, place.asked, place.answer = True, 0, None  # each is revoked, which nobody here can know
    place.now += FRESH_S
    for _ in range(5):
        assert [await place.look(digest) for digest in "def"] == ["nermin"] * 3
    assert place.asked == 1
    place.now += TRUST_S
    assert [await place.look(digest) for digest in "def"] == ["nermin"] * 3
    assert place.asked == 2
    with pytest.raises(Unavailable):
        await place.look("unknown")
    place.is_away = False
    place.now += TRUST_S
    assert [await place.look(digest) for digest in "def"] == [None] * 3, "one answer ends the trust of all"


async def test_nobody_waits_for_an_answer_that_does_not_come_and_a_late_one_counts(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd.desk.believed.PATIENCE_S", 0.01)
    await place.look()
    place.now += FRESH_S
    place.answers.clear()
    place.answer = None
    assert await asyncio.gather(*(place.look() for _ in range(50))) == ["nermin"] * 50
    place.now += TRUST_S
    assert await place.look() == "nermin"
    assert place.asked == 2, "the look that waits still asks for all"
    place.answers.set()
    for _ in range(10):  # turns of the loop, in which it arrives
        await asyncio.sleep(0)
    assert place.believed.last("d") is None
    assert (await place.look(), place.asked) == (None, 3)


async def test_what_was_forgotten_is_not_brought_back_by_a_look_that_had_begun(place: Place) -> None:
    place.answers.clear()
    look = asyncio.create_task(place.look())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert place.asked == 1
    place.believed.forget("d")
    place.answers.set()
    await look
    assert place.believed.last("d") is None
    place.answer = None
    assert await place.look() is None
