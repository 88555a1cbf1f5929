"""Calls by which an agent rings a citizen themselves, about a task. Such a call is for this agent alone: it is in no
queue, and where it cannot go on it is over. Nobody is rung later by surprise."""

from acd.engine.core import Core
from acd.engine.model.state import Call, Released
from acd.engine.model.transitions import move_call


def is_own(call: Call) -> bool:
    """Whether an agent rings the citizen themselves, who has not been reached."""
    return call.callback is not None and call.callback.is_own


def give_up(core: Core, call: Call) -> None:
    """End the call, whose offer is closed, before the citizen was reached."""
    move_call(call, "waiting")
    call.released = Released(outcome="callback_cancelled", at=core.at)
    call.hangup_by = "system"
    move_call(call, "leaving")
    core.over.append(call)
