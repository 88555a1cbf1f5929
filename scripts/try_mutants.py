"""Tries mutants of the engine, each in a process forked from one that has collected all scripts.

`python -m scripts.sample_mutants` starts this in mutmut's copy of the source, where mutmut has found out which scripts
reach which function. A fork takes milliseconds; mutmut collects the scripts anew for each mutant, which takes longer
than the scripts that notice it.

    python -m scripts.try_mutants <names

prints a line of JSON for each mutant: its name, what came of it, and the last script that ran.
"""

import argparse
import json
import mmap
import os
import resource
import signal
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NoReturn, TextIO

import pytest
from mutmut.mutation import trampoline
from mutmut.state import state

Outcome = Literal["killed", "too long", "survived", "runs at import"]
"""`too long`: a script used far more of the processor than without the change, so it may never end.
`runs at import`: no script noticed, but the function runs when the engine is imported, which it was before the fork."""

LEAST_S: Final = 20.0
TIMES: Final = 20.0
"""The limit of a script: so many seconds of the processor, or so many times what it takes without a change, whichever
is more. A process that waits for a busy processor uses none, so the load of the machine does not matter."""
MEMORY_MIB: Final = 2048
"""What a process may have: an endless loop may fill the machine before its time is over."""
UNCHANGED: Final = ""
"""The name of no mutant."""
NOTICED: Final = 1


@dataclass(frozen=True)
class Trial:
    """A mutant that is tried now. The process writes into `place` which of the scripts it runs."""

    mutant: str
    scripts: Sequence[pytest.Item]
    place: mmap.mmap

    @property
    def last(self) -> str:
        """The script that runs, or ran last."""
        number = int.from_bytes(self.place[:4], "little")
        return self.scripts[number].nodeid if self.scripts else ""


@dataclass
class Forks:
    """A pytest plugin: tries each mutant instead of running all scripts once."""

    mutants: Sequence[str]
    scripts: Mapping[str, Sequence[str]]
    """By function, those that reach it."""
    seconds: Mapping[str, float]
    """What a script takes without a change."""
    out: TextIO
    processes: int
    until: float
    """When no other mutant is begun, by `time.monotonic`."""
    least_s: float
    memory: int
    """Bytes of addresses that a process may have."""
    running: dict[int, Trial] = field(default_factory=dict)
    at_import: frozenset[str] = frozenset()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the mutants in the given order."""
        if session.testsfailed:
            raise session.Failed("the scripts cannot be collected")
        self.at_import = frozenset(state()._stats)
        items = {item.nodeid: item for item in session.items}
        for mutant in self.mutants:
            if time.monotonic() >= self.until:
                break
            if len(self.running) >= self.processes:
                self._wait()
            self._begin(session, mutant, self._order(items, mutant))
        while self.running:
            self._wait()
        return True

    def _order(self, items: Mapping[str, pytest.Item], mutant: str) -> list[pytest.Item]:
        """The scripts that reach a mutant, short ones first; all of them for no mutant."""
        names = items if mutant == UNCHANGED else self.scripts.get(function_of(mutant), ())
        return [items[name] for name in sorted(names, key=lambda name: self.seconds.get(name, 0.0)) if name in items]

    def _begin(self, session: pytest.Session, mutant: str, scripts: Sequence[pytest.Item]) -> None:
        trial = Trial(mutant, scripts, mmap.mmap(-1, 4))
        pid = os.fork()
        if pid == 0:
            self._run(session, trial)
        self.running[pid] = trial

    def _run(self, session: pytest.Session, trial: Trial) -> NoReturn:
        """Run the scripts until one fails; never returns to what was before the fork."""
        code = NOTICED
        try:
            session.config.pluginmanager.unregister(name="terminalreporter")
            trampoline.set_mutant_under_test(trial.mutant)
            # Each function of the engine asks for the name whenever it is called, and to read the environment is slow.
            vars(trampoline)["get_mutant_under_test"] = lambda: trial.mutant
            resource.setrlimit(resource.RLIMIT_AS, (self.memory, self.memory))
            for number, item in enumerate(trial.scripts):
                trial.place[:4] = number.to_bytes(4, "little")
                signal.setitimer(signal.ITIMER_PROF, max(self.least_s, TIMES * self.seconds.get(item.nodeid, 0.0)))
                following = trial.scripts[number + 1] if number + 1 < len(trial.scripts) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    break
            else:
                code = 0
        finally:
            os._exit(code)

    def _wait(self) -> None:
        """Print what came of the trial that ends next."""
        pid, status = os.wait()
        trial = self.running.pop(pid)
        outcome = self._outcome(trial.mutant, os.waitstatus_to_exitcode(status))
        print(json.dumps([trial.mutant, outcome, trial.last]), file=self.out, flush=True)

    def _outcome(self, mutant: str, code: int) -> Outcome:
        if code == -signal.SIGPROF:
            return "too long"
        if code != 0:
            return "killed"
        return "runs at import" if function_of(mutant) in self.at_import else "survived"


def function_of(mutant: str) -> str:
    """The function that a mutant is of, by mutmut's name."""
    return mutant.partition("__mutmut_")[0]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no other mutant after so many")
    parser.add_argument("--least-s", type=float, default=LEAST_S, help="processor time that each script may take")
    parser.add_argument("--memory-mib", type=int, default=MEMORY_MIB, help="addresses that each process may have")
    options = parser.parse_args()
    known = json.loads(Path("mutmut-stats.json").read_text("utf-8"))
    settings = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what pytest says goes there
    forks = Forks(
        mutants=sys.stdin.read().splitlines(),
        scripts=known["tests_by_mangled_function_name"],
        seconds=known["duration_by_test"],
        out=out,
        processes=options.processes,
        until=time.monotonic() + 60 * options.minutes,
        least_s=options.least_s,
        memory=options.memory_mib << 20,
    )
    trampoline.set_mutant_under_test("stats")  # notes what runs at import
    arguments = ["-q", *settings["pytest_add_cli_args"], *settings["pytest_add_cli_args_test_selection"]]
    return int(pytest.main(arguments, plugins=[forks]))


if __name__ == "__main__":
    sys.exit(main())
