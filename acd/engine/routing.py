"""Who is next: the waiting callers and the idle agents, kept so that a choice costs the number of services and of
skill groups, never the number of callers or agents.

Both are derived from the state and can be built anew from it at any time.
"""

import heapq
from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable

from acd.engine.config import EngineConfig, Service, ServiceClass
from acd.engine.ids import AgentId, CallId, ServiceId
from acd.engine.state import Agent, Call

RANK: dict[ServiceClass, int] = {"urgent": 0, "routine": 1}
Place = tuple[int, CallId]


class ServiceQueue:
    """Callers of one service in order of arrival. Those whom some agents let pass are kept apart: they are few, and
    only for them must the agent be looked at."""

    __slots__ = ("_fresh", "_members", "_skippers", "service")

    def __init__(self, service: Service) -> None:
        self.service = service
        self._members: dict[CallId, Call] = {}
        self._fresh: list[Place] = []
        self._skippers: list[Place] = []

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, call: CallId) -> bool:
        return call in self._members

    def add(self, call: Call) -> None:
        """Let a caller wait, at the place their `order` gives."""
        self._members[call.id] = call
        if call.skipped:
            insort(self._skippers, (call.order, call.id))
        else:
            heapq.heappush(self._fresh, (call.order, call.id))

    def remove(self, call: Call) -> None:
        """Take a caller out; nothing happens if they are not in."""
        if self._members.pop(call.id, None) is not None and call.skipped:
            place = (call.order, call.id)
            if place in self._skippers:
                self._skippers.remove(place)

    def first_for(self, agent: AgentId) -> Call | None:
        """The caller who has waited longest among those this agent has not let pass."""
        fresh = self._fresh
        while fresh:  # heads that left, or came back with a skip, are dropped when they come up
            call = self._members.get(fresh[0][1])
            if call is not None and not call.skipped:
                break
            heapq.heappop(fresh)
        head = self._members[fresh[0][1]] if fresh else None
        for order, call_id in self._skippers:
            if head is not None and head.order < order:
                break
            call = self._members[call_id]
            if agent not in call.skipped:
                return call
        return head

    def calls(self) -> Iterable[Call]:
        """All callers, in no order."""
        return self._members.values()


class Waiting:
    """All callers who wait and can be offered."""

    __slots__ = ("_queues", "_services", "urgent")

    def __init__(self, services: Iterable[Service]) -> None:
        self._services = {service.id: service for service in services}
        # A routine service has urgent callers too: those who said that it is urgent.
        self._queues: dict[tuple[ServiceId, ServiceClass], ServiceQueue] = {}
        self.urgent = 0

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def add(self, call: Call) -> None:
        """Let a caller wait. Once only."""
        assert call.service is not None
        assert call.klass is not None
        queue = self._queues.get((call.service, call.klass))
        if queue is None:
            queue = self._queues[call.service, call.klass] = ServiceQueue(self._services[call.service])
        queue.add(call)
        self.urgent += call.klass == "urgent"

    def remove(self, call: Call) -> None:
        """Take a caller out; nothing happens if they are not in."""
        queue = self._queue_of(call)
        if queue is not None and call.id in queue:
            queue.remove(call)
            self.urgent -= call.klass == "urgent"

    def count(self, service: ServiceId) -> int:
        """How many wait for one service."""
        return sum(len(queue) for (name, _), queue in self._queues.items() if name == service)

    def _queue_of(self, call: Call) -> ServiceQueue | None:
        if call.service is None or call.klass is None:
            return None
        return self._queues.get((call.service, call.klass))

    def __contains__(self, call: Call) -> bool:
        queue = self._queue_of(call)
        return queue is not None and call.id in queue

    def best_for(self, agent: Agent, at: float, *, urgent_only: bool = False) -> Call | None:
        """The caller this agent should take now: class first, then most points, then who came first."""
        best: Call | None = None
        best_key: tuple[int, float, int] | None = None
        takes = agent.profile.services
        for (service_id, klass), queue in self._queues.items():
            if not len(queue) or (takes and service_id not in takes) or (urgent_only and klass != "urgent"):
                continue
            call = queue.first_for(agent.profile.id)
            if call is None:
                continue
            assert call.queued_at is not None
            rank = RANK[klass]
            # Urgent callers are served first come, first served; points only count among the routine ones.
            score = 0.0 if rank == 0 else -queue.service.ageing * (at - call.queued_at)
            key = (rank, score, call.order)
            if best_key is None or key < best_key:
                best, best_key = call, key
        return best

    def calls(self) -> Iterable[Call]:
        """All waiting callers, in no order."""
        for queue in self._queues.values():
            yield from queue.calls()


class Lineup:
    """Agents in one state (idle, in after-call work, ringing), in the order in which they came into it, grouped by the
    services they take: a choice costs the number of groups."""

    __slots__ = ("_groups", "_of")

    def __init__(self) -> None:
        self._groups: dict[frozenset[ServiceId], OrderedDict[AgentId, Agent]] = {}
        self._of: dict[AgentId, frozenset[ServiceId]] = {}

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, agent: AgentId) -> bool:
        return agent in self._of

    def add(self, agent: Agent) -> None:
        """Line an agent up; their `order` must be higher than that of all who are in."""
        key = agent.profile.services
        self._groups.setdefault(key, OrderedDict())[agent.profile.id] = agent
        self._of[agent.profile.id] = key

    def remove(self, agent: AgentId) -> None:
        """Take an agent out; nothing happens if they are not in."""
        key = self._of.pop(agent, None)
        if key is not None:
            group = self._groups[key]
            del group[agent]
            if not group:
                del self._groups[key]

    def first_for(self, call: Call) -> Agent | None:
        """The agent longest in this state who takes the call's service and has not let this call pass."""
        best: Agent | None = None
        for takes, group in self._groups.items():
            if takes and call.service not in takes:
                continue
            for agent in group.values():
                if agent.profile.id not in call.skipped:
                    if best is None or agent.order < best.order:
                        best = agent
                    break
        return best

    def last_for(self, call: Call) -> Agent | None:
        """As `first_for`, but the agent who came into this state last."""
        best: Agent | None = None
        for takes, group in self._groups.items():
            if takes and call.service not in takes:
                continue
            for agent in reversed(group.values()):
                if agent.profile.id not in call.skipped:
                    if best is None or agent.order > best.order:
                        best = agent
                    break
        return best

    def in_order(self) -> list[Agent]:
        """All agents of this state, longest first."""
        every = (agent for group in self._groups.values() for agent in group.values())
        return sorted(every, key=lambda agent: agent.order)


def services_of(config: EngineConfig) -> dict[ServiceId, Service]:
    """The services by their id."""
    return {service.id: service for service in config.services}
