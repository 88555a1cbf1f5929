"""Calls that the standby served: waiting ones are taken over, ended ones are closed, each exactly once."""

from acd.engine.core import Core, next_offer, span
from acd.engine.handlers import late_answers, page_reload
from acd.engine.handlers.calls import place, place_for
from acd.engine.handlers.ending import REGROUP, finish
from acd.engine.handlers.offers import give_up_offer
from acd.engine.model.events import CallImported
from acd.engine.model.facts import CallAnswered, CallLinedUp, TalkEnded
from acd.engine.model.ids import AgentId
from acd.engine.model.phone_numbers import e164, known
from acd.engine.model.state import Answered, Call, Talked
from acd.engine.model.transitions import move_call
from acd.engine.rules import announcements, audio_messages, ended_calls, estimated_wait, repeat_callers, talk, urgent
from acd.engine.rules.entry_facts import next_place, take_on, tell_named, tell_queued
from acd.engine.rules.matching import paused
from acd.engine.rules.offer import back_to_queue
from acd.engine.rules.repeat_callers import LATER


def on_imported(core: Core, event: CallImported) -> None:
    """Take a record of the standby. The engine's own state wins if a session has the call, or if the engine saw its
    end."""
    if ended_calls.has_ended(core, event.call):
        return
    call = core.state.calls.get(event.call)
    if call is not None and (call.attached or call.away):
        return
    with paused(core):  # the agent, whose ring is over, is not offered to others before this caller was checked
        _take_in(core, event, _enter(core, event) if call is None else call)


def _take_in(core: Core, event: CallImported, call: Call) -> None:
    late_answers.believe(core, call)
    if call.offer is not None:  # its ring was over before the standby could get it
        give_up_offer(core, call, call.offer, "lost")
    if call.phase == "kept" and call.kept is not None and event.queued_at is not None:
        page_reload.give_up(core, call, call.kept, "outage")
    if call.phase == "message" and event.queued_at is not None:
        audio_messages.interrupted(core, call)
        if call.queued is not None:
            back_to_queue(core, call)
            place(core, call, call.queued, core.service(call.queued.service))
    if call.phase in ("flow", "message") and event.queued_at is not None:
        _queue(core, call, event, event.queued_at)
    elif call.phase == "waiting" and event.urgent:
        urgent.escalate(core, call)
    if event.ended_at is not None:
        _close(core, call, event, event.ended_at)
    elif event.regroup and call.phase == "waiting" and call.id not in core.state.regrouping:
        core.state.regrouping.append(call.id)
        core.state.regroup_until = core.at + core.state.config.regroup_s
        REGROUP.start(core, "all")


def _enter(core: Core, event: CallImported) -> Call:
    call = Call(
        id=event.call,
        node=event.node,
        channel=event.channel,
        number=known(event.number),
        name=event.name,
        dialled=event.dialled,
        arrived_at=min(event.arrived_at, core.at),
        callable=event.callable,
        attached=False,
        orphaned=True,
    )
    return take_on(core, call)


def _queue(core: Core, call: Call, event: CallImported, queued_at: float) -> None:
    """The caller waits, since the standby asked them and not since now. A caller who pressed that it is urgent is
    believed, and gets a ticket for any subject."""
    service = core.service(core.state.config.default_service)
    priority = "urgent" if event.urgent else service.priority
    at = min(max(queued_at, call.arrived_at), core.at)
    queued = place_for(core, call, service, priority, at)
    # The caller had reached the surge message with us, so they get the points of their number.
    if call.heard is not None and call.heard.choice is not None:
        queued.points = core.state.config.vip.get(e164(call.number), 0.0)
    if priority == "urgent":
        repeat_callers.count(core, call, queued)
    opens_ticket, again = service.opens_ticket or priority == "urgent", repeat_callers.has_called(core, call, queued)
    tell_named(core, call, queued, opens_ticket=opens_ticket, at=at, again=again)
    queued.order = repeat_callers.place(queued, next_place(core))
    call.queued, call.unqueued = queued, None
    move_call(call, "waiting")
    ahead = core.waiting.urgent if priority == "urgent" else len(core.waiting)
    if event.ended_at is None:
        queued.ewt_s = queued.ewt_now_s = estimated_wait.estimate(core, queued)
    tell_queued(core, call, queued, ahead + 1)
    core.emit(CallLinedUp(at=at, call=call.id, queue=""))  # they waited without an engine
    if event.ended_at is None:
        if priority == "urgent":
            urgent.count_arrival(core)
            urgent.start_backup(core, queued)
        place(core, call, queued, service)
        announcements.schedule(core, queued)


def _close(core: Core, call: Call, event: CallImported, ended_at: float) -> None:
    """Close a call that was over before the engine knew it."""
    begun = call.arrived_at if call.queued is None else call.queued.at  # the latest known time
    if call.talk is not None:
        begun = call.talk.began_at
    elif call.talked is not None:
        begun = call.talked.ended_at
    if call.phase == "waiting" and event.answered_at is not None and event.agent is not None:
        begun = min(max(event.answered_at, begun), core.at)
        _answer(core, call, event.agent, begun)
        _tell_talk(core, call, event.agent, begun, min(max(ended_at, begun), core.at))
        call.hangup_by = event.hangup_by
    call.orphaned = False  # remembered as ended, even if the caller is called back and the call goes on
    finish(core, call, by=event.hangup_by, at=min(max(ended_at, begun), core.at))
    ended_calls.remember(core, call.id, spooled=True)


def _answer(core: Core, call: Call, agent: AgentId, answered_at: float) -> None:
    queued = call.place
    move_call(call, "talking")
    if call.answered is not None:  # another agent answered before, and transferred the caller
        return
    call.answered = Answered(agent=agent, at=answered_at)  # from when the wait counted is for those who talk still
    core.emit(
        CallAnswered(
            at=answered_at,
            call=call.id,
            offer=next_offer(call),
            agent=agent,
            service=queued.service,
            priority=queued.priority,
            wait_s=span(queued.at, answered_at),
            answer_delay_s=span(call.arrived_at, answered_at),
            ring_s=0.0,
            order=queued.order % LATER,
        )
    )


def _tell_talk(core: Core, call: Call, agent: AgentId, began_at: float, ended_at: float) -> None:
    talk_s = span(began_at, ended_at)
    talked = talk.add(call, Talked(parts=1, talk_s=talk_s, hold_s=0.0, agent=agent, leg="", ended_at=ended_at))
    move_call(call, "leaving")
    core.emit(
        TalkEnded(
            at=ended_at,
            call=call.id,
            agent=agent,
            number=talked.parts,
            how="answered" if talked.parts == 1 else "blind",
            began_at=began_at,
            talk_s=talk_s,
            hold_s=0.0,
        )
    )
