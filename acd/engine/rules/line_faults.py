"""Faults of the line, for which no agent is to blame.

If Asterisk cannot create a leg (no RTP port is left, for example), the agent's phone was never asked. This is no missed
call, and the agent is left alone for a moment, so that the next try does not follow at once. If several agents are set
aside for missed calls within seconds, they have not all left their desks. The line assumes a fault of its own and
undoes those pauses. The first who is reached again shows that the fault is over. Those whom it set aside last, too few
for it to be seen once more, are then ready again as well.

This assumption ends for an agent who again does not answer on a phone that could be rung: an empty room must not count
as staffed for ever.
"""

from typing import Final

from acd.engine.core import Core, span
from acd.engine.model.facts import LineFaultBegan, LineFaultEnded, LineFaultWhy, MissesUndone, OfferResult
from acd.engine.model.state import Agent, LineFault, SetAside
from acd.engine.rules import empty_chair
from acd.engine.rules.declared import Declared
from acd.engine.timers import Timer, agent_timer

MISSED_CALLS: Final = "missed_calls"
"""Pause reason of an agent who was set aside for missed calls."""
REST_S: Final = 1.0
"""Seconds for which an agent is left alone after no leg could be created to their phone."""
SEVERAL: Final = 3
SEVERAL_S: Final = 10.0
"""If so many agents are set aside within so many seconds, it is the line's fault; fewer, if nobody is left on duty."""
LEAST: Final = 2
SECOND_CHANCE_S: Final = 600.0
"""An agent whose pause was undone, and who misses calls again within so many seconds, stays set aside."""
FAULT_S: Final = 60.0
"""Seconds without a sign of a fault after which it is over."""
REST = agent_timer("rest", lambda _, agent: agent.rests_until)
"""The end of an agent's rest."""
FAULT = Timer[LineFault](
    "fault",
    lambda _, fault: fault.until,
    key=lambda _: "all",
    find=lambda core, _: core.state.line_fault,
    subjects=lambda core: () if core.state.line_fault is None else (core.state.line_fault,),
)
"""The end of a fault, unless it goes on."""


def rest(core: Core, agent: Agent) -> None:
    """Leave the agent alone for a moment: their phone was not asked."""
    agent.rests_until = core.at + REST_S
    REST.start(core, agent)


def no_leg(core: Core, agent: Agent) -> None:
    """Note that no leg could be created to the agent's phone."""
    rest(core, agent)
    _fault(core, "no_leg").legs += 1


def set_aside(core: Core, agent: Agent, result: OfferResult) -> None:
    """Pause an agent who has missed too many calls, or was not heard after their phone had answered by itself. If
    several others were paused just now, note that the pauses must be undone in this turn."""
    reason = empty_chair.REASON if result == "empty_chair" else MISSED_CALLS
    agent.login, agent.reason, agent.misses = "paused", reason, 0
    core.count_staffing(agent)
    lately = [one for one in core.state.set_aside if core.at - one.at < SEVERAL_S and one.agent != agent.profile.id]
    if result == "unreachable" or not _had_a_chance(core, agent):
        lately.append(SetAside(agent=agent.profile.id, at=core.at))
    core.state.set_aside = lately
    if len(lately) >= SEVERAL or (len(lately) >= LEAST and not len(core.staffing)):
        core.to_undo = True


def undo(core: Core) -> list[Agent]:
    """Make agents ready again who were set aside within seconds of each other; the caller must then settle them. Agents
    whose phone is gone, or who have since chosen a state themselves, stay as they are."""
    agents = [core.state.agents[one.agent] for one in core.state.set_aside if one.agent in core.state.agents]
    core.to_undo, core.state.set_aside = False, []
    reasons = (MISSED_CALLS, empty_chair.REASON)
    undone = [agent for agent in agents if agent.login == "paused" and agent.reason in reasons and agent.reachable]
    for agent in undone:
        agent.login, agent.reason, agent.excused_at = "ready", "", core.at
        core.count_staffing(agent)
        core.left_duty.discard(agent.profile.id)
    if undone:
        _fault(core, "set_aside").undone += len(undone)
        core.emit(MissesUndone(at=core.at, agents=tuple(agent.profile.id for agent in undone)))
    return undone


def rings_again(core: Core) -> None:
    """An agent was reached: those whom the present fault set aside last are to be ready too, each once a fault."""
    fault = core.state.line_fault
    if fault is None or not fault.undone:
        return
    lately = [one for one in core.state.set_aside if core.at - one.at < SEVERAL_S and one.agent not in fault.excused]
    core.state.set_aside = lately
    if lately:
        fault.excused += [one.agent for one in lately]
        core.to_undo = True


def forget(agent: Agent) -> None:
    """Forget the agent's missed calls: they have answered, or have said that they are ready."""
    agent.misses, agent.excused_at = 0, None


def on_over(core: Core, fault: LineFault) -> None:
    """End a fault without a sign for a while."""
    core.state.line_fault = None
    lasted_s = span(fault.since, core.at)
    core.emit(LineFaultEnded(at=core.at, lasted_s=lasted_s, legs=fault.legs, undone=fault.undone))


def _had_a_chance(core: Core, agent: Agent) -> bool:
    return agent.excused_at is not None and core.at - agent.excused_at < SECOND_CHANCE_S


def _fault(core: Core, why: LineFaultWhy) -> LineFault:
    """The present fault; begin one if there is none."""
    fault = core.state.line_fault
    if fault is None:
        fault = core.state.line_fault = LineFault(since=core.at, until=core.at)
        core.emit(LineFaultBegan(at=core.at, why=why))
    fault.until = core.at + FAULT_S
    FAULT.start(core, fault)
    return fault


RULE: Declared = Declared(timers={FAULT: on_over})
