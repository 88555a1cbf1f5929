"""Random events for the engine: likely ones, late ones, repeated ones and ones that make no sense."""

import itertools
import random
from collections.abc import Iterator
from typing import Literal, get_args

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
from acd.engine.model.config import AgentProfile, Announcements, EngineConfig, Relaxation, Schedule, Service
from acd.engine.model.event_base import AgentWish, DialStatus, Party
from acd.engine.model.events import (
    AgentHeard,
    AnyEvent,
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CalleeAnswered,
    CalleeFailed,
    CallerFound,
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
    NodeReconciled,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    SeenCall,
    ServiceChosen,
    SurgeHeard,
    TimerFired,
    Told,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, CallTakenOver
from acd.engine.model.handover_events import HandOverWished, OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import HANDOVER, HandOverBegan
from acd.engine.model.ids import OUTCOME_MARK, TASK_MARK, AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
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
from acd.engine.model.request_events import RequestTold
from acd.engine.model.request_facts import HeardHow
from acd.engine.model.task_events import TaskCallWished
from tests.acd.engine.duty import duty_event
from tests.acd.engine.line import profile
from tests.acd.engine.monitor_chance import monitor_event

NODES = (NodeId("ast1"), NodeId("ast2"))
Place = Literal["gone", "dialplan", "talking", "nowhere"]
GONE = NodeId("ast9")
"""A node that is no more."""
SERVICES = (
    Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True, transfer_code="1"),
    Service(id=ServiceId("ambulance"), priority="urgent", min_level=2, relax=(Relaxation(after_s=3, level=1),)),
    Service(
        id=ServiceId("request"),
        transfer_code="2",
        max_wait_s=20,
        overflow_to=ServiceId("agent"),
        max_waiting=4,
        join_empty="overflow",
        leave_empty="overflow",
        hours="office",
        closed="overflow",
        min_level=3,
        relax=(Relaxation(after_s=2, level=2), Relaxation(after_s=5, level=1, any_language=True)),
    ),
    Service(
        id=ServiceId("agent"),
        max_wait_s=60,
        ageing=2.0,
        language_required=False,
        join_empty="release",
        leave_empty="release",
        hours="night",
    ),
)
CHOICES = (*(service.id for service in SERVICES), ServiceId("closed down"))
SCHEDULES = (
    Schedule(id="office", open=((1000.0, 1020.0), (1030.0, 1100.0)), known_until=1e5),
    Schedule(id="night", open=tuple((float(n), n + 90.0) for n in range(1000, 100_000, 100)), known_until=9e4),
)
AGENTS = (
    profile("1001", auto_answer="all"),
    profile("1002", languages="tr", auto_answer="urgent"),
    profile("1003", "funeral ambulance:2", languages="tr en"),
    profile("1004", "request:3 agent", languages="tr"),
    profile("1005", "agent", auto_answer="all"),
    profile("1006", backup=True),
    msgspec.structs.replace(profile("1007"), node=NODES[1]),
)


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
        self.config = self._config(AGENTS)

    def _config(self, agents: tuple[AgentProfile, ...]) -> EngineConfig:
        """Rules by chance: each of them on or off."""
        rng = self.rng
        return EngineConfig(
            services=SERVICES,
            agents=agents,
            schedules=SCHEDULES,
            blocked=frozenset(rng.choice(((), (), (), ("05321",)))),
            vip={"5322": rng.choice((5.0, 60.0))},
            empty_grace_s=rng.choice((0, 2)),
            strategy=rng.choice(("longest_idle", "least_calls", "linear", "quickest")),
            wrapup_s=rng.choice((0, 3, 8)),
            max_misses=rng.choice((1, 3)),
            retry_s=2,
            skip_s=8,
            reserve=rng.choice((0, 0, 1)),
            headroom=rng.choice((0, 0, 2)),
            headroom_from=2,
            wrapup_recall=rng.random() < 0.7,
            ring_recall=rng.random() < 0.7,
            backup_after_s=4,
            owner_first_s=rng.choice((0, 3, 10)),
            escalation_key=rng.choice(("", "9")),
            rules=rng.choice(
                (
                    {"empty_chair_s": 6.0, "message_s": 60.0, "messages_per_number": 1, "page_reload_s": 5.0},
                    {"urgent_ring_s": 2.0, "empty_chair_s": 3.0},
                    {"urgent_pick_up_s": 1.0, "message_s": 30.0, "messages_per_hour": 3, "page_reload_s": 20.0},
                )
            ),
            redial_s=rng.choice((0, 30)),
            recording=rng.choice(("none", "urgent", "all")),
            urgent_calls_per_hour=rng.choice((0, 1, 1, 2)),
            urgent_calls_withheld=rng.choice((0, 3)),
            first_time_agents=rng.choice((0, 1, 2)),
            switchboards=frozenset(rng.choice(((), (), ("5322",)))),
            callbacks=(callbacks := rng.random() < 0.7),
            callback_key="2",
            monitoring=True,
            callback_offer_after_s=rng.choice((0, 3, 15)),
            callback_tries=rng.choice((1, 2)),
            callback_retry_s=rng.choice((1, 5)),
            callback_ring_s=5,
            callback_abandoned_urgent=callbacks and rng.random() < 0.7,
            callbacks_per_number=rng.choice((0, 0, 1, 3)),
            callbacks_per_hour=rng.choice((0, 0, 2)),
            callback_denied=rng.choice(((), ("+905321",))),
            announcements=rng.choice(
                (
                    (),
                    (Announcements(priority="routine", position=True, wait=True, after_s=0, every_s=10),),
                    (
                        Announcements(priority="urgent", position=True, after_s=2, every_s=0),
                        Announcements(priority="routine", wait=True, after_s=3, every_s=10),
                    ),
                )
            ),
        )

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
            return self._handed_over(self.talkers.pop(), rng.choice(self.agents), "PJSIP/1001-x")
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
                node=_node(call),
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
            return AgentStateRequested(at=at, agent=agent, state=state)
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
            return self._reconciled()
        if which == 2 and rng.random() < 0.2:
            agents = tuple(one for one in rng.sample(AGENTS, len(AGENTS)) if rng.random() < 0.8)
            return ConfigChanged(at=at, config=self._config(agents))
        if which == 3 and (drawn := rng.random()) < 0.8:
            return self._outcome_wished(call) if drawn < 0.5 else self._task_wished(call, agent)
        if which == 4 and rng.random() < 0.3:
            return duty_event(rng, at)
        if which == 6 and rng.random() < 0.9:
            return self._handed_over(call, agent, leg)
        if which == 5 and rng.random() < 0.5:
            return monitor_event(rng, at, call, agent, leg)
        if which in (6, 7, 8):
            return PageSilent(at=at, late_s=1.0, call=call, channel=leg, there=rng.random() < 0.4)
        many: list[AnyEvent] = [
            CallDetached(at=at, call=call, lost=rng.random() < 0.5),
            self._imported(call, agent),
            self._imported(call, agent),
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
            self._found(call, agent, leg),
            self._found(call, agent, leg),
            Meanwhile(at=at, node=rng.choice(NODES), told=self._told(call, leg)),
            HangupRequested(at=at, call=call, by=rng.choice(("caller", "agent")), channel=rng.choice(("", leg))),
            RecordingNoticed(at=at, call=call, prompt="recording"),
            rng.choice(
                (
                    RecordingFailed(at=at, call=call),
                    RecordingPauseWished(at=at, call=call, paused=rng.random() < 0.5, by="key"),
                    RecordingMuted(at=at, call=call, paused=rng.random() < 0.5),
                    RecordingStored(at=at, call=call, sha256="0", size=1, seconds=0.0),
                    RecordingMissed(at=at, call=call, why="no_file"),
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
        node, wish = _node(call), f"26-{next(self._ids)}.1.1"
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
        node, task = _node(call), rng.randrange(3)
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

    def _handed_over(self, call: CallId, agent: AgentId, leg: str) -> AnyEvent:
        """A part of a hand-over: the wish, the caller leaves, what became of the ring."""
        rng, at = self.rng, self.at
        many: list[AnyEvent] = [
            HandOverWished(
                at=at,
                call=call,
                to="iski",
                number="185",
                callable=rng.choice(("185", "185", "185", "")),
                agent=rng.choice((None, None, agent)),
                not_after=at + rng.choice((4, 4, 4, 0)),
            ),
            HandOverWished(at=at, call=call, to="acil_112", number="112", callable="112", not_after=at + 4),
            Transferred(at=at, call=call, leg=leg, kind="blind", dialled=HANDOVER),
            Transferred(at=at, call=call, leg=leg, kind="blind", dialled=HANDOVER),
            OutsideAnswered(at=at, call=call),
            OutsideFailed(at=at, call=call, status=rng.choice(("BUSY", "NOANSWER", "CHANUNAVAIL", "CANCEL", ""))),
            CommandFailed(at=at, call=call, command="hand_over", error="none"),
        ]
        return rng.choice(many)

    def _found(self, call: CallId, agent: AgentId, leg: str) -> CallerFound:
        rng = self.rng
        place: Place = rng.choice(("gone", "dialplan", "talking", "nowhere", "nowhere"))
        node = _node(call) if rng.random() < 0.9 else GONE
        with_leg = rng.choice((leg, f"PJSIP/{agent}-own")) if place == "talking" else ""
        return CallerFound(at=self.at, call=call, node=node, place=place, channel=f"PJSIP/trunk-{call}", leg=with_leg)

    def _imported(self, call: CallId, agent: AgentId) -> CallImported:
        rng, at = self.rng, self.at
        queued_at = at - 5 if rng.random() < 0.7 else None
        answered_at = at - 2 if queued_at is not None and rng.random() < 0.5 else None
        return CallImported(
            at=at,
            call=call,
            node=_node(call),
            channel=f"PJSIP/trunk-{call}",
            number=rng.choice(("", "05321")),
            arrived_at=at - 8,
            urgent=rng.choice((None, True, False)),
            queued_at=queued_at,
            answered_at=answered_at,
            agent=agent if answered_at is not None else None,
            ended_at=at - 1 if answered_at is not None or rng.random() < 0.5 else None,
            hangup_by=rng.choice(("caller", "agent")),
            regroup=rng.random() < 0.5,
        )

    def _told(self, call: CallId, leg: str) -> tuple[Told, ...]:
        """What a channel log tells of one call and of others, some of it more than once."""
        rng, at, told = self.rng, self.at, list[Told]()
        for one in (call, *rng.sample(self.calls, min(2, len(self.calls)))):
            legs = self.offers.get(one)
            channel = leg if one == call and leg else legs[-1][1] if legs else f"PJSIP/1001-{one}"
            late = sorted((round(rng.uniform(0.0, 30.0), 3) for _ in range(4)), reverse=True)
            by: Party = rng.choice(("caller", "agent", "system"))
            many: list[Told] = [
                OfferAnswered(at=at, late_s=late[0], call=one, channel=channel),
                CalleeAnswered(at=at, late_s=late[1], call=one, channel=channel),
                HangupRequested(at=at, late_s=late[2], call=one, by=by, channel=channel if by == "agent" else ""),
                LegGone(at=at, late_s=late[2], call=one, channel=channel, cause_code=16),
                CallerGone(at=at, late_s=late[3], call=one, called_back=rng.random() < 0.2),
            ]
            told += [event for event in many if rng.random() < 0.6]
        return tuple(told)

    def _reconciled(self) -> NodeReconciled:
        """What a node has, or what another has that took its name."""
        rng = self.rng
        node = rng.choice((*NODES, *NODES, *NODES, GONE))
        calls = []
        for call in self.calls:
            if _node(call) != node and rng.random() < 0.9:
                continue
            legs = self.offers.get(call)
            leg = legs[-1][1] if legs else ""
            if rng.random() < 0.7:
                talking = bool(leg) and rng.random() < 0.4
                calls.append(
                    SeenCall(
                        call=call,
                        channel=f"PJSIP/trunk-{call}",
                        leg=leg if talking else "",
                        talking=talking,
                        outside=not talking and rng.random() < 0.3,
                    )
                )
            if rng.random() < 0.3:
                back = rng.choice((leg or "PJSIP/1001-x", leg or "PJSIP/1001-x", ""))
                talking = bool(back) and rng.random() < 0.5
                calls.append(SeenCall(call=call, channel="", leg=back, talking=talking, callback=True))
        return NodeReconciled(
            at=self.at,
            node=node,
            told=self._told(rng.choice(self.calls), "") if rng.random() < 0.5 else (),
            calls=tuple(calls),
            available=tuple(agent for agent in self.agents if rng.random() < 0.8),
            agent_channels={agent: ("PJSIP/own",) for agent in self.agents if rng.random() < 0.1},
        )

    def stream(self, count: int) -> Iterator[AnyEvent]:
        """`count` events; the reader must call `learn` with each one's outcome."""
        yield from self.opening()
        for _ in range(count):
            yield self.next()


def _node(call: CallId) -> NodeId:
    """The node a caller's channel is on."""
    return NODES[call[-1] in "37"]
