"""A line that is killed between a transaction's last byte in the log and the word of it in SQLite's index."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.journal import JournalReader
from storage.log_index import committed_frames
from storage.salvage import FOLDER, open_journal
from tests.storage.samples import entries

READER = """
import sys
from storage.journal import JournalReader
reader = JournalReader(sys.argv[1])
for _ in sys.stdin:
    print(reader.last_seq(), flush=True)
"""
WRITER = """
import sys
from storage.journal import SqliteJournal
from tests.storage.samples import entries
journal = SqliteJournal(sys.argv[1])
for line in sys.stdin:
    journal.append(entries(*map(int, line.split())))
    print(journal.last_seq(), flush=True)
"""
HEADERS = 96


class Process:
    """A program of the journal's, which does one thing for each line."""

    def __init__(self, program: str, journal: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, str(journal)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def told(self, line: str = "") -> int:
        """What it answers to a line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


class Killed:
    """A journal whose writer was killed when entry 13 stood in the log and not yet in the index."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.db"
        self.index, self.log = (self.path.with_name(f"journal.db-{name}") for name in ("shm", "wal"))
        writer = Process(WRITER, self.path)
        assert writer.told("1 12") == 12
        self.desk = Process(READER, self.path)
        assert self.desk.told() == 12
        before = self.index.read_bytes()[:HEADERS]
        assert writer.told("13 13") == 13
        writer.kill()
        with self.index.open("r+b") as file:
            file.write(before)


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Killed]:
    killed = Killed(tmp_path)
    yield killed
    killed.desk.kill()


def test_a_transaction_that_was_not_over_is_no_damage(killed: Killed) -> None:
    """A journal of a month takes minutes to salvage, and callers wait."""
    journal, salvage = open_journal(killed.path)
    try:
        assert (journal.last_seq(), salvage) == (12, None)
        journal.append(entries(13, 14))
        assert killed.desk.told() == 14
    finally:
        journal.close()
    with JournalReader(killed.path) as reader:
        assert reader.read(0) == entries(1, 14)
    assert not (killed.path.parent / FOLDER).exists()


def test_where_nobody_has_the_journal_open_the_log_itself_says_how_far_it_goes(killed: Killed) -> None:
    killed.desk.kill()
    assert committed_frames(killed.index, killed.log.read_bytes()) is None
    journal, salvage = open_journal(killed.path)
    try:
        assert (journal.last_seq(), salvage) == (13, None)
    finally:
        journal.close()


def test_an_index_that_is_not_whole_says_nothing(killed: Killed) -> None:
    log = killed.log.read_bytes()
    frames = committed_frames(killed.index, log)
    assert frames is not None
    assert 0 < frames < (len(log) - 32) // 4120 + 1
    with killed.index.open("r+b") as file:
        file.seek(20)
        file.write(b"\xff")
    assert committed_frames(killed.index, log) is None
    assert committed_frames(killed.path.with_name("nowhere"), log) is None


def test_an_index_of_another_generation_of_the_log_says_nothing(killed: Killed) -> None:
    log = bytearray(killed.log.read_bytes())
    log[20] ^= 1
    assert committed_frames(killed.index, bytes(log)) is None
