"""The relay's pages, and the socket at which the desk hands them over. `page` forwards what a page says to Asterisk."""

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, assert_never

import msgspec
import structlog

from acd.lib.restart_counts import relays_ended
from acd.lib.telephone_socket import AWAY, MAX_SOCKETS, RESTART, Page
from acd.link.packets import Packets, close_all
from acd.link.relay_messages import (
    VERSION,
    AllTold,
    Close,
    FromRelay,
    Gone,
    Holds,
    Renew,
    Speak,
    Speaks,
    Take,
    Taken,
    decode_from_desk,
    encode,
)
from acd.link.socket_path import reachable
from acd.relay.page import BadRequest, PageSocket, answered, close, forward
from acd.relay.tls import Tunnels

log = structlog.get_logger(__name__)

MOST_DESKS: Final = 4
AGAIN_S: Final = 1.0
"""Seconds until we listen again after there was no room for a connection."""


@dataclass(slots=True)
class _Held:
    """A page that we hold."""

    page: Page
    task: asyncio.Task[None] | None = None
    told: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is to be closed, with `code`."""
    code: int = AWAY
    reason: str = ""

    def end(self, code: int, reason: str) -> None:
        """Have it closed; the first word counts."""
        if not self.told.is_set():
            self.code, self.reason = code, reason
            self.told.set()


class Relay:
    """Call all methods on the loop's thread."""

    def __init__(
        self, path: Path, telephone_port: int, certificate: Callable[[], ssl.SSLContext | None] = lambda: None
    ) -> None:
        """`telephone_port`: of Asterisk's WebSocket on this machine. `certificate` reads the desk's; None: there is
        none, or it cannot be used."""
        self._path = path
        self._tunnels = Tunnels(certificate)
        self._port = telephone_port
        self._listener: socket.socket | None = None
        self._desks: list[Packets] = []
        self._held: dict[str, _Held] = {}
        self._stopping = False
        self._again: asyncio.TimerHandle | None = None

    @property
    def pages(self) -> int:
        """How many pages we hold."""
        return len(self._held)

    @property
    def tunnels(self) -> int:
        """How many connections we speak TLS on."""
        return self._tunnels.count

    def start(self) -> None:
        """Listen for the desk. A socket of an earlier relay is removed. Raises `OSError`."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            with reachable(self._path) as name:
                listener.bind(name)
            self._path.chmod(0o600)
            listener.listen(MOST_DESKS)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        self._listen()

    async def stop(self) -> None:
        """Tell all pages to connect again, and end."""
        self._stopping = True
        if self._again is not None:
            self._again.cancel()
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()
        for held in self._held.values():
            held.end(RESTART, "the relay ends")
        tasks = [held.task for held in self._held.values() if held.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._tunnels.stop()  # after the pages, some of whose last words go through them
        for desk in self._desks:
            desk.close()
        self._desks.clear()

    # --- desks

    def _listen(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        assert self._listener is not None
        loop = asyncio.get_running_loop()
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:  # no room for another file: it would be tried again at once, and for ever
            log.error("relay_cannot_accept", error=error.strerror or str(error))
            loop.remove_reader(self._listener)
            self._again = loop.call_later(AGAIN_S, self._listen)
            return
        connection.setblocking(False)
        if _user_of(connection) not in (0, os.geteuid()) or len(self._desks) >= MOST_DESKS:
            connection.close()
            return
        desk = Packets(connection, self._on_packet, self._on_closed)
        for held in self._held.values():
            if not held.told.is_set():  # one that is being closed was replaced, or is signed out: it has no phone
                self._tell(Holds(page=held.page), desk)
        self._tell(AllTold(version=VERSION, ends=dict(relays_ended), tls=self._tunnels.renew()), desk)
        if desk.is_open:
            self._desks.append(desk)

    def _on_closed(self, desk: Packets, why: str) -> None:
        if desk in self._desks:
            self._desks.remove(desk)
            log.info("relays_desk_gone", why=why, pages=len(self._held))

    def _on_packet(self, desk: Packets, payload: bytes, files: Sequence[int]) -> None:
        try:
            message = decode_from_desk(payload)
        except msgspec.MsgspecError as error:
            close_all(files)
            desk.close()
            self._on_closed(desk, str(error))
            return
        match message:
            case Take():
                taken = self._take(message, files)
                self._tell(Taken(id=message.page.id, taken=taken), desk)
                if taken:
                    for other in [one for one in self._desks if one is not desk]:
                        self._tell(Holds(page=message.page), other)
            case Close():
                close_all(files)
                for one in message.ids:
                    if one in self._held:
                        self._held[one].end(message.code, message.reason)
            case Speak():
                self._tell(Speaks(), desk)
                self._tunnels.begin(files)
            case Renew():
                close_all(files)
                self._tunnels.renew()
            case _:
                assert_never(message)

    @staticmethod
    def _tell(message: FromRelay, desk: Packets) -> None:
        desk.send(encode(message))

    # --- pages

    def _take(self, wanted: Take, files: Sequence[int]) -> bool:
        page = wanted.page
        if len(files) != 1 or len(self._held) >= MAX_SOCKETS or page.id in self._held or self._stopping:
            close_all(files)  # copies: the connection itself is the desk's still
            return False
        held = self._held[page.id] = _Held(page)
        held.task = asyncio.get_running_loop().create_task(self._serve(held, files[0], wanted))
        return True

    async def _serve(self, held: _Held, handle: int, wanted: Take) -> None:
        try:
            page = await answered(handle, wanted.key, wanted.early)
        except (OSError, BadRequest) as error:
            log.warning("page_not_taken", error=str(error))
        else:
            await self._hold(held, page)
        finally:
            del self._held[held.page.id]
            for desk in list(self._desks):
                self._tell(Gone(id=held.page.id), desk)

    async def _hold(self, held: _Held, page: PageSocket) -> None:
        """Forward until one side ends or the page is to be closed; then close both."""
        works = [asyncio.create_task(one) for one in (forward(page, self._port), held.told.wait(), page.wait_closed())]
        try:
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for work in works:
                work.cancel()
            ended = await asyncio.gather(close(page, held.code, held.reason), *works, return_exceptions=True)
            page.abort()
        for error in ended:
            if isinstance(error, Exception):
                log.error("page_failed", error=repr(error))


def _user_of(connection: socket.socket) -> int:
    """The id of the user whose process is at the other end."""
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)
