"""What agents and their phones do: sign in and out, pause, return; come and go; are used for other calls."""

from acd.engine.core import Core
from acd.engine.handlers.offers import give_up_offer
from acd.engine.model.agent_events import (
    AgentChannelClosed,
    AgentChannelOpened,
    AgentStateRequested,
    DeviceStateChanged,
)
from acd.engine.model.facts import PreferenceEndedWhy
from acd.engine.model.state import Agent, Queued
from acd.engine.rules import line_faults, preferred_agent, relaxation, wrapup
from acd.engine.rules.matching import settle, wait
from acd.engine.rules.offer import PENDING_CANCEL, cancel, ring


def on_state_requested(core: Core, event: AgentStateRequested) -> None:
    """Sign in, out, pause, return. During a talk it takes effect when the talk is over; it ends after-call work.

    An agent whose phone rings keeps ringing for a routine caller when they pause: they may take this call before. An
    urgent caller does not wait for an agent who has said that they are away, nor does anybody for one who signs out."""
    agent = core.state.agents.get(event.agent)
    if agent is None or agent.removed:
        return
    if event.state == "ready":
        line_faults.forget(agent)
    if agent.login == "offline":
        agent.handled = 0
    agent.login, agent.reason = event.state, event.reason
    if agent.activity == "reserved" and event.state != "ready":
        _withdraw(core, agent)
    wrapup.end(core, agent)
    settle(core, agent)


def _withdraw(core: Core, agent: Agent) -> None:
    """Take a call from the ringing phone of an agent who does not want it any more; its caller goes on at once."""
    call, offer = core.ringing_for(agent) or (None, None)
    if call is None or offer is None or offer.picked_up or (call.priority != "urgent" and agent.login == "paused"):
        return
    cancel(core, call, offer)
    give_up_offer(core, call, offer, "withdrawn")


def on_wrapup_over(core: Core, agent: Agent) -> None:
    """The time for after-call work is up."""
    wrapup.end(core, agent)
    settle(core, agent)
    core.drop_removed(agent)


def on_device(core: Core, event: DeviceStateChanged) -> None:
    """A phone became reachable or not. One that vanishes while it rings gives the caller back at once."""
    agent = core.state.agents.get(event.agent)
    if agent is None:
        return
    agent.reachable = event.state == "available"
    if not agent.reachable:
        give_up_unreachable(core, agent)
    settle(core, agent)


def give_up_unreachable(core: Core, agent: Agent) -> None:
    """The agent's phone is not there: a caller for whom it rang goes on at once."""
    if (reserved := core.ringing_for(agent)) is not None:
        call, offer = reserved
        cancel(core, call, offer)
        give_up_offer(core, call, offer, "unreachable")


def on_channel_opened(core: Core, event: AgentChannelOpened) -> None:
    """The agent's phone is in use, by us or by themselves."""
    agent = core.state.agents.get(event.agent)
    if agent is not None and event.channel not in agent.channels:
        agent.channels.append(event.channel)
        core.refresh(agent)


def on_channel_closed(core: Core, event: AgentChannelClosed) -> None:
    """A channel of the agent's phone is gone; with the last one they are free again."""
    agent = core.state.agents.get(event.agent)
    if agent is None:
        return
    if (reserved := core.ringing_for(agent)) is not None and reserved[1].after == event.channel:
        PENDING_CANCEL.stop(core, reserved)
        ring(core, *reserved, agent)
    if event.channel in agent.channels:
        agent.channels.remove(event.channel)
        settle(core, agent)


def on_rested(core: Core, agent: Agent) -> None:
    """An agent to whose phone no leg could be made may be tried again."""
    agent.rests_until = None
    settle(core, agent)


def undo_misses(core: Core) -> None:
    """Agents were set aside by a fault of the line's: each of them has the caller they should take now."""
    for agent in line_faults.undo(core):
        settle(core, agent)


# --- callers who wait for certain agents alone


def on_preferred_due(core: Core, queued: Queued) -> None:
    """The exclusive wait for the agent who knows the caller has expired."""
    _let_go(core, queued, "time")


def on_relax_due(core: Core, queued: Queued) -> None:
    """A step of relaxation is due: more agents may take the caller from now."""
    waits = queued.call in core.waiting
    core.waiting.remove(queued)
    relaxation.begin(core, queued, core.service(queued.service))
    if waits:
        wait(core, core.state.calls[queued.call], music=False)


def after_turn(core: Core) -> None:
    """Agents went off duty by this event: who waits for them alone waits for anybody."""
    for queued in core.waiting.kept_for(core.left_duty):
        _let_go(core, queued, "off_duty")


def _let_go(core: Core, queued: Queued, why: PreferenceEndedWhy) -> None:
    waits = queued.call in core.waiting
    core.waiting.remove(queued)
    preferred_agent.drop(core, queued, why)
    if waits:
        wait(core, core.state.calls[queued.call], music=False)
