"""After-call work. It begins at the end of a talk and can be interrupted for an urgent caller. The rest is then owed:
it follows the after-call work of the urgent call. Each call gets its own after-call time, once, when its work is
done."""

from typing import Final

from acd.engine.core import Core, milli, span
from acd.engine.model.agent_parts import Owed, Wrapup
from acd.engine.model.facts import WrapupEnded
from acd.engine.model.ids import CallId
from acd.engine.model.state import Agent
from acd.engine.model.transitions import move_agent
from acd.engine.rules import averages
from acd.engine.timers import agent_timer

DESK_AWAY_S: Final = 15.0
"""With no desk for so many seconds, no agent is asked for anything that only a desk can take."""


def _due(core: Core, agent: Agent) -> float | None:
    work, away_since = agent.wrapup, core.state.desk_away_since
    if work is None:
        return None
    if not agent.is_asked:
        return work.until
    return None if away_since is None else max(work.until, away_since + DESK_AWAY_S)


TIMER = agent_timer("wrapup", _due)
"""The end of after-call work."""


def begin(
    core: Core, agent: Agent, call: CallId, length_s: float, worked_s: float = 0.0, *, asks: bool = False
) -> None:
    """Begin after-call work. Time owed for earlier calls is added. `asks`: see `rules/required_disposition.py`."""
    move_agent(agent, "wrapup")
    until = core.at + length_s + sum(owed.left_s for owed in agent.owed)
    agent.call = call
    agent.wrapup = Wrapup(call=call, since=core.at, until=until, worked_s=worked_s, asks=asks)
    TIMER.start(core, agent)


def interrupt(core: Core, agent: Agent, work: Wrapup) -> None:
    """Take the agent out of after-call work; the rest of it is owed."""
    owed_before = sum(owed.left_s for owed in agent.owed)
    left = max(0.0, work.until - core.at - owed_before)
    worked_s = work.worked_s + span(work.since, core.at)
    agent.owed.append(Owed(call=work.call, worked_s=worked_s, left_s=left, asks=work.asks))
    agent.wrapup = None
    TIMER.stop(core, agent)


def resume(core: Core, agent: Agent) -> None:
    """The recall failed: go back to the work that was interrupted last."""
    owed = agent.owed.pop()
    begin(core, agent, owed.call, owed.left_s, owed.worked_s, asks=owed.asks)


def end(core: Core, agent: Agent) -> None:
    """End after-call work, with all owed time; nothing happens if there is none. The caller of this function must then
    settle the agent."""
    work = agent.wrapup
    if work is None:
        return
    move_agent(agent, "idle")
    TIMER.stop(core, agent)
    if agent.login == "ready":  # an agent who pauses or signs out has not come back early
        averages.ended(core, early=core.at < work.until)
    spent, over_at = span(work.since, core.at), core.at if agent.asks else max(work.until, work.said_at)
    own = max(0.0, min(spent, span(work.since, over_at) - sum(owed.left_s for owed in agent.owed)))
    asked_s = span(work.until, core.at) if agent.asks or work.said_at else 0.0
    tell(core, agent, work.call, work.worked_s + own, asked_s)
    spent -= own
    for owed in reversed(agent.owed):
        part = min(spent, owed.left_s)
        tell(core, agent, owed.call, owed.worked_s + part)
        spent -= part
    agent.owed, agent.call, agent.wrapup = [], None, None


def none(core: Core, agent: Agent, call: CallId) -> None:
    """The agent goes from a talk to idle at once: no after-call work is set or owed."""
    move_agent(agent, "idle")
    tell(core, agent, call, 0.0)
    agent.call = None


def tell(core: Core, agent: Agent, call: CallId, seconds: float, asked_s: float = 0.0) -> None:
    """Emit the after-call time of one call."""
    averages.learn(core.state.averages.wrapup, seconds)
    fact = WrapupEnded(at=core.at, call=call, agent=agent.profile.id, wrapup_s=milli(seconds), asked_s=milli(asked_s))
    core.emit(fact)
