"""How a call ends: with exactly one outcome and one record, in any phase."""

from acd.engine.core import Core, span
from acd.engine.handlers import callbacks
from acd.engine.handlers.offers import RETRY, answer, end_talk
from acd.engine.model.event_base import Party
from acd.engine.model.facts import (
    CallEnded,
    Outcome,
)
from acd.engine.model.ids import CallId
from acd.engine.model.state import Agent, Call, Message, Phase, Queued
from acd.engine.rules import (
    announcements,
    audio_messages,
    averages,
    ended_calls,
    hand_over,
    kind_menu,
    preferred_agent,
    relaxation,
    telling,
    unheld,
    urgent,
)
from acd.engine.rules.matching import match_agent, match_all, wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import back_to_queue, close_offer
from acd.engine.rules.talk import keep_no_longer
from acd.engine.timers import Timer, line_timer

REGROUP: Timer[str] = line_timer("regroup", lambda core: core.state.regroup_until if core.state.regrouping else None)
"""The time for callers who waited before a restart to come back."""


def regrouped(core: Core, call: CallId) -> None:
    """A caller who waited before the restart is back (or gone for good); the last one opens the queue again."""
    if call in core.state.regrouping:
        core.state.regrouping.remove(call)
        if not core.state.regrouping:
            REGROUP.stop(core, "all")
            match_all(core)


ENDS_AS: dict[Phase, Outcome] = {
    "flow": "abandoned_in_menu",
    "waiting": "abandoned",
    "offered": "abandoned",
    "talking": "answered",
    "kept": "answered",
    "outside": "answered",
    "message": "abandoned",
    "leaving": "answered",
}


def finish(core: Core, call: Call, by: Party, at: float | None = None) -> None:
    """End a call for good. `by` is the party that hung up, used if nobody was seen to hang up; `at` is the time, if it
    was before now."""
    if at is None and call.message is not None:
        at = call.message.gone_at
    if call.offer is not None and call.offer.returned == "ANSWER":  # AMI has not told of it, and will not any more
        answer(core, call, call.offer)
    over_at = core.at if at is None else at
    outcome = ENDS_AS[call.phase] if call.released is None else call.released.outcome
    if call.message is not None and call.phase == "message":
        outcome = _of_message(core, call, call.message, over_at)
    if call.answered is not None:  # a transfer under way has no effect any more
        outcome = "called_back" if call.callback is not None and call.callback.reached else "answered"
    elif call.telling is not None and call.released is None:
        outcome = "called_back"
    if call.phase == "leaving" and call.hangup_by is None:
        by = "system"
    freed, talk = None, call.talk
    if call.offer is not None:
        freed = close_offer(core, call, call.offer, "caller_gone")
    elif talk is not None:
        callbacks.give_back(core, call, None)  # before the agent, who is free now, gets the next caller
        end_talk(core, call, talk, release=False, by=by, at=over_at)
    elif call.kept is not None:
        freed = keep_no_longer(core, call, call.kept, "caller_gone")
    queued = call.queued
    if queued is not None and call.phase in ("waiting", "offered"):
        core.waiting.remove(queued)
        in_menu = kind_menu.is_heard(queued, over_at)
        kind_menu.settle(core, call, opens_ticket=not in_menu)
        if outcome == "abandoned":
            averages.gave_up(core, queued.priority, span(queued.at, over_at))
            wanted = queued.priority == "urgent" and core.state.config.callback_abandoned_urgent and not in_menu
            if wanted and callbacks.possible(core, call, queued, "abandoned"):
                catch(core, call, queued, freed)
                return
        if queued.priority == "urgent" and not callbacks.is_borrower(core, call):
            urgent.keep_place(core, call, queued)
    hand_over.drop(core, call, "caller_gone")
    del core.state.calls[call.id]
    core.counted.remove(call)
    # The channel of a caller who waits for a callback may end much later.
    ended_calls.remember(core, call.id, spooled=call.orphaned or call.callback is not None)
    MAX_WAIT.stop(core, call)
    if call.unheld is not None:
        unheld.TIMER.stop(core, (call, call.unheld))
    callbacks.forget(core, call)
    if queued is not None:
        stop_waiting(core, queued)
    telling.tell_end(core, call)
    core.emit(ended(core, call, outcome, call.hangup_by or by, over_at))
    if talk is None:
        callbacks.give_back(core, call, freed)
    regrouped(core, call.id)
    if freed is not None:
        match_agent(core, freed)
        core.drop_removed(freed)


def _of_message(core: Core, call: Call, message: Message, at: float) -> Outcome:
    """The outcome of a caller who is gone while they could leave a message. One who leaves none ends as they would have
    without it."""
    left = audio_messages.is_left(core, message, at)
    audio_messages.over(core, call, message, "left" if left else "none")
    if left:
        return "message_left"
    return "abandoned" if message.why == "asked" else message.why


def end_spoken(core: Core, call: Call) -> bool:
    """End the call of a caller who hung up while speaking a message, now that their session has said what they left, or
    is over. Returns whether they had."""
    message = call.message
    if message is None or call.phase != "message" or message.gone_at is None:
        return False
    finish(core, call, by="system" if core.state.stopping else "caller", at=message.gone_at)
    return True


def stop_waiting(core: Core, queued: Queued) -> None:
    """End a caller's place in the queue: stop all its timers and waits."""
    announcements.stop(core, queued)
    if queued.retry_at is not None:
        RETRY.stop(core, queued)
    if queued.backup_at is not None:
        urgent.BACKUP.stop(core, queued)
    relaxation.stop(core, queued)
    preferred_agent.stop(core, queued)


def pause_waiting(core: Core, call: Call, queued: Queued) -> None:
    """Take a caller out of the queue who may wait again later, at the same place; all its timers and waits stop."""
    core.leave_queue(call)
    stop_waiting(core, queued)
    queued.retry_at, queued.skipped = None, []
    MAX_WAIT.stop(core, call)


def catch(core: Core, call: Call, queued: Queued, freed: Agent | None) -> None:
    """An urgent caller hung up while waiting: call them back, at the place they had."""
    if freed is not None:
        back_to_queue(core, call)
    callbacks.begin(core, call, queued, "abandoned")
    wait(core, call, freed=freed)
    regrouped(core, call.id)  # they must be in the queue when it opens again
    if freed is not None:
        core.drop_removed(freed)


def ended(core: Core, call: Call, outcome: Outcome, by: Party, over_at: float) -> CallEnded:
    """The record of an ended call."""
    queued, answered, talked = call.queued, call.answered, call.talked
    wait_to = over_at
    if answered is not None:
        wait_to = answered.at
    elif outcome == "message_left" and call.message is not None:
        wait_to = call.message.asked_at
    elif outcome == "abandoned" and call.to_call_back is not None:  # they held the line until they hung up
        wait_to = call.to_call_back.asked_at
    elif call.released is not None:  # the time of the last prompt is no wait
        wait_to = call.released.at
    return CallEnded(
        at=core.at,
        call=call.id,
        node=call.node,
        number=call.number,
        name=call.name,
        dialled=call.dialled,
        service=call.service,
        priority=call.priority,
        language=call.language,
        outcome=outcome,
        hangup_by=by,
        agent=None if answered is None else answered.agent,
        arrived_at=call.arrived_at,
        queued_at=None if queued is None else queued.at,
        answered_at=None if answered is None else answered.at,
        ended_at=over_at,
        wait_s=None if queued is None else span(queued.at, wait_to),
        answer_delay_s=None if answered is None else span(call.arrived_at, answered.at),
        ring_s=None if answered is None else answered.ring_s,
        talk_s=None if talked is None else talked.talk_s,
        hold_s=0.0 if talked is None else talked.hold_s,
        callback=None if call.callback is None else call.callback.reason,
        tries=0 if call.callback is None else call.callback.tries,
        transfers=call.transfers,
        lost_in_transfer=talked is not None and talked.handed_on,
    )
