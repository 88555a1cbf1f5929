"""Which of several idle agents is rung: a strategy ranks them, the lowest first; of equals, the one idle longest."""

from collections.abc import Callable, Mapping

from acd.engine.model.config import StrategyName
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent

Rank = Callable[[Agent], int]
"""Ranks an agent. The rank must not change while the agent is idle."""


def _least_calls(agent: Agent) -> int:
    return agent.handled


def _pick_up(agent: Agent) -> int:
    return int(agent.pick_up.value)  # agents who differ by less than a second take turns


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
