"""The estimated wait (EWT): how long a caller will wait for an agent, in seconds, told from the state alone.

While callers wait, every agent on duty is busy, so callers leave the queue at the rate at which agents become free. Of
N agents with mean talk T and after-call work W, x of whom are in after-call work now, so many become free within t:

    D(t) = N t/(T+W) + (x - N W/(T+W)) T/(T+W) (1 - exp(-(1/T + 1/W) t))

The second term is what elapsed time tells: agents in after-call work are about to be free. Of those who become free,
urgent callers yet to come take their share from a routine one (λ t), and some who wait ahead give up (each at the rate
θ), so that for one with k callers ahead D(t) - λt = R ln(1 + mθ/R)/θ with R = N/(T+W) - λ, where m = k + 2/3: the
(k+1)-th of such departures comes half of the time before that (the median of an Erlang distribution), and the median is
the estimate with the least mean error. To this comes the time a phone rings.

T, W and the ring time are moving averages over all calls; λ and θ come from the last quarter of an hour or so. A caller
for whom an agent is free waits for the ring only. With nobody on duty nothing can be said.
"""

import math

from acd.engine import urgent
from acd.engine.core import Core
from acd.engine.skills import Need
from acd.engine.state import Call

FIRST_TALK_S = 150.0
"""Talk and after-call work taken for granted before the first call has ended."""
PATIENT_S = 600.0
"""Waiting without giving up that is taken for granted, so that the first who gives up does not count for all."""
LEAST_SHARE = 0.1
"""At least this share of the agents' time is counted on for routine callers, however many urgent ones come."""
MEDIAN = 2 / 3


def estimate(core: Core, call: Call) -> float | None:
    """How many seconds from now until the caller is answered, were they to wait at their place (`call.order`); None
    where nobody who takes their service is on duty. Costs the number of services and skill groups."""
    assert call.klass is not None
    state, config = core.state, core.state.config
    ring_s = state.pace.ring.value
    need = core.need(call)
    if _free(core, call, need):
        return round(ring_s, 1)
    on_duty, wrapup = core.duty.count(need), core.working.count(need)
    if not on_duty:
        return None
    busy = on_duty - core.idle.count(need)
    if not busy:  # all are held back, or have let this caller pass
        return round(ring_s, 1)
    talk_s = (state.pace.talk.value if state.pace.talk.count else FIRST_TALK_S) + ring_s
    wrapup_s = state.pace.wrapup.value if state.pace.wrapup.count else config.wrapup_s
    ahead = sum(count * core.duty.shared(need, other) for other, count in core.waiting.ahead(call.klass, call.order))
    urgent_rate = urgent.urgent_rate(core)
    if call.klass == "urgent":
        urgent_rate = 0.0
        if config.wrapup_recall:  # who hangs up is had at once
            wrapup, wrapup_s = 0, 0.0
    giving_up = state.pace.gone.get(call.klass, 0.0) / (state.pace.waited_s.get(call.klass, 0.0) + PATIENT_S)
    return round(ring_s + drained(ahead, busy, wrapup, talk_s, wrapup_s, urgent_rate, giving_up), 1)


def _free(core: Core, call: Call, need: Need) -> bool:
    """Whether there is an agent for the caller now."""
    if core.state.regrouping:
        return False
    if call.klass == "urgent":
        return any(lineup.first_for(call, need) is not None for lineup in (core.idle, core.wrapup, core.ringing))
    return core.idle.first_for(call, need) is not None and len(core.idle) > urgent.held_back(core)


def drained(
    ahead: float, agents: int, wrapup: int, talk_s: float, wrapup_s: float, urgent_rate: float, giving_up: float
) -> float:
    """Seconds until the caller behind `ahead` others has an agent; see the module's text."""
    handle_s = max(talk_s + wrapup_s, 0.001)
    freed = agents / handle_s
    taken = min(urgent_rate, (1 - LEAST_SHARE) * freed)
    rate = freed - taken
    wanted = ahead + MEDIAN
    if giving_up > 0:
        wanted = rate * math.log1p(wanted * giving_up / rate) / giving_up
    if wrapup_s <= 0 or talk_s <= 0:
        return wanted / rate
    extra = (wrapup - agents * wrapup_s / handle_s) * talk_s / handle_s
    speed = 1 / talk_s + 1 / wrapup_s
    low, high = 0.0, (wanted + abs(extra)) / rate
    for _ in range(24):
        middle = (low + high) / 2
        if rate * middle + extra * -math.expm1(-speed * middle) < wanted:
            low = middle
        else:
            high = middle
    return high
