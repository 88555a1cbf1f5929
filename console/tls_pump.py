"""The bytes of a page's TLS connection, to and from the relay.

The state of a TLS connection cannot be handed over to another process. The relay gets one end of a pair of sockets
instead, and the desk has the other and does the TLS. Such a page's telephone ends with the desk.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any


class Pump:
    """Copies both ways until one side ends; then both are closed. A side that is not read from is not written to."""

    def __init__(self, page: asyncio.Transport, relay: socket.socket, connections: set[Any]) -> None:
        """`page` is paused, `relay` ours from now on. While it runs, the pump is among the server's `connections`."""
        self._connections = connections
        self._page = page
        self._relay: asyncio.Transport | None = None
        connections.add(self)
        relay.setblocking(False)
        self._opening = asyncio.get_running_loop().create_task(self._open(relay))

    async def _open(self, relay: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            opened, _ = await loop.connect_accepted_socket(lambda: _Side(self._page, self._end), relay)
        except OSError:
            relay.close()
            self._end()
            return
        self._relay = opened
        self._page.set_protocol(_Side(self._relay, self._end))
        self._page.resume_reading()
        if self._page.is_closing():  # it was lost while nobody listened
            self._end()

    def _end(self) -> None:
        self._connections.discard(self)
        self._page.close()
        if self._relay is not None:
            self._relay.close()

    def shutdown(self) -> None:
        """The server takes no more connections and ends those that have nothing to finish."""
        self._end()

    def abort(self) -> None:
        """Close both at once."""
        self._connections.discard(self)
        self._page.abort()
        if self._relay is not None:
            self._relay.abort()


class _Side(asyncio.Protocol):
    """What one side sends goes to the `other`."""

    def __init__(self, other: asyncio.Transport, end: Callable[[], None]) -> None:
        self._other = other
        self._end = end

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if not self._other.is_closing():
            self._other.write(data)

    def pause_writing(self) -> None:
        """Too much waits to be sent to this side."""
        if not self._other.is_closing():
            self._other.pause_reading()

    def resume_writing(self) -> None:
        """It has been sent."""
        if not self._other.is_closing():
            self._other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._end()
