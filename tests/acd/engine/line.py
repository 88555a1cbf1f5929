"""A line to try the engine on: events in, commands and facts out, invariants checked after each event.

line = Line(agents="1001 1002")
line.ready("1001")
line.arrives("c1", "funeral")
assert line.offered == {"1001": "c1"}
"""

from typing import Any

import msgspec

from acd.engine import invariants
from acd.engine.core import decode_state, encode_state
from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelOpened, AgentStateRequested, DeviceStateChanged
from acd.engine.model.commands import AnyCommand, CancelTimer, Command, StartTimer
from acd.engine.model.config import AgentProfile, AutoAnswer, EngineConfig, Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    CallerGone,
    ConfigChanged,
    EngineStarted,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
    TimerFired,
    Transferred,
)
from acd.engine.model.facts import AnyFact, CallEnded, CallLinedUp, Fact, WaitReason
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.state import Talk

SERVICES = (
    Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True),
    Service(id=ServiceId("ambulance"), priority="urgent", opens_ticket=True),
    Service(id=ServiceId("request")),
    Service(id=ServiceId("agent")),
)

OF_CALLS = frozenset(
    (
        "announce",
        "backup",
        "callback",
        "callback_offer",
        "handover",
        "kind",
        "maxwait",
        "outcome",
        "page_reload",
        "preferred",
        "relax",
        "retry",
        "stranded",
        "telling",
    )
)
"""Timers that go with a call."""
OF_OFFERS = frozenset(("empty_chair", "offer", "pending_cancel"))
TIMERS = OF_CALLS | OF_OFFERS | {"duty", "empty", "fault", "headroom", "regroup", "rest", "surge", "wrapup"}
journal = msgspec.json.Decoder(list[AnyCommand | AnyFact])


def well_formed(out: list[AnyCommand | AnyFact]) -> None:
    """What came out is what a replay reads back, each field of its type; and timers are of a kind that there is."""
    assert journal.decode(msgspec.json.encode(out)) == out
    for item in out:
        if isinstance(item, StartTimer | CancelTimer):
            kind, _, subject = item.timer.partition(":")
            assert kind in TIMERS, item
            assert (subject == "all") == (kind in ("fault", "headroom", "regroup")), item
            assert subject not in ("", "None"), item
        elif isinstance(item, Fact):
            for name in item.__struct_fields__:
                if name.endswith("_s") and (seconds := getattr(item, name)) is not None:
                    assert seconds == round(seconds, 3), f"{name} is told to the millisecond: {item}"


def profile(
    extension: str, services: str = "", *, languages: str = "", backup: bool = False, auto_answer: AutoAnswer = "no"
) -> AgentProfile:
    """An agent; services and languages separated by blanks, none meaning all. `funeral:3` is a level of skill."""
    levels = dict(one.split(":") for one in services.split() if ":" in one)
    return AgentProfile(
        id=AgentId(extension),
        name=f"Agent {extension}",
        endpoint=f"PJSIP/{extension}",
        node=NodeId("ast1"),
        services=frozenset(ServiceId(name) for name in services.split() if ":" not in name),
        skills={ServiceId(name): int(level) for name, level in levels.items()},
        languages=frozenset(languages.split()),
        backup=backup,
        auto_answer=auto_answer,
    )


class Line:
    """An engine, its clock, and what it last said."""

    def __init__(
        self,
        agents: str | tuple[AgentProfile, ...] = "1001 1002",
        services: tuple[Service, ...] = SERVICES,
        **rules: Any,
    ) -> None:
        profiles = tuple(profile(name) for name in agents.split()) if isinstance(agents, str) else agents
        self.config = EngineConfig(services=services, agents=profiles, **rules)
        self.engine = Engine()
        self.at = 1000.0
        self.events: list[AnyEvent] = []
        self.out: list[AnyCommand | AnyFact] = []
        self.history: list[AnyCommand | AnyFact] = []
        self.timers: dict[str, float] = {}
        self.do(EngineStarted(at=self.at), ConfigChanged(at=self.at, config=self.config))

    def do(self, *events: AnyEvent) -> list[AnyCommand | AnyFact]:
        """Handle events and check the invariants after each; all that came out."""
        self.out = []
        for event in events:
            self.events.append(event)
            out = self.engine.handle(event)
            well_formed(out)
            invariants.check(self.engine, out)
            self.out += out
            for item in out:
                if isinstance(item, StartTimer):
                    self.timers.pop(item.timer, None)
                    self.timers[item.timer] = item.due
                elif isinstance(item, CancelTimer):
                    self.timers.pop(item.timer, None)
        self._check_kept()
        self.history += self.out
        return self.out

    def _check_kept(self) -> None:
        """What the engine remembers can be read back, and nothing is waited for that is over."""
        state = self.engine.state
        assert decode_state(encode_state(state)) == state
        for timer in self.timers:
            kind, _, subject = timer.partition(":")
            call = CallId(subject if kind in OF_CALLS else subject.rpartition("#")[0])
            if kind in OF_CALLS | OF_OFFERS:
                assert call in state.calls, f"{timer} runs, and its call is over"

    # --- what happens

    def passes(self, seconds: float) -> None:
        """Let time go on; timers that come due fire in order, of those due at once the one that was set first."""
        end = self.at + seconds
        said: list[AnyCommand | AnyFact] = []
        while self.timers and min(self.timers.values()) <= end:
            timer = min(self.timers, key=self.timers.__getitem__)
            self.at = max(self.at, self.timers.pop(timer))
            said += self.do(TimerFired(at=self.at, timer=timer))  # type: ignore[arg-type]  # a name made by the engine
        self.at, self.out = end, said

    def ready(self, *agents: str, source: Any = "system") -> None:
        for agent in agents:
            self.do(DeviceStateChanged(at=self.at, agent=AgentId(agent), state="available"))
            self.wishes(agent, "ready", source=source)

    def wishes(self, agent: str, state: Any, reason: str = "", source: Any = "system") -> None:
        self.do(AgentStateRequested(at=self.at, agent=AgentId(agent), state=state, reason=reason, source=source))

    def attaches(self, call: str) -> None:
        self.do(CallAttached(at=self.at, call=CallId(call), node=NodeId("ast1"), channel=f"PJSIP/trunk-{call}"))

    def chooses(self, call: str, service: str, **more: Any) -> None:
        self.do(ServiceChosen(at=self.at, call=CallId(call), service=ServiceId(service), **more))

    def arrives(self, call: str, service: str, **more: Any) -> None:
        """A new caller who goes straight to a service; `more` is of `ServiceChosen`."""
        self.attaches(call)
        self.chooses(call, service, **more)

    def leg(self, call: str) -> str:
        """The name of the agent's channel in a call's present offer or talk: as in Asterisk's names, no dash after the
        endpoint's."""
        leg = self.engine.state.calls[CallId(call)].leg
        assert leg is not None
        offer = leg.offer if isinstance(leg, Talk) else leg.id
        return leg.channel or f"PJSIP/{leg.agent}-{offer.replace('-', '.')}"

    def rings(self, call: str) -> None:
        self.do(OfferRinging(at=self.at, call=CallId(call), channel=self.leg(call)))

    def answers(self, call: str) -> None:
        leg = self.leg(call)
        self.do(OfferRinging(at=self.at, call=CallId(call), channel=leg))
        self.do(OfferAnswered(at=self.at, call=CallId(call), channel=leg))

    def answers_itself(self, call: str) -> str:
        """The agent's phone answers, and Asterisk listens whether they are there; the name of their leg."""
        leg = self.leg(call)
        self.do(OfferRinging(at=self.at, call=CallId(call), channel=leg))
        self.do(OfferAnswered(at=self.at, call=CallId(call), channel=leg, listens=True))
        return leg

    def fails(self, call: str, status: Any, cause_code: int = 0) -> None:
        leg = self.leg(call)
        if cause_code:
            self.do(LegGone(at=self.at, call=CallId(call), channel=leg, cause_code=cause_code))
        self.do(OfferFailed(at=self.at, call=CallId(call), status=status, channel=leg))

    def agent_hangs_up(self, call: str) -> None:
        self.do(LegGone(at=self.at, call=CallId(call), channel=self.leg(call), cause_code=16))

    def sends(self, call: str, dialled: str) -> str:
        """The agent sends the caller on by a blind transfer; AMI tells, and the agent's leg goes. Its name."""
        leg = self.leg(call)
        said = self.do(Transferred(at=self.at, call=CallId(call), leg=leg, kind="blind", dialled=dialled))
        said = said + self.do(LegGone(at=self.at, call=CallId(call), channel=leg, cause_code=16))
        self.out = said + self.do(CallDetached(at=self.at, call=CallId(call)))
        return leg

    def comes_back(self, call: str, leg: str, dialled: str, outside: Any = "") -> None:
        """The dialplan brings a caller back who was sent on; `outside`: the result of an outside telephone's ring."""
        self.do(
            CallAttached(
                at=self.at,
                call=CallId(call),
                node=NodeId("ast1"),
                channel=f"PJSIP/trunk-{call}",
                transfer_leg=leg,
                transfer_to=dialled,
                outside=outside,
            )
        )

    def hands_over(self, call: str, agent: str, *, picked_up: bool = True) -> str:
        """The agent hands the caller to another whom they called; the new leg's name."""
        leg, new = self.leg(call), f"PJSIP/{agent}-own"
        self.do(AgentChannelOpened(at=self.at, agent=AgentId(agent), channel=new))
        told = Transferred(at=self.at, call=CallId(call), leg=leg, kind="attended", to_leg=new if picked_up else "")
        said = self.do(told)
        self.out = said + self.do(LegGone(at=self.at, call=CallId(call), channel=leg, cause_code=16))
        return new

    def returns(self, call: str, status: Any, cause_code: int = 0) -> None:
        leg = self.engine.state.calls[CallId(call)].leg
        assert leg is not None
        offer = leg.offer if isinstance(leg, Talk) else leg.id
        self.do(OfferReturned(at=self.at, call=CallId(call), offer=offer, status=status, cause_code=cause_code))

    def caller_gone(self, call: str) -> None:
        self.do(CallerGone(at=self.at, call=CallId(call)))

    # --- what is seen

    @property
    def offered(self) -> dict[str, str]:
        """Agents who ring now, with their callers."""
        calls = self.engine.state.calls.values()
        return {call.offer.agent: call.id for call in calls if call.offer is not None}

    @property
    def talking(self) -> dict[str, str]:
        """Agents who talk now, with their callers."""
        calls = self.engine.state.calls.values()
        return {call.talk.agent: call.id for call in calls if call.talk is not None}

    def shown(self, agent: str) -> str:
        """What people see of an agent, with the pause reason behind a slash."""
        one = self.engine.state.agents[AgentId(agent)]
        return f"{one.shown}/{one.shown_reason}" if one.shown_reason else one.shown

    @property
    def commands(self) -> list[AnyCommand]:
        """The commands of the last step, timers left out."""
        return [item for item in self.out if isinstance(item, Command) and "Timer" not in type(item).__name__]

    @property
    def said(self) -> list[str]:
        """The names of all that came out in the last step; timers left out, and what callers wait for."""
        names = (type(item).__name__ for item in self.out if not isinstance(item, CallLinedUp | WaitReason))
        return [name for name in names if "Timer" not in name]

    def facts(self, kind: type) -> list[Any]:
        """All facts of a kind so far."""
        return [item for item in self.history if isinstance(item, Fact) and isinstance(item, kind)]

    def outcome(self, call: str) -> CallEnded:
        """The one record of a call."""
        ends: list[CallEnded] = [fact for fact in self.facts(CallEnded) if fact.call == call]
        assert len(ends) == 1, f"call {call} has {len(ends)} ends"
        return ends[0]
