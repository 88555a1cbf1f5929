"""A restart, a new configuration, and the correction of the engine's state by Asterisk's lists.

After the line's death waiting callers keep their places. Nobody is offered until all of them are back, or `regroup_s`
is over; the dialplan plays music meanwhile.
"""

import msgspec

from acd.engine.core import Core
from acd.engine.handlers import agents, callbacks, empty_chair, handovers, meanwhile, monitoring, page_reload
from acd.engine.handlers.calls import place
from acd.engine.handlers.ending import finish
from acd.engine.handlers.offers import answer, end_talk, is_leg
from acd.engine.handlers.transfers import (
    agent_of_leg,
    free,
    hand_over,
    handed_on,
    handed_outside,
    leave,
    resume_talk,
)
from acd.engine.model.commands import CancelOffer
from acd.engine.model.config import EngineConfig, Service
from acd.engine.model.config_checks import checked
from acd.engine.model.events import (
    ConfigChanged,
    EngineStarted,
    LineStops,
    Meanwhile,
    NodeLost,
    NodeReconciled,
    SeenCall,
)
from acd.engine.model.facts import CallReclassed
from acd.engine.model.handover_facts import HANDOVER
from acd.engine.model.state import Agent, Call, Named, Offer
from acd.engine.rules import (
    admission,
    announcements,
    ended_calls,
    own_calls,
    preferred_agent,
    repeat_callers,
    required_disposition,
    unheld,
    urgent,
)
from acd.engine.rules.entry_facts import take_on
from acd.engine.rules.matching import match_all, paused
from acd.engine.rules.offer import back_to_queue, close_offer
from acd.engine.timers import calls_in_order


def on_started(core: Core, event: EngineStarted) -> None:
    """Every session is gone. Callers who waited get a moment to come back, so that nobody overtakes them."""
    ended_calls.on_started(core)
    state = core.state
    state.stopping, state.desk_away_since = False, core.at
    empty_chair.believe_all(core)
    for call in calls_in_order(core):
        call.attached, call.orphaned = call.attached and call.away, not call.away
        if call.queued is not None and not call.attached:
            core.tell_out(call.queued)
        handovers.on_started(core, call)
    state.regrouping = sorted(call.id for call in state.calls.values() if call.phase == "waiting" and not call.away)
    state.regroup_until = core.at + state.config.regroup_s if state.regrouping else state.regroup_until
    core.index()


def after_start(core: Core) -> None:
    """The timers run again. If no caller is to come back, match at once."""
    if not core.state.regrouping:
        match_all(core)
    for call in calls_in_order(core):
        unheld.watch_anew(core, call)


def on_stops(core: Core, event: LineStops) -> None:
    """Offer nobody from now on."""
    core.state.stopping = True


def on_lost(core: Core, event: NodeLost) -> None:
    """Calls outlive the connection: nothing changes until the node is reconciled. But if the whole system stops,
    Asterisk has ended, and calls without a reported end end now."""
    empty_chair.believe_all(core, event.node)
    for agent in core.ringing.in_order():  # their phones cannot be told to stop
        core.refresh(agent)
    if core.state.stopping:
        for call in calls_in_order(core):
            if call.node == event.node and not call.away and call.id in core.state.calls:
                finish(core, call, by="system")
        for call in calls_in_order(core):  # a caller who waits for a callback needs no channel
            unheld.watch(core, call)


encoded = msgspec.json.Encoder().encode
decoded = msgspec.json.Decoder(EngineConfig).decode


def on_regroup_over(core: Core, _: str) -> None:
    """Wait no longer for callers who have not come back."""
    core.state.regrouping = []
    match_all(core)


def on_config(core: Core, event: ConfigChanged) -> None:
    """Take new rules. Busy calls and agents finish under the old ones; `BadConfig` leaves the old rules in force."""
    state = core.state
    state.config = decoded(encoded(checked(event.config)))  # in the form that a replay reads: 3 becomes 3.0
    profiles = {profile.id: profile for profile in event.config.agents}
    for agent_id, profile in sorted(profiles.items()):
        agent = state.agents.get(agent_id)
        if agent is None:
            state.agents[agent_id] = Agent(profile=profile, shown_since=core.at)
        else:
            agent.profile, agent.removed = profile, False
    services = {service.id: service for service in event.config.services}
    for call in calls_in_order(core):
        if call.named is not None:
            reclass(core, call, call.named, services.get(call.named.service) or services[event.config.default_service])
    for agent_id in sorted(set(state.agents) - set(profiles)):
        agent = state.agents[agent_id]
        agent.removed, agent.login = True, "offline"
    core.index()
    state.wait_reasons = {}  # queues that are no more are forgotten; the others are told anew
    state.empty_due = {one: due for one, due in state.empty_due.items() if one in services}
    for call in calls_in_order(core):
        queued = call.queued
        if queued is not None and queued.priority == "urgent":
            urgent.start_backup(core, queued)
        if queued is not None and call.phase in ("waiting", "offered"):
            with core.waiting.moving(queued) as waits:
                place(core, call, queued, services[queued.service])
                if waits and not call.away:
                    admission.look(core, queued, services[queued.service])
                if queued.announce_at is None and queued.told_position is None and queued.told_minutes is None:
                    announcements.schedule(core, queued)
                preferred_agent.check(core, queued)
            callback = call.to_call_back
            if callback is not None and call.phase == "waiting" and not callbacks.still_possible(core, call):
                callbacks.give_up(core, call, callback)
    required_disposition.on_config(core)
    for agent_id in sorted(state.agents):
        core.refresh(state.agents[agent_id])
        core.drop_removed(state.agents[agent_id])
    match_all(core)


def reclass(core: Core, call: Call, named: Named, service: Service) -> None:
    """After new rules a caller's service or its class may have changed. An urgent caller stays urgent."""
    before, queued = (named.service, named.priority), call.queued
    if queued is not None and service.id != queued.service:
        queued.moved_at, queued.relaxed = core.at, 0
        preferred_agent.drop(core, queued, "moved")
    if named.priority == "routine" and call.telling is None:  # during a talk too: the record needs the class
        if queued is not None and service.priority == "urgent":
            queued.order = repeat_callers.place(queued, queued.order)
            preferred_agent.drop(core, queued, "urgent")
            urgent.count_arrival(core)
        named.priority = service.priority
    named.service = service.id
    if (named.service, named.priority) != before:
        core.emit(CallReclassed(at=core.at, call=call.id, service=named.service, priority=named.priority))


def on_meanwhile(core: Core, event: Meanwhile) -> None:
    """The engine was away: all sessions are gone, and the node has not been asked yet."""
    with paused(core):
        meanwhile.take_all(core, event.told)
        for call in calls_in_order(core):
            unheld.watch(core, call)


def on_reconciled(core: Core, event: NodeReconciled) -> None:
    """Asterisk's lists of one node, after all events of the time without a connection.

    A call that is not listed and has no session is gone. A call with a session lives, since the session is newer proof
    than the list. Where the connection has lasted, as in a reload, events tell of rings, answers and ends: an agent
    whose phone has answered by itself is still to be heard."""
    if event.gap:
        empty_chair.connected(core, event.node)
    with paused(core):
        meanwhile.take_all(core, event.told)
        _set_right(core, event)
        agents.after_turn(core)  # who waits for one who is gone alone has their turn among all others
    for call in calls_in_order(core):  # any of them may have been parted from an agent, or found with one
        unheld.watch(core, call)


def _set_right(core: Core, event: NodeReconciled) -> None:
    state = core.state
    seen = {call.call: call for call in event.calls if not call.callback}
    called_back = {call.call: call for call in event.calls if call.callback}
    for agent_id in sorted(state.agents):
        agent = state.agents[agent_id]
        if agent.profile.node == event.node:
            agent.reachable = agent_id in event.available
            agent.channels = sorted(event.agent_channels.get(agent_id, ()))
    monitoring.correct(core, event.node, event.agent_channels)
    for call in calls_in_order(core):
        if call.node != event.node or call.id not in state.calls:
            continue
        now = (called_back if call.callback else seen).get(call.id)
        if not event.gap and (call.offer is not None or call.to_call_back is not None or now is None):
            continue
        if (callback := call.to_call_back) is not None:
            callbacks.correct(core, call, callback, now)
        elif now is not None:
            correct(core, call, now)
        elif not call.attached:
            finish(core, call, by="unknown")
    for one in event.calls:
        if one.call in state.calls:
            continue
        if one.callback and not one.talking:
            own_calls.stop_late(core, one.call, one.leg)
        elif one.talking and not one.callback and not ended_calls.has_ended(core, one.call):
            adopt(core, event, one)
    for agent_id in sorted(state.agents):
        agent = state.agents[agent_id]
        if agent.profile.node != event.node:
            core.refresh(agent)  # whose phone may ring for a caller of this node, and can be told to stop again
            continue
        if agent.reachable and event.gap and (event.pages is None or agent_id in event.pages):
            page_reload.phone_back(core, agent)
            page_reload.look_at_page(core, agent)
        elif agent.reachable and event.gap:
            agents.page_gone(core, agent)
        elif not agent.reachable:
            agents.give_up_unreachable(core, agent)
            monitoring.phone_gone(core, agent_id, "")
            page_reload.phone_gone(core, agent)
        core.refresh(agent)


def correct(core: Core, call: Call, seen: SeenCall) -> None:
    """Correct one call by its channel as Asterisk lists it."""
    offer, talk = call.offer, call.talk
    if call.phase == "outside":
        handovers.correct(core, call, seen)
    elif offer is not None and seen.talking:
        _answered(core, call, offer, seen)
    elif offer is not None and not offer.channel and is_leg(core, offer, seen.leg):
        offer.channel = seen.leg  # it has begun to ring while no events came; the phone can be stopped only by its name
        core.refresh(core.state.agents[offer.agent])
    elif (left := handed_outside(call, seen)) is not None:
        free(core, leave(core, call, left, HANDOVER))
    elif talk is not None and not seen.talking and not seen.leg:
        end_talk(core, call, talk, by="unknown")
    elif talk is not None and seen.talking and seen.leg != talk.channel:
        hand_over(core, call, talk, seen.leg, dialled=seen.dialled)
    elif call.phase == "leaving" and seen.talking and (over := handed_on(call, seen.leg)) is not None:
        hand_over(core, call, over, seen.leg, over.ended_at, seen.dialled)
    elif seen.talking and (
        empty_chair.still_there(core, call, seen.leg) or page_reload.still_there(core, call, seen.leg)
    ):
        pass
    elif call.phase in ("flow", "waiting", "kept", "message") and seen.talking and not call.attached:
        taken = agent_of_leg(core, seen.leg)
        if taken is not None:
            resume_talk(core, call, taken, seen.leg, seen.answered_at)


def _answered(core: Core, call: Call, offer: Offer, seen: SeenCall) -> None:
    """A caller for whom a phone was to ring talks: to the agent of that offer, or to an earlier one whom we had given
    up without a connection."""
    agent = agent_of_leg(core, seen.leg)
    if agent is None or agent.profile.id == offer.agent:
        answer(core, call, offer, seen.leg, offer.picked_up_at)
        return
    core.emit(CancelOffer(call=call.id, offer=offer.id, channel=offer.channel))
    close_offer(core, call, offer, "lost")
    back_to_queue(core, call)
    resume_talk(core, call, agent, seen.leg, seen.answered_at)
    if call.talk is not None:
        call.talk.offer = offer.id  # the newest that the caller's session knows: it takes the release of no other


def adopt(core: Core, event: NodeReconciled, seen: SeenCall) -> None:
    """Adopt a talk that the engine does not know (the journal was lost): it gets a record, and its agent a state."""
    agent = agent_of_leg(core, seen.leg)
    # Two agents talk to each other: not a call of the line.
    if agent is None or agent_of_leg(core, seen.channel) is not None:
        return
    arrived_at = core.at if seen.answered_at is None else min(seen.answered_at, core.at)
    call = Call(
        id=seen.call,
        node=event.node,
        channel=seen.channel,
        number="",
        name="",
        dialled="",
        arrived_at=arrived_at,
        attached=False,
        orphaned=True,
    )
    take_on(core, call)
    resume_talk(core, call, agent, seen.leg, seen.answered_at)
