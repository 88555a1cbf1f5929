"""The bytes of a page's TLS connection, to and from a relay that has no certificate.

The state of a TLS connection cannot be handed over to another process. The relay gets one end of a pair of sockets
instead, and the desk has the other and does the TLS. Such a page's telephone ends with the desk.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any


class Pump:
    """Copies both ways until one side ends; then both are closed. While much waits to be sent to a side, nothing is
    read from the other."""

    def __init__(self, page: asyncio.Transport, relay: socket.socket, connections: set[Any]) -> None:
        """`page` is paused, `relay` ours from now on. While it runs, the pump is among the server's `connections`."""
        self._connections = connections
        self._page = page
        self._relay: asyncio.Transport | None = None
        self._ended = False
        self._from_page, self._from_relay = _Side(self._end), _Side(self._end)
        connections.add(self)
        page.set_protocol(self._from_page)
        relay.setblocking(False)
        self._opening = asyncio.get_running_loop().create_task(self._open(relay))

    async def _open(self, relay: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._relay, _ = await loop.connect_accepted_socket(lambda: self._from_relay, relay)
        except OSError:
            relay.close()
            self._end()
            return
        if self._ended:  # the page was lost meanwhile
            self._relay.abort()
            return
        self._from_page.lead_to(self._relay)
        self._from_relay.lead_to(self._page)
        self._page.resume_reading()

    def _end(self) -> None:
        self._ended = True
        self._connections.discard(self)
        self._page.close()
        if self._relay is not None:
            self._relay.close()

    def shutdown(self) -> None:
        """The server takes no more connections and ends those that have nothing to finish."""
        self._end()

    def abort(self) -> None:
        """Close both at once."""
        self._end()
        self._page.abort()
        if self._relay is not None:
            self._relay.abort()


class _Side(asyncio.Protocol):
    """What one side sends goes to the other; until that is there, it is kept."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._other: asyncio.Transport | None = None
        self._kept = b""

    def lead_to(self, other: asyncio.Transport) -> None:
        """The other side is there."""
        self._other = other
        self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if self._other is None:
            self._kept += data
        elif not self._other.is_closing():
            whole, self._kept = self._kept + data, b""
            if whole:
                self._other.write(whole)

    def pause_writing(self) -> None:
        """Too much waits to be sent to this side."""
        if self._other is not None and not self._other.is_closing():
            self._other.pause_reading()

    def resume_writing(self) -> None:
        """It has been sent."""
        if self._other is not None and not self._other.is_closing():
            self._other.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._end()
