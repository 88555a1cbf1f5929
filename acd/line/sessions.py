"""Compares the engine's state about sessions with the existing sessions.

A session reports its own end to the engine. If that report were lost, the engine would go on believing that the caller
has a session. The caller would hear nothing, and offers to agents would fail.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable

import structlog

from acd.engine.model.events import CallDetached
from acd.engine.model.ids import CallId
from acd.engine.model.state import Call

log = structlog.get_logger()

EVERY_S = 0.25
"""A caller has no session if two checks in a row find none: after one check the report of its end may be on its way."""


class SessionWatch:
    """Posts `CallDetached` for each call that has no session although the engine believes that it has one."""

    def __init__(
        self,
        calls: Callable[[], Iterable[Call]],
        has_session: Callable[[CallId], bool],
        post: Callable[[CallDetached], None],
        clock: Callable[[], float],
    ) -> None:
        self._calls, self._has_session, self._post, self._clock = calls, has_session, post, clock
        self._suspects: Collection[CallId] = frozenset()

    async def run(self) -> None:
        """Check for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look()

    def look(self) -> None:
        """Check once."""
        missing = {
            call.id for call in self._calls() if call.attached and not call.away and not self._has_session(call.id)
        }
        for call in sorted(missing.intersection(self._suspects)):
            log.error("session_missing", call=call)
            self._post(CallDetached(at=self._clock(), call=call, lost=True))
        self._suspects = missing
