"""The WebSocket of one page, on a connection that the desk has handed over, and its way to Asterisk."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from acd.lib.telephone_socket import AWAY, MAX_MESSAGE, SUBPROTOCOL

CONNECT_S: Final = 5.0
CLOSE_S: Final = 2.0
"""Seconds for a page to answer that its WebSocket is closed."""
READ_S: Final = 20.0
"""Seconds for which a page may leave messages unread."""
PING_S: Final = 15.0
"""How often a page is asked whether it is there, and how long it may take to say so."""
QUEUE: Final = 8
"""Messages of one side that wait for the other; then no more are read from it."""

# Faults of pages are not logged: with a line for each, pages could fill the disk.
_silent = logging.getLogger(f"{__name__}.websockets")
_silent.setLevel(logging.CRITICAL + 1)


class BadRequest(ValueError):
    """The desk has admitted something that is no WebSocket's request."""


class PageSocket(Connection):
    """The page's side, open from the beginning: its request was read by the desk, and the answer goes out first."""

    def __init__(self, key: str, early: bytes) -> None:
        """Raises `BadRequest`."""
        protocol = ServerProtocol(
            subprotocols=[websockets.Subprotocol(SUBPROTOCOL)], max_size=MAX_MESSAGE, logger=_silent
        )
        protocol.receive_data(_head(key))
        found = protocol.events_received()
        if not found or not isinstance(found[0], Request):
            raise BadRequest
        response = protocol.accept(found[0])
        protocol.send_response(response)
        if protocol.state is not State.OPEN:
            raise BadRequest
        super().__init__(protocol, ping_interval=PING_S, ping_timeout=PING_S, close_timeout=CLOSE_S, max_queue=QUEUE)
        self._early = early

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        super().connection_made(transport)
        self.send_data()
        self.start_keepalive()
        if self._early:
            self.data_received(self._early)

    def abort(self) -> None:
        """End it without a word."""
        self.transport.abort()


def _head(key: str) -> bytes:
    """The request as the page sent it, without what only the desk needs."""
    if not key.isascii() or any(letter.isspace() for letter in key):
        raise BadRequest
    lines = (
        "GET / HTTP/1.1",
        "Host: localhost",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
        "\r\n",
    )
    return "\r\n".join(lines).encode()


async def answered(handle: int, key: str, early: bytes) -> PageSocket:
    """The page's WebSocket on the connection with this open file, which is ours in any case. Raises `OSError` or
    `BadRequest`."""
    try:
        connection = socket.socket(fileno=handle)
    except OSError:
        os.close(handle)
        raise
    try:
        connection.setblocking(False)
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        page = PageSocket(key, early)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: page, connection)
    except BaseException:
        connection.close()
        raise
    return page


async def forward(page: PageSocket, port: int) -> None:
    """Forward messages between the page and Asterisk's WebSocket at `port` of this machine until one of them ends."""
    async with _asterisk(port) as asterisk:
        if asterisk is None:
            return
        ways = [asyncio.create_task(one) for one in (_to_asterisk(page, asterisk), _to_page(asterisk, page))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


@asynccontextmanager
async def _asterisk(port: int) -> AsyncIterator[ClientConnection | None]:
    """A WebSocket of Asterisk; None if it does not answer."""
    try:
        connection = await connect(
            f"ws://127.0.0.1:{port}/ws",
            subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=MAX_MESSAGE,
            max_queue=QUEUE,
            open_timeout=CONNECT_S,
            close_timeout=1.0,
            ping_interval=None,
            proxy=None,
            logger=_silent,
        )
    except (OSError, TimeoutError, websockets.WebSocketException):
        yield None
        return
    try:
        yield connection
    finally:
        try:
            await connection.close()
        finally:
            connection.transport.abort()  # also when we are cancelled meanwhile


async def _to_asterisk(page: PageSocket, asterisk: ClientConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await asterisk.send(await page.recv())


async def _to_page(asterisk: ClientConnection, page: PageSocket) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            message = await asterisk.recv()
            try:
                async with asyncio.timeout(READ_S):
                    await page.send(message)
            except TimeoutError:
                page.abort()
                return


async def close(page: PageSocket, code: int = AWAY, reason: str = "") -> None:
    """Close the page's WebSocket, which may be closing or gone already."""
    try:
        async with asyncio.timeout(2 * CLOSE_S):  # a page that does not read would keep us
            await page.close(code, reason)
    except TimeoutError:
        page.abort()
