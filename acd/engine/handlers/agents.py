"""What agents and their phones do: sign in and out, pause, return; come and go; are used for other calls."""

from acd.engine.core import Core
from acd.engine.handlers import monitoring, page_reload
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
from acd.engine.rules.matching import settle, waiting_anew
from acd.engine.rules.offer import PENDING_CANCEL, cancel, ring
from acd.engine.rules.page_reload import is_of


def on_state_requested(core: Core, event: AgentStateRequested) -> None:
    """Sign in, out, pause, return. During a talk this takes effect after the talk; it ends after-call work.

    If an agent pauses while their phone rings, it goes on ringing for a routine caller: they may still take this call.
    An urgent caller does not wait for an agent who has said that they pause, and no caller waits for one who signs
    out."""
    agent = core.state.agents.get(event.agent)
    if agent is None or agent.removed:
        return
    if event.state == "ready":
        line_faults.forget(agent)
    if agent.login == "offline":
        agent.handled = 0
    agent.login, agent.reason, agent.at_page = event.state, event.reason, event.source == "page"
    if agent.activity == "reserved" and event.state != "ready":
        _withdraw(core, agent)
    if event.state == "offline":
        page_reload.signed_out(core, agent)
    wrapup.end(core, agent)
    settle(core, agent)


def _withdraw(core: Core, agent: Agent) -> None:
    """Take a call from the ringing phone of an agent who does not want it any more; the caller is offered on at
    once."""
    call, offer = core.ringing_for(agent) or (None, None)
    if call is None or offer is None or not offer.rings or (call.priority != "urgent" and agent.login == "paused"):
        return
    cancel(core, call, offer)
    give_up_offer(core, call, offer, "withdrawn")


def on_wrapup_over(core: Core, agent: Agent) -> None:
    """The time for after-call work is up."""
    wrapup.end(core, agent)
    settle(core, agent)
    core.drop_removed(agent)


def on_device(core: Core, event: DeviceStateChanged) -> None:
    """A phone became reachable or not. If it vanishes while it rings, the caller is back in the queue at once."""
    agent = core.state.agents.get(event.agent)
    if agent is None:
        return
    agent.reachable = event.state == "available"
    if agent.reachable:
        page_reload.phone_back(core, agent, event.endpoint)
    else:
        give_up_unreachable(core, agent, event.endpoint)
        page_reload.phone_gone(core, agent, event.endpoint)
        monitoring.phone_gone(core, event.agent, event.endpoint)
    settle(core, agent)


def give_up_unreachable(core: Core, agent: Agent, endpoint: str = "") -> None:
    """The agent's phone is gone: a caller for whom it rang, or a citizen who is called back by it, is offered on at
    once. A phone that rings no more may have a talk, like any talk of an agent whose phone does not answer questions.
    The agent's other phone rings on: their page may be reloaded while their telephone rings. Without an endpoint it may
    be any of them."""
    if (reserved := core.ringing_for(agent)) is not None and (reserved[1].rings or reserved[0].away):
        call, offer = reserved
        rung = call.kept.leg if offer.reconnects and call.kept is not None else offer.channel
        if endpoint and rung and not is_of(rung, endpoint):
            return
        if page_reload.gone_again(core, call, offer):
            return
        cancel(core, call, offer)
        give_up_offer(core, call, offer, "unreachable")


def page_gone(core: Core, agent: Agent) -> None:
    """Asterisk lists no page of the agent, whose telephone on the desk is there: what rang or talked at a page is
    dead, and the telephone is not rung in its place."""
    page, reserved = agent.profile.page, core.ringing_for(agent)
    if reserved is not None and (reserved[1].reconnects or is_of(reserved[1].channel, page)):
        give_up_unreachable(core, agent)  # a caller is kept for a page only
    page_reload.phone_gone(core, agent, page)


def on_channel_opened(core: Core, event: AgentChannelOpened) -> None:
    """The agent's phone is in use, for a call of the line or of their own."""
    monitoring.opened(core, event.agent, event.channel)
    agent = core.state.agents.get(event.agent)
    if agent is not None and event.channel not in agent.channels:
        agent.channels.append(event.channel)
        core.refresh(agent)


def on_channel_closed(core: Core, event: AgentChannelClosed) -> None:
    """A channel of the agent's phone is gone; with the last one they are free again."""
    monitoring.over(core, event.agent, event.channel)
    agent = core.state.agents.get(event.agent)
    if agent is None:
        return
    if (reserved := core.ringing_for(agent)) is not None and reserved[1].after == event.channel:
        call, offer = reserved
        PENDING_CANCEL.stop(core, reserved)
        ring(core, call, call.place, offer, agent)
    if event.channel in agent.channels:
        agent.channels.remove(event.channel)
        settle(core, agent)


def on_rested(core: Core, agent: Agent) -> None:
    """An agent may be tried again after no leg could be created to their phone."""
    agent.rests_until = None
    settle(core, agent)


def undo_misses(core: Core) -> None:
    """Make agents ready again whom a fault of the line set aside; each is offered their next caller."""
    for agent in line_faults.undo(core):
        settle(core, agent)


# --- callers who wait for certain agents only


def on_preferred_due(core: Core, queued: Queued) -> None:
    """The exclusive wait for the agent who knows the caller has expired."""
    _let_go(core, queued, "time")


def on_relax_due(core: Core, queued: Queued) -> None:
    """A step of relaxation is due: more agents may take the caller from now."""
    with waiting_anew(core, queued):
        relaxation.begin(core, queued, core.service(queued.service))


def after_turn(core: Core) -> None:
    """Agents went off duty by this event: callers who waited for them only now wait for any agent."""
    for queued in core.waiting.kept_for(core.left_duty):
        _let_go(core, queued, "off_duty")


def _let_go(core: Core, queued: Queued, why: PreferenceEndedWhy) -> None:
    with waiting_anew(core, queued):
        preferred_agent.drop(core, queued, why)
