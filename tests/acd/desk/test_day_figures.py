"""Figures of requests for the console: of so many days, with the town's names."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from acd.config.load_settings import load_settings
from acd.desk.database import Records
from acd.desk.day_figures import DayFigures
from storage.queries import Queries
from tests.databases import new_sqlite
from tests.storage.requests.desk import Desk
from tests.tickets.life import DAY
from tests.tickets.towns import TOWN


async def test_requests_of_some_days_with_the_towns_names(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    desk = Desk(database)
    for _ in range(3):
        await desk.open()
        last = datetime.fromtimestamp(desk.now, UTC).date()
        desk.now += DAY
    records = cast(Records, SimpleNamespace(for_reports=(database, Queries(database))))
    figures = DayFigures(load_settings(data_dir=tmp_path), records, dict, lambda: TOWN)
    for days, opened in ((1, 1), (2, 2), (366, 3)):
        found = await figures.of_requests(last, days)
        assert found["all"]["opened"] == opened
        (unit,) = found["units"]
        assert (unit["unit"], unit["name"], unit["opened"]) == ("fen_isleri", TOWN.name("unit", "fen_isleri"), opened)
        assert found["to"] - found["from"] == days * DAY
    assert (await figures.of_requests(date(2020, 1, 1), 1))["all"]["opened"] == 0
    await database.close()
