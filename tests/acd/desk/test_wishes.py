"""Wishes to the line are said again until they are done, and a line or database that is away stops nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from acd.desk import wishes
from acd.desk.database import RETRY_S
from acd.desk.own_faults import OwnFaults
from acd.desk.wishes import Alone, Said, look_for_ever
from console.ports import Unavailable
from storage.database import DatabaseError
from storage.requests.faults import PUT_OFF_S, reraise


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


async def test_our_own_fault_with_one_is_told_and_put_off_and_keeps_no_other(clock: Clock) -> None:
    done: list[str] = []
    told: list[tuple[str, str, str]] = []
    alone = Alone("outcomes", lambda part, about, error: told.append((part, about, str(error))))
    bad = "b"

    async def work(one: str) -> None:
        if one == bad:
            raise ValueError("ours")
        done.append(one)

    async def look(*found: str) -> str:
        done.clear()
        await alone.each(found, work, lambda one: one)
        return "".join(done)

    assert await look("a", "b", "c") == "ac"
    assert told == [("outcomes", "b", "ours")]
    for pause in PUT_OFF_S[:2]:
        clock.now += pause - 0.1
        assert (await look("a", "b", "c"), len(told)) == ("ac", PUT_OFF_S.index(pause) + 1), "put off, longer each time"
        clock.now += 0.1
        await look("a", "b", "c")
    assert len(told) == 3
    await look("a", "c")
    bad = ""
    assert await look("a", "b", "c") == "abc", "what was gone meanwhile is begun anew"


@pytest.mark.parametrize("away", [DatabaseError("away"), Unavailable("away")])
async def test_with_line_or_database_away_nothing_goes_on(away: Exception) -> None:
    alone = Alone("outcomes", reraise)

    async def work(one: str) -> None:
        raise away

    with pytest.raises(type(away)):
        await alone.each(["a"], work, str)


def test_the_operator_reads_where_our_code_failed_and_nothing_of_a_citizen_s() -> None:
    counted: list[str] = []
    with capture_logs() as logs:
        try:
            assert not "+905321112233", "the caller +905321112233"
        except AssertionError as error:
            OwnFaults(counted.append)("post", "26-000001-9", error)
    [line] = logs
    assert (line["event"], line["part"], line["about"]) == ("own_fault", "post", "26-000001-9")
    assert line["error"] == "AssertionError"
    assert line["where"][-1].startswith("test_wishes.py:")
    assert "5321112233" not in str(line)
    assert counted == ["post"]


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
