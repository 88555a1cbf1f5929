"""Looks whether sound still comes from an agent's page whose registration has ended, or may have ended, in a talk.

The browser closes a page's WebSocket when the page is reloaded or closed, and Asterisk then drops its registration at
once, but keeps the leg: SIP was not told that it is over. The WebSocket is lost too when the desk is started anew, and
then the page's sound goes on, since it never came by the desk. So Asterisk's own count of the leg's packets decides
(`CHANNEL(rtcp,rxcount)`, by `Getvar`, which needs no further right). A page sends fifty packets a second, also while it
is muted or holds the caller.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import structlog

from acd.asterisk.ami_actions import Response
from acd.asterisk.channel_names import endpoint_of
from acd.asterisk.wire import AmiError, BadAction
from acd.engine.model.commands import WatchLeg
from acd.engine.model.config import PAGE
from acd.engine.model.events import AnyEvent
from acd.engine.model.page_events import PageSilent

log = structlog.get_logger(__name__)

PACKETS: Final = "CHANNEL(rtcp,rxcount,audio)"
LOOK_S: Final = 0.2
"""Seconds between two looks at a page whose registration has ended."""
GLANCE_S: Final = 1.0
"""Seconds between two looks at a page that is registered. After a reconciliation all talks are looked at."""
SILENT_S: Final = 1.0
"""Seconds without a packet after which a page is gone. A page that is reloaded is back soon after that."""
BEGINS_S: Final = 4.0
"""Seconds that a page which is registered, and has just answered, has until its first packet: it looks for a way
first."""
STEADY_S: Final = 5.0
"""Seconds of sound after which a page that is registered again is the one that was there before. Another page may have
taken the telephone over, and the first one sends until it notices."""
LONGEST_S: Final = 60.0
"""Seconds after which the watch ends, whatever it saw: the time-out of the sound watches over all legs."""


class Ask(Protocol):
    """`AsteriskNode.ask`."""

    def __call__(self, action: str, headers: Mapping[str, str]) -> "asyncio.Future[Response]": ...


class PageLegs:
    """The legs that are watched. Use it on the loop's thread."""

    def __init__(
        self,
        *,
        ask: Ask,
        is_there: Callable[[str], bool],
        post: Callable[[AnyEvent], None],
        clock: Callable[[], float],
    ) -> None:
        """`is_there` says whether an endpoint (`PJSIP/1001-web`) is registered now."""
        self._ask, self._is_there, self._post, self._clock = ask, is_there, post, clock
        self._watched: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """How many are watched."""
        return len(self._watched)

    def watch(self, command: WatchLeg) -> None:
        """Begin, unless the leg is watched already or belongs to no page."""
        leg = command.channel
        if leg not in self._watched and endpoint_of(leg).endswith(PAGE):
            self._watched[leg] = asyncio.get_running_loop().create_task(self._watch(command))

    def close(self) -> None:
        """Watch no more."""
        for task in self._watched.values():
            task.cancel()
        self._watched.clear()

    async def _watch(self, command: WatchLeg) -> None:
        try:
            await self._until_known(command)
        finally:
            self._watched.pop(command.channel, None)

    async def _until_known(self, command: WatchLeg) -> None:
        """Look until the page is silent, or has been registered again for a while with its sound, or the leg is
        gone."""
        leg, loop = command.channel, asyncio.get_running_loop()
        begun = heard_at = away_at = loop.time()
        count: int | None = None
        while (now := loop.time()) < begun + LONGEST_S:
            seen = await self._packets(leg)
            if seen is None:
                return
            there = self._is_there(endpoint_of(leg))
            if not there:
                away_at = now
            if count is not None and seen != count:
                heard_at = now
            if now - heard_at >= (BEGINS_S if there and not seen else SILENT_S):
                self._tell(command, now - heard_at, there=there)
                return
            if now - away_at >= STEADY_S:
                return
            count = seen
            await asyncio.sleep(GLANCE_S if there else LOOK_S)

    def _tell(self, command: WatchLeg, silent_s: float, *, there: bool) -> None:
        log.info("page_silent", call=command.call, silent_s=round(silent_s, 1), there=there)
        late_s = round(silent_s, 3)
        self._post(PageSilent(at=self._clock(), late_s=late_s, call=command.call, channel=command.channel, there=there))

    async def _packets(self, leg: str) -> int | None:
        """How many packets have come from the leg; None if Asterisk does not say: there is no such leg, or no
        connection, after which the engine asks again. On a busy machine it says so seconds late."""
        try:
            answer = await self._ask("Getvar", {"Channel": leg, "Variable": PACKETS})
        except (AmiError, BadAction):
            return None
        value = answer.headers.get("Value", "") if answer.success else ""
        return int(value) if value.isascii() and value.isdecimal() else None
