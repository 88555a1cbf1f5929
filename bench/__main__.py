"""`make bench`: Çözüm beside app_queue on the same Asterisk, the caller's clock, and the engine alone.

Writes `bench/results.json`, and the table in `bench/README.md` where the whole of it was run."""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import beside, busy, clock, engine, live, requests
from bench.compare import FULL, QUICK, Comparison
from bench.report import README, write_table
from bench.side import Side

RESULTS = Path(__file__).parent / "results.json"
SIZES = ((100, 10), (10_000, 400), (100_000, 5_000))
"""Callers waiting, agents on duty."""


class Progress:
    """Lines that say what is done and when it began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {what}", file=sys.stderr, flush=True)

    @property
    def lasted_s(self) -> float:
        return round(time.monotonic() - self._began, 1)


def processor() -> str:
    """What the processors are, as Linux tells it: the figures in milliseconds hang on it. Empty if it does not."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def run(*, quick: bool, folder: Path) -> dict[str, Any]:
    """Measure everything; the results."""
    say = Progress()
    plan = QUICK if quick else FULL
    results: dict[str, Any] = {"quick": quick, "measured_at": datetime.now(UTC).isoformat(timespec="seconds")}
    results["machine"] = {
        "cpus": os.cpu_count(),
        "processor": processor(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    with Side(folder / "side", agents=400, wrapup_s=0) as side:
        comparison = Comparison(side, folder / "compare", plan, say)
        results |= comparison.run()
        say("hostile clients")
        results["hostile"] = comparison.under_attack()
        say("the caller's clock")
        results["caller"] = clock.measure(side, folder / "clock", samples=3 if quick else 12, silent=not quick)
        say("memory with 300 calls up")
        results["memory"] = clock.memory(side, folder / "memory")
    if not quick:
        say("200 desks that look on")
        results["live"] = live.measure(folder / "live", desks=200, rate=10, seconds=20)
        say("a desk that is asked among 200,000 requests and a million calls")
        results["beside"] = beside.measure(folder / "beside", requests=200_000, rounds=2)
        say("200,000 requests and a million calls in SQLite, then in PostgreSQL")
        results["stored"] = asyncio.run(requests.run(200_000, list(requests.LIMITS_MS), "", seed=1))
        say("a desk that counts a day of 60,000 calls and shows 200 pages")
        results["busy"] = busy.measure(folder / "busy", calls=60_000, rounds=3)
    results["engine"] = {"decisions_per_s": {}, "decision_us": {}}
    for waiting, agents in SIZES:
        say(f"the engine with {waiting} waiting")
        cell = engine.measure(waiting, agents, rounds=2_000 if quick else 20_000)
        results["engine"]["decisions_per_s"][str(waiting)] = cell.decisions_per_s
        results["engine"]["decision_us"][str(waiting)] = {"agents": agents, "p50": cell.p50_us, "p99": cell.p99_us}
    results["lasted_s"] = say.lasted_s
    return results


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="measure Çözüm beside app_queue")
    parser.add_argument("--quick", action="store_true", help="everything, with few samples, in under a minute")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the results go (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="keep captures and sipp's records in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cozum-bench-") as temporary:
        results = run(quick=options.quick, folder=options.keep or Path(temporary))
    options.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    table = write_table(results, README if not options.quick and options.output == RESULTS else None)
    print(table)
    print(f"\n{options.output} after {results['lasted_s']} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
