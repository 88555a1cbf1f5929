"""What must hold after every event, whatever came. Tests check it each time; the live line does not pay for it."""

from acd.engine.commands import Announce, AnyCommand, CallBack, HoldCaller, OfferCall
from acd.engine.core import on_duty
from acd.engine.errors import EngineBug
from acd.engine.facts import AnyFact, OfferMade
from acd.engine.machine import Engine
from acd.engine.matching import best_for, idle_for
from acd.engine.state import Agent, Call
from acd.engine.urgent import backup_due, never_held, suffices


def check(engine: Engine, out: list[AnyCommand | AnyFact] | None = None) -> None:
    """Raise `EngineBug` at the first rule that does not hold. `out` is what the last event brought out."""
    state = engine.state
    owners: dict[str, str] = {}
    for call in state.calls.values():
        _check_call(engine, call)
        if call.offer is not None:
            if call.offer.agent in owners:
                raise EngineBug(f"agent {call.offer.agent} is in {owners[call.offer.agent]} and in {call.id}")
            owners[call.offer.agent] = call.id
    for agent in state.agents.values():
        _check_agent(engine, agent, owners)
    _check_indexes(engine)
    for item in out or ():
        if isinstance(item, OfferMade) and item.klass == "routine":
            _check_no_inversion(engine, item)
        elif isinstance(item, HoldCaller | OfferCall | CallBack):
            told = state.calls.get(item.call)
            if told is not None and told.away != isinstance(item, CallBack) and told.phase != "leaving":
                raise EngineBug(f"call {item.call}, away {told.away}, but {type(item).__name__}")
        elif isinstance(item, Announce) and state.calls[item.call] not in engine.core.waiting:
            raise EngineBug(f"call {item.call} is told where it stands, but it does not wait")
    _check_nobody_forgotten(engine)


def _check_call(engine: Engine, call: Call) -> None:
    """A caller is in exactly one place."""
    waits = call in engine.core.waiting
    if waits != (call.phase == "waiting" and call.attached):
        raise EngineBug(f"call {call.id}: phase {call.phase}, attached {call.attached}, but in the queue: {waits}")
    if (call.offer is not None) != (call.phase in ("offered", "talking")):
        raise EngineBug(f"call {call.id}: phase {call.phase} and offer {call.offer}")
    if call.phase in ("waiting", "offered", "talking") and (call.queued_at is None or call.service is None):
        raise EngineBug(f"call {call.id}: phase {call.phase} but never queued")
    if call.keep_until is not None and (call.preferred is None or call.klass == "urgent"):
        raise EngineBug(f"call {call.id}: {call.klass}, and kept for {call.preferred}")
    if waits and call.keep_until is not None and call.preferred not in engine.core.duty:
        raise EngineBug(f"call {call.id}: waits for {call.preferred} alone, who is off duty")
    if call.away and call.phase == "waiting" and call.attached != (call.callback_at is None):
        raise EngineBug(
            f"call {call.id}: to be called back, attached {call.attached}, kept out till {call.callback_at}"
        )
    if call.away and call.phase == "talking":
        raise EngineBug(f"call {call.id}: talks, but has not been reached")
    if (call.talk_from is not None) != (call.phase == "talking"):
        raise EngineBug(f"call {call.id}: phase {call.phase}, but the talk began at {call.talk_from}")
    if (call.answered_at is not None) != (call.agent is not None):
        raise EngineBug(f"call {call.id}: answered at {call.answered_at} by {call.agent}")


def _check_agent(engine: Engine, agent: Agent, owners: dict[str, str]) -> None:
    """An agent is in one call at most, and both sides say the same of it."""
    agent_id, owned = agent.profile.id, owners.get(agent.profile.id)
    if agent.activity in ("reserved", "talking"):
        if owned is None or owned != agent.call:
            raise EngineBug(f"agent {agent_id}: {agent.activity} on {agent.call}, but that call says {owned}")
        phase = engine.state.calls[agent.call].phase if agent.call else None
        if phase != ("offered" if agent.activity == "reserved" else "talking"):
            raise EngineBug(f"agent {agent_id}: {agent.activity}, but the call is {phase}")
    elif owned is not None:
        raise EngineBug(f"agent {agent_id}: {agent.activity}, but call {owned} is theirs")
    if (agent.call is None) != (agent.activity == "idle"):
        raise EngineBug(f"agent {agent_id}: {agent.activity} and call {agent.call}")


def _check_indexes(engine: Engine) -> None:
    """What is derived agrees with what it is derived from."""
    core = engine.core
    for agent_id, agent in engine.state.agents.items():
        if core.slot(agent) != core.slots.get(agent_id):
            raise EngineBug(f"agent {agent_id}: belongs into {core.slot(agent)}, is in {core.slots.get(agent_id)}")
        if on_duty(agent) != (agent_id in (core.backup_duty if agent.profile.backup else core.duty)):
            raise EngineBug(f"agent {agent_id}: on duty {on_duty(agent)}, but counted otherwise")
        working = on_duty(agent) and agent.activity == "wrapup" and not agent.profile.backup
        if working != (agent_id in core.working):
            raise EngineBug(f"agent {agent_id}: in after-call work {working}, but counted otherwise")
    if set(core.slots) - set(engine.state.agents):
        raise EngineBug(f"agents lined up who are none: {set(core.slots) - set(engine.state.agents)}")
    back = {call.callable: call.id for call in engine.state.calls.values() if call.callback}
    if core.callbacks != back or len(back) != sum(call.callback is not None for call in engine.state.calls.values()):
        raise EngineBug(f"called back are {back}, known are {core.callbacks}")
    if core.over:
        raise EngineBug(f"{len(core.over)} calls are over, but not ended")
    waiting = [call for call in engine.state.calls.values() if call in core.waiting]
    if len(waiting) != len(core.waiting) or sum(call.klass == "urgent" for call in waiting) != core.waiting.urgent:
        raise EngineBug(f"{len(waiting)} callers wait, the queue counts {len(core.waiting)}")


def _check_no_inversion(engine: Engine, offered: OfferMade) -> None:
    """No routine caller is offered while an urgent one waits whom that agent could take."""
    agent = engine.state.agents.get(offered.agent)
    if agent is not None:
        urgent = best_for(engine.core, agent, urgent_only=True)
        if urgent is not None:
            raise EngineBug(f"agent {offered.agent} was offered {offered.call} while urgent {urgent.id} waits")


def _check_nobody_forgotten(engine: Engine) -> None:
    """No caller waits whom an idle agent could take now."""
    core = engine.core
    if engine.state.regrouping:
        return
    for call in core.waiting.calls():
        need = core.need(call)
        if call.klass == "urgent":
            agent = idle_for(core, call) or core.wrapup.first_for(call, need)
            if agent is None and backup_due(call):
                agent = core.backup.first_for(call, need)
        else:
            # Headroom may lapse between events; a timer looks again, so only its full extent is held against it.
            most = engine.state.config.reserve + engine.state.config.headroom
            spare = sum(count for skills, count in core.idle.sizes() if suffices(core, skills)) > most
            agent = idle_for(core, call) if spare or not most else never_held(core, call)
        if agent is not None:
            raise EngineBug(f"call {call.id} waits while agent {agent.profile.id} is {agent.shown}")
