"""`cozum report` over a real database."""

import csv
import io
import json
import re
import sqlite3
import time
from pathlib import Path

import pytest

from tests.acd.cli.conftest import NUMBER, Cozum, Records

DAY = ("--day", "1970-01-01")


def test_a_day(cozum: Cozum, filled: Records) -> None:
    said = cozum("report", *DAY)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Thursday, 1970-01-01\n3 calls; 0 hung up in the menu, 0 needed nobody\n")
    assert re.search(r"^offered +3 +1 +2$", said.out, re.MULTILINE)
    assert re.search(r"^abandoned +1 +0 +1$", said.out, re.MULTILINE)
    assert re.search(r"^met the target of 6 s +66\.7% +100\.0% +50\.0%$", said.out, re.MULTILINE)
    assert re.search(r"^answered within 20 s / offered +33\.3% +100\.0% +0\.0%$", said.out, re.MULTILINE)
    assert re.search(r"^02 +3 +2 +1 ", said.out, re.MULTILINE)
    assert re.search(r"^1001 +Ayşe Yılmaz +2 +0 +1\.0 s +2\.0 s +2:22 +0:20 ", said.out, re.MULTILINE)
    assert re.search(r"^1002 +Mehmet Çelik +0 +1 ", said.out, re.MULTILINE)
    assert NUMBER not in said.out


def test_who_left_a_message_was_not_let_go_by_us(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute("UPDATE calls SET outcome = 'message_left' WHERE outcome = 'abandoned'")
    said = cozum("report", *DAY).out
    assert re.search(r"^left a message +1 +0 +1$", said, re.MULTILINE)
    assert "let go by us" not in said


def test_json(cozum: Cozum, filled: Records) -> None:
    record = json.loads(cozum("report", *DAY, "--json").out)
    assert (record["from"], record["to"]) == ("1969-12-31T22:00:00.000Z", "1970-01-01T22:00:00.000Z")
    assert record["all"]["offered"] == 3
    assert record["urgent"]["asa_s"] == 2.0
    assert (record["target_wait_s"], record["urgent"]["within_target"]) == (6.0, 1.0)
    assert set(record["all"]["service_level"]) == {"answered", "answered_or_abandoned", "offered"}
    assert {row["hour"]: row["offered"] for row in record["hours"] if row["offered"]} == {2: 3}
    assert all(row["agents"] > 0 for row in record["hours"])  # 1001 stays, paused, to the day's end
    assert [row["service"] for row in record["services"]] == ["request", "funeral"]
    assert [row["extension"] for row in record["agents"]] == ["1001", "1002"]
    assert sum(row["handled"] for row in record["agents"]) == record["all"]["answered"]  # nobody was handed on
    told = sum(row["talk_s"] for row in record["agents"])
    assert told == pytest.approx(record["all"]["mean_talk_s"] * record["all"]["answered"], abs=0.01)


@pytest.mark.parametrize(
    ("by", "first"), [(None, "hour"), ("hour", "hour"), ("day", "day"), ("service", "service"), ("agent", "extension")]
)
def test_csv(cozum: Cozum, filled: Records, by: str | None, first: str) -> None:
    said = cozum("report", *DAY, "--csv", *(["--by", by] if by else []))
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert rows
    assert next(iter(rows[0])) == first
    if first != "extension":
        assert sum(int(row["offered"]) for row in rows) == 3
        assert "service_level_answered_or_abandoned" in rows[0]


def test_one_table(cozum: Cozum, filled: Records) -> None:
    said = cozum("report", *DAY, "--by", "service")
    assert "ASA" in said.out
    assert re.search(r"^request +2 +1 +1 +52\.0 s +50\.0% +0\.0%", said.out, re.MULTILINE)
    assert "target: met 6 s, of the answered and abandoned" in said.out
    assert "1001" not in said.out
    assert said.out.index("request") < said.out.index("funeral") < said.out.index("\nall")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("--from", "1970-01-01", "--to", "1970-01-01"), 3),
        (("--from", "1970-01-01T02:18:12", "--to", "1970-01-02"), 2),
        (("--from", "1970-01-01T00:18:12Z", "--to", "1970-01-01T02:18:13"), 0),
        (("--from", "yesterday"), 0),
        (("--day", "today"), 0),
        (("--day", "yesterday"), 0),
        ((), 0),
    ],
)
def test_spans(cozum: Cozum, filled: Records, words: tuple[str, ...], offered: int) -> None:
    said = cozum("report", *words, "--json")
    assert said.code == 0
    assert json.loads(said.out)["all"]["offered"] == offered


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--day", "24.11.2025"), "--day = '24.11.2025': 2025-11-24, today,"),
        (("--from", "2025-11-24", "--to", "2025-11-23"), "--to = 2025-11-23: must be after --from = 2025-11-24"),
        (("--to", "2025-11-24"), "--to: needs --from"),
        (("--day", "today", "--from", "today"), "give one of the two"),
        (("--by", "week"), "--by = 'week': hour, day, service, agent, unit, topic, district are allowed"),
        (("--csv", "--json"), "--csv and --json"),
        (("--from", "2999-01-01"), "must be after"),
        (("--day", "9999-12-31"), "--day = '9999-12-31': a year from 1970 to 2999 is allowed"),
        (("--from", "today", "--to", "9999-12-31"), "--to = '9999-12-31': a year from 1970 to 2999 is allowed"),
        (("--from", "0001-01-01T00:00+14:00"), "a year from 1970 to 2999 is allowed"),
    ],
)
def test_wrong_spans(cozum: Cozum, words: tuple[str, ...], text: str) -> None:
    said = cozum("report", *words)
    assert said.code == 2
    assert text in said.err


def test_a_time_without_calls_says_so(cozum: Cozum, filled: Records) -> None:
    said = cozum("report", "--day", "1971-01-01")
    assert said.code == 0
    assert said.err == "cozum: no call ended in this time\n"
    assert "ASA" in said.out


@pytest.mark.alone
def test_a_month_is_quick(cozum: Cozum, filled: Records) -> None:
    import sqlite3

    from acd.config.load_settings import load_settings

    file = load_settings().data_dir / "cozum.db"
    with sqlite3.connect(file) as database:
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            " INSERT INTO calls (id, node, caller, name, dialled, service, class, language, outcome, agent, arrived_at,"
            " queued_at, entered_at, answered_at, ended_at, wait_s, answer_delay_s, ring_s, talk_s, hold_s, wrapup_s,"
            " hangup_by) SELECT 'x' || i, 'ast1', '', '', '', 'request', 'routine', 'tr', 'answered', '1001',"
            " i * 100000, i * 100000, i * 100000, i * 100000, i * 100000, 5, 5, 2, 100, 0, 20, 'agent' FROM n"
        )
    began = time.perf_counter()
    record = json.loads(cozum("report", "--from", "1970-01-01", "--to", "1970-02-01", "--json").out)
    assert record["all"]["answered"] == 20_002
    assert len(record["days"]) >= 23
    assert time.perf_counter() - began < 5.0  # 0.3 s on an idle machine


def test_why_callers_waited(cozum: Cozum, filled: Records) -> None:
    said = cozum("report", *DAY, "--why")
    assert (said.code, said.err) == (0, "")
    assert re.search(r"^ *\d+\.\d% +15\.0 s  phones rang and were not picked up: 1002 15\.0 s$", said.out, re.MULTILINE)
    assert "every agent who could take the call had one: 02 h" in said.out
    assert NUMBER not in said.out


def test_the_causes_add_up_to_the_waits(cozum: Cozum, filled: Records) -> None:
    record = json.loads(cozum("report", *DAY, "--why", "--json").out)
    assert record["calls_untold"] == 0
    calls = json.loads(cozum("report", *DAY, "--json").out)
    asked = sum(one["waited_s"] for one in record["causes"] if one["cause"] != "menu")
    answered = calls["all"]["asa_s"] * calls["all"]["answered"]
    assert asked == pytest.approx(answered + 5.0)  # and one gave up after five seconds
    assert {one["extension"]: one["pickup_p50_s"] for one in calls["agents"]} == {"1001": 1.0, "1002": None}
    rows = list(csv.DictReader(io.StringIO(cozum("report", *DAY, "--why", "--csv").out)))
    assert sum(float(row["waited_s"]) for row in rows) == pytest.approx(record["waited_s"])


def test_why_by_something_is_refused(cozum: Cozum, filled: Records) -> None:
    assert cozum("report", *DAY, "--why", "--by", "agent").code == 2
