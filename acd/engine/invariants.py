"""What must be true after every event. Tests check it each time; the live line does not, because of the cost."""

from acd.engine.core import Slot, on_duty
from acd.engine.index.queues import RANK, is_first, points_of
from acd.engine.index.skills import Need, need_of
from acd.engine.machine import Engine
from acd.engine.model.commands import Announce, AnyCommand, CallBack, HoldCaller, OfferCall
from acd.engine.model.errors import EngineBug
from acd.engine.model.facts import AnyFact, CallReturned, OfferEnded, OfferMade, PreferenceEnded
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.phone_numbers import e164
from acd.engine.model.state import Agent, Call, Queued
from acd.engine.rules.own_calls import is_own
from acd.engine.rules.page_reload import RECONNECTING
from acd.engine.rules.repeat_callers import LATER, is_limited, kept
from acd.engine.rules.unheld import is_held
from acd.engine.rules.urgent import suffices
from acd.engine.rules.wait_reasons import reason

PHASES_KEPT = ("kept", "offered")


def check(engine: Engine, out: list[AnyCommand | AnyFact] | None = None) -> None:
    """Raise `EngineBug` at the first broken rule. `out` has the results of the last event."""
    state = engine.state
    owners: dict[str, str] = {}
    for call in state.calls.values():
        _check_call(engine, call)
        if (leg := call.leg or call.kept) is not None:
            if leg.agent in owners:
                raise EngineBug(f"agent {leg.agent} is in {owners[leg.agent]} and in {call.id}")
            owners[leg.agent] = call.id
    for agent in state.agents.values():
        _check_agent(engine, agent, owners)
    _check_indexes(engine)
    for place, item in enumerate(out or ()):
        if isinstance(item, OfferMade):
            returned = {
                later.call for later in (out or ())[place:] if isinstance(later, CallReturned | PreferenceEnded)
            }
            _check_turn(engine, item, returned)
        elif isinstance(item, OfferEnded) and item.result == "exchanged":
            if (rung := state.calls.get(item.call)) is not None and rung.offer is None:
                raise EngineBug(f"call {item.call}: {item.agent} was exchanged for nobody")
        elif isinstance(item, HoldCaller | OfferCall | CallBack):
            told = state.calls.get(item.call)
            if told is not None and told.away != isinstance(item, CallBack) and told.phase != "leaving":
                raise EngineBug(f"call {item.call}, away {told.away}, but {type(item).__name__}")
        elif (
            isinstance(item, Announce)
            and item.call not in engine.core.waiting
            and not _is_told_of_keeping(engine, item)
        ):
            raise EngineBug(f"call {item.call} is told where it stands, but it does not wait")
    _check_nobody_forgotten(engine)
    _check_nobody_unsuited(engine)
    _check_reasons(engine)
    _check_duty(engine)


def _is_told_of_keeping(engine: Engine, item: Announce) -> bool:
    """Whether a caller who is kept for an agent hears that they are connected again, and nothing else."""
    call = engine.state.calls.get(item.call)
    return call is not None and call.phase == "kept" and call.attached and item.prompts == (RECONNECTING,)


def _check_duty(engine: Engine) -> None:
    """A request has one duty ring at a time, and so has a telephone."""
    rings = engine.state.duty_rings.values()
    for what, each in (("request", [one.request for one in rings]), ("number", [one.number for one in rings])):
        if len(set(each)) != len(each):
            raise EngineBug(f"duty rings: one {what} has several: {sorted(each)}")
    if not set(engine.state.duty_rings) <= set(engine.state.duty_wishes):
        raise EngineBug(f"duty rings {sorted(engine.state.duty_rings)}: not all of their wishes are known")


def _check_call(engine: Engine, call: Call) -> None:
    """A caller is in exactly one place."""
    waits = call.id in engine.core.waiting
    if waits != (call.phase == "waiting" and call.attached):
        raise EngineBug(f"call {call.id}: phase {call.phase}, attached {call.attached}, but in the queue: {waits}")
    if (call.offer is not None) != (call.phase == "offered"):
        raise EngineBug(f"call {call.id}: phase {call.phase} and offer {call.offer}")
    if (call.talk is not None) != (call.phase == "talking"):
        raise EngineBug(f"call {call.id}: phase {call.phase} and talk {call.talk}")
    if (call.phase == "kept") > (call.kept is not None) or (call.kept is not None and call.phase not in PHASES_KEPT):
        raise EngineBug(f"call {call.id}: phase {call.phase}, {call.kept}")
    if call.kept is not None and call.offer is not None and call.offer.agent != call.kept.agent:
        raise EngineBug(f"call {call.id}: kept for {call.kept.agent}, and offered to {call.offer.agent}")
    if (call.offer is not None and call.offer.reconnects) > (call.kept is not None):
        raise EngineBug(f"call {call.id}: {call.offer}, and nobody is kept")
    if call.phase == "outside" and (call.handover is None or call.handover.began_at is None or call.attached):
        raise EngineBug(f"call {call.id}: phase outside, attached {call.attached}, handed over: {call.handover}")
    if call.phase in ("waiting", "offered", "talking", "kept", "outside") and call.queued is None:
        raise EngineBug(f"call {call.id}: phase {call.phase} but never queued")
    if call.queued is not None:
        _check_place(engine, call.queued, waits=waits)
        if call.unqueued is not None or call.queued.call != call.id or call.queued.language != call.language:
            raise EngineBug(f"call {call.id}, which speaks {call.language}: {call.queued} and {call.unqueued}")
    message = call.message
    if (call.phase == "message") > (message is not None and (message.result is None or message.kept)):
        raise EngineBug(f"call {call.id}: phase {call.phase} and message {message}")
    if message is not None and message.gone_at is not None and call.phase != "message":
        raise EngineBug(f"call {call.id}: phase {call.phase}, but gone in its {message}")
    callback = call.to_call_back
    if callback is not None and call.phase == "waiting" and call.attached != (callback.until is None):
        raise EngineBug(f"call {call.id}: to be called back, attached {call.attached}, kept out till {callback.until}")
    if call.away and call.phase == "talking":
        raise EngineBug(f"call {call.id}: talks, but has not been reached")
    if (call.unheld is None) != is_held(call):
        raise EngineBug(f"call {call.id}: phase {call.phase}, attached {call.attached}, unheld {call.unheld}")
    if (call.talk is not None or call.talked is not None) and call.answered is None:
        raise EngineBug(f"call {call.id}: talks or has talked, but was never answered")


def _check_place(engine: Engine, queued: Queued, *, waits: bool) -> None:
    """The fields of a place in the queue agree."""
    call, preferred = queued.call, queued.preferred
    if queued.repeat and (queued.priority != "urgent" or not queued.urgent_calls):
        raise EngineBug(f"call {call}: {queued.priority}, counted {queued.urgent_calls} times, but a repeat call")
    if (queued.order >= LATER) != bool(queued.repeat):
        raise EngineBug(f"call {call}: place {queued.order}, but a repeat call: {queued.repeat!r}")
    if is_first(queued) and (queued.order < -LATER or queued.priority == "outcome"):
        raise EngineBug(f"call {call}: {queued.priority}, put first at place {queued.order}")
    if preferred is not None and preferred.until is not None and queued.priority == "urgent":
        raise EngineBug(f"call {call}: {queued.priority}, and kept for {preferred.agent}")
    if waits and (vain := _steps_in_vain(engine, queued)):
        raise EngineBug(f"call {call}: waits in vain for {vain} steps of relaxation")
    if waits and (alone := kept_for(queued)) is not None and alone not in engine.core.staffing:
        raise EngineBug(f"call {call}: waits for {alone} alone, who is off duty")


def _check_agent(engine: Engine, agent: Agent, owners: dict[str, str]) -> None:
    """An agent is in one call at most, and call and agent agree on it."""
    agent_id, owned = agent.profile.id, owners.get(agent.profile.id)
    if agent.activity in ("reserved", "talking"):
        if owned is None or owned != agent.call:
            raise EngineBug(f"agent {agent_id}: {agent.activity} on {agent.call}, but that call says {owned}")
        phase = engine.state.calls[agent.call].phase if agent.call else None
        if phase not in (("offered", "kept") if agent.activity == "reserved" else ("talking",)):
            raise EngineBug(f"agent {agent_id}: {agent.activity}, but the call is {phase}")
    elif owned is not None:
        raise EngineBug(f"agent {agent_id}: {agent.activity}, but call {owned} is theirs")
    if (agent.wrapup is not None) != (agent.activity == "wrapup"):
        raise EngineBug(f"agent {agent_id}: {agent.activity}, and after-call work {agent.wrapup}")
    if agent.wrapup is not None and agent.wrapup.call != agent.call:
        raise EngineBug(f"agent {agent_id}: works after {agent.wrapup.call}, and has call {agent.call}")
    if (agent.call is None) != (agent.activity == "idle"):
        raise EngineBug(f"agent {agent_id}: {agent.activity} and call {agent.call}")


def _check_indexes(engine: Engine) -> None:
    """The derived indexes agree with the state."""
    core = engine.core
    for agent_id, agent in engine.state.agents.items():
        if core.slot(agent) != core.slots.get(agent_id):
            raise EngineBug(f"agent {agent_id}: belongs into {core.slot(agent)}, is in {core.slots.get(agent_id)}")
        if on_duty(agent) != (agent_id in (core.backup_staffing if agent.profile.backup else core.staffing)):
            raise EngineBug(f"agent {agent_id}: on duty {on_duty(agent)}, but counted otherwise")
        working = on_duty(agent) and agent.activity == "wrapup" and not agent.profile.backup
        if working != (agent_id in core.working):
            raise EngineBug(f"agent {agent_id}: in after-call work {working}, but counted otherwise")
    if set(core.slots) - set(engine.state.agents):
        raise EngineBug(f"agents lined up who are none: {set(core.slots) - set(engine.state.agents)}")
    called = [call for call in engine.state.calls.values() if call.callback is not None]
    told = {call.callable: call.id for call in called if call.callback is not None and call.callback.wish}
    back = {call.callable: call.id for call in called if call.id not in told.values()}
    if (core.callbacks, core.outcome_calls) != (back, told) or len(back) + len(told) != len(called):
        raise EngineBug(f"called are {back} and {told}, known are {core.callbacks} and {core.outcome_calls}")
    repeats = {call.id for call in engine.state.calls.values() if call.queued is not None and call.queued.repeat}
    if core.counted.repeats != repeats:
        raise EngineBug(f"repeat calls are {repeats}, known are {core.counted.repeats}")
    numbers: dict[str, set[CallId]] = {}
    for call in engine.state.calls.values():
        if call.queued is not None and call.queued.urgent_calls:
            numbers.setdefault(e164(call.number), set()).add(call.id)
    if core.counted.numbers() != numbers:
        raise EngineBug(f"urgent calls are {numbers}, counted are {core.counted.numbers()}")
    if core.over:
        raise EngineBug(f"{len(core.over)} calls are over, but not ended")
    if core.to_undo or core.relaxed:
        raise EngineBug(f"left over: pauses to undo {core.to_undo}, relaxed callers to match {core.relaxed}")
    waiting = [call for call in engine.state.calls.values() if call.id in core.waiting]
    if len(waiting) != len(core.waiting) or sum(call.priority == "urgent" for call in waiting) != core.waiting.urgent:
        raise EngineBug(f"{len(waiting)} callers wait, the queue counts {len(core.waiting)}")


def _check_reasons(engine: Engine) -> None:
    """Readers were told in which queue each caller waits, and for what each queue does."""
    core = engine.core
    for call in engine.state.calls.values():
        queue = core.waiting.queue_of(call.id)
        told = call.queued.lined_up if call.queued is not None and call.phase in ("waiting", "offered") else None
        if told is not None and told != ("" if queue is None else queue.name):
            raise EngineBug(f"call {call.id}: waits in {queue and queue.name!r}, told was {told!r}")
    for queue in core.waiting.queues():
        if len(queue) and engine.state.wait_reasons.get(queue.name) != (why := reason(core, queue)):
            raise EngineBug(
                f"queue {queue.name}: waits for {why}, told was {engine.state.wait_reasons.get(queue.name)}"
            )


def kept_for(queued: Queued) -> AgentId | None:
    """The only agent for whom a caller waits, if any."""
    return None if queued.preferred is None or queued.preferred.until is None else queued.preferred.agent


def _could_take(engine: Engine, agent: Agent, queued: Queued, more_steps: int = 0) -> bool:
    """Whether this agent, free or not, may be offered this waiting caller after so many more steps of relaxation.
    Computed from the state, not from an index."""
    if agent.profile.id in queued.skipped or kept_for(queued) not in (None, agent.profile.id):
        return False
    if agent.profile.backup and not (queued.priority == "urgent" and queued.backup_open):
        return False
    need = need_of(
        engine.core.services[queued.service], queued.language, queued.relaxed + more_steps, untold=queued.untold
    )
    return engine.core.skills[agent.profile.id].takes(need)


def _steps_in_vain(engine: Engine, queued: Queued) -> int:
    """How many of a caller's next steps of relaxation are pointless to wait for: no agent on duty, free or not, can
    take the caller before them, and one can after them. Computed from the state, not from an index."""
    service = engine.core.services[queued.service]
    here = [
        engine.core.skills[agent.profile.id]
        for agent in engine.state.agents.values()
        if on_duty(agent) and (queued.priority == "urgent" or not agent.profile.backup)
    ]
    for relaxed in range(queued.relaxed, len(service.relax) + 1):
        need = need_of(service, queued.language, relaxed, untold=queued.untold)
        if any(skills.takes(need) for skills in here):
            return relaxed - queued.relaxed
    return 0


def _waiting(engine: Engine) -> list[Queued]:
    return [call.place for call in engine.state.calls.values() if call.phase == "waiting" and call.attached]


def _points(engine: Engine, queued: Queued) -> float:
    return points_of(queued) + engine.core.services[queued.service].ageing * (engine.core.at - queued.at)


def _check_turn(engine: Engine, offered: OfferMade, returned: set[CallId]) -> None:
    """It was that caller's turn: this agent could take no waiting caller of a more urgent class, or of the same class
    and before them. A caller who was transferred to this agent comes first in their class. Callers in `returned` came
    to the queue only later."""
    agent, call = engine.state.agents.get(offered.agent), engine.state.calls.get(offered.call)
    if agent is None or call is None or call.kept is not None:  # kept for this agent alone: nobody comes before
        return
    if is_own(call):  # the agent rings a citizen themselves, and takes nobody's turn
        return
    mine = call.place
    heads: dict[tuple[Need, float, bool], Queued] = {}
    for other in _waiting(engine):
        if other is mine or other.call in returned:
            continue
        vain = _steps_in_vain(engine, other) if other.priority == "urgent" else 0
        if not _could_take(engine, agent, other, vain):
            continue
        if RANK[offered.priority] > RANK[other.priority]:
            raise EngineBug(
                f"agent {offered.agent} was offered {offered.call} while {other.priority} {other.call} waits"
            )
        queue = (engine.core.need(other), points_of(other), kept_for(other) is None)
        if other.priority == mine.priority and other.order <= heads.get(queue, other).order:
            heads[queue] = other
    if call.transfers:
        return
    for queue, other in heads.items():
        if mine.priority != "routine" or queue == (engine.core.need(mine), points_of(mine), kept_for(mine) is None):
            first = other.order < mine.order
        else:
            here, theirs = _points(engine, mine), _points(engine, other)
            first = theirs > here or (theirs == here and other.order < mine.order)
        if first:
            raise EngineBug(f"agent {offered.agent} was offered {offered.call} while {other.call} was before them")


def _check_nobody_forgotten(engine: Engine) -> None:
    """No caller waits whom a free agent could take now."""
    core, config = engine.core, engine.state.config
    if engine.state.regrouping or engine.state.stopping or not (waiting := _waiting(engine)):
        return
    # Headroom may fall between events, and a timer then matches again; so only its full extent is an error.
    most = max(config.reserve + config.headroom, kept(core))
    spare = not most or sum(count for skills, count in core.idle.sizes() if suffices(core, skills)) > most
    for agent_id, slot in core.slots.items():
        agent = engine.state.agents[agent_id]
        for queued in waiting:
            if queued.priority == "urgent" and not is_limited(core, queued):
                free = _free(engine, agent, slot)
            else:
                free = slot == "idle" and (spare or not suffices(core, core.skills[agent_id]))
            if free and _could_take(engine, agent, queued):
                raise EngineBug(f"call {queued.call} waits while agent {agent_id} is {agent.shown}")


def _check_nobody_unsuited(engine: Engine) -> None:
    """No phone that can be told to stop rings for an urgent caller whose agent does not take the kind, while one who
    does could be rung."""
    core, state = engine.core, engine.state
    unsuited = [call for call in state.calls.values() if core.is_unsuited(call)]
    if not {call.id for call in unsuited} <= core.unsuited:
        raise EngineBug(f"rung by the wrong agent are {[call.id for call in unsuited]}, known are {core.unsuited}")
    if state.regrouping or state.stopping:
        return
    for call in unsuited:
        if call.offer is None or not call.offer.channel or not call.attached or is_limited(core, call.place):
            continue
        if not core.is_connected(call.node):
            continue
        for agent_id, slot in core.slots.items():
            agent = state.agents[agent_id]
            if _free(engine, agent, slot) and _could_take(engine, agent, call.place):
                raise EngineBug(f"call {call.id} rings {call.offer.agent}, who does not take it; {agent_id} could")


def _free(engine: Engine, agent: Agent, slot: Slot) -> bool:
    """Whether an urgent caller can get this agent. If the agent rings, an event must have reported it."""
    ringing = engine.state.calls[agent.call] if slot == "ringing" and agent.call is not None else None
    return ringing is None or (ringing.offer is not None and bool(ringing.offer.channel))
