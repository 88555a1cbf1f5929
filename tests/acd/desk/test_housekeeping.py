"""What the desk lets go of by itself, and what it keeps."""

import asyncio
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from acd.desk.database import Records
from acd.desk.housekeeping import LOST_AFTER_S, clean_up, keep_house
from acd.lib.clock import clock
from agents.people import Person
from console.ports import Unavailable
from storage.database import Database
from storage.migrate import upgrade
from storage.people.stores import PeopleStores
from storage.people.tables import SessionRow
from storage.requests.attachments import Attachments
from storage.requests.once import KEPT_S, Once
from storage.requests.outbox import KEPT_S as LETTERS_KEPT_S
from storage.requests.outbox import Outbox
from storage.requests.tables import OutboxRow, WriteRow
from tests.storage.requests.desk import ROAD, Desk
from tests.tickets.life import MACHINE
from tickets.files import NewFile
from tickets.opening import NewTicket


async def test_only_what_is_nobody_s_goes(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'cozum.db'}")
    await upgrade(database)
    desk, files = Desk(database), Attachments(tmp_path / "files")
    outbox = Outbox(database, lambda: desk.rules, lambda: desk.now)
    people = PeopleStores(database, lambda: desk.now, session_idle_s=864_000, session_s=864_000)
    await people.people.add(Person(user="lead", role="lead"))
    for digest, ago in (("over", 900_000), ("good", 0)):
        desk.now -= ago
        await people.sessions.begin(digest, "lead")
        desk.now += ago
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, outbox=outbox, people=people)
    records = cast(Records, parts)
    kept, digest = files.put(b"kept")
    file = NewFile(id=kept, media_type="image/jpeg", about="request", name="", size=4, sha256=digest)
    old = Once(key="machine:old", digest="a")
    number = (await desk.store.open(NewTicket(**ROAD), MACHINE, once=old)).number
    await desk.store.attach(number, file, MACHINE)
    lost, fresh = files.put(b"lost")[0], files.put(b"fresh")[0]
    for name in (kept, lost):
        long_ago = clock() - LOST_AFTER_S - 60
        os.utime(tmp_path / "files" / name[:2] / name, (long_ago, long_ago))
    await clean_up(records, files)
    assert [row["digest"] for row in await desk.rows(SessionRow)] == ["good"]
    assert files.get(kept) == b"kept"
    assert files.get(fresh) == b"fresh"
    with pytest.raises(FileNotFoundError):
        files.get(lost)
    assert [row["key"] for row in await desk.rows(WriteRow)] == ["machine:old"]
    await desk.moved(number, "waiting_citizen", "in_progress", "resolved", "told")
    for parcel in await outbox.take(("outcome", "line"), limit=100):
        await outbox.done(parcel)
    waiting = len([row for row in await desk.rows(OutboxRow) if row["state"] == "pending"])
    desk.now += max(KEPT_S, LETTERS_KEPT_S) + 60
    await clean_up(records, files)
    assert await desk.rows(WriteRow) == []
    assert len(await desk.rows(OutboxRow)) == waiting
    await database.close()


async def test_what_has_expired_is_destroyed_once_a_day_and_after_three(tmp_path: Path) -> None:
    nights: list[str] = []

    class Night:
        async def run(self) -> list[object]:
            nights.append("destroyed")
            return []

    class Nobody:
        def __getattr__(self, _: str) -> object:
            swept.set()
            raise Unavailable("no more than the night is looked at")

    async def kept(hour: int) -> int:
        """How often data was destroyed until the hourly work came, at such a local hour."""
        nights.clear()
        swept.clear()
        ahead = hour - datetime.fromtimestamp(clock(), UTC).hour
        zone = timezone(timedelta(hours=ahead))
        records = cast(Records, SimpleNamespace(destruction=Night(), store=Nobody()))
        house = asyncio.create_task(keep_house(records, Attachments(tmp_path), zone))
        async with asyncio.timeout(10):
            await swept.wait()
        house.cancel()
        await asyncio.gather(house, return_exceptions=True)
        return len(nights)

    swept = asyncio.Event()
    assert [await kept(hour) for hour in (0, 2, 3, 12, 22)] == [0, 0, 1, 1, 1]
