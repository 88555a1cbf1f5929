"""The agent who knows the caller: who owns their open ticket, or spoke with them last, is preferred for a while.

An urgent caller has them if they are idle, and anybody else if not. A routine caller whose agent is on duty but busy
waits for them alone for `owner_first_s`; then, or as soon as they go off duty or let the call pass, for anybody.
"""

from acd.engine.core import Core
from acd.engine.model.facts import AgentPreferred, PreferenceEnded, PreferenceEndedWhy
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Call
from acd.engine.timers import call_timer

TIMER = call_timer("preferred", lambda _, call: call.keep_until)
"""How long a routine caller waits for the agent who knows them alone."""


def prefer(core: Core, call: Call, agent_id: AgentId | None) -> None:
    """A caller who is about to queue is known to an agent."""
    first_s = core.state.config.owner_first_s
    if (
        agent_id is None
        or not first_s
        or agent_id not in core.staffing
        or not core.skills[agent_id].takes(core.need(call))
    ):
        return
    assert call.queued_at is not None
    call.preferred = agent_id
    if call.priority != "urgent":
        call.keep_until = call.queued_at + first_s
        TIMER.start(core, call)
    else:
        first_s = 0.0
    core.emit(AgentPreferred(at=core.at, call=call.id, agent=agent_id, for_s=first_s))


def drop(core: Core, call: Call, why: PreferenceEndedWhy) -> None:
    """A caller who is in no queue now waits for anybody."""
    if call.keep_until is not None:
        assert call.preferred is not None
        TIMER.stop(core, call)
        core.emit(PreferenceEnded(at=core.at, call=call.id, agent=call.preferred, why=why))
    call.preferred, call.keep_until = None, None


def stop(core: Core, call: Call) -> None:
    """The caller waits no longer."""
    if call.keep_until is not None:
        call.keep_until = None
        TIMER.stop(core, call)


def check(core: Core, call: Call) -> None:
    """A caller who is in no queue now does not wait for an agent who cannot take them any more."""
    knows = call.preferred
    if call.keep_until is None or knows is None:
        return
    if knows not in core.staffing or not core.skills[knows].takes(core.need(call)):
        drop(core, call, "off_duty")
