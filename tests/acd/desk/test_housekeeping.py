"""What the desk lets go of by itself, and what it keeps."""

import asyncio
import os
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog

from acd.desk import housekeeping
from acd.desk.database import Records
from acd.desk.housekeeping import clean_up, destroy_nightly, keep_house, record_line
from acd.desk.lost_files import LOST_AFTER_S
from acd.lib.clock import SteadyClock, clock
from agents.people import Person
from console.ports import Unavailable
from storage.database import DatabaseError
from storage.people.stores import PeopleStores
from storage.people.tables import SessionRow
from storage.privacy.destruction import OfLine
from storage.privacy.waiting import WaitingErasure
from storage.requests.attachments import Attachments
from storage.requests.drafts import Drafts
from storage.requests.notices import KEPT_DAYS, Notices
from storage.requests.once import KEPT_S, Once
from storage.requests.outbox import KEPT_S as LETTERS_KEPT_S
from storage.requests.outbox import Outbox
from storage.requests.tables import NoticeRow, OutboxRow, WriteRow
from storage.spoken_words import KEPT_S as WORDS_KEPT_S
from storage.spoken_words import SpokenWords
from tests.databases import new_sqlite
from tests.storage.requests.desk import ROAD, Desk
from tests.tickets.life import MACHINE
from tickets.files import NewFile
from tickets.opening import NewTicket
from tickets.privacy.retention import Destroyed


async def test_only_what_is_nobody_s_goes(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    desk, files = Desk(database), Attachments(tmp_path / "files", tmp_path / "key")
    outbox = Outbox(database, lambda: desk.rules, lambda: desk.now)
    people = PeopleStores(database, lambda: desk.now, session_idle_s=864_000, session_s=864_000)
    await people.people.add(Person(user="lead", role="lead"))
    for digest, ago in (("over", 900_000), ("good", 0)):
        desk.now -= ago
        await people.sessions.begin(digest, "lead")
        desk.now += ago
    notices = Notices(database, lambda: desk.now)
    words = SpokenWords(tmp_path / "outcome-words")
    for number, age_s in (("26-000001-7", WORDS_KEPT_S + 60), ("26-000002-5", WORDS_KEPT_S - 60)):
        spoken = words.path(number, "tr", "0")
        spoken.parent.mkdir(parents=True, exist_ok=True)
        spoken.touch()
        os.utime(spoken, (clock() - age_s, clock() - age_s))
    drafts = Drafts(desk.database, lambda: desk.now)
    for call, ago in (("old", 90_000), ("new", 0)):
        desk.now -= ago
        await drafts.keep("1001", call, 0, {"text": call})
        desk.now += ago
    parts = SimpleNamespace(
        store=desk.store,
        requests=desk.queries,
        outbox=outbox,
        people=people,
        notices=notices,
        drafts=drafts,
        tasks=desk.tasks,
    )
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
    await clean_up(records, files, words)
    assert [one["call"] for one in await drafts.list("1001")] == ["new"]
    assert [row["digest"] for row in await desk.rows(SessionRow)] == ["good"]
    assert os.listdir(tmp_path / "outcome-words" / "tr") == ["26-000002-5.0.wav"]
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
    await clean_up(records, files, words)
    assert await desk.rows(WriteRow) == []
    assert len(await desk.rows(OutboxRow)) == waiting
    assert await desk.rows(NoticeRow), "they are kept for longer"
    desk.now += KEPT_DAYS * 86_400
    await clean_up(records, files, words)
    assert await desk.rows(NoticeRow) == []
    await database.close()


class Night:
    """A destruction that is counted, or refused by the database."""

    def __init__(self, *, refused: bool = False, waits: Sequence[WaitingErasure] = ()) -> None:
        self.refused = refused
        self.waits = waits
        self.times = 0

    async def run(self) -> list[Destroyed]:
        self.times += 1
        if self.refused:
            raise DatabaseError("audit: rows are added, never changed")
        return []

    async def waiting(self) -> Sequence[WaitingErasure]:
        return self.waits


def standing(hour: int, ahead_s: float = 0.0) -> SteadyClock:
    """The machine's clock stands at this hour, and ours is ahead of it."""
    at = datetime(2026, 11, 26, hour, tzinfo=UTC).timestamp()
    clock = SteadyClock(lambda: at, lambda: 0.0)
    clock.not_before(at + ahead_s)
    return clock


async def hours(night: Night, hour: int, monkeypatch: pytest.MonkeyPatch, count: int = 3) -> int:
    """How often data was destroyed, or tried to be, in so many hours that all show one local hour."""
    turns = 0
    over = asyncio.Event()

    class Turns(SteadyClock):
        ahead_s = 0.0

        def __call__(self) -> float:
            nonlocal turns
            turns += 1
            if turns > count:
                over.set()
            return datetime(2026, 11, 26, hour if turns <= count else 0, tzinfo=UTC).timestamp()

    monkeypatch.setattr(housekeeping, "EVERY_S", 0.0)
    monkeypatch.setattr(housekeeping, "clock", Turns())
    await while_it_works(destroy_nightly(cast(Records, SimpleNamespace(destruction=night)), UTC), over=over)
    return night.times


async def while_it_works(*duties: Coroutine[Any, Any, None], over: asyncio.Event) -> None:
    """Run duties of the desk until the event."""
    works = [asyncio.create_task(duty) for duty in duties]
    try:
        async with asyncio.timeout(60):
            await over.wait()
    finally:
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)


@pytest.mark.parametrize(("hour", "times"), [(0, 0), (2, 0), (3, 1), (12, 1), (22, 1)])
async def test_what_has_expired_is_destroyed_once_a_day_and_after_three(
    hour: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await hours(Night(), hour, monkeypatch) == times


async def test_what_the_database_refuses_to_destroy_is_told_and_tried_each_hour_and_keeps_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with structlog.testing.capture_logs() as logs:
        assert await hours(Night(refused=True), 12, monkeypatch) == 3
    assert [one["event"] for one in logs] == ["expired_data_not_destroyed"] * 3


async def test_an_erasure_that_waits_is_told_each_night_and_loudly_before_the_laws_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
    waits = [
        WaitingErasure(id=id_, at=now - days * 86_400, who="cozum", reason="Ayşe", requests=("26-000001-7",))
        for id_, days in ((1, 25), (2, 24.9))
    ]
    with structlog.testing.capture_logs() as logs:
        assert await hours(Night(waits=waits), 12, monkeypatch) == 1
    told = {"event": "erasure_waits", "limit_days": 30, "requests": ["26-000001-7"]}
    assert logs == [
        told | {"erasure": 1, "days": 25, "log_level": "error"},
        told | {"erasure": 2, "days": 24, "log_level": "warning"},
    ]


async def test_nothing_is_destroyed_by_a_time_that_was_wrong_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line's time is two years ahead, and the desk's with it. Nor does the clean-up forget anything."""
    night, over, looks = Night(), asyncio.Event(), 0

    class Tasks:
        async def end_over(self) -> int:
            return 0

        async def find_stranded(self) -> int:
            nonlocal looks
            looks += 1
            if looks == 3:
                over.set()
            return 0

    monkeypatch.setattr(housekeeping, "EVERY_S", 0.0)
    monkeypatch.setattr(housekeeping, "clock", standing(12, ahead_s=2 * 365 * 86_400))
    records = cast(Records, SimpleNamespace(destruction=night, tasks=Tasks()))
    house = keep_house(records, Attachments(Path("nowhere"), Path("no key")), SpokenWords(Path("nowhere")))
    with structlog.testing.capture_logs() as logs:
        await while_it_works(house, destroy_nightly(records, UTC), over=over)
    assert {one["event"] for one in logs} == {"nothing_destroyed"}
    assert night.times == 0


async def test_the_hourly_clean_up_does_not_wait_for_a_long_destruction(monkeypatch: pytest.MonkeyPatch) -> None:
    over, turns = asyncio.Event(), 0

    async def cleaned(*_: object) -> None:
        nonlocal turns
        turns += 1
        if turns >= 3 and night.times:
            over.set()

    class Long(Night):
        async def run(self) -> list[Destroyed]:
            self.times += 1
            await asyncio.Event().wait()
            return []

    night = Long()
    monkeypatch.setattr(housekeeping, "clean_up", cleaned)
    monkeypatch.setattr(housekeeping, "EVERY_S", 0.0)
    monkeypatch.setattr(housekeeping, "clock", standing(12))
    records = cast(Records, SimpleNamespace(destruction=night))
    house = keep_house(records, Attachments(Path("nowhere"), Path("no key")), SpokenWords(Path("nowhere")))
    await while_it_works(house, destroy_nightly(records, UTC), over=over)
    assert night.times == 1, "never two at once"


async def test_a_database_that_is_not_open_yet_is_waited_for_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    over, night, tries = asyncio.Event(), Night(), 0

    class Away:
        @property
        def destruction(self) -> Night:
            nonlocal tries
            tries += 1
            if tries <= 2:
                raise Unavailable("not opened yet")
            over.set()
            return night

    monkeypatch.setattr(housekeeping, "RETRY_S", 0.0)
    monkeypatch.setattr(housekeeping, "clock", standing(12))
    with structlog.testing.capture_logs() as logs:
        await while_it_works(destroy_nightly(cast(Records, Away()), UTC), over=over)
    assert (logs, night.times) == ([], 1)


def of_line(total: int) -> Sequence[OfLine]:
    return (OfLine(what="journal", journal="j", total=total, newest=1.0),)


class LineRecord:
    """What the line says at each look, and what is put on record of it; the work ends with the last."""

    def __init__(self, *said: Sequence[OfLine]) -> None:
        self.said = list(said)
        self.recorded: list[Sequence[OfLine]] = []
        self.refused = 0
        self.over = asyncio.Event()

    def look(self) -> Sequence[OfLine]:
        if len(self.said) == 1:
            self.over.set()
        return self.said.pop(0) if self.said else ()

    async def record_of_line(self, found: Sequence[OfLine]) -> list[Destroyed]:
        if self.refused:
            self.refused -= 1
            raise DatabaseError("away")
        before = self.recorded[-1][0].total if self.recorded else 0
        self.recorded.append(found)
        made = Destroyed(at=0, what="journal", kind="", count=found[0].total - before, older_than=1.0, basis="")
        return [made] if made.count else []

    async def run(self, hour: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The totals that were put on record on one day."""
        monkeypatch.setattr(housekeeping, "EVERY_S", 0.0)
        monkeypatch.setattr(housekeeping, "LINE_EVERY_S", 0.0)
        monkeypatch.setattr(housekeeping, "clock", standing(hour))
        records = cast(Records, SimpleNamespace(destruction=self))
        work = asyncio.create_task(record_line(records, UTC, self.look))
        async with asyncio.timeout(60):
            await self.over.wait()
        await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        return [found[0].total for found in self.recorded]


@pytest.mark.parametrize(("hour", "totals"), [(2, []), (3, [0, 5]), (14, [0, 5])])
async def test_what_the_line_has_destroyed_is_on_record_once_a_day_once_it_says_so(
    hour: int, totals: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = LineRecord((), of_line(0), (), of_line(0), of_line(5), of_line(5), of_line(9), ())
    assert await line.run(hour, monkeypatch) == totals


async def test_a_record_that_the_database_refused_is_made_later(monkeypatch: pytest.MonkeyPatch) -> None:
    line = LineRecord(of_line(5), of_line(5), of_line(5), ())
    line.refused = 2
    with structlog.testing.capture_logs() as logs:
        assert await line.run(12, monkeypatch) == [5]
    assert [one["event"] for one in logs] == [*["expired_data_not_destroyed"] * 2, "expired_data_destroyed"]
