"""Hand-overs: an agent sends a talking caller to an outside body or to a person on duty, by the outgoing trunk.

The desk knows the town's targets and names one; the line dials no number that comes from a phone. Asterisk takes the
caller out of the talk by a transfer of the agent's leg into a context that no phone reaches (`handover`), as if the
agent's phone had transferred them. If the target does not answer in time, the dialplan brings the caller back, and the
agent who handed them over is rung first; if that agent is busy, the caller waits at the place they had. A caller who is
not back in time is looked for, as one without session and agent is.
"""

from acd.engine.core import Core, happened_at, offerable, on_duty
from acd.engine.handlers.calls import place
from acd.engine.handlers.ending import finish
from acd.engine.model.call_parts import Handover
from acd.engine.model.commands import BringBack, FindCaller, HandOver
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import SeenCall
from acd.engine.model.facts import CallReclassed
from acd.engine.model.handover_events import HandOverWished, OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import (
    HandOverBegan,
    HandOverOrdered,
    HandOverRefused,
    HandOverResult,
    HandOverWhy,
)
from acd.engine.model.state import Agent, Call, Talked
from acd.engine.model.transitions import move_call
from acd.engine.rules import announcements, recording, repeat_callers
from acd.engine.rules.choice import HANDED_BACK
from acd.engine.rules.declared import settings_of
from acd.engine.rules.hand_over import GRACE_S, LATE_S, LOOK_S, ORDER_S, TIMER, HandOvers, drop, over
from acd.engine.rules.matching import best_for, may_match, wait
from acd.engine.rules.offer import back_to_queue, make_offer

RESULTS: dict[DialStatus, HandOverResult] = {
    "BUSY": "busy",
    "NOANSWER": "no_answer",
    "CHANUNAVAIL": "unreachable",
    "CONGESTION": "unreachable",
    "CANCEL": "caller_gone",
}


def on_wished(core: Core, event: HandOverWished) -> None:
    """Have Asterisk take the caller out of the talk."""
    call = core.state.calls.get(event.call)
    if call is None:
        return
    why = _refusal(core, call, event)
    if why is not None:
        core.emit(HandOverRefused(at=core.at, call=call.id, to=event.to, why=why, person=event.person))
        return
    talk = call.talk
    assert talk is not None, "_refusal has looked"
    ring_s = settings_of(core, HandOvers).handover_ring_s
    handover = call.handover = Handover(
        to=event.to, by=talk.agent, ring_s=ring_s, ordered_at=core.at, until=core.at + ORDER_S
    )
    core.emit(HandOverOrdered(at=core.at, call=call.id, to=event.to, by=talk.agent, person=event.person))
    core.emit(
        HandOver(
            call=call.id,
            node=call.node,
            leg=talk.channel,
            number=event.callable,
            ring_s=ring_s,
        )
    )
    TIMER.start(core, (call, handover))


def _refusal(core: Core, call: Call, event: HandOverWished) -> HandOverWhy | None:
    if event.not_after <= core.at:
        return "too_late"
    if not core.state.config.callbacks:
        return "off"
    if not event.callable:
        return "number"
    if call.talk is None:
        return "no_talk"
    if event.agent is not None and event.agent != call.talk.agent:
        return "not_yours"
    if call.handover is not None:
        return "under_way"
    return None if call.talk.channel else "no_leg"


def begin(core: Core, call: Call, handover: Handover, talked: Talked) -> None:
    """The caller has left the agent, whose part of the talk is over: the target is rung."""
    talked.handed_on = True
    move_call(call, "outside")
    repeat_callers.vouch(core, call.place)
    call.attached, call.hangup_by = False, None
    call.transfers += 1
    recording.goes_outside(core, call)
    handover.began_at, handover.until = core.at, core.at + handover.ring_s + GRACE_S
    core.emit(HandOverBegan(at=core.at, call=call.id, to=handover.to, by=handover.by, within_s=handover.ring_s))
    TIMER.start(core, (call, handover))


def on_answered(core: Core, event: OutsideAnswered) -> None:
    """Caller and target talk; the line only waits for the end of the call."""
    call = core.state.calls.get(event.call)
    if call is not None and call.phase == "outside":
        _answered(core, call, happened_at(core, event))


def _answered(core: Core, call: Call, at: float | None = None) -> None:
    handover = call.handover
    assert handover is not None, "phase outside"
    if handover.answered:
        return
    handover.answered, handover.until = True, None
    TIMER.stop(core, (call, handover))
    if call.talked is not None:
        call.talked.handed_on = False
    over(core, call, handover, "answered", at)


def on_failed(core: Core, event: OutsideFailed) -> None:
    """The target did not answer; the caller comes back next, unless they are gone. AMI says NOANSWER of every cause for
    which it has no word; the dialplan, which brings the caller, says more."""
    call = core.state.calls.get(event.call)
    if call is None or call.phase != "outside" or call.handover is None or event.status == "NOANSWER":
        return
    over(core, call, call.handover, RESULTS.get(event.status, "failed"), happened_at(core, event))


def not_made(core: Core, call: Call) -> None:
    """Asterisk refused the order: the talk goes on."""
    if call.phase != "outside":
        drop(core, call, "not_made")


def arrive(core: Core, call: Call, channel: str, result: DialStatus) -> None:
    """The caller is back: with the agent who handed them over, if that agent can take them now; else at the place that
    they had."""
    handover = call.handover
    assert handover is not None, "phase outside"
    drop(core, call, RESULTS.get(result, "failed"))
    call.attached, call.orphaned, call.channel = True, False, channel
    queued = call.place
    if queued.priority == "outcome":  # they hold the line from now
        queued.priority = "routine"
        core.emit(CallReclassed(at=core.at, call=call.id, service=queued.service, priority=queued.priority))
    queued.moved_at, queued.relaxed = core.at, 0
    back_to_queue(core, call)
    place(core, call, queued, core.service(queued.service))
    announcements.schedule(core, queued)
    agent = core.state.agents.get(handover.by)
    if agent is not None and _may_have(core, agent, call):
        make_offer(core, queued, agent, HANDED_BACK)
    else:
        wait(core, call)


def _may_have(core: Core, agent: Agent, call: Call) -> bool:
    """Whether the agent can take the caller back now: they are free, or in after-call work for this very call; and no
    urgent caller comes before."""
    works = agent.wrapup is not None and agent.wrapup.call == call.id
    if not may_match(core) or not (offerable(agent) or (works and on_duty(agent) and not agent.channels)):
        return False
    return call.place.priority == "urgent" or best_for(core, agent, urgent_only=True) is None


def on_due(core: Core, subject: tuple[Call, Handover]) -> None:
    """Asterisk did not do it in time, or the caller is not back in time: then look for them."""
    call, handover = subject
    if call.phase != "outside":
        if call.attached or core.at >= handover.ordered_at + LATE_S:
            drop(core, call, "not_made")
        else:
            handover.until = min(core.at + LOOK_S, handover.ordered_at + LATE_S)
            TIMER.start(core, subject)
        return
    core.emit(FindCaller(call=call.id, node=call.node))
    handover.until = core.at + LOOK_S
    TIMER.start(core, subject)


def found(core: Core, call: Call, handover: Handover, place: str, channel: str) -> None:
    """Where a caller is who was handed over and is not back in time (`CallerFound.place`)."""
    if handover.answered:
        return
    gone_before, handover.unseen = handover.unseen, place == "gone"
    if place == "gone" and gone_before:  # only after two answers in a row, as for others
        finish(core, call, by="unknown")
    elif place == "nowhere":
        core.emit(BringBack(call=call.id, node=call.node, channel=channel))


def correct(core: Core, call: Call, seen: SeenCall) -> None:
    """Asterisk lists a caller who was handed over: the target may have answered while nobody told us, and the order for
    silence in the recording may have been lost."""
    recording.goes_outside(core, call)
    if seen.outside:
        _answered(core, call)


def on_started(core: Core, call: Call) -> None:
    """A restart: the dialplan brings the caller back, or Asterisk lists them with the target. Leave it some time."""
    handover = call.handover
    if handover is not None and handover.until is not None:
        handover.until = max(handover.until, core.at + GRACE_S)
