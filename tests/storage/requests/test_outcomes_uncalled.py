"""Outcomes of citizens who cannot be called, on both databases: a code tells them, or a person does."""

import sqlalchemy as sa

from acd.engine.model.facts import CallAnswered, CallEntered, ServiceNamed
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from storage.columns import table_of
from storage.database import Database
from storage.requests.messages import Messages
from storage.requests.tables import CodeRow, TicketRow
from tests.storage.requests.desk import ROAD
from tests.storage.requests.outcome_desk import Line
from tests.tickets.life import LEAD
from tickets.files import NewFile
from tickets.importing import ImportRow, Origin
from tickets.opening import NewTicket
from tickets.outbreaks import CHANNEL as OUTBREAK


async def test_without_a_trunk_a_person_tells(database: Database) -> None:
    line = Line(database, calls=False)
    number = await line.resolved()
    assert await line.tasks(number) == ["outcome"]
    assert (await line.state(number))[0] == "resolved"
    assert not await line.pending(number)


async def test_a_citizen_who_gave_no_number_reads_it_by_a_code(line: Line) -> None:
    number = await line.resolved(caller="")
    assert await line.state(number) == ("told", "page", None)
    assert len(await line.desk.rows(CodeRow, number=number)) == 1


async def withheld(line: Line, *, answered: bool) -> str:
    """The request of an urgent caller who withholds their number, with its outcome."""
    at, call, service = line.desk.now, CallId("ast1-1.1"), ServiceId("funeral")
    await line.says(
        CallEntered(
            at=at, call=call, node=NodeId("ast1"), channel="c", number="anonymous", name="", dialled="", arrived_at=at
        ),
        ServiceNamed(
            at=at, call=call, service=service, priority="urgent", language="tr", number="anonymous", opens_ticket=True
        ),
    )
    if answered:
        await line.says(
            CallAnswered(
                at=at, call=call, offer=OfferId("ast1-1.1#1"), agent=AgentId("1001"), service=service,
                priority="urgent", wait_s=5.0, answer_delay_s=5.0, ring_s=2.0,
            )
        )  # fmt: skip
    ((opened),) = await line.desk.rows(TicketRow, origin="line")
    number = str(opened["number"])
    record = await line.desk.queries.get(number)
    assert record is not None
    assert record["code"], "the agent reads it in the talk"
    await line.desk.moved(number, "accepted", "resolved", result="Cenaze aracı gönderildi.")
    await line.outcomes.step()
    after = await line.desk.queries.get(number)
    assert after is not None
    assert after["code"] == record["code"]
    return number


async def test_an_urgent_caller_without_a_number_has_a_code_from_the_beginning(line: Line) -> None:
    number = await withheld(line, answered=True)
    assert await line.state(number) == ("told", "page", None)
    assert await line.tasks(number) == []


async def test_whoever_has_heard_no_code_does_not_count_as_told(line: Line) -> None:
    """They hung up before anybody could say it, and nobody can call them: a person decides."""
    number = await withheld(line, answered=False)
    assert (await line.state(number))[0] == "resolved"
    assert await line.tasks(number) == ["outcome"]
    assert not await line.pending(number)


async def ended_untold(line: Line, number: str) -> None:
    """The request has an outcome that no person has said to its citizen: that is a person's task."""
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert ((await line.state(number))[0], await line.tasks(number)) == ("resolved", ["outcome"])


async def test_an_import_without_a_number_does_not_count_as_told(line: Line) -> None:
    """Its citizen wrote to another system: nobody has talked with them, so nobody has said them the code."""
    new = NewTicket(**{**ROAD, "caller": "", "kind": "cimer", "channel": "cimer"})
    row = ImportRow(line=2, new=new, opened_at=line.desk.now, source="cimer", reference="C-1")
    (one,) = await line.desk.store.import_rows([row], LEAD, Origin(), skip_faulty=False)
    assert one.number is not None
    assert len(await line.desk.rows(CodeRow, number=one.number)) == 1
    await ended_untold(line, one.number)


async def test_a_message_of_a_withheld_caller_does_not_count_as_told(line: Line) -> None:
    """The line says the number of their request, and no code."""
    messages = Messages(line.desk.database, lambda: line.desk.rules, lambda: line.desk.now)
    name, size, sha256 = "a" * 32, 32_044, "0" * 64
    file = NewFile(id=name, media_type="audio/wav", about="request", name="message.wav", size=size, sha256=sha256)
    taken = await messages.take(NewTicket(service="request", caller="", call="ast1-1.1", language="tr"), file)
    await line.desk.tasks.done((await line.desk.tasks.list(kind="hear_message"))[0]["id"], LEAD, "dinledim")
    await line.desk.moved(taken.ticket.number, "assigned")
    await ended_untold(line, taken.ticket.number)


async def test_the_parent_of_an_outbreak_has_no_citizen_and_is_settled(line: Line) -> None:
    number = (await line.desk.open(LEAD, caller="", channel=OUTBREAK)).number
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert await line.state(number) == ("told", "page", None)


async def test_a_code_that_is_made_with_the_outcome_tells_nobody(line: Line) -> None:
    """A request of an earlier version, or whose number was taken away: nobody can have told its code."""
    number = (await line.desk.open(caller="")).number
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.delete(table_of(CodeRow)))
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert ((await line.state(number))[0], await line.tasks(number)) == ("resolved", ["outcome"])
    assert len(await line.desk.rows(CodeRow, number=number)) == 1
    await line.desk.moved(number, "assigned", note="eksik", unit="")
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert (await line.state(number))[0] == "resolved", "neither does it at the next outcome"
