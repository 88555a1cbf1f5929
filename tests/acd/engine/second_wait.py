"""A second eye on what callers wait for: looks at every caller and every agent between two events, with causes written
again from their description (`WaitWhy`, `WaitCause`), and adds up the seconds of each."""

from collections import defaultdict

from acd.engine.core import Core
from acd.engine.machine import Engine
from acd.engine.model.fact_base import OfferResult
from acd.engine.model.facts import AnyFact, CallQueued, OfferEnded
from acd.engine.model.ids import CallId
from acd.engine.model.state import Agent, Call, Queued
from acd.engine.rules import urgent
from tests.acd.engine.second_eye import suits, takes_urgent

Spent = dict[tuple[str, str], float]
"""Seconds by cause, and by the agent whose phone it was; empty where it was none's."""


class SecondWait:
    """Watches an engine. `spent` has what each call's wait was spent on so far, as the state shows it."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.at = engine, 0.0
        self.spent: dict[CallId, Spent] = defaultdict(lambda: defaultdict(float))
        self.rung: dict[CallId, float] = defaultdict(float)
        """Seconds for which the present offer has rung: only its end shows what they were spent on."""

    def passes(self, at: float) -> None:
        """Time has gone by until `at`, and nothing has happened since the last event."""
        for call in self.engine.state.calls.values():
            queued = call.queued
            if queued is None or call.answered is not None or call.phase not in ("waiting", "offered", "message"):
                continue
            if call.offer is not None and not call.away:
                self.rung[call.id] += at - self.at
            else:
                self.spent[call.id][self._cause(call, queued), ""] += at - self.at
        self.at = at

    def takes(self, fact: AnyFact) -> None:
        """One fact of the event that happens at `at`."""
        if isinstance(fact, CallQueued):
            self.spent.pop(fact.call, None)
            if fact.at < self.at:  # they have waited at the standby
                self.spent[fact.call]["outage", ""] = self.at - fact.at
        elif isinstance(fact, OfferEnded) and fact.call in self.rung:
            cause = cause_of_ring(fact.result)
            whose = fact.agent if cause in ("pick_up", "no_answer", "phones") else ""
            self.spent[fact.call][cause, whose] += self.rung.pop(fact.call)

    def _cause(self, call: Call, queued: Queued) -> str:
        if call.away:
            return "callback"
        if call.phase == "message":
            return "message"
        state = self.engine.state
        if not call.attached or state.regrouping or state.stopping:
            return "outage"
        if queued.preferred is not None and queued.preferred.until is not None:
            return "preferred"
        return self._of_agents(self.engine.core, queued)

    def _of_agents(self, core: Core, queued: Queued) -> str:
        agents, config = list(core.state.agents.values()), core.state.config
        limited = queued.priority != "urgent" or (bool(queued.repeat) and core.kept > 0)
        tiers = [one for one in agents if not one.profile.backup]
        if queued.backup_open and not limited:
            tiers = agents
        idle = [one for one in tiers if is_idle(one)]
        could = [one for one in idle if suits(config, one.profile, queued)]
        if could:
            spare = [one for one in agents if is_idle(one) and not one.profile.backup]
            spare = [one for one in spare if takes_urgent(config, one.profile)]
            all_urgent = all(takes_urgent(config, one.profile) for one in could)
            kept = limited and all_urgent and len(spare) <= urgent.held_back(core)
            return "held_back" if kept else "let_pass"
        if any(is_there(one) and suits(config, one.profile, queued) for one in tiers):
            return "skills" if idle else "busy"
        if queued.priority == "urgent" and any(is_there(one) and suits(config, one.profile, queued) for one in agents):
            return "backup"
        if any(is_there(one) for one in tiers):
            return "skills"
        return "phones" if any(is_signed_in_without_phone(one) for one in agents) else "no_agents"


def is_there(agent: Agent) -> bool:
    """Whether an agent is on duty: signed in, not in a pause, with a phone that can be reached."""
    return agent.login == "ready" and agent.reachable and not agent.removed


def is_idle(agent: Agent) -> bool:
    """Whether an agent who is on duty has nothing to do, and their phone can be rung."""
    return is_there(agent) and agent.activity == "idle" and not agent.channels and agent.rests_until is None


def is_signed_in_without_phone(agent: Agent) -> bool:
    """Whether only the phone keeps an agent from being on duty."""
    free = agent.login == "ready" and agent.activity == "idle" and not agent.channels
    return free and not agent.reachable


def cause_of_ring(result: OfferResult) -> str:
    """What the time of an offer was spent on."""
    match result:
        case "answered" | "caller_gone":
            return "pick_up"
        case "no_answer" | "busy" | "declined" | "withdrawn" | "empty_chair":
            return "no_answer"
        case "forwarded" | "unreachable":
            return "phones"
        case "recalled":
            return "urgent_first"
        case "exchanged":
            return "skills"
        case "lost" | "no_leg" | "engaged":
            return "outage"
        case "unreached":
            return "callback"
