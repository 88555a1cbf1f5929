"""An erasure and a batch of the projector need calls and requests at once: one of them waits, and neither is undone."""

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.facts import CallEnded, KindChanged, ServiceNamed
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from storage.database import Database
from storage.journal_memory import MemoryJournal
from storage.privacy.person import PersonRecords
from storage.projector import Projector
from storage.requests.of_calls import RequestsOfCalls
from storage.requests.tables import TicketRow
from storage.tables import CallRow
from tests.storage.crossing import Crossing, shared
from tests.storage.requests.desk import Desk
from tests.storage.samples import entry
from tests.storage.test_projector_tickets import TestTickets as _Tickets
from tests.tickets.life import MACHINE

__all__ = ["shared"]

NUMBER = "05321112233"


@pytest.fixture
def desk(shared: Database) -> Desk:
    return Desk(shared)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_call_whose_kind_is_put_right_while_its_person_is_erased(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """The projector holds the call and needs its request; the erasure needs both, or takes a call by itself."""
    at, journal = desk.now, MemoryJournal()
    entered, named = _Tickets().urgent(1, "a", at).facts
    assert isinstance(named, ServiceNamed)
    facts = [msgspec.structs.replace(one, number=NUMBER) for one in (entered, named)]
    ended = CallEnded(
        at=at + 60, call=CallId("a"), node=NodeId("ast1"), number=NUMBER, name="", dialled="", wait_s=1.0,
        service=ServiceId("funeral"), priority="urgent", language="tr", outcome="answered", hangup_by="caller",
        arrived_at=at, ended_at=at + 60, agent=AgentId("1001"),
    )  # fmt: skip
    journal.append([entry(1, at, [*facts, ended])])
    projector = Projector(journal, desk.database, rules=lambda: desk.rules)
    await projector.catch_up()
    (ticket,) = await desk.rows(TicketRow)
    if whole:
        await desk.moved(ticket["number"], "in_progress", "resolved", "told", "closed")

    people = PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now)
    erasure = Crossing(desk.database, lambda: people.erase(NUMBER, MACHINE, "dilekçe 17"))
    write = RequestsOfCalls.write

    async def write_meanwhile(self: RequestsOfCalls, connection: AsyncConnection) -> None:
        await erasure.begin()
        await write(self, connection)

    monkeypatch.setattr(RequestsOfCalls, "write", write_meanwhile)
    again = KindChanged(at=at + 90, call=CallId("a"), service=ServiceId("funeral"), priority="urgent")
    journal.append([entry(2, at + 90, [again])])
    await projector.catch_up()
    monkeypatch.undo()
    done = await erasure.ends()
    assert (done.calls, done.requests) == (1, int(whole))
    (call,) = await desk.rows(CallRow)
    (ticket,) = await desk.rows(TicketRow)
    assert (call["caller"], ticket["caller"]) == ("", "" if whole else NUMBER)
