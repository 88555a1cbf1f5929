"""Journal entries for the tests here: small builders, and streams of facts as an engine could have made them."""

import random
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.events import AnyEvent, CallDetached, ConfigChanged
from acd.engine.model.facts import (
    AgentState,
    AgentStateChanged,
    AnyFact,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallOverflowed,
    CallQueued,
    CallReturned,
    CallStepped,
    HoldBegan,
    HoldEnded,
    KeyHeard,
    OfferEnded,
    OfferMade,
    OfferResult,
    Outcome,
    ServiceNamed,
    TalkEnded,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.journal import Entry
from tests.tickets.towns import TOWN
from tickets.changes import Rules

START = 1_764_025_361.0
RULES = Rules(town=TOWN, zone=ZoneInfo("Europe/Istanbul"))


def rules() -> Rules:
    """What calls open requests by: the first town's files."""
    return RULES


def entry(seq: int, at: float | None = None, facts: Sequence[AnyFact] = (), event: AnyEvent | None = None) -> Entry:
    """An entry with an event that does not matter."""
    at = START + seq if at is None else at
    return Entry(seq=seq, event=event or CallDetached(at=at, call=CallId(f"ast1-{seq}")), facts=tuple(facts))


def entries(first: int, last: int) -> list[Entry]:
    """Entries `first` to `last`, a second apart."""
    return [entry(seq) for seq in range(first, last + 1)]


SERVICES = (
    Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True),
    Service(id=ServiceId("ambulance"), priority="urgent", opens_ticket=True),
    Service(id=ServiceId("request"), priority="routine"),
    Service(id=ServiceId("agent"), priority="routine"),
)
AGENTS = tuple(
    AgentProfile(id=AgentId(str(number)), name=name, endpoint=f"PJSIP/{number}", node=NodeId("ast1"))
    for number, name in enumerate(("İpek Işık", "Ömer Çınar", "Şule Ğ'x\"", "Ada"), 1001)
)
CONFIG = EngineConfig(services=SERVICES, agents=AGENTS)


class Story:
    """A line's life, told as entries: calls come, wait, ring, talk, leave; agents come and go. Drawn from a seed."""

    def __init__(self, seed: int, first: int = 1) -> None:
        self.random = random.Random(seed)
        self.at = START + self.random.randrange(1000) / 1000
        self.seq = first - 1
        self.entries: list[Entry] = []
        self.calls: dict[CallId, CallEnded] = {}
        self.phase: dict[CallId, str] = {}
        self.offers: dict[CallId, int] = {}
        self.ringing: dict[CallId, tuple[AgentId, float]] = {}
        self.held: dict[CallId, float] = {}
        self.agents: dict[AgentId, tuple[AgentState, str, float, CallId | None]] = {}
        self.came = 0
        self.queued = 0

    def tell(self, steps: int) -> list[Entry]:
        """So many entries more; the first one of all gives the configuration."""
        told = len(self.entries)
        if self.seq == 0:
            for agent in AGENTS:
                self.agents[agent.id] = ("offline", "", self.at, None)
            self._write([], ConfigChanged(at=self.at, config=CONFIG))
        for _ in range(steps):
            self._step()
        return self.entries[told:]

    def _write(self, facts: Sequence[AnyFact], event: AnyEvent | None = None) -> None:
        self.seq += 1
        self.entries.append(entry(self.seq, self.at, facts, event))
        self.at += self.random.choice([0.0, 0.001, 0.0004, 0.5, 3.25, self.random.random() * 20])

    def _step(self) -> None:
        moves: list[Callable[[], None]] = [self._come, self._duty]
        moves += [lambda call=call: self._go_on(call) for call in self.calls]  # type: ignore[misc]  # mypy cannot infer a default of a lambda
        self.random.choice(moves)()

    def _come(self) -> None:
        self.came += 1
        call = CallId(f"ast1-{self.at:.3f}.{self.came}")
        number = self.random.choice(["05321112233", "", "+49301234", "'; DROP TABLE calls;--"])
        name = self.random.choice(["", "Ayşe İnce", "\x00\r\nŞ\U0001f600"])
        arrived = self.at - self.random.choice([0.0, 0.25])
        self.calls[call] = CallEnded(
            at=0.0, call=call, node=NodeId("ast1"), number=number, name=name, dialled="4440411", service=None,
            priority=None, language="tr", outcome="abandoned_in_menu", hangup_by="caller", arrived_at=arrived,
            ended_at=0.0,
        )  # fmt: skip
        self.phase[call] = "menu"
        self._write(
            [
                CallEntered(
                    at=self.at, call=call, node=NodeId("ast1"), channel=f"PJSIP/trunk-{self.came}", number=number,
                    name=name, dialled="4440411", arrived_at=arrived,
                )
            ]
        )  # fmt: skip

    def _duty(self) -> None:
        agent = self.random.choice(AGENTS).id
        if self.agents[agent][3] is None:
            state: AgentState = self.random.choice(["ready", "paused", "offline", "unavailable", "busy"])
            reason = "mola" if state == "paused" else ""
            if (state, reason) != self.agents[agent][:2]:
                self._write([self._agent(agent, state, reason)])

    def _agent(
        self, agent: AgentId, state: AgentState, reason: str = "", call: CallId | None = None
    ) -> AgentStateChanged:
        previous, was, since, _ = self.agents[agent]
        self.agents[agent] = (state, reason, self.at, call)
        return AgentStateChanged(
            at=self.at, agent=agent, state=state, reason=reason, call=call, previous=previous, previous_reason=was,
            lasted_s=self.at - since,
        )  # fmt: skip

    def _go_on(self, call: CallId) -> None:
        kept = self.calls[call]
        phase = self.phase[call]
        if phase == "menu":
            self._in_menu(kept)
        elif phase == "waiting":
            self._waiting(kept)
        elif phase == "ringing":
            self._ringing(kept)
        else:
            self._talking(kept)

    def _in_menu(self, kept: CallEnded) -> None:
        call, roll = kept.call, self.random.random()
        if roll < 0.3:
            self._write([CallStepped(at=self.at, call=call, step="urgent", key=self.random.choice(["1", ""]))])
        elif roll < 0.45:
            self._end(kept, self.random.choice(["abandoned_in_menu", "self_served", "rejected"]))
        else:
            service = self.random.choice(SERVICES)
            position = 1 + sum(phase in ("waiting", "ringing") for phase in self.phase.values())
            self.calls[call] = msgspec.structs.replace(
                kept,
                service=service.id,
                priority=service.priority,
                queued_at=self.at,
                language=self.random.choice(["tr", "en"]),
            )
            self.phase[call] = "waiting"
            self.queued += 1
            self._write(
                [
                    ServiceNamed(
                        at=self.at, call=call, service=service.id, priority=service.priority,
                        language=self.calls[call].language, number=kept.number, opens_ticket=service.opens_ticket,
                        fields={"ticket": "26-000123-7"} if service.id == "request" else {},
                    ),
                    CallQueued(
                        at=self.at, call=call, service=service.id, priority=service.priority, number=kept.number,
                        position=position, order=self.queued,
                    ),
                ]
            )  # fmt: skip

    def _waiting(self, kept: CallEnded) -> None:
        call, roll = kept.call, self.random.random()
        free = [agent for agent, (state, _, _, _) in self.agents.items() if state == "ready"]
        assert kept.service is not None
        assert kept.priority is not None
        assert kept.queued_at is not None
        if roll < 0.1:
            self._end(kept, self.random.choice(["abandoned", "timed_out"]))
        elif roll < 0.2:
            self._write([KeyHeard(at=self.at, call=call, key="9")])
        elif roll < 0.25:
            to = self.random.choice(SERVICES)
            self.calls[call] = msgspec.structs.replace(kept, service=to.id, priority=to.priority)
            self._write(
                [
                    CallOverflowed(
                        at=self.at, call=call, service=kept.service, priority=to.priority, to=to.id, why="max_wait"
                    )
                ]
            )
        elif free:
            agent = self.random.choice(free)
            self.offers[call] = self.offers.get(call, 0) + 1
            self.phase[call], self.ringing[call] = "ringing", (agent, self.at)
            self._write(
                [
                    OfferMade(
                        at=self.at, call=call, offer=OfferId(f"{call}#{self.offers[call]}"), agent=agent,
                        service=kept.service, priority=kept.priority, waited_s=self.at - kept.queued_at,
                    ),
                    self._agent(agent, "ringing", call=call),
                ]
            )  # fmt: skip

    def _offer_ended(self, kept: CallEnded, result: OfferResult) -> OfferEnded:
        agent, since = self.ringing.pop(kept.call)
        assert kept.service is not None
        assert kept.priority is not None
        return OfferEnded(
            at=self.at, call=kept.call, offer=OfferId(f"{kept.call}#{self.offers[kept.call]}"), agent=agent,
            service=kept.service, priority=kept.priority, result=result, ring_s=self.at - since,
        )  # fmt: skip

    def _ringing(self, kept: CallEnded) -> None:
        call, roll = kept.call, self.random.random()
        agent, since = self.ringing[call]
        assert kept.service is not None
        assert kept.priority is not None
        assert kept.queued_at is not None
        if roll < 0.15:
            over = self._offer_ended(kept, "caller_gone")
            self._end(kept, "abandoned", [over, self._agent(agent, "ready")])
        elif roll < 0.45:
            self.phase[call] = "waiting"
            over = self._offer_ended(kept, self.random.choice(["no_answer", "busy", "declined", "unreachable"]))
            self._write([over, self._agent(agent, "ready"), CallReturned(at=self.at, call=call)])
        else:
            self.phase[call] = "talking"
            wait_s, delay_s = self.at - kept.queued_at, self.at - kept.arrived_at
            self.calls[call] = msgspec.structs.replace(
                kept, agent=agent, answered_at=self.at, ring_s=self.at - since, wait_s=wait_s, answer_delay_s=delay_s
            )
            over = self._offer_ended(kept, "answered")
            self._write(
                [
                    over,
                    CallAnswered(
                        at=self.at, call=call, offer=over.offer, agent=agent, service=kept.service,
                        priority=kept.priority,
                        wait_s=wait_s, answer_delay_s=delay_s, ring_s=over.ring_s,
                    ),
                    self._agent(agent, "talking", call=call),
                ]
            )  # fmt: skip

    def _talking(self, kept: CallEnded) -> None:
        call, roll = kept.call, self.random.random()
        assert kept.agent is not None
        if self.phase[call] == "wrapup":
            since = self.agents[kept.agent][2]
            del self.calls[call], self.phase[call]
            self._write(
                [
                    WrapupEnded(at=self.at, call=call, agent=kept.agent, wrapup_s=self.at - since),
                    self._agent(kept.agent, "ready"),
                ]
            )
        elif roll < 0.3 and call not in self.held:
            self.held[call] = self.at
            self._write([HoldBegan(at=self.at, call=call)])
        elif roll < 0.5 and call in self.held:
            hold_s = kept.hold_s + self.at - self.held.pop(call)
            self.calls[call] = msgspec.structs.replace(kept, hold_s=hold_s)
            self._write([HoldEnded(at=self.at, call=call)])
        elif roll > 0.5:
            assert kept.answered_at is not None
            part = TalkEnded(
                at=self.at, call=call, agent=kept.agent, number=1, how="answered", began_at=kept.answered_at,
                talk_s=round(self.at - kept.answered_at, 3), hold_s=round(kept.hold_s, 3),
            )  # fmt: skip
            self._end(kept, "answered", [part, self._agent(kept.agent, "wrapup", call=call)])

    def _end(self, kept: CallEnded, outcome: Outcome, before: Sequence[AnyFact] = ()) -> None:
        call = kept.call
        talk_s = None if kept.answered_at is None else self.at - kept.answered_at
        wait_s = kept.wait_s
        if kept.queued_at is not None and wait_s is None:
            wait_s = self.at - kept.queued_at
        over = msgspec.structs.replace(
            kept, at=self.at, ended_at=self.at, outcome=outcome, talk_s=talk_s, wait_s=wait_s,
            hangup_by=self.random.choice(["caller", "agent", "system", "unknown"]),
        )  # fmt: skip
        self.held.pop(call, None)
        if outcome == "answered":
            self.phase[call] = "wrapup"
            self.calls[call] = over
        else:
            del self.calls[call], self.phase[call]
        self._write([*before, over])
