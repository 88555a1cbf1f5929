"""One connection to an Asterisk manager, kept up for ever.

Built on panoramisk's `Manager`, `AMIProtocol` and `Action`, with the parts replaced that lose or repeat things:

- what is read is decoded a whole message at a time (`wire.Decoder`), so a Turkish letter cut by a read survives;
- what is written is checked header by header (`wire.encode`), so a caller's name never becomes an action;
- an action that was not answered when the connection went fails with `AmiDisconnected` and is never sent again, since
  nobody knows whether it was carried out; repeating it is for the caller to decide;
- a list ends with the header `EventList: Complete` under the list's own ActionID, whatever its English says;
- events go to one plain callback, in the order in which they came, before the next byte is looked at;
- every action has a deadline, a silent peer is dropped after `Timings.dead_s`, and an endless message is cut off;
- a message that a caller's text has broken into is dropped (`wire.Decoder`), and `on_forged` is told.

Between `on_connected` and `on_lost` the peer is logged in and fully booted, and only then do events and actions pass.
"""

import asyncio
import math
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import structlog
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from acd.asterisk.ami_actions import (
    AmiDisconnected,
    AmiLoginRefused,
    AmiRefused,
    AmiTimeout,
    OnAnswer,
    OnList,
    PendingAction,
    Response,
)
from acd.asterisk.wire import AmiError, AmiProtocolError, BadAction, Decoder, Message

__all__ = [
    "AmiConnection",
    "AmiDisconnected",
    "AmiError",
    "AmiLoginRefused",
    "AmiProtocolError",
    "AmiRefused",
    "AmiTimeout",
    "BadAction",
    "Message",
    "Response",
    "Timings",
]

log = structlog.get_logger(__name__)

STOPPING: Final = "Asterisk is shutting down"
"""Asterisk's own words, with which it refuses every action then."""


@dataclass(frozen=True, slots=True)
class Timings:
    """All in seconds."""

    connect_s: float = 2.0
    """For the TCP connection, and again for greeting and login."""
    boot_s: float = 120.0
    """From login to FullyBooted."""
    ping_s: float = 1.0
    """A peer that has been silent for so long is pinged."""
    dead_s: float = 3.0
    """A peer that has been silent for so long is given up, pings or not."""
    first_retry_s: float = 0.1
    """The first wait before connecting again; doubled at each failure, up to `last_retry_s`."""
    last_retry_s: float = 2.0


T = TypeVar("T")


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """The bytes of one connection. `gone` is done when it is over, with the reason."""

    def __init__(
        self, on_event: Callable[[Message], None], on_over: Callable[[str], None], on_forged: Callable[[], None]
    ) -> None:
        self._on_event = on_event
        self._on_over = on_over
        self._on_forged = on_forged
        self._forged = 0
        self._decoder = Decoder()
        self._loop = asyncio.get_running_loop()
        self._reason = ""
        self.closed = False
        self.gone: asyncio.Future[str] = self._loop.create_future()
        self.heard_at = self._loop.time()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.responses: dict[str | None, PendingAction] = {}
        self.heard_at = self._loop.time()

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        try:
            for message in self._decoder.feed(data):
                if self.closed:
                    return
                self.handle_message(message)
        except AmiProtocolError as error:
            self.drop(str(error))
            return
        if self._decoder.forged > self._forged and not self.closed:
            self._forged = self._decoder.forged
            self._on_forged()

    def handle_message(self, message: Message) -> None:
        """To whoever waits for it by ActionID, or else, if it is an event, to the callback."""
        action = self.responses.get(message.get("ActionID"))
        try:
            if action is not None:
                if action.add_message(message):
                    del self.responses[action.action_id]
            elif "Event" in message:
                self._on_event(message)
        except Exception:  # a mistake of ours in a callback; the next message is not to suffer for it
            log.exception("ami_callback_failed", event_name=message.get("Event", ""))

    def send(self, action: PendingAction, as_list: object = None) -> "asyncio.Future[Any]":
        """Write an action that is whole and safe. Raises `AmiDisconnected`, and `BadAction` for an id in use."""
        if self.closed or self.transport.is_closing():
            raise AmiDisconnected(f"{action['Action']}: the connection is closed")
        if action.action_id in self.responses:
            raise BadAction(f"ActionID {action.action_id!r} is under way already; each action needs its own")
        self.responses[action.action_id] = action
        self.transport.write(action.wire)
        future: asyncio.Future[Any] = action.future
        return future

    def drop(self, reason: str) -> None:
        """End the connection now, for this reason, without waiting for what is still to be written."""
        self._reason = self._reason or reason
        if not self.closed:
            self.transport.abort()
            self._over()

    def connection_lost(self, exc: Exception | None) -> None:
        self._reason = self._reason or (f"connection lost: {exc}" if exc else "Asterisk closed the connection")
        self._over()

    def close(self) -> None:
        """Panoramisk's own would keep what was not answered to send it again."""
        self.drop("closed by us")

    def _over(self) -> None:
        if self.closed:
            return
        self.closed = True
        pending = list(self.responses.values())
        self.responses.clear()
        for action in pending:
            if not action.future.done():
                error = AmiDisconnected(f"{action['Action']}: {self._reason} before it was answered")
                action.future.set_exception(error)
                action.future.exception()  # whoever waits sees it; where nobody does, no complaint is due
        self.gone.set_result(self._reason)
        self._on_over(self._reason)


class _Manager(Manager):  # type: ignore[misc]  # panoramisk has no types
    """Panoramisk's manager for one connection; when to make the next is `AmiConnection`'s to decide."""

    def connection_made(self, f: "asyncio.Future[tuple[Any, _Protocol]]") -> None:
        if not f.cancelled() and f.exception() is None:
            self.protocol = f.result()[1]

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is repeated and nobody reconnects from here."""


class AmiConnection:
    """Keeps one manager connection up while `run` runs.

    `on_event` gets each event, a mapping of header names to values; `on_connected` is called when the peer is ready
    and `on_lost`, with the reason, when a connection that was ready is gone; `on_forged` after messages were dropped
    because somebody's text was in the place of headers: what they told has to be asked for. All are called in order on
    the loop and must only enqueue, never wait.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        secret: str,
        on_event: Callable[[Message], None],
        on_connected: Callable[[], None] = lambda: None,
        on_lost: Callable[[str], None] = lambda reason: None,
        on_forged: Callable[[], None] = lambda: None,
        tls: ssl.SSLContext | None = None,
        timings: Timings | None = None,
    ) -> None:
        self._host, self._port, self._user, self._secret, self._tls = host, port, user, secret, tls
        self._on_event, self._on_connected, self._on_lost = on_event, on_connected, on_lost
        self._on_forged = on_forged
        self._timings = timings or Timings()
        self._manager: _Manager | None = None
        self._reported = ""
        self._next_id = 0
        self.connected = False
        """Logged in, fully booted, and not known to be gone."""
        self.connects = 0
        """How often the connection has come up so far."""
        self.uptime_s: float | None = None
        """How long Asterisk had run when the connection came up, in whole seconds; None where it did not say."""
        self.last_error = ""
        """Why there is no connection, or why the last one went; empty while one is up."""
        self.forged = 0
        """How often messages were dropped because somebody's text was in the place of headers."""

    # --- life

    async def run(self) -> NoReturn:
        """Connect, and connect again whenever the connection goes, until cancelled."""
        delay = self._timings.first_retry_s
        while True:
            before = self.connects
            try:
                reason = await self._one_connection()
            except AmiLoginRefused as error:  # quick repetition would only get us locked out
                reason, delay = str(error), self._timings.last_retry_s
            except (AmiError, OSError) as error:
                reason = str(error) or type(error).__name__
            if self.connects > before:
                delay = self._timings.first_retry_s
            self._report(reason, delay)
            await asyncio.sleep(delay)
            delay = min(2 * delay, self._timings.last_retry_s)

    def _report(self, reason: str, delay: float) -> None:
        if reason != self._reported:  # once, not every two seconds
            log.warning("ami_down", peer=f"{self._host}:{self._port}", reason=reason, retry_s=delay)
        self.last_error = self._reported = reason

    async def _one_connection(self) -> str:
        """From connecting to the end of it; why it ended."""
        protocol = await self._connect()
        try:
            await self._login(protocol)
            return await self._watch(protocol)
        finally:
            protocol.drop("closed by us")
            self._manager = None

    async def _connect(self) -> _Protocol:
        manager = _Manager(
            loop=asyncio.get_running_loop(),
            host=self._host,
            port=self._port,
            ssl=self._tls,
            protocol_factory=lambda: _Protocol(self._event, self._over, self._told_of_forgery),
            log=log,
        )
        connecting = manager.connect()
        try:
            async with asyncio.timeout(self._timings.connect_s):
                _, protocol = await connecting
        except asyncio.CancelledError:
            if manager.protocol is not None:  # it came up in the very turn in which we were stopped
                manager.protocol.drop("closed by us")
            raise
        except TimeoutError:
            raise AmiTimeout(f"no connection to {self._host}:{self._port} in {self._timings.connect_s:g} s") from None
        except OSError as error:
            raise AmiDisconnected(f"no connection to {self._host}:{self._port}: {error.strerror or error}") from None
        self._manager = manager
        assert isinstance(protocol, _Protocol)
        return protocol

    async def _login(self, protocol: _Protocol) -> None:
        headers = {"Username": self._user, "Secret": self._secret, "Events": "on"}
        action = PendingAction("Login", headers, "login")
        future = protocol.send(action)
        try:
            async with asyncio.timeout(self._timings.connect_s):
                response: Response = await future
        except TimeoutError:
            peer = f"{self._host}:{self._port}"
            raise AmiTimeout(f"{peer} took the connection but not the login in {self._timings.connect_s:g} s") from None
        if not response.success and response.message == STOPPING:
            raise AmiDisconnected(f"{self._host}:{self._port}: {STOPPING}")
        if not response.success:
            raise AmiLoginRefused(
                f"{self._host}:{self._port} refused AMI user {self._user!r}: {response.message} "
                "(ami_user and ami_secret must be those of its manager.conf)"
            )

    async def _watch(self, protocol: _Protocol) -> str:
        """Ping a peer that is silent, drop one that stays so or never gets ready; why the connection ended."""
        loop, timings = asyncio.get_running_loop(), self._timings
        boot_until, due = loop.time() + timings.boot_s, math.inf
        while not protocol.gone.done():
            # Time for which we ourselves stood still is no silence of the peer's, and what came meanwhile is read now.
            protocol.heard_at += max(0.0, min(loop.time() - due, loop.time() - protocol.heard_at))
            if loop.time() - protocol.heard_at >= timings.dead_s:
                await asyncio.sleep(0)
            silent = loop.time() - protocol.heard_at
            wait = timings.ping_s - silent
            if silent >= timings.dead_s:
                protocol.drop(f"nothing heard for {silent:.1f} s, pings included")
            elif not self.connected and loop.time() >= boot_until:
                protocol.drop(
                    f"no FullyBooted within {timings.boot_s:g} s of the login; "
                    f"AMI user {self._user!r} needs the read class system"
                )
            elif silent >= timings.ping_s:
                protocol.send(PendingAction("Ping", {}, self._new_id()))
                wait = min(timings.ping_s, timings.dead_s - silent)
            if not self.connected:
                wait = min(wait, boot_until - loop.time())
            wait = max(wait, 0.01)
            due = loop.time() + wait
            await asyncio.wait((protocol.gone,), timeout=wait)
        return await protocol.gone

    def drop(self, reason: str) -> None:
        """Give the present connection up; `run` makes a new one."""
        if self._manager is not None and self._manager.protocol is not None:
            self._manager.protocol.drop(reason)

    # --- what the protocol tells

    def _event(self, message: Message) -> None:
        if self.connected:
            self._on_event(message)
            if message["Event"] == "Shutdown":
                self.drop(STOPPING)
        elif message["Event"] == "FullyBooted":
            self.connected = True
            self.connects += 1
            uptime = message.get("Uptime", "")
            self.uptime_s = float(uptime) if uptime.isascii() and uptime.isdecimal() and len(uptime) < 12 else None
            self.last_error = self._reported = ""
            log.info("ami_up", peer=f"{self._host}:{self._port}", connects=self.connects)
            self._on_connected()

    def _told_of_forgery(self) -> None:
        self.forged += 1
        if self.connected:
            self._on_forged()

    def _over(self, reason: str) -> None:
        if self.connected:
            self.connected = False
            self.last_error = reason
            self._on_lost(reason)

    # --- actions

    def start(
        self,
        action: str,
        headers: Mapping[str, str] | None = None,
        *,
        action_id: str = "",
        on_answer: OnAnswer | None = None,
    ) -> "asyncio.Future[Response]":
        """Write an action at once; the future is its answer.

        `on_answer` is called with the answer in the very order of the stream, which the future does not keep. Raises
        `BadAction` if it must not be written (nothing is), `AmiDisconnected` if there is no connection. The future
        fails with `AmiDisconnected` if the connection goes before the answer comes.
        """
        return self._send(PendingAction(action, headers or {}, action_id or self._new_id(), on_answer=on_answer))

    def start_list(
        self,
        action: str,
        headers: Mapping[str, str] | None = None,
        *,
        action_id: str = "",
        on_list: OnList = lambda items: None,
    ) -> "asyncio.Future[list[Message]]":
        """Like `start`, for an action that is answered by a list of events.

        `on_list` is called with the whole list in the very order of the stream: after all events that came before the
        list, and before any that came behind it. The future fails with `AmiRefused` if Asterisk refuses.
        """
        return self._send(PendingAction(action, headers or {}, action_id or self._new_id(), on_list))

    async def send(
        self, action: str, headers: Mapping[str, str] | None = None, *, action_id: str = "", timeout_s: float = 2.0
    ) -> Response:
        """Write an action and wait for its answer. Raises as `start`, and `AmiTimeout`."""
        return await self._within(timeout_s, action, self.start(action, headers, action_id=action_id))

    async def send_list(
        self, action: str, headers: Mapping[str, str] | None = None, *, action_id: str = "", timeout_s: float = 5.0
    ) -> list[Message]:
        """Write an action and wait for its whole list. Raises as `start_list`, and `AmiTimeout`."""
        return await self._within(timeout_s, action, self.start_list(action, headers, action_id=action_id))

    async def _within(self, timeout_s: float, action: str, future: "asyncio.Future[T]") -> T:
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            raise AmiTimeout(f"{action} was not answered in {timeout_s:g} s") from None

    def _send(self, action: PendingAction) -> "asyncio.Future[Any]":
        if not self.connected or self._manager is None:
            raise AmiDisconnected(f"{action['Action']}: {self.last_error or 'not connected yet'}")
        future: asyncio.Future[Any] = self._manager.send_action(action)
        return future

    def _new_id(self) -> str:
        self._next_id += 1
        return f"cozum-{self._next_id}"


async def answer_or_why(answer: "asyncio.Future[T]", within_s: float) -> T | str:
    """An action's answer, or in words why there is none."""
    try:
        async with asyncio.timeout(within_s):
            return await answer
    except TimeoutError:
        return f"not answered in {within_s:g} s"
    except AmiError as error:
        return str(error)
