"""What the line destroys by age: by the town's days, never what a start or the database needs, and counted."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from acd.engine.model.events import EngineStarted
from acd.engine.model.journal import FORMAT, Entry, JournalDropped, Snapshot
from acd.lib.clock import SteadyClock
from acd.line import retention
from acd.line.retention import DAY_S, LineRetention
from acd.link.messages import DestroyedSoFar, LinesOwn
from storage.journal import SqliteJournal
from tests.acd.asterisk.test_channel_log import a_call
from tests.waiting import until

ENTRIES = 100
"""One entry a day."""


class Kept:
    """A line's journal and log, and a clock that stands at the last day."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.journal = SqliteJournal(folder / "journal.db")
        self.log = folder / "Master.csv"
        self.now = ENTRIES * DAY_S
        self.clock = SteadyClock(lambda: self.now, lambda: self.now)
        monkeypatch.setattr(retention, "clock", self.clock)
        self.journal_days = 30
        self.town: dict[LinesOwn, int] = {}
        self.stored_seq = ENTRIES
        self.snapshots = 0
        entries = [Entry(seq=day, event=EngineStarted(at=day * DAY_S)) for day in range(1, ENTRIES + 1)]
        self.journal.append(entries)
        for seq in (96, 98, 100):
            self._save(seq)
        self.line = LineRetention(
            self.journal,
            self.log,
            journal_days=lambda: self.journal_days,
            town_days=lambda: self.town,
            stored_seq=lambda: self.stored_seq,
            snapshot=self._snapshot,
        )

    def _save(self, seq: int) -> None:
        self.journal.save_snapshot(Snapshot(seq=seq, format=FORMAT, state=b"state"))

    def _snapshot(self) -> None:
        self.snapshots += 1
        self._save(self.journal.last_seq())

    @property
    def oldest(self) -> int:
        """The number of the oldest entry that is kept."""
        seq = 0
        while True:
            try:
                return self.journal.read(seq, 1)[0].seq
            except JournalDropped:
                seq += 1


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    made = Kept(tmp_path, monkeypatch)
    yield made
    made.journal.close()


@pytest.mark.parametrize(
    ("setting", "town", "oldest"),
    [(30, {}, 70), (30, {"journal": 90}, 70), (90, {"journal": 20}, 80), (365, {"journal": 10, "cel": 5}, 90)],
)
async def test_the_shorter_of_the_setting_and_the_town_s_days_counts(
    kept: Kept, setting: int, town: dict[LinesOwn, int], oldest: int
) -> None:
    kept.journal_days, kept.town = setting, town
    await kept.line.destroy()
    assert kept.oldest == oldest
    assert kept.line.destroyed["journal"] == DestroyedSoFar(total=oldest - 1, newest=(oldest - 1) * DAY_S)


async def test_what_the_database_or_a_start_needs_stays_however_old(kept: Kept) -> None:
    kept.town, kept.stored_seq = {"journal": 1}, 50
    await kept.line.destroy()
    assert kept.oldest == 51
    kept.stored_seq = ENTRIES
    await kept.line.destroy()
    assert kept.oldest == 97, "the oldest of the three newest snapshots"
    assert [one.seq for one in kept.journal.snapshots()] == [100, 98, 96]


async def test_a_line_with_few_calls_saves_its_state_so_that_old_entries_can_go(kept: Kept) -> None:
    kept.town = {"journal": 2}
    for hour in range(1, 6 * 24):
        kept.now = ENTRIES * DAY_S + hour * 3600
        if hour % 12 == 0:  # entries that no rule of 5,000 would save a state for
            seq = kept.journal.last_seq() + 1
            kept.journal.append([Entry(seq=seq, event=EngineStarted(at=kept.now))])
            kept.stored_seq = seq
        await kept.line.destroy()
    first = kept.journal.read(kept.oldest - 1, 1)[0]
    assert kept.now - first.event.at <= 2 * DAY_S + 3600
    assert 6 * 24 / 12 - 1 <= kept.snapshots <= 6 * 24 / 12, "two a day, since two days are kept"


async def test_rows_of_asterisk_s_log_go_by_the_town_s_days_and_are_counted(kept: Kept) -> None:
    old, newer = kept.now - 31 * DAY_S, kept.now - 29 * DAY_S
    kept.log.write_text(a_call(old) + a_call(newer))
    await kept.line.destroy()
    assert kept.log.read_text() == a_call(old) + a_call(newer), "no desk has said yet for how long"
    kept.town = {"cel": 30, "journal": 90}
    await kept.line.destroy()
    await kept.line.destroy()
    assert kept.log.read_text().strip() == a_call(newer).strip()
    rows = a_call(old).count("\n")
    assert kept.line.destroyed["cel"] == DestroyedSoFar(total=rows, newest=old + 5.5)
    again = LineRetention(
        kept.journal, kept.log, journal_days=int, town_days=dict, stored_seq=int, snapshot=lambda: None
    )
    assert again.destroyed == kept.line.destroyed, "also after a restart"


async def test_a_log_that_cannot_be_changed_is_told_and_the_journal_is_kept_short(kept: Kept) -> None:
    kept.log.mkdir()
    kept.town = {"cel": 30, "journal": 20}
    with structlog.testing.capture_logs() as said:
        await kept.line.destroy()
    assert [one["event"] for one in said] == ["channel_log_not_destroyed"]
    assert kept.oldest == 80


async def test_a_damaged_journal_that_was_set_aside_goes_with_the_entries_of_its_time(kept: Kept) -> None:
    for name, day in (("old", 60), ("newer", 75)):
        folder = kept.log.parent / "damaged" / name
        folder.mkdir(parents=True)
        (folder / "journal.db").write_bytes(b"numbers")
        os.utime(folder, (day * DAY_S, day * DAY_S))
    with structlog.testing.capture_logs() as said:
        await kept.line.destroy()
    assert [one.name for one in (kept.log.parent / "damaged").iterdir()] == ["newer"]
    assert [one["event"] for one in said] == ["damaged_journal_destroyed"]


async def test_nothing_is_destroyed_by_a_time_that_was_wrong_for_a_moment(kept: Kept) -> None:
    """An event had the time of a clock that was two years ahead: the line's time goes on from it, also after a
    restart."""
    kept.log.write_text(a_call(kept.now - DAY_S))
    kept.town = {"cel": 30, "journal": 20}
    kept.clock.not_before(kept.now + 2 * 365 * DAY_S)
    with structlog.testing.capture_logs() as said:
        await kept.line.destroy()
    assert [one["event"] for one in said] == ["nothing_destroyed"]
    assert (kept.oldest, kept.log.read_text()) == (1, a_call(kept.now - DAY_S))


async def test_nothing_is_destroyed_before_a_desk_has_said_what_is_stored(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LOOK_S", 0.0)
    kept.stored_seq, looks = 0, 0

    def stored() -> int:
        nonlocal looks
        looks += 1
        return kept.stored_seq

    monkeypatch.setattr(kept.line, "_stored_seq", stored)
    work = asyncio.create_task(kept.line.run())
    await until(lambda: looks > 3)
    assert kept.oldest == 1
    kept.stored_seq = ENTRIES
    await until(lambda: kept.line.destroyed["journal"].total == 69)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
