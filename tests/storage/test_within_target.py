"""Which calls met the target: in the rows of new calls, and in those of calls from before anybody asked."""

from itertools import count

import sqlalchemy as sa

from acd.engine.model.config import ServiceClass
from acd.engine.model.events import TimerFired
from acd.engine.model.facts import AnyFact, CallAnswered, CallEnded, CallEntered, CallQueued, Outcome
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
from acd.engine.model.journal import Entry
from acd.engine.model.target import within_target
from storage import migrate
from storage.columns import table_of
from storage.database import Database
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from storage.queries import Queries
from storage.tables import CallRow
from tests.storage.samples import START, Story, rules

CALLS = table_of(CallRow)


async def met(database: Database) -> dict[str, bool | None]:
    async with database.reading() as connection:
        return {row.id: row.within_target for row in await connection.execute(sa.select(CALLS))}


class Line:
    """Calls as the engine would tell of them."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self._seq = count(1)

    def tell(self, *facts: AnyFact) -> None:
        event = TimerFired(at=facts[0].at, timer=TimerId("t"))
        self.journal.append([Entry(seq=next(self._seq), event=event, facts=facts)])

    def enter(self, name: str, priority: ServiceClass) -> CallId:
        """Is on the line at `START`, and waits two seconds later."""
        call = CallId(name)
        self.tell(
            CallEntered(
                at=START, call=call, node=NodeId("ast1"), channel="c", number="", name="", dialled="", arrived_at=START
            ),
            CallQueued(at=START + 2, call=call, service=ServiceId("s"), priority=priority, number="", position=1),
        )
        return call

    def answer(self, call: CallId, priority: ServiceClass, at: float) -> None:
        self.tell(
            CallAnswered(
                at=START + at, call=call, offer=OfferId("o"), agent=AgentId("1001"), service=ServiceId("s"),
                priority=priority, wait_s=at - 2, answer_delay_s=at, ring_s=1.0,
            )
        )  # fmt: skip

    def end(self, call: CallId, priority: ServiceClass, outcome: Outcome, at: float, answered: float | None) -> None:
        self.tell(
            CallEnded(
                at=START + at, call=call, node=NodeId("ast1"), number="", name="", dialled="", service=ServiceId("s"),
                priority=priority, language="tr", outcome=outcome, hangup_by="caller", arrived_at=START,
                queued_at=START + 2, answered_at=None if answered is None else START + answered,
                ended_at=START + at, wait_s=(answered or at) - 2, answer_delay_s=answered,
            )
        )  # fmt: skip


async def test_a_row_tells_it_from_the_answer_on(database: Database) -> None:
    line = Line()
    soon, late, waits = line.enter("soon", "urgent"), line.enter("late", "routine"), line.enter("waits", "routine")
    sent_on, gone = line.enter("sent on", "routine"), line.enter("gone", "urgent")
    line.answer(soon, "urgent", 4.0)
    line.answer(late, "routine", 6.5)
    line.answer(sent_on, "routine", 5.5)
    projector = Projector(line.journal, database, rules=rules, target_s=4.0)
    await projector.catch_up()
    assert await met(database) == {soon: True, late: False, waits: None, sent_on: True, gone: None}
    line.end(soon, "urgent", "answered", 60.0, 4.0)
    line.end(sent_on, "urgent", "answered", 60.0, 5.5)  # handed on to an urgent service after it was answered
    line.end(waits, "routine", "timed_out", 60.0, None)
    line.end(gone, "urgent", "abandoned", 4.0, None)
    await projector.catch_up()
    assert await met(database) == {soon: True, late: False, waits: False, sent_on: True, gone: False}
    for call, is_met in (await met(database)).items():
        shown = await Queries(database).get_call(call)
        assert shown is not None
        assert shown.within_target is is_met


async def test_calls_of_before_are_held_against_six_seconds(database: Database) -> None:
    """The migration says of old rows what the projector would have."""
    told = Story(31).tell(1500)
    journal = MemoryJournal()
    journal.append(told)
    await Projector(journal, database, rules=rules).catch_up()
    known = await met(database)
    ended = {fact.call: within_target(fact, 6.0) for one in told for fact in one.facts if isinstance(fact, CallEnded)}
    assert {call: value for call, value in known.items() if call in ended} == ended
    assert set(known.values()) == {True, False, None}
    async with database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0005")
    await migrate.upgrade(database)
    assert await met(database) == known
