"""Moving averages of talks, after-call work and waits, updated with each call."""

from acd.engine.core import Core
from acd.engine.index import strategies
from acd.engine.model.config import ServiceClass
from acd.engine.model.state import Agent, Mean

WEIGHT = 0.004
"""Least weight of the newest value in a moving average, which covers about 500 calls. The length of talks changes
little in a day; an average over fewer calls would show chance more than the talks (over 100: off by a tenth)."""
FORGET = 0.995
"""The part of the sums of waiting and giving up that is kept when a caller leaves the queue."""


def learn(mean: Mean, value: float, least_weight: float = WEIGHT) -> None:
    """Take one more value into a moving average."""
    count = mean.count = mean.count + 1
    weight = least_weight if count * least_weight > 1 else 1 / count
    mean.value += weight * (value - mean.value)


def answered(core: Core, priority: ServiceClass, wait_s: float, ring_s: float | None) -> None:
    """A caller was answered after so long, the last of it ringing; None: it is not known for how long."""
    if ring_s is not None:
        learn(core.state.averages.ring, ring_s)
    _left(core, priority, wait_s, 0)


def rang(agent: Agent, ring_s: float) -> None:
    """An agent's phone rang so long until they picked it up, or it was given up."""
    learn(agent.pick_up, ring_s, strategies.PICK_UP_WEIGHT)


def pick_up_s(core: Core, agent: Agent) -> float:
    """How long the agent's phone will ring, as far as is known of them and of the line."""
    return strategies.pick_up_s(agent, core.state.averages.ring)


def gave_up(core: Core, priority: ServiceClass, wait_s: float) -> None:
    """A caller hung up while waiting."""
    _left(core, priority, wait_s, 1)


def ended(core: Core, *, early: bool) -> None:
    """An agent is back from after-call work, before its time or at it."""
    learn(core.state.averages.early, float(early))


def _left(core: Core, priority: ServiceClass, wait_s: float, gone: int) -> None:
    averages = core.state.averages
    averages.waited_s[priority] = averages.waited_s.get(priority, 0.0) * FORGET + wait_s
    averages.gone[priority] = averages.gone.get(priority, 0.0) * FORGET + gone
