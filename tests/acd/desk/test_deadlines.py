"""Deadlines are computed again soon after a reload of the files, without a new start."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from acd.desk import deadlines
from acd.desk.database import Records
from tests.waiting import until


class Watch:
    """As `storage.requests.watch.Watch`, with nothing to look at."""

    def __init__(self) -> None:
        self.computed: list[str] = []

    async def recompute(self, digest: str) -> int:
        self.computed.append(digest)
        return 0

    async def look(self) -> None:
        """Nothing is due."""

    async def next_at(self) -> float | None:
        return None


async def test_a_reload_is_noticed_without_a_new_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deadlines.LOOK_S == 5.0, "docs/requests.md says so"
    monkeypatch.setattr(deadlines, "LOOK_S", 0.01)
    watch, files = Watch(), ["a"]
    records = cast(Records, SimpleNamespace(watch=watch))
    watching = asyncio.create_task(deadlines.watch_deadlines(records, lambda: files[-1]))
    try:
        await until(lambda: watch.computed == ["a"])
        files.append("b")
        await until(lambda: watch.computed == ["a", "b"])
    finally:
        watching.cancel()
