"""What the console asks of calls and tickets, asked of both that answer: the desk's records, over a journal and a
database, and the line in memory that the console's tests use in their place."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from acd.config.settings import Settings
from acd.desk.call_lists import list_calls
from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from acd.engine.model.facts import CallEnded, CallEntered, ServiceNamed
from acd.engine.model.journal import Entry
from console import views
from console.ports import CallQuery, ConsolePorts
from console.request_ports import TicketQuery
from console.request_views import Ticket, WholeTicket
from storage.journal import SqliteJournal
from storage.requests.attachments import Attachments
from tests.console.desk import Desk
from tests.storage.samples import Story, rules
from tests.waiting import until
from tickets.number import TicketNumber
from tickets.outcome.plan import OutcomeRules

STEPS = 700


class Told:
    """A story of a line, and what must be known of it."""

    def __init__(self) -> None:
        story = Story(31)
        self.entries: list[Entry] = story.tell(STEPS)
        facts = [fact for entry in self.entries for fact in entry.facts]
        self.entered = [fact for fact in facts if isinstance(fact, CallEntered)]
        self.ended = {fact.call: fact for fact in facts if isinstance(fact, CallEnded)}
        self.named = [fact for fact in facts if isinstance(fact, ServiceNamed) and fact.opens_ticket]
        self.up = [fact.call for fact in self.entered if fact.call not in self.ended]


TOLD = Told()


async def of_records(folder: Path) -> AsyncIterator[ConsolePorts]:
    """Ports over the desk's own records."""
    settings = Settings(data_dir=folder)
    journal = SqliteJournal(settings.journal_file)
    journal.append(TOLD.entries)
    records = Records(settings, rules, OutcomeRules)
    following = asyncio.create_task(records.run(settings.journal_file))
    await until(lambda: records.seq == journal.last_seq())
    ports = Desk().ports()
    yield ConsolePorts(
        **{name: getattr(ports, name) for name in ConsolePorts.__dataclass_fields__}
        | {
            "list_calls": partial(list_calls, records),
            "get_call": records.get_call,
            "requests": DeskRequests(
                records, dict, Attachments(folder / "files", folder / "key"), lambda: rules().town
            ),
        }
    )
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await records.close(settings.journal_file)
    journal.close()


async def of_memory(_: Path) -> AsyncIterator[ConsolePorts]:
    """Ports of the line in memory."""
    desk = Desk()
    for entered in TOLD.entered:
        end = TOLD.ended.get(entered.call)
        known = {"caller": entered.number, "entered_at": entered.arrived_at, "outcome": None, "ended_at": None}
        if end is not None:
            known |= {
                "service": end.service, "class": end.priority, "outcome": end.outcome, "ended_at": end.ended_at,
                "entered_at": end.arrived_at if end.queued_at is None else end.queued_at,
            }  # fmt: skip
        desk.add_call(entered.call, **known)
    for number, named in enumerate(TOLD.named, 1):
        desk.ticket_records.append(
            {
                "number": str(TicketNumber(year=25, sequence=number)), "service": named.service,
                "class": named.priority,
                "state": "new", "call": named.call, "opened_at": named.at, "caller": named.number,
            }
        )  # fmt: skip
    yield desk.ports()


@pytest.fixture(params=[of_records, of_memory], ids=["records", "memory"])
async def ports(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConsolePorts]:
    made: Callable[[Path], AsyncIterator[ConsolePorts]] = request.param
    async for one in made(tmp_path):
        yield one


async def test_calls_that_have_ended_are_listed_and_those_that_are_up_are_not(ports: ConsolePorts) -> None:
    assert TOLD.up, "the story must leave some up"
    found = (await ports.list_calls(CallQuery(limit=1000))).records
    assert {call["id"] for call in found} == set(TOLD.ended)
    order = [(call["entered_at"], call["id"]) for call in found]
    assert order == sorted(order, reverse=True)
    assert (await ports.list_calls(CallQuery(limit=3))).records == found[:3]


async def test_the_newest_calls_of_a_number(ports: ConsolePorts) -> None:
    number = next(call["caller"] for call in (await ports.list_calls(CallQuery(limit=1000))).records if call["caller"])
    ended = [call for call in (await ports.list_calls(CallQuery(limit=1000))).records if call["caller"] == number]
    assert (await ports.list_calls(CallQuery(limit=1000, caller=number))).records == ended
    assert (await ports.list_calls(CallQuery(limit=1, caller=number))).records == ended[:1]


async def test_calls_by_class_outcome_and_time(ports: ConsolePorts) -> None:
    found = (await ports.list_calls(CallQuery(limit=1000))).records
    for priority in ("urgent", "routine"):
        wanted = [call for call in found if call["class"] == priority]
        assert wanted == (await ports.list_calls(CallQuery(limit=1000, priority=priority))).records
    wanted = [call for call in found if call["outcome"] == "answered"]
    assert wanted
    assert wanted == (await ports.list_calls(CallQuery(limit=1000, outcome="answered"))).records
    since = found[len(found) // 2]["entered_at"]
    wanted = [call for call in found if call["entered_at"] >= since]
    assert wanted == (await ports.list_calls(CallQuery(limit=1000, since=since))).records


async def test_one_call_is_told_whether_it_is_up_or_not(ports: ConsolePorts) -> None:
    for call, is_up in ((TOLD.up[0], True), (next(iter(TOLD.ended)), False)):
        found = await ports.get_call(call)
        assert found is not None
        assert (found["id"], found["outcome"] is None) == (call, is_up)
        assert found["history"]
        assert all({"at", "type"} <= step.keys() for step in found["history"])
    assert await ports.get_call("no-such-call") is None


async def test_tickets_by_state_service_and_time(ports: ConsolePorts) -> None:
    found = (await ports.requests.list(TicketQuery(limit=1000))).records
    assert {(ticket["call"], ticket["service"]) for ticket in found} == {(one.call, one.service) for one in TOLD.named}
    order = [(ticket["opened_at"], ticket["number"]) for ticket in found]
    assert order == sorted(order, reverse=True)
    for state in {ticket["state"] for ticket in found}:
        wanted = [ticket for ticket in found if ticket["state"] == state]
        assert (await ports.requests.list(TicketQuery(limit=1000, state=state))).records == wanted
    assert (await ports.requests.list(TicketQuery(limit=1000, state="closed"))).records == []
    wanted = [ticket for ticket in found if ticket["service"] == "funeral"]
    assert (await ports.requests.list(TicketQuery(limit=1000, service="funeral"))).records == wanted
    since = found[len(found) // 2]["opened_at"]
    assert (await ports.requests.list(TicketQuery(limit=1000, since=since))).records == [
        ticket for ticket in found if ticket["opened_at"] >= since
    ]


async def test_one_ticket_by_its_number(ports: ConsolePorts) -> None:
    ticket = (await ports.requests.list(TicketQuery(limit=1))).records[0]
    found = await ports.requests.get(ticket["number"], "tr")
    assert found is not None
    assert {name: found[name] for name in ticket} == ticket
    views.one(WholeTicket, found)
    assert await ports.requests.get("26-999999-9", "tr") is None


async def test_what_is_told_can_be_shown(ports: ConsolePorts) -> None:
    calls = (await ports.list_calls(CallQuery(limit=1000))).records
    await views.to_json(views.ListedCall, calls)
    await views.to_json(Ticket, (await ports.requests.list(TicketQuery(limit=1000))).records)
