"""Changes of hold by agents' phones, so many of each leg and no more: a broken phone may hold and unhold hundreds of
times a second, and each change is an entry of the journal.

A leg has `BURST` changes at hand and gets another one every `EVERY_S`. They are passed on at once as long as there are
any: that is every change that a person makes. Without one at hand the newest change waits for the next, and those
before it are forgotten; so what the engine knows is old by `EVERY_S` at most, and true once the phone is calm. A change
keeps its own time, so that a hold lasts as long as it did. A change that waits is told before the end of its talk.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from acd.engine.model.agent_events import AgentChannelClosed
from acd.engine.model.events import AnyEvent, CallerGone, CallHeld, CallUnheld, HangupRequested, LegGone, Transferred

BURST: Final = 20
EVERY_S: Final = 1.0

HoldChange = CallHeld | CallUnheld
_Ends = CallerGone | HangupRequested | LegGone | Transferred


class _Leg(msgspec.Struct, kw_only=True):
    """The changes of one leg: how many are at hand as of `at`, what was told last, and what waits."""

    left: float = BURST
    at: float
    told: HoldChange | None = None
    waiting: HoldChange | None = None

    def fill(self, now: float) -> None:
        """Give it what it has got by now."""
        self.left, self.at = min(BURST, self.left + (now - self.at) / EVERY_S), now

    def due(self) -> float:
        """When there is a change at hand."""
        return self.at + max(0.0, 1.0 - self.left) * EVERY_S

    def tell(self, change: HoldChange) -> HoldChange:
        """Use one for this change."""
        self.left, self.told, self.waiting = self.left - 1.0, change, None
        return change


class HoldChanges:
    """Which changes are passed on, and when. Pure: times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._legs: dict[str, _Leg] = {}

    def take(self, event: AnyEvent, now: float) -> list[AnyEvent]:
        """What is passed on now that this event has come, in order."""
        if not isinstance(event, HoldChange):
            return [*self._before(event), event]
        leg = self._legs.get(event.channel)
        if leg is None:
            self._sweep(now)
            leg = self._legs[event.channel] = _Leg(at=now)
        if leg.waiting is None:
            leg.fill(now)
            if leg.left >= 1.0:
                return [leg.tell(event)]
        leg.waiting = None if type(event) is type(leg.told) else event
        return []

    def passes(self, event: AnyEvent) -> bool:
        """Whether the event is passed on alone, whatever the time: no leg has changed lately, and it changes none."""
        return not self._legs and type(event) is not CallHeld and type(event) is not CallUnheld

    def late(self, now: float) -> list[AnyEvent]:
        """What has waited, and is passed on now."""
        found: list[AnyEvent] = []
        for leg in self._legs.values():
            if leg.waiting is not None and now >= leg.due():
                leg.fill(now)
                found.append(leg.tell(leg.waiting))
        return found

    def due(self) -> float | None:
        """When to ask `late` next; None if nothing waits."""
        return min((leg.due() for leg in self._legs.values() if leg.waiting is not None), default=None)

    def clear(self) -> None:
        """The connection is lost: the next list does not tell who holds."""
        self._legs.clear()

    def _before(self, event: AnyEvent) -> list[AnyEvent]:
        """The changes that must be told before this event. A leg that is gone is forgotten."""
        found: list[AnyEvent] = []
        if isinstance(event, AgentChannelClosed):
            leg = self._legs.pop(event.channel, None)
            return [] if leg is None or leg.waiting is None else [leg.waiting]
        if isinstance(event, _Ends):
            for leg in self._legs.values():
                if leg.waiting is not None and leg.waiting.call == event.call:
                    found.append(leg.tell(leg.waiting))
        return found

    def _sweep(self, now: float) -> None:
        """Forget legs that have all their changes at hand again, as a new one has."""
        self._legs = {name: leg for name, leg in self._legs.items() if leg.waiting or now - leg.at < BURST * EVERY_S}


class Holds:
    """`HoldChanges` by the loop's clock."""

    def __init__(self, post: Callable[[Iterable[AnyEvent]], None]) -> None:
        self._post, self._changes = post, HoldChanges()
        self._timer: asyncio.TimerHandle | None = None

    def pass_on(self, event: AnyEvent) -> None:
        """Post the event, and what had to wait for it; or later, or never."""
        if self._timer is None and self._changes.passes(event):
            self._post((event,))
            return
        loop = asyncio.get_running_loop()
        self._post(self._changes.take(event, loop.time()))
        self._wait(loop)

    def clear(self) -> None:
        """The connection is lost."""
        self._changes.clear()
        self._wait(asyncio.get_running_loop())

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        due = self._changes.due()
        if self._timer is not None and (due is None or self._timer.when() != due):
            self._timer.cancel()
            self._timer = None
        if due is not None and self._timer is None:
            self._timer = loop.call_at(due, self._late)

    def _late(self) -> None:
        self._timer, loop = None, asyncio.get_running_loop()
        self._post(self._changes.late(loop.time()))
        self._wait(loop)
