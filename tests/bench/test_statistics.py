"""Figures and their table."""

import math

from bench.report import caller_lines, table
from bench.requests import ASKED
from bench.statistics import quantile, spread


def test_quantiles_are_values_of_the_sample() -> None:
    assert [quantile(range(1, 101), share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert quantile([7.0], 0.99) == 7.0
    assert math.isnan(quantile([], 0.5))
    assert spread([])["p50"] is None


def system(p50: float, p99: float, cpu: float) -> dict[str, object]:
    spread = {"p50": p50, "p95": p50, "p99": p99, "max": p99}
    return {"idle_gap_ms": spread, "ring_ms": spread, "cpu_ms_per_call": cpu, "calls_per_s": 120, "failed": 0}


def verdicts(results: dict[str, object]) -> dict[str, tuple[str, ...]]:
    """By figure: the target, and whether it was met."""
    lines = [[cell.strip() for cell in row.strip("|").split("|")] for row in table(results).splitlines()[4:]]
    return {cells[0]: tuple(cells[3:]) for cells in lines}


MACHINE = {"measured_at": "now", "machine": {"cpus": 2, "processor": "Any at 3 GHz", "python": "3.11"}, "quick": True}


def test_the_table_says_what_was_met_and_what_was_not() -> None:
    engine = {"decisions_per_s": {"100": 60_000, "100000": 80_000}}
    results = MACHINE | {"cozum": system(2.0, 6.1, 5.0), "app_queue": system(250.0, 260.0, 8.0), "engine": engine}
    assert table(results).startswith("now, 2 CPUs (Any at 3 GHz), Python 3.11, quick:")
    rows = verdicts(results)
    assert rows["idle gap, p50 (ms)"] == ("100 times shorter than app_queue's", "yes")
    assert rows["idle gap, p99 (ms)"] == ("≤ 6 ms", "**no**")
    assert rows["CPU a call, caught up (ms)"] == ("≤ 0.9 of app_queue's", "yes")
    assert rows["first word after the line's answer, p50 (s)"] == ("≤ 1 s", "—")
    assert rows["engine's decisions a second, 100 waiting"] == ("", "—")
    assert rows["engine's decisions a second, 100,000 waiting"] == ("≥ 90,000", "**no**")


def test_ratios_are_those_of_one_run_at_their_edges() -> None:
    results = MACHINE | {"cozum": system(2.51, 6.0, 7.21), "app_queue": system(250.0, 260.0, 8.0)}
    rows = verdicts(results)
    assert rows["idle gap, p50 (ms)"][1] == "**no**"
    assert rows["idle gap, p99 (ms)"][1] == "yes"
    assert rows["CPU a call, caught up (ms)"][1] == "**no**"
    assert rows["ring, p50 (ms)"] == ("≤ app_queue + 1.2 ms", "yes")
    alone = verdicts(MACHINE | {"cozum": system(2.0, 5.0, 7.0)})
    assert {alone[name][1] for name in ("idle gap, p50 (ms)", "ring, p50 (ms)", "CPU a call, caught up (ms)")} == {"—"}


def test_an_urgent_callers_clock_is_told_with_the_pick_up_it_assumes() -> None:
    caller = {
        "pick_up_s": 1.0, "urgent_to_speech_s": {"p50": 4.05, "p95": 7.2}, "urgent_to_speech_auto_s": {"p50": 3.25},
        "silent_to_speech_s": {"max": 20.155},
    }  # fmt: skip
    rows = verdicts(MACHINE | {"caller": caller})
    assert rows["urgent caller to a person, picked up after 1 s, p50 (s)"] == ("≤ 5 s", "yes")
    assert rows["urgent caller to a person, picked up after 1 s, p95 (s)"] == ("≤ 7 s", "**no**")
    assert rows["urgent caller to a person, auto answer with its beep, p50 (s)"] == ("≤ 4 s", "yes")
    assert rows["silent caller to a person, picked up after 1 s, max (s)"] == ("≤ 20 s", "**no**")
    assert "silent caller to a person, picked up after 1 s, max (s): 20.155 (target ≤ 20 s, met: **no**)" in (
        caller_lines(caller)
    )


def test_each_database_is_judged_by_the_question_that_takes_it_longest() -> None:
    def took(slowest: str, ms: float) -> dict[str, dict[str, float]]:
        return {name: {"p95_ms": ms if name == slowest else 20.0} for name in (*ASKED, "report_day")} | {
            "report_day": {"p95_ms": 900.0}  # it has no limit
        }

    stored = {"requests": 200_000, "sqlite": took("search_five", 200.0), "postgres": took("board", 100.1)}
    rows = verdicts(MACHINE | {"stored": stored})
    ten = "slowest of 10 questions to 200,000 requests in"
    assert rows[f"{ten} SQLite (`search_five`), p95 (ms)"] == ("≤ 200 ms", "yes")
    assert rows[f"{ten} PostgreSQL (`board`), p95 (ms)"] == ("≤ 100 ms", "**no**")
