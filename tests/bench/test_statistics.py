"""Figures and their table."""

import math

from bench.report import table
from bench.statistics import quantile, spread


def test_quantiles_are_values_of_the_sample() -> None:
    assert [quantile(range(1, 101), share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert quantile([7.0], 0.99) == 7.0
    assert math.isnan(quantile([], 0.5))
    assert spread([])["p50"] is None


def test_the_table_says_what_was_met_and_what_was_not() -> None:
    def system(p50: float, p99: float, cpu: float) -> dict[str, object]:
        spread = {"p50": p50, "p95": p50, "p99": p99, "max": p99}
        return {
            "idle_gap_ms": spread, "ring_ms": spread, "cpu_ms_per_call": cpu, "calls_per_s": 120, "failed": 0,
        }  # fmt: skip

    results = {
        "measured_at": "now", "machine": {"cpus": 2, "python": "3.11"}, "quick": True,
        "cozum": system(2.0, 30.0, 5.0), "app_queue": system(250.0, 260.0, 8.0),
        "engine": {"decisions_per_s": {"100": 60_000, "100000": 20_000}},
    }  # fmt: skip
    rows = {row.split("|")[1].strip(): row.rsplit("|", 2)[1].strip() for row in table(results).splitlines()[4:]}
    assert rows["idle gap, p50 (ms)"] == "yes"
    assert rows["idle gap, p99 (ms)"] == "**no**"
    assert rows["CPU a call (ms)"] == "yes"
    assert rows["first word after pick-up, p50 (s)"] == "—"
    assert rows["engine's decisions a second, 100 waiting"] == "yes"
    assert rows["engine's decisions a second, 100,000 waiting"] == "**no**"
