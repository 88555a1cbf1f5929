"""Which of several idle agents is rung: a strategy ranks them, the lowest first; of equals, the one idle longest."""

from collections.abc import Callable, Mapping

from acd.engine.model.config import StrategyName
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent, Mean

PICK_UP_WEIGHT = 0.05
"""Least weight of the newest value in the average of one agent's pick-up, which covers about 20 calls: it changes with
the place and the day."""
PICK_UP_PRIOR = 5
"""An agent of whom little is known is taken for an average one: the line's average counts as so many calls."""
Rank = Callable[[Agent], int]
"""Ranks an agent. The rank must not change while the agent is idle."""


def pick_up_s(agent: Agent, ring: Mean) -> float:
    """How long the agent's phone will ring, as far as is known of them and, by the average `ring`, of the line."""
    own = min(agent.pick_up.count, 1 / PICK_UP_WEIGHT)
    return (own * agent.pick_up.value + PICK_UP_PRIOR * ring.value) / (own + PICK_UP_PRIOR)


def _least_calls(agent: Agent) -> int:
    return agent.handled


def _pick_up(agent: Agent) -> int:
    return int(agent.picks_up_s)  # agents who differ by less than a second take turns


def ranking(strategy: StrategyName, places: Mapping[AgentId, int]) -> Rank | None:
    """The ranking of a strategy, None if all agents are equal; `places` has the agents' places in their file."""
    match strategy:
        case "longest_idle":
            return None
        case "least_calls":
            return _least_calls
        case "quickest":
            return _pick_up
        case "linear":
            return lambda agent: places.get(agent.profile.id, len(places))
