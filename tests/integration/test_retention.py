"""What the line keeps goes by the town's days on a running system, and the night's record says how much."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.engine.machine import Engine
from acd.engine.model.events import EngineStarted
from acd.engine.model.journal import FORMAT, Entry, Snapshot
from bench.stack import Stack, until
from phones import Caller, HangUp, Wait
from storage.journal import SqliteJournal
from tests.acd.asterisk.test_channel_log import a_call
from tests.time_zones import noon

DAY_S = 86_400.0
PATIENT_S = 90.0
OLD = 40
"""Entries that are older than the town keeps them, which is 90 days. The setting would keep them for a year."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, agents=1, journal_days=365, timezone=noon())  # so that the night's work is due
    log = stack.data_dir / "asterisk" / "log" / "cel-custom" / "Master.csv"
    log.parent.mkdir(parents=True)
    now = time.time()
    log.write_text(a_call(now - 31 * DAY_S) + a_call(now - 29 * DAY_S))
    journal = SqliteJournal(stack.data_dir / "journal.db")
    days = [*[95.0] * OLD, *[80.0] * 10]
    journal.append([Entry(seq=n, event=EngineStarted(at=now - age * DAY_S)) for n, age in enumerate(days, 1)])
    for seq in (48, 49, 50):
        journal.save_snapshot(Snapshot(seq=seq, format=FORMAT, state=Engine().snapshot()))
    journal.close()
    with stack:
        yield stack


def test_old_entries_and_rows_go_and_are_on_record(stack: Stack, tmp_path: Path) -> None:
    with stack.phones(tmp_path / "phones") as phones:  # until there is something to store, nothing is stored
        phones.call(Caller(steps=(Wait(0.5), HangUp())))
        until("the call is stored", stack.calls, PATIENT_S)

    def first() -> int:
        with sqlite3.connect(f"file:{stack.data_dir / 'journal.db'}?mode=ro", uri=True) as journal:
            return int(journal.execute("SELECT min(seq) FROM entry").fetchone()[0])

    until("the old entries have gone", lambda: first() == OLD + 1, PATIENT_S, say=first)
    rows = a_call(0).count("\n")

    def log() -> list[str]:
        return (stack.data_dir / "asterisk" / "log" / "cel-custom" / "Master.csv").read_text().splitlines()

    # The journal is the first to go.
    until("the old call's rows are gone", lambda: not any(line.strip() for line in log()[:rows]), PATIENT_S, say=log)
    assert sum(1 for line in log() if line.strip()) >= rows
    found = "SELECT what, count, newer_than FROM destructions ORDER BY what"
    until("both are on record", lambda: len(stack.rows(found)) == 2, PATIENT_S, say=lambda: stack.rows(found))
    assert stack.rows(found) == [("cel", rows, None), ("journal", OLD, None)]
    stack.await_another_daemon(stack.kill_daemon())
    stack.wait_ready()
    assert first() == OLD + 1
