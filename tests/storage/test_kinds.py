"""What becomes of row and ticket when an agent says what an urgent call is about."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from acd.engine.model.facts import AnyFact, KindChanged, ServiceNamed
from acd.engine.model.ids import CallId, ServiceId
from storage.database import Database
from tests.storage.projected import content, journal_of, project
from tests.storage.samples import entry
from tests.storage.test_projector_tickets import TestTickets as _Tickets


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_kind_that_an_agent_says_puts_the_ticket_right(database: Database, batch: int) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    (entered, named) = _Tickets().urgent(1, "a", at, "ambulance").facts
    assert isinstance(named, ServiceNamed)
    untold = msgspec.structs.replace(named, fields={"kind": "untold", "note": "n"})
    told = KindChanged(at=at + 30, call=CallId("a"), service=ServiceId("funeral"), priority="urgent")
    gone = KindChanged(at=at + 31, call=CallId("gone"), service=ServiceId("funeral"), priority="urgent")
    journal = journal_of([entry(1, at, [entered, untold]), entry(2, at + 30, [told, gone])])
    await project(database, journal, batch=batch)
    held = await content(database)
    (ticket,) = held["tickets"]
    assert (ticket["service"], ticket["fields"], ticket["version"]) == ("funeral", {"note": "n"}, 4)
    assert (ticket["state"], ticket["unit"]) == ("assigned", "mezarliklar")
    assert [(row["id"], row["service"], row["ticket"]) for row in held["calls"]] == [("a", "funeral", ticket["number"])]


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("untold", [False, True])
async def test_a_kind_said_of_a_caller_who_calls_again_has_a_request(
    database: Database, batch: int, untold: bool
) -> None:
    """The first call's request is for an ambulance; the second call uses it, until its agent says "funeral"."""
    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    first, second = calls_of("a", at, untold=untold, again=False), calls_of("b", at + 1200, untold=True, again=True)
    told = KindChanged(at=at + 1225, call=CallId("b"), service=ServiceId("funeral"), priority="urgent")
    journal = journal_of([entry(1, at, first), entry(2, at + 1200, second), entry(3, at + 1225, [told])])
    await project(database, journal, batch=batch)
    held = await content(database)
    services = {row["number"]: (row["service"], row["state"], row["unit"]) for row in held["tickets"]}
    numbers = {row["id"]: row["ticket"] for row in held["calls"]}
    if untold:
        assert list(services.values()) == [("funeral", "assigned", "mezarliklar")]
        assert numbers["a"] == numbers["b"]
    else:
        assert [service for service, _, _ in services.values()] == ["ambulance", "funeral"]
        assert services[numbers["b"]] == ("funeral", "assigned", "mezarliklar")
        assert services[numbers["a"]][0] == "ambulance"


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_kind_said_of_a_caller_who_has_such_a_request_is_no_further_one(database: Database, batch: int) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    told = [
        KindChanged(at=at + 70 + after, call=CallId("c"), service=ServiceId(service), priority="urgent")
        for after, service in enumerate(("funeral", "ambulance"))
    ]
    story = [
        entry(1, at, calls_of("a", at, again=False)),
        entry(2, at + 30, calls_of("b", at + 30, service="funeral", again=False)),
        entry(3, at + 60, calls_of("c", at + 60, again=True)),
        *(entry(4 + place, fact.at, [fact]) for place, fact in enumerate(told)),
    ]
    await project(database, journal_of(story[:4]), batch=batch)
    held = await content(database)
    assert sorted(row["service"] for row in held["tickets"]) == ["ambulance", "funeral"]
    numbers = {row["id"]: row["ticket"] for row in held["calls"]}
    assert numbers["c"] == numbers["b"] != numbers["a"]
    await project(database, journal_of(story), batch=batch)
    held = await content(database)
    assert len(held["tickets"]) == 2
    assert {row["id"]: row["ticket"] for row in held["calls"]}["c"] == numbers["a"]


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("after_s", [60.0, 1200.0])
async def test_a_kind_that_an_agent_confirms_of_a_caller_who_calls_again_opens_nothing(
    database: Database, batch: int, after_s: float
) -> None:
    """The request that the second call uses may be older than an hour when its agent says the kind."""
    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    first, second = calls_of("a", at, again=False), calls_of("b", at + 3000, untold=True, again=True)
    told = KindChanged(at=at + 3000 + after_s, call=CallId("b"), service=ServiceId("ambulance"), priority="urgent")
    journal = journal_of([entry(1, at, first), entry(2, at + 3000, second), entry(3, told.at, [told])])
    await project(database, journal, batch=batch)
    held = await content(database)
    (ticket,) = held["tickets"]
    assert {row["id"]: row["ticket"] for row in held["calls"]} == {"a": ticket["number"], "b": ticket["number"]}


async def test_a_kind_that_an_agent_confirms_is_untold_no_more(database: Database) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
    told = KindChanged(at=at + 15, call=CallId("a"), service=ServiceId("ambulance"), priority="urgent")
    story = [entry(1, at, calls_of("a", at, untold=True, again=False)), entry(2, at + 15, [told])]
    await project(database, journal_of(story))
    (ticket,) = (await content(database))["tickets"]
    assert (ticket["service"], ticket["fields"]) == ("ambulance", {})


def calls_of(
    call: str, at: float, *, again: bool, service: str = "ambulance", untold: bool = False
) -> Sequence[AnyFact]:
    """A call of one number comes, and its service is known."""
    (entered, named) = _Tickets().urgent(1, call, at, service).facts
    assert isinstance(named, ServiceNamed)
    number, fields = "05321112233", {"kind": "untold"} if untold else {}
    named = msgspec.structs.replace(named, number=number, again=again, fields=fields)
    return [msgspec.structs.replace(entered, number=number), named]
