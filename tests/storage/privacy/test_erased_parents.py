"""A parent whose person is erased: its duplicates get its outcome all the same, and their citizens are told it."""

import pytest

from storage.database import Database
from storage.privacy.destruction import Destruction
from storage.privacy.person import PersonRecords
from storage.requests.outbox import Outbox
from storage.requests.tables import ErasureRow
from tests.storage.requests.desk import Desk, refusal
from tests.tickets.life import AGENT, MACHINE
from tickets.privacy.erasure import PARTS, Part

NUMBER = "+905321112233"


class Parent:
    """A parent that was closed before its duplicate has followed it."""

    def __init__(self, database: Database) -> None:
        self.desk = Desk(database)
        self.outbox = Outbox(database, lambda: self.desk.rules, lambda: self.desk.now)
        self.people = PersonRecords(database, lambda: self.desk.rules, lambda: self.desk.now)

    async def closed(self, *states: str) -> tuple[str, str]:
        """The parent's number, and that of its duplicate, which is somebody else's."""
        parent = (await self.desk.open(name="Ayşe")).number
        child = (await self.desk.open(caller="+905330000000")).number
        await self.desk.store.join(child, parent, AGENT)
        await self.desk.moved(parent, *states, result="Asfalt döküldü.")
        return parent, child

    async def night(self) -> None:
        await Destruction(self.desk.database, self.desk.store, lambda: self.desk.rules, lambda: self.desk.now).run()

    async def follow(self) -> None:
        for parcel in await self.outbox.take(("children",)):
            await self.outbox.follow(parcel)

    async def request(self, number: str) -> tuple[str, str, str | None, str]:
        found = await self.desk.queries.get(number) or {}
        return found["state"], found["words"], found["parent"], found["name"]


@pytest.fixture
def parent(database: Database) -> Parent:
    return Parent(database)


async def nothing(_connection: object) -> None:
    """Nothing else is erased with it."""


@pytest.mark.parametrize("parts", [tuple(PARTS), ("person",), ("text",)])
async def test_it_is_not_erased_before_its_duplicates_have_its_outcome(parent: Parent, parts: tuple[Part, ...]) -> None:
    number, child = await parent.closed("in_progress", "resolved", "told", "closed")
    refused = await refusal(parent.desk.store.erase(number, MACHINE, "asked", parts, nothing))
    assert (refused.code, refused.key, refused.value) == ("not_allowed", "number", number)
    await parent.follow()
    assert (await parent.request(child))[:3] == ("resolved", "Asfalt döküldü.", number)
    await parent.desk.store.erase(number, MACHINE, "asked", parts, nothing)


async def test_an_erasure_that_somebody_asked_for_waits_for_it_until_the_night(parent: Parent) -> None:
    number, child = await parent.closed("in_progress", "resolved", "told", "closed")
    alone = (await parent.desk.open()).number
    await parent.desk.moved(alone, "in_progress", "resolved", "told", "closed")
    done = await parent.people.erase(NUMBER, MACHINE, "dilekçe 17")
    assert (done.requests, done.waiting) == (1, (number,)), "nothing else waits for it"
    await parent.night()
    assert (await parent.request(number))[3] == "Ayşe"
    await parent.follow()
    await parent.night()
    assert (await parent.request(child))[:3] == ("resolved", "Asfalt döküldü.", number)
    assert (await parent.request(number))[3] == ""
    (erasure,) = await parent.desk.rows(ErasureRow)
    assert erasure["done_at"] is not None


async def test_duplicates_of_one_that_was_withdrawn_are_separate_before_it_is_erased(parent: Parent) -> None:
    number, child = await parent.closed("closed")
    assert (await parent.people.erase(NUMBER, MACHINE, "dilekçe 17")).waiting == (number,)
    await parent.follow()
    await parent.night()
    assert (await parent.request(child))[:3] == ("assigned", "", None)
    assert (await parent.request(number))[3] == ""
