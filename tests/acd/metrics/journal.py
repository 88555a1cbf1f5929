"""A small journal for the tests: a clock that the test turns, and entries as the engine would write them."""

from itertools import count
from zoneinfo import ZoneInfo

from acd.engine.model.config import ServiceClass
from acd.engine.model.events import AnyEvent, TimerFired
from acd.engine.model.facts import (
    AgentState,
    AgentStateChanged,
    AnyFact,
    CallAnswered,
    CallEnded,
    CallQueued,
    OfferEnded,
    OfferResult,
    Outcome,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
from acd.engine.model.journal import Entry
from acd.metrics import Metrics

ISTANBUL = ZoneInfo("Europe/Istanbul")
NOON = 1764061200.0
"""2025-11-25 12:00 in Istanbul."""
SERVICES: dict[ServiceId, ServiceClass] = {ServiceId("ambulance"): "urgent", ServiceId("request"): "routine"}


class Line:
    """A line whose time stands still until a test moves it."""

    def __init__(self, now: float = NOON, *, service_level_s: float = 15.0, target_s: float = 6.0) -> None:
        self.now = now
        self.service_level_s, self.target_s = service_level_s, target_s
        self.entries: list[Entry] = []
        self.metrics = self.another()
        self._numbers = count(1)

    def another(self) -> Metrics:
        """Metrics of a new process, with the same clock."""
        return Metrics(
            services=SERVICES,
            clock=lambda: self.now,
            zone=ISTANBUL,
            service_level_s=self.service_level_s,
            target_s=self.target_s,
            version="1",
        )

    def value(self, name: str, **labels: str) -> float | None:
        """A sample as a scrape would see it now."""
        if "priority" in labels:
            labels["class"] = labels.pop("priority")
        return self.metrics.registry.get_sample_value(name, labels)

    def write(self, *facts: AnyFact, event: AnyEvent | None = None, error: str = "") -> None:
        """An entry in the journal, taken in by the metrics."""
        event = event or TimerFired(at=self.now, timer=TimerId("offer:x"))
        entry = Entry(seq=len(self.entries) + 1, event=event, facts=facts, error=error)
        self.entries.append(entry)
        self.metrics.fold(entry)

    def call(self) -> CallId:
        """A new call's id."""
        return CallId(f"ast1-{next(self._numbers)}.1")

    def queue(self, service: str = "request", priority: ServiceClass = "routine", call: CallId | None = None) -> CallId:
        """A caller begins to wait."""
        call = call or self.call()
        self.write(
            CallQueued(
                at=self.now,
                call=call,
                service=ServiceId(service),
                priority=priority,
                number="+905320001122",
                position=1,
            )
        )
        return call

    def answer(
        self, wait_s: float, service: str = "request", priority: ServiceClass = "routine", call: CallId | None = None
    ) -> CallId:
        """A caller is answered after `wait_s`."""
        call = call or self.call()
        offer, agent = OfferId(f"{call}#1"), AgentId("1001")
        self.write(
            CallAnswered(
                at=self.now,
                call=call,
                offer=offer,
                agent=agent,
                service=ServiceId(service),
                priority=priority,
                wait_s=wait_s,
                answer_delay_s=wait_s + 8,
                ring_s=min(wait_s, 2.0),
            )
        )
        return call

    def end(
        self,
        outcome: Outcome,
        wait_s: float | None,
        service: str | None = "request",
        priority: ServiceClass | None = "routine",
        call: CallId | None = None,
    ) -> None:
        """A call is over."""
        answered = outcome == "answered"
        self.write(
            CallEnded(
                at=self.now,
                call=call or self.call(),
                node=NodeId("ast1"),
                number="+905320001122",
                name="Ayşe",
                dialled="4440411",
                service=None if service is None else ServiceId(service),
                priority=priority,
                language="tr",
                outcome=outcome,
                hangup_by="caller",
                arrived_at=self.now - 60,
                queued_at=None if wait_s is None else self.now - 50,
                answered_at=self.now - 30 if answered else None,
                ended_at=self.now,
                wait_s=wait_s,
                answer_delay_s=wait_s + 8 if answered and wait_s is not None else None,
                talk_s=30.0 if answered else None,
            )
        )

    def offer(self, result: OfferResult) -> None:
        """An offer is over."""
        call = self.call()
        self.write(
            OfferEnded(
                at=self.now,
                call=call,
                offer=OfferId(f"{call}#1"),
                agent=AgentId("1001"),
                service=ServiceId("request"),
                priority="routine",
                result=result,
                ring_s=3.0,
            )
        )

    def agent(self, extension: str, state: AgentState) -> None:
        """An agent does something else from now."""
        self.write(AgentStateChanged(at=self.now, agent=AgentId(extension), state=state, reason="öğle yemeği"))
