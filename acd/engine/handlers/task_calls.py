"""An agent rings a citizen about a task: their own phone rings first, then the citizen's.

The call is a callback from its first moment, for this one agent, who wished it: they are rung at once, also in a pause
or in after-call work, and nobody else is (`rules/own_calls.py`). The citizen is called once.

A task has one such call at a time. The desk wishes it once, with a time after which the line must not act on it: a
line that was away rings nobody late. While the agent's phone rings for it, no urgent caller takes the agent from it.
"""

from acd.engine.core import Core
from acd.engine.handlers.calls import enter, place_for
from acd.engine.model.fact_base import TaskCallRefusal
from acd.engine.model.facts import TaskCallRefused
from acd.engine.model.ids import TASK_MARK, CallId
from acd.engine.model.state import Agent, Call, Callback
from acd.engine.model.task_events import TaskCallWished
from acd.engine.model.task_facts import TaskCallOrdered
from acd.engine.rules import callback_caps, choice, ended_calls
from acd.engine.rules.entry_facts import take_called, tell_named
from acd.engine.rules.offer import make_offer


def on_wished(core: Core, event: TaskCallWished) -> None:
    """Ring the agent, unless something is against it."""
    agent = core.state.agents.get(event.agent)
    why = _refusal(core, event) or _refusal_of(agent)
    if agent is None or why is not None:
        core.emit(TaskCallRefused(at=core.at, wish=event.wish, agent=event.agent, why=why or "no_agent"))
        return
    call = take_called(core, _call_of(event), event)
    queued = place_for(core, call, core.service(event.service), "outcome", core.at)
    tell_named(core, call, queued, opens_ticket=False)
    call.callback = Callback(reason="task", asked_at=core.at, wish=event.wish)
    core.outcome_calls[call.callable] = call.id
    enter(core, call, queued, None)
    core.emit(
        TaskCallOrdered(
            at=core.at, call=call.id, wish=event.wish, request=event.request, task=event.task, agent=event.agent
        )
    )
    make_offer(core, queued, agent, choice.OWN)


def _call_of(event: TaskCallWished) -> CallId:
    return CallId(f"{event.node}{TASK_MARK}{event.wish}")


def _refusal(core: Core, event: TaskCallWished) -> TaskCallRefusal | None:
    """Why nobody may ring the citizen now."""
    state, digits, call = core.state, event.callable, _call_of(event)
    if event.not_after < core.at or call in state.calls or ended_calls.has_ended(core, call):
        return "too_late"
    if state.stopping:
        return "stopping"
    if not state.config.callbacks:
        return "off"
    if not core.is_connected(event.node):
        return "not_connected"
    if any(_is_about(other, event) for other in state.calls.values()):
        return "under_way"
    if not digits:
        return "no_number"
    if callback_caps.is_denied(state.config, digits):
        return "denied"
    if any(other.callable == digits for other in state.calls.values()):
        return "pending"
    return None


def _is_about(call: Call, event: TaskCallWished) -> bool:
    """Whether somebody rings the citizen about this task, or talks to them."""
    match call.callback:
        case Callback(reason="task", wish=wish):
            return wish.startswith(f"{event.request}.{event.task}.")
    return False


def _refusal_of(agent: Agent | None) -> TaskCallRefusal | None:
    """Why this agent cannot ring anybody now. A pause and after-call work are no reasons."""
    if agent is None or agent.removed:
        return "no_agent"
    if agent.login == "offline":
        return "offline"
    if not agent.reachable:
        return "phone"
    if agent.channels or agent.activity not in ("idle", "wrapup"):
        return "busy"
    return None
