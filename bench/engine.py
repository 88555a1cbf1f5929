"""What one decision of the engine costs at every size of the line: `python -m bench.engine`.

The engine alone, on one core: no Asterisk, no journal. Rows are callers waiting, columns agents on duty. The target is
50,000 decisions a second, and at 100,000 waiting and 5,000 agents at most twice the cost at 100 waiting. `--profile`
runs one size under cProfile and prints where the time goes (its own cost included, so the shares matter, not the sums).
"""

import argparse
import cProfile
import gc
import json
import pstats
import sys
import time
from dataclasses import asdict, dataclass

from acd.engine.events import AnyEvent
from bench.decisions import Line

WAITING, AGENTS = (100, 10_000, 100_000), (10, 400, 5_000)
TARGET_PER_S, TARGET_RATIO = 50_000, 2.0
AT_MOST_S = 10.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One size of the line. Times are microseconds of one decision: an agent freed up to the next caller's offer."""

    waiting: int
    agents: int
    decisions_per_s: int
    p50_us: float
    p99_us: float
    max_us: float
    lives_per_s: int
    """Whole lives of calls a second, all their events handled (and this script's own work counted in)."""


def measure(waiting: int, agents: int, rounds: int) -> Cell:
    """Free `rounds` agents one after another on a line kept full, or as many as come in `AT_MOST_S`."""
    line = Line(waiting, agents)
    took: list[float] = []
    spend(line, min(500, rounds), AT_MOST_S / 10, [])  # warm up
    gc.collect()
    gc.freeze()
    try:
        began = time.perf_counter()
        spend(line, rounds, AT_MOST_S, took)
        lasted = time.perf_counter() - began
    finally:
        gc.unfreeze()
    took.sort()
    p50, p99 = (round(took[int((len(took) - 1) * share)] * 1e6, 1) for share in (0.5, 0.99))
    per_s, lives_per_s = round(len(took) / sum(took)), round(len(took) / lasted)
    return Cell(waiting, agents, per_s, p50, p99, round(took[-1] * 1e6, 1), lives_per_s)


def spend(line: Line, rounds: int, at_most_s: float, took: list[float]) -> None:
    """Free agents, noting the seconds of each decision."""
    until = time.perf_counter() + at_most_s
    while len(took) < rounds and time.perf_counter() < until:
        took.append(line.end_talk())


class Profiled(Line):
    """A line whose decisions, and nothing else, run under a profiler."""

    def __init__(self, waiting: int, agents: int) -> None:
        self.profiler = cProfile.Profile()
        super().__init__(waiting, agents)

    def _decide(self, event: AnyEvent) -> float:
        self.profiler.enable()
        took = super()._decide(event)
        self.profiler.disable()
        return took


def profile(waiting: int, agents: int, rounds: int) -> None:
    """Where the time of the decisions goes."""
    line = Profiled(waiting, agents)
    for _ in range(rounds):
        line.end_talk()
    pstats.Stats(line.profiler, stream=sys.stdout).sort_stats("tottime").print_stats(20)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20_000, help="decisions a size")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--profile", metavar="WAITING:AGENTS", help="such as 100000:5000")
    options = parser.parse_args()
    if options.profile:
        waiting, _, agents = options.profile.partition(":")
        profile(int(waiting), int(agents or 400), options.rounds)
        return
    cells = [measure(waiting, agents, options.rounds) for waiting in WAITING for agents in AGENTS]
    if options.json:
        print(json.dumps([asdict(cell) for cell in cells], indent=2))
        return
    print(f"{'waiting':>9} {'agents':>7} {'decisions/s':>12} {'p50 µs':>8} {'p99 µs':>8} {'max µs':>9} {'lives/s':>9}")
    for cell in cells:
        print(
            f"{cell.waiting:>9,} {cell.agents:>7,} {cell.decisions_per_s:>12,} {cell.p50_us:>8.1f} {cell.p99_us:>8.1f} "
            f"{cell.max_us:>9.1f} {cell.lives_per_s:>9,}"
        )
    small = next(cell for cell in cells if (cell.waiting, cell.agents) == (WAITING[0], AGENTS[0]))
    large = cells[-1]
    lives = small.lives_per_s / large.lives_per_s
    slowest, ratio = min(cell.decisions_per_s for cell in cells), large.p50_us / small.p50_us
    for what, met in (
        (f"slowest {slowest:,}/s (target {TARGET_PER_S:,})", slowest >= TARGET_PER_S),
        (f"largest over smallest, p50: x{ratio:.2f} (target x{TARGET_RATIO:g})", ratio <= TARGET_RATIO),
        (f"whole lives, largest over smallest: x{lives:.2f} (target x{TARGET_RATIO:g})", lives <= TARGET_RATIO),
    ):
        print(f"{what}: {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
