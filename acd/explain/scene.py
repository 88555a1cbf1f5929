"""How things stood at the moment of a decision: the state before an entry, brought on by those of its facts that came
before. Pure; for `acd.explain.story`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from acd.engine.index.queues import is_first
from acd.engine.index.skills import Need, Skills, SkillSets, need_of
from acd.engine.model.agent_events import AgentChannelClosed, AgentStateRequested, DeviceStateChanged
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallbackCancelled,
    CommandFailed,
    LegGone,
    OfferReturned,
    TimerFired,
)
from acd.engine.model.facts import (
    AgentPreferred,
    AgentState,
    AgentStateChanged,
    AnyFact,
    CallbackMissed,
    CallbackPaused,
    CallbackQueued,
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
from acd.engine.model.journal import Entry
from acd.engine.model.state import Agent, Call, State
from acd.engine.rules.offer import MISSES


@dataclass(slots=True)
class Seen:
    """An agent as they were at the moment of a decision."""

    agent: Agent
    shown: AgentState
    reason: str
    since: float
    fresh: bool = False
    """Whether they came into this state by the very event that is told."""


def sent_to(state: State, offer: OfferMade, before: Iterable[AnyFact]) -> bool:
    """Whether the caller is offered to this agent since another agent sent them there."""
    call = state.calls.get(offer.call)
    if call is not None and call.sent_on is not None and call.sent_on.to == offer.agent:
        return True
    sent = [one for one in before if isinstance(one, CallTransferred) and one.call == offer.call]
    return bool(sent) and sent[-1].agent == offer.agent


def is_kept(state: State, offer: OfferMade) -> bool:
    """Whether the caller was kept for this agent, whose page had gone in their talk."""
    call = state.calls.get(offer.call)
    return call is not None and call.kept is not None and call.kept.agent == offer.agent


def handed_back(state: State, entry: Entry, offer: OfferMade) -> bool:
    """Whether the caller is back with the agent who had handed them over to an outside telephone."""
    call = state.calls.get(offer.call)
    arrived = isinstance(entry.event, CallAttached) and entry.event.call == offer.call
    return arrived and call is not None and call.handover is not None and call.handover.by == offer.agent


def agents_at(state: State, before: Iterable[AnyFact]) -> dict[AgentId, Seen]:
    """The agents after the facts `before` of an entry, whose state before it is given."""
    seen = {
        agent_id: Seen(agent, agent.shown, agent.shown_reason, agent.shown_since)
        for agent_id, agent in state.agents.items()
        if not agent.removed
    }
    for fact in before:
        if isinstance(fact, AgentStateChanged) and fact.agent in seen:
            seen[fact.agent] = Seen(seen[fact.agent].agent, fact.state, fact.reason, fact.at, fresh=True)
    return seen


def offered_to(state: State, before: Sequence[AnyFact], agent: AgentId, at: float) -> dict[AgentId, Seen]:
    """The agents as `agents_at` gives them, one of whom is offered a caller. Whom the entry itself set free is told of
    as free only where they stay so."""
    seen = agents_at(state, before)
    chosen = seen[agent]
    recalled = chosen.shown == "wrapup" and not any(
        isinstance(one, WrapupEnded) and one.agent == agent for one in before
    )
    if chosen.shown != "ready" and not recalled:
        seen[agent] = Seen(chosen.agent, "ready", "", at, fresh=True)
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


def has_session(call: Call | None, entry: Entry) -> bool:
    """Whether a caller can be offered after an entry, `call` being them before it: whose channel is on its way out, or
    has not come back yet, cannot."""
    if call is None:
        return False
    own = getattr(entry.event, "call", None) == call.id
    if own and isinstance(entry.event, CallAttached):
        return True
    gone = any(
        isinstance(one, OfferEnded) and one.call == call.id and one.result == "caller_gone" for one in entry.facts
    )
    paused = [one.until for one in entry.facts if isinstance(one, CallbackPaused) and one.call == call.id]
    if paused:
        return paused[-1] is None
    if any(isinstance(one, CallbackQueued) and one.call == call.id for one in entry.facts):
        return True  # without a channel, they need none
    given_up = own and isinstance(entry.event, CommandFailed | CallbackCancelled)
    given_up = given_up or any(isinstance(one, CallbackMissed) and one.call == call.id for one in entry.facts)
    return call.attached and not gone and not given_up


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


def is_first_at(state: State, call_id: CallId, before: Iterable[AnyFact]) -> bool:
    """Whether the shift lead had put a call first, after the facts `before` of an entry."""
    call = state.calls.get(call_id)
    first = call is not None and call.queued is not None and is_first(call.queued)
    return first or any(isinstance(fact, CallPutFirst) and fact.call == call_id for fact in before)


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


def could_take(state: State, at: Seen, need: Need, skipped: Iterable[AgentId]) -> bool:
    """Whether a free agent of the first tier can take a call and has not let it pass."""
    return not lacks(state, at.agent, need) and at.agent.profile.id not in skipped and not at.agent.profile.backup


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
