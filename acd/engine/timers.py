"""Timers as data: a rule declares each of its timers once, and says when it is due as a function of the state.

The declaration of its rule says what a timer does, and `machine.py` for timers of no declared rule. The engine starts,
fires and restarts timers by these declarations. A timer that fires early, or whose reason has passed, does nothing.
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from acd.engine.core import Core
from acd.engine.model.commands import CancelTimer, StartTimer
from acd.engine.model.ids import AgentId, CallId, TimerId
from acd.engine.model.state import Agent, Call, Offer, Queued

S = TypeVar("S")
P = TypeVar("P")


class Timer(Generic[S]):
    """One kind of timer, of subjects of type `S`.

    `due` gives the Unix time at which a subject's timer is due, None if it needs no timer. `key` names a subject;
    `find` finds it by that name, None if it is gone; `subjects` lists all of them, in a fixed order.
    """

    __slots__ = ("due", "find", "key", "name", "subjects")

    def __init__(
        self,
        name: str,
        due: Callable[[Core, S], float | None],
        *,
        key: Callable[[S], str],
        find: Callable[[Core, str], S | None],
        subjects: Callable[[Core], Iterable[S]],
    ) -> None:
        self.name, self.due, self.key, self.find, self.subjects = name, due, key, find, subjects

    def start(self, core: Core, subject: S) -> None:
        """Start the timer for the time that the state gives. It replaces an earlier timer of this subject. Nothing
        happens if the subject needs no timer."""
        due = self.due(core, subject)
        if due is not None:
            self.start_at(core, subject, due)

    def start_at(self, core: Core, subject: S, due: float) -> None:
        """Start the timer for another time, but not before the time that the state gives."""
        core.emit(StartTimer(timer=TimerId(f"{self.name}:{self.key(subject)}"), due=due))

    def stop(self, core: Core, subject: S) -> None:
        """Give the timer up."""
        core.emit(CancelTimer(timer=TimerId(f"{self.name}:{self.key(subject)}")))

    def restart(self, core: Core) -> None:
        """Start the timers of all subjects that need one: the old process's timers are gone."""
        for subject in self.subjects(core):
            self.start(core, subject)

    def ripe(self, core: Core, key: str) -> S | None:
        """Return the subject if its timer is due now, None otherwise."""
        subject = self.find(core, key)
        if subject is None:
            return None
        due = self.due(core, subject)
        return None if due is None or core.at < due else subject


def calls_in_order(core: Core) -> list[Call]:
    """All calls, in an order that does not depend on how the state was built."""
    return sorted(
        core.state.calls.values(), key=lambda call: (0 if call.queued is None else call.queued.order, call.id)
    )


def call_timer(name: str, due: Callable[[Core, Call], float | None]) -> Timer[Call]:
    """Return a timer of calls."""
    return Timer(
        name,
        due,
        key=lambda call: call.id,
        find=lambda core, key: core.state.calls.get(CallId(key)),
        subjects=calls_in_order,
    )


def queue_timer(name: str, due: Callable[[Queued], float | None]) -> Timer[Queued]:
    """Return a timer of callers who have entered the queue."""

    def find(core: Core, key: str) -> Queued | None:
        call = core.state.calls.get(CallId(key))
        return None if call is None else call.queued

    return Timer(
        name,
        lambda _, queued: due(queued),
        key=lambda queued: queued.call,
        find=find,
        subjects=lambda core: [call.queued for call in calls_in_order(core) if call.queued is not None],
    )


def part_timer(
    name: str, part: Callable[[Call], P | None], due: Callable[[P], float | None], *, restarts: bool = True
) -> Timer[tuple[Call, P]]:
    """Return a timer of calls that have a part such as a callback. Its subject is the call with that part. Without
    `restarts` the rule itself restarts it."""

    def of(call: Call | None) -> tuple[Call, P] | None:
        found = None if call is None else part(call)
        return None if call is None or found is None else (call, found)

    return Timer(
        name,
        lambda _, subject: due(subject[1]),
        key=lambda subject: subject[0].id,
        find=lambda core, key: of(core.state.calls.get(CallId(key))),
        subjects=lambda core: [one for call in calls_in_order(core) if restarts and (one := of(call)) is not None],
    )


def offer_timer(name: str, due: Callable[[Offer], float | None]) -> Timer[tuple[Call, Offer]]:
    """Return a timer of offers. Its subject is the call with its offer; the name is that of the offer."""

    def find(core: Core, key: str) -> tuple[Call, Offer] | None:
        call = core.state.calls.get(CallId(key.rpartition("#")[0]))
        return (call, call.offer) if call is not None and call.offer is not None and call.offer.id == key else None

    return Timer(
        name,
        lambda _, subject: due(subject[1]),
        key=lambda subject: subject[1].id,
        find=find,
        subjects=lambda core: [(call, call.offer) for call in calls_in_order(core) if call.offer is not None],
    )


def agent_timer(name: str, due: Callable[[Core, Agent], float | None]) -> Timer[Agent]:
    """Return a timer of agents."""
    return Timer(
        name,
        due,
        key=lambda agent: agent.profile.id,
        find=lambda core, key: core.state.agents.get(AgentId(key)),
        subjects=lambda core: [core.state.agents[agent_id] for agent_id in sorted(core.state.agents)],
    )


def line_timer(name: str, due: Callable[[Core], float | None]) -> Timer[str]:
    """Return a timer that exists once on the line. Its subject is the word "all"."""
    return Timer(
        name,
        lambda core, _: due(core),
        key=lambda subject: subject,
        find=lambda _, key: key,
        subjects=lambda _: ("all",),
    )
