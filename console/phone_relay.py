"""The relay as the console needs it: another process, which holds the WebSockets of the telephones in browsers and
speaks TLS for us."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from acd.lib.telephone_socket import Page


class PhoneRelay(Protocol):
    """The way to it. Nothing here raises."""

    @property
    def is_there(self) -> bool:
        """Whether it answers, and all its pages are known."""

    @property
    def speaks_tls(self) -> bool:
        """Whether it speaks TLS on the connections to our port."""

    @property
    def pages(self) -> Mapping[str, Page]:
        """The pages whose WebSockets it holds, by their id; those that are being handed over are among them."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Have this called when it has told of all its pages, and when it is gone."""

    async def take(self, page: Page, connection: int, key: str, early: bytes) -> bool:
        """Hand a connection over by its open file, a copy of which the relay gets, with the request's
        `Sec-WebSocket-Key` and what came behind the request. False: it is ours still. True: it is not, and we must not
        write to it any more."""

    def speak_tls(self, client: int, plain: int) -> bool:
        """Have it speak TLS on a client's connection, and pass the plain bytes on to the other open file; it gets
        copies of both. False: the connection is ours still, and nothing was read from it."""

    def close(self, ids: Collection[str], code: int, reason: str) -> None:
        """Have pages' WebSockets closed."""


class Connection(Protocol):
    """A connection that asks for a WebSocket and has no answer yet, as the HTTP server has it."""

    key: str
    """The request's `Sec-WebSocket-Key`."""
    early: bytes
    """What came behind the request."""

    @property
    def ends_here(self) -> bool:
        """Whether it would end with this process, which speaks TLS on it, also when it has been handed over."""

    def handle(self) -> int:
        """The open file to hand over. Raises `OSError`."""

    def leave(self, *, taken: bool) -> None:
        """The end of handing over. If the connection was `taken`, nothing is written to it here any more."""
