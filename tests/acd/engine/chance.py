"""Random events for the engine: likely ones, late ones, repeated ones and ones that make no sense."""

import itertools
import random
from collections.abc import Iterator
from typing import get_args

import msgspec

from acd.engine.model.agent_events import (
    AgentChannelClosed,
    AgentChannelOpened,
    AgentStateRequested,
    DeviceStateChanged,
    FirstPlaceWished,
    SurgeRequested,
    SurgeWithdrawn,
)
from acd.engine.model.commands import HandOver
from acd.engine.model.event_base import AgentWish, DialStatus
from acd.engine.model.events import (
    AgentHeard,
    AnyEvent,
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CalleeAnswered,
    CalleeFailed,
    CallerGone,
    CallHeld,
    CallImported,
    CallUnheld,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    EntryLost,
    FlowFinished,
    FlowStepped,
    HangupRequested,
    KeyPressed,
    KindAsked,
    KindSet,
    LegGone,
    LineStops,
    Meanwhile,
    NodeLost,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
    SurgeHeard,
    TimerFired,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, CallTakenOver
from acd.engine.model.handover_facts import HANDOVER, HandOverBegan
from acd.engine.model.ids import OUTCOME_MARK, TASK_MARK, AgentId, CallId, OfferId, ServiceId, TimerId
from acd.engine.model.message_events import MessageStep, MessageTalked
from acd.engine.model.outcome_events import OutcomeCallWished, OutcomeTalked, TalkStep
from acd.engine.model.page_events import PageSilent
from acd.engine.model.recording_events import (
    RecordingFailed,
    RecordingMissed,
    RecordingMuted,
    RecordingNoticed,
    RecordingPauseWished,
    RecordingStored,
)
from acd.engine.model.request_events import CallDisposed, DeskSeen, RequestTold
from acd.engine.model.request_facts import HeardHow
from acd.engine.model.task_events import TaskCallWished
from tests.acd.engine.config_chance import AGENTS, CHOICES, GONE, NODES, SERVICES, random_config
from tests.acd.engine.duty import duty_event
from tests.acd.engine.handover_chance import handover_event
from tests.acd.engine.monitor_chance import monitor_event
from tests.acd.engine.node_chance import call_imported, caller_found, meanwhile_told, node_of, node_reconciled


class Chance:
    """A stream of events that depends only on the seed and on what the engine has been told to want."""

    def __init__(self, seed: int | random.Random, calls: int = 12) -> None:
        self.rng = random.Random(seed) if isinstance(seed, int) else seed
        self.at = 1000.0
        self._ids = itertools.count()
        self.calls = [self._new_call() for _ in range(calls)]
        self.agents = [*(one.id for one in AGENTS), AgentId("1099")]
        self.talkers: list[CallId] = []
        self.leaving: list[tuple[CallId, str]] = []
        """Callers who were answered lately, and those who are being handed over, with the agent's leg."""
        self.timers: dict[TimerId, float] = {}
        self.offers: dict[CallId, list[tuple[OfferId, str]]] = {}
        self.seen: list[AnyEvent] = []
        self.config = random_config(self.rng, AGENTS)

    def opening(self) -> list[AnyEvent]:
        return [EngineStarted(at=self.at), ConfigChanged(at=self.at, config=self.config)]

    def learn(self, out: list[object]) -> None:
        """Remember what the engine asked for, so that likely answers can follow."""
        for item in out:
            kind = type(item).__name__
            if kind == "StartTimer":
                self.timers[item.timer] = item.due  # type: ignore[attr-defined]  # `kind` tells the class
            elif kind == "CancelTimer" and self.rng.random() < 0.9:  # else it fires all the same
                self.timers.pop(item.timer, None)  # type: ignore[attr-defined]  # as above
            elif kind == "CallEnded" and item.call in self.calls and self.rng.random() < 0.9:  # type: ignore[attr-defined]  # as above
                self.calls[self.calls.index(item.call)] = self._new_call()  # type: ignore[attr-defined]  # as above
            elif isinstance(item, CallAnswered | CallTakenOver | HandOverBegan):
                self.talkers = [*self.talkers[-2:], item.call]
            elif isinstance(item, HandOver):
                self.leaving = [(item.call, item.leg)]
            elif kind in ("OfferCall", "CallBack"):
                self._leg(item.call, item.offer, f"{item.endpoint}-{item.offer.replace('-', '.')}")  # type: ignore[attr-defined]  # as above
        if len(self.seen) > 120:
            del self.seen[:-60]
        while len(self.timers) > 60:
            del self.timers[next(iter(self.timers))]

    def _new_call(self) -> CallId:
        return CallId(f"c{next(self._ids)}")

    def _leg(self, call: CallId, offer: OfferId, leg: str) -> None:
        legs = self.offers.setdefault(call, [])
        legs.append((offer, leg))
        del legs[:-3]

    def next(self) -> AnyEvent:
        """One event; now and then one that was seen before."""
        rng = self.rng
        self.at += rng.choice((0, 0, 0.01, 0.3, 2.0))
        if self.seen and rng.random() < 0.08:
            event = msgspec.structs.replace(rng.choice(self.seen), at=self.at)
            if not isinstance(event, CallImported) or event.arrived_at <= self.at:
                return event
        event = self._likely() or self._make()
        self.seen.append(event)
        return event

    def _likely(self) -> AnyEvent | None:
        """A part of a hand-over that may well follow: none of them comes about by chance alone."""
        rng = self.rng
        if self.leaving and rng.random() < 0.4:
            call, leg = self.leaving.pop()
            return Transferred(at=self.at, call=call, leg=leg, kind="blind", dialled=HANDOVER)
        if self.talkers and rng.random() < 0.2:
            return handover_event(rng, self.at, self.talkers.pop(), rng.choice(self.agents), "PJSIP/1001-x")
        return None

    def _make(self) -> AnyEvent:
        rng, at = self.rng, self.at
        call, agent = rng.choice(self.calls), rng.choice(self.agents)
        legs = self.offers.get(call)
        offer, leg = legs[-1] if legs else (OfferId(f"{call}#1"), f"PJSIP/{agent}-x")
        if legs and rng.random() < 0.1:
            offer, leg = legs[0]  # late: of an earlier offer
        status: DialStatus = rng.choice(("NOANSWER", "BUSY", "CHANUNAVAIL", "CONGESTION", "CANCEL", "ANSWER", ""))
        draw = rng.random()
        if draw < 0.16:
            sent = rng.random() < 0.4
            return CallAttached(
                at=at,
                call=call,
                node=node_of(call),
                channel=f"PJSIP/trunk-{call}",
                number=rng.choice(("", "05321", "5322")),
                arrived_at=at - 3,
                callable=rng.choice(("", "05321", "05322", "05323", "05324")),
                transfer_leg=leg if sent else "",
                transfer_to=rng.choice((agent, "*81", "*82", "9")) if sent else "",
            )
        if draw < 0.30:
            language = rng.choice(("tr", "tr", "en"))
            preferred = rng.choice((None, agent))
            if rng.random() < 0.3:
                return self._kind_asked(call, language, preferred)
            return ServiceChosen(at=at, call=call, service=rng.choice(CHOICES), language=language, preferred=preferred)
        if draw < 0.38:
            return OfferRinging(at=at, call=call, channel=leg)
        if draw < 0.48:
            return OfferAnswered(at=at, call=call, channel=leg, listens=rng.random() < 0.7)
        if draw < 0.54:
            return LegGone(at=at, call=call, channel=leg, cause_code=rng.choice((16, 17, 19, 21)))
        if draw < 0.58:
            return OfferFailed(at=at, call=call, status=status, channel=rng.choice((leg, leg, "")))
        if draw < 0.62:
            unsure = status in ("CANCEL", "") and rng.random() < 0.7
            return OfferReturned(at=at, call=call, offer=offer, status=status, unsure=unsure)
        if draw < 0.70:
            called_back = rng.random() < 0.4
            channel = "" if called_back else rng.choice(("", "", f"PJSIP/trunk-{call}"))
            return CallerGone(at=at, call=call, channel=channel, called_back=called_back)
        if draw < 0.80:
            state: AgentWish = rng.choice(("ready", "ready", "ready", "paused", "offline"))
            return AgentStateRequested(at=at, agent=agent, state=state, source=rng.choice(("page", "page", "phone")))
        if draw < 0.86:
            endpoint = rng.choice(("", f"PJSIP/{agent}", f"PJSIP/{agent}-web"))
            return DeviceStateChanged(
                at=at, agent=agent, state=rng.choice(("available", "available", "unavailable")), endpoint=endpoint
            )
        if draw < 0.91 and self.timers:
            return self._timer()
        return self._rare(call, agent, leg)

    def _kind_asked(self, call: CallId, language: str, preferred: AgentId | None) -> KindAsked:
        """The caller says that it is urgent. One of the keys leads to a service that is gone, as after a reload."""
        kinds = {"1": ServiceId("funeral"), "2": ServiceId("ambulance"), "4": ServiceId("closed down")}
        return KindAsked(
            at=self.at,
            call=call,
            service=self.rng.choice((ServiceId("ambulance"), ServiceId("funeral"), ServiceId("request"))),
            kinds=kinds,
            music="urgent-tr",
            menu_s=self.rng.choice((0.0, 5.0)),
            language=language,
            preferred=preferred,
        )

    def _rare(self, call: CallId, agent: AgentId, leg: str) -> AnyEvent:
        rng, at = self.rng, self.at
        which = rng.randrange(16)
        if which == 0 and rng.random() < 0.3:
            self.timers.clear()
            return EngineStarted(at=at)
        if which == 1:
            return node_reconciled(rng, at, self.calls, self.offers, self.agents)
        if which == 2 and rng.random() < 0.2:
            agents = tuple(one for one in rng.sample(AGENTS, len(AGENTS)) if rng.random() < 0.8)
            return ConfigChanged(at=at, config=random_config(rng, agents))
        if which == 3 and (drawn := rng.random()) < 0.8:
            return self._outcome_wished(call) if drawn < 0.5 else self._task_wished(call, agent)
        if which == 4 and rng.random() < 0.3:
            return duty_event(rng, at)
        if which == 6 and rng.random() < 0.9:
            return handover_event(rng, at, call, agent, leg)
        if which == 5 and rng.random() < 0.5:
            return monitor_event(rng, at, call, agent, leg)
        if which in (6, 7, 8):
            return PageSilent(at=at, late_s=1.0, call=call, channel=leg, there=rng.random() < 0.4)
        many: list[AnyEvent] = [
            CallDetached(at=at, call=call, lost=rng.random() < 0.5),
            call_imported(rng, at, call, agent),
            call_imported(rng, at, call, agent),
            FlowStepped(at=at, call=call, step="urgent", key="1"),
            FlowFinished(at=at, call=call),
            KeyPressed(at=at, call=call, key=rng.choice(("9", "2", "2", "1", "4"))),
            KeyPressed(at=at, call=call, key=rng.choice(("1", "4"))),
            KindSet(at=at, call=call, service=rng.choice(CHOICES)),
            FirstPlaceWished(at=at, call=call, reason="promised"),
            FirstPlaceWished(at=at, call=call, reason="promised"),
            CalleeAnswered(at=at, call=call, channel=leg, callee=rng.choice(("", "PJSIP/outgoing-1"))),
            CalleeFailed(at=at, call=call, channel=leg, status=rng.choice(("NOANSWER", "BUSY", "CANCEL"))),
            CallbackCancelled(at=at, call=call),
            SurgeHeard(at=at, call=call, answered=rng.random() < 0.3),
            self._surge(),
            self._talked(call),
            self._talked(call),
            *(self._spoke(call) for _ in range(4)),
            KeyPressed(at=at, call=call, key="3"),
            caller_found(rng, at, call, agent, leg),
            caller_found(rng, at, call, agent, leg),
            Meanwhile(at=at, node=rng.choice(NODES), told=meanwhile_told(rng, at, call, leg, self.calls, self.offers)),
            HangupRequested(at=at, call=call, by=rng.choice(("caller", "agent")), channel=rng.choice(("", leg))),
            RecordingNoticed(at=at, call=call, prompt="recording"),
            rng.choice(
                (
                    RecordingFailed(at=at, call=call),
                    RecordingPauseWished(at=at, call=call, paused=rng.random() < 0.5, by="key"),
                    RecordingMuted(at=at, call=call, paused=rng.random() < 0.5),
                    RecordingStored(at=at, call=call, sha256="0", size=1, seconds=0.0),
                    RecordingMissed(at=at, call=call, why="no_file"),
                    CallDisposed(at=at, call=call),
                    DeskSeen(at=at, connected=rng.random() < 0.8),
                    RequestTold(at=at, call=call, ticket="26-000123-3", how=rng.choice(get_args(HeardHow))),
                )
            ),
            AgentHeard(at=at, call=call, channel=leg),
            AgentHeard(at=at, call=call, channel=leg),
            CallHeld(at=at, call=call, channel=rng.choice(("", leg))),
            CallUnheld(at=at, call=call, channel=rng.choice(("", leg))),
            AgentChannelOpened(at=at, agent=agent, channel=rng.choice((leg, "PJSIP/own"))),
            AgentChannelClosed(at=at, agent=agent, channel=rng.choice((leg, "PJSIP/own"))),
            self._transferred(call, agent, leg),
            self._transferred(call, agent, leg),
            CommandFailed(
                at=at,
                call=call,
                command=rng.choice(
                    (
                        "offer_call",
                        "hold_caller",
                        "call_back",
                        "run_flow",
                        "ring_citizen",
                        "tell_outcome",
                        "take_message",
                    )
                ),
                error="none",
            ),
            NodeLost(at=at, node=rng.choice((*NODES, GONE))),
            EntryLost(at=at),
            *((LineStops(at=at),) if rng.random() < 0.1 else ()),
        ]
        return rng.choice(many)

    def _timer(self) -> TimerFired:
        """A timer that is due, in its time or late; or one before its time, or twice."""
        timer = self.rng.choice(list(self.timers))
        due = self.timers[timer]
        if self.rng.random() < 0.2:
            return TimerFired(at=self.at, timer=timer)
        del self.timers[timer]
        self.at = max(self.at, due) if due < self.at + 30 else self.at
        if due > self.at:
            self.timers[timer] = due
        return TimerFired(at=self.at, timer=timer)

    def _outcome_wished(self, call: CallId) -> OutcomeCallWished:
        """The desk wants a citizen called; later events are about that call, in place of another."""
        rng, at = self.rng, self.at
        node, wish = node_of(call), f"26-{next(self._ids)}.1.1"
        self.calls[self.calls.index(call)] = CallId(f"{node}-outcome.{wish}")
        return OutcomeCallWished(
            at=at,
            wish=wish,
            number="05325",
            service=rng.choice(CHOICES),
            language=rng.choice(("tr", "tr", "en")),
            made_at=rng.choice((at, at, at, at - 2 * 86_400)),
            not_after=rng.choice((None, at + 3, at + 600)),
            node=node,
            callable=rng.choice(("", "05321", "05325", "05326")),
            automatic=rng.random() < 0.6,
            prompts=("outcome_resolved",),
            whole=rng.random() < 0.7,
        )

    def _task_wished(self, call: CallId, agent: AgentId) -> TaskCallWished:
        """An agent wants to ring a citizen about one of few tasks; later events are about that call, in place of
        another."""
        rng, at = self.rng, self.at
        node, task = node_of(call), rng.randrange(3)
        wish = f"26-1.{task}.{next(self._ids)}"
        self.calls[self.calls.index(call)] = CallId(f"{node}{TASK_MARK}{wish}")
        return TaskCallWished(
            at=at,
            wish=wish,
            request="26-1",
            task=task,
            agent=agent,
            number="05325",
            service=rng.choice(CHOICES),
            language=rng.choice(("tr", "tr", "en")),
            not_after=at + rng.choice((4, 4, 4, -1)),
            node=node,
            callable=rng.choice(("", "05321", "05325", "05326", "05327", "05328")),
        )

    def _talked(self, call: CallId) -> OutcomeTalked:
        """A part of an automatic call is over: of a call of that kind, if there is one."""
        rng = self.rng
        told = [one for one in self.calls if OUTCOME_MARK in one]
        step: TalkStep = rng.choice(get_args(TalkStep))
        return OutcomeTalked(
            at=self.at, call=rng.choice(told) if told else call, step=step, score=rng.choice((0, 1, 3, 5, 6))
        )

    def _spoke(self, call: CallId) -> MessageTalked:
        """A part of a caller's message is over."""
        step: MessageStep = self.rng.choice(get_args(MessageStep))
        return MessageTalked(at=self.at, call=call, step=step, spoken_s=4.0)

    def _surge(self) -> AnyEvent:
        rng, at = self.rng, self.at
        if rng.random() < 0.3:
            return SurgeWithdrawn(at=at)
        services = tuple(service.id for service in SERVICES if rng.random() < 0.6)
        until = rng.choice((None, at + 5))
        return SurgeRequested(at=at, services=services, prompts={"tr": "/surge/1"}, ticket="26-000123-3", until=until)

    def _transferred(self, call: CallId, agent: AgentId, leg: str) -> Transferred:
        rng = self.rng
        if rng.random() < 0.5:
            dialled = rng.choice((agent, "*81", "*82", "*89", "9"))
            return Transferred(at=self.at, call=call, leg=leg, kind="blind", dialled=dialled)
        to_leg = rng.choice((f"PJSIP/{agent}-own{rng.randrange(3)}", f"PJSIP/{agent}-own", "", "PJSIP/nobody-1"))
        if to_leg:
            legs = self.offers.get(call)
            self._leg(call, legs[-1][0] if legs else OfferId(f"{call}#1"), to_leg)
        dialled = ("", "*81", "", "*82", "*89")[int(self.at) % 5]  # not drawn: the streams stay what they were
        return Transferred(at=self.at, call=call, leg=leg, kind="attended", dialled=dialled, to_leg=to_leg)

    def stream(self, count: int) -> Iterator[AnyEvent]:
        """`count` events; the reader must call `learn` with each one's outcome."""
        yield from self.opening()
        for _ in range(count):
            yield self.next()
