"""Reads what happened on a node while no engine received events: from which time on, and how long to wait for it."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import structlog

from acd.asterisk import channel_log
from acd.asterisk.channel_names import AmiEvent, channel_of
from acd.asterisk.translate import Agents
from acd.engine.model.events import Told
from acd.engine.model.ids import CallId
from acd.lib.clock import at_once

log = structlog.get_logger(__name__)

MARGIN_S = 30.0
"""The log is read from so many seconds before the last event: on a busy machine many events may have been unread. A
repeated event does no harm."""
WRITTEN_S = 0.5
"""Seconds after a channel's end within which the log has it."""
LOOK_AGAIN_S = 0.05
OVERLAP_S = 5.0
"""A further look reads the log from so many seconds before the newest row on: rows are written a little out of order.
On a busy line the whole of it is thousands of rows, and callers wait while we read."""


class Unheard:
    """Reads the channel log for the time since we last heard from Asterisk."""

    def __init__(
        self,
        log_file: Path | None,
        heard_at: float,
        believed: Callable[[], Collection[CallId]],
        clock: Callable[[], float],
    ) -> None:
        """Without a file there are no events. `heard_at` comes from an earlier process. `believed` are the calls that
        should have a channel and have no session: a session would be newer proof than any list."""
        self._log_file, self._believed, self._clock = log_file, believed, clock
        self._heard_at = heard_at
        self._lost_at: float | None = None
        """When the connection went; None before there was one."""

    @property
    def has_log(self) -> bool:
        """Whether there is anything to read."""
        return self._log_file is not None

    def heard(self, at: float) -> None:
        """Note that all events until then have arrived."""
        self._heard_at = at

    def lost(self, at: float) -> None:
        """Note that the connection is lost."""
        self._lost_at = at

    def at_start(self, agents: Agents, at: float) -> tuple[Told, ...]:
        """Events since the engine last ran."""
        return channel_log.told(self._read() or (), agents, at, time.time())

    async def told(self, channels: Sequence[AmiEvent], agents: Agents) -> tuple[Told, ...]:
        """Events from the time without a connection. Asterisk logs a channel's end a moment after it removes it from
        its list of `channels`, so we read until the log has the ends of all missing channels. A channel without an end
        in the log ended with Asterisk itself. Raises `KeyError`."""
        up = {channel.call for channel in map(channel_of, channels) if channel.is_caller}
        believed = frozenset(self._believed())
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WRITTEN_S
        rows = await asyncio.to_thread(self._read)
        while rows is not None:
            missing = channel_log.without_end(rows, believed, up)
            if not missing or loop.time() >= deadline:
                break
            await asyncio.sleep(LOOK_AGAIN_S)
            rows = await asyncio.to_thread(self._read_on, rows)
        if rows is None:
            return ()
        at, now = at_once(self._clock)
        died_at = max([self._heard_at, *(at - (now - row.at) for row in rows[-1:])])
        if self._lost_at is not None:
            died_at = self._lost_at
        return channel_log.told(rows, agents, at, now) + channel_log.died(missing, died_at, at)

    def _read(self) -> list[channel_log.Row] | None:
        at, now = at_once(self._clock)
        return self._read_since(now - (at - self._heard_at) - MARGIN_S)

    def _read_on(self, rows: list[channel_log.Row]) -> list[channel_log.Row] | None:
        """These rows, and what was written after them."""
        if not rows:
            return self._read()
        since = rows[-1].at - OVERLAP_S
        newer = self._read_since(since)
        return None if newer is None else [row for row in rows if row.at < since] + newer

    def _read_since(self, since: float) -> list[channel_log.Row] | None:
        if self._log_file is None:
            return None
        try:
            return channel_log.read_since(self._log_file, since)
        except OSError as error:
            log.warning("channel_log_failed", file=str(self._log_file), error=error.strerror or str(error))
            return None
