"""The privileges of urgent callers, each a rule with a setting of its own.

*Wrap-up recall*: an agent in after-call work may be offered an urgent caller; the rest of the work follows the call.
*Ring recall*: an agent whose phone rings for a routine caller is taken for the urgent one; the routine caller keeps
their place. *Headroom*: some idle agents are held back from routine callers, as many as the urgent load needs.
*Backup*: after a time the backup tier is rung too. *Escalation*: a waiting caller presses a key to say that it is
urgent. *Redial*: an urgent caller who hung up while waiting and calls again keeps their place.
"""

import math

from acd.engine.core import Core
from acd.engine.index.skills import Skills, need_of
from acd.engine.model.facts import CallEscalated
from acd.engine.model.phone_numbers import number_key
from acd.engine.model.state import Agent, Call, Left, Queued
from acd.engine.rules import choice, preferred_agent, relaxation, repeat_callers
from acd.engine.rules.entry_facts import tell_named
from acd.engine.rules.offer import back_to_queue, cancel, close_offer, make_offer
from acd.engine.timers import queue_timer

# Restarted during a talk too: the caller may be transferred, and wait again.
BACKUP = queue_timer("backup", lambda queued: None if queued.backup_open else queued.backup_at)
"""The time from which the backup tier is rung for an urgent caller."""

LOAD_WINDOW_S = 900.0
"""Time constant of the moving average of urgent arrivals."""
REMEMBER_S = 30 * 86_400.0
"""Seconds for which escalations are counted."""


def recall(core: Core, queued: Queued) -> Call | None:
    """Find an agent for an urgent caller if none is idle, and offer the caller. Returns the preempted routine call, if
    any; the caller of this must requeue it. If the urgent caller is in no queue afterwards, an agent was found."""
    need = core.need(queued)
    agent = core.wrapup.first_for(queued, need)
    if agent is not None:
        make_offer(core, queued, agent, choice.from_wrapup(core, agent))
        return None
    agent = core.ringing.last_for(queued, need)
    reserved = None if agent is None else core.ringing_for(agent)
    if agent is not None and reserved is not None:
        preempted, offer = reserved
        cancel(core, preempted, offer)
        close_offer(core, preempted, offer, "recalled")
        back_to_queue(core, preempted)
        # An agent who was rung in after-call work, for a caller who is back with them, is in it again: it follows.
        make_offer(core, queued, agent, choice.RINGING, after=offer.channel)
        return preempted
    agent = core.backup.first_for(queued, need) if backup_due(queued) else None
    if agent is not None:
        make_offer(core, queued, agent, choice.BACKUP)
    return None


def can_be_rung(core: Core, queued: Queued) -> bool:
    """Whether there is an agent now whom an urgent caller can have: idle, or one whom `recall` finds."""
    need = core.need(queued)
    lineups = (core.idle, core.wrapup, core.ringing, core.backup)[: 4 if backup_due(queued) else 3]
    return any(lineup.first_for(queued, need) is not None for lineup in lineups)


# --- the backup tier


def backup_due(queued: Queued) -> bool:
    """Whether the backup tier is rung for this caller now."""
    return queued.priority == "urgent" and queued.backup_open


def for_backup(core: Core, agent: Agent) -> Queued | None:
    """The caller an agent of the backup tier should take."""
    return core.waiting.best_open(agent.profile.id, core.skills[agent.profile.id])


def start_backup(core: Core, queued: Queued) -> None:
    """From when the backup tier is rung for an urgent caller, where there is one."""
    if queued.backup_at is None and core.has_backup:
        queued.backup_at = max(core.at, queued.at + core.state.config.backup_after_s)
        BACKUP.start(core, queued)


# --- headroom


def may_have(core: Core, agent: Agent) -> bool:
    """Whether a routine caller, or a caller of a crowd of repeat callers, may get this idle agent. An agent who can
    take no urgent service is never held back, and does not count among those who are."""
    if not holds_back(core) or not suffices(core, core.skills[agent.profile.id]):
        return True
    return any_spare(core)


def any_spare(core: Core) -> bool:
    """Whether more idle agents can take urgent callers than are held back."""
    return sum(count for others, count in core.idle.sizes() if suffices(core, others)) > held_back(core)


def never_held(core: Core, queued: Queued) -> Agent | None:
    """For a routine caller the first idle agent who can take no urgent one."""
    if queued.preferred is not None and queued.preferred.until is not None:
        return None
    return core.idle.first_for(queued, core.need(queued), lambda skills: not suffices(core, skills))


def suffices(core: Core, skills: Skills) -> bool:
    """Whether agents with these skills can take callers of some urgent service, at least after relaxation."""
    known = core.urgent_skills.get(skills)
    if known is None:
        urgent = [service for service in core.services.values() if service.priority == "urgent"]
        known = any(skills.takes(need_of(one, "", len(one.relax))) for one in urgent)
        core.urgent_skills[skills] = known
    return known


def held_back(core: Core) -> int:
    """How many idle agents are held back now from routine callers and from a crowd of repeat callers.

    The number is `reserve`, or that of the agents kept for first-time callers, or the headroom by the urgent load
    (erlangs): the moving average of urgent arrivals times that of their talk and of after-call work. Uses the average
    after-call work over all calls: one wrap-up may cover several."""
    config = core.state.config
    reserve = max(config.reserve, repeat_callers.kept(core))
    if not config.headroom or len(core.staffing) < config.headroom_from:
        return reserve
    load = urgent_rate(core) * (core.state.urgent_talk.value + core.state.averages.wrapup.value)
    return max(reserve, config.reserve + min(config.headroom, round(load)))


def holds_back(core: Core) -> bool:
    """Whether any idle agent may be held back now."""
    config = core.state.config
    return bool(config.reserve or config.headroom or (core.counted.repeats and repeat_callers.kept(core)))


def urgent_rate(core: Core) -> float:
    """Urgent callers a second, now."""
    state = core.state
    return state.urgent_rate * math.exp(-(core.at - state.urgent_rate_at) / LOAD_WINDOW_S)


def count_arrival(core: Core) -> None:
    """One more urgent caller."""
    core.state.urgent_rate, core.state.urgent_rate_at = urgent_rate(core) + 1 / LOAD_WINDOW_S, core.at


# --- escalation


def escalate(core: Core, call: Call) -> bool:
    """The caller pressed that it is urgent. The line believes it and opens a ticket for any subject; the count shows
    abuse. Returns False if the call was urgent already."""
    queued = call.place
    if queued.priority == "urgent":
        return False
    times = 1
    if call.number:
        since, known = core.at - REMEMBER_S, core.state.escalations
        for old in [number for number, times_of in known.items() if times_of[-1] <= since]:
            del known[old]
        number = number_key(call.number)
        before = [at for at in known.get(number, ()) if at > since]
        known[number] = [*before, core.at]
        times = len(before) + 1
    with core.waiting.moving(queued):
        queued.priority = "urgent"
        repeat_callers.count(core, call, queued)
        queued.order = repeat_callers.place(queued, queued.order)
        preferred_agent.drop(core, queued, "urgent")
        relaxation.skip_vain(core, queued)  # for an urgent caller the backup tier counts too
    count_arrival(core)
    start_backup(core, queued)
    core.emit(
        CallEscalated(
            at=core.at,
            call=call.id,
            service=queued.service,
            priority="urgent",
            number=call.number,
            times=times,
            urgent_calls=queued.urgent_calls,
            repeat=queued.repeat,
        )
    )
    tell_named(core, call, queued, opens_ticket=True, again=repeat_callers.has_called(core, call, queued))
    return True


# --- redial


def keep_place(core: Core, call: Call, queued: Queued) -> None:
    """Keep the place of an urgent caller who hung up while waiting, for a while."""
    keep_s = core.state.config.redial_s
    if keep_s and call.number:
        left = core.state.left
        for number in [number for number, one in left.items() if one.at < core.at - keep_s]:
            del left[number]
        left[number_key(call.number)] = Left(call=call.id, order=queued.order, at=core.at)


def kept_place(core: Core, call: Call) -> Left | None:
    """Take, once, the kept place of an urgent caller who calls again."""
    left = core.state.left.pop(number_key(call.number), None) if call.number else None
    return left if left is not None and left.at >= core.at - core.state.config.redial_s else None
