"""The next caller and agent: waiting callers and idle agents, kept so that a choice costs the number of different needs
and skill sets, never the number of callers or agents.

Callers are served by class (urgent first, citizens who are called about an outcome last), then by points, which
routine callers gain as they wait, then by place, which is the order in which they came. The first agent is the one whom
the strategy ranks first. Both indexes are derived from the state and can be built anew from it at any time.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from math import inf
from typing import Final

from acd.engine.index.positions import Positions
from acd.engine.index.skills import Changes, Need, Skills, need_of
from acd.engine.index.strategies import Rank
from acd.engine.model.config import EngineConfig, Service, ServiceClass
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.state import Agent, Queued

RANK: dict[ServiceClass, int] = {"urgent": 0, "routine": 1, "outcome": 2}
Place = tuple[int, CallId]
QueueKey = tuple[Need, ServiceClass, float, bool]
"""The need, the class, the points at the start, and whether the backup tier is rung too."""
Standing = tuple[int, int, AgentId]
"""An agent's rank and order."""
FIRST: Final = 1e9
"""Points of routine callers who are put first: more than anybody gains by waiting."""


def is_first(queued: Queued) -> bool:
    """Whether the shift lead has put this caller before all others of the class (`rules.put_first`)."""
    return queued.order < 0


def points_of(queued: Queued) -> float:
    """The points at the start that count among routine callers."""
    return FIRST if is_first(queued) else queued.points


class ServiceQueue:
    """Callers of one service and class with the same need, the same points at the start and the same tiers of agents.

    They stand by time of arrival, in a line that grows at its end. The few callers who do not fit there, because they
    came back to an earlier place or some agents let them pass, are kept apart."""

    __slots__ = (
        "_apart",
        "_gone",
        "_last",
        "_line",
        "_positions",
        "ageing",
        "front",
        "keeper",
        "name",
        "need",
        "opened",
        "places",
        "points",
        "priority",
        "reason_at",
        "service",
    )

    def __init__(self, service: Service, key: QueueKey, keeper: AgentId | None = None) -> None:
        """`keeper`: the agent for whom alone these callers wait."""
        self.service = service
        self.ageing = service.ageing
        self.need, self.priority, self.points, self.opened = key
        self.keeper = keeper
        self.name = "preferred" if keeper else _name(key)
        """As readers know it: queues that wait for the same have the same name."""
        self.reason_at: tuple[int, bool, bool, bool] | None = None
        """When it was last looked at what its callers wait for; see `rules.wait_reasons`."""
        self._line: deque[Queued] = deque()
        self._last = 0
        # Calls that left from the middle of the line. They stay in it until they are at its front, and are skipped
        # there.
        self._gone: set[CallId] = set()
        self.front: Queued | None = None
        """The first of the line."""
        self._apart: dict[CallId, Queued] = {}
        self.places: list[Place] = []
        """The places of those who are kept apart. While there are none, the next caller is `front`, whoever asks."""
        self._positions = Positions()

    def __len__(self) -> int:
        return len(self._positions)

    def add(self, queued: Queued) -> None:
        """Add a caller at the place of their `order`."""
        self._positions.add(queued.order)
        if queued.skipped or (self._line and queued.order <= self._last):
            self._apart[queued.call] = queued
            insort(self.places, (queued.order, queued.call))
        else:
            self._line.append(queued)
            self._last = queued.order
            self.front = self._line[0]

    def remove(self, queued: Queued) -> None:
        """Remove a caller, who must be in."""
        self._positions.remove(queued.order)
        if self._apart and self._apart.pop(queued.call, None) is not None:
            del self.places[bisect_left(self.places, (queued.order, queued.call))]
            return
        if self.front is not queued:
            self._gone.add(queued.call)
            return
        line = self._line
        line.popleft()
        while self._gone and line and line[0].call in self._gone:
            self._gone.remove(line.popleft().call)
        self.front = line[0] if line else None

    def first_for(self, agent: AgentId) -> Queued | None:
        """The caller who has waited longest among those this agent has not let pass."""
        head = self.front
        for order, call_id in self.places:
            if head is not None and head.order < order:
                break
            queued = self._apart[call_id]
            if agent not in queued.skipped:
                return queued
        return head

    def before(self, order: int) -> int:
        """How many callers are before a place."""
        return self._positions.below(order)

    def calls(self) -> Iterable[Queued]:
        """All callers, in no order."""
        for queued in self._line:
            if queued.call not in self._gone:
                yield queued
        yield from self._apart.values()


class Waiting:
    """All callers who wait and can be offered."""

    __slots__ = ("_kept", "_queues", "_services", "_suited", "_where", "fresh", "urgent")

    def __init__(self, services: Mapping[ServiceId, Service]) -> None:
        self._services = services
        # A routine service has urgent callers too: those who escalated.
        self._queues: dict[QueueKey, ServiceQueue] = {}
        # For each skill set, the queues whose callers it can take: needed at every decision.
        self._suited: dict[Skills, dict[ServiceClass, list[ServiceQueue]]] = {}
        # Callers who wait for one agent only; never an urgent one.
        self._kept: dict[AgentId, dict[QueueKey, ServiceQueue]] = {}
        self._where: dict[CallId, ServiceQueue] = {}
        self.urgent = 0
        self.fresh: list[Queued] = []
        """Callers who came to wait since `rules.wait_reasons` last looked; some may wait no more."""

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, call: CallId) -> bool:
        return call in self._where

    def add(self, queued: Queued) -> None:
        """Add a caller, who must not be in."""
        service = self._services[queued.service]
        # Repeat callers, whose places are all behind those of others, have a queue of their own.
        points = float(-bool(queued.repeat)) if queued.priority == "urgent" else points_of(queued)
        key: QueueKey = (
            need_of(service, queued.language, queued.relaxed, untold=queued.untold),
            queued.priority,
            points,
            queued.backup_open and queued.priority == "urgent",
        )
        queues = self._queues
        preferred = queued.preferred
        if preferred is not None and preferred.until is not None:
            queues = self._kept.setdefault(preferred.agent, {})
        queue = queues.get(key)
        if queue is None:
            keeper = preferred.agent if preferred is not None and preferred.until is not None else None
            queue = queues[key] = ServiceQueue(service, key, keeper)
            self._suited.clear()
        queue.add(queued)
        self._where[queued.call] = queue
        self.fresh.append(queued)
        if queued.priority == "urgent":
            self.urgent += 1

    def remove(self, queued: Queued) -> None:
        """Remove a caller; nothing happens if they are not in. Call it before anything of the caller changes."""
        queue = self._where.pop(queued.call, None)
        if queue is not None:
            queue.remove(queued)
            if queue.priority == "urgent":
                self.urgent -= 1
            preferred = queued.preferred
            if preferred is not None and preferred.until is not None and not len(queue):
                kept = self._kept[preferred.agent]
                del kept[queue.need, queue.priority, queue.points, queue.opened]
                if not kept:
                    del self._kept[preferred.agent]

    @contextmanager
    def moving(self, queued: Queued) -> Iterator[bool]:
        """Change what a caller's queue or place depends on. Whoever waited waits again afterwards, at the new place.
        Gives whether they waited."""
        waited = queued.call in self
        self.remove(queued)
        yield waited
        if waited:
            self.add(queued)

    def queue_of(self, call: CallId) -> ServiceQueue | None:
        """The queue in which a caller waits."""
        return self._where.get(call)

    def best_open(self, agent: AgentId, skills: Skills) -> Queued | None:
        """The caller this agent of the backup tier should take now: the urgent one who came first."""
        return _first([one for one in self._queues.values() if one.opened and skills.takes(one.need)], agent)

    def count(self, service: ServiceId) -> int:
        """How many wait for one service, without those who are called about an outcome: they keep no caller out."""
        return sum(len(one) for one in self.queues() if one.service.id == service and one.priority != "outcome")

    def kept_for(self, agents: Iterable[AgentId]) -> list[Queued]:
        """Callers who wait for one of these agents only, in order of arrival."""
        queues = [queue for agent in agents for queue in self._kept.get(agent, {}).values()]
        return sorted([one for queue in queues for one in queue.calls()], key=lambda one: (one.order, one.call))

    def keepers(self) -> list[AgentId]:
        """Agents for whom only a caller waits."""
        return list(self._kept)

    def queues(self) -> Iterable[ServiceQueue]:
        """All queues, in no order; some may be empty."""
        yield from self._queues.values()
        for kept in self._kept.values():
            yield from kept.values()

    def ahead(self, priority: ServiceClass, order: int) -> Iterable[tuple[Need, int]]:
        """By need, how many waiting callers are served before a caller of this class at this place: those of a more
        urgent class, and earlier ones of the same class. Ageing at different rates may change this later, which is not
        predicted."""
        for queue in self._queues.values():
            if len(queue) and RANK[queue.priority] <= RANK[priority]:
                yield queue.need, len(queue) if RANK[queue.priority] < RANK[priority] else queue.before(order)

    def best_for(self, agent: AgentId, skills: Skills, at: float, *, urgent_only: bool = False) -> Queued | None:
        """The caller this agent should take now: by class, then by most points, then by arrival."""
        suited = self._suited.get(skills) or self._suit(skills)
        best: Queued | None = None
        if self.urgent:  # first come, first served
            for queue in suited["urgent"]:
                queued = queue.first_for(agent) if queue.places else queue.front
                if queued is not None and (best is None or queued.order < best.order):
                    best = queued
        if best is not None or urgent_only:
            return best
        routine: Iterable[ServiceQueue] = suited["routine"]
        if agent in self._kept:
            routine = chain(routine, [queue for queue in self._kept[agent].values() if skills.takes(queue.need)])
        most = -inf
        for queue in routine:
            queued = queue.first_for(agent) if queue.places else queue.front
            if queued is None:
                continue
            points = queue.points + queue.ageing * (at - queued.at)
            if points > most or (points == most and best is not None and queued.order < best.order):
                best, most = queued, points
        return best if best is not None else _first(suited["outcome"], agent)

    def _suit(self, skills: Skills) -> dict[ServiceClass, list[ServiceQueue]]:
        """The queues whose callers these skills suffice for, by class; until there is another queue."""
        suited: dict[ServiceClass, list[ServiceQueue]] = {"urgent": [], "routine": [], "outcome": []}
        for queue in self._queues.values():
            if skills.takes(queue.need):
                suited[queue.priority].append(queue)
        self._suited[skills] = suited
        return suited

    def urgent_calls(self) -> list[Queued]:
        """The urgent callers, in order of arrival."""
        queues = [queue for queue in self._queues.values() if queue.priority == "urgent"]
        return sorted([one for queue in queues for one in queue.calls()], key=lambda one: one.order)

    def calls(self) -> Iterable[Queued]:
        """All waiting callers, in no order."""
        for queue in self.queues():
            yield from queue.calls()


def _first(queues: Iterable[ServiceQueue], agent: AgentId) -> Queued | None:
    """The caller who came first among these queues."""
    firsts = [queue.first_for(agent) for queue in queues]
    return min([one for one in firsts if one is not None], key=lambda one: one.order, default=None)


def _some(group: Iterable[Standing], number: int, without: Container[AgentId]) -> list[Standing]:
    """The first so many of a group who are not in `without`."""
    found: list[Standing] = []
    for standing in group:
        if len(found) >= number:
            break
        if standing[2] not in without:
            found.append(standing)
    return found


class Lineup:
    """Agents in one state (idle, in after-call work, ringing), in the order of a ranking; equals in the order in which
    they came into the state. They are grouped by skill set, so a choice costs the number of groups."""

    __slots__ = ("_changes", "_groups", "_of", "_rank")

    def __init__(self, changes: Changes, rank: Rank | None = None) -> None:
        """Without `rank` all agents are equal."""
        self._rank = rank
        self._changes = changes
        self._groups: dict[Skills, list[Standing]] = {}
        self._of: dict[AgentId, tuple[Skills, Standing, Agent]] = {}

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, agent: AgentId) -> bool:
        return agent in self._of

    def add(self, agent: Agent, skills: Skills) -> None:
        """Add an agent, who must not be in."""
        self._changes.count += 1
        agent_id = agent.profile.id
        standing = (0 if self._rank is None else self._rank(agent), agent.order, agent_id)
        insort(self._groups.setdefault(skills, []), standing)
        self._of[agent_id] = skills, standing, agent

    def remove(self, agent: AgentId) -> None:
        """Remove an agent; nothing happens if they are not in."""
        if agent in self._of:
            self._changes.count += 1
            skills, standing, _ = self._of.pop(agent)
            group = self._groups[skills]
            del group[bisect_left(group, standing)]
            if not group:
                del self._groups[skills]

    def sizes(self) -> list[tuple[Skills, int]]:
        """How many there are of each skill set."""
        return [(skills, len(group)) for skills, group in self._groups.items()]

    def first_for(self, queued: Queued, need: Need, among: Callable[[Skills], bool] | None = None) -> Agent | None:
        """The first agent who can take the caller and has not let them pass; only agents with skills `among`, if
        given."""
        best: Standing | None = None
        for skills, group in self._groups.items():
            if (best is not None and best <= group[0]) or not skills.takes(need):
                continue
            if among is not None and not among(skills):
                continue
            first = next((standing for standing in group if standing[2] not in queued.skipped), None)
            if first is not None and (best is None or first < best):
                best = first
        return None if best is None else self._of[best[2]][2]

    def firsts(
        self, need: Need, number: int, without: Container[AgentId], among: Callable[[Skills], bool] | None = None
    ) -> tuple[AgentId, ...]:
        """The first agents in order, at most `number`, who can take such a caller and are not in `without`; only agents
        with skills `among`, if given."""
        standings: list[Standing] = []
        for skills, group in self._groups.items():
            if skills.takes(need) and (among is None or among(skills)):
                standings += _some(group, number, without)
        return tuple(agent for _, _, agent in sorted(standings)[:number])

    def count(self, need: Need) -> int:
        """How many can take such a caller."""
        return sum(len(group) for skills, group in self._groups.items() if skills.takes(need))

    def last_for(self, queued: Queued, need: Need) -> Agent | None:
        """As `first_for`, but from the end."""
        best: Standing | None = None
        for skills, group in self._groups.items():
            if (best is not None and best >= group[-1]) or not skills.takes(need):
                continue
            last = next((standing for standing in reversed(group) if standing[2] not in queued.skipped), None)
            if last is not None and (best is None or last > best):
                best = last
        return None if best is None else self._of[best[2]][2]

    def lines(self) -> list[tuple[Skills, list[Agent]]]:
        """The agents of each skill set in order; the sets in the order of their first agents."""
        groups = sorted(self._groups.items(), key=lambda one: one[1][0])
        return [(skills, [self._of[agent_id][2] for _, _, agent_id in group]) for skills, group in groups]

    def ordered(self, agents: Iterable[Agent]) -> list[Agent]:
        """These agents of this state, the first first."""
        return sorted(agents, key=lambda one: self._of[one.profile.id][1])

    def in_order(self) -> list[Agent]:
        """All agents of this state, the first first."""
        return [self._of[agent_id][2] for _, _, agent_id in sorted(standing for _, standing, _ in self._of.values())]


def _name(key: QueueKey) -> str:
    (service, level, language), priority, points, opened = key
    repeat, backup = ":repeat" if points < 0 else "", ":backup" if opened else ""
    return f"{service}:{level}:{language}:{priority}{repeat}{backup}"


def services_of(config: EngineConfig) -> dict[ServiceId, Service]:
    """The services by their id."""
    return {service.id: service for service in config.services}
