"""A steady load is judged by its rows, its phones and what the processes hold."""

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.load import INVERSIONS, LOOKS, PIDS, SPARE_MS, Look, Plan, faults, measure, refusals, tables


def looks(*line_mib: float) -> list[Look]:
    """What was held at so many looks, each with this much memory of the line."""
    rest = {name: 30.0 for name in PIDS if name != "line"}
    files = dict.fromkeys(PIDS, 20)
    return [
        Look(at_s=place, calls=place, waiting=0, mib={**rest, "line": mib}, files=files, stored_mib=1.0)
        for place, mib in enumerate(line_mib)
    ]


def results(**other: object) -> dict[str, Any]:
    """A run in which all went well, but for this."""
    return {"calls": 10, "failed": 0, "reasons": {}, "rows": 10, "without_end": 0, "inversions": 0, **other}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (results(), []),
        (results(failed=2, reasons={"FailedTimeoutOnRecv": 2}), ["2 calls failed: {'FailedTimeoutOnRecv': 2}"]),
        (results(rows=9), ["10 callers came, and 9 rows tell of them"]),
        (results(without_end=1), ["1 rows have no end"]),
        (results(inversions=3), ["3 routine callers were offered while an urgent one waited without an offer"]),
    ],
)
def test_what_must_not_be_is_named(found: dict[str, Any], said: list[str]) -> None:
    assert faults(found, looks(40, 41, 42, 43)) == said


def test_memory_may_grow_at_first_and_not_for_ever() -> None:
    assert faults(results(), looks(40, 60, 80, 80, 80)) == []
    (said,) = faults(results(), looks(40, 60, 80, 90, 100))
    assert said == "the line grew by 20.0 MiB in the second half, of 12 that it may"


def test_a_plan_that_cannot_be_is_refused_with_what_is_allowed() -> None:
    assert refusals(Plan()) == []
    assert refusals(Plan(minutes=0.0, urgent_share=2.0)) == [
        "--minutes 0: 0.2 to 600 is allowed",
        "--urgent-share 2: 0 to 1 is allowed",
    ]


@pytest.mark.parametrize(
    ("offers", "count"),
    [
        ([("routine", "1001", 3_000, 3_500)], 1),
        ([("routine", "1001", 1_100, 3_500)], 0),  # the urgent caller had only just come
        ([("routine", "1001", 5_100, 5_500)], 0),  # they talk
        ([("urgent", "1002", 2_900, None), ("routine", "1001", 3_000, 3_500)], 0),
        ([("urgent", "1001", 1_500, 2_500), ("routine", "1001", 3_000, 3_500)], 0),  # that agent did not pick up
        ([("urgent", "1002", 1_500, 2_500), ("routine", "1001", 3_000, 3_500)], 1),
    ],
)
def test_a_routine_offer_while_an_urgent_caller_waits_without_one_is_counted(
    offers: list[tuple[str, str, int, int | None]], count: int
) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE calls (id, class, queued_at, answered_at, ended_at)")
    database.execute("CREATE TABLE offers (call, agent, class, made_at, ended_at)")
    database.execute("INSERT INTO calls VALUES ('urgent', 'urgent', 1000, 5000, 9000)")
    database.executemany(
        "INSERT INTO offers VALUES (?, ?, ?, ?, ?)", [(call, agent, call, *span) for call, agent, *span in offers]
    )
    assert database.execute(INVERSIONS, (SPARE_MS,)).fetchone() == (count,)
    database.close()


def test_a_line_under_load_serves_everybody_and_says_what_it_holds(tmp_path: Path) -> None:
    said: list[str] = []
    found = measure(tmp_path, Plan(minutes=0.2, calls_per_s=2.0, agents=20), said.append)
    assert found["faults"] == []
    assert len(said) == len(found["looks"]) == LOOKS
    assert found["calls"] == found["rows"] >= 24
    assert found["waits"]["routine"]["answered"] + found["waits"]["urgent"]["answered"] > 0
    assert all(min(one["mib"].values()) > 1 and min(one["files"].values()) > 1 for one in found["looks"])
    assert [table.row_count for table in tables(found)] == [2, LOOKS]
    assert msgspec.json.encode(found)
