"""After-call work: it begins with the end of a talk, can be interrupted for an urgent caller, and is then owed: the
rest of it follows the after-call work of that call. Each call gets its own figure, once, when its work is done."""

from acd.engine.core import Core, milli, span
from acd.engine.model.facts import WrapupEnded
from acd.engine.model.ids import CallId
from acd.engine.model.state import Agent, Owed
from acd.engine.model.transitions import move_agent
from acd.engine.rules import averages
from acd.engine.timers import agent_timer

TIMER = agent_timer("wrapup", lambda _, agent: agent.wrapup_until if agent.activity == "wrapup" else None)
"""The end of after-call work."""


def begin(core: Core, agent: Agent, length_s: float, worked_s: float = 0.0) -> None:
    """The agent works after the call `agent.call`. What is owed to earlier calls is added to the time they have."""
    move_agent(agent, "wrapup")
    agent.wrapup_since, agent.wrapup_worked_s = core.at, worked_s
    agent.wrapup_until = core.at + length_s + sum(owed.left_s for owed in agent.owed)
    TIMER.start(core, agent)


def interrupt(core: Core, agent: Agent) -> None:
    """Take the agent out of after-call work; what is left of it is owed."""
    assert agent.call is not None
    owed_before = sum(owed.left_s for owed in agent.owed)
    worked = span(agent.wrapup_since, core.at)
    left = max(0.0, agent.wrapup_until - core.at - owed_before)
    agent.owed.append(Owed(call=agent.call, worked_s=agent.wrapup_worked_s + worked, left_s=left))
    TIMER.stop(core, agent)


def resume(core: Core, agent: Agent) -> None:
    """The recall came to nothing: back to the work that was interrupted last."""
    owed = agent.owed.pop()
    agent.call = owed.call
    begin(core, agent, owed.left_s, owed.worked_s)


def end(core: Core, agent: Agent) -> None:
    """After-call work is over, what was owed included. The agent's next caller is not chosen here."""
    assert agent.call is not None
    move_agent(agent, "idle")
    TIMER.stop(core, agent)
    if agent.login == "ready":  # who pauses or signs out is not back
        averages.ended(core, early=core.at < agent.wrapup_until)
    spent = span(agent.wrapup_since, core.at)
    own = max(0.0, min(spent, span(agent.wrapup_since, agent.wrapup_until) - sum(owed.left_s for owed in agent.owed)))
    tell(core, agent, agent.call, agent.wrapup_worked_s + own)
    spent -= own
    for owed in reversed(agent.owed):
        part = min(spent, owed.left_s)
        tell(core, agent, owed.call, owed.worked_s + part)
        spent -= part
    agent.owed, agent.call = [], None


def none(core: Core, agent: Agent) -> None:
    """The agent goes from a talk to idle at once: no after-call work is set, and none is owed."""
    assert agent.call is not None
    move_agent(agent, "idle")
    tell(core, agent, agent.call, 0.0)
    agent.call = None


def tell(core: Core, agent: Agent, call: CallId, seconds: float) -> None:
    """The figure of one call."""
    averages.worked(core, seconds)
    core.emit(WrapupEnded(at=core.at, call=call, agent=agent.profile.id, wrapup_s=milli(seconds)))
