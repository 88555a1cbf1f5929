"""What the journal on disk survives: damage, and a full disk."""

import os
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from acd.engine.model.journal import FORMAT, JournalError, Snapshot
from storage.journal import JournalReader, SqliteJournal
from tests.storage.journals import _python, journal, path, snapshot
from tests.storage.samples import START, entries

__all__ = ["journal", "path"]


class TestDamage:
    @pytest.fixture
    def filled(self, path: Path) -> Path:
        journal = SqliteJournal(path)
        journal.append(entries(1, 1000))
        journal.save_snapshot(snapshot(100))
        journal.close()
        return path

    def refused(self, path: Path, match: str) -> None:
        with pytest.raises(JournalError, match=match) as caught:
            SqliteJournal(path)
        assert str(path) in str(caught.value)
        with pytest.raises(JournalError, match="in use|" + match):  # and the lock was given back
            SqliteJournal(path)

    @pytest.mark.parametrize("keep", [1, 99, 5000, 40_960, 100_000])
    def test_a_torn_file(self, filled: Path, keep: int) -> None:
        os.truncate(filled, keep)
        self.refused(filled, "damaged|no journal of ours")

    def test_a_file_cut_off_in_its_last_page(self, filled: Path) -> None:
        """SQLite takes half a page for a page of zeros, and finds nothing wrong with it."""
        os.truncate(filled, filled.stat().st_size - 1000)
        with JournalReader(filled) as reader, pytest.raises(JournalError, match="is damaged: it is cut off"):
            reader.verify()
        self.refused(filled, "is damaged: it is cut off")

    def test_pages_that_are_in_the_log_still_are_not_missed(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 1000))
        with JournalReader(path) as reader:
            assert reader.verify() == 1000
        journal.close()

    def test_what_the_older_snapshots_need_is_not_dropped(self, path: Path) -> None:
        """One of them may have to serve."""
        journal = SqliteJournal(path)
        journal.append(entries(1, 100))
        for seq in (20, 60, 90):
            journal.save_snapshot(snapshot(seq))
        assert [one.seq for one in journal.snapshots()] == [90, 60, 20]
        assert journal.drop(1e11, [100]) == 20
        assert [one.seq for one in journal.read(20)] == list(range(21, 101))
        journal.close()

    def test_what_was_dropped_is_counted_with_its_time_and_takes_old_snapshots_along(self, path: Path) -> None:
        journal = SqliteJournal(path)
        assert journal.destroyed("journal") == journal.destroyed("cel") == (0, 0.0)
        journal.append(entries(1, 600))
        for seq in (1, 500, 510, 520):
            journal.save_snapshot(snapshot(seq))
        assert journal.drop(START + 300, [600]) == 299
        assert journal.destroyed("journal") == (299, START + 299)
        assert journal.drop(1e11, [600]) == 500 - 299
        with sqlite3.connect(path) as raw:
            assert raw.execute("SELECT seq FROM snapshot ORDER BY seq").fetchall() == [(500,), (510,), (520,)]
        journal.note_destroyed("cel", 5, 77.5)
        journal.note_destroyed("cel", 2, 12.0)
        journal.close()
        journal = SqliteJournal(path)
        assert (journal.destroyed("journal"), journal.destroyed("cel")) == ((500, START + 500), (7, 77.5))
        journal.close()
        with JournalReader(path) as reader:
            assert reader.verify() == 100

    def test_what_is_destroyed_by_age_never_has_the_writer_wait_for_the_disk(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each commit holds the gate that the event loop needs for its next entry."""
        levels: list[int] = []

        class Seen(sqlite3.Connection):
            def close(self) -> None:
                if self.total_changes:
                    levels.append(self.execute("PRAGMA synchronous").fetchone()[0])
                super().close()

        journal = SqliteJournal(path, "power")
        journal.append(entries(1, 500))
        journal.save_snapshot(snapshot(400))
        monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Seen))
        assert journal.drop(START + 1000, []) == 400
        journal.note_destroyed("cel", 5, 77.5)
        assert levels == [1, 1], "NORMAL: the next checkpoint brings it to the disk"
        journal.close()

    def test_an_overwritten_page(self, filled: Path) -> None:
        with filled.open("r+b") as file:
            file.seek(8 * 4096)
            file.write(os.urandom(4096))
        self.refused(filled, "damaged.*next start sets it aside")

    def test_no_database_at_all(self, path: Path) -> None:
        path.write_bytes(b"Dear diary, " * 1000)
        self.refused(path, "damaged.*next start sets it aside")

    def test_somebody_elses_database(self, path: Path) -> None:
        with sqlite3.connect(path) as raw:
            raw.execute("CREATE TABLE theirs (x)")
        self.refused(path, "no journal of ours")
        with sqlite3.connect(path) as raw:
            assert raw.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]

    def test_a_gap(self, filled: Path) -> None:
        with sqlite3.connect(filled) as raw:
            raw.execute("DELETE FROM entry WHERE seq = 500")
        self.refused(filled, "of the entries 101 to 1000 only 899")

    def test_a_lost_end(self, filled: Path) -> None:
        with sqlite3.connect(filled) as raw:
            raw.execute("DELETE FROM entry WHERE seq > 50")
        self.refused(filled, "snapshot stands at entry 100")

    def test_a_gap_before_the_snapshot_is_found_by_whoever_reads_it(self, filled: Path) -> None:
        with sqlite3.connect(filled) as raw:
            raw.execute("DELETE FROM entry WHERE seq = 50")
        journal = SqliteJournal(filled)
        with pytest.raises(JournalError, match="entry 50 is missing"):
            journal.read(0)
        assert journal.read(100) == entries(101, 1000)
        journal.close()
        with JournalReader(filled) as reader, pytest.raises(JournalError, match="entry 50 is missing"):
            reader.verify()

    def test_an_unreadable_entry(self, filled: Path) -> None:
        with sqlite3.connect(filled) as raw:
            raw.execute("UPDATE entry SET body = ? WHERE seq = 7", (b'{"seq": 7}',))
        with JournalReader(filled) as reader, pytest.raises(JournalError, match="entry 7 is not what was written"):
            reader.read(0)

    def test_another_format(self, filled: Path) -> None:
        with sqlite3.connect(filled) as raw:
            raw.execute("UPDATE entry SET format = 99, crc = NULL WHERE seq = 1000")
        self.refused(filled, f"entry 1000 has format 99, this program reads {FORMAT}: start the version that wrote it")
        with JournalReader(filled) as reader, pytest.raises(JournalError, match="entry 1000 has format 99"):
            reader.read(990)

    def test_another_file_version(self, filled: Path) -> None:
        with sqlite3.connect(filled) as raw:
            raw.execute("PRAGMA user_version = 99")
        self.refused(filled, "its header is not what was written")

    def test_a_folder_that_cannot_be_written(self) -> None:
        with pytest.raises(JournalError, match=r"cannot be opened.*data_dir must be writable"):
            SqliteJournal("/proc/nowhere/journal.db")


class TestFullDisk:
    def test_nothing_of_the_batch_is_in_it_and_it_goes_on_when_there_is_room(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 10))
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        for batch in (entries(11, 60), entries(11, 400)):
            with pytest.raises(JournalError, match=r"SQLITE_FULL.*free disk space"):
                journal.append(batch)
        assert journal.last_seq() == 10
        assert journal.read(0) == entries(1, 10)
        with pytest.raises(JournalError, match="SQLITE_FULL"):
            journal.save_snapshot(Snapshot(seq=10, format=FORMAT, state=bytes(100_000)))
        assert journal.latest_snapshot() is None
        journal._connection.execute("PRAGMA max_page_count = 1000000")
        journal.append(entries(11, 400))
        assert journal.read(0) == entries(1, 400)
        journal.close()

    def test_a_start_on_a_full_disk_reads_what_is_there_and_goes_on_when_there_is_room(self, path: Path) -> None:
        journal = SqliteJournal(path)
        journal.append(entries(1, 10))
        first = journal.opening()
        journal.close()
        program = (
            "import os, resource, signal\n"
            "from acd.engine.model.journal import JournalError\n"
            "from storage.journal import SqliteJournal; from tests.storage.samples import entries\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (32768, -1))\n"  # what is mapped, but no log worth the name
            f"os.truncate({str(path)!r} + '.lock', 0)\n"
            f"journal = SqliteJournal({str(path)!r})\n"
            "assert journal.read(0) == entries(1, 10)\n"
            "try: journal.append(entries(11, 300))\n"
            "except JournalError: pass\n"
            "else: raise AssertionError('it took it')\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
            "journal.append(entries(11, 300))\n"
            "assert journal.read(0) == entries(1, 300)\n"
            f"assert journal.opening() > {first}\n"
        )
        worker = _python(program)
        output, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0, output.decode()

    @pytest.mark.parametrize("durability", ["process", "power"])
    def test_writes_that_the_system_refuses(self, path: Path, durability: str) -> None:
        """The kernel itself says no, at whichever write of the batch the limit falls on."""
        program = (
            "import resource, signal, sys\n"
            "from acd.engine.model.journal import JournalError\n"
            "from storage.journal import SqliteJournal; from tests.storage.samples import entries\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"journal = SqliteJournal({str(path)!r}, {durability!r}); refused = 0\n"
            "limit = lambda bytes: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, -1))\n"
            "for extra in range(100, 12_000, 700):\n"
            "    n = journal.last_seq(); batch = entries(n + 1, n + 30)\n"
            "    limit(journal.wal_bytes() + extra)\n"
            "    try: journal.append(batch)\n"
            "    except JournalError:\n"
            "        refused += 1\n"
            "        assert journal.last_seq() == n and journal.read(n) == []\n"
            "        limit(-1); journal.append(batch)\n"
            "    limit(-1)\n"
            "    assert journal.last_seq() == n + 30 and journal.read(0, 10**6) == entries(1, n + 30)\n"
            "assert refused > 3, refused\n"
        )
        worker = _python(program)
        output, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0, output.decode()
        journal = SqliteJournal(path)
        assert journal.read(0, 10**6) == entries(1, journal.last_seq())
        journal.close()
