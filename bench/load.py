"""Steady load: what `make run` starts serves callers at one rate for minutes. Did it, and what is left behind?

    python -m bench.load [--minutes 10] [--calls-per-s 3] [--agents 45] [--urgent-share 0.08] [--output FILE]

Callers press for a service of the shipped flow; some have no patience and hang up. Agents pick up after a second, talk
for 8 s at the mean and have 2 s of after-call work. Ten times, evenly over the run, it is looked how much memory and
how many files line, desk and relay hold, and how large the files of journal and database are. It ends with 1 and says
why if a call failed, a call has no row or no end, a routine caller was offered to an agent while an urgent one waited
without an offer (`inversions`), or the memory of a process grew after the half by more than `GROWTH_MIB`.

Phones share the machine's processors.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from bench.stack import Stack, StackError, until
from bench.statistics import quantile
from phones import Agent, Caller, Callers, Press, Step, Talk, Wait

Say = Callable[[str], None]

LOOKS: Final = 10
GROWTH_MIB: Final = 12.0
"""What a process may grow in the second half: caches, and pages of the database that it has read."""
PIDS: Final = {"line": "cozum.pid", "desk": "desk.pid", "relay": "relay.pid"}
KINDS: Final = 5
"""Kinds of the urgent menu."""
ROUTINE: Final = ("2", "3", "0")
"""Keys of the services that are not urgent."""
PATIENCE_S: Final = 120.0
"""Mean time after which a caller hangs up, in the queue or in the talk."""
PICK_UP_S, TALK_S, WRAPUP_S = 1.0, 8.0, 2.0
OVER_S: Final = 60.0
"""Seconds for the last calls to end."""
SPARE_MS: Final = 200
"""An urgent caller who came so shortly before an offer was not known when it was made."""
INVERSIONS: Final = """
    SELECT count(*) FROM offers AS made WHERE made.class = 'routine' AND EXISTS (
        SELECT 1 FROM calls AS urgent WHERE urgent.class = 'urgent' AND urgent.queued_at + ? < made.made_at
        AND made.made_at < coalesce(urgent.answered_at, urgent.ended_at)
        AND NOT EXISTS (
            SELECT 1 FROM offers AS mine WHERE mine.call = urgent.id AND mine.made_at <= made.made_at
            AND (mine.agent = made.agent OR mine.ended_at IS NULL OR mine.ended_at >= made.made_at)))"""
"""Offers of routine callers made while an urgent one waited without an offer, whom the agent had not missed."""
COLUMNS: Final = (
    ("after s", "at_s"),
    ("calls", "calls"),
    ("waiting", "waiting"),
    ("MiB: line", "mib.line"),
    ("desk", "mib.desk"),
    ("relay", "mib.relay"),
    ("files: line", "files.line"),
    ("desk", "files.desk"),
    ("relay", "files.relay"),
    ("stored MiB", "stored_mib"),
)
"""The table of looks: each heading, and where its figure stands."""


class Plan(msgspec.Struct, frozen=True):
    """One run."""

    minutes: float = 10.0
    calls_per_s: float = 3.0
    agents: int = 45
    urgent_share: float = 0.08

    @property
    def seconds(self) -> float:
        """How long callers come."""
        return self.minutes * 60

    @property
    def calls(self) -> int:
        """How many come in all."""
        return round(self.seconds * self.calls_per_s)


QUICK: Final = Plan(minutes=0.4, calls_per_s=3.0)


def refusals(plan: Plan) -> list[str]:
    """What a plan must not ask for; the name, the value and what is allowed."""
    allowed = {"minutes": (0.2, 600), "calls_per_s": (0.1, 50), "agents": (1, 400), "urgent_share": (0, 1)}
    return [
        f"--{name.replace('_', '-')} {getattr(plan, name):g}: {least:g} to {most:g} is allowed"
        for name, (least, most) in allowed.items()
        if not least <= getattr(plan, name) <= most
    ]


class Look(msgspec.Struct, frozen=True):
    """What the processes hold at one moment. Memory is the proportional set size: shared pages count once."""

    at_s: float
    calls: int
    waiting: int
    mib: dict[str, float]
    files: dict[str, int]
    stored_mib: float


def look(stack: Stack, at_s: float) -> Look:
    """Look once."""
    processes = {name: psutil.Process(int((stack.data_dir / file).read_text("ascii"))) for name, file in PIDS.items()}
    stored = sum(path.stat().st_size for path in stack.data_dir.glob("*.db*"))
    return Look(
        at_s=round(at_s, 1),
        calls=stack.rows("SELECT count(*) FROM calls")[0][0],
        waiting=len(stack.queue()),
        mib={name: round(one.memory_full_info().pss / 2**20, 1) for name, one in processes.items()},
        files={name: one.num_fds() for name, one in processes.items()},
        stored_mib=round(stored / 2**20, 1),
    )


@contextmanager
def called(stack: Stack, plan: Plan, folder: Path) -> Iterator[list[Callers]]:
    """Agents at work, and callers who come at the plan's rate."""
    urgent = round(plan.calls * plan.urgent_share)
    scripts: list[tuple[tuple[Step, ...], float]] = [
        ((Wait(1.0), Press("1"), Wait(1.0), Press(str(n))), urgent / KINDS) for n in range(1, KINDS + 1)
    ]
    scripts += [((Wait(1.5), Press(key)), (plan.calls - urgent) / len(ROUTINE)) for key in ROUTINE]
    with ExitStack() as ends:
        phones = ends.enter_context(stack.phones(folder))
        lasting_s = round(plan.seconds + 2 * OVER_S)
        phones.staff(
            stack.logins, Agent(answer_after_s=PICK_UP_S, talk_s=Talk(TALK_S)), echo=False, within_s=60,
            at_most_s=lasting_s,
        )  # fmt: skip
        for login in stack.logins:
            stack.set_state(login.user, "ready")
        yield [
            phones.call(
                Caller(steps=steps, patience_s=PATIENCE_S, limit_s=lasting_s), count=max(1, round(count)),
                rate=max(1, round(count)) / plan.seconds, first_number=5_321_000_000 + 100_000 * place,
                at_most_s=lasting_s,
            )
            for place, (steps, count) in enumerate(scripts)
        ]  # fmt: skip


def waits(stack: Stack) -> dict[str, dict[str, Any]]:
    """By class: calls, how many were answered or given up, and how long was waited. An urgent call's wait is that from
    the line's answer. Who hung up in the menu has no class."""
    found = {}
    for name in ("urgent", "routine"):
        rows = stack.rows(
            "SELECT outcome, CASE class WHEN 'urgent' THEN answer_delay_s ELSE wait_s END, within_target "
            "FROM calls WHERE class = ?",
            name,
        )
        answered = [row[1] for row in rows if row[0] == "answered"]
        judged = [bool(row[2]) for row in rows if row[2] is not None]
        found[name] = {
            "calls": len(rows),
            "answered": len(answered),
            "abandoned": sum(row[0] == "abandoned" for row in rows),
            "mean_wait_s": round(fmean(answered), 2) if answered else None,
            "p95_wait_s": round(quantile(answered, 0.95), 2) if answered else None,
            "within_target": round(fmean(judged), 4) if judged else None,
        }
    return found


def faults(results: dict[str, Any], looks: Sequence[Look]) -> list[str]:
    """What must not be; empty if all is well."""
    found = []
    if results["failed"]:
        found.append(f"{results['failed']} calls failed: {results['reasons']}")
    if results["rows"] != results["calls"]:
        found.append(f"{results['calls']} callers came, and {results['rows']} rows tell of them")
    if results["without_end"]:
        found.append(f"{results['without_end']} rows have no end")
    if results["inversions"]:
        found.append(
            f"{results['inversions']} routine callers were offered while an urgent one waited without an offer"
        )
    half, last = looks[len(looks) // 2], looks[-1]
    for name in PIDS:
        grown = last.mib[name] - half.mib[name]
        if grown > GROWTH_MIB:
            found.append(f"the {name} grew by {grown:.1f} MiB in the second half, of {GROWTH_MIB:g} that it may")
    return found


def measure(folder: Path, plan: Plan, say: Say) -> dict[str, Any]:
    """Run it; the results, with `faults`."""
    looks = []
    with Stack(folder / "stack", agents=plan.agents, wrapup_s=WRAPUP_S, empty_chair_s=0) as stack:
        with called(stack, plan, folder / "phones") as callers:
            began = time.monotonic()
            for place in range(1, LOOKS + 1):
                time.sleep(max(0.0, began + plan.seconds * place / LOOKS - time.monotonic()))
                looks.append(look(stack, time.monotonic() - began))
                say(_told(looks[-1]))
            counts = [one.wait(PATIENCE_S * 3) for one in callers]
            came = sum(one.created for one in counts)
            with suppress(StackError):  # then it is in the figures
                until("each call has its end", lambda: _ended(stack) == came, OVER_S)
        results = {
            **msgspec.to_builtins(plan),
            "calls": came,
            "failed": sum(one.failed for one in counts),
            "reasons": {why: number for one in counts for why, number in one.reasons.items()},
            "rows": stack.rows("SELECT count(*) FROM calls")[0][0],
            "without_end": stack.rows("SELECT count(*) FROM calls WHERE outcome IS NULL")[0][0],
            "inversions": stack.rows(INVERSIONS, SPARE_MS)[0][0],
            "waits": waits(stack),
            "looks": [msgspec.to_builtins(one) for one in looks],
        }
    results["faults"] = faults(results, looks)
    return results


def _ended(stack: Stack) -> int:
    return int(stack.rows("SELECT count(*) FROM calls WHERE outcome IS NOT NULL")[0][0])


def _told(one: Look) -> str:
    memory = ", ".join(f"{name} {mib:.0f} MiB" for name, mib in one.mib.items())
    return f"{one.at_s:6.1f} s  {one.calls} calls, {one.waiting} waiting; {memory}; {one.stored_mib:.0f} MiB stored"


def tables(results: dict[str, Any]) -> Iterator[Table]:
    """What a person reads."""
    answers = Table("class", title=f"{results['calls']} calls, {results['calls_per_s']:g} a second")
    names = ("calls", "answered", "abandoned", "mean_wait_s", "p95_wait_s", "within_target")
    for heading in ("calls", "answered", "abandoned", "mean wait", "95 %", "within target"):
        answers.add_column(heading, justify="right")
    for kind, found in results["waits"].items():
        answers.add_row(kind, *("–" if found[name] is None else f"{found[name]:g}" for name in names))
    yield answers
    held = Table(title="what the processes hold")
    for heading, _ in COLUMNS:
        held.add_column(heading, justify="right")
    for one in results["looks"]:
        held.add_row(*(f"{_figure(one, key):g}" for _, key in COLUMNS))
    yield held


def _figure(look: dict[str, Any], key: str) -> float:
    part, _, name = key.partition(".")
    return float(look[part][name] if name else look[part])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="in under a minute")
    parser.add_argument("--minutes", type=float, default=Plan().minutes, help="how long callers come (%(default)g)")
    parser.add_argument(
        "--calls-per-s", type=float, default=Plan().calls_per_s, help="new calls a second (%(default)g)"
    )
    parser.add_argument("--agents", type=int, default=Plan().agents, help="agents at work (%(default)s)")
    parser.add_argument("--urgent-share", type=float, default=Plan().urgent_share, help="of the calls (%(default)g)")
    parser.add_argument("--output", type=Path, help="write the figures to this file, as JSON")
    options = parser.parse_args()
    plan = QUICK if options.quick else Plan(
        minutes=options.minutes, calls_per_s=options.calls_per_s, agents=options.agents,
        urgent_share=options.urgent_share,
    )  # fmt: skip
    wrong = refusals(plan)
    if wrong:
        parser.error("; ".join(wrong))
    with tempfile.TemporaryDirectory(prefix="cozum-load-") as name:
        results = measure(Path(name), plan, lambda line: print(line, file=sys.stderr, flush=True))
    if options.output:
        options.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    console = Console()
    for table in tables(results):
        console.print(table)
    for fault in results["faults"]:
        console.print(f"wrong: {fault}", style="bold red")
    console.print("nothing was wrong" if not results["faults"] else f"{len(results['faults'])} wrong")
    return bool(results["faults"])


if __name__ == "__main__":
    sys.exit(main())
