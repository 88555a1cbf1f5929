"""A second eye on why an agent is chosen: looks at every agent and every caller at the moment of each offer, with rules
written again from their description, and compares with what the engine says."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from acd.engine.core import Core
from acd.engine.handlers import handovers, page_reload, task_calls, transfers
from acd.engine.machine import Engine
from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.events import AnyEvent
from acd.engine.model.facts import OfferEnded
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.state import Agent, Queued
from acd.engine.model.talk_facts import Choice
from acd.engine.rules import matching, offer, urgent
from acd.engine.rules.averages import pick_up_s
from acd.engine.rules.choice import lead
from acd.line.runtime import handle

FOR_ONE = ("own", "sent", "page_back", "handed_back")


def level_of(profile: AgentProfile, service: str) -> int:
    """How well an agent can do a service; 0: not at all."""
    if not profile.services and not profile.skills:
        return 1
    of_skill = {str(one): level for one, level in profile.skills.items()}
    return of_skill.get(service, 1 if service in {str(one) for one in profile.services} else 0)


def asked(service: Service, steps: int) -> tuple[int, bool]:
    """The level that a service asks for after so many steps, and whether the language counts."""
    level, language = service.min_level, service.language_required
    for step in service.relax[:steps]:
        level = level if step.level is None else step.level
        language = language and not step.any_language
    return level, language


def suits(config: EngineConfig, profile: AgentProfile, queued: Queued) -> bool:
    """Whether an agent can do what a caller needs now."""
    services = {one.id: one for one in config.services}
    service = services[queued.service]
    level, language = asked(service, queued.relaxed)
    if language and profile.languages and queued.language not in profile.languages:
        return False
    if queued.untold:
        return any(level_of(profile, one.id) >= one.min_level for one in services.values() if one.priority == "urgent")
    return level_of(profile, service.id) >= level


def takes_urgent(config: EngineConfig, profile: AgentProfile) -> bool:
    """Whether an agent can take callers of some urgent service, at least once less is asked."""
    return any(
        level_of(profile, one.id) >= asked(one, len(one.relax))[0]
        for one in config.services
        if one.priority == "urgent"
    )


class SecondEye:
    """Handles events and checks each offer. `seen` counts the reasons."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.seen: Counter[str] = Counter()
        self.wanted: dict[CallId, dict[str, AgentId | None]] = {}
        self.idle_before: dict[AgentId, int] = {}
        self.failed: AssertionError | None = None

    def handle(self, event: AnyEvent) -> list[Any]:
        """One event, as the line does it. Raises `AssertionError` if an offer's reason is untrue."""
        state = self.engine.state
        self.wanted = {
            call.id: {
                "sent": None if call.sent_on is None else call.sent_on.to,
                "page_back": None if call.kept is None else call.kept.agent,
                "handed_back": None if call.handover is None else call.handover.by,
                "sent_now": getattr(event, "transfer_to", None),
            }
            for call in state.calls.values()
        }
        self.idle_before = {one.profile.id: one.order for one in state.agents.values() if self._is_listed(one)}
        out, _ = handle(self.engine, event)
        if self.failed is not None:
            raise self.failed
        return list(out)

    @contextmanager
    def watching(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Check each offer just before it is made."""
        real: Callable[..., None] = offer.make_offer

        def checked(core: Core, queued: Queued, agent: Agent, why: Choice, *rest: Any, **more: Any) -> None:
            try:
                self.check(core, queued, agent, why)
            except AssertionError as error:  # the line goes on at an error of the engine
                self.failed = self.failed or error
            real(core, queued, agent, why, *rest, **more)

        with patch.context() as patched:
            for module in (matching, urgent, transfers, handovers, page_reload, task_calls):
                patched.setattr(module, "make_offer", checked)
            yield

    # --- what is true

    def check(self, core: Core, queued: Queued, agent: Agent, why: Choice) -> None:
        """The reason is true of the state at this moment."""
        self.seen[why.chosen] += 1
        free, held = self._could_have(core, queued)
        match why.chosen:
            case "sent" | "page_back" | "handed_back":
                wanted = self.wanted[queued.call]
                named = {wanted[why.chosen], wanted["sent_now"]} if why.chosen == "sent" else {wanted[why.chosen]}
                assert agent.profile.id in named, why
            case "own":
                assert agent.login != "offline"
                assert agent.activity in ("idle", "wrapup")
                assert queued.call not in core.waiting
            case "ringing":
                (ended,) = [one for one in core.out if isinstance(one, OfferEnded) and one.result == "recalled"]
                assert ended.agent == agent.profile.id
                assert ended.priority != "urgent"
            case "wrapup":
                assert agent.activity == "wrapup"
                assert why.by == pytest.approx(core.at - agent.shown_since, abs=0.001)
            case "backup":
                assert agent.profile.backup
                assert queued.backup_open
            case "freed":
                assert self.idle_before.get(agent.profile.id) != agent.order or agent.activity != "idle"
            case "not_held":
                assert self.idle_before.get(agent.profile.id) == agent.order, "was idle before"
                assert len(self._urgent_idle(core)) > urgent.held_back(core), "one more is idle now"
                assert queued.priority != "urgent" or queued.repeat
            case "preferred":
                assert queued.preferred is not None
                assert queued.preferred.agent == agent.profile.id
            case "only":
                assert [one.profile.id for one in free] == [agent.profile.id]
            case "quick":
                self._is_quickest(core, queued, agent, free)
            case _:
                assert why.chosen == core.state.config.strategy
                assert free[0] is agent, "the first by the strategy"
        if why.chosen in ("ringing", "wrapup", "backup"):
            assert queued.priority == "urgent"
            assert [one for one in free if one is not agent] == [], "nobody was idle"
        if why.free:
            self._check_numbers(core, agent, why, free, held)
        if why.chosen not in FOR_ONE:
            self._check_turn(core, queued, agent)

    def _check_numbers(self, core: Core, agent: Agent, why: Choice, free: list[Agent], held: list[Agent]) -> None:
        assert why.free == len(free)
        assert why.held == len(held)
        assert why.others == tuple(one.profile.id for one in free if one is not agent)[:5]
        idle_s = core.at - agent.shown_since
        wanted = {"least_calls": agent.handled, "quickest": agent.picks_up_s}.get(why.chosen, idle_s)
        if why.chosen not in ("linear", "freed", "preferred"):
            assert why.by == pytest.approx(wanted, abs=0.001)

    def _is_quickest(self, core: Core, queued: Queued, agent: Agent, free: list[Agent]) -> None:
        assert queued.priority == "urgent"
        within_s = core.state.config.rules["urgent_pick_up_s"]
        limit_s = min(pick_up_s(core, one) for one in free) + float(str(within_s))
        soonest = [one for one in free if pick_up_s(core, one) <= limit_s]
        assert min(soonest, key=lambda one: one.order) is agent

    def _check_turn(self, core: Core, queued: Queued, agent: Agent) -> None:
        """This caller is before every other one whom the agent could have, and in that in which it is told."""
        for other in core.waiting.calls():
            if other is queued or not self._may_have(core, agent, other):
                continue
            how = lead(queued.priority, queued.order, other.priority, other.order)
            mine, theirs = self._standing(core, queued), self._standing(core, other)
            if self._alike(core, queued, other):  # those of one queue are served by place alone
                assert queued.order < other.order
                continue
            assert mine <= theirs, (how, queued, other)
            match how:
                case "class":
                    assert mine[0] < theirs[0]
                case "put":
                    assert queued.order < 0 <= other.order
                case "first_time":
                    assert other.repeat
                    assert not queued.repeat
                case "came":
                    assert queued.order < other.order
                case "points":
                    assert queued.priority == "routine"
                    assert mine[1] < theirs[1]

    def _alike(self, core: Core, queued: Queued, other: Queued) -> bool:
        """Whether two callers wait for the same with the same points at the start: in one queue."""
        return self._queue(core, queued) == self._queue(core, other)

    def _queue(self, core: Core, queued: Queued) -> tuple[object, ...]:
        level, language = asked(core.services[queued.service], queued.relaxed)
        need = (queued.service, level, queued.language if language else "", queued.untold)
        return (*need, queued.priority, queued.points, queued.repeat, queued.order < 0)

    def _standing(self, core: Core, queued: Queued) -> tuple[int, float, int]:
        """The class, the points (more come first) and the place."""
        rank, service = ("urgent", "routine", "outcome").index(queued.priority), core.services[queued.service]
        points = (1e9 if queued.order < 0 else queued.points) + service.ageing * (core.at - queued.at)
        return rank, -points if queued.priority == "routine" else 0.0, queued.order

    # --- who is there

    def _is_listed(self, agent: Agent) -> bool:
        """Whether an agent of the first tier is idle, and no event of this turn has changed that unseen."""
        idle = agent.activity == "idle" and agent.login == "ready" and agent.reachable and not agent.removed
        return (
            idle
            and not agent.channels
            and agent.rests_until is None
            and not agent.profile.backup
            and agent.shown == "ready"
        )

    def _urgent_idle(self, core: Core) -> list[Agent]:
        return [
            one
            for one in core.state.agents.values()
            if self._is_listed(one) and takes_urgent(core.state.config, one.profile)
        ]

    def _could_have(self, core: Core, queued: Queued) -> tuple[list[Agent], list[Agent]]:
        """The idle agents who could have this caller, the first by the strategy first; and those who are held back."""
        alone = queued.preferred.agent if queued.preferred is not None and queued.preferred.until is not None else None
        there = [
            one
            for one in core.state.agents.values()
            if self._is_listed(one)
            and suits(core.state.config, one.profile, queued)
            and one.profile.id not in queued.skipped
            if alone in (None, one.profile.id)
        ]
        places = {profile.id: place for place, profile in enumerate(core.state.config.agents)}

        def standing(one: Agent) -> tuple[float, int]:
            match core.state.config.strategy:
                case "least_calls":
                    return one.handled, one.order
                case "quickest":
                    return int(one.picks_up_s), one.order
                case "linear":
                    return places.get(one.profile.id, len(places)), one.order
                case _:
                    return 0, one.order

        there.sort(key=standing)
        crowd = bool(queued.repeat) and core.kept > 0
        spare = len(self._urgent_idle(core)) > urgent.held_back(core)
        if (queued.priority == "urgent" and not crowd) or spare:
            return there, []
        held = [one for one in there if takes_urgent(core.state.config, one.profile)] if alone is None else []
        return [one for one in there if one not in held], held

    def _may_have(self, core: Core, agent: Agent, queued: Queued) -> bool:
        """Whether a waiting caller could have this agent."""
        alone = queued.preferred.agent if queued.preferred is not None and queued.preferred.until is not None else None
        if agent.profile.id in queued.skipped or alone not in (None, agent.profile.id):
            return False
        if not suits(core.state.config, agent.profile, queued):
            return False
        if agent.profile.backup:
            return queued.priority == "urgent" and queued.backup_open
        return True
