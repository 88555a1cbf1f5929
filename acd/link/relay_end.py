"""The desk's end of the connection to the relay, which holds the WebSockets of the telephones in browsers."""

import asyncio
import socket
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, assert_never

import msgspec
import structlog

from acd.lib.telephone_socket import MAX_EARLY, Page
from acd.link.packets import Packets, close_all
from acd.link.relay_messages import (
    VERSION,
    AllTold,
    Close,
    Gone,
    Holds,
    Renew,
    Speak,
    Speaks,
    Take,
    Taken,
    decode_from_relay,
    encode,
)
from acd.link.socket_path import reachable

log = structlog.get_logger(__name__)

AGAIN_S: Final = 0.25
ANSWER_S: Final = 2.0
"""Seconds for the relay to say that it has taken a connection."""
_CLOSED_AT_ONCE: Final = 256


class RelayEnd:
    """Call all methods on the desk's loop. `changed` is called when the relay has told of all its pages, and when it is
    gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._peer: Packets | None = None
        self._told = False
        self._said = False
        """Whether the log has that it is away."""
        self.ends: Mapping[str, int] = {}
        """How often relays ended without being told to, by why, as far as one has said."""
        self._pages: dict[str, Page] = {}
        self._asked: dict[str, asyncio.Future[bool]] = {}
        self._tls = False
        self._speaking: deque[float] = deque()
        """When connections were handed over for TLS to which the relay has not answered; monotonic seconds."""
        self._late = False
        self._listeners: list[Callable[[], None]] = []
        self._ended = asyncio.Event()

    @property
    def is_there(self) -> bool:
        """Whether the relay is connected and all its pages are known."""
        return self._told

    @property
    def speaks_tls(self) -> bool:
        """Whether the relay has a certificate and speaks TLS for us."""
        return self._tls

    @property
    def pages(self) -> Mapping[str, Page]:
        """The pages whose WebSockets the relay holds, by their id."""
        return self._pages

    def on_change(self, changed: Callable[[], None]) -> None:
        """Have this called when the relay has told of all its pages, and when it is gone."""
        self._listeners.append(changed)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        try:
            while True:
                self._ended.clear()
                if self._connect():
                    await self._ended.wait()
                elif not self._said:
                    self._said = True
                    log.warning("relay_away", socket=str(self.path))
                await asyncio.sleep(AGAIN_S)
        finally:
            if self._peer is not None:
                self._peer.close()
                self._forget()

    async def take(self, page: Page, connection: int, key: str, early: bytes) -> bool:
        """Hand a connection over by its open file, a copy of which the relay gets. False: it is ours still. True: it is
        the relay's, or was lost with it; we must not write to it any more."""
        peer = self._peer
        if peer is None or not self._told or len(early) > MAX_EARLY:
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked[page.id], self._pages[page.id] = answer, page
        if not peer.send_with_files(encode(Take(page=page, key=key, early=early)), connection):
            del self._asked[page.id], self._pages[page.id]
            return False
        try:
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError:
            log.warning("relay_late", seconds=ANSWER_S)
            return True
        finally:
            del self._asked[page.id]

    def speak_tls(self, client: int, plain: int) -> bool:
        """Have the relay speak TLS on a client's connection, and pass the plain bytes on to the other open file; the
        relay gets copies of both. False: the connection is ours still, and nothing was read from it."""
        if self._peer is None or not self._tls or self._is_late():
            return False
        if not self._peer.send_with_files(encode(Speak()), client, plain):
            return False
        self._speaking.append(time.monotonic())
        return True

    def renew(self) -> None:
        """Have the relay read the certificate again."""
        if self._peer is not None and self._told:
            self._peer.send(encode(Renew()))

    def _is_late(self) -> bool:
        """Whether the relay hangs, as far as we know: then connections wait for us alone."""
        late = bool(self._speaking) and time.monotonic() - self._speaking[0] > ANSWER_S
        if late and not self._late:
            log.warning("relay_late", seconds=ANSWER_S)
        self._late = late
        return late

    def close(self, ids: Collection[str], code: int, reason: str) -> None:
        """Have pages' WebSockets closed."""
        if self._peer is None:
            return
        wanted = sorted(ids)
        for start in range(0, len(wanted), _CLOSED_AT_ONCE):
            some = tuple(wanted[start : start + _CLOSED_AT_ONCE])
            self._peer.send(encode(Close(ids=some, code=code, reason=reason)))

    def _connect(self) -> bool:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        one.setblocking(False)
        try:
            with reachable(self.path) as name:
                one.connect(name)
        except OSError:
            one.close()
            return False
        self._peer = Packets(one, self._on_packet, self._on_closed)
        return True

    def _on_packet(self, peer: Packets, payload: bytes, files: Sequence[int]) -> None:
        close_all(files)
        try:
            message = decode_from_relay(payload)
        except msgspec.MsgspecError as error:
            peer.close()
            self._on_closed(peer, str(error))
            return
        match message:
            case Holds():
                self._pages[message.page.id] = message.page
            case AllTold():
                if message.version != VERSION:
                    peer.close()
                    self._on_closed(peer, f"it speaks version {message.version}, and we {VERSION}")
                    return
                self._told, self._said, self.ends, self._tls = True, False, message.ends, message.tls
                log.info("relay_connected", pages=len(self._pages), tls=self._tls)
                self._tell()
            case Taken():
                if not message.taken:
                    self._pages.pop(message.id, None)
                if (answer := self._asked.get(message.id)) is not None and not answer.done():
                    answer.set_result(message.taken)
            case Gone():
                self._pages.pop(message.id, None)
            case Speaks():
                if self._speaking:
                    self._speaking.popleft()
            case _:
                assert_never(message)

    def _on_closed(self, _: Packets, why: str) -> None:
        if not self._said:
            self._said = True
            log.warning("relay_gone", why=why)
        self._forget()
        self._ended.set()

    def _forget(self) -> None:
        self._peer, self._told, self._tls, self._late = None, False, False, False
        self._speaking.clear()
        self._pages.clear()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result(True)  # sent, and never answered: whatever became of it, it is not ours
        self._tell()

    def _tell(self) -> None:
        for changed in self._listeners:
            changed()
