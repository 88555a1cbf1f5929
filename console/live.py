"""The live view as a stream of server-sent events: made once for all who look, and only while somebody looks."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, Final

from pydantic import TypeAdapter

from console.ports import CallQuery, ConsolePorts, Record, Unavailable
from console.views import Agent, Call, Figures, View, Waiting, mask, rfc3339, waiting

MIN_INTERVAL_S: Final = 0.2
"""However much changes, a new state goes out at most this often."""
MAX_INTERVAL_S: Final = 5.0
"""However little changes, one goes out at least this often: windows move with time, and silence means a lost link."""
RECENT_DELAY_S: Final = 1.0
"""The calls that ended are asked of the database at most this often, and so long after a change that it knows them."""
RECENT_TIMEOUT_S: Final = 5.0
RECENT_CALLS: Final = 8
CHECK_EVERY_S: Final = 1.0
"""How often it is asked whether the line is fit to serve; nobody tells when that changes."""
FIRST_LOOK_S: Final = 0.5
"""How long the first state waits for the calls that ended and for what is wrong, before it goes out without."""
MAX_STREAMS: Final = 64
RETRY_MS: Final = 1000

logger = logging.getLogger("console.live")


class _State(View):
    at: str
    timezone: str
    troubles: list[str]
    agents: list[Agent]
    queue: list[Waiting]
    figures: Figures
    calls: list[Call] | None


_state = TypeAdapter(_State)


class LiveHub:
    """Streams the state of the line, callers' numbers masked, to whoever looks.

    A client that reads slowly misses states in between and costs no memory: only the newest is kept."""

    def __init__(
        self, ports: ConsolePorts, *, min_interval_s: float = MIN_INTERVAL_S, max_interval_s: float = MAX_INTERVAL_S
    ) -> None:
        self._ports = ports
        self._min_interval_s = min_interval_s
        self._max_interval_s = max_interval_s
        self._frame = b""
        self._version = 0
        self._next = asyncio.Event()
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()
        self._recent: list[dict[str, Any]] | None = None
        self._troubles: list[str] = []
        self._looked = (asyncio.Event(), asyncio.Event())
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._closed = False
        self.streams = 0

    @property
    def full(self) -> bool:
        """No more can look, or the desk is closing."""
        return self._closed or self.streams >= MAX_STREAMS

    def close(self) -> None:
        """End all streams, for good."""
        self._closed = True
        self._publish(self._frame)

    async def stream(self) -> AsyncIterator[bytes]:
        """Server-sent events named `state`, until the client leaves or the hub closes."""
        self.streams += 1
        if not self._tasks:
            self._recent, self._troubles, self._looked = None, [], (asyncio.Event(), asyncio.Event())
            self._tasks = tuple(
                asyncio.create_task(one()) for one in (self._follow, self._follow_calls, self._follow_checks)
            )
        try:
            yield b"retry: %d\n\n" % RETRY_MS
            seen = 0
            while not self._closed:
                if self._version == seen:
                    await self._next.wait()
                    continue
                seen = self._version
                yield self._frame
        finally:
            self.streams -= 1
            if self.streams == 0:
                for task in self._tasks:
                    task.cancel()
                self._tasks, self._version = (), 0

    async def _follow(self) -> None:
        unsubscribe = self._ports.live.subscribe(self._on_change)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_LOOK_S):
                    for looked in self._looked:
                        await looked.wait()
            while not self._closed:
                self._changed.clear()
                try:
                    self._publish(self._compose())
                except Exception:  # a record we cannot show must not end the stream; the next state may be fine
                    logger.exception("The live view could not be shown")
                await asyncio.sleep(self._min_interval_s)
                try:
                    async with asyncio.timeout(self._max_interval_s - self._min_interval_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
        finally:
            unsubscribe()

    async def _follow_calls(self) -> None:
        while not self._closed:
            self._ended.clear()
            try:
                async with asyncio.timeout(RECENT_TIMEOUT_S):
                    rows = await self._ports.list_calls(CallQuery(limit=RECENT_CALLS))
                recent: list[dict[str, Any]] | None = [_masked(row) for row in rows]
            except (TimeoutError, Unavailable):
                recent = None
            if recent != self._recent:
                self._recent = recent
                self._changed.set()
            self._looked[0].set()
            try:
                async with asyncio.timeout(self._max_interval_s):
                    await self._ended.wait()
            except TimeoutError:
                pass
            await asyncio.sleep(RECENT_DELAY_S)

    async def _follow_checks(self) -> None:
        while not self._closed:
            with contextlib.suppress(TimeoutError):  # who hangs here hangs /readyz as well; the wall goes on
                async with asyncio.timeout(self._max_interval_s):
                    troubles = [check.name for check in await self._ports.checks() if not check.ok]
                    if troubles != self._troubles:
                        self._troubles = troubles
                        self._changed.set()
            self._looked[1].set()
            await asyncio.sleep(CHECK_EVERY_S)

    def _on_change(self) -> None:
        self._changed.set()
        self._ended.set()

    def _compose(self) -> bytes:
        now = self._ports.clock()
        state = _state.validate_python(
            {
                "at": rfc3339(now),
                "timezone": self._ports.timezone,
                "troubles": self._troubles,
                "agents": self._ports.live.agents(),
                "queue": [_masked(waiting(record, now)) for record in self._ports.live.queue()],
                "figures": self._ports.figures(),
                "calls": self._recent,
            }
        )
        return b"event: state\ndata: " + _state.dump_json(state, by_alias=True) + b"\n\n"

    def _publish(self, frame: bytes) -> None:
        self._frame = frame
        self._version += 1
        now, self._next = self._next, asyncio.Event()
        now.set()


def _masked(record: Record) -> dict[str, Any]:
    return {**record, "caller": mask(record.get("caller"))}
