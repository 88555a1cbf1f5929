"""Starting again, taking on a new configuration, and setting right what we believe against what Asterisk says."""

import msgspec

from acd.engine.core import Core, next_offer
from acd.engine.handlers import agents, callbacks
from acd.engine.handlers.calls import place
from acd.engine.handlers.ending import finish, regrouped
from acd.engine.handlers.offers import answer, end_talk, give_up_offer
from acd.engine.handlers.transfers import hand_over, leg_owner, release_agent
from acd.engine.model.config import EngineConfig
from acd.engine.model.config_checks import checked
from acd.engine.model.events import ConfigChanged, EngineStarted, LineStops, NodeLost, NodeReconciled, SeenCall
from acd.engine.model.state import Agent, Call, Offer
from acd.engine.rules import announcements, ended_calls, preferred_agent, repeat_callers
from acd.engine.rules.entry_facts import next_place, take_on
from acd.engine.rules.matching import match_all
from acd.engine.rules.offer import cancel


def on_started(core: Core, event: EngineStarted) -> None:
    """Every session is gone. Those who waited are given a moment to come back, so that nobody overtakes them; timers
    are asked for again, since they lived in the old process."""
    ended_calls.on_started(core)
    state = core.state
    state.stopping = False
    for call in state.calls.values():
        call.attached, call.stray = call.attached and call.away, not call.away
    state.regrouping = sorted(call.id for call in state.calls.values() if call.phase == "waiting" and not call.away)
    if state.regrouping:
        state.regroup_until = core.at + state.config.regroup_s
        core.start_timer("regroup", "all", state.regroup_until)
    core.index()
    for call in in_order(core):
        if call.offer is not None and call.phase == "offered":
            core.start_timer("offer", call.offer.id, call.offer.expires_at)
            if call.offer.after:
                core.start_timer("parting", call.offer.id, core.at)
        for kind, due in (
            ("owner", call.keep_until),
            ("relax", call.relax_at),
            ("backup", None if call.backup_open else call.backup_at),  # who is talking may be handed on, and wait again
            ("callback", call.callback_at),
            ("callback_offer", call.offer_callback_at),
            ("announce", call.announce_at),
            ("retry", call.retry_at),
        ):
            if due is not None:
                core.start_timer(kind, call.id, due)
        if call.phase in ("waiting", "offered") and call.service is not None and call.moved_at is not None:
            service = core.service(call.service)
            if service.max_wait_s is not None and not call.away:
                core.start_timer("maxwait", call.id, call.moved_at + service.max_wait_s)
    if state.surge is not None and state.surge.until is not None:
        core.start_timer("surge", state.surge.id, state.surge.until)
    for service_id in sorted(state.empty_due):
        core.start_timer("empty", service_id, state.empty_due[service_id])
    for agent_id in sorted(state.agents):
        if state.agents[agent_id].activity == "wrapup":
            core.start_timer("wrapup", agent_id, state.agents[agent_id].wrapup_until)
        rests_until = state.agents[agent_id].rests_until
        if rests_until is not None:
            core.start_timer("rest", agent_id, rests_until)
    if state.line_fault is not None:
        core.start_timer("fault", "all", state.line_fault.until)
    if not state.regrouping:  # who has no channel has nobody to wait for, and no timer that looks at headroom again
        match_all(core)


def on_stops(core: Core, event: LineStops) -> None:
    """From now on nobody is offered."""
    core.state.stopping = True


def on_lost(core: Core, event: NodeLost) -> None:
    """Calls outlive the connection: nothing changes until the node is reconciled. But where everything is being stopped
    Asterisk has gone, and what it had not told of ends now."""
    if core.state.stopping:
        for call in in_order(core):
            if call.node == event.node and not call.away and call.id in core.state.calls:
                finish(core, call, by="system")


encoded = msgspec.json.Encoder().encode
decoded = msgspec.json.Decoder(EngineConfig).decode


def in_order(core: Core) -> list[Call]:
    """All calls, in an order that does not hang on how the state was built."""
    return sorted(core.state.calls.values(), key=lambda call: (call.order, call.id))


def on_regroup_over(core: Core) -> None:
    """Who has not come back by now is waited for no longer."""
    if core.state.regrouping and core.at >= core.state.regroup_until:
        core.state.regrouping = []
        match_all(core)


def on_config(core: Core, event: ConfigChanged) -> None:
    """New rules. Calls and agents that are busy finish as they are; `BadConfig` leaves the old rules in force."""
    state = core.state
    state.config = decoded(encoded(checked(event.config)))  # as a replay will read it: 3 becomes 3.0
    profiles = {profile.id: profile for profile in event.config.agents}
    for agent_id, profile in sorted(profiles.items()):
        agent = state.agents.get(agent_id)
        if agent is None:
            state.agents[agent_id] = Agent(profile=profile, shown_since=core.at)
        else:
            agent.profile, agent.removed = profile, False
    services = {service.id: service for service in event.config.services}
    for call in in_order(core):
        if call.service is not None:
            service = services.get(call.service) or services[event.config.default_service]
            if service.id != call.service:
                call.moved_at, call.relaxed = None, 0
                preferred_agent.drop(core, call, "moved")
            stays_urgent = call.klass == "urgent" and call.phase != "flow"  # in a talk too: it is the record's class
            call.service, call.klass = service.id, "urgent" if stays_urgent else service.klass
            if call.klass != "urgent":
                repeat_callers.vouch(core, call)
    for agent_id in sorted(set(state.agents) - set(profiles)):
        agent = state.agents[agent_id]
        agent.removed, agent.login = True, "offline"
    core.index()
    for call in in_order(core):
        if call.phase in ("waiting", "offered") and call.service is not None:
            waits = call in core.waiting
            core.waiting.remove(call)
            place(core, call, services[call.service])
            if call.announce_at is None and call.told_position is None and call.told_minutes is None:
                announcements.schedule(core, call)
            preferred_agent.check(core, call)
            if waits:
                core.waiting.add(call)
            if call.away and call.phase == "waiting" and not callbacks.still_possible(core, call):
                callbacks.give_up(core, call)
    for agent_id in sorted(state.agents):
        core.refresh(state.agents[agent_id])
        core.drop_removed(state.agents[agent_id])
    match_all(core)


def on_reconciled(core: Core, event: NodeReconciled) -> None:
    """Asterisk's word on one node. A call that is not listed and has no session is gone; one with a session lives,
    since the session is newer proof than the list."""
    core.matching = False
    try:
        _set_right(core, event)
        agents.after_turn(core)  # who waits for one who is gone alone has their turn among all others
    finally:
        core.matching = True
    settle_all(core)


def settle_all(core: Core) -> None:
    """Everything has been set right: forget agents who are no more, and bring together whoever can be."""
    for agent in list(core.state.agents.values()):
        core.drop_removed(agent)
    match_all(core)


def _set_right(core: Core, event: NodeReconciled) -> None:
    state = core.state
    seen = {call.call: call for call in event.calls if not call.callback}
    called_back = {call.call: call for call in event.calls if call.callback}
    for agent_id in sorted(state.agents):
        agent = state.agents[agent_id]
        if agent.profile.node == event.node:
            agent.reachable = agent_id in event.available
            agent.channels = sorted(event.agent_channels.get(agent_id, ()))
    for call in in_order(core):
        if call.node != event.node or call.id not in state.calls:
            continue
        now = (called_back if call.callback else seen).get(call.id)
        if call.away:
            callbacks.correct(core, call, now)
        elif now is not None:
            correct(core, call, now)
        elif not call.attached:
            finish(core, call, by="unknown")
    for one in event.calls:
        if (
            one.talking
            and not one.callback
            and one.call not in state.calls
            and not ended_calls.has_ended(core, one.call)
        ):
            adopt(core, event, one)
    for agent_id in sorted(state.agents):
        agent = state.agents[agent_id]
        if agent.profile.node != event.node:
            continue
        if not agent.reachable and agent.activity == "reserved" and agent.call is not None:
            ringing = state.calls[agent.call]
            cancel(core, ringing)
            give_up_offer(core, ringing, "unreachable")
        core.refresh(agent)


def correct(core: Core, call: Call, seen: SeenCall) -> None:
    """Bring one call in line with what is seen of its channel."""
    if call.phase == "offered" and seen.talking:
        answer(core, call, seen.leg)
    elif call.phase == "talking" and not seen.talking and not seen.leg:
        end_talk(core, call, by="unknown")
    elif call.phase == "talking" and seen.talking and call.offer is not None and seen.leg != call.offer.channel:
        hand_over(core, call, seen.leg)
    elif call.phase in ("flow", "waiting") and seen.talking and not call.attached:
        taken = leg_owner(core, seen.leg)
        if taken is not None:
            resume_talk(core, call, taken, seen.leg, seen.answered_at)


def resume_talk(core: Core, call: Call, agent: Agent, leg: str, answered_at: float | None = None) -> None:
    """Believe that these two talk: the journal's end was lost, or the answer came while no engine looked. Since when,
    Asterisk may know; else it is now."""
    since = call.arrived_at if call.queued_at is None else call.queued_at
    at = core.at if answered_at is None else min(max(answered_at, since), core.at)
    release_agent(core, agent)
    call.offer = Offer(id=next_offer(call), agent=agent.profile.id, made_at=at, expires_at=at)
    if call.service is None:
        service = core.service(core.state.config.default_service)
        call.service, call.klass = service.id, service.klass
    if call.queued_at is None:
        call.queued_at = at
        call.order = next_place(core)
    core.waiting.remove(call)
    agent.call = call.id
    answer(core, call, leg, at)
    regrouped(core, call.id)


def adopt(core: Core, event: NodeReconciled, seen: SeenCall) -> None:
    """A talk that we know nothing of: the journal was lost. It gets its row, and its agent their state."""
    agent = leg_owner(core, seen.leg)
    if agent is None or leg_owner(core, seen.channel) is not None:  # two agents talk: none of our business
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
        stray=True,
    )
    take_on(core, call)
    resume_talk(core, call, agent, seen.leg, seen.answered_at)
