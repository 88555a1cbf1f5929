"""The estimated wait (EWT): the seconds that a caller will wait for an agent, computed from the state alone
(`estimate`).

While callers wait, every agent on duty is busy, so callers leave the queue at the rate at which agents become free. Of
N agents with mean talk T and after-call work W, x are in after-call work now. Each of these is free at its end, which
is known, or earlier, since agents come back early at a rate h, which is learnt. Talks end at the rate N/(T+W), and
after-call work follows them. The number of agents who become free within t, including the e whose time is up by then,
is:

    D(t) = e + (x - e)(1 - exp(-h t)) + N/(T+W) G(t) - d W/(T+W) (1 - exp(-G(t) (1/T + 1/W)))

with G(t) = t - (1 - exp(-h s))/h, s = t but at most the whole length of after-call work: the time in which talks can
end and their after-call work too; and d = x - N W/(T+W), by how many fewer agents than usual talk now. If all times are
exponential, this is within about a second of the exact value; adr/0017 compares it with the best possible estimate.

Urgent callers who come later take their share of these agents from a routine caller (λ of N/(T+W)), and callers ahead
may give up (each at the rate θ). So for a caller with k callers ahead D(t) (1 - λ(T+W)/N) = R ln(1 + mθ/R)/θ with R =
N/(T+W) - λ, where m = k + 2/3: the (k+1)-th of such departures comes before that time in half of the cases (the median
of an Erlang distribution), and the median is the estimate with the least mean error. The time for which a phone rings
is added.

T, W, h and the ring time are moving averages over all calls; λ and θ come from the last quarter of an hour or so. A
caller for whom an agent is free waits for the ring only, for which that agent's own average counts. With nobody on duty
there is no estimate.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from acd.engine.core import Core
from acd.engine.index.skills import Need
from acd.engine.model.state import Agent, Queued
from acd.engine.rules import averages, urgent, urgent_pick_up

FIRST_TALK_S = 150.0
"""Seconds of talk that are assumed before the first call has ended."""
PATIENT_S = 600.0
"""Seconds of waiting without giving up that are assumed, so that the first caller who gives up does not count for
all."""
LEAST_SHARE = 0.1
"""The least share of the agents' time that is assumed for routine callers, however many urgent callers come."""
MEDIAN = 2 / 3
EXACT_S = 0.1
"""Numerical precision of estimates, in seconds."""


class Wrapups(NamedTuple):
    """After-call work: its averages, and the present work of agents. Times are seconds."""

    mean_s: float
    whole_s: float
    """Its full length, if the agent does not come back early."""
    early_rate: float = 0.0
    """The rate at which an agent in after-call work comes back early, per second."""
    ends: Sequence[Sequence[float]] = ()
    """When the present after-call work ends, in groups, each in order."""
    now: float = 0.0
    """The present on the clock of `ends`."""


NONE = Wrapups(0.0, 0.0)


def estimate(core: Core, queued: Queued) -> float | None:
    """Seconds from now until the caller is answered, if they wait at their place (`queued.order`); None if no agent on
    duty takes their service. The cost grows with the number of services and skill groups."""
    state, config = core.state, core.state.config
    ring_s = state.averages.ring.value
    need = core.need(queued)
    if (agent := _free(core, queued, need)) is not None:
        return round(averages.pick_up_s(core, agent), 1)
    on_duty = core.staffing.count(need)
    if not on_duty:
        return None
    busy = on_duty - core.idle.count(need)
    if not busy:  # all are kept from this caller, or have let them pass
        return round(ring_s, 1)
    talk_s = (state.averages.talk.value if state.averages.talk.count else FIRST_TALK_S) + ring_s
    ahead = sum(
        count * core.staffing.shared(need, other) for other, count in core.waiting.ahead(queued.priority, queued.order)
    )
    urgent_rate = urgent.urgent_rate(core) if queued.priority != "urgent" else 0.0
    # With recall an urgent caller gets an agent as soon as that agent hangs up.
    wrapups = NONE if queued.priority == "urgent" and config.wrapup_recall else _wrapups(core, need)
    giving_up = state.averages.gone.get(queued.priority, 0.0) / (
        state.averages.waited_s.get(queued.priority, 0.0) + PATIENT_S
    )
    return round(ring_s + drained(ahead, busy, talk_s, wrapups, urgent_rate, giving_up), 1)


def _wrapups(core: Core, need: Need) -> Wrapups:
    """After-call work: its averages, and the present work of agents who can take such a caller."""
    averages, whole_s = core.state.averages, core.state.config.wrapup_s
    mean_s = averages.wrapup.value if averages.wrapup.count else whole_s
    early_rate = averages.early.value / mean_s if mean_s > 0 else 0.0
    return Wrapups(mean_s, whole_s, early_rate, core.working.of(need), core.at)


def _free(core: Core, queued: Queued, need: Need) -> Agent | None:
    """The agent whom the caller would have now, if there is one."""
    if core.state.regrouping:
        return None
    if queued.priority == "urgent":
        return (
            urgent_pick_up.first_for(core, queued, need)
            or core.wrapup.first_for(queued, need)
            or core.ringing.last_for(queued, need)
        )
    agent = core.idle.first_for(queued, need)
    return agent if agent is None or urgent.may_have(core, agent) else urgent.never_held(core, queued)


def drained(
    ahead: float, agents: int, talk_s: float, wrapups: Wrapups = NONE, urgent_rate: float = 0, giving_up: float = 0
) -> float:
    """Seconds until the caller behind `ahead` others gets one of so many busy agents; see the module's text."""
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
    """Mean length of after-call work with this full length, from which agents may come back early."""
    return -math.expm1(-early_rate * whole_s) / early_rate if early_rate > 0 else whole_s
