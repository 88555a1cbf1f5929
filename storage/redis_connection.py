"""Connections to Redis (7 or newer, or Valkey), each used until it breaks.

asyncio-redis: its own reconnecting leaves subscribers hanging, forgets scripts and races its own SELECT, so each
connection here is a `RedisProtocol` of its own that is thrown away when it breaks. Scripts answer with one string,
since nested answers are decoded wrongly.
"""

import abc
import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncio_redis
import msgspec
from asyncio_redis.encoders import BytesEncoder

log = logging.getLogger(__name__)

Script = Callable[[list[bytes], list[bytes]], Awaitable[bytes]]
"""Runs a loaded script with keys and arguments, and gives its string."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. Publisher and readers must have the same heartbeat."""

    heartbeat_s: float = 2.0
    """The publisher sends a message at least this often."""
    deadline_s: float = 3.0
    """The time for an answer of Redis, and the time beyond a heartbeat after which the publisher counts as dead."""
    retry_first_s: float = 0.1
    retry_last_s: float = 5.0
    """After a failure the next attempt comes after the first, then twice as long each time up to the last."""


class LiveStoreError(Exception):
    """The live store cannot be used: it is away, hangs, or answers with an error. The text says which and where."""


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


class Link:
    """One connection, used until it breaks."""

    def __init__(self, protocol: Any, lost: asyncio.Event, deadline_s: float) -> None:
        self.protocol = protocol
        self.lost = lost
        self._deadline_s = deadline_s

    async def call(self, what: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a method of the protocol, with the deadline."""
        async with asyncio.timeout(self._deadline_s):
            return await what(*arguments, **named)

    async def script(self, code: str) -> Script:
        """Load a script."""
        script = await self.call(self.protocol.register_script, code)

        async def run(keys: list[bytes], arguments: list[bytes]) -> bytes:
            reply = await self.call(script.run, keys=keys, args=arguments)
            value: bytes = await reply.return_value()
            return value

        return run


@contextlib.asynccontextmanager
async def connected(address: Address, deadline_s: float) -> AsyncIterator[Link]:
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
        yield Link(protocol, lost, deadline_s)
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
    async with connected(address, Timing().deadline_s) as link:
        info = await (await link.script("return redis.call('INFO', 'server')"))([], [])
    texts = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
    version = texts.get("valkey_version") or texts.get("redis_version", "0")
    if int(version.partition(".")[0]) < 7:
        raise LiveStoreError(f"live store {address} has version {version}: Redis 7 or Valkey 7 is the least")
    return f"{texts.get('server_name', 'redis')} {version}"


class Kept(abc.ABC):
    """An end that does its work over and over: begun anew after each failure of Redis."""

    def __init__(self, url: str, timing: Timing | None) -> None:
        self.connected = False
        self.error = ""
        """Why it is not connected."""
        self.tries = 0
        """How often the work was begun."""
        self._address = Address.parse(url)
        self._timing = timing or Timing()

    async def run(self) -> None:
        """Work until cancelled. The pause doubles from one failure to the next; it is short again after a connection
        that worked."""
        retry_s = self._timing.retry_first_s
        try:
            while True:
                self.tries += 1
                try:
                    await self._work()
                except LiveStoreError as error:
                    was_connected, self.connected = self.connected, False
                    if was_connected or not self.error:
                        log.warning("%s; trying on", error)
                    first_s, last_s = self._timing.retry_first_s, self._timing.retry_last_s
                    retry_s = first_s if was_connected else min(2 * retry_s, last_s)
                    self.error = str(error)
                    self._lost(was_connected)
                await asyncio.sleep(retry_s)
        finally:
            self.connected = False

    @abc.abstractmethod
    async def _work(self) -> None:
        """Connect and work; raises `LiveStoreError`."""

    @abc.abstractmethod
    def _lost(self, was_connected: bool) -> None:
        """Called after each failure."""
