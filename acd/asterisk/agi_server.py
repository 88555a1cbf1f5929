"""The FastAGI server: accepts connections, reads their environment, and gives each to the session of its path.

A peer that is silent, endless, half-open or not Asterisk is dropped and costs the others nothing. A real Asterisk sends
its environment at once. So connections without an environment get little time and few places. If there are too many,
the oldest of them is closed, so that no caller is refused because of them. A session that fails ends without the
others.
"""

import asyncio
import hmac
import resource
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import structlog

from acd.asterisk.agi_channel import AgiChannel, ChannelClosed
from acd.asterisk.agi_codec import AgiReader, Environment, HangupNotice, Limits, PeerError, Reply

log = structlog.get_logger(__name__)

Session = Callable[[AgiChannel, Environment], Awaitable[None]]
"""Serves one connection. When it returns or raises, the connection is closed."""

SPARE_FILES: Final = 128
"""Open files that are left to other parts (HTTP, logs) of the process's limit."""
NEW_S: Final = 0.25
"""A connection younger than these seconds may be a caller whose bytes are not read yet; it is not closed..."""
NEW_AT_MOST: Final = 4
"""...unless there are so many times more connections than allowed."""
LINGER_S: Final = 2.0
"""Seconds in which a peer must read our last bytes."""
COMPLAINTS_A_SECOND: Final = 5


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Limits for peers; times in seconds."""

    sessions: int = 5_000
    strangers: int = 128
    """Connections without an environment."""
    environment_s: float = 5.0
    """From the connection to the end of the environment."""
    hangup_lines: int = 16
    codec: Limits = Limits()


class AgiServer:
    """`routes` maps a path (`/call`), or the beginning of one that ends in a slash (`/agent/`), to its session.

    `secret` is the first argument of each request of our dialplan; sessions do not see it. A client that does not know
    it is dropped: every program on this machine can connect."""

    def __init__(
        self,
        routes: Mapping[str, Session],
        *,
        secret: str,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: ServerLimits | None = None,
    ) -> None:
        self.routes = dict(routes)
        self._secret = secret.encode()
        self.limits = limits or ServerLimits()
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._strangers: dict[_Connection, float] = {}
        self._sessions: dict[asyncio.Task[None], _Connection] = {}
        self._room = self.limits.sessions
        self._complaints = 0
        self._complaints_second = 0
        self.dropped = 0
        """Connections dropped for what they sent or did not send."""

    @property
    def port(self) -> int:
        """The port listened on."""
        if self._server is None:
            raise RuntimeError("the AGI server is not started")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def sessions(self) -> int:
        """Sessions that are running."""
        return len(self._sessions)

    async def start(self) -> None:
        """Listen. Raises `OSError` if the address cannot be had."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files != resource.RLIM_INFINITY:
            # Without files left, accept() fails for everyone and asyncio stops accepting for a second.
            self._room = min(self.limits.sessions, files - SPARE_FILES - NEW_AT_MOST * self.limits.strangers)
        if self._room < 1:
            raise OSError(f"only {files} files may be open; raise the limit (ulimit -n) to 1024 or more")
        if self._room < self.limits.sessions:
            log.info("agi.limited", sessions=self._room, files=files)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), self._host, self._port, backlog=1024, reuse_address=True
        )
        for listening in self._server.sockets:  # whoever is accepted there has it from them
            _notice_vanished_peers(listening)

    async def stop(self, grace_s: float = 2.0) -> None:
        """Take no more connections, cancel the sessions and wait for them. Their channels go on in the dialplan."""
        if self._server is None:
            return
        self._server.close()
        for stranger in list(self._strangers):
            stranger.abort()
        sessions = dict(self._sessions)
        for task in sessions:
            task.cancel()
        if sessions:
            _, late = await asyncio.wait(sessions, timeout=grace_s)
            for task in late:
                sessions[task].abort()
            if late:
                log.error("agi.sessions_do_not_end", sessions=len(late))
        self._server = None

    # --- for the connections

    def _welcome(self, connection: "_Connection") -> None:
        if self._server is None or not self._server.is_serving():
            connection.abort()
            return
        now, most = asyncio.get_running_loop().time(), self.limits.strangers
        while len(self._strangers) >= most:
            oldest, since = next(iter(self._strangers.items()))
            if since > now - NEW_S and len(self._strangers) < NEW_AT_MOST * most:
                break
            del self._strangers[oldest]
            oldest.drop("pushed out by newer connections")
        self._strangers[connection] = now

    def _leave(self, connection: "_Connection") -> None:
        self._strangers.pop(connection, None)

    def _begin(self, connection: "_Connection", channel: AgiChannel, environment: Environment) -> str | None:
        """Start the session. Gives the reason if there is none to start."""
        self._leave(connection)
        if not hmac.compare_digest(environment.argument(1).encode(), self._secret):
            return "its first argument is not our agi_secret"
        environment = environment.shifted()
        path = environment.path
        session = self.routes.get(path) or self.routes.get(path[: path.rfind("/") + 1])
        if session is None:
            return "no such path"
        if len(self._sessions) >= self._room:
            return "too many sessions"
        task = asyncio.get_running_loop().create_task(self._serve(session, connection, channel, environment))
        self._sessions[task] = connection
        task.add_done_callback(self._ended)
        return None

    async def _serve(
        self, session: Session, connection: "_Connection", channel: AgiChannel, environment: Environment
    ) -> None:
        try:
            await session(channel, environment)
        except ChannelClosed as error:
            log.debug("agi.closed", path=environment.path, reason=str(error))
        except PeerError as error:
            connection.drop(str(error))
        except Exception:
            log.exception("agi.session_failed", path=environment.path, channel=environment.get("uniqueid"))
        finally:
            channel.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._sessions[task]

    def _complain(self, reason: str) -> None:
        """Log that a peer was dropped; not more than a few a second, since a peer decides how often."""
        self.dropped += 1
        second = int(asyncio.get_running_loop().time())
        if second != self._complaints_second:
            if self._complaints > COMPLAINTS_A_SECOND:
                log.warning("agi.dropped_more", connections=self._complaints - COMPLAINTS_A_SECOND)
            self._complaints_second, self._complaints = second, 0
        self._complaints += 1
        if self._complaints <= COMPLAINTS_A_SECOND:
            log.warning("agi.dropped", reason=reason)


class _Connection(asyncio.Protocol):
    """One connection: bytes to items, items to the channel."""

    def __init__(self, server: AgiServer) -> None:
        self._server = server
        self._reader = AgiReader(server.limits.codec)
        self._hangups = 0
        self._channel: AgiChannel | None = None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server._welcome(self)
        self._deadline = asyncio.get_running_loop().call_later(
            self._server.limits.environment_s, self.drop, "no environment in time"
        )

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while self._transport is not None and (item := self._reader.next_item()) is not None:
                self._take(item)
        except PeerError as error:
            self.drop(str(error))
        if self._transport is not None and self._channel is not None and self._channel.expecting:
            _acknowledge(self._transport.get_extra_info("socket"))

    def _take(self, item: Environment | Reply | HangupNotice) -> None:
        match item:
            case Environment():
                self._cancel_deadline()
                assert self._transport is not None
                channel = AgiChannel(self._transport.write, self.close)
                refusal = self._server._begin(self, channel, item)
                if refusal is None:
                    self._channel = channel
                else:
                    self.drop(refusal)
            case HangupNotice():
                self._hangups += 1
                if self._hangups > self._server.limits.hangup_lines:
                    raise PeerError("HANGUP without end")
                if self._channel is not None:
                    self._channel.hangup_received()
            case Reply():
                if self._channel is not None:
                    self._channel.reply_received(item)

    def eof_received(self) -> bool:
        """Asterisk closes both ways at once; a half-open peer has nothing more to tell us."""
        if self._channel is None:
            self.drop("closed before its environment was complete")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._cancel_deadline()
        self._server._leave(self)
        if self._channel is not None:
            self._channel.lost(ChannelClosed("the connection is lost" if exc else "closed by Asterisk"))

    def drop(self, reason: str) -> None:
        """Close because of what the peer did."""
        if self._transport is not None:
            self._server._complain(reason)
            if self._channel is not None:
                self._channel.lost(ChannelClosed(reason))
            self.abort()

    def close(self) -> None:
        """Close when all is written."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.close()
            if transport.get_write_buffer_size():
                asyncio.get_running_loop().call_later(LINGER_S, transport.abort)

    def abort(self) -> None:
        """Close now."""
        if self._transport is not None:
            self._transport.abort()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _acknowledge(sock: socket.socket) -> None:
    """Tell the peer at once that its data has come. Asterisk holds a second reply back until then (Nagle), and the
    kernel would let it wait for 40 ms."""
    if hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _notice_vanished_peers(sock: socket.socket) -> None:
    """A machine that is cut off sends no FIN: probe after 30 s of silence, give up 15 s later."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
