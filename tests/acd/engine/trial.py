"""An engine on trial: after each event all that must hold is checked, what it says over time included; and of a long
script that breaks a rule, the short one that does."""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from acd.engine import invariants
from acd.engine.machine import Engine
from acd.engine.model.commands import AnyCommand, CancelTimer, StartTimer
from acd.engine.model.errors import BadConfig, EngineBug
from acd.engine.model.events import AnyEvent, EngineStarted, TimerFired
from acd.engine.model.facts import (
    AnyFact,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallTakenOver,
    OfferEnded,
    OfferMade,
    TalkEnded,
    WaitAnnounced,
)
from acd.engine.model.ids import AgentId, CallId, OfferId, TimerId
from acd.engine.rules.wrapup import DESK_AWAY_S
from tests.acd.engine.line import well_formed

Wanted = tuple[str, str, float]
"""A timer's kind and subject, and when it is due."""


class Trial:
    """An engine, the timers it has running, and what it has said of those who are on the line."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.timers: dict[TimerId, float] = {}
        self.offers: dict[OfferId, AgentId] = {}
        self.talks: dict[CallId, list[TalkEnded]] = {}
        self.answered: set[CallId] = set()
        self.told: dict[CallId, WaitAnnounced] = {}
        self.on_line: set[CallId] = set()
        self.ended = self.announced = self.taken_over = 0

    def step(self, event: AnyEvent) -> list[AnyCommand | AnyFact]:
        """Handle an event and check all; what came out."""
        if isinstance(event, EngineStarted):
            self.timers.clear()  # they lived in the old process
        elif isinstance(event, TimerFired) and self.timers.get(event.timer, math.inf) <= event.at:
            del self.timers[event.timer]
        out = self.engine.handle(event)
        for item in out:
            self._hear(item)
        well_formed(out)
        invariants.check(self.engine, out)
        assert self.on_line == self.engine.state.calls.keys(), "a call is lost, or was never told of"
        for kind, subject, due in wanted(self.engine):
            running = self.timers.get(TimerId(f"{kind}:{subject}"))
            assert running is not None, f"nothing will happen at {due}, when {kind} of {subject} is due"
            assert running == due or kind == "maxwait", f"{kind} of {subject} is due at {due}, its timer at {running}"
        return out

    def _hear(self, item: AnyCommand | AnyFact) -> None:
        match item:
            case StartTimer():
                self.timers[item.timer] = item.due
            case CancelTimer():
                self.timers.pop(item.timer, None)
            case CallEntered():
                assert item.call not in self.on_line, f"call {item.call} entered twice"
                self.on_line.add(item.call)
            case OfferMade():
                assert item.offer not in self.offers, f"offer {item.offer} was made twice"
                assert item.agent not in self.offers.values(), f"agent {item.agent} has two offers"
                self.offers[item.offer] = item.agent
            case OfferEnded():
                # A talk that is found up is told as an answer, and may never have been offered by us.
                by = self.offers.pop(item.offer, item.agent if item.result == "answered" else None)
                assert by == item.agent, f"offer {item.offer} to {item.agent} ended, but stood for {by}"
            case CallAnswered():
                assert item.call not in self.answered, f"call {item.call} was answered twice"
                self.answered.add(item.call)
            case TalkEnded():
                self.talks.setdefault(item.call, []).append(item)
            case CallTakenOver():
                self.taken_over += 1
            case WaitAnnounced():
                self._told(item)
            case CallEnded():
                self._ended(item)

    def _told(self, now: WaitAnnounced) -> None:
        self.announced += 1
        before = self.told.get(now.call, now)
        assert (now.position or 0) <= (before.position or now.position or 0), "a position rose"
        assert (now.minutes or 0) <= (before.minutes or now.minutes or 0), "a wait rose"
        self.told[now.call] = now

    def _ended(self, end: CallEnded) -> None:
        assert end.call in self.on_line, f"call {end.call} ended twice"
        assert not any(offer.rpartition("#")[0] == end.call for offer in self.offers), f"an offer outlives {end.call}"
        self.on_line.remove(end.call)
        self.told.pop(end.call, None)
        self.ended += 1
        adds_up(end, self.talks.pop(end.call, []))
        assert (end.answered_at is not None) == (end.call in self.answered)
        self.answered.discard(end.call)


def adds_up(ended: CallEnded, parts: list[TalkEnded]) -> None:
    """The agents' parts of a talk are the talk: none missing, none twice, none overlapping."""
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert (ended.answered_at is not None) == bool(parts)
    assert abs((ended.talk_s or 0.0) - sum(part.talk_s for part in parts)) < 0.01
    assert abs(ended.hold_s - sum(part.hold_s for part in parts)) < 0.01
    ends = [(part.began_at, part.at) for part in parts]
    assert all(begin <= end for begin, end in ends)
    assert all(before[1] <= after[0] for before, after in pairwise(ends))


def wanted(engine: Engine) -> Iterator[Wanted]:
    """Every time at which something is to happen by itself, read from the state: without a timer it never would."""
    state, services = engine.state, engine.core.services
    for call in state.calls.values():
        if call.offer is not None:
            watched = call.offer.speaks_by is not None
            yield "empty_chair" if watched else "offer", call.offer.id, call.offer.expires_at
        if call.unheld is not None:
            yield "stranded", call.id, call.unheld.look_at
        queued = call.queued
        if queued is None or call.phase not in ("waiting", "offered"):
            continue
        for kind, due in (
            ("preferred", None if queued.preferred is None else queued.preferred.until),
            ("relax", queued.relax_at),
            ("backup", None if queued.backup_open else queued.backup_at),
            ("callback", None if call.callback is None else call.callback.until),
            ("outcome", None if call.to_call_back is None else call.to_call_back.not_after),
            ("kind", queued.kinds.until if queued.kinds is not None and queued.hears_menu and call.attached else None),
            # Nothing is spoken over the menu of kinds. The offer of a callback may be told with an announcement.
            ("callback_offer", None if queued.hears_menu or queued.announce_at else queued.offer_callback_at),
            ("announce", None if queued.hears_menu else queued.announce_at),
            ("retry", queued.retry_at),
        ):
            if due is not None:
                yield kind, call.id, due
        asked = services[queued.service]
        escalated = queued.priority == "urgent" and asked.priority == "routine"
        if asked.max_wait_s is not None and not call.away and (asked.overflow_to or not escalated):
            due = queued.moved_at + asked.max_wait_s
            if call.attached or engine.core.at < due:  # else it is over when they are back
                yield "maxwait", call.id, due
    for agent in state.agents.values():
        away_since = state.desk_away_since
        if agent.wrapup is not None and not agent.is_asked:
            yield "wrapup", agent.profile.id, agent.wrapup.until
        elif agent.wrapup is not None and away_since is not None:
            yield "wrapup", agent.profile.id, max(agent.wrapup.until, away_since + DESK_AWAY_S)
        if agent.rests_until is not None:
            yield "rest", agent.profile.id, agent.rests_until
    if state.line_fault is not None:
        yield "fault", "all", state.line_fault.until
    for service, due in state.empty_due.items():
        if service in services:
            yield "empty", service, due
    if state.regrouping:
        yield "regroup", "all", state.regroup_until
    if state.surge is not None and state.surge.until is not None:
        yield "surge", state.surge.id, state.surge.until


def broken_by(events: Sequence[AnyEvent]) -> str:
    """How a script breaks a rule, without who and when, so that scripts can be compared; empty if it breaks none."""
    trial = Trial()
    for event in events:
        try:
            trial.step(event)
        except BadConfig:
            continue
        except (EngineBug, AssertionError, LookupError, ValueError, AttributeError, TypeError) as error:
            return re.sub(r"\S*\d\S*", "", repr(error))
    return ""


def shortest(events: Sequence[AnyEvent], tries: int = 600) -> list[AnyEvent]:
    """A script as short as can be found in so many tries that breaks a rule as this one does."""
    left, how = list(events), broken_by(events)
    size = len(left) // 2
    while size and tries:
        start = 0
        while start < len(left) and tries:
            shorter = left[:start] + left[start + size :]
            tries -= 1
            if broken_by(shorter) == how:
                left = shorter
            else:
                start += size
        size //= 2
    return left
