"""Why callers waited, added up for a shift lead: `cozum report --why`. Pure; the rows are those of `call_waits`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from acd.lib.durations import duration

CAUSES: Final = {
    "busy": "every agent who could take the call had one",
    "pick_up": "phones rang until they were picked up",
    "no_answer": "phones rang and were not picked up",
    "phones": "phones were forwarded or could not be reached",
    "no_agents": "nobody was on duty",
    "skills": "agents with the skill or the language were busy or away, others were not",
    "backup": "only the backup tier could take the call, and was not rung yet",
    "held_back": "idle agents were held back for urgent callers",
    "urgent_first": "the agent was taken for an urgent caller",
    "let_pass": "the idle agents had just let the call pass",
    "preferred": "callers waited for the agent who knows them",
    "menu": "urgent callers heard the menu",
    "message": "callers were asked for a message and left none",
    "outage": "Asterisk, the line or the caller's session was away",
    "unknown": "not known",
}
"""By cause, the words of the report. Callers who are called back do not hold the line: their time is apart."""
CALLBACK: Final = "callback"
SLOW: Final = 1.5
"""An agent is slow whose median is this much longer than that of all."""
LEAST_CALLS: Final = 5
"""The median of fewer calls says nothing."""
NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitSum:
    """Seconds waited for one cause, of calls that are alike. `hour` counts hours since 1970."""

    cause: str
    agent: str
    service: str | None
    priority: str | None
    within_target: bool
    hour: int
    parts: int
    waited_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PickUp:
    """How long an agent's phone rings until they pick it up."""

    extension: str
    calls: int
    p50_s: float
    p90_s: float

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {"extension": self.extension, "calls": self.calls, "p50_s": self.p50_s, "p90_s": self.p90_s}


def pick_ups(rows: Iterable[tuple[str, float, int]]) -> tuple[list[PickUp], PickUp | None]:
    """The pick-up times of each agent, and of all together. A row: agent, seconds of ringing, how often."""
    counted = sorted(rows)
    agents = [
        _pick_up(agent, [(ring_s, times) for _, ring_s, times in one])
        for agent, one in groupby(counted, key=lambda row: row[0])
    ]
    every = sorted((ring_s, times) for _, ring_s, times in counted)
    return agents, _pick_up("", every) if every else None


def _pick_up(agent: str, counted: Sequence[tuple[float, int]]) -> PickUp:
    calls = sum(times for _, times in counted)
    return PickUp(extension=agent, calls=calls, p50_s=_rank(counted, calls, 0.5), p90_s=_rank(counted, calls, 0.9))


def _rank(counted: Sequence[tuple[float, int]], calls: int, share: float) -> float:
    """The least value that so many of the values do not exceed."""
    seen = accumulate(times for _, times in counted)
    return next(round(value, 1) for (value, _), upto in zip(counted, seen, strict=True) if upto >= share * calls)


@dataclass(slots=True)
class Cause:
    """One cause, added up."""

    cause: str
    waited_s: float = 0.0
    missed_s: float = 0.0
    """The part that calls waited which missed the target."""
    classes: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    agents: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    hours: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    services: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, one: WaitSum, zone: ZoneInfo) -> None:
        """Some calls more."""
        self.waited_s += one.waited_s
        self.missed_s += 0.0 if one.within_target else one.waited_s
        self.classes[one.priority or ""] += one.waited_s
        self.hours[datetime.fromtimestamp(one.hour * 3600, zone).hour] += one.waited_s
        if one.agent:
            self.agents[one.agent] += one.waited_s
        if one.service is not None:
            self.services[one.service] += one.waited_s

    def record(self, total_s: float) -> dict[str, Any]:
        """As JSON; what it is of is sorted, the most first."""
        return {
            "cause": self.cause,
            "waited_s": round(self.waited_s, 3),
            "share": round(self.waited_s / total_s, 6) if total_s else None,
            "missed_s": round(self.missed_s, 3),
            "urgent_s": round(self.classes.get("urgent", 0.0), 3),
            "routine_s": round(self.classes.get("routine", 0.0), 3),
            "agents": [{"extension": name, "waited_s": seconds} for name, seconds in _most(self.agents)],
            "hours": [{"hour": hour, "waited_s": seconds} for hour, seconds in _most(self.hours)],
            "services": [{"service": name, "waited_s": seconds} for name, seconds in _most(self.services)],
        }


def _most(sums: Mapping[Any, float]) -> list[tuple[Any, float]]:
    return sorted(((key, round(seconds, 3)) for key, seconds in sums.items()), key=lambda one: (-one[1], str(one[0])))


class WaitReport:
    """All causes of a span."""

    def __init__(self, sums: Iterable[WaitSum], rings: Iterable[tuple[str, float, int]], zone: ZoneInfo) -> None:
        self.causes: dict[str, Cause] = {}
        for one in sums:
            self.causes.setdefault(one.cause, Cause(one.cause)).add(one, zone)
        self.pick_ups, self.pick_up = pick_ups(rings)
        self.held = sorted(
            (one for name, one in self.causes.items() if name != CALLBACK), key=lambda one: (-one.waited_s, one.cause)
        )
        """The causes for callers who held the line, the largest first."""

    @property
    def waited_s(self) -> float:
        """All that was waited on the line."""
        return sum(one.waited_s for one in self.held)

    def record(self) -> dict[str, Any]:
        """As JSON."""
        back = self.causes.get(CALLBACK)
        return {
            "waited_s": round(self.waited_s, 3),
            "missed_s": round(sum(one.missed_s for one in self.held), 3),
            "callback_s": round(back.waited_s, 3) if back is not None else 0.0,
            "causes": [one.record(self.waited_s) for one in self.held],
            "pick_up": None if self.pick_up is None else {"p50_s": self.pick_up.p50_s, "p90_s": self.pick_up.p90_s},
            "pick_ups": [one.record() for one in self.pick_ups],
        }

    def lines(self, target_s: float) -> list[str]:
        """For a shift lead: how much was waited, and for what, the most first."""
        record = self.record()
        if not record["waited_s"]:
            return ["nobody waited on the line"]
        missed = f"{duration(record['missed_s'])} of it by callers for whom the target of {target_s:g} s was missed"
        lines = [f"{duration(record['waited_s'])} waited, {missed}", ""]
        for one in self.held:
            tell = self._detail(one)
            lines.append(
                f"{one.waited_s / self.waited_s * 100:5.1f}%  {duration(one.waited_s):>12}  "
                f"{CAUSES.get(one.cause, one.cause)}{': ' + tell if tell else ''}"
            )
        if record["callback_s"]:
            lines += ["", f"besides {duration(record['callback_s'])} until callers were called back, off the line"]
        return lines

    def _detail(self, one: Cause) -> str:
        """Where to look: which agents, which hours, which services."""
        if one.cause == "pick_up":
            return self._slow()
        if one.agents:
            return ", ".join(f"{name} {duration(seconds)}" for name, seconds in _most(one.agents)[:NAMED])
        if one.cause == "skills":
            return ", ".join(f"{name} {duration(seconds)}" for name, seconds in _most(one.services)[:NAMED])
        if one.cause in ("busy", "backup", "no_agents", "phones"):
            return ", ".join(f"{hour:02d} h {duration(seconds)}" for hour, seconds in _most(one.hours)[:NAMED])
        return ""

    def _slow(self) -> str:
        if self.pick_up is None:
            return ""
        usual = self.pick_up.p50_s
        slow = [one for one in self.pick_ups if one.calls >= LEAST_CALLS and one.p50_s >= max(SLOW * usual, 1.0)]
        slow.sort(key=lambda one: (-one.p50_s, one.extension))
        if not slow:
            return f"{usual:g} s as a rule, no agent much slower"
        told = ", ".join(f"{one.extension} takes {one.p50_s:g} s" for one in slow[:NAMED])
        more = f" and {len(slow) - NAMED} more" if len(slow) > NAMED else ""
        return f"{told}{more}; {usual:g} s as a rule"
