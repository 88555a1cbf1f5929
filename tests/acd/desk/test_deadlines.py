"""Deadlines are computed again soon after a reload of the files, without a new start, and no warning waits for that."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
import structlog

from acd.desk import deadlines
from acd.desk.database import Records
from storage.database import DatabaseError
from tests.waiting import until


class Watch:
    """As `storage.requests.watch.Watch`, with nothing to look at."""

    def __init__(self) -> None:
        self.computed: list[str] = []
        self.looks = 0

    async def recompute(self, digest: str) -> int:
        self.computed.append(digest)
        return 0

    async def look(self) -> None:
        """Nothing is due."""
        self.looks += 1

    async def next_at(self) -> float | None:
        return None


async def test_a_reload_is_noticed_without_a_new_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deadlines.LOOK_S == 5.0, "docs/requests.md says so"
    monkeypatch.setattr(deadlines, "LOOK_S", 0.01)
    watch, files = Watch(), ["a"]
    records = cast(Records, SimpleNamespace(watch=watch))
    watching = asyncio.create_task(deadlines.keep_deadlines(records, lambda: files[-1]))
    try:
        await until(lambda: watch.computed == ["a"])
        files.append("b")
        await until(lambda: watch.computed == ["a", "b"])
    finally:
        watching.cancel()


async def test_no_warning_waits_until_all_deadlines_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Watch):
        async def recompute(self, digest: str) -> int:
            await super().recompute(digest)
            await asyncio.Event().wait()
            return 0

    monkeypatch.setattr(deadlines, "LOOK_S", 0.01)
    watch = Slow()
    records = cast(Records, SimpleNamespace(watch=watch))
    files = iter("abcdefgh")
    computing = asyncio.create_task(deadlines.keep_deadlines(records, lambda: next(files)))
    watching = asyncio.create_task(deadlines.watch_deadlines(records))
    try:
        await until(lambda: watch.computed)
        looks = watch.looks
        await until(lambda: watch.looks > looks + 2, "there is a look meanwhile")
        assert watch.computed == ["a"], "never two at once"
    finally:
        computing.cancel()
        watching.cancel()


async def test_a_database_that_is_away_is_told_once_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(Watch):
        async def recompute(self, digest: str) -> int:
            await super().recompute(digest)
            if len(self.computed) <= 3:
                raise DatabaseError("away")
            return 7

    monkeypatch.setattr(deadlines, "RETRY_S", 0.0)
    watch = Away()
    records = cast(Records, SimpleNamespace(watch=watch))
    with structlog.testing.capture_logs() as logs:
        computing = asyncio.create_task(deadlines.keep_deadlines(records, lambda: "a"))
        try:
            await until(lambda: len(logs) == 2)
        finally:
            computing.cancel()
    assert [one["event"] for one in logs] == ["deadlines_not_computed", "deadlines_computed_again"]
