"""What one decision of the engine costs at every size of the line: `python -m bench.engine`.

A decision is the handling of the one event that frees an agent (their leg of the talk is gone) up to the offer of the
next caller to them. The other events of a call's life are handled too, so that the line stays as full as it was, and
are counted apart (`lives/s`). The engine alone, on one core: no Asterisk, no journal. The target is 50,000 decisions a
second, and at 100,000 waiting and 5,000 agents at most twice the cost at 100 waiting. `--profile` runs one size under
cProfile and prints where the time goes (its own cost included, so the shares matter, not the sums).
"""

import argparse
import cProfile
import gc
import json
import pstats
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass
from random import Random

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.commands import OfferCall
from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallerGone,
    ConfigChanged,
    EngineStarted,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId

NODE = NodeId("bench")
SERVICES = (
    *(Service(id=ServiceId(f"urgent{n}"), priority="urgent") for n in range(5)),
    *(Service(id=ServiceId(f"routine{n}")) for n in range(4)),
)

WAITING, AGENTS = (100, 10_000, 100_000), (10, 400, 5_000)
TARGET_PER_S, TARGET_RATIO = 50_000, 2.0
AT_MOST_S = 10.0


class Line:
    """An engine with a full queue, and every agent talking."""

    def __init__(self, waiting: int, agents: int, seed: int = 1) -> None:
        self.engine = Engine()
        self.at = 1_000_000.0
        self.random = Random(seed)
        self.calls = 0
        self.talking: deque[OfferCall] = deque()
        """The offers whose agents talk, the longest first."""
        self.made: list[OfferCall] = []
        names = tuple(AgentId(f"{n}") for n in range(10_000, 10_000 + agents))
        profiles = tuple(
            AgentProfile(id=name, name=name, endpoint=f"PJSIP/{name}", node=NODE, services=self._skills(n))
            for n, name in enumerate(names)
        )
        config = EngineConfig(services=SERVICES, agents=profiles, default_service=ServiceId("routine0"), wrapup_s=0.0)
        self.feed(ConfigChanged(at=self.at, config=config))
        self.feed(EngineStarted(at=self.at))
        self.feed(NodeReconciled(at=self.at, node=NODE, available=names))
        for name in names:
            self.feed(AgentStateRequested(at=self.tick(), agent=name, state="ready"))
        for _ in range(waiting + agents):
            self.arrive()
            self.answer_all()

    @staticmethod
    def _skills(n: int) -> frozenset[ServiceId]:
        """A third takes everything, a third the first three urgent services and all routine ones, a third no urgent."""
        kinds = ((), SERVICES[:3] + SERVICES[5:], SERVICES[5:])[n % 3]
        return frozenset(service.id for service in kinds)

    def tick(self) -> float:
        """A moment later."""
        self.at += 0.001
        return self.at

    def feed(self, event: AnyEvent) -> None:
        """Let the engine handle an event; remember the offers."""
        self.made += [item for item in self.engine.handle(event) if isinstance(item, OfferCall)]

    def arrive(self) -> None:
        """A caller comes, and chooses at once: one in twelve for something urgent."""
        self.calls += 1
        call = CallId(f"bench-{self.calls}")
        self.feed(CallAttached(at=self.tick(), call=call, node=NODE, channel=f"PJSIP/trunk-{self.calls}"))
        urgent = self.random.random() < 1 / 12
        service = self.random.choice(SERVICES[:5] if urgent else SERVICES[5:])
        self.feed(ServiceChosen(at=self.tick(), call=call, service=service.id))

    def answer_all(self) -> None:
        """Every offer that rings is answered."""
        while self.made:
            offer = self.made.pop()
            channel = _leg(offer)
            self.feed(OfferRinging(at=self.tick(), call=offer.call, channel=channel))
            self.feed(OfferAnswered(at=self.tick(), call=offer.call, channel=channel))
            self.talking.append(offer)

    def end_talk(self) -> float:
        """The longest talk ends and the line fills up again; seconds that the decision took."""
        offer = self.talking.popleft()
        channel = _leg(offer)
        took = self._decide(LegGone(at=self.tick(), call=offer.call, channel=channel))
        if not self.made:
            raise RuntimeError(f"{offer.agent} was freed and nobody was offered to them, though callers wait")
        self.feed(OfferReturned(at=self.tick(), call=offer.call, offer=offer.offer, status="ANSWER"))
        self.feed(CallerGone(at=self.tick(), call=offer.call))
        self.answer_all()
        self.arrive()
        self.answer_all()
        return took

    def _decide(self, event: AnyEvent) -> float:
        before = time.perf_counter()
        out = self.engine.handle(event)
        took = time.perf_counter() - before
        self.made += [item for item in out if isinstance(item, OfferCall)]
        return took


def _leg(offer: OfferCall) -> str:
    """The agent's leg. Asterisk's names have one dash behind the endpoint."""
    return f"{offer.endpoint}-{offer.offer.replace('-', '.')}"


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
