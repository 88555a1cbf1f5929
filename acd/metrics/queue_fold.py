"""Folds facts into the callers who wait now. The fold keeps each caller's place until the end of the call, so it knows
the class and the wait of a caller who comes back to the queue.

Folding the facts gives what `restore` takes from the engine's state.
"""

from collections.abc import Callable, Iterable
from typing import Any

from acd.engine.model.config import ServiceClass
from acd.engine.model.facts import (
    CallAnswered,
    CallbackQueued,
    CallEnded,
    CallEscalated,
    CallOverflowed,
    CallQueued,
    CallReclassed,
    CallReleased,
    CallReturned,
    CallTakenOver,
    CallTransferred,
    Fact,
    KindChanged,
    ServiceNamed,
    TaskCallOrdered,
)
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.message_facts import MessageOffered
from acd.engine.model.page_facts import KeepingEnded
from acd.engine.model.state import Call, State
from acd.metrics.gauges import Waiting


class QueueFold:
    """The callers on the line and those who are to be called back."""

    def __init__(self) -> None:
        self._places: dict[CallId, Waiting] = {}
        """The place of each caller who has entered the queue. It stays during offers and talks."""
        self._waiting: set[CallId] = set()
        self._away: set[CallId] = set()
        """Callers without a channel who are to be called back."""
        self.state: dict[type[Fact], Callable[[Any], None]] = {
            CallQueued: self._queued,
            ServiceNamed: self._served,
            KindChanged: self._served,
            CallReclassed: self._served,
            CallEscalated: self._served,
            CallOverflowed: self._overflowed,
            CallbackQueued: self._hung_up,
            TaskCallOrdered: self._goes_away,
            CallAnswered: self._answered,
            CallTakenOver: self._waits_no_more,
            CallTransferred: self._transferred,
            CallReturned: self._waits_again,
            KeepingEnded: self._kept_no_longer,
            MessageOffered: self._waits_no_more,
            CallReleased: self._waits_no_more,
            CallEnded: self._ended,
        }
        """By fact, as in `Metrics`."""

    def waiting(self) -> list[Waiting]:
        """Callers who wait on the line, those an agent rings for included."""
        return [self._places[call] for call in self._waiting]

    def to_call_back(self) -> list[ServiceClass]:
        """The class of each caller who is to be called back."""
        return [self._places[call].priority for call in self._away]

    def restore(self, state: State) -> None:
        """After a restart: the callers as the engine has them."""
        calls = [call for call in state.calls.values() if call.queued is not None]
        self._places = {call.id: _place(call) for call in calls}
        there = [call for call in calls if call.phase in ("waiting", "offered")]
        self._away = {call.id for call in there if call.away}
        self._waiting = {call.id for call in there if not call.away and call.kept is None}

    def show(self, waiting: Iterable[Waiting], callbacks: Iterable[ServiceClass]) -> None:
        """Take the callers of a line whose facts another desk folds."""
        on_line = {CallId(str(number)): caller for number, caller in enumerate(waiting)}
        away = {
            CallId(f"back-{number}"): Waiting(ServiceId(""), priority, 0.0) for number, priority in enumerate(callbacks)
        }
        self._places, self._waiting, self._away = on_line | away, set(on_line), set(away)

    def _queued(self, fact: CallQueued) -> None:
        self._places[fact.call] = Waiting(fact.service, fact.priority, fact.at)
        self._waits(fact.call)

    def _served(self, fact: ServiceNamed | KindChanged | CallReclassed | CallEscalated) -> None:
        if (place := self._places.get(fact.call)) is not None:
            self._places[fact.call] = place._replace(service=fact.service, priority=fact.priority)

    def _overflowed(self, fact: CallOverflowed) -> None:
        if (place := self._places.get(fact.call)) is not None:
            self._places[fact.call] = place._replace(service=fact.to, priority=fact.priority)

    def _hung_up(self, fact: CallbackQueued) -> None:
        place = self._places.get(fact.call)
        queued_at = fact.at if place is None else place.queued_at
        self._places[fact.call] = Waiting(fact.service, fact.priority, queued_at)
        self._goes_away(fact)

    def _goes_away(self, fact: CallbackQueued | TaskCallOrdered) -> None:
        self._waiting.discard(fact.call)
        self._away.add(fact.call)

    def _answered(self, fact: CallAnswered) -> None:
        place = self._places.get(fact.call)
        queued_at = fact.at - fact.wait_s if place is None else place.queued_at
        self._places[fact.call] = Waiting(fact.service, fact.priority, queued_at)
        self._waits_no_more(fact)

    def _transferred(self, fact: CallTransferred) -> None:
        self._places[fact.call] = Waiting(fact.service, fact.priority, fact.queued_at)
        if fact.to != "talk":
            self._waits(fact.call)

    def _waits_again(self, fact: CallReturned) -> None:
        if fact.call not in self._away and fact.call in self._places:
            self._waits(fact.call)

    def _kept_no_longer(self, fact: KeepingEnded) -> None:
        if fact.why not in ("back", "caller_gone"):
            self._places[fact.call] = Waiting(fact.service, fact.priority, fact.queued_at)
            self._waits(fact.call)

    def _waits(self, call: CallId) -> None:
        self._away.discard(call)
        self._waiting.add(call)

    def _waits_no_more(self, fact: CallAnswered | CallTakenOver | MessageOffered | CallReleased | CallEnded) -> None:
        self._away.discard(fact.call)
        self._waiting.discard(fact.call)

    def _ended(self, fact: CallEnded) -> None:
        self._waits_no_more(fact)
        self._places.pop(fact.call, None)


def _place(call: Call) -> Waiting:
    queued = call.place
    return Waiting(queued.service, queued.priority, queued.at)
