"""The HTTP server in the desk's own loop: uvicorn's protocol with limits that uvicorn lacks.

uvicorn waits for ever for a request's head, accepts a head of any size, and answers 503 to everybody once silent
clients fill its connections. Here each phase of a request has a deadline and each part a size. When all places are
taken, the client that has been silent longest is closed, of the address with the most of them.
"""

import asyncio
import logging
import ssl
import time
from asyncio.events import TimerHandle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import httptools
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from acd.lib.networks import client_of
from console import problems
from console.fault_log import FewFaults
from console.middleware import MAX_BODY, MAX_FILE, body_limit
from console.page_socket import MAX_SAID, Socket
from console.phone_relay import PhoneRelay
from console.places import Places
from console.telephone import SOCKET_PATH
from console.tls_door import ARRIVED, Arrived, Door, give_up_vanished

Refusal = Literal["garbage", "slow_head", "slow_body", "large_head", "large_body", "not_reading", "crowded"]
"""Why a client was dropped."""

UVICORN: Final = "uvicorn.error"
"""The logger to which uvicorn writes an exception that the application raised."""
LINGER_S: Final = 1.0
"""Seconds for a refused client to read the reason."""
MAX_PIPELINED: Final = 16


class BindError(OSError):
    """The port cannot be listened on. The text names it and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of clients. Times are seconds, sizes bytes."""

    connections: int = 512
    """The most open connections. For a further one, a connection whose client is waited for is closed: of the address
    that has most of them, the one that has been so longest."""
    head_s: float = 10.0
    """From connecting, or from a request's first byte, to the end of its head."""
    body_s: float = 10.0
    """From the head's end to the body's."""
    file_s: float = 60.0
    """The same for a file: a photo from a street where the network is slow."""
    read_s: float = 20.0
    """Seconds for which a client may leave an answer unread."""
    idle_s: int = 30
    """Seconds for which a connection is kept for a further request."""
    head_bytes: int = 16 * 1024
    body_bytes: int = 2 * MAX_BODY
    """Most bytes of a body on the wire, chunk headers included. The application's own limit is lower."""


class HttpServer:
    """Serves `app` until stopped. Installs no signal handlers and never ends the process.

    `refused` gets the reason for which a client was dropped. A client's fault is counted, never logged: with a log line
    for each, clients could fill the disk."""

    def __init__(
        self, app: ASGIApp, *, limits: Limits | None = None, refused: Callable[[Refusal], None] | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._refused = refused or (lambda _: None)
        self._config = Config(
            app,
            http=Guarded,
            ws=Socket,
            ws_max_size=MAX_SAID,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            log_level="warning",  # it would log each WebSocket's address, which contains a ticket
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=self._limits.idle_s,
        )
        self._config.load()
        self._faults = FewFaults(time.monotonic)
        self._state = Places()
        self._server: asyncio.Server | None = None
        self._door: Door | None = None

    async def start(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, relay: PhoneRelay | None = None
    ) -> int:
        """Listen, and give the port listened on (`port` 0 takes a free one); with `tls`, for HTTPS alone, whose TLS
        the `relay` speaks if it can. Raises `BindError`."""
        loop = asyncio.get_running_loop()

        def protocol(arrived: Arrived | None = None) -> Guarded:
            return Guarded(self._config, self._state, self._limits, self._refused, loop, arrived)

        accepts: Callable[[], asyncio.Protocol] = protocol
        speaking: dict[str, Any] = {}
        if tls is not None and relay is not None:
            limits = self._limits
            self._door = Door(tls, relay, protocol, handshake_s=limits.head_s, vanished_s=limits.read_s)
            accepts = self._door.protocol
        elif tls is not None:
            speaking = {"ssl": tls, "ssl_handshake_timeout": self._limits.head_s}
        try:
            self._server = await loop.create_server(accepts, host, port, backlog=1024, **speaking)
        except OSError as error:
            raise BindError(
                error.errno, f"http_port {port} on {host}: {error.strerror}; set COZUM_HTTP_PORT to a free port"
            ) from error
        logging.getLogger(UVICORN).addFilter(self._faults)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self, grace_s: float = 3.0) -> None:
        """Take no more connections, let answers that are on their way finish for `grace_s`, then close all."""
        if self._server is None:
            return
        self._server.close()
        if self._door is not None:
            await self._door.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if tasks := set(self._state.tasks):
            _, late = await asyncio.wait(tasks, timeout=grace_s)
            self._abort_all()
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=grace_s)
        self._abort_all()
        await self._server.wait_closed()
        self._server = None
        logging.getLogger(UVICORN).removeFilter(self._faults)

    def _abort_all(self) -> None:
        for connection in list(self._state.connections):
            cast(Guarded | Socket, connection).abort()


async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    limits: Limits | None = None,
    refused: Callable[[Refusal], None] | None = None,
    started: Callable[[int], None] | None = None,
    stopping: Callable[[], None] | None = None,
    grace_s: float = 3.0,
) -> None:
    """Serve `app` until cancelled, then stop gracefully. Raises `BindError`.

    `started` is told the port listened on; `stopping` is called before the connections are closed, which is the moment
    to end streams (`app.state.live.close`)."""
    server = HttpServer(app, limits=limits, refused=refused)
    bound = await server.start(host, port)
    try:
        if started:
            started(bound)
        await asyncio.get_running_loop().create_future()
    finally:
        if stopping:
            stopping()
        await server.stop(grace_s)


class Guarded(HttpToolsProtocol):
    """One connection: uvicorn's protocol with deadlines and bounds."""

    server_state: Places

    def __init__(
        self,
        config: Config,
        state: Places,
        limits: Limits,
        refused: Callable[[Refusal], None],
        loop: asyncio.AbstractEventLoop,
        arrived: Arrived | None = None,
    ) -> None:
        """`arrived`: TLS is spoken by the relay, and `arrived` says from where."""
        super().__init__(config, state, {} if arrived is None else {ARRIVED: arrived}, loop)
        self._arrived = arrived
        self._limits = limits
        self._refused = refused
        self._deadline: TimerHandle | None = None
        self._read_deadline: TimerHandle | None = None
        self._in_head = True
        self._in_body = False
        self._bytes = 0
        """Received since the request began, whatever came in one piece with its begin included."""
        self._piece = 0
        self._header_bytes = 0
        self._too_large = False
        self._active: RequestResponseCycle | None = None

    # --- the connection

    @property
    def address(self) -> str:
        """Whence the client came."""
        return "" if self.client is None else self.client[0]

    @property
    def client_key(self) -> str:
        """Whose connection it is, for limits."""
        return client_of(self.address)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn uses TCP alone
        super().connection_made(transport)
        if self._arrived is not None:
            self.client, self.server, self.scheme = self._arrived.client, self._arrived.server, "https"
        else:
            give_up_vanished(transport.get_extra_info("socket"), self._limits.read_s)
        self._await_head()
        if len(self.connections) > self._limits.connections:
            cast(Guarded, self.server_state.longest_silent(self._limits.connections)).make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear()
        self._tell_active()
        self._drop_read_deadline()
        self.server_state.silent.pop(self, None)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._piece = len(data)
        self._bytes += self._piece
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._clear()
                self._drop_read_deadline()
                self.server_state.silent.pop(self, None)
                self.handle_websocket_upgrade()
                cast(Socket, self.transport.get_protocol()).early = data[upgrade.args[0] :]
                return
            # else answered as a plain request: there is nothing to upgrade to
        except httptools.HttpParserError:
            if self._too_large:
                self.refuse("large_head", 431)
            else:
                self.refuse("garbage", 400)
            return
        if self._in_head and self._bytes > self._limits.head_bytes:
            self.refuse("large_head", 431)
        elif self._in_body and self._bytes > self._limits.head_bytes + self._body_bytes():
            self.refuse("large_body", 413)
        elif not self._in_head and not self._in_body and self._answered:
            self._await_head()  # bytes between requests that begin none

    # --- the request

    def on_message_begin(self) -> None:
        self.server_state.refresh_date()
        if len(self.pipeline) >= MAX_PIPELINED:
            raise OverflowError("too many requests at once")
        self._bytes, self._header_bytes = self._piece, 0
        self._await_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def _should_upgrade(self) -> bool:
        """A telephone's WebSocket alone, on a connection that has no other request under way."""
        here = self.url.partition(b"?")[0] == SOCKET_PATH.encode() and not self.pipeline and self._answered
        return here and self.scope["method"] == "GET" and super()._should_upgrade()

    def on_headers_complete(self) -> None:
        self._clear()
        super().on_headers_complete()
        if self.parser.should_upgrade() and self._should_upgrade():
            return
        self._in_body = True
        body_s = self._limits.file_s if self._takes_a_file() else self._limits.body_s
        self._deadline = self.loop.call_later(body_s, self.refuse, "slow_body", 408)

    def on_message_complete(self) -> None:
        self._clear()
        super().on_message_complete()
        self._note_silence()

    def on_response_complete(self) -> None:
        if self._in_body and not self.pipeline:
            self.transport.close()  # answered before the body ended; the rest need not be read
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_reading()
        elif self._answered and not self._in_head and not self._in_body:
            self._bytes = 0
        self._note_silence()

    def timeout_keep_alive_handler(self) -> None:
        self.transport.abort()  # nothing is left to send; close() would wait for a client that does not read

    # --- the answer

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._drop_read_deadline()
        self._note_silence()

    def _body_bytes(self) -> int:
        """What a body may take on the wire, chunk headers included."""
        return 2 * MAX_FILE if self._takes_a_file() else self._limits.body_bytes

    def _takes_a_file(self) -> bool:
        """Whether the request is for a path that takes photos."""
        return body_limit(self.url.partition(b"?")[0].decode("ascii", "replace")) == MAX_FILE

    # --- refusing

    def refuse(self, why: Refusal, status: int) -> None:
        """Close the connection, with an answer if none is on its way and the client has said anything."""
        self._clear()
        self.server_state.silent.pop(self, None)
        if self.transport.is_closing():
            return
        self._refused(why)
        active = self._active
        untouched = active is None or active.response_complete or not active.response_started
        self._tell_active()
        if untouched and self._bytes:
            body = problems.encode(problems.problem(status, _DETAILS[why]))
            head = b"content-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head % (problems.MEDIA_TYPE.encode(), len(body)) + body)
            self.transport.close()
            self.loop.call_later(LINGER_S, self.transport.abort)
        else:
            self.transport.abort()

    def make_room(self) -> None:
        """Close the connection, since another needs its place."""
        if self.transport.is_closing():  # its last answer is not read
            self.server_state.silent.pop(self, None)
            self._refused("crowded")
            self.abort()
        else:
            self.refuse("crowded", 503)

    def abort(self) -> None:
        """Close at once; a request being answered learns it as the client's leaving."""
        self._tell_active()
        self.transport.abort()

    def _not_reading(self) -> None:
        self._refused("not_reading")
        self.abort()

    # --- phases

    @property
    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._active = cycle
        super()._start_asgi_task(cycle, app)

    def _tell_active(self) -> None:
        """Tell the request that is being answered that the client is gone. uvicorn tells only the newest one, and a
        write to a closed uvloop transport raises."""
        if self._active is not None and not self._active.response_complete:
            self._active.disconnected = True
            self._active.message_event.set()

    def _await_head(self) -> None:
        if self._deadline is None:
            self._in_head = True
            self._note_silence()
            self._deadline = self.loop.call_later(self._limits.head_s, self.refuse, "slow_head", 408)

    def _clear(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._in_head = self._in_body = False

    def _note_silence(self) -> None:
        """Tell the server whether it waits for this client: for a request, for the rest of one, or until it reads."""
        if self._answered or self._in_head or self._in_body or self._read_deadline is not None:
            self.server_state.silent.setdefault(self)
        else:
            self.server_state.silent.pop(self, None)

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self._limits.head_bytes:
            self._too_large = True
            raise OverflowError("the request's head is too large")

    def _expect_reading(self) -> None:
        if self._read_deadline is None:
            self._read_deadline = self.loop.call_later(self._limits.read_s, self._not_reading)
            self._note_silence()

    def _drop_read_deadline(self) -> None:
        if self._read_deadline is not None:
            self._read_deadline.cancel()
            self._read_deadline = None


_DETAILS: Final[dict[Refusal, str]] = {
    "garbage": "this is not HTTP/1.1",
    "slow_head": "the request's head took too long",
    "slow_body": "the request's body took too long",
    "large_head": "the request's head is too large",
    "large_body": "the request's body is too large",
    "not_reading": "the answer was not read",
    "crowded": "too many connections; try again",
}
