"""A citizen with several requests under one parent is called once, and asked for a score once."""

from typing import Any

import pytest

from storage.database import Database
from storage.requests.outbox import Outbox
from storage.requests.outcomes import AGAIN_S, RELATIVE_S
from storage.requests.tables import AttemptRow, HistoryRow
from tests.storage.requests.desk import check_whole
from tests.storage.requests.outcome_desk import Line
from tests.storage.requests.test_automatic_calls import over, rings
from tests.tickets.life import AGENT, DAY, HOUR, LEAD
from tickets.outcome.report import Report

MINE, WRITTEN_OTHERWISE, OTHERS = "+905321112233", "0532 111 22 33".replace(" ", ""), "+905321112244"


class Family:
    """A parent of mine, a child of mine, one of somebody else's and one more of mine."""

    def __init__(self, database: Database, **telling: Any) -> None:
        self.line = Line(database, **telling)
        self.outbox = Outbox(database, lambda: self.line.desk.rules, lambda: self.line.desk.now)
        self.numbers: list[str] = []

    async def resolved(self, words: str = "Asfalt döküldü.") -> None:
        desk = self.line.desk
        if not self.numbers:
            for caller in (MINE, MINE, OTHERS, WRITTEN_OTHERWISE):
                self.numbers.append((await desk.open(caller=caller)).number)
            for number in self.numbers[1:]:
                await desk.store.join(number, self.numbers[0], AGENT)
        await desk.moved(self.numbers[0], "accepted", "resolved", result=words)
        await self.follow()

    async def follow(self) -> None:
        """The children follow, and what is due of outcomes is done."""
        for parcel in await self.outbox.take(("children",)):
            await self.outbox.follow(parcel)
        await self.line.outcomes.step()

    async def later(self, seconds: float) -> None:
        self.line.desk.now += seconds
        await self.line.outcomes.step()

    async def ways(self) -> list[tuple[str, str | None]]:
        """State of each request, and how its citizen was told."""
        return [(await self.line.state(number))[:2] for number in self.numbers]

    async def tried(self) -> list[str]:
        """The requests about which somebody was called."""
        return [row["number"] for row in await self.line.desk.rows(AttemptRow)]


@pytest.fixture
def family(database: Database) -> Family:
    return Family(database)


async def test_who_is_told_by_a_call_is_told_of_all_their_requests(family: Family) -> None:
    await family.resolved()
    line, (parent, child, others, last) = family.line, family.numbers
    wishes = {one.wish.partition(".")[0]: one.wish for one in await line.outcomes.wanted()}
    assert parent in wishes
    assert others in wishes
    for number in (parent, others):
        call = await line.queues(wishes[number])
        await line.tells(call)
        await line.reports.report(call, Report(result="told", score=2), AGENT)
    await line.outcomes.step()
    assert await family.ways() == [("told", "call"), ("told", "parent"), ("told", "call"), ("told", "parent")]
    assert [await line.tasks(number) for number in (child, last)] == [[], []], "one score, one task"
    await family.later(20 * DAY)
    assert await line.outcomes.wanted() == []
    assert await family.tried() == [parent, others]
    (row,) = await line.desk.rows(HistoryRow, number=child, what="tell")
    assert (row["detail"]["how"], row["note"]) == ("parent", f"in the call about {parent}")
    await check_whole(line.desk, family.numbers)


async def test_a_call_that_waits_is_taken_back_when_they_are_told_in_a_call_of_their_own(family: Family) -> None:
    await family.resolved()
    line, (parent, child, _, _) = family.line, family.numbers
    call = await line.queues(f"{parent}.1.1")
    await line.desk.add_call("a", agent="1001", caller=WRITTEN_OTHERWISE)
    said = await line.reports.report_in_call("a", Report(result="told", score=5), AGENT)
    await line.outcomes.step()
    assert {state for state, _ in (await family.ways())[:2]} <= {"told", "closed"}
    assert (said["number"], (await line.state(child))[1]) in ((parent, "parent"), (child, "in_call"))
    assert call in [one for withdrawal in await line.outcomes.withdrawn() for one in withdrawal.calls]


async def test_nobody_is_called_while_a_person_finds_out_what_they_have_heard(database: Database) -> None:
    family = Family(database, mode="automatic", at_once=9)
    await family.resolved()
    line, (parent, child, _, _) = family.line, family.numbers
    call = await rings(line, f"{parent}.1.1")
    await over(line, call, "told_in_part", began=True)
    for _ in range(5):
        await family.later(DAY)
    assert child not in await family.tried()
    assert (await line.tasks(parent), await line.tasks(child)) == (["told_in_part"], [])
    await line.desk.moved(parent, "told", how="call")
    await line.outcomes.step()
    assert (await line.state(child))[:2] == ("told", "parent")


async def test_an_automatic_call_settles_the_others_with_it(database: Database) -> None:
    family = Family(database, mode="automatic", at_once=9)
    await family.resolved()
    line, (parent, child, _, _) = family.line, family.numbers
    await over(line, await rings(line, f"{parent}.1.1"), "told", 5, began=True)
    await line.outcomes.step()
    await family.later(RELATIVE_S)
    assert (await line.state(parent), (await line.state(child))[:2]) == (("closed", "automatic", 5), ("told", "parent"))


async def test_a_new_outcome_is_told_to_all_again_once(family: Family) -> None:
    await family.resolved()
    line, parent = family.line, family.numbers[0]
    call = await line.queues(f"{parent}.1.1")
    await line.tells(call)
    await line.reports.report(call, Report(result="told"), AGENT)
    await line.desk.moved(parent, "assigned", actor=LEAD)
    await family.follow()
    await family.resolved()
    assert (await line.state(parent))[0] == "resolved"
    await family.later(AGAIN_S)
    assert f"{parent}.2.1" in await line.wishes(), "the same words of before do not count"


async def test_who_was_not_reached_about_one_is_called_about_the_next(family: Family) -> None:
    await family.resolved()
    line, (parent, child, _, _) = family.line, family.numbers
    await line.misses(await line.queues(f"{parent}.1.1"))
    await family.later(HOUR)
    assert f"{child}.1.1" in await line.wishes()
    assert (await line.state(child))[:2] == ("resolved", None)
