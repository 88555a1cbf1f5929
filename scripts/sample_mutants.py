"""Tries mutants of the engine drawn by chance, and says which share of all of them the scripts kill.

    python -m scripts.sample_mutants 600 --seed 1 --minutes 40

A run of all mutants takes hours; a sample says the same of all, each as likely as any other, with the error that
chance makes. The mutants are tried in the order of the draw, so a run that ends early is a sample too, only a smaller
one. `scripts/try_mutants.py` forks after the import of the engine, so it shows a change of what runs only then to no
script: such a mutant is tried again by a process of its own, which imports the engine anew and runs all scripts.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from scripts.try_mutants import UNCHANGED, Outcome

ROOT: Final = Path(__file__).resolve().parent.parent
MUTANTS: Final = ROOT / "mutants"
FIRST: Final = "acd.engine.model.target.*"
"""A small module: mutmut changes the whole engine, and notes which script reaches what, before it tries any mutant."""
TWO_SIDED_95: Final = 1.959964
OVER_S: Final = 900
"""A process that takes more seconds of the processor than all scripts do may never end, and so notices the change."""


def mutants(folder: Path) -> list[str]:
    """All mutants below a folder."""
    files = sorted(folder.rglob("*.meta"))
    return [name for file in files for name in json.loads(file.read_text("utf-8"))["exit_code_by_key"]]


def drawn(names: Iterable[str], number: int, seed: int) -> list[str]:
    """So many of the mutants, or all if there are no more, in an order of chance. A larger sample of the same seed
    begins with a smaller one."""
    everyone = sorted(names)
    Random(seed).shuffle(everyone)  # noqa: S311 - chance, no secret
    return everyone[:number]


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Between which shares of all mutants that are killed lie, with 95 % certainty (Wilson), if so many of those tried
    were."""
    share, z2 = killed / tried, TWO_SIDED_95**2
    middle = (share + z2 / (2 * tried)) / (1 + z2 / tried)
    half = TWO_SIDED_95 / (1 + z2 / tried) * math.sqrt(share * (1 - share) / tried + z2 / (4 * tried**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def told(outcomes: Mapping[str, Outcome]) -> str:
    """What came of a sample, for people."""
    left = [name for name, outcome in outcomes.items() if outcome == "survived"]
    long = [name for name, outcome in outcomes.items() if outcome == "too long"]
    tried, killed = len(outcomes), len(outcomes) - len(left)
    low, high = interval(killed, tried)
    lines = [f"  {name}" for name in left]
    if long:
        lines += ["a script took too long, by the processor's time, so these count as killed:"]
        lines += [f"  {name}" for name in long]
    share = f"{killed} of {tried} killed: {killed / tried:.1%}, of all mutants {low:.1%} to {high:.1%} (95 %)"
    return "\n".join([*lines, share])


def mutmut(names: Sequence[str], processes: int) -> None:
    """Change the engine, and try these mutants. Raises `subprocess.CalledProcessError` if mutmut cannot."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes), *names]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0"}, check=True, stdout=subprocess.DEVNULL)


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{MUTANTS}:{ROOT}", "PYTHONHASHSEED": "0"}


def tried(names: Sequence[str], arguments: Sequence[str] = ()) -> Iterator[tuple[str, Outcome, str]]:
    """What comes of each mutant, one by one, and the last script that ran. `arguments` are of `scripts.try_mutants`."""
    command = [sys.executable, "-m", "scripts.try_mutants", *arguments]
    with subprocess.Popen(
        command, cwd=MUTANTS, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(f"{name}\n" for name in names))
        process.stdin.close()
        for line in process.stdout:
            yield tuple(json.loads(line))
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


def anew(name: str) -> Outcome:
    """What comes of a mutant in a process that imports the engine with this change, and runs all scripts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    command = [sys.executable, "-m", "pytest", "-x", "-q", *settings["pytest_add_cli_args"]]
    command += settings["pytest_add_cli_args_test_selection"]
    environment = _environment() | {"MUTANT_UNDER_TEST": name}
    with subprocess.Popen(
        command, cwd=MUTANTS, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (OVER_S, OVER_S))
        process.wait()
    if process.returncode == 0:
        return "survived"
    return "too long" if process.returncode < 0 else "killed"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="another one draws others")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, help="begin no other mutant after so many")
    options = parser.parse_args()
    mutmut([FIRST], options.processes)
    for _, outcome, script in tried([UNCHANGED]):
        if outcome != "survived":
            raise RuntimeError(f"{script} fails without any change: mend it first")
    everyone = mutants(MUTANTS)
    sample = drawn(everyone, options.number, options.seed)
    print(f"{len(sample)} of {len(everyone)} mutants, seed {options.seed}", flush=True)
    arguments = ["--processes", str(options.processes)]
    arguments += [] if options.minutes is None else ["--minutes", str(options.minutes)]
    outcomes: dict[str, Outcome] = {}
    for name, outcome, script in tried(sample, arguments):
        outcomes[name] = outcome
        print(f"{len(outcomes)} {outcome}: {name} ({script})", flush=True)
    for name in [name for name, outcome in outcomes.items() if outcome == "runs at import"]:
        outcomes[name] = anew(name)
        print(f"anew, {outcomes[name]}: {name}", flush=True)
    print(told(outcomes))


if __name__ == "__main__":
    main()
