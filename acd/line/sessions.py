"""Holds the engine's belief about sessions against the sessions there are.

The engine learns of a session's end from the session itself. Should that word ever be lost, the engine would go on
believing that the caller is held; the caller would hear nothing and be offered to agents in vain.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable

import structlog

from acd.engine.model.events import CallDetached
from acd.engine.model.ids import CallId
from acd.engine.model.state import Call

log = structlog.get_logger()

EVERY_S = 0.25
"""A caller is without a session if two looks in a row find none: the word of its end may be on its way."""


class SessionWatch:
    """Posts `CallDetached` for each call that the engine believes to be attached and that has no session."""

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
        """Look for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look()

    def look(self) -> None:
        """Look once."""
        missing = {
            call.id for call in self._calls() if call.attached and not call.away and not self._has_session(call.id)
        }
        for call in sorted(missing.intersection(self._suspects)):
            log.error("session_missing", call=call)
            self._post(CallDetached(at=self._clock(), call=call, lost=True))
        self._suspects = missing
