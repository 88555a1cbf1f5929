"""The part of `cozum report` about calls that tell outcomes, over a real database."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

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
        first, version, unit = database.execute("SELECT min(number), version, unit FROM tickets").fetchone()
        steps: tuple[tuple[int, str, str, str, dict[str, Any]], ...] = (
            (NOON, "system", "", "tell", {"how": "automatic", "outcome": 1}),
            (NOON + 1, "system", "", "score", {"score": 2, "outcome": 1}),
            (NOON + 2, "lead", "ayse", "reopen", {}),  # which takes told_at and score from the request
            (NOON + 3, "agent", "mehmet", "tell", {"how": "call", "outcome": 2}),
            (NOON + 4, "agent", "mehmet", "score", {"score": 5, "outcome": 2}),
            (NOON + 86_400_000, "system", "", "tell", {"how": "text", "outcome": 3}),
        )
        for place, (at, role, who, what, detail) in enumerate(steps, 1):
            database.execute(
                "INSERT INTO ticket_history (number, version, at, role, who, what, after, note, words, unit, detail) "
                "VALUES (?, ?, ?, ?, ?, ?, 'told', '', '', ?, ?)",
                (first, version + place, at, role, who, what, unit, json.dumps(detail)),
            )
    return filled


def test_calls_by_who_made_them_and_scores(cozum: Cozum, told: Records) -> None:
    record = json.loads(cozum("report", *DAY, "--json").out)["outcomes"]
    assert record["calls"] == {"agent": {"told": 1}, "automatic": {"told": 2, "voicemail": 1}}
    assert record["told"] == {"automatic": 1, "call": 1}
    assert record["scores"] == {"1": 0, "2": 1, "3": 0, "4": 0, "5": 1}


def test_in_words(cozum: Cozum, told: Records) -> None:
    said = cozum("report", *DAY).out
    assert "told: automatic 1, call 1\n" in said
    assert "scores: 1: 0, 2: 1, 3: 0, 4: 0, 5: 1; mean 3.5\n" in said
    assert [line.split() for line in said.splitlines() if line.startswith("voicemail")] == [["voicemail", "0", "1"]]
    assert "+90532" not in said


def test_requests_by_unit_topic_and_mahalle(cozum: Cozum, told: Records) -> None:
    record = json.loads(cozum("report", *DAY, "--json").out)["requests"]
    whole = record["all"]
    assert (whole["opened"], whole["told"], whole["scored"], whole["score"]) == (1, 2, 2, 3.5)
    (unit,) = record["units"]
    assert (unit["unit"], unit["opened"], unit["scored"]) == ("mezarliklar", 1, 2)
    assert unit["name"] != unit["unit"], "a unit has its name"
    assert [(one["agent"], one["scored"], one["score"]) for one in record["agents"]] == [
        ("mehmet", 1, 5.0),
        (None, 1, 2.0),
    ]
    said = cozum("report", *DAY).out
    (line,) = [line for line in said.splitlines() if line.startswith(unit["name"])]
    assert line.removeprefix(unit["name"]).split() == ["1", "0", "–", "–", "1", "2", "2", "3.50"]
    assert [line.split()[-2:] for line in said.splitlines() if line.startswith("the line itself")] == [["1", "2.00"]]


def test_one_table_of_requests(cozum: Cozum, told: Records) -> None:
    said = cozum("report", *DAY, "--by", "unit")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[2].split()[:3] == ["unit", "opened", "resolved"]
    assert said.out.splitlines()[-1].split()[:2] == ["all", "1"]
    assert cozum("report", *DAY, "--by", "district", "--csv").out.splitlines()[0].startswith("district,name,opened,")
    assert cozum("report", *DAY, "--by", "kedi").code == 2


def test_a_day_without_any_says_nothing_of_them(cozum: Cozum, filled: Records) -> None:
    assert "outcomes" not in cozum("report", *DAY).out


def test_scores_by_agent_are_beside_their_calls_in_every_form(cozum: Cozum, told: Records, data_dir: Path) -> None:
    """Those of people without a telephone and of the line itself are rows of their own, so that nothing is missing."""
    with sqlite3.connect(data_dir / "cozum.db") as database:
        for user, extension in (("mehmet", "1001"), ("ali", "1002"), ("veli", "1002")):
            database.execute(
                'INSERT INTO people ("user", name, role, unit, extension, password_hash, enabled, demo, made_at)'
                " VALUES (?, '', 'agent', '', ?, '', 1, 0, 0)",
                (user, extension),
            )
    record = json.loads(cozum("report", *DAY, "--by", "agent", "--json").out)
    shown = [(one["extension"], one["user"], one["scored"], one["score"]) for one in record["agents"]]
    assert shown == [("1001", "mehmet", 1, 5.0), ("1002", None, 0, None)]
    assert [(one["extension"], one["user"], one["scored"], one["score"]) for one in record["agents_else"]] == [
        (None, None, 1, 2.0)
    ]
    assert (
        sum(one["scored"] for one in (*record["agents"], *record["agents_else"]))
        == (record["requests"]["all"]["scored"])
    )
    said = cozum("report", *DAY, "--by", "agent").out
    assert said.splitlines()[2].split()[-2:] == ["scored", "score"]
    assert [line.split()[-2:] for line in said.splitlines() if line.startswith("1001")] == [["1", "5.00"]]
    assert [line.split()[-2:] for line in said.splitlines() if line.startswith("the line itself")] == [["1", "2.00"]]
    rows = list(csv.DictReader(io.StringIO(cozum("report", *DAY, "--by", "agent", "--csv").out)))
    assert [(row["extension"], row["user"], row["scored"], row["score"]) for row in rows] == [
        ("1001", "mehmet", "1", "5.0"),
        ("1002", "", "0", ""),
        ("", "", "1", "2.0"),
    ]
