"""The way back: the desk wants a citizen called about the outcome of their request.

Such a call is a callback from its first moment: it waits without a channel, in a class behind everybody who holds the
line, an agent is rung, and then the citizen. An automatic call (`automatic_calls`) rings the citizen at once, without
an agent. Either is tried once. When to try again, and in which hours, is for the desk to say (`tickets.outcome.plan`).

A wish is known by its name. The desk may send it again, since it cannot know whether it was journalled when a process
dies; the second is dropped. A wish older than `KNOWN_S` is refused, and names are remembered for twice as long, so no
citizen is called twice for one wish, however late it comes.
"""

from acd.engine.core import Core
from acd.engine.handlers import automatic_calls, callbacks
from acd.engine.handlers.calls import enter, place_for
from acd.engine.model.fact_base import OutcomeRefusal
from acd.engine.model.facts import OutcomeCallRefused
from acd.engine.model.ids import OUTCOME_MARK, CallId
from acd.engine.model.outcome_events import OutcomeCallWished
from acd.engine.model.state import Call, Callback
from acd.engine.rules import callback_caps, emergency_places, relaxation
from acd.engine.rules.entry_facts import take_called, tell_named
from acd.engine.rules.matching import wait
from acd.engine.rules.offer import cancel

KNOWN_S = 86_400.0
"""Seconds after which a wish that was made is too old."""
AFTER_HOURS_S = 60.0
"""An agent who has picked up when the hours end is left to it; looked at again after this long."""


def on_wished(core: Core, event: OutcomeCallWished) -> None:
    """Let the citizen wait for an agent, or ring them, unless the wish is known already."""
    if _is_known(core, event):
        return
    why = _refusal(core, event)
    if why is not None:
        core.emit(OutcomeCallRefused(at=core.at, wish=event.wish, why=why, automatic=event.automatic))
        return
    call = take_called(core, CallId(f"{event.node}{OUTCOME_MARK}{event.wish}"), event)
    if event.automatic:
        automatic_calls.ring(core, call, event)
    else:
        _queue(core, call, event)


def _is_known(core: Core, event: OutcomeCallWished) -> bool:
    """Whether the wish came before. From now on it has."""
    wishes = core.state.outcome_wishes
    before, _, _ = event.wish.rpartition(".")  # its name until 2026-11-28, when the time at its end was added
    if event.wish in wishes or before in wishes:
        return True
    for wish in [wish for wish, made_at in wishes.items() if made_at <= core.at - 2 * KNOWN_S]:
        del wishes[wish]
    wishes[event.wish] = core.at
    return False


def _refusal(core: Core, event: OutcomeCallWished) -> OutcomeRefusal | None:
    """Why the citizen is not called; None where they are."""
    config, digits = core.state.config, event.callable
    if event.made_at <= core.at - KNOWN_S:
        return "too_old"
    if event.not_after is not None and event.not_after <= core.at:
        return "hours"
    if core.state.stopping:
        return "stopping"
    if not config.callbacks:
        return "off"
    if not digits:
        return "no_number"
    if callback_caps.is_denied(config, digits):
        return "denied"
    if any(call.callable == digits for call in core.state.calls.values()):
        return "pending"
    if event.automatic and emergency_places.is_full(core, coming=1):
        return "full"
    return None


def _queue(core: Core, call: Call, event: OutcomeCallWished) -> None:
    """The citizen, of whom there is no channel, waits from now."""
    service = core.service(event.service)
    queued = place_for(core, call, service, "outcome", core.at)
    tell_named(core, call, queued, opens_ticket=False)
    callback = call.callback = Callback(reason="outcome", asked_at=core.at, wish=event.wish, not_after=event.not_after)
    core.outcome_calls[call.callable] = call.id
    enter(core, call, queued, None)
    callbacks.tell_queued(core, call, queued, callback)
    if callback.not_after is not None:
        callbacks.HOURS.start(core, (call, callback))
    relaxation.begin(core, queued, service)
    wait(core, call)


def on_hours_over(core: Core, subject: tuple[Call, Callback]) -> None:
    """The citizen is not called any more today, unless an agent has picked up for them."""
    call, callback = subject
    if call.offer is not None and call.offer.picked_up:
        callback.not_after = core.at + AFTER_HOURS_S
        callbacks.HOURS.start(core, subject)
    elif call.offer is not None:
        cancel(core, call, call.offer)
        callbacks.withdraw(core, call, callback, call.offer)
    else:
        callbacks.give_up(core, call, callback)
