"""A phone answered by itself: the agent is heard and talks to the caller, or the chair is empty.

Signs of an agent are speech and keys (`AgentHeard`), hold and transfer. Without a connection to Asterisk none of them
arrives, so an engine that starts, or loses the connection, takes the agent for heard.
"""

from acd.engine.core import Core
from acd.engine.handlers.offers import answer, give_up_offer, is_leg, let_pass
from acd.engine.model.commands import BringBack
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import AgentHeard
from acd.engine.model.ids import NodeId
from acd.engine.model.state import Call, Offer
from acd.engine.rules import empty_chair
from acd.engine.rules.matching import wait
from acd.engine.rules.offer import TIMER as OFFER
from acd.engine.rules.offer import back_to_queue, close_offer
from acd.engine.timers import calls_in_order


def picked_up(core: Core, call: Call, offer: Offer, channel: str, at: float, *, listens: bool) -> None:
    """The agent's phone answered, at `at`. They talk, unless it may have answered by itself and Asterisk listens for
    them: then they must be heard first."""
    if not (listens and offer.hear_s):
        answer(core, call, offer, channel, at)
        return
    OFFER.stop(core, (call, offer))
    offer.channel, offer.picked_up, offer.picked_up_at = channel, True, at
    offer.speaks_by = offer.expires_at = core.at + offer.hear_s
    empty_chair.TIMER.start(core, (call, offer))
    core.refresh(core.state.agents[offer.agent])


def on_heard(core: Core, event: AgentHeard) -> None:
    """The agent spoke or pressed a key."""
    call = core.state.calls.get(event.call)
    if call is not None:
        is_there(core, call, event.channel)


def is_there(core: Core, call: Call, channel: str) -> None:
    """There is a sign of the agent on this leg: they talk to the caller, since their phone answered."""
    offer = call.offer
    if offer is not None and offer.speaks_by is not None and is_leg(core, offer, channel):
        answer(core, call, offer, channel, offer.picked_up_at)


def believe_all(core: Core, node: NodeId | None = None) -> None:
    """No sign of an agent can arrive now, on a node or on all: take those for heard whose phones have answered, and
    judge nobody who answers until `connected`."""
    for call in calls_in_order(core):
        if call.offer is not None and (node is None or call.node == node):
            is_there(core, call, call.offer.channel)
    if node is not None:
        nodes = {node}
    else:
        nodes = {call.node for call in core.state.calls.values()}
        nodes |= {agent.profile.node for agent in core.state.agents.values()}
    core.state.connected_since |= dict.fromkeys(sorted(nodes))


def connected(core: Core, node: NodeId) -> None:
    """From now on the events of a node arrive, without a gap."""
    core.state.connected_since[node] = core.at


def leg_gone(core: Core, call: Call, offer: Offer) -> None:
    """The leg ended before the agent was heard: to hang up is how they decline such a call. The caller waits again,
    unless they hung up."""
    if call.hangup_by != "caller":
        call.hangup_by = None
        give_up_offer(core, call, offer, "declined")


def is_unheard(core: Core, call: Call, offer: Offer, status: DialStatus) -> bool:
    """Whether a Dial is over before the agent was heard.

    Asterisk reports no answer of a phone that hangs up during the beep. A longer Dial may have been a talk of which no
    event came, and so may any Dial during which the connection was away."""
    if offer.speaks_by is not None:
        return True
    since = core.state.connected_since.get(call.node, offer.made_at)
    if status != "ANSWER" or since is None or since > offer.made_at:
        return False
    over_at = core.at if offer.returned_at is None else offer.returned_at
    return over_at < offer.made_at + offer.hear_s


def returned(core: Core, call: Call, offer: Offer, status: DialStatus) -> None:
    """A Dial is over before the agent was heard: the caller waits again."""
    if status == "ANSWER":
        leg_gone(core, call, offer)
    else:
        call.attached = False  # the caller's channel ends next; if not, they attach again
        give_up_offer(core, call, offer, "caller_gone")


def on_due(core: Core, subject: tuple[Call, Offer]) -> None:
    """The agent was not heard: bring the caller back, to the place they had, and set the agent aside.

    The caller's channel leaves the talk by one action of Asterisk's, so that nothing can happen between the two."""
    call, offer = subject
    if offer.returned_at is not None:  # the caller has hung up
        returned(core, call, offer, offer.returned)
        return
    call.empty_chair, call.hangup_by, call.attached = offer.channel, None, False
    agent = close_offer(core, call, offer, "empty_chair")
    back_to_queue(core, call)
    core.emit(BringBack(call=call.id, node=call.node, channel=call.channel))
    let_pass(core, call.place, offer.agent)
    wait(core, call)  # the agent can take nobody: they are set aside, or had gone off duty
    core.drop_removed(agent)


def still_there(core: Core, call: Call, leg: str) -> bool:
    """Whether the caller is still with the agent they were taken back from: the command was lost. It is repeated."""
    if not call.empty_chair or call.empty_chair != leg or call.attached or call.phase != "waiting":
        return False
    core.emit(BringBack(call=call.id, node=call.node, channel=call.channel))
    return True
