"""The world around the engine under a virtual clock: callers who come, talk and give up, agents who answer at once,
do their wrap-up and go off duty. The engine is the one that answers the line; nothing of its routing is repeated here.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from acd.engine.commands import CancelTimer, OfferCall, ReleaseCall, StartTimer
from acd.engine.config import EngineConfig
from acd.engine.events import (
    AgentStateRequested,
    AnyEvent,
    CallAttached,
    CallerGone,
    ConfigChanged,
    EngineStarted,
    NodeReconciled,
    OfferAnswered,
    OfferReturned,
    ServiceChosen,
    TimerFired,
)
from acd.engine.facts import CallAnswered, CallEnded
from acd.engine.ids import AgentId, CallId, OfferId
from acd.engine.machine import Engine
from acd.simulate.clock import TIMER, Clock
from acd.simulate.policy import NODE, ROUTINE, URGENT
from acd.simulate.tally import Tally
from acd.simulate.workload import HOUR_S, Caller

START = HOUR_S * 24
"""Where the clock begins. Not 0, which could be taken for "never"."""

_ARRIVAL, _TALK_END, _WRAPUP_END, _GIVES_UP, _SHIFT = 1, 2, 3, 4, 5
_REPORT_EVERY = 1000


@dataclass(slots=True)
class _Present:
    """A caller on the line."""

    who: Caller
    waiting: bool = True
    offer: OfferId | None = None
    agent: AgentId | None = None


@dataclass(slots=True)
class _Desk:
    """An agent: whether they are on duty, and the after-call work before them."""

    on_duty: bool = False
    wrapup_ends: float = 0.0
    """When the wrap-up under way ends; it counts only if `wrapup` is the number of the present one."""
    wrapup: int = 0
    working: bool = False
    owed_s: float = 0.0
    """Wrap-up that a recalled agent still has to do after the call they were recalled for."""


@dataclass
class World:
    """One run. `staff` is the number of agents, or 24 numbers for the hours of the day; the configuration has as many
    agents as the busiest hour asks for."""

    config: EngineConfig
    staff: tuple[int, ...]
    callers: Iterator[Caller]
    tally: Tally = field(default_factory=Tally)
    progress: Callable[[int], None] | None = None
    """Told now and then how many calls have come."""

    def run(self) -> Tally:
        """Play until the last caller is gone; returns what came of them."""
        began = perf_counter()
        self._engine = Engine()
        self._clock = Clock(START)
        self._here: dict[CallId, _Present] = {}
        self._desks = {agent.id: _Desk() for agent in self.config.agents}
        self._inbox: deque[AnyEvent] = deque()
        self._urgent_waiting = self._routine_offers = 0
        self._acts: dict[type, Callable[[Any], None]] = {
            StartTimer: self._start_timer,
            CancelTimer: self._cancel_timer,
            OfferCall: self._take_up,
            CallAnswered: self._talk,
            ReleaseCall: self._release,
            CallEnded: self._leave,
        }
        self._came = 0
        self._more = True
        self._open_doors()
        self._play()
        self.tally.lost += len(self._here)
        self.tally.wall_s = perf_counter() - began
        return self.tally

    # --- the beginning and the course of time

    def _open_doors(self) -> None:
        now = START
        for event in (
            EngineStarted(at=now),
            ConfigChanged(at=now, config=self.config),
            NodeReconciled(at=now, node=NODE, available=tuple(self._desks)),
        ):
            self._tell(event)
        self._shift(0)
        self._next_caller()

    def _play(self) -> None:
        clock, tell = self._clock, self._tell
        while self._more or self._here:
            due = clock.next()
            if due is None:
                return
            now, _, kind, about = due
            if kind == _ARRIVAL:
                self._arrive(now, about)
            elif kind == _TALK_END:
                self._end_talk(now, about)
            elif kind == _WRAPUP_END:
                self._finish_wrapup(now, *about)
            elif kind == _GIVES_UP:
                present = self._here.get(about)
                if present is not None and present.waiting:
                    tell(CallerGone(at=now, call=about))
            elif kind == TIMER:
                tell(TimerFired(at=now, timer=about))
            else:
                self._shift(about)

    def _next_caller(self) -> None:
        caller = next(self.callers, None)
        if caller is None:
            self._more = False
        else:
            self._clock.at(START + caller.arrival_s, _ARRIVAL, caller)

    def _arrive(self, now: float, caller: Caller) -> None:
        self._came = number = self._came + 1
        call = CallId(f"sim-{number}")
        present = self._here[call] = _Present(caller)
        self.tally.offered(caller)
        self._urgent_waiting += caller.urgent
        self._tell(CallAttached(at=now, call=call, node=NODE, channel=f"PJSIP/trunk-{number}"))
        self._tell(ServiceChosen(at=now, call=call, service=URGENT if caller.urgent else ROUTINE))
        if present.waiting and caller.patience_s is not None:
            self._clock.at(now + caller.patience_s, _GIVES_UP, call)
        self._next_caller()
        if self.progress is not None and number % _REPORT_EVERY == 0:
            self.progress(number)

    # --- agents

    def _shift(self, hour: int) -> None:
        """Bring the agents on duty to the number this hour has."""
        wanted = self.staff[hour % len(self.staff)]
        for n, (agent, desk) in enumerate(self._desks.items()):
            if desk.on_duty != (n < wanted):
                desk.on_duty = n < wanted
                # One who is at work with a finished call goes, or comes back, when that is done.
                if not desk.working:
                    self._tell(self._wish(agent, desk))
        if len(self.staff) > 1:
            self._clock.at(START + (hour + 1) * HOUR_S, _SHIFT, hour + 1)

    def _wish(self, agent: AgentId, desk: _Desk) -> AgentStateRequested:
        return AgentStateRequested(at=self._clock.now, agent=agent, state="ready" if desk.on_duty else "offline")

    def _finish_wrapup(self, now: float, agent: AgentId, number: int) -> None:
        desk = self._desks[agent]
        if desk.working and desk.wrapup == number:
            desk.working = False
            self._tell(self._wish(agent, desk))

    # --- the engine's word

    def _tell(self, event: AnyEvent) -> None:
        """Give the engine an event and do what it asks, until it asks for nothing more at this moment."""
        inbox, handle, acts = self._inbox, self._engine.handle, self._acts
        inbox.append(event)
        while inbox:
            self._routine_offers = 0
            for what in handle(inbox.popleft()):
                act = acts.get(type(what))
                if act is not None:
                    act(what)
            if self._urgent_waiting:  # every agent here takes every call
                self.tally.inversions += self._routine_offers

    def _start_timer(self, command: StartTimer) -> None:
        self._clock.start_timer(command.timer, command.due)

    def _cancel_timer(self, command: CancelTimer) -> None:
        self._clock.cancel_timer(command.timer)

    def _release(self, command: ReleaseCall) -> None:
        self._inbox.append(CallerGone(at=self._clock.now, call=command.call))

    def _take_up(self, offer: OfferCall) -> None:
        """The agent picks up at once. One who was recalled from their wrap-up has the rest of it still to do."""
        present, desk = self._here[offer.call], self._desks[offer.agent]
        present.offer, present.agent, present.waiting = offer.offer, offer.agent, False
        self._urgent_waiting -= present.who.urgent
        self._routine_offers += not present.who.urgent
        if desk.working:
            desk.working = False
            desk.owed_s += desk.wrapup_ends - self._clock.now
        self._inbox.append(
            OfferAnswered(at=self._clock.now, call=offer.call, channel=f"{offer.endpoint}-{offer.offer}")
        )

    def _talk(self, answered: CallAnswered) -> None:
        present = self._here[answered.call]
        self.tally.answered(present.who, answered.wait_s)
        self._clock.at(self._clock.now + present.who.talk_s, _TALK_END, answered.call)

    def _leave(self, ended: CallEnded) -> None:
        present = self._here.pop(ended.call)
        if ended.outcome == "answered":
            return
        if present.waiting:
            self._urgent_waiting -= present.who.urgent
        if ended.outcome == "abandoned" and ended.wait_s is not None:
            self.tally.abandoned(present.who, ended.wait_s)
        else:
            self.tally.lost += 1

    def _end_talk(self, now: float, call: CallId) -> None:
        """The talk is over. The agent has work left, unless none is asked of anyone; it stands before the engine hears
        of it, which may recall the agent for an urgent caller in the same turn."""
        present = self._here[call]
        assert present.offer is not None
        assert present.agent is not None
        if self.config.wrapup_s > 0:
            desk = self._desks[present.agent]
            desk.working = True
            desk.wrapup += 1
            desk.wrapup_ends = now + present.who.wrapup_s + desk.owed_s
            desk.owed_s = 0.0
            self._clock.at(desk.wrapup_ends, _WRAPUP_END, (present.agent, desk.wrapup))
        self._tell(OfferReturned(at=now, call=call, offer=present.offer, status="ANSWER"))
