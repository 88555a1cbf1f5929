"""The part of `cozum report` about calls that tell outcomes, over a real database."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.acd.cli.conftest import Cozum, Records

DAY = ("--day", "1970-01-01")
NOON = 10 * 3_600_000


@pytest.fixture
def told(filled: Records, data_dir: Path) -> Records:
    """Tries of a day, and one of the next."""
    with sqlite3.connect(data_dir / "cozum.db") as database:
        row = (
            "INSERT INTO outcome_attempts (number, outcome, attempt, at, caller, result, automatic) "
            "VALUES (?, 1, ?, ?, ?, ?, ?)"
        )
        tries = (
            ("26-1", 1, NOON, "told", 1),
            ("26-2", 1, NOON, "told", 1),
            ("26-2", 2, NOON, "voicemail", 1),
            ("26-3", 1, NOON, "told", 0),
            ("26-4", 1, NOON + 86_400_000, "busy", 0),
        )
        for number, attempt, at, result, automatic in tries:
            database.execute(row, (number, attempt, at, "+905321112233", result, automatic))
        first = database.execute("SELECT min(number) FROM tickets").fetchone()[0]
        database.execute(
            "UPDATE tickets SET told_at = ?, told_how = 'automatic', score = 4 WHERE number = ?", (NOON, first)
        )
    return filled


def test_calls_by_who_made_them_and_scores(cozum: Cozum, told: Records) -> None:
    record = json.loads(cozum("report", *DAY, "--json").out)["outcomes"]
    assert record["calls"] == {"agent": {"told": 1}, "automatic": {"told": 2, "voicemail": 1}}
    assert record["told"] == {"automatic": 1}
    assert record["scores"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}


def test_in_words(cozum: Cozum, told: Records) -> None:
    said = cozum("report", *DAY).out
    assert "told: automatic 1\n" in said
    assert said.rstrip().endswith("scores: 1: 0, 2: 0, 3: 0, 4: 1, 5: 0; mean 4.0")
    assert [line.split() for line in said.splitlines() if line.startswith("voicemail")] == [["voicemail", "0", "1"]]
    assert "+90532" not in said


def test_a_day_without_any_says_nothing_of_them(cozum: Cozum, filled: Records) -> None:
    assert "outcomes" not in cozum("report", *DAY).out
