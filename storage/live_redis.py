"""The live view for other processes. One publisher keeps it in Redis (7 or newer, or Valkey). Each of any number of
readers has all of it in memory and receives every change.

In Redis, under a prefix: a hash `calls`, a hash `agents`, a hash `about` (`seq`, `at`, `epoch`) and a key `alive` that
expires, all set together by one script, which also publishes what changed on a channel. A reader first subscribes, then
loads, then applies every newer change; if it finds a gap, it loads again. The publisher sends a message at every
heartbeat, so silence means that it, or the connection, is dead.

asyncio-redis: its own reconnecting leaves subscribers hanging, forgets scripts and races its own SELECT, so each
connection here is a `RedisProtocol` of its own that is thrown away when it breaks. Scripts answer with one string,
since nested answers are decoded wrongly.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncio_redis
import msgspec
from asyncio_redis.encoders import BytesEncoder

from acd.engine.model.ids import AgentId, CallId
from storage.live import LiveView
from storage.view import LiveAgent, LiveCall, View

log = logging.getLogger(__name__)


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. Publisher and readers must have the same heartbeat."""

    heartbeat_s: float = 2.0
    """The publisher sends a message at least this often."""
    deadline_s: float = 3.0
    """The time for an answer of Redis, and the time beyond a heartbeat after which the publisher counts as dead."""
    retry_first_s: float = 0.1
    retry_last_s: float = 5.0
    """After a failure the next attempt comes after the first, then twice as long each time up to the last."""


_CHANGE = """
if ARGV[1] == 'all' then redis.call('DEL', KEYS[1], KEYS[2]) end
redis.call('HSET', KEYS[3], 'seq', ARGV[2], 'at', ARGV[3], 'epoch', ARGV[4])
redis.call('SET', KEYS[4], '1', 'PX', ARGV[6])
local i, n = 7, #ARGV
while i < n do
  if ARGV[i + 2] == '' then redis.call('HDEL', KEYS[tonumber(ARGV[i])], ARGV[i + 1])
  else redis.call('HSET', KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2]) end
  i = i + 3
end
redis.call('PUBLISH', KEYS[5], ARGV[5])
return 'OK'
"""
_LOAD = """
local about = redis.call('HMGET', KEYS[3], 'epoch', 'seq', 'at')
if not about[1] then return 'none' end
if redis.call('EXISTS', KEYS[4]) == 0 then return 'silent' end
local calls, agents = table.concat(redis.call('HVALS', KEYS[1]), ','), table.concat(redis.call('HVALS', KEYS[2]), ',')
return '{"epoch":"' .. about[1] .. '","seq":' .. about[2] .. ',"before":' .. about[2] .. ',"at":' .. about[3]
  .. ',"calls":[' .. calls .. '],"agents":[' .. agents .. ']}'
"""


class LiveStoreError(Exception):
    """The live store cannot be used: it is away, hangs, or answers with an error. The text says which and where."""


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


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Change).decode


class Address(msgspec.Struct, frozen=True):
    """Where Redis is: `redis://[:password@]host:port/db`."""

    host: str
    port: int
    db: int = 0
    password: bytes = b""

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Raises `ValueError` that names what is wrong."""
        parts = urlsplit(url)
        database = parts.path.strip("/") or "0"
        if parts.scheme != "redis" or not parts.hostname or not database.isdigit():
            raise ValueError(f"redis_url = {_without_password(url)!r}: redis://[:password@]host[:port][/db] is allowed")
        return cls(parts.hostname, parts.port or 6379, int(database), unquote(parts.password or "").encode())

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.db}"


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else tail


class _Link:
    """One connection, used until it breaks."""

    def __init__(self, protocol: Any, lost: asyncio.Event, deadline_s: float) -> None:
        self.protocol = protocol
        self.lost = lost
        self._deadline_s = deadline_s

    async def call(self, what: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        async with asyncio.timeout(self._deadline_s):
            return await what(*arguments, **named)

    async def script(self, code: str) -> Callable[[list[bytes], list[bytes]], Any]:
        """Load a script; the answer runs it and gives its string."""
        script = await self.call(self.protocol.register_script, code)

        async def run(keys: list[bytes], arguments: list[bytes]) -> bytes:
            reply = await self.call(script.run, keys=keys, args=arguments)
            value: bytes = await reply.return_value()
            return value

        return run


@contextlib.asynccontextmanager
async def _connected(address: Address, deadline_s: float) -> AsyncIterator[_Link]:
    """A connection. Every failure of Redis inside the block becomes `LiveStoreError`."""
    lost = asyncio.Event()
    transport: asyncio.Transport | None = None
    try:
        async with asyncio.timeout(deadline_s):
            transport, protocol = await asyncio.get_running_loop().create_connection(
                lambda: asyncio_redis.RedisProtocol(encoder=BytesEncoder(), connection_lost_callback=lost.set),
                address.host,
                address.port,
            )
            if address.password:
                await protocol.auth(address.password)
            if address.db:
                await protocol.select(address.db)
        yield _Link(protocol, lost, deadline_s)
    except TimeoutError as error:
        raise LiveStoreError(f"live store {address} does not answer within {deadline_s:g} s") from error
    except OSError as error:
        raise LiveStoreError(f"live store {address} cannot be reached: {error}") from error
    except (asyncio_redis.Error, asyncio_redis.ErrorReply) as error:
        raise LiveStoreError(f"live store {address}: {type(error).__name__}: {error}") from error
    finally:
        if transport is not None and not lost.is_set():
            transport.abort()  # a close would wait for a server that hangs
            await lost.wait()


async def check(url: str) -> str:
    """Check the live store. Returns its version; raises `LiveStoreError` or `ValueError`."""
    address = Address.parse(url)
    async with _connected(address, Timing().deadline_s) as link:
        info = await (await link.script("return redis.call('INFO', 'server')"))([], [])
    texts = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
    version = texts.get("valkey_version") or texts.get("redis_version", "0")
    if int(version.partition(".")[0]) < 7:
        raise LiveStoreError(f"live store {address} has version {version}: Redis 7 or Valkey 7 is the least")
    return f"{texts.get('server_name', 'redis')} {version}"


class _Keys:
    def __init__(self, prefix: str, db: int) -> None:
        self.channel = f"{prefix}:changes:{db}".encode()  # channels, unlike keys, are common to all databases
        self.stored = [f"{prefix}:{name}".encode() for name in ("calls", "agents", "about", "alive")]
        self.all = [*self.stored, self.channel]


class RedisPublisher:
    """Keeps Redis in line with a `LiveView`. While Redis is away the view goes on; then all of it is written anew.

    `run()` is a task of its own and never raises for what Redis does. Changes that come while one is on its way go
    together as the next: a slow Redis costs freshness, never memory or the loop's time."""

    def __init__(
        self, url: str, view: LiveView, epoch: str, prefix: str = "cozum:live", timing: Timing | None = None
    ) -> None:
        self.connected = False
        self.published_seq = 0
        """The newest entry that Redis has."""
        self.error = ""
        """Why it is not connected."""
        self.beats = 0
        """Messages begun, heartbeats included."""
        self._address = Address.parse(url)
        self._timing = timing or Timing()
        self._view = view
        self._epoch = epoch
        self._keys = _Keys(prefix, self._address.db)
        self._changed = asyncio.Event()
        self._connections = 0

    async def run(self) -> None:
        """Publish until cancelled."""
        end = self._view.subscribe(self._changed.set)
        retry_s = self._timing.retry_first_s
        try:
            while True:
                try:
                    async with _connected(self._address, self._timing.deadline_s) as link:
                        await self._publish(link)
                except LiveStoreError as error:
                    if self.connected or not self.error:
                        log.warning("%s; trying on", error)
                    retry_s = (
                        self._timing.retry_first_s if self.connected else min(2 * retry_s, self._timing.retry_last_s)
                    )
                    self.error, self.connected = str(error), False
                self._view.stop_tracking()
                await asyncio.sleep(retry_s)
        finally:
            self.connected = False
            self._view.stop_tracking()
            end()

    async def _publish(self, link: _Link) -> None:
        write = await link.script(_CHANGE)
        self._connections += 1
        epoch = f"{self._epoch}.{self._connections}"
        self._view.drain()
        calls, agents = self._view.everything()
        change = Change(epoch=epoch, before=0, seq=self._view.seq, at=self._view.at, calls=[*calls], agents=[*agents])
        await write(self._keys.all, self._arguments("all", change))
        self.connected, self.error, self.published_seq = True, "", change.seq
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.heartbeat_s):
                    await self._changed.wait()
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
            )
            await write(self._keys.all, self._arguments("some", change))
            self.published_seq = change.seq

    def _arguments(self, kind: str, change: Change) -> list[bytes]:
        arguments = [kind.encode(), b"%d" % change.seq, repr(change.at).encode(), change.epoch.encode()]
        # A reader that learns of a complete publication loads it; the message need not contain it.
        message = change if kind == "some" else Change(epoch=change.epoch, before=-1, seq=change.seq, at=change.at)
        alive_ms = int(1000 * (self._timing.heartbeat_s + self._timing.deadline_s))
        arguments += (_encode(message), b"%d" % alive_ms)
        for call in change.calls:
            arguments += (b"1", call.id.encode(), _encode(call))
        for agent in change.agents:
            arguments += (b"2", agent.extension.encode(), _encode(agent))
        for ended in change.ended:
            arguments += (b"1", ended.encode(), b"")
        for removed in change.removed:
            arguments += (b"2", removed.encode(), b"")
        return arguments


class RedisReader(View):
    """The view in another process. `run()` is a task of its own and never raises for what Redis does.

    While `connected` is False the view is old: it shows the last received state."""

    def __init__(self, url: str, prefix: str = "cozum:live", timing: Timing | None = None) -> None:
        super().__init__()
        self.connected = False
        self.error = ""
        """Why it is not connected."""
        self.epoch = ""
        self._address = Address.parse(url)
        self._timing = timing or Timing()
        self._keys = _Keys(prefix, self._address.db)

    async def run(self) -> None:
        """Follow until cancelled."""
        retry_s = self._timing.retry_first_s
        try:
            while True:
                try:
                    async with (
                        _connected(self._address, self._timing.deadline_s) as ear,
                        _connected(self._address, self._timing.deadline_s) as hand,
                    ):
                        await self._follow(ear, hand)
                except LiveStoreError as error:
                    if self.connected or not self.error:
                        log.warning("%s; trying on", error)
                    retry_s = (
                        self._timing.retry_first_s if self.connected else min(2 * retry_s, self._timing.retry_last_s)
                    )
                    self.error = str(error)
                    if self.connected:
                        self.connected = False
                        self._changed()
                await asyncio.sleep(retry_s)
        finally:
            self.connected = False

    async def _follow(self, ear: _Link, hand: _Link) -> None:
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

    async def _hear(self, message: bytes, load: Callable[[list[bytes], list[bytes]], Any]) -> None:
        try:
            change = _decode(message)
        except msgspec.DecodeError as error:
            raise LiveStoreError(f"live store {self._address}: a change cannot be read: {error}") from error
        if change.epoch != self.epoch or change.before > self.seq:
            await self._load(load)
        elif change.seq > self.seq or (change.seq == self.seq and change.before == self.seq):
            self._take(change)

    async def _load(self, load: Callable[[list[bytes], list[bytes]], Any]) -> None:
        data: bytes = await load(self._keys.stored, [])
        if data in (b"none", b"silent"):
            why = (
                "no daemon has published there yet" if data == b"none" else "the daemon that publishes there is silent"
            )
            raise LiveStoreError(f"live store {self._address}: {why}")
        try:
            change = _decode(data)
        except msgspec.DecodeError as error:
            raise LiveStoreError(f"live store {self._address}: its content cannot be read: {error}") from error
        self._calls.clear()
        self._agents.clear()
        self.epoch, self.error, self.connected = change.epoch, "", True
        self._take(change, loaded=True)

    def _take(self, change: Change, *, loaded: bool = False) -> None:
        self.seq, self.at = change.seq, change.at
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
