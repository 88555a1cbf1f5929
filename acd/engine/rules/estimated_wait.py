"""The estimated wait (EWT): how long a caller will wait for an agent, in seconds, told from the state alone.

While callers wait, every agent on duty is busy, so callers leave the queue at the rate at which agents become free. Of
N agents with mean talk T and after-call work W, x are in after-call work now. Each of these is free at the end of it,
which is known, or before, as agents come back early at a rate h that is learnt. Talks end at the rate N/(T+W), and what
is in between is the after-call work that follows them. So many become free within t, the e whose time is up by then
among them:

    D(t) = e + (x - e)(1 - exp(-h t)) + N/(T+W) G(t) - d W/(T+W) (1 - exp(-G(t) (1/T + 1/W)))

with G(t) = t - (1 - exp(-h s))/h, s = t but at most the whole length of after-call work: the time that talks have to
end in and be followed by their after-call work; and d = x - N W/(T+W), by how many fewer than usual talk now. Where all
is exponential this is within a second or so of the exact value; how near it comes to the best that any estimate could
be, adr/0017 tells.

Of those who become free, urgent callers yet to come take their share from a routine one (λ of N/(T+W)), and some who
wait ahead give up (each at the rate θ), so that for one with k callers ahead D(t) (1 - λ(T+W)/N) = R ln(1 + mθ/R)/θ
with R = N/(T+W) - λ, where m = k + 2/3: the (k+1)-th of such departures comes half of the time before that (the median
of an Erlang distribution), and the median is the estimate with the least mean error. To this comes the time a phone
rings.

T, W, h and the ring time are moving averages over all calls; λ and θ come from the last quarter of an hour or so. A
caller for whom an agent is free waits for the ring only. With nobody on duty nothing can be said.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from acd.engine.core import Core
from acd.engine.index.skills import Need
from acd.engine.model.state import Queued
from acd.engine.rules import urgent

FIRST_TALK_S = 150.0
"""Talk taken for granted before the first call has ended."""
PATIENT_S = 600.0
"""Waiting without giving up that is taken for granted, so that the first who gives up does not count for all."""
LEAST_SHARE = 0.1
"""At least this share of the agents' time is counted on for routine callers, however many urgent ones come."""
MEDIAN = 2 / 3
EXACT_S = 0.1
"""Estimates are this exact as numbers."""


class Wrapups(NamedTuple):
    """After-call work: what it is like, and what of it is under way. Times are seconds."""

    mean_s: float
    whole_s: float
    """Its length where nobody comes back early."""
    early_rate: float = 0.0
    """So many of those who do it come back early a second."""
    ends: Sequence[Sequence[float]] = ()
    """When those under way end, in groups, each in order."""
    now: float = 0.0
    """The present on the clock of `ends`."""


NONE = Wrapups(0.0, 0.0)


def estimate(core: Core, queued: Queued) -> float | None:
    """How many seconds from now until the caller is answered, were they to wait at their place (`queued.order`); None
    where nobody who takes their service is on duty. Costs the number of services and skill groups."""
    state, config = core.state, core.state.config
    ring_s = state.averages.ring.value
    need = core.need(queued)
    if _free(core, queued, need):
        return round(ring_s, 1)
    on_duty = core.staffing.count(need)
    if not on_duty:
        return None
    busy = on_duty - core.idle.count(need)
    if not busy:  # all are held back, or have let this caller pass
        return round(ring_s, 1)
    talk_s = (state.averages.talk.value if state.averages.talk.count else FIRST_TALK_S) + ring_s
    ahead = sum(
        count * core.staffing.shared(need, other) for other, count in core.waiting.ahead(queued.priority, queued.order)
    )
    urgent_rate = urgent.urgent_rate(core) if queued.priority != "urgent" else 0.0
    # An urgent caller has whoever hangs up at once, where there is recall.
    wrapups = NONE if queued.priority == "urgent" and config.wrapup_recall else _wrapups(core, need)
    giving_up = state.averages.gone.get(queued.priority, 0.0) / (
        state.averages.waited_s.get(queued.priority, 0.0) + PATIENT_S
    )
    return round(ring_s + drained(ahead, busy, talk_s, wrapups, urgent_rate, giving_up), 1)


def _wrapups(core: Core, need: Need) -> Wrapups:
    """After-call work as it has been, and of those who can take such a caller."""
    averages, whole_s = core.state.averages, core.state.config.wrapup_s
    mean_s = averages.wrapup.value if averages.wrapup.count else whole_s
    early_rate = averages.early.value / mean_s if mean_s > 0 else 0.0
    return Wrapups(mean_s, whole_s, early_rate, core.working.of(need), core.at)


def _free(core: Core, queued: Queued, need: Need) -> bool:
    """Whether there is an agent for the caller now."""
    if core.state.regrouping:
        return False
    if queued.priority == "urgent":
        return any(lineup.first_for(queued, need) is not None for lineup in (core.idle, core.wrapup, core.ringing))
    agent = core.idle.first_for(queued, need)
    return agent is not None and (urgent.may_have(core, agent) or urgent.never_held(core, queued) is not None)


def drained(
    ahead: float, agents: int, talk_s: float, wrapups: Wrapups = NONE, urgent_rate: float = 0, giving_up: float = 0
) -> float:
    """Seconds until the caller behind `ahead` others has one of so many busy agents; see the module's text."""
    mean_s, whole_s, early_rate, ends, now = wrapups
    handle_s = max(talk_s + mean_s, 0.001)
    freed = agents / handle_s
    share = max(LEAST_SHARE, 1 - urgent_rate / freed)
    wanted = ahead + MEDIAN
    if giving_up > 0:
        rate = freed * share
        wanted = rate * math.log1p(wanted * giving_up / rate) / giving_up
    wanted /= share
    if mean_s <= 0 or talk_s <= 0:
        return wanted / freed
    working = sum(map(len, ends))
    fewer, speed = (working - agents * mean_s / handle_s) * mean_s / handle_s, 1 / talk_s + 1 / mean_s
    low = max(0.0, wanted - working + min(0.0, fewer)) / freed
    high = (wanted + max(0.0, fewer)) / freed + whole_mean(whole_s, early_rate)
    while high - low > EXACT_S:
        middle = (low + high) / 2
        done = sum(bisect_right(group, now + middle) for group in ends)
        early = -math.expm1(-early_rate * min(middle, whole_s))
        time_s = middle - (early / early_rate if early_rate > 0 else min(middle, whole_s))
        back = done + (working - done) * early + freed * time_s + fewer * math.expm1(-speed * time_s)
        if back < wanted:
            low = middle
        else:
            high = middle
    return high


def whole_mean(whole_s: float, early_rate: float) -> float:
    """Mean length of after-call work that takes so long, unless the agent comes back early."""
    return -math.expm1(-early_rate * whole_s) / early_rate if early_rate > 0 else whole_s
