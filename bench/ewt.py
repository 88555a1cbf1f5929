"""How far off the estimated wait is, beside what app_queue tells the very same callers and beside the best that any
estimate could be: `python -m bench.ewt` (`--best 0` leaves the last out, which takes most of the time).

The shipped engine lives through each trace under the simulator's clock. A caller who joins is told our estimate and
app_queue's `holdtime`; the error is that of the seconds until an agent answers, of all who are answered.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import NamedTuple

import msgspec

from acd.engine.model.config import EngineConfig, ServiceClass
from acd.engine.model.facts import CallAnswered, CallEnded, CallQueued, TalkEnded
from acd.simulate.inputs import Duration
from acd.simulate.policy import config_of, policy
from acd.simulate.workload import Workload
from acd.simulate.world import World
from bench.holdtime import Holdtime
from bench.oracle import Scene, Truth, median_wait

LOGNORMAL, MEMORYLESS = Duration("lognormal", 140, 0.8), Duration("exp", 140)
TIMED, AT_WILL = Duration("fixed", 25), Duration("exp", 25)
URGENT_SHARE = 0.08
SEED = 1


@dataclass(frozen=True)
class Trace:
    """A line and its callers: `talk` and after-call work, calls an hour and agents, as one number or by hour."""

    name: str
    talk: Duration
    per_hour: tuple[float, ...]
    staff: tuple[int, ...] = (12,)
    wrapup: Duration = TIMED
    """A fixed one is ended by the engine, as on the line; of another, agents come back when they like."""
    patience_s: float | None = None
    calls: int = 10_000

    def workload(self) -> Workload:
        """Its callers."""
        patience = None if self.patience_s is None else Duration("exp", self.patience_s)
        return Workload(self.per_hour, URGENT_SHARE, self.talk, self.wrapup, patience, calls=self.calls)

    def config(self) -> EngineConfig:
        """The engine as it ships."""
        config = config_of(policy("cozum"), max(self.staff), wrapup=True)
        known = self.wrapup.kind == "fixed"
        return msgspec.structs.replace(config, wrapup_s=self.wrapup.mean_s) if known else config

    def truth(self) -> Truth | None:
        """What governs it, if that does not change."""
        if len(self.per_hour) > 1 or len(self.staff) > 1:
            return None
        return Truth(self.talk, self.wrapup, self.per_hour[0] * URGENT_SHARE / 3600, self.patience_s)


RUSH = tuple(300.0 if hour in (10, 11, 15) else 120.0 for hour in range(24))
SHIFTS = tuple(7 if hour < 8 or hour >= 20 else 14 if hour < 16 else 10 for hour in range(24))
DAY = tuple(agents * (16.5 if hour % 8 else 22.0) for hour, agents in enumerate(SHIFTS))
"""Calls that follow the staff, but for the first hour of each shift, which has too many."""

TRACES = (
    Trace("light", LOGNORMAL, (158.0,)),
    Trace("light, impatient", LOGNORMAL, (158.0,), patience_s=180),
    Trace("heavy", LOGNORMAL, (221.0,)),
    Trace("heavy, impatient", LOGNORMAL, (221.0,), patience_s=180),
    Trace("light, memoryless", MEMORYLESS, (158.0,)),
    Trace("heavy, memoryless", MEMORYLESS, (221.0,)),
    Trace("light, back at will", LOGNORMAL, (158.0,), wrapup=AT_WILL),
    Trace("heavy, back at will", LOGNORMAL, (221.0,), wrapup=AT_WILL),
    Trace("heavy, impatient, back at will", LOGNORMAL, (221.0,), wrapup=AT_WILL, patience_s=180),
    Trace("light, all memoryless", MEMORYLESS, (158.0,), wrapup=AT_WILL),
    Trace("heavy, all memoryless", MEMORYLESS, (221.0,), wrapup=AT_WILL),
    Trace("rush", LOGNORMAL, RUSH, patience_s=300),
    Trace("shifts", LOGNORMAL, DAY, staff=SHIFTS, patience_s=300),
    Trace("shifts, all memoryless", MEMORYLESS, DAY, staff=SHIFTS, wrapup=AT_WILL, patience_s=300),
)


class Row(NamedTuple):
    """A caller who was answered: their wait as it came, our estimate, and app_queue's holdtime, of one queue for all
    and of a queue for their class."""

    wait_s: float
    ewt_s: float
    holdtime_s: int
    own_holdtime_s: int
    scene: Scene


class Told(NamedTuple):
    """What a caller was told as they joined."""

    ewt_s: float
    holdtime_s: int
    own_holdtime_s: int
    scene: Scene


class Listening(World):
    """A world in which what each caller is told is written down."""

    def listen(self) -> list[Row]:
        """Play the trace; the callers in the order of being answered."""
        self.rows: list[Row] = []
        self._told: dict[str, Told] = {}
        self._holdtime = Holdtime()
        self._own: dict[ServiceClass, Holdtime] = {"urgent": Holdtime(), "routine": Holdtime()}
        self.run()
        return self.rows

    def _open_doors(self) -> None:
        talk, leave = self._acts[CallAnswered], self._acts[CallEnded]

        def answered(fact: CallAnswered) -> None:
            self.rows.append(Row(fact.wait_s, *self._told.pop(fact.call)))
            for holdtime in (self._holdtime, self._own[fact.priority]):
                holdtime.connected(fact.at - fact.wait_s, fact.at)
            talk(fact)

        def ended(fact: CallEnded) -> None:
            if self._told.pop(fact.call, None) is not None:
                self._count(fact.priority)
            leave(fact)

        self._acts[CallAnswered], self._acts[CallEnded] = answered, ended
        self._acts[CallQueued] = self._queued
        self._acts[TalkEnded] = lambda fact: self._count(self._engine.state.calls[fact.call].priority)
        super()._open_doors()

    def _count(self, priority: ServiceClass | None) -> None:
        self._holdtime.over()
        if priority is not None:
            self._own[priority].over()

    def _queued(self, fact: CallQueued) -> None:
        if fact.ewt_s is None:
            raise RuntimeError(f"{fact.call}: nobody is on duty; a trace must have somebody at any time")
        told = Told(fact.ewt_s, self._holdtime.value, self._own[fact.priority].value, self._scene(fact))
        self._told[fact.call] = told

    def _scene(self, fact: CallQueued) -> Scene:
        core, now = self._engine.core, fact.at
        ahead = [one.priority for one in core.waiting.calls() if one.call != fact.call]
        talks, wrapups = [], []
        for agent in core.state.agents.values():
            if agent.login != "ready":
                continue
            if agent.wrapup is not None:
                wrapups.append(agent.wrapup.until - now)
            elif agent.activity == "talking" and agent.call is not None:
                talk = core.state.calls[agent.call].talk
                talks.append(now - talk.began_at if talk is not None else 0.0)
        urgent = ahead.count("urgent")
        return Scene(fact.priority == "urgent", urgent, len(ahead) - urgent, tuple(talks), tuple(wrapups))


def play(trace: Trace, seed: int = SEED) -> list[Row]:
    """All who are answered in a trace."""
    return Listening(trace.config(), trace.staff, trace.workload().callers(seed)).listen()


def waited(rows: Iterable[Row]) -> list[Row]:
    """Those who had to wait."""
    return [row for row in rows if row.wait_s > 0]


def error(rows: Sequence[Row], which: str) -> float:
    """Mean absolute error of `ewt_s`, `holdtime_s` or `own_holdtime_s`, seconds."""
    return float(sum(abs(row.wait_s - getattr(row, which)) for row in rows) / len(rows))


class Best(NamedTuple):
    """The least mean absolute error there can be, seconds, and how many callers it was worked out for."""

    error_s: float
    rows: list[Row]


def best(rows: Sequence[Row], truth: Truth, *, callers: int, samples: int = 200, seed: int = SEED) -> Best:
    """The best possible estimates for a sample of the callers who waited, taken evenly."""
    rng = Random(seed)
    some = waited(rows)
    some = list(islice(some, 0, None, max(1, len(some) // callers)))
    off = sum(abs(row.wait_s - median_wait(row.scene, truth, rng, samples)) for row in some)
    return Best(off / len(some), some)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--best", type=int, default=1000, metavar="CALLERS", help="of how many the best is worked out")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    print(
        "| trace | all: EWT | app_queue | ratio | waited: | EWT | app_queue | a queue a class | ratio | best possible |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for trace in TRACES:
        rows = play(trace, options.seed)
        some = waited(rows)
        ours, theirs = error(rows, "ewt_s"), error(rows, "holdtime_s")
        ours_waited, theirs_waited = error(some, "ewt_s"), error(some, "holdtime_s")
        cell, truth = "–", trace.truth()
        if truth is not None and options.best:
            least = best(rows, truth, callers=options.best, seed=options.seed)
            cell = f"{least.error_s / error(least.rows, 'holdtime_s'):.2f}"
        print(
            f"| {trace.name} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} | {len(some)} | {ours_waited:.2f} | "
            f"{theirs_waited:.2f} | {error(some, 'own_holdtime_s'):.2f} | {ours_waited / theirs_waited:.2f} | {cell} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
