"""The callers: when they come, what they want, how long they talk and how long they wait before they give up.

Each purpose has random numbers of its own, drawn once per call in the order of arrival. So two policies, or two
staffings, with the same seed meet the very same callers, and what differs between them is the policy alone.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from acd.engine.model.ids import AgentId
from acd.simulate.inputs import HOURS, Duration, TracedCall

AT_ONCE = Duration("fixed", 0.0)
HOUR_S = 3600.0
DAY_S = HOURS * HOUR_S


class Caller(NamedTuple):
    """One call to come. Times are seconds, `arrival_s` from the start of the simulation."""

    arrival_s: float
    urgent: bool
    talk_s: float
    wrapup_s: float
    patience_s: float | None
    mistaken: bool = False
    """An urgent caller who chose a routine service, and says by a key that it is urgent once they wait."""
    again_s: float | None = None
    """A caller who gives up calls again so long after, once."""
    number: str = ""
    """Empty: one that nobody else has."""
    quits_s: float | None = None
    """An urgent caller who hangs up so long after the beginning of the second menu, unless answered before."""
    attacks: bool = False
    """Whether the caller belongs to an attack; such callers are counted apart."""


@dataclass(frozen=True)
class Workload:
    """Calls made up at random, or replayed. One of `calls`, `days` or `trace` says when it ends."""

    per_hour: tuple[float, ...]
    """Calls an hour: one number, or 24 for the hours of the day."""
    urgent_share: float
    talk: Duration
    wrapup: Duration
    patience: Duration | None = None
    calls: int | None = None
    days: float | None = None
    trace: Sequence[TracedCall] | None = None
    mistaken: float = 0.0
    """The share of urgent callers who chose a routine service."""
    redial: Duration | None = None
    """How long after giving up callers call again; None: they do not."""
    pickup: Duration = AT_ONCE
    """How long agents let their phones ring."""
    pickup_cv: float = 0.0
    """How much agents differ in that: the standard deviation of their means, divided by the mean of all."""
    menu_s: float = 0.0
    """Seconds of the second menu: from the key that says "urgent" to the key that says what for."""
    quits: float = 0.0
    """The share of urgent callers who hang up in that menu, each moment of it being as likely."""

    def expected(self) -> float:
        """How many calls to expect, for a progress bar."""
        if self.trace is not None:
            return len(self.trace)
        by_days = self.days * HOURS * sum(self.per_hour) / len(self.per_hour) if self.days is not None else None
        return min(value for value in (self.calls, by_days) if value is not None)

    def callers(self, seed: int) -> Iterator[Caller]:
        """The calls in the order of arrival, the same ones for the same seed."""
        arrivals, classes, talks, wrapups, patience = (
            Random(f"{seed}:{purpose}") for purpose in ("arrival", "class", "talk", "wrapup", "patience")
        )
        more = self._more(seed)
        if self.trace is not None:
            for call in self.trace:
                wrapup_s, patience_s = self.wrapup.draw(wrapups), self._patience(patience)
                yield more(
                    Caller(
                        call.arrival_s,
                        call.urgent,
                        call.talk_s,
                        wrapup_s if call.wrapup_s is None else call.wrapup_s,
                        patience_s if call.patience_s is None else call.patience_s,
                        number=call.number,
                    )
                )
            return
        for at in self._arrivals(arrivals):
            yield more(
                Caller(
                    at,
                    classes.random() < self.urgent_share,
                    self.talk.draw(talks),
                    self.wrapup.draw(wrapups),
                    self._patience(patience),
                )
            )

    def _more(self, seed: int) -> Callable[[Caller], Caller]:
        """The other acts of a caller, besides coming and waiting."""
        if not self.mistaken and self.redial is None and not self.quits:
            return lambda caller: caller
        mistakes, redials, quits = (Random(f"{seed}:{purpose}") for purpose in ("mistake", "redial", "quit"))

        def more(caller: Caller) -> Caller:
            mistaken = mistakes.random() < self.mistaken
            again_s = None if self.redial is None else self.redial.draw(redials)
            quitting, quits_s = quits.random() < self.quits, quits.random() * self.menu_s
            return caller._replace(
                mistaken=caller.urgent and mistaken,
                again_s=again_s,
                quits_s=quits_s if caller.urgent and quitting else None,
            )

        return more

    def pickups(self, seed: int) -> Callable[[AgentId], float] | None:
        """Draws how long an agent lets a phone ring, offer by offer; None: all pick up at once."""
        if not self.pickup.mean_s:
            return None
        rng, habits = Random(f"{seed}:pickup"), dict[AgentId, float]()

        def draw(agent: AgentId) -> float:
            if agent not in habits:
                habits[agent] = self._habit(Random(f"{seed}:habit:{agent}"))
            return self.pickup.draw(rng) * habits[agent]

        return draw

    def _habit(self, rng: Random) -> float:
        """How much slower than the mean an agent is, lognormal around 1."""
        variance = math.log1p(self.pickup_cv**2)
        return rng.lognormvariate(-variance / 2, math.sqrt(variance))

    def _patience(self, rng: Random) -> float | None:
        return None if self.patience is None else self.patience.draw(rng)

    def _arrivals(self, rng: Random) -> Iterator[float]:
        """A Poisson process whose rate is constant within each hour: unit exponentials, stretched by the rate."""
        end = float("inf") if self.days is None else self.days * DAY_S
        left = self.calls if self.calls is not None else -1
        hour, at = 0, 0.0
        rate = self.per_hour[0] / HOUR_S
        while left:
            need = rng.expovariate(1.0)
            while need > rate * ((hour + 1) * HOUR_S - at) or rate == 0:
                need -= rate * ((hour + 1) * HOUR_S - at)
                hour += 1
                at = hour * HOUR_S
                rate = self.per_hour[hour % len(self.per_hour)] / HOUR_S
                if at >= end:
                    return
            at += need / rate
            if at >= end:
                return
            left -= 1
            yield at
