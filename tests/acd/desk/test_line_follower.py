"""What the desk counts while connections to the line come and go, and while the journal cannot be written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.config.settings import Settings
from acd.desk.line_follower import LineFollower
from acd.engine.machine import Engine
from acd.engine.model.events import TimerFired
from acd.engine.model.facts import OfferEnded
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId, TimerId
from acd.engine.model.journal import Entry
from acd.link.messages import Hello, Status
from storage.journal import SqliteJournal
from tests.acd.metrics.journal import NOON, Line


def missed(seq: int, at: float) -> Entry:
    """An entry with something to count."""
    call = CallId(f"ast1-{at}.1")
    ended = OfferEnded(
        at=at,
        call=call,
        offer=OfferId(f"{call}#1"),
        agent=AgentId("1001"),
        service=ServiceId("request"),
        priority="routine",
        result="no_answer",
        ring_s=3.0,
    )
    return Entry(seq=seq, event=TimerFired(at=at, timer=TimerId("offer:x")), facts=(ended,))


class Following:
    """A desk that follows lines over one journal. Each second has one entry."""

    def __init__(self, folder: Path) -> None:
        self.journal = SqliteJournal(folder / "journal.db")
        self.figures = Line()
        self.begun_anew = 0
        self.follower = LineFollower(
            Settings(data_dir=folder), self.figures.metrics, notify=lambda: None, new_journal=self._begun_anew
        )
        self.now = NOON
        self.unwritten: list[Entry] = []
        self.full = False

    def _begun_anew(self) -> None:
        self.begun_anew += 1

    @property
    def seq(self) -> int:
        return self.unwritten[-1].seq if self.unwritten else self.journal.last_seq()

    @property
    def counted(self) -> float:
        return self.figures.value("cozum_offers_total", result="no_answer") or 0.0

    def happens(self, times: int, *, seen: bool = True) -> None:
        """The line writes entries, or keeps them while the disk is full, and the desk is told."""
        for _ in range(times):
            self.now += 1
            one = missed(self.seq + 1, self.now)
            if self.full:
                self.unwritten.append(one)
            else:
                self.journal.append([*self.unwritten, one])
                self.unwritten.clear()
            if seen:
                self.follower.on_entries([one])

    def dies(self) -> None:
        """The line is killed: what it had only in memory is lost."""
        self.unwritten.clear()

    def connects(self) -> None:
        hello = Hello(version=0, journal=self.journal.id, seq=self.seq, at=self.now)
        self.follower.on_hello(hello)
        if self.unwritten:
            self.follower.on_entries(self.unwritten)
        self.follower.on_snapshot(Engine().snapshot())
        self.says()

    def says(self) -> None:
        """The status that comes each second."""
        self.follower.on_status(Status(node="ast1", seq=self.seq, unwritten=len(self.unwritten)))


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Following]:
    line = Following(tmp_path)
    line.happens(5, seen=False)
    yield line
    line.journal.close()


async def test_what_happened_without_a_connection_is_counted_once(line: Following) -> None:
    line.connects()
    line.happens(3)
    line.follower.on_away("killed")
    line.happens(4, seen=False)
    line.connects()
    assert line.counted == 7
    line.connects()
    assert line.counted == 7


async def test_what_only_memory_holds_is_counted_once(line: Following) -> None:
    line.connects()
    line.full = True
    line.happens(3)
    line.says()
    line.connects()
    line.happens(2)
    assert line.counted == 5
    line.full = False
    line.happens(1)
    line.says()
    line.connects()
    assert line.counted == 6


@pytest.mark.parametrize("before", [0, 2, 10, 20], ids=lambda before: f"{before} entries before the desk is back")
@pytest.mark.parametrize("still_full", [False, True])
async def test_after_a_full_disk_and_a_kill_nothing_new_is_passed_over(
    line: Following, before: int, still_full: bool
) -> None:
    """Ten entries are lost, and their numbers are given again: what happened then is counted, whether it came before
    the desk was back or after it."""
    line.connects()
    line.happens(4)
    line.full = True
    line.happens(10)
    line.says()
    assert line.counted == 14
    line.follower.on_away("killed")
    line.dies()
    line.full = still_full
    line.happens(before, seen=False)
    line.connects()
    line.happens(15)
    assert line.counted == 14 + before + 15
    line.says()
    line.connects()
    assert line.counted == 14 + before + 15


async def test_what_a_killed_line_had_not_told_yet_is_counted_as_far_as_its_journal_has_it(line: Following) -> None:
    """A line holds entries for a moment before it tells them. While the disk is full nobody else has them."""
    line.connects()
    line.happens(4)
    line.happens(3, seen=False)
    line.follower.on_away("killed")
    line.connects()
    assert line.counted == 4 + 3
    line.full = True
    line.happens(5)
    line.happens(3, seen=False)
    line.follower.on_away("killed")
    line.dies()
    line.full = False
    line.happens(6, seen=False)
    line.connects()
    assert line.counted == 4 + 3 + 5 + 6


async def test_only_what_was_lost_is_counted_again(line: Following) -> None:
    """Half of what the desk had seen unwritten was written before the line died."""
    line.connects()
    line.full = True
    line.happens(3)
    line.says()
    line.full = False
    line.happens(1)
    line.full = True
    line.happens(4)
    line.follower.on_away("killed")
    line.dies()
    line.full = False
    line.happens(2, seen=False)
    line.connects()
    assert line.counted == 8 + 2


async def test_another_journal_begins_anew(line: Following, tmp_path: Path) -> None:
    line.connects()
    line.full = True
    line.happens(3)
    line.dies()
    line.journal.close()
    (tmp_path / "journal.db").rename(tmp_path / "away.db")
    line.journal = SqliteJournal(tmp_path / "journal.db")
    line.full = False
    line.connects()
    assert line.begun_anew == 1
    line.happens(2)
    assert line.counted == 5
