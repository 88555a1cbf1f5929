"""Files of requests that no row knows: put away, brought back, destroyed, or left alone."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import sqlalchemy as sa
import structlog

from acd.desk import lost_files
from acd.desk.database import Records
from acd.desk.lost_files import AWAY_DAYS, FEW, LOST_AFTER_S, sweep_files
from acd.lib.clock import clock
from storage.columns import table_of
from storage.privacy.destruction import Destruction
from storage.requests.attachments import AWAY, Attachments
from storage.requests.erasing import erase_files
from storage.requests.tables import DestructionRow, FileRow
from tests.databases import new_sqlite
from tests.storage.requests.desk import ROAD, Desk
from tests.tickets.life import MACHINE
from tickets.files import NewFile
from tickets.opening import NewTicket

DAY = 86_400.0


class House:
    """A desk's database and files, and its hourly sweep."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.files = Attachments(folder, folder.parent / "key")
        destruction = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now)
        self.records = cast(Records, SimpleNamespace(requests=desk.queries, destruction=destruction))

    async def keep(self, count: int) -> list[str]:
        """So many files of one request, written some hours ago."""
        number = (await self.desk.store.open(NewTicket(**ROAD), MACHINE)).number
        names = []
        for _ in range(count):
            name, digest = self.files.put(b"kept")
            file = NewFile(id=name, media_type="image/jpeg", about="request", name="", size=4, sha256=digest)
            await self.desk.store.attach(number, file, MACHINE)
            names.append(self.aged(name))
        return names

    def lose(self, count: int) -> list[str]:
        """So many files without a row, written some hours ago."""
        return [self.aged(self.files.put(b"lost")[0]) for _ in range(count)]

    def aged(self, name: str) -> str:
        long_ago = clock() - LOST_AFTER_S - 60
        os.utime(self.folder / name[:2] / name, (long_ago, long_ago))
        return name

    def on_disk(self) -> set[str]:
        return {one.name for one in self.folder.rglob("*") if one.is_file()}

    async def sweep(self) -> list[str]:
        """What the log says of it."""
        with structlog.testing.capture_logs() as logs:
            await sweep_files(self.records, self.files)
        return [f"{one['log_level']} {one['event']}" for one in logs]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = await new_sqlite(tmp_path / "cozum.db")
    yield House(Desk(database), tmp_path / "files")
    await database.close()


async def test_a_file_without_a_row_is_put_away_and_destroyed_after_its_days(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, lost = await house.keep(3), house.lose(2)
    assert await house.sweep() == ["warning files_put_away"]
    assert {one.name for one in (house.folder / AWAY).iterdir()} == set(lost)
    assert house.files.there().keys() == set(kept)
    assert await house.sweep() == [], "it is told once"
    now = clock()
    monkeypatch.setattr(lost_files, "clock", lambda: now + (AWAY_DAYS - 1) * DAY)
    assert await house.sweep() == []
    monkeypatch.setattr(lost_files, "clock", lambda: now + (AWAY_DAYS + 1) * DAY)
    assert await house.sweep() == ["info lost_files_destroyed"]
    assert house.on_disk() == set(kept)
    (record,) = await house.desk.rows(DestructionRow)
    assert (record["what"], record["count"]) == ("ticket_file", 2)


async def test_a_file_that_the_database_knows_again_comes_back(house: House) -> None:
    names = await house.keep(3)
    rows = sa.delete(table_of(FileRow)).where(table_of(FileRow).c.id == names[0])
    (row,) = await house.desk.rows(FileRow, id=names[0])
    async with house.desk.database.writing() as connection:
        await connection.execute(rows)
    assert await house.sweep() == ["warning files_put_away"]
    async with house.desk.database.writing() as connection:
        await connection.execute(sa.insert(table_of(FileRow)).values(**row))
    assert await house.sweep() == ["warning files_taken_back"]
    assert house.files.get(names[0]) == b"kept"


async def test_an_empty_database_takes_no_file(house: House) -> None:
    """It was rebuilt, or database_url leads elsewhere."""
    lost = house.lose(2)
    assert await house.sweep() == ["error files_without_requests"]
    assert house.files.there().keys() == set(lost)


async def test_the_database_of_another_town_takes_no_file(house: House, tmp_path: Path) -> None:
    lost = house.lose(2)
    others = House(house.desk, tmp_path / "others")
    await others.keep(3)
    assert await house.sweep() == ["error files_without_requests"]
    assert house.files.there().keys() == set(lost)


async def test_an_old_copy_of_the_database_takes_no_file(house: House) -> None:
    await house.keep(3)
    house.lose(FEW + 1)
    before = house.on_disk()
    assert await house.sweep() == ["error files_without_requests"]
    assert house.on_disk() == before


async def test_erased_files_are_destroyed_for_good_and_at_once_however_many(house: House) -> None:
    """A person's right does not wait for the days that lost files have, nor for the guard."""
    names = await house.keep(2 * FEW)
    fresh = house.files.put(b"fresh")[0]
    await house.sweep()
    house.files.put_away(names[:1], clock())
    async with house.desk.database.writing() as connection:
        await erase_files(connection, names, house.desk.now)
    await house.sweep()
    assert house.on_disk() == {fresh}


async def test_what_was_never_whole_goes_without_days(house: House) -> None:
    """The draft of a spoken file is not encrypted yet."""
    (name,) = await house.keep(1)
    draft = house.folder / name[:2] / "0123456789abcdef0123456789abcdef.part"
    draft.write_bytes(b"spoken")
    await house.sweep()
    assert draft.exists(), "it may be written now"
    os.utime(draft, (0, 0))
    await house.sweep()
    assert house.on_disk() == {name}
