"""How things stood at the moment of a decision: the state before an entry, brought on by those of its facts that came
before. Pure; for `acd.explain.story`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from acd.engine.index.skills import Need, Skills, SkillSets, need_of
from acd.engine.model.agent_events import AgentChannelClosed, AgentStateRequested, DeviceStateChanged
from acd.engine.model.events import (
    AnyEvent,
    LegGone,
    OfferReturned,
    TimerFired,
)
from acd.engine.model.facts import (
    AgentPreferred,
    AgentState,
    AgentStateChanged,
    AnyFact,
    CallbackPaused,
    CallEnded,
    CallEscalated,
    CallOverflowed,
    CallPutFirst,
    CallQueued,
    CallRelaxed,
    CallReturned,
    CallTransferred,
    MissesUndone,
    OfferEnded,
    OfferMade,
    PreferenceEnded,
    ServiceNamed,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.state import Agent, Call, State
from acd.engine.model.wait_facts import CallLinedUp, WaitReason, WaitWhy
from acd.engine.rules.offer import MISSES


@dataclass(slots=True)
class Seen:
    """An agent as they were at the moment of a decision."""

    agent: Agent
    shown: AgentState
    reason: str
    since: float


def agents_at(state: State, before: Iterable[AnyFact]) -> dict[AgentId, Seen]:
    """The agents after the facts `before` of an entry, whose state before it is given."""
    seen = {
        agent_id: Seen(agent, agent.shown, agent.shown_reason, agent.shown_since)
        for agent_id, agent in state.agents.items()
        if not agent.removed
    }
    for fact in before:
        if isinstance(fact, AgentStateChanged) and fact.agent in seen:
            seen[fact.agent] = Seen(seen[fact.agent].agent, fact.state, fact.reason, fact.at)
    return seen


def waiting_at(state: State, before: Iterable[AnyFact]) -> dict[CallId, Call]:
    """Callers who waited after the facts `before` of an entry."""
    waiting = {call_id: call for call_id, call in state.calls.items() if call.phase == "waiting"}
    for fact in before:
        if isinstance(fact, CallbackPaused) and fact.until is not None:  # noqa: SIM114 (mypy cannot follow the other)
            waiting.pop(fact.call, None)
        elif isinstance(fact, OfferMade | CallEnded):
            waiting.pop(fact.call, None)
        elif isinstance(fact, CallReturned | CallbackPaused) and fact.call in state.calls:
            waiting[fact.call] = state.calls[fact.call]
    return waiting


def skipped_by(state: State, call_id: CallId, event: AnyEvent | None, before: Iterable[AnyFact]) -> list[AgentId]:
    """Agents who let a call pass or sent it on, those of this very entry included."""
    call = state.calls.get(call_id)
    cleared = isinstance(event, TimerFired) and event.timer == f"retry:{call_id}"
    passed = [] if call is None or call.queued is None or cleared else list(call.queued.skipped)
    passed += [
        fact.agent for fact in before if isinstance(fact, OfferEnded) and fact.call == call_id and fact.result in MISSES
    ]
    passed += [fact.by for fact in before if isinstance(fact, CallTransferred) and fact.call == call_id]
    return passed


def is_lined_up(state: State, call_id: CallId, facts: Iterable[AnyFact]) -> bool:
    """Whether a caller waits in a queue after the facts of an entry, or was offered by them: whose channel is on its
    way out, or has not come back yet, does not."""
    call = state.calls.get(call_id)
    lined_up = call is not None and call.queued is not None and bool(call.queued.lined_up)
    for fact in facts:
        if isinstance(fact, CallLinedUp) and fact.call == call_id:
            lined_up = bool(fact.queue)
        elif isinstance(fact, OfferMade) and fact.call == call_id:
            return True
    return lined_up


def waits_for(state: State, call_id: CallId, facts: Iterable[AnyFact]) -> WaitWhy | None:
    """What a caller waits for after the facts of an entry; None for a caller in no queue."""
    call, told = state.calls.get(call_id), dict(state.wait_reasons)
    queue = "" if call is None or call.queued is None else call.queued.lined_up
    for fact in facts:
        if isinstance(fact, WaitReason):
            told[fact.queue] = fact.why
        elif isinstance(fact, CallLinedUp) and fact.call == call_id:
            queue = fact.queue
    return told.get(queue)


def need_at(state: State, call_id: CallId, service_id: ServiceId, before: Iterable[AnyFact]) -> Need:
    """What a call needed of an agent after the facts `before` of an entry."""
    call = state.calls.get(call_id)
    language = "tr" if call is None else call.language
    relaxed = 0 if call is None or call.queued is None else call.queued.relaxed
    untold = call is not None and call.untold
    for fact in before:
        if getattr(fact, "call", None) == call_id:
            if isinstance(fact, ServiceNamed):
                language, untold = fact.language, fact.asked
            elif isinstance(fact, CallRelaxed):
                relaxed = fact.steps
            elif isinstance(fact, CallOverflowed) or (isinstance(fact, CallTransferred) and fact.to != "talk"):
                relaxed = 0
    services = {service.id: service for service in state.config.services}
    service = services.get(service_id)
    return Need(service_id, 1, "") if service is None else need_of(service, language, relaxed, untold=untold)


def preferred_at(state: State, call_id: CallId, before: Iterable[AnyFact]) -> tuple[AgentId | None, bool]:
    """The agent who knew a caller after the facts `before` of an entry, and whether they were waited for alone."""
    call = state.calls.get(call_id)
    preferred = None if call is None or call.queued is None else call.queued.preferred
    agent, alone = (None, False) if preferred is None else (preferred.agent, preferred.until is not None)
    for fact in before:
        if isinstance(fact, AgentPreferred) and fact.call == call_id:
            agent, alone = fact.agent, fact.for_s > 0
        elif isinstance(fact, PreferenceEnded) and fact.call == call_id:
            agent, alone = None, False
    return agent, alone


def is_repeat_at(state: State, call_id: CallId, before: Iterable[AnyFact]) -> bool:
    """Whether a call came after those of first-time callers, after the facts `before` of an entry."""
    call = state.calls.get(call_id)
    repeat = call is not None and call.queued is not None and bool(call.queued.repeat)
    for fact in before:
        if isinstance(fact, CallQueued | CallEscalated) and fact.call == call_id:
            repeat = bool(fact.repeat)
        elif isinstance(fact, CallTransferred | CallPutFirst) and fact.call == call_id:
            repeat = False
    return repeat


def resting_at(state: State, event: AnyEvent | None, before: Iterable[AnyFact]) -> set[AgentId]:
    """Agents who are not tried, after the facts `before` of an entry, since no leg could be made to their phone."""
    over = event.timer if isinstance(event, TimerFired) else ""
    resting = {one for one, agent in state.agents.items() if agent.rests_until is not None and over != f"rest:{one}"}
    not_asked = [one for one in before if isinstance(one, OfferEnded) and one.result in ("no_leg", "engaged")]
    return resting | {fact.agent for fact in not_asked}


def skills_of(state: State, agent: Agent) -> Skills:
    """What an agent can do."""
    return SkillSets(state.config.services).of(agent.profile)


def lacks(state: State, agent: Agent, need: Need) -> Literal["service", "level", "language", ""]:
    """What an agent lacks for a call; empty: nothing."""
    skills = skills_of(state, agent)
    if skills.takes(need):
        return ""
    if not skills.takes(Need(need.service, 1, "")):
        return "service"
    return "level" if not skills.takes(Need(need.service, need.level, "")) else "language"


def freed_by(event: AnyEvent, before: Iterable[AnyFact], agent: AgentId) -> str:
    """How an agent came to be free by an event."""
    if any(isinstance(fact, MissesUndone) and agent in fact.agents for fact in before):
        return "freed_undone"
    for fact in before:
        if isinstance(fact, OfferEnded) and fact.agent == agent and fact.result != "answered":
            return "freed_offer"
        if isinstance(fact, WrapupEnded) and fact.agent == agent:
            return "freed_talk" if isinstance(event, LegGone | OfferReturned) else "freed_wrapup"
    match event:
        case AgentStateRequested():
            return "freed_ready"
        case DeviceStateChanged():
            return "freed_phone"
        case AgentChannelClosed():
            return "freed_own_call"
        case _:
            return "freed_other"
