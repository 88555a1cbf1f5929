"""A fault of our own with one request, on both databases: it is put off, the operator is told, the others go on."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, DatabaseError
from storage.requests import duty, outcomes, watch
from storage.requests.duty import DutyCalls
from storage.requests.faults import PUT_OFF_S, is_of_database, put_off, reraise
from storage.requests.locking import locked
from storage.requests.outcomes import Outcomes
from storage.requests.tables import OutboxRow, TaskRow, TicketRow
from storage.requests.watch import Watch
from storage.requests.writes import Writes
from tests.storage.crossing import Crossing, shared
from tests.storage.requests.desk import Desk
from tests.storage.requests.duty_ringer import Ringer
from tests.storage.requests.outcome_desk import Line
from tests.tickets.life import DAY
from tickets.duty_ring import spoken
from tickets.outcome.plan import next_step
from tickets.outcome.words import parts
from tickets.watching import next_look

__all__ = ["shared"]


class Faults:
    """As the operator is told of them."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def __call__(self, part: str, about: str, error: Exception) -> None:
        self.told.append((part, about, type(error).__name__))


def failing_with(number: Callable[[], str], real: Any) -> Any:
    """A function that fails with this request alone. Its first argument is a ticket."""

    def function(ticket: Any, *args: Any, **given: Any) -> Any:
        assert ticket.number != number(), "our own bug"
        return real(ticket, *args, **given)

    return function


async def tasks(desk: Desk, number: str) -> list[str]:
    return [row["kind"] for row in await desk.rows(TaskRow, number=number, done_at=None)]


async def test_an_outcome_that_cannot_be_told_keeps_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, faults, bad = Line(database), Faults(), ""
    line.outcomes = Outcomes(database, lambda: line.desk.rules, lambda: line.telling, lambda: line.desk.now, faults)
    monkeypatch.setattr(outcomes, "next_step", failing_with(lambda: bad, next_step))
    bad = (await line.desk.open()).number
    await line.desk.moved(bad, "accepted", "resolved", result="Asfalt döküldü.")
    good = await line.resolved(caller="+905325556677")
    assert [one.number_of for one in await line.outcomes.wanted()] == [good]
    assert faults.told == [("outcomes", bad, "AssertionError")]
    [row] = await line.desk.rows(OutboxRow, number=bad, kind="outcome")
    assert (row["state"], row["error"]) == ("pending", "AssertionError")

    for pause in (*PUT_OFF_S[:-1], *2 * PUT_OFF_S[-1:]):
        line.desk.now += pause - 0.1
        await line.outcomes.step()
        told = len(faults.told)
        line.desk.now += 0.1
        await line.outcomes.step()
        assert len(faults.told) == told + 1, "it is tried again after each pause, and not before"
    assert await tasks(line.desk, bad) == ["outcome"], "a person tells what the program cannot"

    mended, bad = bad, ""
    line.desk.now += PUT_OFF_S[-1]
    await line.outcomes.step()
    assert len(await line.outcomes.wanted()) == 2
    assert await tasks(line.desk, mended) == [], "the program tells it again"


async def test_words_that_cannot_be_made_keep_no_other_call(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, faults = Line(database, mode="automatic"), Faults()
    line.outcomes = Outcomes(database, lambda: line.desk.rules, lambda: line.telling, lambda: line.desk.now, faults)
    bad = await line.resolved()
    good = await line.resolved(caller="+905325556677")
    monkeypatch.setattr(outcomes, "parts", failing_with(lambda: bad, parts))
    wanted = {one.number_of: one.words for one in await line.outcomes.wanted()}
    assert (wanted[bad], ["Asfalt" in part.text for part in wanted[good]]) == ((), [True]), (
        "the call says only that there is an outcome"
    )
    assert faults.told == [("outcomes", bad, "AssertionError")]


async def test_a_duty_ring_that_cannot_be_made_keeps_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ringer, faults, bad = Ringer(database), Faults(), ""
    desk = ringer.desk
    ringer.duty = DutyCalls(database, lambda: desk.rules, lambda: ringer.ring_s, lambda: desk.now, faults)
    monkeypatch.setattr(duty, "locked", lambda database, number: locked(database, "" if number == bad else number))
    await ringer.opens()
    bad = ringer.number
    await ringer.opens()
    assert [one.request for one in await ringer.wanted()] == [ringer.number]
    desk.now += PUT_OFF_S[0]
    await ringer.duty.step()
    assert faults.told == 2 * [("duty", bad, "AssertionError")]
    assert await tasks(desk, bad) == ["duty_unanswered"]
    assert bad in [one["number"] for one in await ringer.duty.alarms()], "the lead hears of it"

    monkeypatch.setattr(duty, "spoken", failing_with(lambda: ringer.number, spoken))
    assert [one.prompts for one in await ringer.duty.wanted()] == [()], "whoever is rung accepts it unheard"


async def test_a_deadline_that_cannot_be_watched_keeps_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, faults = Desk(database), Faults()
    watching = Watch(database, lambda: desk.rules, lambda: desk.now, faults)
    bad, good = (await desk.open()).number, (await desk.open()).number
    monkeypatch.setattr(watch, "by_time", failing_with(lambda: bad, watch.by_time))
    desk.now += 60 * DAY
    assert await watching.look() == 2
    assert faults.told == [("deadlines", bad, "AssertionError")]
    [row] = await desk.rows(TicketRow, number=good)
    assert row["stages"] == ["escalated"]
    for pause in PUT_OFF_S[:2]:
        next_at = await watching.next_at()
        assert next_at is not None
        assert next_at == pytest.approx(desk.now + pause, abs=0.002), "it would look for ever"
        desk.now = next_at
        await watching.look()

    monkeypatch.setattr(watch, "next_look", failing_with(lambda: bad, next_look))
    assert await watching.recompute("another digest") == 0
    assert ("deadlines", bad, "AssertionError") in faults.told[3:]


def test_a_database_that_is_away_is_nobody_s_fault_but_a_row_that_it_does_not_take_is_ours() -> None:
    def error(cause: Exception) -> DatabaseError:
        made = DatabaseError("x")
        made.__cause__ = cause
        return made

    assert is_of_database(error(OperationalError("", {}, Exception())))
    assert is_of_database(DatabaseError("x"))
    assert not is_of_database(error(IntegrityError("", {}, Exception())))
    assert not is_of_database(AssertionError())


async def test_whoever_tells_nobody_does_not_go_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(database)
    bad = (await line.desk.open()).number
    monkeypatch.setattr(outcomes, "next_step", failing_with(lambda: bad, next_step))
    await line.desk.moved(bad, "accepted", "resolved", result="Asfalt döküldü.")
    with pytest.raises(AssertionError):
        await line.outcomes.step()
    with pytest.raises(ValueError, match="x"):
        reraise("", "", ValueError("x"))


async def test_nobody_does_what_was_taken_while_the_program_put_it_off(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL alone both write at once."""
    ringer = Ringer(shared)
    await ringer.opens()
    (row,) = await ringer.desk.rows(OutboxRow, number=ringer.number, about="ring_duty")

    async def fails() -> None:
        await put_off(shared, ringer.desk.rules, row["id"], ValueError(), ringer.desk.now, "duty_unanswered")

    await fails()
    second, flush = Crossing(shared, fails), Writes.flush

    async def flush_meanwhile(self: Writes, connection: AsyncConnection) -> None:
        await flush(self, connection)
        await second.begin()

    monkeypatch.setattr(Writes, "flush", flush_meanwhile)
    await ringer.desk.moved(ringer.number, "accepted")
    await second.ends()
    assert await tasks(ringer.desk, ringer.number) == []
    (row,) = await ringer.desk.rows(OutboxRow, number=ringer.number, about="ring_duty")
    assert (row["state"], row["tries"]) == ("dropped", 1)
