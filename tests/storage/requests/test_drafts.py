"""Drafts in both databases: their writer's alone, no version is overwritten unseen, and none is kept for long."""

import pytest

from storage.database import Database
from storage.requests.drafts import KEPT_S, MOST, Drafts, Record


class Clock:
    now = 1_780_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drafts(database: Database, clock: Clock) -> Drafts:
    return Drafts(database, clock)


async def kept(drafts: Drafts, user: str, call: str, base: int, draft: dict[str, str]) -> Record:
    """The draft as it is kept."""
    answer = await drafts.keep(user, call, base, draft)
    assert answer is not None
    return answer


async def texts(drafts: Drafts, user: str = "1001") -> list[str]:
    return [one["draft"]["text"] for one in await drafts.list(user)]


async def test_a_draft_is_its_writers_alone(drafts: Drafts) -> None:
    await drafts.keep("1001", "c1", 0, {"text": "Çukur\x00"})
    await drafts.keep("1002", "c1", 0, {"text": "Lamba"})
    assert await texts(drafts) == ["Çukur\ufffd"]
    assert await texts(drafts, "1002") == ["Lamba"]
    await drafts.drop("1001", "c1")
    assert (await texts(drafts), await texts(drafts, "1002")) == ([], ["Lamba"])


async def test_a_version_that_was_not_seen_is_given_back_and_not_overwritten(drafts: Drafts) -> None:
    first = await kept(drafts, "1001", "c1", 0, {"text": "Çukur"})
    second = await kept(drafts, "1001", "c1", first["version"], {"text": "Çukur var"})
    assert (first["version"], second["version"]) == (1, 2)
    for base in (0, 1, 3):  # another page, which has not seen the second
        other = await kept(drafts, "1001", "c1", base, {"text": "Lamba"})
        assert (other["version"], other["draft"]) == (2, {"text": "Çukur var"}), base
    joined = await kept(drafts, "1001", "c1", 2, {"text": "Lamba Çukur var"})
    assert (joined["version"], await texts(drafts)) == (3, ["Lamba Çukur var"])


async def test_one_that_is_gone_is_not_brought_back_by_an_open_page(drafts: Drafts) -> None:
    await drafts.keep("1001", "c1", 0, {"text": "Çukur"})
    await drafts.drop("1001", "c1")
    assert await drafts.keep("1001", "c1", 1, {"text": "Çukur var"}) is None
    assert await texts(drafts) == []
    assert (await kept(drafts, "1001", "c1", 0, {"text": "Lamba"}))["version"] == 1, "a new one begins"


async def test_all_of_a_person_go_when_they_sign_out(drafts: Drafts) -> None:
    for call in ("c1", "c2"):
        await drafts.keep("1001", call, 0, {"text": call})
    await drafts.keep("1002", "c3", 0, {"text": "c3"})
    await drafts.drop("1001")
    assert (await texts(drafts), await texts(drafts, "1002")) == ([], ["c3"])


async def test_a_day_after_its_last_change_a_draft_is_destroyed(drafts: Drafts, clock: Clock) -> None:
    await drafts.keep("1001", "c1", 0, {"text": "Çukur"})
    await drafts.keep("1001", "c2", 0, {"text": "Lamba"})
    clock.now += KEPT_S - 1
    await drafts.keep("1001", "c2", 1, {"text": "Lamba yanmıyor"})
    await drafts.forget()
    assert await texts(drafts) == ["Çukur", "Lamba yanmıyor"]
    clock.now += 2
    await drafts.forget()
    assert await texts(drafts) == ["Lamba yanmıyor"]


async def test_nobody_fills_the_database_with_drafts(drafts: Drafts, clock: Clock) -> None:
    for number in range(MOST + 3):
        clock.now += 1
        await drafts.keep("1001", f"c{number}", 0, {"text": str(number)})
    assert await texts(drafts) == [str(number) for number in range(3, MOST + 3)]
