"""What happened while no engine received events: taken from Asterisk's own log, with the log's times.

A talk that went on without us gets the time at which it really ended, and a caller who was answered and hung up in
between counts as answered. Nobody is matched before all of this is known, and before the node has listed its channels.
"""

from collections.abc import Sequence

from acd.engine.core import Core, happened_at
from acd.engine.handlers import callbacks, calls, legs
from acd.engine.handlers.offers import is_leg
from acd.engine.handlers.transfers import agent_of_leg, resume_talk
from acd.engine.model.commands import HoldCaller
from acd.engine.model.events import (
    CalleeAnswered,
    CallerGone,
    HangupRequested,
    LegGone,
    OfferAnswered,
    Told,
)


def take_all(core: Core, told: Sequence[Told]) -> None:
    """Take the events, oldest first. Call it with matching paused."""
    for one in told:
        _take(core, one)
    core.out[:] = [item for item in core.out if not (isinstance(item, HoldCaller) and _is_over(core, item))]


def _is_over(core: Core, command: HoldCaller) -> bool:
    """Whether a later event says that the caller, who would wait now, has gone."""
    call = core.state.calls.get(command.call)
    return call is None or call.away


def _take(core: Core, one: Told) -> None:
    match one:
        case OfferAnswered():
            _answered(core, one)
        case CalleeAnswered():
            callbacks.on_callee_answered(core, one)
        case HangupRequested():
            calls.on_hangup_requested(core, one)
        case LegGone():
            legs.on_gone(core, one)
        case CallerGone():
            calls.on_gone(core, one)


def _answered(core: Core, event: OfferAnswered) -> None:
    """An agent answered, perhaps after we had given up their ring: a waiting caller without an agent may have
    talked."""
    call = core.state.calls.get(event.call)
    if call is None or (event.channel and event.channel == call.empty_chair):
        return
    if call.talked is not None and event.channel == call.talked.leg:  # we know already that this talk is over
        return
    if call.phase == "offered":
        if is_leg(core, call.offer, event.channel):  # else the node's list says whether they talk still
            legs.on_answered(core, event)
    elif call.phase in ("flow", "waiting") and not call.attached and not call.away and not call.rung_elsewhere:
        agent = agent_of_leg(core, event.channel)
        if agent is not None:
            resume_talk(core, call, agent, event.channel, happened_at(core, event))
