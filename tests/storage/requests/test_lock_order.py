"""A batch of the projector and what people do at the same moment need the same requests: one of them waits, and neither
is undone by the database."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from acd.engine.model.facts import AnyFact, CallbackMissed, RequestHeard, ServiceNamed
from acd.engine.model.handover_facts import HandOverEnded
from acd.engine.model.ids import AgentId, CallId, ServiceId
from storage.database import Database
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from storage.requests import handover_facts, outcome_facts
from storage.requests.messages import Messages
from storage.requests.outbox import Outbox
from storage.requests.tables import DispositionRow, HistoryRow, LinkRow, TicketRow
from storage.requests.unreported import LOST_S
from tests.storage.crossing import Crossing, shared
from tests.storage.requests.desk import Desk, check_whole
from tests.storage.requests.outcome_desk import Line
from tests.storage.requests.test_messages import CALLER, file
from tests.storage.samples import entry
from tests.tickets.life import AGENT, LEAD
from tickets.opening import NewTicket

__all__ = ["shared"]


class Followed(Desk):
    """A desk whose projector follows a journal."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.journal = MemoryJournal()
        self.projector = Projector(self.journal, database, rules=lambda: self.rules)

    async def stores(self, *facts: AnyFact) -> None:
        """The projector stores what the line says now, in one batch."""
        self.journal.append([entry(self.journal.last_seq() + 1, self.now, facts)])
        await self.projector.catch_up()

    def handed_over(self, call: str) -> HandOverEnded:
        return HandOverEnded(
            at=self.now, call=CallId(call), to="iski", by=AgentId("1001"), result="answered", rang_s=3.0
        )


@pytest.fixture
async def desk(shared: Database) -> Followed:
    made = Followed(shared)
    await made.stores(made.handed_over("ast1-0.0"))  # it has its place in the journal
    return made


def during(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, crossing: Crossing, *, after: bool = False) -> None:
    """Begin the other work as this function is called, or `after` its first call."""
    whole: Callable[..., Awaitable[Any]] = getattr(module, name)

    async def crossed(*args: Any, **named: Any) -> Any:
        if not after:
            await crossing.begin()
        result = await whole(*args, **named)
        await crossing.begin()
        return result

    monkeypatch.setattr(module, name, crossed)


async def two(desk: Desk) -> tuple[str, str]:
    """Two requests, opened in the calls `a` and `b`."""
    for call in ("a", "b"):
        await desk.add_call(call)
    return (await desk.open(call="a")).number, (await desk.open(call="b")).number


@pytest.mark.parametrize("follows", [False, True])
async def test_a_duplicate_that_is_joined_or_follows_while_its_calls_are_told_of(
    desk: Followed, monkeypatch: pytest.MonkeyPatch, follows: bool
) -> None:
    """The batch locks the duplicate and then its parent, in the order of what was said."""
    parent, child = await two(desk)
    if follows:
        await desk.store.join(child, parent, LEAD)
        await desk.moved(parent, "accepted", "in_progress", "resolved")
    outbox = Outbox(desk.database, lambda: desk.rules, lambda: desk.now)

    async def meanwhile() -> None:
        if follows:
            (parcel,) = await outbox.take(("children",))
            await outbox.follow(parcel)
        else:
            await desk.store.join(child, parent, LEAD)

    crossing = Crossing(desk.database, meanwhile)
    during(monkeypatch, handover_facts, "lock", crossing, after=True)
    await desk.stores(desk.handed_over("b"), desk.handed_over("a"))
    await crossing.ends()
    for number in (parent, child):
        rows = await desk.rows(HistoryRow, number=number, what="hand_over")
        assert len(rows) == 1
    assert (await desk.rows(TicketRow, number=child))[0]["parent"] == parent
    await check_whole(desk, [parent, child])


async def test_a_message_that_is_taken_while_a_call_opens_a_request(
    desk: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch has taken a number and locks a request; the message has locked the caller's two and takes a number."""
    for call in ("a", "b"):
        await desk.add_call(call)
    numbers = [(await desk.open(call=call, caller=CALLER)).number for call in ("a", "b")]
    messages = Messages(desk.database, lambda: desk.rules, lambda: desk.now)
    new = NewTicket(service="request", caller=CALLER, call="m", language="tr")
    crossing = Crossing(desk.database, lambda: messages.take(new, file("a" * 32)))
    during(monkeypatch, handover_facts, "lock", crossing)
    urgent = ServiceNamed(
        at=desk.now, call=CallId("u"), service=ServiceId("funeral"), priority="urgent", language="tr", number="0532",
        opens_ticket=True,
    )  # fmt: skip
    await desk.stores(urgent, desk.handed_over("b"))
    taken = await crossing.ends()
    assert (taken.own, taken.ticket.number in numbers) == (True, False)
    found = await desk.rows(TicketRow)
    assert sorted(row["sequence"] for row in found) == [1, 2, 3, 4]
    await check_whole(desk, [row["number"] for row in found])


async def test_a_step_of_an_outcome_while_the_line_says_what_came_of_its_call(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch has the outcome looked at, and then notes what came of the try; the step locks the try first."""
    line = Line(shared)
    number = await line.resolved()
    call = await line.queues(await line.wish())
    line.desk.now += LOST_S + 1
    crossing = Crossing(shared, line.outcomes.step)
    during(monkeypatch, outcome_facts, "_put", crossing)
    await line.says(CallbackMissed(at=line.desk.now, call=CallId(call), tries=1, status="NOANSWER"))
    assert await crossing.ends() == 1
    monkeypatch.undo()
    assert (await line.results(number))[0] == "no_answer"
    await check_whole(line.desk, [number])


async def test_what_an_agent_says_of_a_call_while_it_is_told_that_its_caller_was_handed_over(
    desk: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both link the call with a request of which its caller has heard, and both say what became of it."""
    await desk.add_call("c")
    number = (await desk.open()).number
    crossing = Crossing(desk.database, lambda: desk.tasks.dispose("c", "existing", None, AGENT, request=number))
    during(monkeypatch, handover_facts.HandOverFacts, "write", crossing)
    heard = RequestHeard(at=desk.now, call=CallId("c"), ticket=number, how="own")
    await desk.stores(heard, desk.handed_over("c"))
    await crossing.ends()
    (row,) = await desk.rows(DispositionRow, call="c")
    assert (row["disposition"], row["who"]) == ("existing", "1001"), "a person's word stays"
    assert len(await desk.rows(LinkRow, other="c")) == 1
