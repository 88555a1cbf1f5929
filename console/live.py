"""The live view as a stream of server-sent events: made once for all clients, and only while there are clients.

A stream begins with a `state`, the whole view. Each later `change` has the differences from the version before it
(`change_between`), and the next `seq`. A client that reads too slowly gets a new `state`.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from pydantic import Field

from acd.engine.model.config import ServiceClass
from acd.engine.model.facts import CallbackReason
from console.ports import CallQuery, ConsolePorts, Record, Unavailable
from console.views import CALL_FIELDS, TARGET_AT, Agent, Call, Figures, Seconds, Time, View, mask, rfc3339

MIN_INTERVAL_S: Final = 0.1
"""Least seconds between two changes."""
MAX_INTERVAL_S: Final = 5.0
"""Most seconds between two changes: windows move with time, and silence means a lost connection."""
RECENT_DELAY_S: Final = 1.0
"""Least seconds between two queries of ended calls, and the seconds after a change within which the database has
them."""
RECENT_TIMEOUT_S: Final = 5.0
RECENT_CALLS: Final = 8
CHECK_EVERY_S: Final = 1.0
"""Seconds between two checks of readiness, because no event reports its change."""
FIRST_LOOK_S: Final = 0.5
"""Seconds for which the first state waits for ended calls and failing checks, before it is sent without them."""
MAX_STREAMS: Final = 300
RETRY_MS: Final = 1000

logger = logging.getLogger("console.live")


class LiveCaller(View):
    """A caller in the queue. How long they wait is told by `queued_at`, their place by the order of the list."""

    id: str
    caller: str = Field(description="masked")
    service: str
    priority: ServiceClass = Field(alias="class")
    queued_at: Time
    target_at: Time | None = Field(None, description=TARGET_AT)
    ewt_s: Seconds | None = Field(None, description="the whole wait as it was estimated; null if nobody is on duty")
    state: Literal["waiting", "ringing"] = "waiting"
    agent: str | None = None
    first: bool = Field(False, description="the shift lead put them before all others of the class")
    callback: CallbackReason | None = Field(None, description="has hung up and is to be called back")


class OutsideCaller(View):
    """A caller whom an agent handed over to an outside telephone. They are in no queue. If the telephone does not
    answer, they come back."""

    id: str
    caller: str = Field(description="masked")
    service: str
    priority: ServiceClass = Field(alias="class")
    since: Time = Field(description="when they left the agent")
    state: Literal["ringing", "talking"] = Field(description="what the outside telephone does")
    agent: str = Field(description="who handed them over")
    to: dict[str, str] = Field(description="to whom, by language: a body, or the unit of a person on duty")


class LiveState(View):
    """The whole view: `event: state`."""

    seq: int = Field(ge=1, description="version of the view")
    at: Time
    timezone: str = Field(description="the line's zone, in which a wallboard tells the time")
    troubles: list[str] = Field(description="names of the readiness checks that fail")
    agents: list[Agent] = Field(description="by extension")
    queue: list[LiveCaller] = Field(description="in the order of service")
    outside: list[OutsideCaller] = Field(description="handed over to outside telephones, the longest first")
    figures: Figures
    calls: list[Call] | None = Field(description="the last ones, newest first; null while the database is away")


class AgentsChange(View):
    """Agents that were added or have changed, and all extensions in their order if that has changed."""

    set: list[Agent]
    order: list[str] | None = None


class QueueChange(View):
    """Callers who were added or have changed, and all ids in their order if that has changed."""

    set: list[LiveCaller]
    order: list[str] | None = None


class OutsideChange(View):
    """Callers at outside telephones who were added or have changed, and all ids in their order if that has changed."""

    set: list[OutsideCaller]
    order: list[str] | None = None


class CallsChange(View):
    """Calls that were added or have changed, and all ids in their order if that has changed."""

    set: list[Call]
    order: list[str] | None = None


class LiveChange(View):
    """What differs from version `seq - 1`: `event: change`. What is left out is as it was."""

    seq: int = Field(ge=2)
    at: Time
    timezone: str | None = None
    troubles: list[str] | None = None
    agents: AgentsChange | None = None
    queue: QueueChange | None = None
    outside: OutsideChange | None = None
    figures: Figures | None = Field(None, description="`windows` holds the changed windows alone")
    calls: CallsChange | None = Field(None, description="null: the database is away")


KEYS: Final = {"agents": "extension", "queue": "id", "outside": "id", "calls": "id"}
"""The lists of a state, each with the field that identifies its records."""


def change_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The change from one state to the other, both as JSON values; see `LiveChange`."""
    change: dict[str, Any] = {"seq": after["seq"], "at": after["at"]}
    for name in ("timezone", "troubles"):
        if before[name] != after[name]:
            change[name] = after[name]
    for name, key in KEYS.items():
        if before[name] != after[name]:
            change[name] = _list_change(before[name] or (), after[name], key)
    if before["figures"] != after["figures"]:
        known = before["figures"]["windows"]
        windows = {name: one for name, one in after["figures"]["windows"].items() if known.get(name) != one}
        change["figures"] = {**after["figures"], "windows": windows}
    return change


def _list_change(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]] | None, key: str
) -> dict[str, Any] | None:
    if after is None:
        return None
    known = {record[key]: record for record in before}
    order = [record[key] for record in after]
    change: dict[str, Any] = {"set": [record for record in after if known.get(record[key]) != record]}
    if order != list(known):
        change["order"] = order
    return change


class LiveHub:
    """Streams the state of the line, with masked numbers, to all clients.

    A slow client costs no memory: only the newest state and the last change are kept."""

    def __init__(
        self, ports: ConsolePorts, *, min_interval_s: float = MIN_INTERVAL_S, max_interval_s: float = MAX_INTERVAL_S
    ) -> None:
        self._ports = ports
        self._min_interval_s = min_interval_s
        self._max_interval_s = max_interval_s
        self._state: dict[str, Any] = {}
        """The newest state, as JSON values; empty until there is one."""
        self._state_frame = b""
        """The newest state as an event; empty until a client needs it."""
        self._change_frame = b""
        """What led to the newest state; empty for the first."""
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
        """Whether no further client is accepted, or the desk is closing."""
        return self._closed or self.streams >= MAX_STREAMS

    def close(self) -> None:
        """End all streams, for good."""
        self._closed = True
        self._wake()

    async def stream(self) -> AsyncGenerator[bytes]:
        """Server-sent events named `state` and `change`, until the client leaves or the hub closes."""
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
                follows, seen = self._version == seen + 1, self._version
                yield self._change_frame if follows and self._change_frame else self._whole()
        finally:
            self.streams -= 1
            if self.streams == 0:
                for task in self._tasks:
                    task.cancel()
                self._tasks, self._version, self._state = (), 0, {}

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
                # A record that cannot be shown must not end the stream; the next state may be correct.
                except Exception:
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
                    page = await self._ports.list_calls(CallQuery(limit=RECENT_CALLS))
                recent: list[dict[str, Any]] | None = [_of_wall(row) for row in page.records]
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
            with contextlib.suppress(TimeoutError):  # a check that hangs here hangs /readyz too; the wallboard goes on
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

    def _compose(self) -> dict[str, Any]:
        state = LiveState.model_validate(
            {
                "seq": self._version + 1,
                "at": rfc3339(self._ports.clock()),
                "timezone": self._ports.timezone,
                "troubles": self._troubles,
                "agents": self._ports.live.agents(),
                "queue": [_masked(record) for record in self._ports.live.queue()],
                "outside": [self._outside(record) for record in self._ports.live.outside()],
                "figures": self._ports.statistics(),
                "calls": self._recent,
            }
        )
        return state.model_dump(mode="json", by_alias=True)

    def _outside(self, record: Record) -> dict[str, Any]:
        unit, person = str(record.get("to", "")).partition(".")[::2]
        kind: Literal["unit", "body"] = "unit" if person else "body"
        name = self._ports.town().name
        return {**_masked(record), "to": {one: name(kind, unit, one) for one in ("tr", "en")}}

    def _publish(self, state: dict[str, Any]) -> None:
        self._change_frame = _event("change", change_between(self._state, state)) if self._state else b""
        self._state, self._state_frame = state, b""
        self._version += 1
        self._wake()

    def _whole(self) -> bytes:
        if not self._state_frame:
            self._state_frame = _event("state", self._state)
        return self._state_frame

    def _wake(self) -> None:
        now, self._next = self._next, asyncio.Event()
        now.set()


def _event(name: str, body: Mapping[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(body))


def _masked(record: Record) -> dict[str, Any]:
    return {**record, "caller": mask(record.get("caller"))}


def _of_wall(record: Record) -> dict[str, Any]:
    """A call as the wall has it: nothing of what its citizen or agent has said of it."""
    return {name: record.get(name) for name in CALL_FIELDS} | {"caller": mask(record.get("caller"))}
