"""The preferred agent of a caller: the owner of their open ticket, or the agent who spoke with them last.

An urgent caller gets the preferred agent if that agent is idle, else any other. A routine caller whose preferred agent
is on duty but busy waits for this agent only, for `owner_first_s` seconds. After that, or as soon as the agent goes off
duty or lets the call pass, the caller waits for any agent.
"""

from acd.engine.core import Core
from acd.engine.model.facts import AgentPreferred, PreferenceEnded, PreferenceEndedWhy
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent, Preference, Queued
from acd.engine.timers import queue_timer

TIMER = queue_timer("preferred", lambda queued: None if queued.preferred is None else queued.preferred.until)
"""The end of a routine caller's exclusive wait for the preferred agent."""


def prefer(core: Core, queued: Queued, agent_id: AgentId | None) -> None:
    """Note the preferred agent of a caller who is about to queue."""
    first_s = core.state.config.owner_first_s
    if agent_id is None or not first_s or agent_id not in core.staffing:
        return
    if not core.skills[agent_id].takes(core.need(queued)):
        return
    queued.preferred = Preference(agent=agent_id)
    if queued.priority != "urgent":
        queued.preferred.until = queued.at + first_s
        TIMER.start(core, queued)
    else:
        first_s = 0.0
    core.emit(AgentPreferred(at=core.at, call=queued.call, agent=agent_id, for_s=first_s))


def is_of(queued: Queued, agent: Agent) -> bool:
    """Whether this is the caller's preferred agent."""
    return queued.preferred is not None and queued.preferred.agent == agent.profile.id


def drop(core: Core, queued: Queued, why: PreferenceEndedWhy) -> None:
    """End the exclusive wait of a caller, who must be in no queue now."""
    preferred, queued.preferred = queued.preferred, None
    if preferred is not None and preferred.until is not None:
        TIMER.stop(core, queued)
        core.emit(PreferenceEnded(at=core.at, call=queued.call, agent=preferred.agent, why=why))


def stop(core: Core, queued: Queued) -> None:
    """The caller does not wait any more: forget the exclusive wait."""
    if queued.preferred is not None and queued.preferred.until is not None:
        queued.preferred.until = None
        TIMER.stop(core, queued)


def check(core: Core, queued: Queued) -> None:
    """End the exclusive wait if the preferred agent cannot take the caller any more. The caller must be in no queue
    now."""
    preferred = queued.preferred
    if preferred is None or preferred.until is None:
        return
    if preferred.agent not in core.staffing or not core.skills[preferred.agent].takes(core.need(queued)):
        drop(core, queued, "off_duty")
