"""Bringing callers and agents together: the only place where it is decided who gets whom."""

from acd.engine import owner, urgent
from acd.engine.assign import make_offer
from acd.engine.commands import HoldCaller
from acd.engine.core import Core
from acd.engine.ids import AgentId
from acd.engine.state import Agent, Call

NOBODY = AgentId("")
"""An agent who has let nobody pass, and for whom alone nobody waits."""
HEADROOM_AGAIN_S = 5.0
"""A routine caller whom only headroom keeps waiting is looked at again after this long: the load may have gone."""


def may_match(core: Core) -> bool:
    """Whether anybody is offered now."""
    return core.matching and not core.state.regrouping


def match_call(core: Core, call: Call) -> bool:
    """Offer a waiting caller to an agent, if there is one for them: the one idle longest, or for an urgent caller
    whoever `urgent.recall` finds."""
    if not may_match(core):
        return False
    agent = idle_for(core, call)
    if agent is not None and not may_take(core, call, agent):
        agent = urgent.never_held(core, call)
    if agent is not None:
        if call.klass == "urgent" or not core.state.config.headroom or len(core.waiting) == 1:
            make_offer(core, call, agent)
        else:  # headroom may have lapsed since others were kept waiting by it, and they came first
            match_all(core)
    elif call.klass == "urgent":
        robbed = urgent.recall(core, call)
        if robbed is not None:
            wait(core, robbed)
    return call.phase == "offered"


def idle_for(core: Core, call: Call) -> Agent | None:
    """The idle agent a caller should have: the one who knows them, or the first who can take them."""
    if not len(core.idle):
        return None
    need, knows = core.need(call), call.preferred
    if knows is not None:
        if knows in core.idle and knows not in call.skipped and core.skills[knows].takes(need):
            return core.state.agents[knows]
        if call.keep_until is not None:
            return None
    return core.idle.first_for(call, need)


def settle(core: Core, agent: Agent) -> None:
    """After any change to an agent: offer them the caller they should take now, or line them up and show them as they
    are. Unless some are held back, which takes a count of those who are free, who is free for no time at all is neither
    lined up nor shown as free: on a busy line that is each of them."""
    config = core.state.config
    if core.slot(agent) == "idle" and may_match(core) and not config.reserve and not config.headroom:
        call = best_for(core, agent)
        if call is not None:
            make_offer(core, call, agent)
        else:
            core.refresh(agent)
        return
    core.refresh(agent)
    match_agent(core, agent)


def match_agent(core: Core, agent: Agent) -> None:
    """Offer an agent the caller they should take now, if there is one for them."""
    if not may_match(core):
        return
    match core.slots.get(agent.profile.id):
        case "idle":
            _match_idle(core, agent)
            config = core.state.config
            if agent.profile.id in core.idle and (config.reserve or config.headroom) and len(core.waiting):
                _match_held(core)
        case "wrapup":
            call = best_for(core, agent, urgent_only=True) if core.waiting.urgent else None
            if call is not None:
                make_offer(core, call, agent)
        case "backup":
            call = urgent.for_backup(core, agent)
            if call is not None:
                make_offer(core, call, agent)


def best_for(core: Core, agent: Agent, *, urgent_only: bool = False) -> Call | None:
    """The caller an agent should take now."""
    return core.waiting.best_for(agent.profile.id, core.skills[agent.profile.id], core.at, urgent_only=urgent_only)


def _match_idle(core: Core, agent: Agent) -> None:
    call = best_for(core, agent)
    if call is not None and may_take(core, call, agent):
        make_offer(core, call, agent)


def _match_held(core: Core) -> None:
    """One idle agent more may free another who was held back: of each skill set the first who has not let all pass
    whom it could take, and those for whom alone somebody waits."""
    for skills, agents in core.idle.lines():
        if core.waiting.best_for(NOBODY, skills, core.at) is None:
            continue
        other = next((agent for agent in agents if best_for(core, agent) is not None), None)
        if other is not None:
            _match_idle(core, other)
    for keeper in core.waiting.keepers():
        if keeper in core.idle:
            _match_idle(core, core.state.agents[keeper])


def match_all(core: Core) -> None:
    """Bring together whoever can be: idle agents first, longest idle first; then what urgent callers get besides."""
    if not may_match(core):
        return
    for agent in core.idle.in_order():
        _match_idle(core, agent)
    match_urgent(core)


def match_urgent(core: Core) -> None:
    """Look again for agents for the urgent callers who wait."""
    if core.waiting.urgent:
        for call in core.waiting.urgent_calls():
            match_call(core, call)


def may_take(core: Core, call: Call, agent: Agent) -> bool:
    """Whether the caller may have this idle agent now, or they are held back for urgent callers."""
    if call.klass == "urgent" or urgent.may_have(core, agent):
        return True
    if core.state.config.headroom:
        core.start_timer("headroom", "all", core.at + HEADROOM_AGAIN_S)
    return False


def wait(core: Core, call: Call, *, music: bool = True, freed: Agent | None = None) -> None:
    """Let a caller who is in phase `waiting` wait at their place; offer them at once where there is an agent for them.

    An agent who was freed by the same event looks first: someone more urgent may wait for them."""
    owner.check(core, call)
    if call.attached:
        core.waiting.add(call)
    if freed is not None:
        match_agent(core, freed)
    if call in core.waiting and not match_call(core, call) and music and not call.away:
        core.emit(HoldCaller(call=call.id, language=call.language))
