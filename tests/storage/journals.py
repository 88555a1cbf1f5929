"""A journal of each kind, and programs that write one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.engine.model.journal import FORMAT, Snapshot
from storage.journal import SqliteJournal
from storage.journal_memory import MemoryJournal

AnyJournal = SqliteJournal | MemoryJournal


@pytest.fixture(params=["process", "power", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyJournal]:
    made = MemoryJournal() if request.param == "memory" else SqliteJournal(tmp_path / "journal.db", request.param)
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def snapshot(seq: int) -> Snapshot:
    return Snapshot(seq=seq, format=FORMAT, state=b"state %d \x00\xff" % seq)


def _python(program: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=root)
