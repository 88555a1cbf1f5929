"""One fault, again and again, on a system of its own under load; what became of the calls."""

import asyncio
import os
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import asyncpg
import psutil

from bench.stack import Stack, StackError, until
from phones import Login, PhonesError
from tests.chaos.crowd import Crowd
from tests.chaos.judge import NEAR_S, Records, Verdict, judge, on_line, settled

AGENTS = 72
"""So many that they can talk to half as many callers again as come, at 30 a second: those whom an outage has kept
waiting are served before the next one. With 48 the callers on the line, each of them with music, grew in number from
outage to outage, and a late recovery showed a machine with work for many more processors than it has."""
TALK_S = 1.2
STORED_S = 30.0
"""How long the database may take to hold every call, once the line is empty."""
BACK_S = 2.0
"""How soon line and desk serve again after `kill -9`, under load."""
SLOW_S = 2.0
"""After a longer recovery what the system said last is printed."""
OVER_S = 90.0
"""How long after the last fault the last call may end, and after it the last stranger's: those of a flood are silent,
and the line lets each of them go within a minute (`rtp_timeout_s`)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of one fault."""

    times: int
    calls: int
    rate: float
    """Calls a second."""
    long_talk_s: float = 8.0
    """Mean of one agent in six, so that some talks span every outage. The longest of them is how long a run takes."""

    @property
    def over_s(self) -> float:
        return self.calls / self.rate


class Scene:
    """What a fault may touch: the system, its callers and chance."""

    def __init__(self, plan: Plan, stack: Stack, crowd: Crowd, chance: Random, say: Callable[[str], None]) -> None:
        self.plan = plan
        self.stack = stack
        self.crowd = crowd
        self.chance = chance
        self.say = say


class Fault(ABC):
    """A way to break the system. One object serves one run."""

    name: ClassVar[str]
    about: ClassVar[str]
    full: ClassVar[Plan]
    quick: ClassVar[Plan]
    settings: ClassVar[Mapping[str, object]] = {}
    """Settings of the system that is broken, besides the defaults."""
    cuts: ClassVar[bool] = False
    """The fault itself ends calls: none of them counts as dropped."""
    refuses: ClassVar[bool] = False
    """The line may be busy because of the fault: who is told so is not dropped."""

    most_s: ClassVar[float | None] = None
    """The longest time from a strike to a system that serves again; None: nothing is promised."""

    near_s: ClassVar[float] = NEAR_S
    """How far a row may be from the phones, where the fault has Asterisk itself read them late."""

    @contextmanager
    def needs(self, folder: Path) -> Iterator[dict[str, Any]]:
        """What has to run beside the system, in a folder of its own; more settings."""
        yield {}

    def staff(self, scene: Scene) -> None:
        """Register the agents' phones."""
        self.staff_some(scene, scene.stack.logins)

    @staticmethod
    def staff_some(scene: Scene, logins: Sequence[Login]) -> None:
        """Register phones that answer."""
        scene.crowd.staff(logins, talk_s=TALK_S, long_talk_s=scene.plan.long_talk_s)

    def begin(self, scene: Scene) -> None:  # noqa: B027  most faults need none
        """Prepare, once the agents are ready and before anybody calls."""

    @abstractmethod
    def strike(self, scene: Scene) -> float:
        """Break the system once and wait until it serves again; how many seconds that took."""

    def finish(self, scene: Scene) -> None:  # noqa: B027  most faults leave nothing
        """Clean up, whatever happened."""


@dataclass(slots=True)
class Result:
    """What became of one fault's calls. `as_json` is what design.md names, and what else was found."""

    fault: str
    seed: int
    times: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    recoveries_s: list[float] = field(default_factory=list)
    most_s: float | None = None
    """The longest recovery that is promised; None: there is none."""
    lacking: list[float] = field(default_factory=list)
    """For which share of each recovery something on this machine waited for a processor, as the kernel says."""
    error: str = ""
    """The run broke off: what the system did not do."""
    lasted_s: float = 0.0
    load: float = 0.0
    """How many processes wanted a CPU in the last minute: on a busy machine Asterisk itself reads the phones late."""

    @property
    def ok(self) -> bool:
        """Whether all is as it should be."""
        return self.verdict.ok and not self.late_s and not self.error

    @property
    def late_s(self) -> list[float]:
        """The recoveries that took longer than is promised."""
        return [] if self.most_s is None else [one for one in self.recoveries_s if one > self.most_s]

    def as_json(self) -> dict[str, Any]:
        """One element of results.json."""
        verdict = self.verdict
        return {
            "fault": self.fault,
            "times": self.times,
            "calls": verdict.calls,
            "dropped": len(verdict.dropped),
            "duplicated": len(verdict.duplicated),
            "missing_rows": len(verdict.missing),
            "wrong_rows": len(verdict.wrong),
            "inversions": len(verdict.inversions),
            "worst_recovery_s": round(max(self.recoveries_s, default=0.0), 3),
            "most_recovery_s": self.most_s,
            "late": len(self.late_s),
            "worst_lacking": round(max(self.lacking, default=0.0), 2),
            "worst_error_s": round(verdict.worst_error_s, 3),
            "p99_error_s": _p99(verdict.errors_s),
            "worst_cel_error_s": round(max(verdict.cel_errors_s, default=0.0), 3),
            "p99_cel_error_s": _p99(verdict.cel_errors_s),
            "times_compared": len(verdict.errors_s) + len(verdict.cel_errors_s),
            "seed": self.seed,
            "lasted_s": round(self.lasted_s, 1),
            "load": round(self.load, 1),
            "error": self.error,
        }


def _wanted_s() -> float:
    """For how many seconds so far something on this machine has waited for a processor; 0 where the kernel does not
    count that."""
    try:
        some = Path("/proc/pressure/cpu").read_text("ascii").partition("\n")[0]
    except OSError:
        return 0.0
    return int(some.rpartition("total=")[2]) / 1e6


def _p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return round(sorted(values)[len(values) * 99 // 100], 3) if values else 0.0


def run_fault(fault: Fault, plan: Plan, seed: int, folder: Path, say: Callable[[str], None]) -> Result:
    """Break a fresh system `plan.times` times while `plan.calls` callers call; what became of them."""
    result = Result(fault.name, seed, most_s=fault.most_s)
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with fault.needs(folder) as settings:
            _run(fault, plan, Random(f"{fault.name} {seed}"), folder, settings, say, result)
    except (StackError, PhonesError, psutil.Error, OSError) as error:
        result.error = f"{type(error).__name__}: {error}"[:2000]
    result.lasted_s, result.load = time.monotonic() - began, os.getloadavg()[0]
    return result


def _run(
    fault: Fault,
    plan: Plan,
    chance: Random,
    folder: Path,
    settings: Mapping[str, Any],
    say: Callable[[str], None],
    result: Result,
) -> None:
    stack = Stack(folder / "line", agents=AGENTS, **{"wrapup_s": 0.2, "ring_s": 5, **fault.settings, **settings})
    with stack, stack.phones(folder / "phones") as phones:
        crowd = Crowd(phones, chance)
        scene = Scene(plan, stack, crowd, chance, say)
        _sign_in(fault, scene)
        fault.begin(scene)
        try:
            crowd.dial(plan.calls, plan.over_s)
            _strike(fault, plan, scene, result)
            until("the last call is over", lambda: not crowd.dialling, OVER_S, every_s=0.2)
            until("nobody is on the line", lambda: not on_line(stack.cel()), OVER_S, every_s=0.5)
            until("nobody talks", lambda: not _engaged(stack), OVER_S, every_s=0.2)
        finally:
            fault.finish(scene)
        _await_rows(scene)
        result.verdict = judge(
            crowd.callers(),
            crowd.agent_legs(),
            read_records(stack),
            stack.cel(),
            cut=fault.cuts,
            busy_is_fair=fault.refuses,
            near_s=fault.near_s,
        )


def _engaged(stack: Stack) -> list[str]:
    """Agents who ring or talk, as the line says."""
    return [extension for extension, one in stack.agents().items() if one["state"] in ("ringing", "talking")]


def _sign_in(fault: Fault, scene: Scene) -> None:
    stack = scene.stack
    fault.staff(scene)
    for login in stack.logins:
        stack.set_state(login.user, "ready")
    until("all agents are ready", lambda: all(one["state"] == "ready" for one in stack.agents().values()), 20)


def _strike(fault: Fault, plan: Plan, scene: Scene, result: Result) -> None:
    """Strike at random moments of equal parts of the time in which callers come."""
    began, part_s = time.monotonic(), plan.over_s / plan.times
    for n in range(plan.times):
        due = began + part_s * (n + scene.chance.uniform(0.2, 0.7))
        time.sleep(max(0.0, due - time.monotonic()))
        before = _wanted_s()
        result.recoveries_s.append(fault.strike(scene))
        lacking = (_wanted_s() - before) / max(result.recoveries_s[-1], 0.01)
        result.lacking.append(min(1.0, lacking))
        result.times += 1
        waited_for = ", ".join(f"{what} {seconds:.2f}" for what, seconds in scene.stack.waited_for.items())
        told = f"serves again after {result.recoveries_s[-1]:.2f} s ({waited_for}; {result.lacking[-1]:.0%} lacking)"
        scene.say(f"{fault.name} {n + 1}/{plan.times}: {told}")
        if result.recoveries_s[-1] > SLOW_S:
            scene.say(scene.stack.last_words())


def _await_rows(scene: Scene) -> None:
    """Wait until the database holds all that has happened. What does not come is for the judge."""
    stack, crowd = scene.stack, scene.crowd
    callers = crowd.callers()
    deadline = time.monotonic() + STORED_S
    while not settled(callers, crowd.agent_legs(), read_records(stack).calls, stack.cel()):
        if time.monotonic() > deadline:
            return
        time.sleep(0.2)


def read_records(stack: Stack) -> Records:
    """What stands in the database, read with nobody else's code."""
    if url := str(stack.settings.get("database_url", "")):
        return asyncio.run(_read_postgres(url.replace("+asyncpg", "")))
    with sqlite3.connect(f"file:{stack.data_dir / 'cozum.db'}?mode=ro", uri=True, timeout=10) as database:
        database.row_factory = sqlite3.Row

        def table(name: str) -> list[dict[str, Any]]:
            return [dict(row) for row in database.execute(f"SELECT * FROM {name}")]

        return Records(table("calls"), table("talk_segments"), table("offers"))


async def _read_postgres(url: str) -> Records:
    connection = await asyncpg.connect(url, timeout=20)
    try:
        calls, segments, offers = [
            [dict(row) for row in await connection.fetch(f"SELECT * FROM {name}")]
            for name in ("calls", "talk_segments", "offers")
        ]
    finally:
        await connection.close()
    return Records(calls, segments, offers)
