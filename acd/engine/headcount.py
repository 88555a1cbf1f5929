"""How many agents are on duty, and what they do, by what they can do: counted as they change, so that nobody has
to be counted when a wait is estimated."""

from collections.abc import Iterable
from typing import Literal

from acd.engine.ids import AgentId
from acd.engine.skills import Need, Skills

Doing = Literal["busy", "wrapup", "idle"]


class Headcount:
    """Agents on duty, those of the second circle left out."""

    __slots__ = ("_counts", "_of")

    def __init__(self) -> None:
        self._of: dict[AgentId, tuple[Skills, Doing]] = {}
        self._counts: dict[Skills, dict[Doing, int]] = {}

    def __len__(self) -> int:
        return len(self._of)

    def put(self, agent: AgentId, skills: Skills, doing: Doing | None) -> None:
        """What an agent does from now; None: they are not on duty."""
        new = None if doing is None else (skills, doing)
        old = self._of.get(agent)
        if new == old:
            return
        if old is not None:
            self._counts[old[0]][old[1]] -= 1
            del self._of[agent]
            if not any(self._counts[old[0]].values()):
                del self._counts[old[0]]
        if new is not None:
            self._of[agent] = new
            self._counts.setdefault(new[0], {"busy": 0, "wrapup": 0, "idle": 0})[new[1]] += 1

    def who_take(self, need: Need) -> dict[Doing, int]:
        """Agents who can take such a caller, by what they do."""
        total: dict[Doing, int] = {"busy": 0, "wrapup": 0, "idle": 0}
        for skills, counts in self._counts.items():
            if skills.takes(need):
                for doing, count in counts.items():
                    total[doing] += count
        return total

    def shared(self, one: Need, other: Need) -> float:
        """The share of those who can take `other` that can take `one` too; 0 where nobody can take `other`."""
        if one == other:
            return 1.0
        both = of_other = 0
        for skills, counts in self._counts.items():
            if skills.takes(other):
                number = sum(counts.values())
                of_other += number
                both += number if skills.takes(one) else 0
        return both / of_other if of_other else 0.0

    def everyone(self) -> Iterable[tuple[AgentId, tuple[Skills, Doing]]]:
        """All, for the invariants' eyes."""
        return self._of.items()
