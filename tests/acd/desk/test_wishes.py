"""Wishes to the line are said again until they are done, and a line or database that is away stops nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from acd.desk import wishes
from acd.desk.database import RETRY_S
from acd.desk.wishes import Said, look_for_ever
from console.ports import Unavailable
from storage.database import DatabaseError


class Clock:
    """Monotonic time that the test moves."""

    def __init__(self) -> None:
        self.now = 50.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(wishes, "time", clock)
    return clock


def test_a_wish_is_said_at_once_and_again_after_its_time(clock: Clock) -> None:
    said = Said(5.0)
    assert said.is_due("a")
    said.note("a")
    clock.now += 4.9
    assert not said.is_due("a")
    assert said.is_due("b")
    clock.now += 0.1
    assert said.is_due("a")


def test_a_wish_that_is_wanted_no_more_is_forgotten(clock: Clock) -> None:
    said = Said(5.0)
    said.note("a")
    said.note("b")
    said.keep(["b"])
    assert said.is_due("a")
    assert not said.is_due("b")


async def looked(outcomes: list[Exception | None], pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Look once for each outcome, and note the pauses."""
    left = iter(outcomes)

    async def look() -> None:
        problem = next(left)
        if problem is not None:
            raise problem

    class Time:
        @staticmethod
        async def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == len(outcomes):
                raise asyncio.CancelledError

    monkeypatch.setattr(wishes, "asyncio", Time)
    with pytest.raises(asyncio.CancelledError):
        await look_for_ever(look, every_s=0.5, failing="not_followed")


@pytest.mark.parametrize("problem", [DatabaseError, Unavailable])
async def test_it_looks_on_after_a_failure(
    problem: Callable[[str], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    await looked([None, problem("away"), None], pauses, monkeypatch)
    assert pauses == [0.5, RETRY_S, 0.5]


async def test_a_failure_of_the_database_is_told_once_until_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    problems: list[Any] = [DatabaseError("full"), DatabaseError("full"), DatabaseError("gone"), Unavailable("line")]
    with capture_logs() as logs:
        await looked([*problems, None, DatabaseError("gone")], [], monkeypatch)
    assert [(one["event"], one["error"]) for one in logs] == [
        ("not_followed", "full"), ("not_followed", "gone"), ("not_followed", "gone"),
    ]  # fmt: skip
