"""Tries mutants of the engine drawn by chance, and says which share of all of them the scripts kill.

    python -m scripts.sample_mutants 600 --seed 1

A run of all mutants takes hours; a sample says the same of all, each as likely as any other, with the error that
chance makes. mutmut forks after the import of the engine, so it shows a change of what runs only then to no script:
whichever survives is tried again by a process of its own, which imports the engine anew and runs all scripts.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
MUTANTS: Final = ROOT / "mutants"
FIRST: Final = "acd.engine.model.target.*"
"""A small module: mutmut changes the whole engine before it tries the first mutant of any."""
SURVIVED: Final = frozenset({0, 5, 33})
"""mutmut's codes: no script failed, or none ran. Any other is a death, a time-out among them."""
NOT_TRIED: Final = frozenset({None, 2, 34})
UNCHANGED: Final = ""
TWO_SIDED_95: Final = 1.959964
OVER_S: Final = 900.0
"""A process that takes longer than all scripts do stands still, and so notices the change."""

Codes = Mapping[str, int | None]
"""By mutant, how mutmut's process for it ended; None if it has not been tried."""


def codes(folder: Path) -> dict[str, int | None]:
    """All mutants below a folder, with what mutmut knows of them."""
    known: dict[str, int | None] = {}
    for file in sorted(folder.rglob("*.meta")):
        known |= json.loads(file.read_text("utf-8"))["exit_code_by_key"]
    return known


def drawn(names: Iterable[str], number: int, seed: int) -> list[str]:
    """So many of the mutants, or all if there are no more; the same for the same seed."""
    everyone = sorted(names)
    return sorted(Random(seed).sample(everyone, min(number, len(everyone))))  # noqa: S311 - chance, no secret


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Between which shares of all mutants that are killed lie, with 95 % certainty (Wilson), if so many of those tried
    were."""
    share, z2 = killed / tried, TWO_SIDED_95**2
    middle = (share + z2 / (2 * tried)) / (1 + z2 / tried)
    half = TWO_SIDED_95 / (1 + z2 / tried) * math.sqrt(share * (1 - share) / tried + z2 / (4 * tried**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def survivors(sample: Sequence[str], known: Codes) -> list[str]:
    """Those of the sample that no script noticed. Raises `ValueError` if any was not tried."""
    open_ = [name for name in sample if known.get(name) in NOT_TRIED]
    if open_:
        raise ValueError(f"{len(open_)} mutants were not tried, {open_[0]} among them: was mutmut interrupted?")
    return [name for name in sample if known[name] in SURVIVED]


def survives_anew(name: str) -> bool:
    """Whether all scripts pass in a process that imports the engine with this change."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    command = [sys.executable, "-m", "pytest", "-x", "-q", *settings["pytest_add_cli_args"]]
    command += settings["pytest_add_cli_args_test_selection"]
    environment = os.environ | {"MUTANT_UNDER_TEST": name, "PYTHONPATH": str(MUTANTS), "PYTHONHASHSEED": "0"}
    try:
        ended = subprocess.run(command, cwd=MUTANTS, env=environment, capture_output=True, timeout=OVER_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def told(tried: int, left: Sequence[str]) -> str:
    """What came of a sample, for people."""
    killed = tried - len(left)
    low, high = interval(killed, tried)
    lines = [f"  {name}" for name in left]
    share = f"{killed} of {tried} killed: {killed / tried:.1%}, of all mutants {low:.1%} to {high:.1%} (95 %)"
    return "\n".join([*lines, share])


def mutmut(names: Sequence[str], processes: int) -> None:
    """Try these mutants. Raises `subprocess.CalledProcessError` if mutmut cannot."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes), *names]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0"}, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="another one draws others")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    mutmut([FIRST], options.processes)
    sample = drawn(codes(MUTANTS), options.number, options.seed)
    print(f"{len(sample)} of {len(codes(MUTANTS))} mutants, seed {options.seed}", flush=True)
    mutmut(sample, options.processes)
    if not survives_anew(UNCHANGED):
        raise RuntimeError("the scripts fail without any change: mend them first")
    left = [name for name in survivors(sample, codes(MUTANTS)) if survives_anew(name)]
    print(told(len(sample), left))


if __name__ == "__main__":
    main()
