"""Faults of the line's own, which no agent is to be blamed for.

A leg that Asterisk could not make (no RTP port left, say) never asked the agent's phone: it is no miss, and the agent
rests for a moment, so that their next try does not follow at once. Agents who are set aside for missed calls within
seconds of each other have not all left their desks: that is the line's fault until shown otherwise, and those pauses
are undone.

It is shown otherwise by an agent who has had another chance and lets calls pass again, of a phone that could be rung:
an empty room must not count as staffed for ever.
"""

from typing import Final

from acd.engine.core import Core, span
from acd.engine.model.facts import LineFaultBegan, LineFaultEnded, LineFaultWhy, MissesUndone, OfferResult
from acd.engine.model.state import Agent, LineFault, SetAside
from acd.engine.timers import Timer, agent_timer

MISSED_CALLS: Final = "missed_calls"
"""Pause reason of an agent who was set aside."""
REST_S: Final = 1.0
"""How long an agent is left alone to whose phone no leg could be made."""
SEVERAL: Final = 3
SEVERAL_S: Final = 10.0
"""So many agents who are set aside within so long are the line's fault; fewer, if nobody is left on duty then."""
LEAST: Final = 2
SECOND_CHANCE_S: Final = 600.0
"""An agent whose pause was undone, and who lets calls pass again within this time, stays set aside."""
FAULT_S: Final = 60.0
"""A fault is over when nothing has been heard of it for this long."""
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
    """The agent's phone was not asked: they are not tried again for a moment."""
    agent.rests_until = core.at + REST_S
    REST.start(core, agent)


def no_leg(core: Core, agent: Agent) -> None:
    """No leg could be made to the agent's phone."""
    rest(core, agent)
    _fault(core, "no_leg").legs += 1


def set_aside(core: Core, agent: Agent, result: OfferResult) -> None:
    """Pause an agent who has let too many calls pass. If several others were just now, that is to be undone in this
    turn."""
    agent.login, agent.reason, agent.misses = "paused", MISSED_CALLS, 0
    core.count_staffing(agent)
    lately = [one for one in core.state.set_aside if core.at - one.at < SEVERAL_S and one.agent != agent.profile.id]
    if result == "unreachable" or not _had_a_chance(core, agent):
        lately.append(SetAside(agent=agent.profile.id, at=core.at))
    core.state.set_aside = lately
    if len(lately) >= SEVERAL or (len(lately) >= LEAST and not len(core.staffing)):
        core.to_undo = True


def undo(core: Core) -> list[Agent]:
    """Make those agents ready again who were set aside within seconds of each other; they are to be settled next. Not
    one whose phone is gone, nor one who has said meanwhile what they are."""
    agents = [core.state.agents[one.agent] for one in core.state.set_aside if one.agent in core.state.agents]
    core.to_undo, core.state.set_aside = False, []
    undone = [agent for agent in agents if agent.login == "paused" and agent.reason == MISSED_CALLS and agent.reachable]
    for agent in undone:
        agent.login, agent.reason, agent.excused_at = "ready", "", core.at
        core.count_staffing(agent)
        core.left_duty.discard(agent.profile.id)
    if undone:
        _fault(core, "set_aside").undone += len(undone)
        core.emit(MissesUndone(at=core.at, agents=tuple(agent.profile.id for agent in undone)))
    return undone


def forget(agent: Agent) -> None:
    """The agent has answered, or said that they are ready: what they missed before is of no account."""
    agent.misses, agent.excused_at = 0, None


def on_over(core: Core, fault: LineFault) -> None:
    """Nothing has been heard of the fault for a while."""
    core.state.line_fault = None
    lasted_s = span(fault.since, core.at)
    core.emit(LineFaultEnded(at=core.at, lasted_s=lasted_s, legs=fault.legs, undone=fault.undone))


def _had_a_chance(core: Core, agent: Agent) -> bool:
    return agent.excused_at is not None and core.at - agent.excused_at < SECOND_CHANCE_S


def _fault(core: Core, why: LineFaultWhy) -> LineFault:
    """The fault there is from now on, or goes on."""
    fault = core.state.line_fault
    if fault is None:
        fault = core.state.line_fault = LineFault(since=core.at, until=core.at)
        core.emit(LineFaultBegan(at=core.at, why=why))
    fault.until = core.at + FAULT_S
    FAULT.start(core, fault)
    return fault
