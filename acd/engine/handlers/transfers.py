"""Callers whom an agent hands on: blind to a service or to an agent, or to an agent who was told of them first.

The agent who hands on is free of the caller at once and goes into after-call work; the caller keeps class, order and
waiting time. A blind transfer makes Asterisk leave the Dial and come back to us by the dialplan, so the caller is
without a session for a moment; word of it reaches us on two ways, by AMI and with the new session, and often behind
the word that the agent's leg is gone. Whichever comes first counts.
"""

from acd.engine.core import Core, happened_at, last_offer, next_offer, offerable
from acd.engine.handlers.calls import move_service, place
from acd.engine.handlers.ending import regrouped
from acd.engine.handlers.offers import RETRY, answer, end_talk, start_retry, take_over
from acd.engine.model.config import TRANSFER_PREFIX, Service
from acd.engine.model.events import Transferred
from acd.engine.model.facts import CallReturned, CallTransferred, TransferTo
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent, Call, Offer
from acd.engine.model.transitions import move_call
from acd.engine.rules import admission, announcements, relaxation, repeat_callers, talk, urgent, wrapup
from acd.engine.rules.entry_facts import next_place, tell_named
from acd.engine.rules.matching import best_for, match_agent, may_match, paused, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import cancel, close_offer, make_offer


def on_transferred(core: Core, event: Transferred) -> None:
    """An agent handed the caller on."""
    call = core.state.calls.get(event.call)
    if call is None or not was_leg(call, event.leg):
        return
    if event.kind == "blind":
        _free(core, send_on(core, call, event.dialled, at=happened_at(core, event, call.talk_from)))
    elif event.to_leg:
        hand_over(core, call, event.to_leg, happened_at(core, event, call.talk_from))
    else:
        _free(core, send_on(core, call, "", rings=True, at=happened_at(core, event, call.talk_from)))


def arrive(core: Core, call: Call, channel: str, freed: Agent | None) -> None:
    """The channel of a caller who was sent on is with us: they are offered to whom they were sent to. If that cannot
    be, they are back at their place. `freed` is the agent who sent them on, where the end of their leg did not free
    them before."""
    call.attached, call.channel, call.rung_elsewhere = True, channel, False
    wanted, call.wanted = call.wanted, None
    agent = core.state.agents.get(wanted) if wanted is not None else None
    if agent is not None and _may_have(core, agent, call):
        make_offer(core, call, agent)
    else:  # who is free now looks first: whoever loses a ringing agent to this caller may be less urgent
        _have_back(core, call)
        wait(core, call, freed=freed)
    _free(core, freed)
    regrouped(core, call.id)


def _have_back(core: Core, call: Call) -> None:
    """An urgent caller, who is in no queue now, may have the agent back who sent them on if nobody else can be had.
    That agent has not let the caller pass, and is not to be waited for as if they had."""
    by, need = call.last_agent, core.need(call)
    if call.priority != "urgent" or by not in call.skipped:
        return
    lineups = (core.idle, core.wrapup, core.ringing, core.backup)[: 4 if urgent.backup_due(call) else 3]
    if any(lineup.first_for(call, need) is not None for lineup in lineups):
        return
    call.skipped = [agent for agent in call.skipped if agent != by]
    if not call.skipped and call.retry_at is not None:
        call.retry_at = None
        RETRY.stop(core, call)


def was_leg(call: Call, leg: str) -> bool:
    """Whether this channel is that of the agent who has the caller, or who had them last and is gone already."""
    if call.phase == "talking":
        return call.offer is not None and call.offer.channel == leg
    return call.phase == "leaving" and call.outcome is None and call.talks > 0 and call.last_leg in ("", leg)


def _may_have(core: Core, agent: Agent, call: Call) -> bool:
    """Whether the agent is free, and no urgent caller has more of a right to them."""
    if not may_match(core) or not offerable(agent):
        return False
    return call.priority == "urgent" or best_for(core, agent, urgent_only=True) is None


def agent_of(core: Core, dialled: str) -> Agent | None:
    """The agent with this extension."""
    agent = core.state.agents.get(AgentId(dialled))
    return None if agent is None or agent.removed else agent


def service_of(core: Core, dialled: str) -> Service | None:
    """The service that this is dialled for."""
    code = dialled.removeprefix(TRANSFER_PREFIX) if dialled.startswith(TRANSFER_PREFIX) else ""
    return next((one for one in core.state.config.services if code and one.transfer_code == code), None)


def agent_of_leg(core: Core, leg: str) -> Agent | None:
    """The agent whose phone a channel belongs to."""
    for agent_id in sorted(core.state.agents):
        agent = core.state.agents[agent_id]
        if leg.startswith(agent.profile.endpoint + "-"):
            return agent
    return None


def _free(core: Core, agent: Agent | None) -> None:
    """Whoever sent the caller on takes another; after that caller, who may have become urgent, is in the queue."""
    if agent is not None:
        match_agent(core, agent)
        core.drop_removed(agent)


def send_on(core: Core, call: Call, dialled: str, *, rings: bool = False, at: float | None = None) -> Agent | None:
    """The caller waits again, at the place they had: for a service, for an agent, or as before. `rings`: they hear a
    phone that Asterisk rings, and come back to us only if nobody answers it. `at` is when they were sent on, if it was
    before now. The agent who is free now, if their leg's end had not freed them before."""
    wanted, service = agent_of(core, dialled), service_of(core, dialled)
    before, by = _part(core, call, core.at if at is None else at)
    move_call(call, "waiting")
    repeat_callers.vouch(core, call)
    call.attached, call.hangup_by, call.talk_ended_at = False, None, None
    call.rung_elsewhere, call.wanted = rings, None if wanted is None else wanted.profile.id
    call.moved_at, call.relaxed = None, 0
    if service is not None:
        _move(core, call, service)
    to: TransferTo = "service" if service is not None else "agent" if wanted is not None else "queue"
    _tell(core, call, by, "ringing" if rings else to, call.wanted)
    assert call.service is not None
    asked = core.service(call.service)
    place(core, call, _taking(core, call, asked) if to == "service" else asked)
    announcements.schedule(core, call)
    if by not in call.skipped:
        call.skipped = [*call.skipped, by]
    start_retry(core, call)
    return before


def _part(core: Core, call: Call, at: float) -> tuple[Agent | None, AgentId]:
    """End the part of the agent who hands on, where the end of their leg has not done so yet. The agent if so, and who
    they are."""
    if call.phase == "talking":
        agent = talk.end(core, call, at)
        core.refresh(agent)
        return agent, agent.profile.id
    assert call.last_agent is not None
    return None, call.last_agent


def _taking(core: Core, call: Call, service: Service) -> Service:
    """The service that takes a caller who is sent to one: where it overflows, if it does now. Who would be let go there
    waits all the same: they were in a talk, and an agent who sends them on knows better than opening hours."""
    while (no := admission.refused(core, call, service)) is not None and no.overflows:
        service = move_service(core, call, service, no.why)
    return service


def _move(core: Core, call: Call, service: Service) -> None:
    """Another service is asked for. Who is urgent stays so."""
    was_urgent = call.priority == "urgent"
    call.service, call.priority = service.id, "urgent" if was_urgent else service.priority
    if call.priority == "urgent" and not was_urgent:
        urgent.count_arrival(core)
        urgent.start_backup(core, call)
    tell_named(core, call, opens_ticket=service.opens_ticket, again=repeat_callers.has_called(core, call))


def _tell(core: Core, call: Call, by: AgentId, to: TransferTo, agent: AgentId | None) -> None:
    """The fact of a transfer."""
    assert call.service is not None
    assert call.priority is not None
    assert call.queued_at is not None
    call.transfers += 1
    core.emit(
        CallTransferred(
            at=core.at,
            call=call.id,
            by=by,
            to=to,
            agent=agent,
            service=call.service,
            priority=call.priority,
            queued_at=call.queued_at,
        )
    )


def hand_over(core: Core, call: Call, leg: str, at: float | None = None) -> None:
    """Another agent's leg talks to the caller, from now or since `at`."""
    agent = agent_of_leg(core, leg)
    if agent is None:
        if call.phase == "talking":  # with somebody who is no agent any more
            end_talk(core, call, release=False)
        return
    if call.offer is not None and call.offer.agent == agent.profile.id:
        call.offer.channel = leg
        return
    if leg not in agent.channels:
        agent.channels.append(leg)
    with paused(core):
        _hand_over(core, call, agent, leg, core.at if at is None else at)


def _hand_over(core: Core, call: Call, agent: Agent, leg: str, began_at: float) -> None:
    release_agent(core, agent)
    # The session's Dial goes on and will return for the offer it was begun with; without a session there is none.
    offer = next_offer(call) if call.phase == "waiting" else last_offer(call)
    if call.phase != "waiting":
        _, by = _part(core, call, began_at)
        _tell(core, call, by, "talk", agent.profile.id)
    core.waiting.remove(call)
    call.rung_elsewhere, call.wanted, call.hangup_by, call.talk_ended_at = False, None, None, None
    call.offer = Offer(id=offer, agent=agent.profile.id, made_at=core.at, expires_at=core.at, channel=leg)
    agent.call = call.id
    MAX_WAIT.stop(core, call)
    relaxation.stop(core, call)
    announcements.stop(core, call)
    talk.begin(call, agent, "attended", began_at)
    take_over(core, call, agent)


def release_agent(core: Core, agent: Agent) -> None:
    """The agent talks to a caller of whom we did not know: whatever we had them do is over. Nobody is matched here."""
    if agent.call is not None and agent.call in core.state.calls:
        other = core.state.calls[agent.call]
        if other.phase == "offered":
            cancel(core, other)
            close_offer(core, other, "lost")
            move_call(other, "waiting")
            core.emit(CallReturned(at=core.at, call=other.id))
            wait(core, other)
        elif other.phase == "talking":
            end_talk(core, other, by="unknown")
    if agent.activity == "wrapup":
        wrapup.end(core, agent)


def resume_talk(core: Core, call: Call, agent: Agent, leg: str, answered_at: float | None = None) -> None:
    """Believe that these two talk: the journal's end was lost, or the answer came while no engine looked. Since when,
    Asterisk may know; else it is now."""
    since = call.arrived_at if call.queued_at is None else call.queued_at
    at = core.at if answered_at is None else min(max(answered_at, since), core.at)
    release_agent(core, agent)
    call.offer = Offer(id=next_offer(call), agent=agent.profile.id, made_at=at, expires_at=at)
    if call.service is None:
        service = core.service(core.state.config.default_service)
        call.service, call.priority = service.id, service.priority
    if call.queued_at is None:
        call.queued_at = at
        call.order = next_place(core)
    core.waiting.remove(call)
    agent.call = call.id
    answer(core, call, leg, at)
    regrouped(core, call.id)
