"""The live view for desks on other machines. One publisher, the line's own desk, keeps it in Redis. Each of any number
of readers has all of it in memory and receives every change.

In Redis, under a prefix: a hash `calls`, a hash `agents`, a hash `about` (`seq`, `at`, `epoch`, `report`) and a key
`alive` that expires, all set together by one script, which also publishes what changed on a channel. A reader first
subscribes, then loads, then applies every newer change; if it finds a gap, it loads again. The publisher sends a
message at every heartbeat, so silence means that it, or the connection, is dead. The reader keeps the last state then.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.target import TARGET_S
from storage.live import LiveView
from storage.redis_connection import Kept, Link, LiveStoreError, Script, Timing, connected
from storage.view import LiveAgent, LiveCall, View

REPORT_EVERY_S = 0.5
"""Least seconds between two reports on a busy line; a heartbeat always has one."""

_CHANGE = """
if ARGV[1] == 'all' then redis.call('DEL', KEYS[1], KEYS[2]) end
redis.call('HSET', KEYS[3], 'seq', ARGV[2], 'at', ARGV[3], 'epoch', ARGV[4])
redis.call('SET', KEYS[4], '1', 'PX', ARGV[6])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[3], 'report', ARGV[7]) end
local i, n = 8, #ARGV
while i < n do
  if ARGV[i + 2] == '' then redis.call('HDEL', KEYS[tonumber(ARGV[i])], ARGV[i + 1])
  else redis.call('HSET', KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2]) end
  i = i + 3
end
redis.call('PUBLISH', KEYS[5], ARGV[5])
return 'OK'
"""
_LOAD = """
local about = redis.call('HMGET', KEYS[3], 'epoch', 'seq', 'at', 'report')
if not about[1] then return 'none' end
local alive = redis.call('EXISTS', KEYS[4]) == 1 and 'true' or 'false'
local calls, agents = table.concat(redis.call('HVALS', KEYS[1]), ','), table.concat(redis.call('HVALS', KEYS[2]), ',')
return '{"epoch":"' .. about[1] .. '","seq":' .. about[2] .. ',"before":' .. about[2] .. ',"at":' .. about[3]
  .. ',"calls":[' .. calls .. '],"agents":[' .. agents .. '],"report":' .. (about[4] or 'null')
  .. ',"alive":' .. alive .. '}'
"""


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What another desk shows of the line besides calls and agents."""

    as_of: float
    """Until when the state is known to be true, Unix seconds: the present while the line is there."""
    checks: tuple[tuple[str, bool, str], ...] = ()
    """The line's part of readiness: name, whether it is well, what is wrong."""
    services: dict[str, Literal["urgent", "routine"]] = {}
    """The line's services with their classes."""
    statistics: dict[str, Any] = {}
    """As `acd.metrics.Metrics.statistics` gives them."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A published change: applied to the state after `before`, it gives the state after `seq`."""

    epoch: str
    """Distinguishes one publisher, and one complete publication, from the next."""
    before: int
    seq: int
    at: float
    calls: list[LiveCall] = []
    agents: list[LiveAgent] = []
    ended: list[CallId] = []
    removed: list[AgentId] = []
    report: Report | None = None
    """The newest; None: there is no newer one than before."""
    alive: bool = True
    """Whether the publisher has sent a heartbeat of late; only what is loaded says so."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Change).decode


class _Keys:
    def __init__(self, prefix: str, db: int) -> None:
        self.channel = f"{prefix}:changes:{db}".encode()  # channels, unlike keys, are common to all databases
        self.stored = [f"{prefix}:{name}".encode() for name in ("calls", "agents", "about", "alive")]
        self.all = [*self.stored, self.channel]


class RedisPublisher(Kept):
    """Keeps Redis in line with a `LiveView`. While Redis is away the view goes on; then all of it is written anew.

    `run()` is a task of its own and never raises for what Redis does. Changes that come while one is on its way go
    together as the next: a slow Redis costs freshness, never memory or the loop's time."""

    def __init__(
        self,
        url: str,
        view: LiveView,
        epoch: str,
        prefix: str = "cozum:live",
        timing: Timing | None = None,
        report: Callable[[], Report] | None = None,
    ) -> None:
        super().__init__(url, timing)
        self.published_seq = 0
        """The newest entry that Redis has."""
        self.beats = 0
        """Messages begun, heartbeats included."""
        self._view = view
        self._epoch = epoch
        self._report = report
        self._reported_at = 0.0
        self._keys = _Keys(prefix, self._address.db)
        self._changed = asyncio.Event()
        self._connections = 0

    def tell(self) -> None:
        """Publish a report now: the line has gone, or is back."""
        self._reported_at = 0.0
        self._changed.set()

    def _lost(self, was_connected: bool) -> None:
        """Nothing to do: the next connection writes all of the view anew."""

    async def _work(self) -> None:
        end = self._view.subscribe(self._changed.set)
        try:
            async with connected(self._address, self._timing.deadline_s) as link:
                await self._publish(link)
        finally:
            end()
            self._view.stop_tracking()

    async def _publish(self, link: Link) -> None:
        write = await link.script(_CHANGE)
        self._connections += 1
        epoch = f"{self._epoch}.{self._connections}"
        self._view.drain()
        calls, agents = self._view.everything()
        change = Change(
            epoch=epoch,
            before=0,
            seq=self._view.seq,
            at=self._view.at,
            calls=[*calls],
            agents=[*agents],
            report=self._next_report(due=True),
        )
        await write(self._keys.all, self._arguments("all", change))
        self.connected, self.error, self.published_seq = True, "", change.seq
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.heartbeat_s):
                    await self._changed.wait()
            beat = not self._changed.is_set()
            self._changed.clear()
            self.beats += 1
            touched_calls, touched_agents = self._view.drain()
            change = Change(
                epoch=epoch,
                before=self.published_seq,
                seq=self._view.seq,
                at=self._view.at,
                calls=[call for call in touched_calls.values() if call is not None],
                agents=[agent for agent in touched_agents.values() if agent is not None],
                ended=[name for name, call in touched_calls.items() if call is None],
                removed=[name for name, agent in touched_agents.items() if agent is None],
                report=self._next_report(due=beat),
            )
            await write(self._keys.all, self._arguments("some", change))
            self.published_seq = change.seq

    def _next_report(self, *, due: bool) -> Report | None:
        now = time.monotonic()
        if self._report is None or (not due and now < self._reported_at + REPORT_EVERY_S):
            return None
        self._reported_at = now
        return self._report()

    def _arguments(self, kind: str, change: Change) -> list[bytes]:
        arguments = [kind.encode(), b"%d" % change.seq, repr(change.at).encode(), change.epoch.encode()]
        # A reader that learns of a complete publication loads it; the message need not contain it.
        message = change if kind == "some" else Change(epoch=change.epoch, before=-1, seq=change.seq, at=change.at)
        alive_ms = int(1000 * (self._timing.heartbeat_s + self._timing.deadline_s))
        arguments += (_encode(message), b"%d" % alive_ms, b"" if change.report is None else _encode(change.report))
        for call in change.calls:
            arguments += (b"1", call.id.encode(), _encode(call))
        for agent in change.agents:
            arguments += (b"2", agent.extension.encode(), _encode(agent))
        for ended in change.ended:
            arguments += (b"1", ended.encode(), b"")
        for removed in change.removed:
            arguments += (b"2", removed.encode(), b"")
        return arguments


class RedisReader(View, Kept):
    """The view in another process. `run()` is a task of its own and never raises for what Redis does.

    While `connected` is False the view is old: it shows the last state that Redis or the publisher has given."""

    def __init__(
        self, url: str, prefix: str = "cozum:live", timing: Timing | None = None, target_s: float = TARGET_S
    ) -> None:
        View.__init__(self, target_s)
        Kept.__init__(self, url, timing)
        self.epoch = ""
        self.report: Report | None = None
        """The publisher's last report."""
        self._keys = _Keys(prefix, self._address.db)

    async def _work(self) -> None:
        deadline_s = self._timing.deadline_s
        async with connected(self._address, deadline_s) as ear, connected(self._address, deadline_s) as hand:
            await self._follow(ear, hand)

    def _lost(self, was_connected: bool) -> None:
        if was_connected:
            self._changed()

    async def _follow(self, ear: Link, hand: Link) -> None:
        load = await hand.script(_LOAD)
        subscription = await ear.protocol.start_subscribe()
        await ear.call(subscription.subscribe, [self._keys.channel])
        await self._load(load)
        lost = asyncio.ensure_future(ear.lost.wait())
        silence_s = self._timing.heartbeat_s + self._timing.deadline_s
        heard: asyncio.Future[Any] | None = None
        try:
            while True:
                heard = asyncio.ensure_future(subscription.next_published())
                # The library does not report a broken connection to a task that waits for a message.
                await asyncio.wait({heard, lost}, timeout=silence_s, return_when=asyncio.FIRST_COMPLETED)
                if not heard.done():
                    what = "connection lost" if lost.done() else f"nothing heard for {silence_s:g} s"
                    raise LiveStoreError(f"live store {self._address}: {what}")
                await self._hear(heard.result().value, load)
        finally:
            lost.cancel()
            if heard is not None:
                heard.cancel()

    async def _hear(self, message: bytes, load: Script) -> None:
        try:
            change = _decode(message)
        except msgspec.DecodeError as error:
            raise LiveStoreError(f"live store {self._address}: a change cannot be read: {error}") from error
        if change.epoch != self.epoch or change.before > self.seq:
            await self._load(load)
        elif change.seq > self.seq or (change.seq == self.seq and change.before == self.seq):
            self._take(change)

    async def _load(self, load: Script) -> None:
        data = await load(self._keys.stored, [])
        if data == b"none":
            raise LiveStoreError(f"live store {self._address}: no desk has published there yet")
        try:
            change = _decode(data)
        except msgspec.DecodeError as error:
            raise LiveStoreError(f"live store {self._address}: its content cannot be read: {error}") from error
        if change.alive:
            self.error, self.connected = "", True
        if change.alive or (change.epoch, change.seq) != (self.epoch, self.seq):
            self._calls.clear()
            self._agents.clear()
            self.epoch = change.epoch
            self._take(change, loaded=True)
        if not change.alive:
            raise LiveStoreError(f"live store {self._address}: the desk that publishes there is silent")

    def _take(self, change: Change, *, loaded: bool = False) -> None:
        self.seq, self.at, self.report = change.seq, change.at, change.report or self.report
        self._calls.update((call.id, call) for call in change.calls)
        self._agents.update((agent.extension, agent) for agent in change.agents)
        for ended in change.ended:
            self._calls.pop(ended, None)
        for removed in change.removed:
            self._agents.pop(removed, None)
        if change.calls or change.agents or change.ended or change.removed or loaded:
            self._changed()
        else:
            self._records.pop("queue", None)  # its order can change by time alone
