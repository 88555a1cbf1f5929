"""What the desk withdraws from the line is done once the line's journal has it, and said again until then."""

from pathlib import Path
from typing import Any, cast

import pytest

from acd.config.settings import Settings
from acd.desk import duty_calls, outcome_calls
from acd.desk.database import Records
from acd.desk.duty_calls import DutyRinger
from acd.desk.outcome_calls import OutcomeCalls
from acd.desk.outcome_words import OutcomeWords
from acd.engine.model.duty_events import DutyRingWithdrawn
from acd.engine.model.events import CallbackCancelled
from storage.requests.duty import Withdrawn
from storage.requests.outcomes import Withdrawal


class Database:
    """Withdrawals that wait until the line has taken them, as `Outcomes` and `DutyCalls` know them."""

    def __init__(self, *rows: Withdrawal | Withdrawn) -> None:
        self.rows = list(rows)
        self.outcomes = self.duty = self

    def fault(self, *of: Any) -> None:
        """No work on a request has failed."""

    async def step(self) -> None:
        """Nothing else is due."""

    async def wanted(self) -> list[Any]:
        return []

    async def withdrawn(self) -> list[Withdrawal | Withdrawn]:
        return list(self.rows)

    async def withdrew(self, done: Withdrawal | int) -> None:
        row = done if isinstance(done, int) else done.row
        self.rows = [one for one in self.rows if one.row != row]


class Line:
    """A line of which the test says whether it can write its journal."""

    def __init__(self) -> None:
        self.journalled = True
        self.told: list[Any] = []

    async def wish(self, event: Any) -> bool:
        self.told.append(event)
        return self.journalled


def outcome_caller(database: Database, line: Line, folder: Path) -> OutcomeCalls:
    return OutcomeCalls(cast(Records, database), line.wish, OutcomeWords(Settings(data_dir=folder)))


async def test_a_callback_that_only_memory_has_cancelled_is_cancelled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is killed with a full disk has the callback still, and would call the citizen for nothing."""
    monkeypatch.setattr(outcome_calls, "SAY_AGAIN_S", 0.0)
    database, line = Database(Withdrawal(row=7, calls=("a", "b"))), Line()
    calls = outcome_caller(database, line, tmp_path)
    line.journalled = False
    await calls.look()
    assert database.rows
    line.journalled = True
    await calls.look()
    assert [(type(one), one.call) for one in line.told] == [(CallbackCancelled, call) for call in "abab"]
    assert not database.rows


async def test_a_duty_ring_that_only_memory_has_withdrawn_is_withdrawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty_calls, "SAY_AGAIN_S", 0.0)
    database = Database(Withdrawn(row=7, request="26-000123", rings=True), Withdrawn(row=8, request="b", rings=False))
    line = Line()
    ringer = DutyRinger(cast(Records, database), line.wish, 20.0)
    line.journalled = False
    await ringer.look()
    assert [one.row for one in database.rows] == [7], "the other has no ring that anybody could lose"
    line.journalled = True
    await ringer.look()
    assert [(type(one), one.request) for one in line.told] == [(DutyRingWithdrawn, "26-000123")] * 2
    assert not database.rows


async def test_while_the_disk_is_full_the_line_is_not_told_at_each_look(tmp_path: Path) -> None:
    database, line = Database(Withdrawal(row=7, calls=("a",))), Line()
    calls = outcome_caller(database, line, tmp_path)
    ringer = DutyRinger(cast(Records, Database(Withdrawn(row=7, request="b", rings=True))), line.wish, 20.0)
    line.journalled = False
    for _ in range(3):
        await calls.look()
        await ringer.look()
    assert len(line.told) == 2
