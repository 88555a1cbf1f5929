"""The events of the caller's channel: it comes, is led through the flow, waits, goes."""

from typing import Literal

from acd.engine.core import Core, happened_at
from acd.engine.handlers import callbacks, empty_chair
from acd.engine.handlers.ending import end_spoken, finish, pause_waiting
from acd.engine.handlers.offers import end_talk, is_leg
from acd.engine.model.commands import ReleaseCall, ReleaseReason
from acd.engine.model.config import Service, ServiceClass
from acd.engine.model.events import (
    CallDetached,
    CallerGone,
    CallHeld,
    CallUnheld,
    FlowFinished,
    FlowStepped,
    HangupRequested,
    ServiceChosen,
    SurgeHeard,
)
from acd.engine.model.facts import (
    CallOverflowed,
    CallReleased,
    CallStepped,
    HoldBegan,
    HoldEnded,
    Outcome,
    OverflowWhy,
)
from acd.engine.model.ids import NodeId, ServiceId
from acd.engine.model.phone_numbers import e164, known
from acd.engine.model.request_events import RequestTold
from acd.engine.model.request_facts import RequestHeard
from acd.engine.model.state import Call, Choice, KindMenu, Left, Named, Queued, Released
from acd.engine.model.transitions import move_call
from acd.engine.rules import (
    admission,
    announcements,
    audio_messages,
    emergency_places,
    ended_calls,
    estimated_wait,
    kind_menu,
    message_caps,
    page_reload,
    preferred_agent,
    relaxation,
    repeat_callers,
    surge,
    talk,
    telling,
    urgent,
)
from acd.engine.rules.entry_facts import next_place, take_on, tell_named, tell_queued
from acd.engine.rules.matching import match_call, wait, waiting_anew
from acd.engine.rules.max_wait import MAX_WAIT

OLDEST_ARRIVAL_S = 86_400.0
"""A time of arrival from the dialplan is believed if it is not in the future and not older than these seconds."""


def on_detached(core: Core, event: CallDetached) -> None:
    """The session is over. The caller keeps their place until we know that the channel is gone too."""
    call = core.state.calls.get(event.call)
    if call is not None and not call.away:
        core.leave_queue(call)
        call.attached = False
        call.orphaned = call.orphaned or event.lost
        end_spoken(core, call)


def on_stepped(core: Core, event: FlowStepped) -> None:
    """Remember the caller's step in the flow, so that a restart continues there."""
    call = core.state.calls.get(event.call)
    if call is not None and call.in_flow:
        call.step, call.language = event.step, event.language or call.language
        core.emit(CallStepped(at=core.at, call=call.id, step=event.step, key=event.key, language=call.language))


def on_chosen(core: Core, event: ServiceChosen) -> None:
    """The caller wants an agent: name the request, then queue."""
    call = core.state.calls.get(event.call)
    if call is None or not call.in_flow:
        return
    call.language = event.language
    choose(core, call, Choice(service=event.service, fields=event.fields, preferred=event.preferred))


def choose(core: Core, call: Call, choice: Choice, kinds: KindMenu | None = None) -> None:
    """Queue a caller for the service that they chose, unless they are refused or hear the surge message first. `kinds`:
    they have chosen only that it is urgent."""
    service, number = core.service(choice.service), e164(call.number)
    if number and number in core.state.config.blocked and service.priority != "urgent":
        name(core, call, service)
        release(core, call, "rejected", prompt="queue_goodbye_blocked")
        return
    if call.heard is not None:
        call.heard.choice = None
    if call.full and service.priority != "urgent" and emergency_places.is_full(core):
        name(core, call, service)
        release(core, call, "line_full", prompt="queue_goodbye_full")
        return
    if surge.play(core, call, service, choice):
        return
    queued = place_for(core, call, service, service.priority, core.at)
    queued.points, queued.kinds = core.state.config.vip.get(number, 0.0), kinds
    if service.priority == "urgent":
        repeat_callers.count(core, call, queued)
    again = repeat_callers.has_called(core, call, queued)
    opens = service.opens_ticket and not queued.untold
    tell_named(core, call, queued, opens_ticket=opens, fields=choice.fields, again=again, asked=queued.untold)
    no = admission.refused(core, queued, service)
    if no is not None and no.to is None:
        call.unqueued = Named(service=service.id, priority=service.priority)
        refuse(core, call, service, no.why)
        return
    kept = callbacks.lend_place(core, call, queued)
    if kept is None and service.priority == "urgent":
        kept = urgent.kept_place(core, call)
    enter(core, call, queued, kept)
    if settle(core, call, queued, service):
        announcements.schedule(core, queued)
        preferred_agent.prefer(core, queued, choice.preferred)
        wait(core, call)


def place_for(core: Core, call: Call, service: Service, priority: ServiceClass, at: float) -> Queued:
    """Create the place of a caller who has wanted a service since `at`. The caller of this must then set its order."""
    return Queued(
        call=call.id,
        service=service.id,
        priority=priority,
        language=call.language,
        at=at,
        order=0,
        moved_at=core.at,
    )


def enter(core: Core, call: Call, queued: Queued, kept: Left | None) -> None:
    """The caller enters the queue, at a place that was kept for them or behind all others."""
    queued.order = repeat_callers.place(queued, next_place(core) if kept is None else kept.order)
    call.queued, call.unqueued = queued, None
    move_call(call, "waiting")
    if queued.priority == "urgent":
        urgent.count_arrival(core)
        urgent.start_backup(core, queued)
    ahead = sum(count for _, count in core.waiting.ahead(queued.priority, queued.order))
    queued.ewt_s = queued.ewt_now_s = estimated_wait.estimate(core, queued)
    tell_queued(core, call, queued, ahead + 1, None if kept is None else kept.call)


def name(core: Core, call: Call, service: Service, fields: dict[str, str] | None = None) -> None:
    """Record what a caller wants who does not enter the queue."""
    call.unqueued = Named(service=service.id, priority=service.priority)
    tell_named(core, call, call.unqueued, opens_ticket=False, fields=fields)


def on_surge_heard(core: Core, event: SurgeHeard) -> None:
    """The caller has heard the surge message: they need nothing more, or queue."""
    call = core.state.calls.get(event.call)
    heard = None if call is None or call.phase != "flow" else call.heard
    choice = None if heard is None else surge.chosen(heard)
    if call is None or heard is None or choice is None:
        return
    if event.answered:
        service = core.service(choice.service)
        name(core, call, service, choice.fields)
        surge.count_answered(core, call, heard, service)
        release(core, call, "self_served", prompt="goodbye")
    else:
        choose(core, call, choice)


def settle(core: Core, call: Call, queued: Queued, service: Service) -> bool:
    """Find a queue for a caller who is in none: this service's, or the one it overflows to. False if they were
    released."""
    while (no := admission.refused(core, queued, service)) is not None:
        if no.to is None:
            refuse(core, call, service, no.why)
            return False
        service = move_service(core, queued, service, no.to, no.why)
    place(core, call, queued, service)
    return True


def refuse(core: Core, call: Call, service: Service, why: OverflowWhy) -> None:
    """Release a caller who may not queue, and record why."""
    if why == "closed":
        let_go(core, call, "closed", service.closed_prompt)
    else:
        let_go(core, call, "no_agents", "queue_goodbye_no_agents")


def let_go(core: Core, call: Call, outcome: Literal["timed_out", "closed", "no_agents"], prompt: str) -> None:
    """Release a caller whom no agent serves; if they may leave a message and were not asked yet, ask them first."""
    if call.message is not None or not audio_messages.possible(core, call) or message_caps.refuses(core, call):
        release(core, call, outcome, prompt)
        return
    if call.queued is not None:
        pause_waiting(core, call, call.queued)
    audio_messages.begin(core, call, outcome, (prompt, audio_messages.INSTEAD))


def place(core: Core, call: Call, queued: Queued, service: Service) -> None:
    """Put the caller, who must be in no queue now, into this service's queue, as of `moved_at`."""
    relaxation.begin(core, queued, service)
    if service.max_wait_s is not None:
        MAX_WAIT.start_at(core, call, queued.moved_at + service.max_wait_s)


def move_service(core: Core, queued: Queued, service: Service, to: ServiceId, why: OverflowWhy) -> Service:
    """Move a caller, who must be in no queue now, to the service that theirs overflows to. Waiting time and order
    stay."""
    preferred_agent.drop(core, queued, "moved")
    if queued.untold:
        kind_menu.settle(core, core.state.calls[queued.call])
        announcements.resume(core, queued)
    target = core.service(to)
    # A caller who said that it is urgent stays urgent.
    priority: ServiceClass = "urgent" if queued.priority == "urgent" else target.priority
    core.emit(
        CallOverflowed(
            at=core.at,
            call=queued.call,
            service=service.id,
            priority=priority,
            to=target.id,
            why=why,
        )
    )
    before = queued.priority
    queued.service, queued.priority, queued.moved_at, queued.relaxed = target.id, priority, core.at, 0
    if priority != before:
        queued.order = repeat_callers.place(queued, queued.order)
        if priority == "urgent":
            urgent.count_arrival(core)
            urgent.start_backup(core, queued)
    return target


def on_max_wait(core: Core, call: Call) -> None:
    """A caller has waited as long as their service allows. If an agent rings for them, the ring goes on. A caller
    without a session can hear no word of ours: their time is over when they are back."""
    queued = call.place
    service = core.service(queued.service)
    if call.offer is not None:  # checked again when the ring can be over
        MAX_WAIT.start_at(core, call, call.offer.expires_at)
        return
    if not call.attached:
        return
    core.waiting.remove(queued)
    if service.overflow_to is not None:
        move_on(core, call, queued, service, service.overflow_to, "max_wait")
    else:
        let_go(core, call, "timed_out", "queue_goodbye_timed_out")


def move_on(core: Core, call: Call, queued: Queued, service: Service, to: ServiceId, why: OverflowWhy) -> None:
    """Let a waiting caller, who must be in no queue now, wait for the service that theirs overflows to, or for that
    one's overflow."""
    heard_menu = queued.hears_menu  # which ends as they move
    target = move_service(core, queued, service, to, why)
    while (no := admission.refused(core, queued, target)) is not None and no.why != "max_waiting":
        if no.to is None:
            refuse(core, call, target, no.why)
            return
        target = move_service(core, queued, target, no.to, no.why)
    place(core, call, queued, target)
    wait(core, call, music=heard_menu)


def on_backup(core: Core, queued: Queued) -> None:
    """An urgent caller has waited long enough for the backup tier."""
    with core.waiting.moving(queued) as waits:
        queued.backup_open = True
    if waits:
        match_call(core, queued)


def on_retry(core: Core, queued: Queued) -> None:
    """A while ago every agent on duty let this caller pass: the caller may be offered to them again."""
    queued.retry_at = None
    with waiting_anew(core, queued):
        queued.skipped = []


def believed(core: Core, arrived_at: float | None) -> float:
    """The reported time of a caller's arrival, if it is possible; else now."""
    if arrived_at is None or not core.at - OLDEST_ARRIVAL_S <= arrived_at <= core.at:
        return core.at
    return arrived_at


RELEASED_AS: dict[Outcome, ReleaseReason] = {
    "timed_out": "timed_out",
    "rejected": "rejected",
    "closed": "closed",
    "no_agents": "no_agents",
    "line_full": "line_full",
    "message_left": "message_left",
}


def release(core: Core, call: Call, outcome: Outcome, prompt: str = "") -> None:
    """Release a caller whom no agent serves, after a prompt if there is one. The caller must not be in the queue's
    index."""
    kind_menu.settle(core, call)
    call.released = Released(outcome=outcome, at=core.at)
    if call.queued is not None:
        announcements.stop(core, call.queued)
        preferred_agent.stop(core, call.queued)
        relaxation.stop(core, call.queued)
    move_call(call, "leaving")
    core.emit(CallReleased(at=core.at, call=call.id, outcome=outcome))
    core.emit(
        ReleaseCall(
            call=call.id,
            reason=RELEASED_AS.get(outcome, "flow_finished"),
            announce=prompt,
            language=call.language,
        )
    )


def on_finished(core: Core, event: FlowFinished) -> None:
    """The caller needs no agent."""
    call = core.state.calls.get(event.call)
    if call is not None and call.in_flow:
        release(core, call, "self_served")


def on_request_told(core: Core, event: RequestTold) -> None:
    """The caller hears of a request that was made before."""
    if event.call in core.state.calls:
        core.emit(RequestHeard(at=core.at, call=event.call, ticket=event.ticket, how=event.how))


def on_hangup_requested(core: Core, event: HangupRequested) -> None:
    """The party that hangs up first has ended the call. An agent who hangs up is free at once: Asterisk then only takes
    down their leg."""
    call = core.state.calls.get(event.call)
    if call is None or call.hangup_by is not None or call.phase == "leaving":
        return
    if call.away:  # the caller has no channel
        return
    if event.by == "agent" and page_reload.is_dead(call, event.channel):
        return
    if event.by == "agent" and event.channel and not is_leg(core, call.leg, event.channel):
        return  # the agent who transferred the caller, or whom the caller reached
    call.hangup_by = event.by
    if event.by == "agent" and event.channel and call.talk is not None:
        end_talk(core, call, call.talk, at=happened_at(core, event, call.talk.began_at))


def on_held(core: Core, event: CallHeld) -> None:
    """The agent put the caller on hold."""
    call = core.state.calls.get(event.call)
    if call is not None:
        empty_chair.is_there(core, call, event.channel)
    now = None if call is None else call.talk
    if now is None or (event.channel and not is_leg(core, now, event.channel)):
        return
    if now.hold_since is None:
        now.hold_since = happened_at(core, event, now.began_at)
        core.emit(HoldBegan(at=now.hold_since, call=event.call))


def on_unheld(core: Core, event: CallUnheld) -> None:
    """The caller is off hold."""
    call = core.state.calls.get(event.call)
    now = None if call is None else call.talk
    if now is None or (event.channel and not is_leg(core, now, event.channel)):
        return
    if now.hold_since is not None:
        at = happened_at(core, event, now.hold_since)
        talk.unhold(now, at)
        core.emit(HoldEnded(at=at, call=event.call))


def on_gone(core: Core, event: CallerGone) -> None:
    """The caller's channel is gone: the call ends, with the outcome of its phase."""
    call = core.state.calls.get(event.call)
    if call is None:
        # The line answered, and the caller was gone before a session began; the standby may report the call too.
        if event.channel and not ended_calls.has_ended(core, event.call):
            missed = Call(
                id=event.call,
                node=NodeId(event.call.rpartition("-")[0]),
                channel=event.channel,
                number=known(event.number),
                name="",
                dialled="",
                arrived_at=believed(core, happened_at(core, event) if event.arrived_at is None else event.arrived_at),
                orphaned=True,
            )
            take_on(core, missed)
            finish(core, missed, by="caller", at=happened_at(core, event, missed.arrived_at))
    elif call.telling is not None and call.away:
        telling.lost(core, call, call.telling, event.cause_code)
    elif (callback := call.to_call_back) is not None:
        callbacks.hung_up(core, call, callback)
    elif event.called_back == (call.callback is not None):  # not the first channel of a caller who has been reached
        talked_from = None if call.talk is None else call.talk.began_at
        queued_at = None if call.queued is None else call.queued.at
        begun = max(at for at in (call.arrived_at, queued_at, talked_from) if at is not None)
        if not audio_messages.hung_up(call, happened_at(core, event, begun)):
            finish(core, call, by="system" if core.state.stopping else "caller", at=happened_at(core, event, begun))
