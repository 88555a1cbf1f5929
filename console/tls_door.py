"""The desk's port with a certificate: who connects is passed on to the relay, which speaks TLS and gives back the plain
bytes. So a page's WebSocket outlives the desk. While the relay is away, the desk speaks TLS itself.
"""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from uvicorn.protocols.utils import get_local_addr, get_remote_addr

from console.phone_relay import PhoneRelay

ARRIVED: Final = "arrived"
"""The key of a connection's state under which its `Arrived` is."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """From where a client connected to which address; the pair of sockets that stands for its connection has none."""

    client: tuple[str, int] | None
    server: tuple[str, int | None] | None


Made = Callable[[Arrived | None], asyncio.Protocol]
"""Makes a connection's protocol. `Arrived` is there if TLS is spoken elsewhere."""


class Door:
    """Gives each TCP connection its protocol, once it is settled who speaks TLS on it."""

    def __init__(self, tls: ssl.SSLContext, relay: PhoneRelay, made: Made, *, handshake_s: float, vanished_s: float):
        """`handshake_s` bounds a handshake of our own; after `vanished_s` the kernel gives up a peer that does not
        answer."""
        self._tls, self._relay, self._made = tls, relay, made
        self._handshake_s, self._vanished_s = handshake_s, vanished_s
        self._opening: set[asyncio.Task[Any]] = set()

    def protocol(self) -> asyncio.Protocol:
        """What accepts one connection."""
        return _Accepted(self._admit)

    async def close(self) -> None:
        """Give up those whose handshake is under way."""
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)

    def _admit(self, transport: asyncio.Transport) -> None:
        raw = transport.get_extra_info("socket")
        give_up_vanished(raw, self._vanished_s)
        with contextlib.suppress(OSError):  # no more files, or the client is gone: it is closed
            arrived = Arrived(get_remote_addr(transport), get_local_addr(transport))
            ours, theirs = socket.socketpair()
            with theirs:
                passed_on = self._relay.speak_tls(raw.fileno(), theirs.fileno())
            if passed_on:
                self._open(ours, arrived)
            else:
                ours.close()
                self._open(socket.socket(fileno=os.dup(raw.fileno())), None)
        transport.abort()  # closes our file alone

    def _open(self, connection: socket.socket, arrived: Arrived | None) -> None:
        task = asyncio.get_running_loop().create_task(self._opened(connection, arrived))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _opened(self, connection: socket.socket, arrived: Arrived | None) -> None:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        tls: dict[str, Any] = {"ssl": self._tls, "ssl_handshake_timeout": self._handshake_s} if arrived is None else {}
        try:
            await loop.connect_accepted_socket(lambda: self._made(arrived), connection, **tls)
        except (OSError, asyncio.CancelledError):
            connection.close()


class _Accepted(asyncio.Protocol):
    """A TCP connection from which nothing is read."""

    def __init__(self, admit: Callable[[asyncio.Transport], None]) -> None:
        self._admit = admit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._admit(cast(asyncio.Transport, transport))


def give_up_vanished(connection: Any, after_s: float) -> None:
    """Have the kernel give up a TCP peer that does not answer."""
    with contextlib.suppress(OSError, AttributeError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(after_s * 1000))
