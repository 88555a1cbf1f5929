"""What every journal promises, and what the one on disk does besides."""

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.events import AnyEvent, CallAttached, ConfigChanged, NodeReconciled, SeenCall
from acd.engine.model.facts import CallEntered, CallQueued
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.journal import FORMAT, Entry, Journal, JournalError, Snapshot
from storage.journal import JournalReader, SqliteJournal
from storage.journal_file import DAILY_SNAPSHOTS, NEWEST_SNAPSHOTS, superfluous
from tests.storage.journals import AnyJournal, _python, journal, path, snapshot
from tests.storage.samples import START, entries, entry

__all__ = ["journal", "path"]


class TestContract:
    def test_it_is_a_journal(self, journal: AnyJournal) -> None:
        typed: Journal = journal
        assert typed.last_seq() == 0
        assert typed.read(0) == []
        assert typed.latest_snapshot() is None

    @pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
    def test_what_is_appended_is_read(self, journal: AnyJournal, count: int) -> None:
        journal.append(entries(1, count))
        journal.append(entries(count + 1, count + 3))
        assert journal.last_seq() == count + 3
        assert journal.read(0) == entries(1, count + 3)

    def test_every_kind_of_content_comes_back_equal(self, journal: AnyJournal) -> None:
        service = Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True, max_wait_s=60.25)
        agent = AgentProfile(
            id=AgentId("1001"), name="İpek Işık", endpoint="PJSIP/1001", node=NodeId("ast1"),
            services=frozenset({ServiceId("funeral")}),
        )  # fmt: skip
        call = CallId("ast1-1.2")
        events: list[AnyEvent] = [
            ConfigChanged(at=START, config=EngineConfig(services=(service,), agents=(agent,))),
            CallAttached(
                at=START + 0.1234567, call=call, node=NodeId("ast1"), channel="c", name='ğüş"\\\r\n\x00\U0001f600'
            ),
            NodeReconciled(
                at=START + 1,
                node=NodeId("ast1"),
                calls=(SeenCall(call=call, channel="c", leg="l", talking=True),),
                agent_channels={AgentId("1001"): ("a", "b")},
            ),
        ]
        facts = (
            CallEntered(
                at=START, call=call, node=NodeId("ast1"), channel="c", number="0212", name="Ş", dialled="444",
                arrived_at=START - 0.001,
            ),
            CallQueued(at=START, call=call, service=ServiceId("funeral"), priority="urgent", number="0212", position=1),
        )  # fmt: skip
        written = [Entry(seq=seq, event=event, facts=facts, error="x") for seq, event in enumerate(events, 1)]
        journal.append(written)
        assert journal.read(0) == written

    def test_reading_goes_on_from_anywhere(self, journal: AnyJournal) -> None:
        journal.append(entries(1, 10))
        assert journal.read(7) == entries(8, 10)
        assert journal.read(2, limit=3) == entries(3, 5)
        assert journal.read(10) == []
        assert journal.read(11) == []

    def test_an_empty_batch_is_nothing(self, journal: AnyJournal) -> None:
        journal.append([])
        assert journal.last_seq() == 0

    @pytest.mark.parametrize("seqs", [[2], [0], [1, 3], [1, 1]])
    def test_numbers_must_follow(self, journal: AnyJournal, seqs: list[int]) -> None:
        with pytest.raises(ValueError, match="cannot follow"):
            journal.append([entry(seq) for seq in seqs])
        assert journal.last_seq() == 0
        assert journal.read(0) == []

    def test_the_newest_snapshot_is_found(self, journal: AnyJournal) -> None:
        journal.append(entries(1, 10))
        for seq in (2, 4, 6, 8):
            journal.save_snapshot(snapshot(seq))
            assert journal.latest_snapshot() == snapshot(seq)

    def test_a_snapshot_of_the_same_entry_replaces(self, journal: AnyJournal) -> None:
        journal.append(entries(1, 2))
        journal.save_snapshot(snapshot(2))
        newer = Snapshot(seq=2, format=FORMAT, state=b"newer")
        journal.save_snapshot(newer)
        assert journal.latest_snapshot() == newer

    def test_a_snapshot_cannot_be_ahead(self, journal: AnyJournal) -> None:
        with pytest.raises(ValueError, match="ahead"):
            journal.save_snapshot(snapshot(1))

    def test_nothing_is_dropped_without_a_snapshot(self, journal: AnyJournal) -> None:
        journal.append(entries(1, 10))
        assert journal.drop(START + 1000, [10]) == 0

    @pytest.mark.parametrize(
        ("older_than", "snapshot_at", "readers", "dropped"),
        [
            (START + 6, 9, [9, 10], 5),
            (START + 1000, 9, [10, 10], 9),
            (START + 1000, 9, [4, 10], 4),
            (START + 1000, 9, [0], 0),
            (START - 1000, 9, [10], 0),
            (START + 1000, 10, [], 9),
        ],
    )
    def test_dropping_keeps_what_someone_needs(
        self, journal: AnyJournal, older_than: float, snapshot_at: int, readers: list[int], dropped: int
    ) -> None:
        journal.append(entries(1, 10))
        journal.save_snapshot(snapshot(snapshot_at))
        assert journal.drop(older_than, readers) == dropped
        assert journal.drop(older_than, readers) == 0
        assert journal.last_seq() == 10
        assert journal.read(dropped) == entries(dropped + 1, 10)
        if dropped:
            with pytest.raises(JournalError, match="must start from a snapshot"):
                journal.read(dropped - 1)
        journal.append(entries(11, 12))
        assert journal.read(10) == entries(11, 12)

    def test_a_checkpoint_changes_nothing_that_is_read(self, journal: AnyJournal) -> None:
        journal.append(entries(1, 100))
        assert journal.checkpoint()
        journal.append(entries(101, 110))
        assert journal.read(0) == entries(1, 110)


class TestOnDisk:
    def test_it_is_all_there_when_opened_again(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 5))
        journal.save_snapshot(snapshot(3))
        journal.close()
        journal = SqliteJournal(path)
        assert journal.last_seq() == 5
        assert journal.read(0) == entries(1, 5)
        assert journal.latest_snapshot() == snapshot(3)
        journal.append(entries(6, 6))
        journal.close()

    def test_the_last_entry_stays_when_all_are_old_and_numbers_go_on(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 500))
        journal.save_snapshot(snapshot(500))
        assert journal.drop(START + 1000, []) == 499
        journal.close()
        journal = SqliteJournal(path)
        assert journal.last_seq() == 500
        assert journal.read(499) == entries(500, 500), "a start needs its time"
        journal.append(entries(501, 501))
        assert journal.read(500) == entries(501, 501)
        journal.close()

    def test_of_a_day_the_first_snapshot_and_the_newest_are_kept(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 10))
        for seq in range(1, 11):
            journal.save_snapshot(snapshot(seq))
        with sqlite3.connect(path) as raw:
            assert [row[0] for row in raw.execute("SELECT seq FROM snapshot ORDER BY seq")] == [1, 8, 9, 10]
        with JournalReader(path) as reader:
            assert reader.latest_snapshot() == snapshot(10)
            assert (reader.snapshot_before(8), reader.snapshot_before(1)) == (snapshot(1), None)
            assert (reader.snapshot_from(2), reader.snapshot_from(11)) == (snapshot(8), None)
        assert journal.drop(START + 3.5, []) > 1  # what the first snapshot stands on is gone
        journal.save_snapshot(snapshot(10))
        with JournalReader(path) as reader:
            assert reader.snapshot_before(8) is None
        journal.close()

    def test_snapshots_of_earlier_days_have_a_bound(self) -> None:
        day, days = 86_400_000, DAILY_SNAPSHOTS + 10
        told = [(one * 10 + part, one * day + part * 1000) for one in range(days) for part in range(5)]
        left = [seq for seq, _ in told if seq not in superfluous(told)]
        assert len(left) == DAILY_SNAPSHOTS + NEWEST_SNAPSHOTS
        assert left[0] == 100  # the first of the tenth day
        assert left[-NEWEST_SNAPSHOTS:] == [seq for seq, _ in told[-NEWEST_SNAPSHOTS:]]
        assert {seq % 10 for seq in left[:-NEWEST_SNAPSHOTS]} == {0}

    def test_only_its_owner_may_read_it(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 1))
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        journal.close()

    def test_a_second_daemon_is_refused(self, path: Path) -> None:
        journal = SqliteJournal(path)
        with pytest.raises(JournalError, match=f"in use by process {os.getpid()}.*data_dir"):
            SqliteJournal(path)
        journal.close()
        SqliteJournal(path).close()

    def test_entries_survive_kill_9(self, path: Path) -> None:
        writer = _python(
            "from storage.journal import SqliteJournal; from tests.storage.samples import entries\n"
            f"journal = SqliteJournal({str(path)!r}); n = 0\n"
            "while True:\n"
            "    journal.append(entries(n + 1, n + 3)); n += 3; print(n, flush=True)\n"
        )
        assert writer.stdout is not None
        promised = 0
        while promised < 300:
            promised = int(writer.stdout.readline())
        writer.kill()
        rest = writer.stdout.read().split(b"\n")
        writer.wait()
        promised = max([promised, *(int(line) for line in rest[:-1])])
        with JournalReader(path) as reader:  # before any writer has been there again
            found = reader.read(0, limit=10**9)
            assert reader.verify() == len(found)
        journal = SqliteJournal(path)
        assert journal.read(0, limit=10**9) == found
        journal.close()
        assert found == entries(1, len(found))
        assert len(found) >= promised
        assert len(found) % 3 == 0, "half a batch is in the journal"

    def test_a_reader_in_another_thread_sees_each_entry_once_while_checkpoints_run(self, path: Path) -> None:
        journal = SqliteJournal(path)
        seen: list[Entry] = []
        errors: list[BaseException] = []
        stop = threading.Event()

        def checked(work: Callable[[], None]) -> Callable[[], None]:
            def run() -> None:
                try:
                    work()
                except BaseException as error:  # the test's own thread raises it again
                    errors.append(error)

            return run

        def follow() -> None:
            with JournalReader(path) as reader:
                while len(seen) < 2000 and not errors:
                    seen.extend(reader.read(len(seen), limit=17))

        def checkpoints() -> None:
            while not stop.is_set():
                journal.checkpoint()

        threads = [threading.Thread(target=checked(work)) for work in (follow, checkpoints)]
        for thread in threads:
            thread.start()
        for first in range(1, 2001, 4):
            journal.append(entries(first, first + 3))
        threads[0].join(timeout=60)
        stop.set()
        threads[1].join(timeout=60)
        assert errors == []
        assert seen == entries(1, 2000)
        journal.close()

    def test_checkpoints_keep_the_write_ahead_log_small(self, path: Path) -> None:
        journal = SqliteJournal(path)
        sizes = set()
        for first in range(1, 5001, 100):
            journal.append(entries(first, first + 99))
            assert journal.checkpoint()
            sizes.add(journal.wal_bytes())
        assert max(sizes) < 300_000
        assert path.stat().st_size > 300_000
        journal.close()

    @pytest.mark.alone  # it bounds how long an entry takes: beside other tests one of some milliseconds took 457
    def test_under_steady_load_the_write_ahead_log_stays_small_and_shrinks(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A writer that never rests kept every checkpoint from coming to the log's end: 278 MB after 90 s at 55 calls a
        second, and none of it was given back."""
        monkeypatch.setattr("storage.journal.CHECKPOINT_BYTES", 1_000_000)
        monkeypatch.setattr("storage.journal.HOLD_BYTES", 2_000_000)
        journal = SqliteJournal(path)
        stop, sizes, checkpoints, errors = threading.Event(), [0], list[bool](), []

        def upkeep() -> None:
            try:
                while not stop.wait(0.05):
                    sizes.append(journal.wal_bytes())
                    if journal.wal_bytes() > 1_000_000:
                        checkpoints.append(journal.checkpoint())
            except BaseException as error:  # the test's own thread raises it again
                errors.append(error)

        def follow() -> None:
            try:
                with JournalReader(path) as reader:
                    after = 0
                    while not stop.wait(0.005):
                        after += len(reader.read(after, limit=200))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for work in (upkeep, follow)]
        for thread in threads:
            thread.start()
        longest_s, seq = 0.0, 0
        while seq < 4_000:
            seq += 1
            began = time.monotonic()
            journal.append(entries(seq, seq))
            longest_s = max(longest_s, time.monotonic() - began)
            time.sleep(0.0005)
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
        print(f"{seq} entries; log at most {max(sizes):,} bytes; longest append {longest_s * 1000:.1f} ms")
        print(f"{len(checkpoints)} checkpoints, {sum(checkpoints)} of them whole")
        assert errors == []
        assert len(checkpoints) >= 3, "the load was none"
        assert max(sizes) < 8_000_000
        journal.checkpoint()
        journal.append(entries(seq + 1, seq + 1))
        assert journal.wal_bytes() <= 1_100_000
        assert longest_s < 1
        assert journal.read(seq - 10, 100) == entries(seq - 9, seq + 1)
        journal.close()

    def test_a_reader_cannot_write(self, path: Path) -> None:
        SqliteJournal(path).close()
        with JournalReader(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._connection.execute("DELETE FROM snapshot")

    def test_readers_know_one_journal_from_the_next(self, tmp_path: Path) -> None:
        ids = set()
        for name in ("a.db", "b.db", "a.db"):
            journal = SqliteJournal(tmp_path / name)
            with JournalReader(tmp_path / name) as reader:
                assert reader.id == journal.id
            ids.add(journal.id)
            journal.close()
        assert len(ids) == 2

    def test_a_reader_learns_what_a_power_cut_took(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 100))
        first = journal.opening()
        journal.close()
        journal = SqliteJournal(path)  # nothing lost
        second = journal.opening()
        assert second > first
        assert journal.standing(first, 100) == 100
        journal.append(entries(101, 120))
        journal.close()
        with sqlite3.connect(path) as raw:  # the power cut
            raw.execute("DELETE FROM entry WHERE seq > 110")
        journal = SqliteJournal(path)
        journal.append(entries(111, 130))
        third = journal.opening()
        with JournalReader(path) as reader:
            assert reader.opening() == third
            for who in (journal, reader):
                assert who.standing(first, 100) == 100
                assert who.standing(second, 120) == 110
                assert who.standing(second, 105) == 105
                assert who.standing(third, 130) == 130
        journal.close()

    def test_a_copy_that_is_brought_back_gives_no_opening_a_number_again(self, path: Path) -> None:
        now = 1_795_000_000.0
        journal = SqliteJournal(path, wall=lambda: now)
        journal.append(entries(1, 100))
        journal.close()
        copy = path.read_bytes()
        now += 60
        journal = SqliteJournal(path, wall=lambda: now)
        journal.append(entries(101, 120))
        read_in = journal.opening()
        journal.close()
        path.write_bytes(copy)
        now += 3600
        journal = SqliteJournal(path, wall=lambda: now)
        journal.append(entries(101, 150))
        assert journal.standing(read_in, 120) == 100
        assert journal.opening() < 2**31, "as the database's column"
        journal.close()

    @pytest.mark.parametrize("dropped", [0, 40])
    def test_a_time_is_found(self, path: Path, dropped: int) -> None:
        journal = SqliteJournal(path)
        with JournalReader(path) as reader:
            assert reader.seq_before(START) == 0
            journal.append(entries(1, 100))
            journal.save_snapshot(snapshot(100))
            assert journal.drop(START + dropped + 1, []) == dropped
            assert reader.seq_before(START - 1) == dropped
            assert reader.seq_before(START + 50) == 49
            assert reader.seq_before(START + 50.5) == 50
            assert reader.seq_before(START + 1000) == 100
        journal.close()

    def test_a_reader_of_nothing_says_so(self, path: Path) -> None:
        with pytest.raises(JournalError, match="does not exist"):
            JournalReader(path)
        assert not path.exists()
