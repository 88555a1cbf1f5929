"""Callers whom an agent hands on: blind to a service or to an agent, or to an agent who was told of them first.

The agent who hands on is free of the caller at once and goes into after-call work; the caller keeps class, order and
waiting time. A blind transfer makes Asterisk leave the Dial and come back to us by the dialplan, so the caller is
without a session for a moment; word of it reaches us on two ways, by AMI and with the new session, and often behind
the word that the agent's leg is gone. Whichever comes first counts.
"""

from acd.engine.core import Core, happened_at, last_offer, next_offer, offerable
from acd.engine.handlers.calls import move_service, place, place_for
from acd.engine.handlers.ending import regrouped
from acd.engine.handlers.offers import RETRY, answer, end_talk, start_retry, take_over
from acd.engine.model.config import TRANSFER_PREFIX, Service
from acd.engine.model.events import Transferred
from acd.engine.model.facts import CallReturned, CallTransferred, TransferTo
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent, Call, Offer, Queued, SentOn, Talk, Talked
from acd.engine.model.transitions import move_call
from acd.engine.rules import admission, announcements, relaxation, repeat_callers, talk, urgent, wrapup
from acd.engine.rules.entry_facts import next_place, tell_named
from acd.engine.rules.matching import best_for, match_agent, may_match, paused, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import cancel, close_offer, make_offer


def on_transferred(core: Core, event: Transferred) -> None:
    """An agent handed the caller on."""
    call = core.state.calls.get(event.call)
    part = None if call is None else part_of(call, event.leg)
    if call is None or part is None:
        return
    at = happened_at(core, event, part.began_at if isinstance(part, Talk) else None)
    if event.kind == "blind":
        _free(core, send_on(core, call, part, event.dialled, at=at))
    elif event.to_leg:
        hand_over(core, call, part, event.to_leg, at)
    else:
        _free(core, send_on(core, call, part, "", rings=True, at=at))


def arrive(core: Core, call: Call, channel: str, freed: Agent | None) -> None:
    """The channel of a caller who was sent on is with us: they are offered to whom they were sent to. If that cannot
    be, they are back at their place. `freed` is the agent who sent them on, where the end of their leg did not free
    them before."""
    sent_on, call.attached, call.channel, call.sent_on = call.sent_on, True, channel, None
    agent = None if sent_on is None or sent_on.to is None else core.state.agents.get(sent_on.to)
    if agent is not None and _may_have(core, agent, call):
        make_offer(core, call.place, agent)
    else:  # who is free now looks first: whoever loses a ringing agent to this caller may be less urgent
        _have_back(core, call)
        wait(core, call, freed=freed)
    _free(core, freed)
    regrouped(core, call.id)


def _have_back(core: Core, call: Call) -> None:
    """An urgent caller, who is in no queue now, may have the agent back who sent them on if nobody else can be had.
    That agent has not let the caller pass, and is not to be waited for as if they had."""
    queued = call.place
    if queued.priority != "urgent" or call.talked is None or call.talked.agent not in queued.skipped:
        return
    by, need = call.talked.agent, core.need(queued)
    lineups = (core.idle, core.wrapup, core.ringing, core.backup)[: 4 if urgent.backup_due(queued) else 3]
    if any(lineup.first_for(queued, need) is not None for lineup in lineups):
        return
    queued.skipped = [agent for agent in queued.skipped if agent != by]
    if not queued.skipped and queued.retry_at is not None:
        queued.retry_at = None
        RETRY.stop(core, queued)


def part_of(call: Call, leg: str) -> Talk | Talked | None:
    """The talk with the agent whose channel this is, or the one that is over, if they had the caller last."""
    if call.talk is not None:
        return call.talk if call.talk.channel == leg else None
    over = call.talked if call.phase == "leaving" and call.released is None else None
    return over if over is not None and over.leg in ("", leg) else None


def _may_have(core: Core, agent: Agent, call: Call) -> bool:
    """Whether the agent is free, and no urgent caller has more of a right to them."""
    if not may_match(core) or not offerable(agent):
        return False
    return call.place.priority == "urgent" or best_for(core, agent, urgent_only=True) is None


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
    """The agent who sent the caller on takes another; after that caller, who may have become urgent, is in the
    queue."""
    if agent is not None:
        match_agent(core, agent)
        core.drop_removed(agent)


def send_on(
    core: Core, call: Call, part: Talk | Talked, dialled: str, *, rings: bool = False, at: float | None = None
) -> Agent | None:
    """The caller waits again, at the place they had: for a service, for an agent, or as before. `rings`: they hear a
    phone that Asterisk rings, and come back to us only if nobody answers it. `at` is when they were sent on, if it was
    before now. The agent who is free now, if their leg's end had not freed them before."""
    wanted, service = agent_of(core, dialled), service_of(core, dialled)
    freed, talked = _part(core, call, part, core.at if at is None else at)
    by, talked.handed_on = talked.agent, True
    move_call(call, "waiting")
    queued = call.place
    repeat_callers.vouch(core, queued)
    call.attached, call.hangup_by = False, None
    call.sent_on = SentOn(to=None if wanted is None else wanted.profile.id, rings=rings)
    queued.moved_at, queued.relaxed = core.at, 0
    if service is not None:
        _move(core, call, queued, service)
    to: TransferTo = "service" if service is not None else "agent" if wanted is not None else "queue"
    _tell(core, call, by, "ringing" if rings else to, call.sent_on.to)
    asked = core.service(queued.service)
    place(core, call, queued, _taking(core, queued, asked) if to == "service" else asked)
    announcements.schedule(core, queued)
    if by not in queued.skipped:
        queued.skipped = [*queued.skipped, by]
    start_retry(core, queued)
    return freed


def _part(core: Core, call: Call, part: Talk | Talked, at: float) -> tuple[Agent | None, Talked]:
    """End the part of the agent who hands on, where the end of their leg has not done so yet. The agent if so, and what
    is over."""
    if isinstance(part, Talked):
        return None, part
    agent, talked = talk.end(core, call, part, at)
    core.refresh(agent)
    return agent, talked


def _taking(core: Core, queued: Queued, service: Service) -> Service:
    """The service that takes a caller who is sent to one: where it overflows, if it does now. A caller who would be let
    go there waits all the same: they were in a talk, and an agent who sends them on knows better than opening hours."""
    while (no := admission.refused(core, queued, service)) is not None and no.to is not None:
        service = move_service(core, queued, service, no.to, no.why)
    return service


def _move(core: Core, call: Call, queued: Queued, service: Service) -> None:
    """Another service is asked for. An urgent caller stays urgent."""
    was_urgent = queued.priority == "urgent"
    queued.service, queued.priority = service.id, "urgent" if was_urgent else service.priority
    if queued.priority == "urgent" and not was_urgent:
        urgent.count_arrival(core)
        urgent.start_backup(core, queued)
    again = repeat_callers.has_called(core, call, queued)
    tell_named(core, call, queued, opens_ticket=service.opens_ticket, again=again)


def _tell(core: Core, call: Call, by: AgentId, to: TransferTo, agent: AgentId | None) -> None:
    """The fact of a transfer."""
    queued = call.place
    call.transfers += 1
    core.emit(
        CallTransferred(
            at=core.at,
            call=call.id,
            by=by,
            to=to,
            agent=agent,
            service=queued.service,
            priority=queued.priority,
            queued_at=queued.at,
        )
    )


def hand_over(core: Core, call: Call, part: Talk | Talked | None, leg: str, at: float | None = None) -> None:
    """Another agent's leg talks to the caller, from now or since `at`. Before, there was `part`, or none where the
    caller waits."""
    agent = agent_of_leg(core, leg)
    if agent is None:
        if isinstance(part, Talk):  # with somebody who is no agent any more
            end_talk(core, call, part, release=False)
        return
    if isinstance(part, Talk) and part.agent == agent.profile.id:
        part.channel = leg
        return
    if leg not in agent.channels:
        agent.channels.append(leg)
    with paused(core):
        _hand_over(core, call, part, agent, leg, core.at if at is None else at)


def _hand_over(core: Core, call: Call, part: Talk | Talked | None, agent: Agent, leg: str, began_at: float) -> None:
    release_agent(core, agent)
    # The session's Dial goes on and will return for the offer it was begun with; without a session there is none.
    offer = next_offer(call) if part is None else last_offer(call)
    if part is not None:
        _, talked = _part(core, call, part, began_at)
        _tell(core, call, talked.agent, "talk", agent.profile.id)
    queued = call.place
    core.waiting.remove(queued)
    call.sent_on, call.hangup_by = None, None
    agent.call = call.id
    MAX_WAIT.stop(core, call)
    relaxation.stop(core, queued)
    announcements.stop(core, queued)
    take_over(core, call, talk.begin(core, call, agent, offer, leg, "attended", began_at))


def release_agent(core: Core, agent: Agent) -> None:
    """The agent talks to a caller of whom we did not know: whatever we had them do is over. Nobody is matched here."""
    match core.call_of(agent):
        case Call(offer=Offer() as offer) as other if offer.agent == agent.profile.id:
            cancel(core, other, offer)
            close_offer(core, other, offer, "lost")
            move_call(other, "waiting")
            core.emit(CallReturned(at=core.at, call=other.id))
            wait(core, other)
        case Call(talk=Talk() as over) as other if over.agent == agent.profile.id:
            end_talk(core, other, over, by="unknown")
    wrapup.end(core, agent)


def resume_talk(core: Core, call: Call, agent: Agent, leg: str, answered_at: float | None = None) -> None:
    """Believe that these two talk: the journal's end was lost, or the answer came while no engine looked. Since when,
    Asterisk may know; else it is now."""
    since = call.arrived_at if call.queued is None else call.queued.at
    at = core.at if answered_at is None else min(max(answered_at, since), core.at)
    release_agent(core, agent)
    offer = Offer(id=next_offer(call), agent=agent.profile.id, made_at=at, expires_at=at)
    if call.queued is None:
        service = core.service(core.state.config.default_service)
        call.queued = place_for(core, call, service, service.priority, at)
        call.queued.order = next_place(core)
    core.waiting.remove(call.queued)
    agent.call = call.id
    answer(core, call, offer, leg, at)
    regrouped(core, call.id)
