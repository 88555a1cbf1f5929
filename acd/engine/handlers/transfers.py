"""Transfers: blind to a service or to an agent, or attended, to an agent after a consultation. If the agent was asked
as one of a service, the caller is that service's from then on.

The transferring agent goes into after-call work at once; the caller keeps class, order and waiting time. In a blind
transfer Asterisk leaves the Dial and comes back through the dialplan, so the caller has no session for a moment. AMI
and the new session both report the transfer, often after the report that the agent's leg is gone. The first report
counts.
"""

from acd.engine.core import Core, happened_at, last_offer, next_offer, offerable
from acd.engine.handlers import empty_chair, handovers, page_reload
from acd.engine.handlers.calls import move_service, place, place_for
from acd.engine.handlers.ending import regrouped
from acd.engine.handlers.offers import RETRY, answer, end_talk, start_retry, take_over
from acd.engine.model.config import TRANSFER_PREFIX, Service
from acd.engine.model.events import SeenCall, Transferred
from acd.engine.model.fact_base import TransferTo
from acd.engine.model.facts import CallTransferred
from acd.engine.model.handover_facts import HANDOVER
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent, Call, Kept, Offer, Queued, SentOn, Talk, Talked
from acd.engine.model.transitions import move_call
from acd.engine.rules import (
    admission,
    announcements,
    audio_messages,
    kind_menu,
    own_calls,
    relaxation,
    repeat_callers,
    required_disposition,
    talk,
    urgent,
    wrapup,
)
from acd.engine.rules.choice import SENT
from acd.engine.rules.entry_facts import next_place, tell_named
from acd.engine.rules.matching import best_for, match_agent, may_match, paused, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import back_to_queue, cancel, close_offer, make_offer


def on_transferred(core: Core, event: Transferred) -> None:
    """An agent transferred the caller."""
    call = core.state.calls.get(event.call)
    if call is not None:
        empty_chair.is_there(core, call, event.leg)
    part = None if call is None else part_of(call, event.leg)
    if call is None:
        return
    if part is None:
        if event.kind == "attended" and call.talk is not None and call.talk.channel == event.to_leg:
            _take_service(core, call, service_of(core, event.dialled))  # Asterisk's list told of the talk before
        return
    at = happened_at(core, event, part.began_at if isinstance(part, Talk) else None)
    if event.kind == "blind":
        free(core, leave(core, call, part, event.dialled, at))
    elif event.to_leg:
        hand_over(core, call, part, event.to_leg, at, event.dialled)
    else:
        free(core, send_on(core, call, part, "", rings=True, at=at))


def leave(core: Core, call: Call, part: Talk | Talked, dialled: str, at: float | None = None) -> Agent | None:
    """The caller has left the agent by a blind transfer, now or at `at`: to an outside telephone if the line has
    ordered that, else to wait again. Returns the agent who is free now."""
    if call.handover is None or dialled not in ("", HANDOVER):
        return send_on(core, call, part, dialled, at=at)
    freed, talked = end_part(core, call, part, core.at if at is None else at)
    handovers.begin(core, call, call.handover, talked)
    return freed


def arrive(core: Core, call: Call, channel: str, freed: Agent | None) -> None:
    """The channel of a transferred caller has arrived: offer them to the agent or service that they were sent to. If
    that is not possible, they are back at their place. `freed` is the transferring agent, if the end of their leg did
    not free them before."""
    sent_on, call.attached, call.channel, call.sent_on = call.sent_on, True, channel, None
    kind_menu.begin_anew(core, call)
    MAX_WAIT.start(core, call)
    agent = None if sent_on is None or sent_on.to is None else core.state.agents.get(sent_on.to)
    if agent is not None and _may_have(core, agent, call):
        make_offer(core, call.place, agent, SENT)
    else:  # match the free agent first: a caller who loses a ringing agent to this one may be less urgent
        _have_back(core, call)
        wait(core, call, freed=freed)
    free(core, freed)
    regrouped(core, call.id)


def _have_back(core: Core, call: Call) -> None:
    """An urgent caller, who must be in no queue now, may get the transferring agent again if no other agent is
    available. That agent has not let the caller pass, so the caller need not wait as if they had."""
    queued = call.place
    if queued.priority != "urgent" or call.talked is None or call.talked.agent not in queued.skipped:
        return
    if urgent.can_be_rung(core, queued):
        return
    queued.skipped = [agent for agent in queued.skipped if agent != call.talked.agent]
    if not queued.skipped and queued.retry_at is not None:
        queued.retry_at = None
        RETRY.stop(core, queued)


def part_of(call: Call, leg: str) -> Talk | Talked | None:
    """The present talk if this channel is its agent's leg, or the latest finished part if it was that one's."""
    if call.talk is not None:
        return call.talk if call.talk.channel == leg else None
    over = call.talked if call.phase == "leaving" and call.released is None else None
    return over if over is not None and over.leg in ("", leg) else None


def handed_on(call: Call, leg: str) -> Talked | None:
    """The latest part of the talk if it is over and the caller talks by another leg, as they do when an agent gave them
    to another one and only the end of that agent's leg was told."""
    part = None if call.talked is None else part_of(call, call.talked.leg)
    return part if isinstance(part, Talked) and part.leg != leg else None


def handed_outside(call: Call, seen: SeenCall) -> Talk | Talked | None:
    """The part of the talk that a caller has left for an outside telephone, if nobody told of that: it was ordered, no
    session of ours has their channel any more, and it is there without an agent's leg."""
    if call.handover is None or call.attached or seen.talking or seen.leg:
        return None
    return call.talk or (None if call.talked is None else part_of(call, call.talked.leg))


def _may_have(core: Core, agent: Agent, call: Call) -> bool:
    """Whether the agent is free, and no urgent caller comes before this one."""
    if not may_match(core) or not offerable(agent):
        return False
    return call.place.priority == "urgent" or best_for(core, agent, urgent_only=True) is None


def agent_of(core: Core, dialled: str) -> Agent | None:
    """The agent with this extension."""
    agent = core.state.agents.get(AgentId(dialled))
    return None if agent is None or agent.removed else agent


def service_of(core: Core, dialled: str) -> Service | None:
    """The service with this transfer code."""
    code = dialled.removeprefix(TRANSFER_PREFIX) if dialled.startswith(TRANSFER_PREFIX) else ""
    return next((one for one in core.state.config.services if code and one.transfer_code == code), None)


def agent_of_leg(core: Core, leg: str) -> Agent | None:
    """The agent whose phone a channel belongs to."""
    for agent_id in sorted(core.state.agents):
        agent = core.state.agents[agent_id]
        if agent.profile.has(leg):
            return agent
    return None


def free(core: Core, agent: Agent | None) -> None:
    """Let the transferring agent take another caller. Call it after the transferred caller, who may be urgent now, is
    in the queue."""
    if agent is not None:
        match_agent(core, agent)
        core.drop_removed(agent)


def send_on(
    core: Core, call: Call, part: Talk | Talked, dialled: str, *, rings: bool = False, at: float | None = None
) -> Agent | None:
    """Let the caller wait again, at the place they had: for a service, for an agent, or as before. `rings`: Asterisk
    rings a phone for them, and they come back only if nobody answers. `at` is the time of the transfer, if it was
    before now. Returns the agent who is free now, if their leg's end had not freed them before."""
    wanted, service = agent_of(core, dialled), service_of(core, dialled)
    _take_kind(core, call, service)
    freed, talked = end_part(core, call, part, core.at if at is None else at)
    by, talked.handed_on = talked.agent, True
    move_call(call, "waiting")
    queued = call.place
    repeat_callers.vouch(core, queued)
    if queued.priority == "outcome":  # they hold the line from now
        queued.priority = "routine"
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


def _take_service(core: Core, call: Call, service: Service | None, *, says_kind: bool = False) -> None:
    """The caller is with an agent who was asked as one of this service. `says_kind`: that says their kind, too."""
    says_kind = says_kind or _says_kind(call, service)
    _take_kind(core, call, service)
    if service is not None and (says_kind or service.id != call.place.service):
        _move(core, call, call.place, service)


def _says_kind(call: Call, service: Service | None) -> bool:
    """Whether the service says the kind of a caller of whom none is known: it may be the one that stands for that."""
    untold = call.untold or kind_menu.is_left_untold(call.place)
    return untold and service is not None and service.priority == "urgent"


def _take_kind(core: Core, call: Call, service: Service | None) -> None:
    """An agent who sends an untold caller on to an urgent service says the kind thereby. Call it before the agent's
    part ends, which would open a request without a kind."""
    if call.untold and service is not None and service.priority == "urgent" and service.opens_ticket:
        kind_menu.close(core, call, call.place)


def end_part(core: Core, call: Call, part: Talk | Talked, at: float) -> tuple[Agent | None, Talked]:
    """End the transferring agent's part of the talk, if the end of their leg has not done so. Returns the agent if it
    ended now, and the finished parts."""
    if isinstance(part, Talked):
        required_disposition.ask_no_more(core, call.id)
        return None, part
    agent = talk.end(core, call, part, at, last=False)
    core.refresh(agent)
    assert call.talked is not None
    return agent, call.talked


def _taking(core: Core, queued: Queued, service: Service) -> Service:
    """The service for a caller who is transferred to one: the one it overflows to, if it overflows now. A caller who
    would be released there waits nevertheless: the transferring agent knows better than opening hours."""
    while (no := admission.refused(core, queued, service)) is not None and no.to is not None:
        service = move_service(core, queued, service, no.to, no.why)
    return service


def _move(core: Core, call: Call, queued: Queued, service: Service) -> None:
    """Change the call's service. An urgent caller stays urgent. A request that was opened without a kind gets that of
    an urgent service."""
    was_urgent = queued.priority == "urgent"
    queued.service, queued.priority = service.id, "urgent" if was_urgent else service.priority
    if queued.priority == "urgent" and not was_urgent:
        queued.order = repeat_callers.place(queued, queued.order)
        urgent.count_arrival(core)
        urgent.start_backup(core, queued)
    again = repeat_callers.has_called(core, call, queued)
    opens = service.opens_ticket
    if service.priority == "urgent" and kind_menu.is_left_untold(queued):
        kind_menu.change(core, call, queued, service)
        opens = False
    tell_named(core, call, queued, opens_ticket=opens, again=again)


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


def hand_over(
    core: Core, call: Call, part: Talk | Talked | None, leg: str, at: float | None = None, dialled: str = ""
) -> None:
    """Another agent's leg talks to the caller, from now or since `at`. `part` is the talk before; None if the caller
    waited. `dialled`: the code of the service for which the other agent was asked, if that was said."""
    agent = agent_of_leg(core, leg)
    if agent is None:
        if isinstance(part, Talk):  # the other party is no agent any more
            end_talk(core, call, part, release=False)
        return
    if isinstance(part, Talk) and part.agent == agent.profile.id:
        part.channel = leg
        return
    if leg not in agent.channels:
        agent.channels.append(leg)
    with paused(core):
        _hand_over(core, call, part, agent, leg, core.at if at is None else at, service_of(core, dialled))


def _hand_over(
    core: Core,
    call: Call,
    part: Talk | Talked | None,
    agent: Agent,
    leg: str,
    began_at: float,
    service: Service | None,
) -> None:
    release_agent(core, agent)
    # The session's Dial goes on and returns for the offer with which it began; without a session there is no Dial.
    offer = next_offer(call) if part is None else last_offer(call)
    if part is not None:
        says_kind = _says_kind(call, service)
        _take_kind(core, call, service)
        _, talked = end_part(core, call, part, began_at)
        _take_service(core, call, service, says_kind=says_kind)
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
    """The agent talks to a caller whom the engine did not connect to them: end their present activity. Matches
    nobody."""
    match core.call_of(agent):
        case Call(offer=Offer() as offer) as other if offer.agent == agent.profile.id:
            cancel(core, other, offer)
            close_offer(core, other, offer, "lost")
            if own_calls.is_own(other):
                own_calls.give_up(core, other, offer)
            else:
                back_to_queue(core, other)
                wait(core, other)
        case Call(talk=Talk() as over) as other if over.agent == agent.profile.id:
            end_talk(core, other, over, by="unknown")
        case Call(phase="kept", kept=Kept() as kept) as other if kept.agent == agent.profile.id:
            page_reload.give_up(core, other, kept, "other_call")
    wrapup.end(core, agent)


def resume_talk(core: Core, call: Call, agent: Agent, leg: str, answered_at: float | None = None) -> None:
    """Record that these two talk: the journal's end was lost, or the answer came while no engine ran. The talk began at
    Asterisk's time, if it is known, else now."""
    if call.phase == "kept" and call.kept is not None:
        page_reload.give_up(core, call, call.kept, "outage")
    since = call.arrived_at if call.queued is None else call.queued.at
    at = core.at if answered_at is None else min(max(answered_at, since), core.at)
    release_agent(core, agent)
    offer = Offer(id=next_offer(call), agent=agent.profile.id, made_at=at, expires_at=at)
    if call.queued is None:
        service = core.service(core.state.config.default_service)
        call.queued, call.unqueued = place_for(core, call, service, service.priority, at), None
        call.queued.order = next_place(core)
    core.waiting.remove(call.queued)
    audio_messages.interrupted(core, call)
    agent.call = call.id
    answer(core, call, offer, leg, at)
    regrouped(core, call.id)
