"""Who is rung of several idle agents: a strategy ranks them, the lowest first; of equals, who has been idle longest."""

from collections.abc import Callable, Mapping

from acd.engine.config import StrategyName
from acd.engine.ids import AgentId
from acd.engine.state import Agent

Rank = Callable[[Agent], int]
"""What it gives must not change while an agent is idle."""


def _longest_idle(agent: Agent) -> int:
    return 0


def _least_calls(agent: Agent) -> int:
    return agent.handled


def ranking(strategy: StrategyName, places: Mapping[AgentId, int]) -> Rank:
    """The ranking of a strategy; `places` are those of the agents in their file."""
    match strategy:
        case "longest_idle":
            return _longest_idle
        case "least_calls":
            return _least_calls
        case "linear":
            return lambda agent: places.get(agent.profile.id, len(places))
