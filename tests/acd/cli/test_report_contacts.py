"""The part of `cozum report` about what became of calls, over a real database."""

import json
import sqlite3
from pathlib import Path

from tests.acd.cli.conftest import Cozum, Records

DAY = ("--day", "1970-01-03")
NOON = 58 * 3_600_000


def add_calls(data_dir: Path) -> None:
    """Six routine calls that an agent had, of which three end without a word; and calls that count for nothing."""
    calls = [
        ("answered-at-once", "routine", "answered", NOON),
        ("opened-a-request", "routine", "answered", NOON),
        ("about-a-request", "routine", "called_back", NOON),
        ("silent", "routine", "answered", NOON),
        ("silent-called-back", "routine", "called_back", NOON),
        ("heard-of-an-old-request", "routine", "answered", NOON),
        ("gave-up", "routine", "abandoned", NOON),
        ("urgent", "urgent", "answered", NOON),
        ("about-an-outcome", "outcome", "answered", NOON),
        ("the-day-before", "routine", "answered", NOON - 86_400_000),
    ]
    with sqlite3.connect(data_dir / "cozum.db") as database:
        for call, priority, outcome, at in calls:
            database.execute(
                "INSERT INTO calls (id, node, caller, name, dialled, service, class, language, outcome, agent,"
                " arrived_at, entered_at, ended_at)"
                " VALUES (?, 'ast1', '', '', '', 'request', ?, 'tr', ?, '1001', ?, ?, ?)",
                (call, priority, outcome, at, at, at + 60_000),
            )
        for call, at in (("answered-at-once", NOON), ("urgent", NOON), ("the-day-before", NOON)):
            database.execute(
                "INSERT INTO dispositions (call, disposition, at, role, who) VALUES (?, 'answered', ?, 'agent', "
                "'ayse')",
                (call, at),
            )
        number = database.execute("SELECT min(number) FROM tickets").fetchone()[0]
        database.execute("UPDATE tickets SET call = 'opened-a-request', opened_at = ?", (NOON,))
        for call, how in (
            ("about-a-request", "asked"),
            ("silent", "looked_up"),
            ("heard-of-an-old-request", "heard"),
        ):
            database.execute(
                "INSERT INTO ticket_links (number, kind, other, how, at) VALUES (?, 'call', ?, ?, ?)",
                (number, call, how, NOON),
            )


def test_a_call_without_a_word_is_counted(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    add_calls(data_dir)
    contacts = json.loads(cozum("report", *DAY, "--json").out)["contacts"]
    assert (contacts["talks"], contacts["without_a_word"], contacts["known"]) == (6, 3, 0.5)
    assert contacts["first_contact_resolution"] == 0.5
    said = cozum("report", *DAY).out
    assert "resolved at first contact: 50.0% (1 answered at once, 1 calls opened a request)\n" in said
    line = "ended without a word: 3 of 6 routine calls that an agent had; what became of 50.0% is known\n"
    assert line in said


def test_what_was_answered_at_once_is_counted_by_topic(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    add_calls(data_dir)
    topics = {"silent": "vergi", "silent-called-back": "vergi", "heard-of-an-old-request": "pazar_yeri"}
    with sqlite3.connect(data_dir / "cozum.db") as database:
        for call, topic in topics.items():
            database.execute(
                "INSERT INTO dispositions (call, disposition, topic, at, role, who)"
                " VALUES (?, 'answered', ?, ?, 'agent', 'ayse')",
                (call, topic, NOON),
            )
    contacts = json.loads(cozum("report", *DAY, "--json").out)["contacts"]
    assert contacts["answered_by_topic"] == [
        {"topic": "vergi", "answered": 2},
        {"topic": "pazar_yeri", "answered": 1},
        {"topic": None, "answered": 1},
    ]
    said = cozum("report", *DAY).out
    assert "calls  answered at once, by topic" in said
    assert "    1  (not said)" in said


def test_a_day_without_a_talk_says_nothing(cozum: Cozum, filled: Records) -> None:
    assert "without a word" not in cozum("report", "--day", "1971-01-01").out
    contacts = json.loads(cozum("report", "--day", "1971-01-01", "--json").out)["contacts"]
    assert (contacts["talks"], contacts["without_a_word"], contacts["known"]) == (0, 0, None)
