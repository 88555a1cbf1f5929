"""The agent who knows the caller: who owns their open ticket, or spoke with them last, is preferred for a while.

An urgent caller has them if they are idle, and anybody else if not. A routine caller whose agent is on duty but busy
waits for them alone for `owner_first_s`; then, or as soon as they go off duty or let the call pass, for anybody.
"""

from acd.engine.core import Core
from acd.engine.model.facts import AgentPreferred, PreferenceEnded, PreferenceEndedWhy
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Preference, Queued
from acd.engine.timers import queue_timer

TIMER = queue_timer("preferred", lambda queued: None if queued.preferred is None else queued.preferred.until)
"""How long a routine caller waits for the agent who knows them alone."""


def prefer(core: Core, queued: Queued, agent_id: AgentId | None) -> None:
    """A caller who is about to queue is known to an agent."""
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


def drop(core: Core, queued: Queued, why: PreferenceEndedWhy) -> None:
    """A caller who is in no queue now waits for anybody."""
    preferred, queued.preferred = queued.preferred, None
    if preferred is not None and preferred.until is not None:
        TIMER.stop(core, queued)
        core.emit(PreferenceEnded(at=core.at, call=queued.call, agent=preferred.agent, why=why))


def stop(core: Core, queued: Queued) -> None:
    """The caller waits no longer."""
    if queued.preferred is not None and queued.preferred.until is not None:
        queued.preferred.until = None
        TIMER.stop(core, queued)


def check(core: Core, queued: Queued) -> None:
    """A caller who is in no queue now does not wait for an agent who cannot take them any more."""
    preferred = queued.preferred
    if preferred is None or preferred.until is None:
        return
    if preferred.agent not in core.staffing or not core.skills[preferred.agent].takes(core.need(queued)):
        drop(core, queued, "off_duty")
