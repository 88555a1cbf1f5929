"""The best that any estimate of a wait could be: the median of the wait given all that can be known as the caller
joins, by somebody who knows the true distributions as well. No estimate that is told nothing of the future can have a
smaller mean absolute error, but for the chance of the samples.

The rules are those of one line whose agents take every call: urgent callers first, within a class first come first
served, after-call work interrupted for urgent callers where there is recall. It is a second model of routing, which is
why it is here and not in the engine; that it agrees with the engine is seen from the waits that came true.
"""

import math
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from acd.simulate.inputs import Duration

_TALK, _WORK = 0, 1
_NORMAL = NormalDist()
Busy = tuple[float, int, float]
"""When an agent's talk or after-call work ends, which of them it is, and after-call work owed beside it."""


class Scene(NamedTuple):
    """What can be known as a caller joins who has to wait. Times are seconds."""

    urgent: bool
    urgent_ahead: int
    routine_ahead: int
    talks: tuple[float, ...]
    """How long each talk under way has lasted."""
    wrapups: tuple[float, ...]
    """What is left of each after-call work under way, where that is known before."""


@dataclass(frozen=True)
class Truth:
    """What governs the line. Seconds; rates are callers a second."""

    talk: Duration
    wrapup: Duration
    urgent_rate: float
    patience_s: float | None = None
    """Mean, exponential."""
    recall: bool = True


def median_wait(scene: Scene, truth: Truth, rng: Random, samples: int) -> float:
    """The median of the wait of a caller who is answered in the end, from so many played futures."""
    found = sorted(_play(scene, truth, rng) for _ in range(samples))
    giving_up = 1 / truth.patience_s if truth.patience_s else 0.0
    weights = [math.exp(-giving_up * wait) for wait in found]
    left = sum(weights) / 2
    for wait, weight in zip(found, weights, strict=True):
        left -= weight
        if left <= 0:
            return wait
    return found[-1]


def rest(talk: Duration, lasted_s: float, rng: Random) -> float:
    """What is left of a talk that has lasted so long: one value in seconds."""
    if talk.kind != "lognormal" or lasted_s <= 0:
        return talk.draw(rng) if talk.kind != "fixed" else max(0.0, talk.mean_s - lasted_s)
    variance = math.log(1 + talk.cv * talk.cv)
    middle, width = math.log(talk.mean_s) - variance / 2, math.sqrt(variance)
    over = _NORMAL.cdf(-(math.log(lasted_s) - middle) / width)
    drawn = -_NORMAL.inv_cdf(max(over * rng.random(), 1e-300))
    return max(0.0, math.exp(middle + width * drawn) - lasted_s)


def _play(scene: Scene, truth: Truth, rng: Random) -> float:
    """One future: how long the caller waits in it."""
    talk, wrapup, recall = truth.talk, truth.wrapup, truth.recall
    known = wrapup.kind == "fixed"
    busy: list[Busy] = [(rest(talk, lasted_s, rng), _TALK, 0.0) for lasted_s in scene.talks]
    busy += [(left_s if known else wrapup.draw(rng), _WORK, 0.0) for left_s in scene.wrapups]
    heapify(busy)
    urgent, routine = scene.urgent_ahead, 0 if scene.urgent else scene.routine_ahead
    giving_up = 1 / truth.patience_s if truth.patience_s else 0.0
    coming = rng.expovariate(truth.urgent_rate) if truth.urgent_rate and not scene.urgent else math.inf
    now = 0.0
    while True:
        ends_at, doing, owed = busy[0]
        ahead = urgent + routine
        goes = now + rng.expovariate(giving_up * ahead) if giving_up and ahead else math.inf  # memoryless: drawn anew
        now = min(ends_at, coming, goes)
        if now == goes:
            if rng.random() * ahead < urgent:
                urgent -= 1
            else:
                routine -= 1
        elif now == coming:
            coming = now + rng.expovariate(truth.urgent_rate)
            at_work = min((one for one in busy if one[1] == _WORK), default=None) if recall else None
            if at_work is None:
                urgent += 1
            else:
                busy.remove(at_work)
                busy.append((now + talk.draw(rng), _TALK, at_work[0] - now))
                heapify(busy)
        elif doing == _TALK:
            work = wrapup.draw(rng) + owed
            if work > 0 and not (recall and (urgent or scene.urgent)):
                heapreplace(busy, (now + work, _WORK, 0.0))
            elif urgent or (routine and not scene.urgent):
                urgent, routine = (urgent - 1, routine) if urgent else (urgent, routine - 1)
                heapreplace(busy, (now + talk.draw(rng), _TALK, work))
            else:
                return now
        elif urgent or (routine and not scene.urgent):
            urgent, routine = (urgent - 1, routine) if urgent else (urgent, routine - 1)
            heappop(busy)
            heappush(busy, (now + talk.draw(rng), _TALK, 0.0))
        else:
            return now
