"""The desk keeps the names of the town's files, and gives them back after a restart."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

import acd.desk.town_names
from acd.desk.town_names import keep_town_names
from storage.database import Database
from storage.migrate import upgrade
from storage.requests.town_names import TownNames
from tests.tickets.towns import TOWN
from tests.waiting import until
from tickets.town.load import remembering
from tickets.town.model import Named, Town

SMALLER = msgspec.structs.replace(
    TOWN, topics={name: one for name, one in TOWN.topics.items() if name != "asfalt_talebi"}
)


class Desk:
    """A desk's town, as a start or a reload sets it."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def know(self, names: Iterable[Named]) -> None:
        self.town = remembering(self.town, names)

    @contextlib.asynccontextmanager
    async def at_work(self, records: Any) -> AsyncIterator[None]:
        task = asyncio.create_task(keep_town_names(records, lambda: self.town, self.know))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_topic_that_a_reload_took_away_has_its_name_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acd.desk.town_names, "LOOK_S", 0.01)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'cozum.db'}")
    await upgrade(database)
    records: Any = SimpleNamespace(town_names=TownNames(database))
    try:
        first = Desk(TOWN)
        async with first.at_work(records):
            await asyncio.sleep(0)
            first.town = SMALLER  # a reload, in the middle of the first storing or before it
            await until(lambda: first.town.retired != {} or None, "the first desk to know", 60)
        second = Desk(SMALLER)
        assert second.town.name("topic", "asfalt_talebi") == "asfalt_talebi"
        async with second.at_work(records):
            await until(lambda: second.town.retired != {} or None, "the second desk to know", 60)
        assert second.town.name("topic", "asfalt_talebi") == TOWN.topics["asfalt_talebi"].tr
    finally:
        await database.close()
