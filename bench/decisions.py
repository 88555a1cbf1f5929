"""How many decisions a second the engine takes with N callers waiting: pure, one core, no Asterisk.

A decision is the handling of the one event that frees an agent (their leg of the talk is gone) up to the offer of the
next caller to them. The other events of a call's life are handled too, so that the line stays as full as it was, and
are counted apart (`calls_per_s`: whole lives).
"""

import gc
import time
from collections import deque
from dataclasses import dataclass
from random import Random

from acd.engine.commands import OfferCall
from acd.engine.config import AgentProfile, EngineConfig, Service
from acd.engine.events import (
    AgentStateRequested,
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
from acd.engine.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.machine import Engine

NODE = NodeId("bench")
SERVICES = (
    *(Service(id=ServiceId(f"urgent{n}"), klass="urgent") for n in range(5)),
    *(Service(id=ServiceId(f"routine{n}")) for n in range(4)),
)


@dataclass(frozen=True, slots=True)
class Decisions:
    """Of one size of the line."""

    waiting: int
    agents: int
    decisions_per_s: float
    decision_us_p99: float
    calls_per_s: float
    """Whole lives of calls: attached, chosen, offered, answered, ended, gone."""


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
        """Whoever rings is answered."""
        while self.made:
            offer = self.made.pop()
            channel = f"{offer.endpoint}-{offer.offer}"
            self.feed(OfferRinging(at=self.tick(), call=offer.call, channel=channel))
            self.feed(OfferAnswered(at=self.tick(), call=offer.call, channel=channel))
            self.talking.append(offer)

    def end_talk(self) -> float:
        """The longest talk ends and the line fills up again; seconds that the decision took."""
        offer = self.talking.popleft()
        channel = f"{offer.endpoint}-{offer.offer}"
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


def measure(waiting: int, *, rounds: int = 20_000, at_most_s: float = 20.0) -> Decisions:
    """Decisions of a line with so many waiting and a twentieth as many agents (six at least)."""
    agents = max(6, waiting // 20)
    line = Line(waiting, agents)
    gc.collect()
    gc.freeze()
    took: list[float] = []
    began = time.perf_counter()
    while len(took) < rounds and time.perf_counter() - began < at_most_s:
        took.append(line.end_talk())
    lasted = time.perf_counter() - began
    gc.unfreeze()
    count = len(took)
    took.sort()
    return Decisions(
        waiting, agents, round(count / sum(took)), round(took[int(count * 0.99)] * 1e6, 1), round(count / lasted)
    )
