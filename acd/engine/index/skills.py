"""Which agent can take which caller: what a caller needs of an agent, what an agent can do, and who is on duty who can.

A need and a skill set are small and shared by many callers and agents, so that the queue and the line-ups can be kept
by them: a choice then costs the number of different needs and skill sets, never that of callers and agents.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from acd.engine.model.config import AgentProfile, Service
from acd.engine.model.ids import AgentId, ServiceId

ANY_URGENT = ServiceId("*urgent")
"""The need of an urgent caller whose kind is unknown: an agent who takes any urgent service."""


class Need(NamedTuple):
    """What an agent must have now to be offered a caller."""

    service: ServiceId
    level: int
    language: str
    """Empty: any."""


class Skills:
    """What an agent can do. Equal skills are the same object (see `SkillSets`), so that they can be keys."""

    __slots__ = ("languages", "levels")

    def __init__(self, levels: Mapping[ServiceId, int] | None, languages: frozenset[str] | None) -> None:
        self.levels = levels
        """By service; None: all services, at level 1."""
        self.languages = languages
        """None: all."""

    def takes(self, need: Need) -> bool:
        """Whether an agent who can do this can take a caller who needs that."""
        level = 1 if self.levels is None else self.levels.get(need.service, 0)
        return level >= need.level and (not need.language or self.languages is None or need.language in self.languages)


class SkillSets:
    """All skill sets, each once."""

    __slots__ = ("_least", "_sets")

    def __init__(self, services: Iterable[Service]) -> None:
        self._sets: dict[object, Skills] = {}
        self._least = {service.id: service.min_level for service in services if service.priority == "urgent"}
        """The level that each urgent service asks for."""

    def of(self, profile: AgentProfile) -> Skills:
        """An agent's skills."""
        levels: dict[ServiceId, int] | None = None
        if profile.services or profile.skills:
            levels = dict.fromkeys(profile.services, 1) | profile.skills
            if any(levels.get(service, 0) >= level for service, level in self._least.items()):
                levels[ANY_URGENT] = 1
        languages = profile.languages or None
        key = (None if levels is None else frozenset(levels.items()), languages)
        return self._sets.setdefault(key, Skills(levels, languages))


def need_of(service: Service, language: str, relaxed: int, *, untold: bool = False) -> Need:
    """The need of a caller of this service after so many of its steps of relaxation. `untold`: the caller is urgent,
    and the service stands for the kind that they have not given."""
    level, spoken = service.min_level, language if service.language_required else ""
    for step in service.relax[:relaxed]:
        level = level if step.level is None else step.level
        spoken = "" if step.any_language else spoken
    return Need(ANY_URGENT, 1, spoken) if untold else Need(service.id, level, spoken)


class Changes:
    """How often agents came or went, in all indexes that share this count."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Staffing(dict[AgentId, Skills]):
    """Counts of agents on duty by skill set. Change it with `add` and `remove` only."""

    __slots__ = ("_changes", "_counts")

    def __init__(self, changes: Changes) -> None:
        super().__init__()
        self._counts: dict[Skills, int] = {}
        self._changes = changes

    def add(self, agent: AgentId, skills: Skills) -> None:
        """An agent comes on duty, who must not be in."""
        self._changes.count += 1
        self[agent] = skills
        self._counts[skills] = self._counts.get(skills, 0) + 1

    def remove(self, agent: AgentId) -> None:
        """An agent goes off duty; nothing happens if they are not in."""
        skills = self.pop(agent, None)
        if skills is not None:
            self._changes.count += 1
            self._counts[skills] -= 1
            if not self._counts[skills]:
                del self._counts[skills]

    def shared(self, one: Need, other: Need) -> float:
        """The share of agents who can take `one` among those who can take `other`; 0 if nobody can take `other`."""
        if one == other:
            return 1.0
        both = of_other = 0
        for skills, count in self._counts.items():
            if skills.takes(other):
                of_other += count
                both += count if skills.takes(one) else 0
        return both / of_other if of_other else 0.0

    def count(self, need: Need, without: Iterable[AgentId] = ()) -> int:
        """How many agents on duty can take such a caller, without those in `without`."""
        there = sum(count for skills, count in self._counts.items() if skills.takes(need))
        return there - sum(agent in self and self[agent].takes(need) for agent in set(without)) if there else 0


class Ends(dict[AgentId, tuple[Skills, float]]):
    """The ends of agents' after-call work by skill set, sorted. Change it with `add` and `remove` only."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        super().__init__()
        self._ends: dict[Skills, list[float]] = {}

    def add(self, agent: AgentId, skills: Skills, ends_at: float) -> None:
        """An agent begins after-call work that ends at a time; they must not be in."""
        self[agent] = skills, ends_at
        insort(self._ends.setdefault(skills, []), ends_at)

    def remove(self, agent: AgentId) -> None:
        """An agent has ended after-call work; nothing happens if they are not in."""
        found = self.pop(agent, None)
        if found is not None:
            skills, ends_at = found
            ends = self._ends[skills]
            del ends[bisect_left(ends, ends_at)]
            if not ends:
                del self._ends[skills]

    def of(self, need: Need) -> list[list[float]]:
        """The end times of agents who can take such a caller, group by group, each in order. Do not change them."""
        return [ends for skills, ends in self._ends.items() if skills.takes(need)]
