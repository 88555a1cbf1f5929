"""The world around the engine under a virtual clock: callers who come, talk, give up and call again, agents who pick
up, do their wrap-up and go off duty. The engine is the one that answers the line; nothing of its routing is repeated
here.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentStateRequested
from acd.engine.model.commands import CallBack, CancelOffer, CancelTimer, OfferCall, ReleaseCall, StartTimer
from acd.engine.model.config import EngineConfig
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CalleeAnswered,
    CallerGone,
    ConfigChanged,
    EngineStarted,
    KeyPressed,
    KindAsked,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
    TimerFired,
)
from acd.engine.model.facts import CallAnswered, CallEnded, CallEscalated, OfferEnded
from acd.engine.model.ids import AgentId, CallId, OfferId
from acd.simulate.attack import AGAIN_S, LEAD_S, STAGGER_S, Attack
from acd.simulate.clock import TIMER, Clock
from acd.simulate.policy import NODE, ROUTINE, URGENT
from acd.simulate.tally import Tally
from acd.simulate.workload import HOUR_S, Caller

START = HOUR_S * 24
"""Where the clock begins. Not 0, which could be taken for "never"."""

_ARRIVAL, _TALK_END, _WRAPUP_END, _GIVES_UP, _SHIFT, _PICKS_UP, _SAYS_URGENT, _CALLS_AGAIN, _ATTACKS = range(1, 10)
_SAYS_KIND, _QUITS = 10, 11
_REPORT_EVERY = 1000
URGENT_KEY = "9"
KIND_KEY, MENU = "1", "menu"
BY_ITSELF_S = 0.8
"""Seconds from the offer to the talk with a phone that answers by itself, its beep included, as a softphone takes them
(tests/integration/test_softphone.py)."""
SAYS_URGENT_AFTER_S = 10.0
"""Seconds after which an urgent caller who chose a routine service presses the key for urgency."""


@dataclass(slots=True)
class _Present:
    """A caller on the line."""

    who: Caller
    urgent: bool
    """As far as the line knows."""
    number: str
    since: float
    """When their wait began."""
    chosen: bool = True
    """Whether the line knows the kind."""
    offer: OfferId | None = None
    """Since it was made, the agent's phone rings for them; or, if `answered`, they talk."""
    rings_since: float = 0.0
    quit: bool = False
    """Whether they hung up in the second menu."""
    line: int = 0
    """The line that dialled, if it is of an attack."""
    channel: str = ""
    agent: AgentId | None = None
    answered: bool = False
    called_back: bool = False


@dataclass(slots=True)
class _Desk:
    """An agent: whether they are on duty, and the after-call work before them."""

    on_duty: bool = False
    wrapup_ends: float = 0.0
    """When the wrap-up under way ends; it counts only if `wrapup` is the number of the present one."""
    wrapup: int = 0
    working: bool = False
    recalled: bool = False
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
    pickups: Callable[[AgentId], float] | None = None
    """How long an agent's phone rings until they pick up, in seconds; None: no time at all."""
    attack: Attack | None = None
    """Goes on until the last of `callers` has come."""
    menu_s: float = 0.0
    """As in `Workload`."""

    def run(self) -> Tally:
        """Play until the last caller is gone; returns what came of them."""
        began = perf_counter()
        self._engine = Engine()
        self._clock = Clock(START - (LEAD_S if self.attack is not None else 0.0))
        self._here: dict[CallId, _Present] = {}
        self._attackers = 0
        """How many of the callers who are here belong to an attack."""
        self._desks = {agent.id: _Desk() for agent in self.config.agents}
        self._away = 0
        self._inbox: deque[AnyEvent] = deque()
        self._urgent_waiting = self._routine_offers = 0
        self._acts: dict[type, Callable[[Any], None]] = {
            StartTimer: self._start_timer,
            CancelTimer: self._cancel_timer,
            OfferCall: self._ring,
            CallBack: self._ring,
            CancelOffer: self._stop_ring,
            OfferEnded: self._end_ring,
            CallAnswered: self._talk,
            CallEscalated: self._escalate,
            ReleaseCall: self._release,
            CallEnded: self._leave,
        }
        self._came = 0
        self._more = True
        self._open_doors()
        self._play()
        self.tally.lost += len(self._here) - self._attackers
        self.tally.wall_s = perf_counter() - began
        return self.tally

    # --- the beginning and the course of time

    def _open_doors(self) -> None:
        now = self._clock.now
        for event in (
            EngineStarted(at=now),
            ConfigChanged(at=now, config=self.config),
            NodeReconciled(at=now, node=NODE, available=tuple(self._desks)),
        ):
            self._tell(event)
        self._shift(0)
        if self.attack is not None:
            self._attack_calls = self.attack.calls()
            for line in range(self.attack.lines):
                self._clock.at(now + line * STAGGER_S, _ATTACKS, line)
        self._next_caller()

    def _play(self) -> None:
        clock, tell = self._clock, self._tell
        while self._more or len(self._here) > self._attackers or self._away:
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
                if present is not None and not present.answered:
                    tell(CallerGone(at=now, call=about))
            elif kind == TIMER:
                tell(TimerFired(at=now, timer=about))
            elif kind == _PICKS_UP:
                self._pick_up(now, *about)
            elif kind == _SAYS_URGENT:
                if about in self._here and not self._here[about].answered:
                    tell(KeyPressed(at=now, call=about, key=URGENT_KEY))
            elif kind == _SAYS_KIND:
                self._say_kind(now, about)
            elif kind == _QUITS:
                self._quit(now, about)
            elif kind == _CALLS_AGAIN:
                self._away -= 1
                self._enter(now, *about)
            elif kind == _ATTACKS:
                self._dial_attack(now, about)
            else:
                self._shift(about)

    def _next_caller(self) -> None:
        caller = next(self.callers, None)
        if caller is None:
            self._more = False
        else:
            self._clock.at(START + caller.arrival_s, _ARRIVAL, caller)

    def _arrive(self, now: float, caller: Caller) -> None:
        # A caller without a number is not known when they call again.
        numbered = caller.again_s is not None or self.config.callbacks or self.config.urgent_calls_per_hour
        self._enter(now, caller, caller.number or (f"0{5_000_000_000 + self._came}" if numbered else ""))
        self._next_caller()
        if self.progress is not None and self._came % _REPORT_EVERY == 0:
            self.progress(self._came)

    def _dial_attack(self, now: float, line: int) -> None:
        assert self.attack is not None
        if not self._more:
            return
        self._attackers += 1
        self._enter(now, next(self._attack_calls), self.attack.number(line), line)

    def _enter(self, now: float, caller: Caller, number: str, line: int = 0) -> None:
        self._came += 1
        call = CallId(f"sim-{self._came}")
        urgent = caller.urgent and not caller.mistaken
        asked = urgent and self.menu_s > 0
        present = self._here[call] = _Present(caller, urgent, number, now, not asked, line=line)
        self.tally.offered(caller)
        self._urgent_waiting += urgent and (not asked or self.config.early_ring)
        channel, callable_ = f"PJSIP/trunk-{self._came}", number if self.config.callbacks else ""
        self._tell(CallAttached(at=now, call=call, node=NODE, channel=channel, number=number, callable=callable_))
        if not asked:
            self._tell(ServiceChosen(at=now, call=call, service=URGENT if urgent else ROUTINE))
        else:
            if self.config.early_ring:
                kinds = {KIND_KEY: URGENT}
                self._tell(KindAsked(at=now, call=call, service=URGENT, kinds=kinds, music=MENU, menu_s=self.menu_s))
            self._clock.at(now + self.menu_s, _SAYS_KIND, call)
            if caller.quits_s is not None:
                self._clock.at(now + caller.quits_s, _QUITS, call)
        if present.answered:
            return
        if caller.mistaken:
            self._clock.at(now + SAYS_URGENT_AFTER_S, _SAYS_URGENT, call)
        if caller.patience_s is not None:
            self._clock.at(now + caller.patience_s, _GIVES_UP, call)

    def _say_kind(self, now: float, call: CallId) -> None:
        """The urgent caller says what for, to the line or, if they talk already, to nobody but the agent."""
        present = self._here.get(call)
        if present is None:
            return
        present.chosen = True
        if self.config.early_ring:
            self._tell(KeyPressed(at=now, call=call, key=KIND_KEY))
        else:
            self._urgent_waiting += 1
            self._tell(ServiceChosen(at=now, call=call, service=URGENT))

    def _quit(self, now: float, call: CallId) -> None:
        """The urgent caller hangs up in the menu, unless somebody has answered."""
        present = self._here.get(call)
        if present is not None and not present.answered:
            present.quit = True
            self.tally.quits += 1
            self._tell(CallerGone(at=now, call=call))

    # --- agents

    def _shift(self, hour: int) -> None:
        """Bring the agents on duty to the number this hour has; those of the backup tier always are."""
        wanted = self.staff[hour % len(self.staff)]
        for n, (profile, desk) in enumerate(zip(self.config.agents, self._desks.values(), strict=True)):
            agent, here = profile.id, profile.backup or n < wanted
            if desk.on_duty != here:
                desk.on_duty = here
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

    def _ring(self, offer: OfferCall | CallBack) -> None:
        """The agent's phone rings, and is picked up after a while or at once. One who was recalled from their wrap-up
        has the rest of it still to do."""
        now = self._clock.now
        present, desk = self._here[offer.call], self._desks[offer.agent]
        present.offer, present.agent, present.rings_since = offer.offer, offer.agent, now
        present.channel = f"{offer.endpoint}-{offer.offer.removeprefix('sim-')}"
        present.called_back = type(offer) is CallBack
        self._urgent_waiting -= present.urgent
        self._routine_offers += not present.urgent
        if desk.working:
            desk.working, desk.recalled = False, True
            desk.owed_s += desk.wrapup_ends - now
        if self.pickups is None:
            self._inbox.append(OfferAnswered(at=now, call=offer.call, channel=present.channel))
            if present.called_back:  # who is called back picks up at once
                self._inbox.append(CalleeAnswered(at=now, call=offer.call, channel=present.channel))
        else:
            self._inbox.append(OfferRinging(at=now, call=offer.call, channel=present.channel))
            by_itself = type(offer) is OfferCall and offer.auto_answer
            rings_s = BY_ITSELF_S if by_itself else self.pickups(offer.agent)
            self._clock.at(now + rings_s, _PICKS_UP, (offer.call, offer.offer))

    def _pick_up(self, now: float, call: CallId, offer: OfferId) -> None:
        present = self._here.get(call)
        if present is not None and present.offer == offer:
            self._tell(OfferAnswered(at=now, call=call, channel=present.channel))
            if present.called_back:
                self._tell(CalleeAnswered(at=now, call=call, channel=present.channel))

    def _stop_ring(self, command: CancelOffer) -> None:
        if not command.channel:  # the phone has not rung
            return
        agent = self._here[command.call].agent
        assert agent is not None
        self._inbox.append(AgentChannelClosed(at=self._clock.now, agent=agent, channel=command.channel))

    def _end_ring(self, ended: OfferEnded) -> None:
        """A ring that was not picked up: the caller waits again, the agent does what they did before."""
        if ended.result == "answered":
            return
        present, desk, now = self._here[ended.call], self._desks[ended.agent], self._clock.now
        present.offer = None
        if present.quit:
            self.tally.vain_rings_s.append(now - present.rings_since)
        self._urgent_waiting += present.urgent
        if desk.recalled:
            self._work(ended.agent, desk, now)

    def _escalate(self, escalated: CallEscalated) -> None:
        present = self._here[escalated.call]
        present.urgent = True
        self._urgent_waiting += present.offer is None

    def _talk(self, answered: CallAnswered) -> None:
        present = self._here[answered.call]
        present.answered = True
        self.tally.answered(present.who, answered.at - present.since)
        self._clock.at(self._clock.now + present.who.talk_s, _TALK_END, answered.call)

    def _leave(self, ended: CallEnded) -> None:
        present = self._here.pop(ended.call)
        if present.who.attacks:
            self._attackers -= 1
            self._clock.at(self._clock.now + AGAIN_S, _ATTACKS, present.line)
        if present.answered:
            return
        self._urgent_waiting -= present.urgent and present.offer is None and self._waits(present)
        if ended.outcome in ("abandoned", "abandoned_in_menu"):
            self.tally.abandoned(present.who, ended.ended_at - present.since)
            if present.who.again_s is not None:
                self._away += 1
                again = (present.who._replace(again_s=None), present.number)
                self._clock.at(self._clock.now + present.who.again_s, _CALLS_AGAIN, again)
        else:
            self.tally.lost += 1

    def _waits(self, present: _Present) -> bool:
        """Whether a caller who is not rung for is in the queue, and not in the menu before it."""
        return present.chosen or self.config.early_ring

    def _end_talk(self, now: float, call: CallId) -> None:
        """The talk is over. The agent has work left, unless none is asked of anyone; it stands before the engine hears
        of it, which may recall the agent for an urgent caller in the same turn."""
        present = self._here[call]
        assert present.offer is not None
        assert present.agent is not None
        if self.config.wrapup_s > 0:
            self._work(present.agent, self._desks[present.agent], now + present.who.wrapup_s)
        if present.called_back:
            # The agent hangs up first, and then there is nobody to talk to.
            self._tell(LegGone(at=now, call=call, channel=present.channel))
            self._tell(CallerGone(at=now, call=call, called_back=True))
        else:
            self._tell(OfferReturned(at=now, call=call, offer=present.offer, status="ANSWER"))

    def _work(self, agent: AgentId, desk: _Desk, until: float) -> None:
        """After-call work until then, and what is owed."""
        desk.working = True
        desk.wrapup += 1
        desk.wrapup_ends = until + desk.owed_s
        desk.recalled, desk.owed_s = False, 0.0
        self._clock.at(desk.wrapup_ends, _WRAPUP_END, (agent, desk.wrapup))
