"""A connection that asks for a WebSocket, as uvicorn's protocol has it: it is refused, or handed over to the relay."""

import socket
from asyncio import BaseTransport
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from console.telephone import CONNECTION
from console.tls_door import ARRIVED, Arrived
from console.tls_pump import Pump

MAX_SAID: Final = 1024
"""Bytes of a message of a page whose WebSocket is being closed here. None is read but the answer to that."""


class Socket(WebSocketsSansIOProtocol):
    """A connection that asks for a WebSocket: refused here, or handed over to the relay. As
    `console.phone_relay.Connection`. Nothing more is read from it until that is decided."""

    key = ""
    early = b""
    _ours: socket.socket | None = None
    _theirs: socket.socket | None = None
    _pump: Pump | None = None
    _on_its_way = False
    """Whether it is being handed over: then nobody here writes to it."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Called as the request has been read."""
        super().connection_made(transport)
        arrived: Arrived | None = self.app_state.get(ARRIVED)
        if arrived is not None:  # the relay speaks TLS
            self.client, self.server, self.scheme = arrived.client, arrived.server, "wss"
        self.transport.pause_reading()
        self.read_paused = True  # it goes on if it is we who answer

    def handle_connect(self, event: Request) -> None:
        """Called with the request; its task has not begun when this returns."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.key = event.headers["Sec-WebSocket-Key"]
            self.scope["state"][CONNECTION] = self

    @property
    def ends_here(self) -> bool:
        """Whether TLS is spoken on it by this process."""
        return self.transport.get_extra_info("sslcontext") is not None

    def handle(self) -> int:
        """The connection's open file, or one of a pair of ours where we speak TLS on it: that cannot be handed over.
        Raises `OSError`."""
        if self.transport.is_closing():
            raise ConnectionResetError
        self._on_its_way = True
        if not self.ends_here:
            return int(self.transport.get_extra_info("socket").fileno())
        self._ours, self._theirs = socket.socketpair()
        return self._theirs.fileno()

    def leave(self, *, taken: bool) -> None:
        """The relay has taken the connection, or not."""
        self._on_its_way = False
        if self._theirs is not None:
            self._theirs.close()
        if self._ours is not None and not taken:
            self._ours.close()
        if not taken:
            return
        self.stop_keepalive()
        self.handshake_complete = self.close_sent = self.disconnected = True
        if self._ours is not None:
            self.connections.discard(self)  # which it would do itself at its end: that is the pump's now
            self.close_timer = self.loop.call_later(0, lambda: None)  # while there is one, uvicorn closes nothing
            self._pump = Pump(self.transport, self._ours, self.connections)
        else:
            self.transport.abort()  # closes our file alone: the relay has its own

    def shutdown(self) -> None:
        """The server stops."""
        if self._on_its_way:
            self.transport.abort()
        else:
            super().shutdown()

    def abort(self) -> None:
        """Close at once."""
        self.transport.abort()
