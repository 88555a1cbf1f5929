"""What becomes of row and ticket when an agent says what an urgent call is about."""

from datetime import UTC, datetime

import msgspec
import pytest

from acd.engine.model.facts import KindChanged, ServiceNamed
from acd.engine.model.ids import CallId, ServiceId
from storage.database import Database
from tests.storage.samples import entry
from tests.storage.test_projector import TestTickets as _Tickets
from tests.storage.test_projector import content, journal_of, project


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
