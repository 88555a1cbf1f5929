"""Matching: the only module that decides which agent gets which caller.

`match_call` is for a caller who came, `match_agent` for an agent who is free.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from acd.engine.core import Core, Slot
from acd.engine.model.commands import HoldCaller
from acd.engine.model.fact_base import ChosenBy
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Agent, Call, Queued
from acd.engine.rules import (
    admission,
    choice,
    kind_menu,
    preferred_agent,
    relaxation,
    repeat_callers,
    urgent,
    urgent_pick_up,
)
from acd.engine.rules.declared import Declared
from acd.engine.rules.idle_choice import choice as idle_choice
from acd.engine.rules.offer import back_to_queue, cancel, close_offer, make_offer
from acd.engine.timers import line_timer

NOBODY = AgentId("")
"""An agent who has let nobody pass, and who is not the only agent for any caller."""
HEADROOM_AGAIN_S = 5.0
"""Seconds after which a routine caller who waits only because of headroom is matched again: the load may have
fallen."""
HEADROOM = line_timer("headroom", lambda core: core.at if core.state.config.headroom else None)
"""Match all again at this time; the state has no time for it."""


@contextmanager
def paused(core: Core) -> Iterator[None]:
    """Change several calls and agents as one step.

    Inside the block nobody is offered and no removed agent is forgotten. At its end removed agents are forgotten and
    everybody is matched; nested blocks do this at the end of the outermost one."""
    before, core.matching = core.matching, False
    try:
        yield
    finally:
        core.matching = before
    for agent in list(core.state.agents.values()):
        core.drop_removed(agent)
    match_all(core)


def may_match(core: Core) -> bool:
    """Whether offers are possible now. If so, no caller waits for a step of relaxation that cannot help."""
    if not core.matching or core.state.regrouping or core.state.stopping:
        return False
    if core.staff_changed:
        relaxation.catch_up(core)
    return True


def match_call(core: Core, queued: Queued) -> bool:
    """Offer a waiting caller to an agent, if there is one: the idle agent of `idle_for` or, for an urgent caller, the
    agent whom `urgent.recall` finds. A caller of a crowd of repeat callers gets only idle agents, and not the last
    ones."""
    if not may_match(core):
        return False
    if core.relaxed:  # earlier callers may now be able to get the same agents
        after_relaxing(core)
        return queued.call not in core.waiting
    agent, pick_up = idle_for(core, queued), urgent_pick_up.counts_for(core, queued)
    if agent is not None and not may_take(core, queued, agent):
        agent, pick_up = urgent.never_held(core, queued), False
    if agent is not None:
        first_time = queued.priority == "urgent" and not queued.repeat
        if first_time or len(core.waiting) == 1 or not (core.state.config.headroom or core.kept):
            _offer_first(core, queued, agent, quick=pick_up)
        else:  # agents may not be held back any more, and callers who waited for that came first
            match_idle(core)
    elif queued.priority == "urgent" and not repeat_callers.is_limited(core, queued):
        preempted = urgent.recall(core, queued)
        if preempted is not None:
            wait(core, preempted)
    return queued.call not in core.waiting


def _offer_first(core: Core, queued: Queued, agent: Agent, *, quick: bool) -> None:
    """Offer a caller the idle agent who was found for them. `quick`: among those who pick up soonest."""
    why: ChosenBy | None = "preferred" if preferred_agent.is_of(queued, agent) else None
    strategy: ChosenBy = "quick" if quick else core.state.config.strategy
    make_offer(core, queued, agent, idle_choice(core, queued, agent, why, strategy=strategy))


def idle_for(core: Core, queued: Queued) -> Agent | None:
    """The idle agent for a caller: their preferred agent, or the first who can take them."""
    if not len(core.idle):
        return None
    need, preferred = core.need(queued), queued.preferred
    if preferred is not None:
        knows = preferred.agent
        if knows in core.idle and knows not in queued.skipped and core.skills[knows].takes(need):
            return core.state.agents[knows]
        if preferred.until is not None:
            return None
    return urgent_pick_up.first_for(core, queued, need)


def settle(core: Core, agent: Agent) -> None:
    """After any change to an agent: offer them their next caller, or list them as idle and show their state. An agent
    who is given the next call in the same event is never listed as idle, because on a busy line that would happen at
    every call. The exception is a line that holds agents back, which must count the idle ones."""
    core.count_staffing(agent)
    if core.slot(agent) == "idle" and may_match(core) and not urgent.holds_back(core) and not core.unsuited:
        queued = best_for(core, agent)
        if queued is not None:
            make_offer(core, queued, agent, choice.FREED)
        else:
            core.refresh(agent)
        return
    core.refresh(agent)
    match_agent(core, agent)


def match_agent(core: Core, agent: Agent) -> None:
    """Offer an agent their next caller, if there is one."""
    if not may_match(core):
        return
    if core.unsuited:
        _exchange_for(core, agent)
    match core.slots.get(agent.profile.id):
        case "idle":
            _match_idle(core, agent)
            if agent.profile.id in core.idle and len(core.waiting) and urgent.holds_back(core):
                _match_held(core)
        case "ringing":
            queued = best_for(core, agent, urgent_only=True) if core.waiting.urgent else None
            if queued is not None:
                match_call(core, queued)
        case "wrapup" | "backup" as slot:
            _match_further(core, agent, slot)


def _match_further(core: Core, agent: Agent, slot: Slot) -> None:
    """Match the urgent callers whom an agent in after-call work or of the backup tier could take, until the agent is
    taken. A caller may come back from this very agent while another one is idle, who then comes first."""
    while core.slots.get(agent.profile.id) == slot:
        if slot == "backup":
            queued = urgent.for_backup(core, agent)
        else:
            queued = best_for(core, agent, urgent_only=True) if core.waiting.urgent else None
        if queued is None or repeat_callers.is_limited(core, queued) or not match_call(core, queued):
            return


def best_for(core: Core, agent: Agent, *, urgent_only: bool = False) -> Queued | None:
    """The next caller for an agent."""
    return core.waiting.best_for(agent.profile.id, core.skills[agent.profile.id], core.at, urgent_only=urgent_only)


def _match_idle(core: Core, agent: Agent, *, held: bool = False) -> None:
    queued = best_for(core, agent)
    if queued is not None and may_take(core, queued, agent):
        _offer_idle(core, queued, agent, held=held)


def _offer_idle(core: Core, queued: Queued, agent: Agent, *, held: bool = False) -> None:
    """Offer an agent who is listed as idle their next caller. `held`: they were held back from those who waited before
    this event."""
    why: ChosenBy | None = None
    if agent.order >= core.lined_up_from:
        why = "freed"
    elif held and not any(one is queued for one in core.waiting.fresh):
        why = "not_held"
    make_offer(core, queued, agent, idle_choice(core, queued, agent, why, strategy=core.state.config.strategy))


def _match_held(core: Core) -> None:
    """One more idle agent may free another one who was held back. Check the first agent of each skill set who has not
    let all their callers pass, and agents for whom only a caller waits."""
    firsts = [
        next((agent for agent in agents if best_for(core, agent) is not None), None)
        for skills, agents in core.idle.lines()
        if core.waiting.best_for(NOBODY, skills, core.at) is not None
    ]
    for other in core.idle.ordered([one for one in firsts if one is not None]):
        _match_idle(core, other, held=True)
    for keeper in core.waiting.keepers():
        if keeper in core.idle:
            _match_idle(core, core.state.agents[keeper], held=True)


def match_all(core: Core) -> None:
    """Match all: idle agents to urgent callers and then to all callers; then the further agents to urgent callers."""
    if not may_match(core):
        return
    if core.waiting.urgent:
        _match_urgent_idle(core)
    match_idle(core)
    match_urgent(core)


def _match_urgent_idle(core: Core) -> None:
    """Offer each urgent caller, in order, the idle agent whom `match_call` finds. `match_idle` would give the first
    caller the agent idle longest, however slowly that agent picks up."""
    for queued in core.waiting.urgent_calls():
        if not len(core.idle):
            return
        if repeat_callers.is_limited(core, queued):
            continue
        agent = idle_for(core, queued)
        if agent is not None:
            _offer_first(core, queued, agent, quick=urgent_pick_up.counts_for(core, queued))


# --- an agent is exchanged


def exchange(core: Core, call: Call) -> None:
    """The caller of an offer has given the kind of their urgent call, and the agent who is rung does not take it. If
    one who does can be rung now, end the offer without a miss; else the phone rings on, until one can."""
    offer, queued = call.offer, call.queued
    if offer is None or queued is None or not core.is_unsuited(call):
        core.unsuited.discard(call.id)
        return
    core.unsuited.add(call.id)
    if not offer.channel or not call.attached or not core.is_connected(call.node):  # the ring could not be stopped
        return
    if not may_match(core) or not _has_other(core, queued):
        return
    core.unsuited.discard(call.id)
    others, core.unsuited = core.unsuited, set()  # one at a time: nobody else gets the agent who was found
    cancel(core, call, offer)
    agent = close_offer(core, call, offer, "exchanged", rings_on=True)
    back_to_queue(core, call)
    wait(core, call, freed=agent)  # free at once if no channel of their phone was reported
    core.drop_removed(agent)
    core.unsuited |= others


def _has_other(core: Core, queued: Queued) -> bool:
    """Whether another agent can be rung now for an urgent caller, as `match_call` would find one."""
    if not repeat_callers.is_limited(core, queued):
        return urgent.can_be_rung(core, queued)
    agent = idle_for(core, queued)
    return agent is not None and urgent.may_have(core, agent)


def exchange_all(core: Core) -> None:
    """Exchange the agents who do not take the kind of the urgent call for which they are rung, where there are others
    now."""
    for call in _unsuited(core):
        exchange(core, call)


def _exchange_for(core: Core, agent: Agent) -> None:
    """The agent can be rung now: give them to an urgent caller for whom another one rings who does not take the kind.
    An urgent caller for whom no phone rings comes first."""
    if core.waiting.urgent and best_for(core, agent, urgent_only=True) is not None:
        return
    for call in _unsuited(core):
        if agent.profile.id in core.slots and core.skills[agent.profile.id].takes(core.need(call.place)):
            exchange(core, call)


def _unsuited(core: Core) -> list[Call]:
    """The callers of `core.unsuited`, in order."""
    calls = [core.state.calls[one] for one in sorted(core.unsuited) if one in core.state.calls]
    core.unsuited = {call.id for call in calls if core.is_unsuited(call)}
    return sorted((call for call in calls if call.id in core.unsuited), key=lambda call: call.place.order)


def look_again(core: Core, _: str) -> None:
    """Match again: the reason to hold agents back from routine callers may be gone."""
    match_all(core)


def match_idle(core: Core) -> None:
    """Offer each idle agent their next caller, the longest idle agent first."""
    for agent in core.idle.in_order():
        _match_idle(core, agent)


def after_turn(core: Core) -> None:
    """Release agents who were kept for first-time callers, if there is no crowd of repeat callers any more."""
    before, core.kept = core.kept, repeat_callers.wanted(core)
    if core.kept < before:
        match_all(core)


def after_relaxing(core: Core) -> None:
    """Match callers whose requirements fell because the staff changed."""
    if core.staff_changed:
        relaxation.catch_up(core)
    if core.relaxed:
        core.relaxed = False
        match_all(core)


def match_urgent(core: Core) -> None:
    """Look again for agents for the urgent callers who wait."""
    if core.waiting.urgent:
        for queued in core.waiting.urgent_calls():
            match_call(core, queued)


def may_take(core: Core, queued: Queued, agent: Agent) -> bool:
    """Whether the caller may get this idle agent now; False if the agent is held back for urgent callers."""
    if (queued.priority == "urgent" and not repeat_callers.is_limited(core, queued)) or urgent.may_have(core, agent):
        return True
    if core.state.config.headroom:
        HEADROOM.start_at(core, "all", core.at + HEADROOM_AGAIN_S)
    return False


def wait(core: Core, call: Call, *, music: bool = True, freed: Agent | None = None) -> None:
    """Put a caller in phase `waiting` into the queue at their place; offer them at once if there is an agent.

    An agent who became free by the same event is matched first: a more urgent caller may wait for them."""
    queued = call.place
    relaxation.skip_vain(core, queued)
    preferred_agent.check(core, queued)
    if call.attached:
        core.waiting.add(queued)
        if not call.away:
            admission.look(core, queued, core.service(queued.service))
    if freed is not None:
        match_agent(core, freed)
    if call.id in core.waiting and not match_call(core, queued) and music and not call.away:
        hold(core, call)


@contextmanager
def waiting_anew(core: Core, queued: Queued) -> Iterator[None]:
    """Change what a caller waits for. Whoever waited is offered to agents anew at once, and hears no other music."""
    waited = queued.call in core.waiting
    core.waiting.remove(queued)
    yield
    if waited:
        wait(core, core.state.calls[queued.call], music=False)


def hold(core: Core, call: Call) -> None:
    """Play music, or the menu of kinds, to a waiting caller."""
    core.emit(HoldCaller(call=call.id, language=call.language, music=kind_menu.music(call)))


RULE: Declared = Declared(timers={HEADROOM: look_again})
