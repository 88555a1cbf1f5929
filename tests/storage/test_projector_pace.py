"""How fast the projector is, and what it says of being late."""

import asyncio
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

import acd.desk.database
from acd.config.settings import Settings
from acd.desk.database import Records
from acd.engine.model.facts import CallEntered
from acd.engine.model.ids import CallId, NodeId
from bench.records import backlog, steady
from storage.database import Database
from storage.journal import SqliteJournal
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from tests.databases import new_database
from tests.services import Postgres
from tests.storage.projected import project, running
from tests.storage.samples import Story, entry, rules
from tests.waiting import until
from tickets.outcome.plan import OutcomeRules


@pytest.fixture(params=["sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    cluster: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    database = await new_database(request.param, cluster, tmp_path)
    await database.close()
    return database.url.render_as_string(hide_password=False)


class Clock:
    """The projector's clock. It goes on only by hand, or by what each transaction is said to take."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self._patch = monkeypatch
        monkeypatch.setattr("storage.projector.time", self)

    def monotonic(self) -> float:
        return self.now

    def each_transaction_takes(self, seconds: float) -> None:
        writing = Database.writing

        def timed(database: Database) -> AbstractAsyncContextManager[AsyncConnection]:
            self.now += seconds
            return writing(database)

        self._patch.setattr(Database, "writing", timed)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.alone  # it measures entries a second
async def test_a_backlog_is_taken_in_as_fast_as_the_database_can(url: str, tmp_path: Path) -> None:
    """The target is 10,000 entries a second; `python -m bench.records` measures it (31,000 and 22,000 seen). Of a slow
    machine a sixth of it is asked for: 200 entries each 0.25 s were 800."""
    figures = await backlog(url, tmp_path, calls=2_000)
    print(figures)
    assert figures.entries_per_s >= 1_600


@pytest.mark.alone  # it measures how late the database is
async def test_steady_load_is_half_a_second_behind_at_most(url: str, tmp_path: Path) -> None:
    figures = await steady(url, tmp_path, rate=120, lasting_s=5)
    print(figures)
    assert figures.entries_per_s > 1_200, "none is left behind"
    assert figures.lag_s_max <= 2.0  # 0.43 was seen; the bench asks for 0.5


class TestLag:
    async def test_it_is_the_age_of_what_is_missing(self, tmp_path: Path, clock: Clock) -> None:
        database = await new_database("sqlite", None, tmp_path)
        story, journal = Story(8), MemoryJournal()
        projector = Projector(journal, database, gap_s=0.0, retry_s=(0.01, 0.05), rules=rules)
        async with running(projector):
            journal.append(story.tell(40))
            projector.notify()
            await until(lambda: projector.lag_events == 0, "all is in")
            clock.now += 100.0
            await until(lambda: projector.lag_s == 0, "it has looked for more")
            clock.now += 100.0
            async with database.writing():
                journal.append(story.tell(40))
                projector.notify()
                assert projector.lag_s == 0, "the time without entries does not count"
                clock.now += 0.3
                assert projector.lag_s == pytest.approx(0.3)
                assert projector.caught_up_in_s is None
            await until(lambda: projector.lag_s == 0, "all is in")
        await database.close()

    async def test_a_backlog_says_when_it_will_be_in(self, tmp_path: Path, clock: Clock) -> None:
        database = await new_database("sqlite", None, tmp_path)
        clock.each_transaction_takes(0.02)
        journal = MemoryJournal()
        journal.append(Story(9).tell(3000))
        projector = Projector(journal, database, batch=50, rules=rules)
        said: list[float] = []
        async with running(projector):
            while projector.lag_events:
                await asyncio.sleep(0.002)
                if (left_s := projector.caught_up_in_s) is not None:
                    said.append(left_s)
        assert said
        assert all(0 <= one < 60 for one in said)
        await database.close()


class Late:
    """Records behind a journal with a backlog, whose projector takes in little at a time."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(acd.desk.database, "LATE_S", 0.3)
        monkeypatch.setattr(acd.desk.database, "Projector", partial(Projector, batch=20))
        self.settings = Settings(data_dir=folder)
        self.journal = SqliteJournal(self.settings.journal_file)
        self.records = Records(self.settings, rules, OutcomeRules)
        self.story = Story(17)

    async def grow(self, steps: int) -> None:
        """Write so many entries, as the line does: on another thread than the records."""
        await asyncio.to_thread(lambda: self.journal.append(self.story.tell(steps)))
        self.records.notify()

    def check(self) -> tuple[bool, str]:
        (check,) = self.records.checks(self.journal.last_seq())
        return check.ok, check.detail


async def test_readiness_is_red_for_a_database_that_stands_still_and_not_for_one_that_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    clock.each_transaction_takes(0.02)
    late = Late(tmp_path, monkeypatch)
    following = asyncio.create_task(late.records.run(late.settings.journal_file))
    try:
        await until(lambda: late.check() == (True, ""), "it serves")
        monkeypatch.setattr("storage.projector._PACE_S", 2.0)
        database = Database(late.settings.effective_database_url)
        async with database.writing():
            await late.grow(200)
            clock.now += 1.0
            await until(lambda: not late.check()[0], "it stands still")
            assert "entries and" in late.check()[1]
            assert "not catching up" in late.check()[1]
        await until(lambda: late.records.lag_s == 0, "all is in")
        await late.grow(20_000)
        seen: set[tuple[bool, str]] = set()
        while late.records.seq < late.journal.last_seq():
            await asyncio.sleep(0.01)
            seen.add(late.check())
        assert all(ok for ok, _ in seen), "25,631 entries behind turned it red, though they were taken in"
        assert any("caught up in about" in detail for _, detail in seen)
        await database.close()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await late.records.close(late.journal.path)
        late.journal.close()


async def test_one_bad_entry_in_a_large_batch_is_found_in_a_few_transactions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await new_database("sqlite", None, tmp_path)
    told = Story(11).tell(1500)
    entered = CallEntered(
        at=1e300, call=CallId("bad"), node=NodeId("ast1"), channel="c", number="", name="", dialled="", arrived_at=1e300
    )
    journal = MemoryJournal()
    journal.append([*told[:700], entry(told[700].seq, told[700].event.at, [entered]), *told[701:]])
    transactions = 0
    writing = Database.writing

    def counted(self: Database) -> AbstractAsyncContextManager[AsyncConnection]:
        nonlocal transactions
        transactions += 1
        return writing(self)

    monkeypatch.setattr(Database, "writing", counted)
    projector = await project(database, journal)
    assert (projector.seq, projector.skipped) == (len(told), 1)
    assert transactions < 40
    await database.close()
