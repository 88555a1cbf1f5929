"""The line's side of the link: what it tells desks, and what it does for them."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog

from acd.asterisk.node import AsteriskNode
from acd.asterisk.numbers import outside_digits
from acd.engine.machine import Engine
from acd.engine.model.commands import Command
from acd.engine.model.duty_events import DutyRingWished
from acd.engine.model.events import AnyEvent, ConfigChanged
from acd.engine.model.handover_events import HandOverWished
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.journal import Entry
from acd.engine.model.outcome_events import OutcomeCallWished
from acd.engine.model.request_events import DeskSeen
from acd.engine.model.task_events import TaskCallWished
from acd.lib.clock import clock
from acd.lib.refused_calls import Refusals
from acd.lib.restart_counts import ended
from acd.line.runtime import Runtime
from acd.link.line_end import DeskAway, Granted, LineEnd, Opening, WishRefused
from acd.link.messages import AgentServicesWished, DestroyedSoFar, LinesOwn, Reloaded, ReloadWished, Status, Wish

LOOK_UP_S = 3.0
"""Seconds for which a caller's flow waits for a desk's answer."""
MESSAGE_S = 1.0
"""Seconds within which a caller who left a message is told the number of their request, or that it comes later."""
OPENED_S = 1.0
"""The same for a caller whose agent has hung up first."""
MOST_STALLS = 100
"""Five seconds of samples. A desk is sent a status more often."""
log = structlog.get_logger(__name__)


class Desks:
    """The line's end of the link, with its answers. Call it on the loop's thread."""

    def __init__(
        self,
        socket: Path,
        *,
        engine: Engine,
        runtime: Runtime,
        journal_id: str,
        node: AsteriskNode,
        refusals: Refusals,
        callable: Callable[[str], str],
        duty_digits: Callable[[str], str],
        take_services: Callable[[AgentServicesWished], ConfigChanged],
        reload: Callable[[], None],
        destroyed: Callable[[], dict[LinesOwn, DestroyedSoFar]],
    ) -> None:
        """`callable`: the digits by which a number is called; empty where it cannot be. `duty_digits`: the same of
        people on duty, who may have an internal extension. `take_services` changes the line's rules, `reload` reads
        them anew. `destroyed`: what the line has destroyed by age."""
        self._engine, self._runtime, self._journal_id = engine, runtime, journal_id
        self._node, self._refusals, self._callable = node, refusals, callable
        self._duty_digits, self._take_services, self._reload = duty_digits, take_services, reload
        self._destroyed = destroyed
        self.link = LineEnd(
            socket, opening=self._opening, status=self._status, wish=self._wish, look=self._look, seen=self._seen
        )
        self.stalls_s: deque[float] = deque(maxlen=MOST_STALLS)
        """How late the loop was, each sample since the last status; the newest ones while no desk asks for any."""
        self._reloaded = Reloaded()
        self._told_fit = (False, "")
        """What desks were told last of whether the line is fit: Asterisk's connection, the journal's error."""

    def tell_reload(self, reloaded: Reloaded) -> None:
        """Tell desks what came of a reload."""
        self._reloaded = reloaded
        self.link.send_status()

    def tell(self, entries: Sequence[Entry], bodies: Sequence[bytes]) -> None:
        """Pass new entries on, and the line's readiness if that has changed."""
        if not self.link.connected:
            return
        self.link.send_entries(bodies)
        fit = self._node.connected, self._runtime.journal_error
        if fit != self._told_fit:
            self._told_fit = fit
            self.link.send_status()

    def _seen(self, connected: bool) -> None:
        self._runtime.post(DeskSeen(at=clock(), connected=connected))

    def _opening(self) -> Opening:
        runtime = self._runtime
        return Opening(
            journal=self._journal_id,
            seq=runtime.seq,
            at=runtime.last_at,
            state=self._engine.snapshot(),
            unwritten=runtime.unwritten_bodies,
        )

    def _status(self) -> Status:
        stalls_s = tuple(self.stalls_s)
        self.stalls_s.clear()
        return Status(
            node=self._node.id,
            pid=os.getpid(),
            ami_connected=self._node.connected,
            ami_error=self._node.last_error,
            seq=self._runtime.seq,
            unwritten=self._runtime.unwritten,
            journal_error=self._runtime.journal_error,
            stalls_s=stalls_s,
            refused=dict(self._refusals.totals),
            refused_lately=self._refusals.lately(),
            ends=dict(ended),
            line_fault=self._line_fault(),
            reload=self._reloaded,
            destroyed=dict(self._destroyed()),
        )

    def _line_fault(self) -> str:
        fault = self._engine.state.line_fault
        if fault is None:
            return ""
        found = [f"{fault.legs} legs to agents' phones could not be made"] if fault.legs else []
        found += [f"{fault.undone} pauses for missed calls were undone"] if fault.undone else []
        ago = f"within {max(0.0, clock() - fault.since):.0f} s"
        return f"{' and '.join(found)} {ago}: see log/messages of Asterisk (are there RTP ports left?)"

    async def _wish(self, wish: Wish) -> Granted:
        if isinstance(wish, DutyRingWished):
            wish = msgspec.structs.replace(wish, node=self._node.id, callable=self._duty_digits(wish.number))
        if isinstance(wish, HandOverWished):
            wish = msgspec.structs.replace(wish, callable=outside_digits(wish.number))
        if isinstance(wish, OutcomeCallWished | TaskCallWished):
            if self._runtime.unwritten:  # killed now, the line would forget whom it has called, and call them again
                raise WishRefused(f"no citizen is called while the journal fails: {self._runtime.journal_error}")
            wish = msgspec.structs.replace(wish, node=self._node.id, callable=self._callable(wish.number))
        if isinstance(wish, ReloadWished):
            self._reload()
            return Granted()
        event: AnyEvent
        if isinstance(wish, AgentServicesWished):
            event = self._take_services(wish)
        else:
            event = msgspec.structs.replace(wish, at=clock())
        out = await self._runtime.ask(event)
        facts = [one for one in out if not isinstance(one, Command)]
        return Granted(facts=facts, journalled=self._runtime.unwritten == 0)

    def _look(self, what: Literal["surge"]) -> dict[str, Any] | None:
        surge = self._engine.state.surge
        return None if surge is None else msgspec.to_builtins(surge)

    async def look_up(self, kind: str, value: str) -> dict[str, str] | None:
        """Look up a `ticket` by its number for a flow. None if there is no such ticket; `{}` if no desk or no database
        answers."""
        if kind != "ticket":
            return {}
        try:
            return await self.link.ask("ticket", value, LOOK_UP_S)
        except DeskAway as error:
            log.warning("ticket_not_looked_up", error=str(error))
            return {}

    async def message(self, call: CallId) -> dict[str, str]:
        """What a caller may hear of the message that they have just left: its request's `number`, or that it is `added`
        to an open one; nothing if no desk says it soon."""
        try:
            found = await self.link.ask("message", call, MESSAGE_S)
        except DeskAway as error:
            log.warning("message_number_unknown", call=call, error=str(error))
            return {}
        return found or {}

    async def opened(self, call: CallId) -> dict[str, str] | None:
        """The `number` of the request that a call has opened; nothing if it has opened none, None if no desk says it
        soon."""
        try:
            return await self.link.ask("opened", call, OPENED_S) or {}
        except DeskAway as error:
            log.warning("request_number_unknown", call=call, error=str(error))
            return None

    async def own(self, number: str) -> dict[str, str] | None:
        """What may be said of the open requests of a caller's number; None if no desk says it soon."""
        return await self._known("own", number)

    async def preferred_agent(self, number: str) -> AgentId | None:
        """The preferred agent of a caller; None, so that they wait for any agent, if no desk says it soon."""
        found = await self._known("preferred_agent", number)
        return None if found is None else AgentId(found["agent"])

    async def _known(self, kind: Literal["own", "preferred_agent"], number: str) -> dict[str, str] | None:
        try:
            return await self.link.ask(kind, number, LOOK_UP_S)
        except DeskAway as error:
            log.warning("caller_not_looked_up", kind=kind, error=str(error))
            return None
