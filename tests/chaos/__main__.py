"""`make chaos`: break a running system at random moments, and see what became of its calls and its records."""

import argparse
import secrets
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.chaos import report
from tests.chaos.faults import FAULTS
from tests.chaos.run import Result, run_fault

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    """The command. 0 if every fault left nothing wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fault with few calls, in under five minutes")
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), help="only this one (may be repeated)")
    parser.add_argument("--seed", type=int, help="of chance; printed, and chosen at random without one")
    parser.add_argument("--calls", type=int, help="callers of each fault")
    parser.add_argument("--times", type=int, help="how often each fault strikes")
    parser.add_argument("--rate", type=float, help="calls a second")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the results go (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="keep each system's files and sipp's records in this folder")
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    say(f"seed {seed}")
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="cozum-chaos-") as temporary:
        folder = options.keep or Path(temporary)
        for name in options.fault or FAULTS:
            fault = FAULTS[name]()
            plan = fault.quick if options.quick else fault.full
            given = {key: getattr(options, key) for key in ("times", "calls", "rate")}
            plan = replace(plan, **{key: value for key, value in given.items() if value is not None})
            say(f"{name}: {fault.about} ({plan.times} times, {plan.calls} calls at {plan.rate:g} a second)")
            results.append(run_fault(fault, plan, seed, folder / name, say))
            if found := report.faults_found(results[-1]):
                print(found, file=sys.stderr, flush=True)
            report.write(results, options.output)
    print(f"seed {seed}")
    print(report.table(results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
