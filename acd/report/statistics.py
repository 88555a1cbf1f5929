"""The figures of a report, from rows. Pure; the same definitions as `storage.queries` and the console.

offered: came to the queue. ASA: mean wait of the answered, from the queue's entry to the answer. A caller who
was called back did not hold the line. Such a call counts apart, with its true wait: from the queue's entry to the
answer of the caller's phone.
Handle time, of both: talk, hold included, and after-call work. Occupancy: time in handling over time in handling,
ringing and ready.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from acd.lib.quantile import quantile
from acd.lib.turkish import tr_sort_key
from acd.report.waits import PickUp

FORMULAS = ("answered", "answered_or_abandoned", "offered")
"""answered within T / answered; (answered + abandoned within T) / (answered + abandoned); answered within T / offered.
All within T, from the queue's entry."""


CALLBACKS = frozenset({"called_back", "callback_failed", "callback_cancelled"})
"""Outcomes of callers who hung up to be called back: they waited, but did not hold the line."""
HANDLED = frozenset({"answered", "called_back"})
"""Outcomes of a talk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatistics:
    """What a report needs of one ended call. Times are Unix seconds."""

    entered_at: float
    queued: bool
    priority: str | None
    service: str | None
    outcome: str
    agent: str | None
    wait_s: float | None
    within_target: bool | None
    talk_s: float | None
    hold_s: float | None
    wrapup_s: float | None


@dataclass(slots=True)
class Group:
    """Some calls, counted."""

    within_s: float
    calls: int = 0
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    in_menu: int = 0
    self_served: int = 0
    message_left: int = 0
    called_back: int = 0
    callbacks_failed: int = 0
    """Asked for a callback and never reached."""
    callbacks_off: int = 0
    """No longer wanted: they called again, or somebody gave it up."""
    answered_within: int = 0
    abandoned_within: int = 0
    on_target: int = 0
    """Answered or abandoned, and met the target that was set then."""
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrapup_s: float = 0.0
    max_wait_s: float | None = None
    waits: list[float] = field(default_factory=list)
    """Waits of answered callers."""
    callback_waits: list[float] = field(default_factory=list)
    """Waits of callers who were called back."""

    def add(self, call: CallStatistics) -> None:
        """Count one call."""
        self.calls += 1
        self.offered += call.queued
        self.in_menu += call.outcome == "abandoned_in_menu"
        self.self_served += call.outcome == "self_served"
        if call.wait_s is not None and call.outcome not in CALLBACKS:
            self.max_wait_s = max(self.max_wait_s or 0.0, call.wait_s)
        soon = call.wait_s is not None and call.wait_s <= self.within_s
        self.message_left += call.outcome == "message_left"
        self.callbacks_failed += call.outcome == "callback_failed"
        self.callbacks_off += call.outcome == "callback_cancelled"
        if call.outcome in HANDLED:
            self.talk_s += call.talk_s or 0.0
            self.hold_s += call.hold_s or 0.0
            self.wrapup_s += call.wrapup_s or 0.0
        if call.outcome in ("answered", "abandoned"):
            self.on_target += call.within_target is True
        if call.outcome == "answered":
            self.answered += 1
            self.answered_within += soon
            self.waits.append(call.wait_s or 0.0)
        elif call.outcome == "called_back":
            self.called_back += 1
            self.callback_waits.append(call.wait_s or 0.0)
        elif call.outcome == "abandoned":
            self.abandoned += 1
            self.abandoned_within += soon

    @property
    def handled(self) -> int:
        """Talked to by an agent."""
        return self.answered + self.called_back

    @property
    def other(self) -> int:
        """Offered, and not answered, abandoned or to be called back, and no message left: let go by us."""
        to_call_back = self.called_back + self.callbacks_failed + self.callbacks_off
        return self.offered - self.answered - self.abandoned - self.message_left - to_call_back

    @property
    def asa_s(self) -> float | None:
        return _mean(sum(self.waits), self.answered)

    @property
    def within_target(self) -> float | None:
        """The share of the answered and abandoned that met the target; None where there are none."""
        return _mean(self.on_target, self.answered + self.abandoned, 6)

    def level(self, formula: str) -> float | None:
        """A service level, 0 to 1; None where there is nothing to take it of."""
        match formula:
            case "answered":
                return _mean(self.answered_within, self.answered, 6)
            case "answered_or_abandoned":
                both = self.answered + self.abandoned
                return _mean(self.answered_within + self.abandoned_within, both, 6)
            case _:
                return _mean(self.answered_within, self.offered, 6)

    def record(self) -> dict[str, Any]:
        """All of it by name."""
        waits = sorted(self.waits)
        return {
            "offered": self.offered,
            "answered": self.answered,
            "abandoned": self.abandoned,
            "called_back": self.called_back,
            "callbacks_failed": self.callbacks_failed,
            "callbacks_off": self.callbacks_off,
            "message_left": self.message_left,
            "other": self.other,
            "asa_s": self.asa_s,
            "p95_wait_s": quantile(waits, 0.95),
            "callback_wait_s": _mean(sum(self.callback_waits), self.called_back),
            "max_callback_wait_s": max(self.callback_waits, default=None),
            "max_wait_s": self.max_wait_s,
            "within_target": self.within_target,
            "service_level": {formula: self.level(formula) for formula in FORMULAS},
            "mean_talk_s": _mean(self.talk_s, self.handled),
            "mean_hold_s": _mean(self.hold_s, self.handled),
            "mean_wrapup_s": _mean(self.wrapup_s, self.handled),
            "aht_s": _mean(self.talk_s + self.wrapup_s, self.handled),
        }


def _mean(total: float, count: int, places: int = 3) -> float | None:
    return round(total / count, places) if count else None


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` to before `end`, Unix seconds; what is still going on is counted up to `now`."""

    begin: float
    end: float
    now: float

    @property
    def seen_until(self) -> float:
        return min(self.end, self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A time an agent spent in one state; `ended_at` None: still."""

    agent: str
    state: str
    began_at: float
    ended_at: float | None


class Parts(NamedTuple):
    """What an agent talked: how many parts of talks, and their seconds."""

    number: int = 0
    talk_s: float = 0.0
    hold_s: float = 0.0


class Report:
    """Takes calls, then agents' intervals and offers; gives the tables."""

    def __init__(self, span: Span, zone: ZoneInfo, within_s: float, names: Mapping[str, str]) -> None:
        self._span, self._zone, self._within_s, self._names = span, zone, within_s, names
        self.total = Group(within_s)
        self.classes = {name: Group(within_s) for name in ("urgent", "routine")}
        self.services: dict[str, Group] = {}
        self._hours: dict[int, dict[str, Group]] = {}
        self._days: dict[str, dict[str, Group]] = {}
        self._parts: dict[str, Parts] = {}
        self._called_back: dict[str, int] = {}
        self._states: dict[str, dict[str, float]] = {}
        self._duty_s: dict[int, float] = {}
        self._missed: dict[str, int] = {}
        self._pick_ups: dict[str, PickUp] = {}

    def add_call(self, call: CallStatistics) -> None:
        """One ended call. A citizen who was called about an outcome is no caller: their agent's time counts alone."""
        if call.priority == "outcome":
            return
        local = datetime.fromtimestamp(call.entered_at, self._zone)
        by_hour = self._hours.setdefault(local.hour, {})
        by_day = self._days.setdefault(local.date().isoformat(), {})
        self.total.add(call)
        for groups in (by_hour, by_day):
            for name in ("all", *((call.priority,) if call.priority else ())):
                groups.setdefault(name, Group(self._within_s)).add(call)
        if call.priority in self.classes:
            self.classes[call.priority].add(call)
        if call.service is not None:
            self.services.setdefault(call.service, Group(self._within_s)).add(call)
        if call.agent is not None and call.outcome == "called_back":
            self._called_back[call.agent] = self._called_back.get(call.agent, 0) + 1

    def add_interval(self, one: Interval) -> None:
        """Some time of an agent, cut to the span."""
        begin = max(one.began_at, self._span.begin)
        end = min(one.ended_at if one.ended_at is not None else self._span.seen_until, self._span.seen_until)
        if end <= begin:
            return
        states = self._states.setdefault(one.agent, {})
        states[one.state] = states.get(one.state, 0.0) + end - begin
        if one.state != "offline":
            for hour, seconds in _by_hour(begin, end, self._zone):
                self._duty_s[hour] = self._duty_s.get(hour, 0.0) + seconds

    def add_parts(self, agent: str, number: int, talk_s: float, hold_s: float) -> None:
        """The parts of talks that an agent had: of a call that was handed on, each agent's own."""
        self._parts[agent] = Parts(number, talk_s, hold_s)

    def add_missed(self, agent: str, count: int) -> None:
        """Offers that an agent let pass."""
        self._missed[agent] = count

    def add_pick_up(self, one: PickUp) -> None:
        """How long an agent's phone rang until they picked it up."""
        self._pick_ups[one.extension] = one

    # --- tables

    def hours(self) -> list[dict[str, Any]]:
        """By hour of the day, those hours in which anything was; of several days together."""
        lasted = dict(_sum_hours(self._span.begin, self._span.seen_until, self._zone))
        rows = []
        for hour in sorted(set(self._hours) | {hour for hour, seconds in self._duty_s.items() if seconds >= 1}):
            agents = _mean(self._duty_s.get(hour, 0.0) / max(lasted.get(hour, 0.0), 1e-9), 1, 1)
            rows.append({"hour": hour, "agents": agents, **self._classes_of(self._hours.get(hour, {}))})
        return rows

    def days(self) -> list[dict[str, Any]]:
        """By day."""
        return [{"day": day, **self._classes_of(self._days[day])} for day in sorted(self._days)]

    def _classes_of(self, groups: Mapping[str, Group]) -> dict[str, Any]:
        empty = Group(self._within_s)
        urgent = groups.get("urgent", empty).record()
        return {**groups.get("all", empty).record(), "urgent": urgent}

    def by_service(self) -> list[dict[str, Any]]:
        """By service, the most asked for first."""
        order = sorted(self.services.items(), key=lambda one: (-one[1].offered, one[0]))
        return [{"service": name, **group.record()} for name, group in order]

    def agents(self) -> list[dict[str, Any]]:
        """By agent, in the order of a Turkish telephone book; those who were there or handled a call."""
        there = {one for one, states in self._states.items() if any(state != "offline" for state in states)}
        known = (
            there | set(self._parts) | set(self._called_back) | {one for one, count in self._missed.items() if count}
        )
        order = sorted(known, key=lambda one: (one not in self._names, tr_sort_key(self._names.get(one, "")), one))
        return [self._agent(one) for one in order]

    def _agent(self, extension: str) -> dict[str, Any]:
        parts, states = self._parts.get(extension, Parts()), self._states.get(extension, {})
        wrapup_s = states.get("wrapup", 0.0)
        handling = states.get("talking", 0.0) + wrapup_s
        pick_up = self._pick_ups.get(extension)
        able = handling + states.get("ringing", 0.0) + states.get("ready", 0.0)
        return {
            "extension": extension,
            "name": self._names.get(extension),
            "handled": parts.number,
            "called_back": self._called_back.get(extension, 0),
            "missed": self._missed.get(extension, 0),
            "pickup_p50_s": None if pick_up is None else pick_up.p50_s,
            "pickup_p90_s": None if pick_up is None else pick_up.p90_s,
            "talk_s": round(parts.talk_s, 3),
            "hold_s": round(parts.hold_s, 3),
            "wrapup_s": round(wrapup_s, 3),
            "aht_s": _mean(parts.talk_s + wrapup_s, parts.number),
            "signed_in_s": round(sum(seconds for state, seconds in states.items() if state != "offline"), 3),
            "ready_s": round(states.get("ready", 0.0), 3),
            "paused_s": round(states.get("paused", 0.0), 3),
            "occupancy": round(handling / able, 6) if able > 0 else None,
        }


def _by_hour(begin: float, end: float, zone: ZoneInfo) -> Iterable[tuple[int, float]]:
    """Seconds of a span by hour of the day."""
    while begin < end:
        local = datetime.fromtimestamp(begin, zone)
        following = (local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)).timestamp()
        upto = min(end, following if following > begin else begin + 3600)
        yield local.hour, upto - begin
        begin = upto


def _sum_hours(begin: float, end: float, zone: ZoneInfo) -> Sequence[tuple[int, float]]:
    sums: dict[int, float] = {}
    for hour, seconds in _by_hour(begin, end, zone):
        sums[hour] = sums.get(hour, 0.0) + seconds
    return list(sums.items())
