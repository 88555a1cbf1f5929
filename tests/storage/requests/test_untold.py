"""Requests of calls that are stored late: nobody is rung, written to or warned about what is long over."""

import logging

import msgspec
import pytest

from acd.engine.model.facts import AnyFact, CallEntered, ServiceNamed
from acd.engine.model.ids import CallId, NodeId, ServiceId
from storage.database import Database
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from storage.requests.duty import DutyCalls
from storage.requests.outbox import Outbox
from storage.requests.tables import NoticeRow, OutboxRow, TaskRow, TicketRow
from storage.requests.watch import Watch
from tests.storage.requests.desk import Desk
from tests.storage.samples import entry
from tests.tickets.life import DAY, HOUR, RULES
from tests.tickets.towns import shipped_texts, town_with

MEMBER = 'head = "cenaze"\nmembers = [{ user = "cenaze", mail = "c@example.org", webhook = "https://example.org/" }]'
DUTY = """
[[shift]]
unit = "mezarliklar"
days = "mon-sun holiday"
hours = "00:00-24:00"
people = [{ name = "Acil ekip", phone = "7401" }]
"""
KINDS = ("mail", "webhook", "text")


@pytest.fixture
def desk(database: Database) -> Desk:
    before, unit, after = shipped_texts()["units.toml"].partition('id = "mezarliklar"')
    town = town_with(units_toml=f"{before}{unit}\n{_with_member(after)}", duty_toml=DUTY)
    return Desk(database, msgspec.structs.replace(RULES, town=town, texts=True))


def _with_member(text: str) -> str:
    own, mark, others = text.partition("[[unit]]")
    kept = [line for line in own.splitlines() if not line.startswith(("head", "members"))]
    return "\n".join([*kept, MEMBER, "", mark]) + others


def urgent(seq: int, at: float) -> list[AnyFact]:
    call, number = CallId(f"ast1-{seq}"), f"053211122{seq:02}"
    return [
        CallEntered(
            at=at, call=call, node=NodeId("ast1"), channel="c", number=number, name="", dialled="", arrived_at=at
        ),
        ServiceNamed(
            at=at, call=call, service=ServiceId("funeral"), priority="urgent", language="tr", number=number,
            opens_ticket=True,
        ),
    ]  # fmt: skip


async def stored(desk: Desk, *ages_s: float, within_s: float | None) -> Projector:
    """The journal of urgent calls of these ages comes into the database now."""
    journal = MemoryJournal()
    journal.append([entry(n, desk.now - age, urgent(n, desk.now - age)) for n, age in enumerate(ages_s, 1)])
    since = 0.0 if within_s is None else desk.now - within_s
    projector = Projector(journal, desk.database, rules=lambda: desk.rules, tell_since=lambda: since)
    await projector.catch_up()
    return projector


async def leaves(desk: Desk) -> set[tuple[str, str, str]]:
    """All that leaves the desk now: request, kind, and what it is about."""

    def clock() -> float:
        return desk.now

    await Watch(desk.database, lambda: desk.rules, clock).look()
    duty = DutyCalls(desk.database, lambda: desk.rules, lambda: 60.0, clock)
    await duty.step()
    parcels = await Outbox(desk.database, lambda: desk.rules, clock).take(KINDS, 100)
    found = {(one.ticket.number, one.kind, one.about) for one in parcels}
    return found | {(one.request, "line", "ring") for one in await duty.wanted()}


async def test_what_is_stored_at_once_is_told(desk: Desk) -> None:
    projector = await stored(desk, 1.0, within_s=HOUR)
    (ticket,) = await desk.rows(TicketRow)
    number = ticket["number"]
    assert await leaves(desk) == {
        (number, "mail", "assigned"),
        (number, "webhook", "assigned"),
        (number, "text", "receipt"),
        (number, "line", "ring"),
    }
    assert projector.untold == 0


@pytest.mark.parametrize("within_s", [HOUR, 0.0])
async def test_nobody_outside_is_told_of_what_is_long_over(
    desk: Desk, within_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    """A rebuilt database (`within_s` 0) and one that was away are the same: only the notices in the desk are made."""
    with caplog.at_level(logging.WARNING):
        projector = await stored(desk, 20 * DAY, 2 * HOUR, within_s=within_s)
    assert await leaves(desk) == set()
    rows = await desk.rows(OutboxRow)
    assert {(row["state"], bool(row["error"])) for row in rows} == {("dropped", True)}
    assert projector.untold == len(rows) == 8
    (said,) = [one.getMessage() for one in caplog.records if "not sent" in one.getMessage()]
    assert said.startswith("8 text messages")
    assert {row["about"] for row in await desk.rows(NoticeRow)} == {"assigned"}


async def test_a_person_sees_to_an_urgent_request_that_came_too_late_for_a_ring(desk: Desk) -> None:
    await stored(desk, 20 * DAY, 2 * HOUR, 60.0, within_s=HOUR)
    old, late, new = [row["number"] for row in await desk.rows(TicketRow)]
    (task,) = await desk.rows(TaskRow)
    assert (task["number"], task["kind"]) == (late, "duty_unanswered")
    assert {number for number, _, _ in await leaves(desk)} == {new}
    assert old < late < new
