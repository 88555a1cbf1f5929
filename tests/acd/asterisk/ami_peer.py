"""A scripted manager: a real socket on loopback, and the test itself decides each answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")
DEADLINE_S = 60.0

BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"


class Link:
    """One connection that the peer has taken."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def action(self) -> dict[str, str]:
        """The next action that was written to us. Raises `IncompleteReadError` at the end."""
        async with asyncio.timeout(DEADLINE_S):
            block = await self.reader.readuntil(b"\r\n\r\n")
        return dict(line.split(": ", 1) for line in block.decode().split("\r\n") if line)

    def write(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)

    def answer(self, action: dict[str, str], *, message: str = "", ok: bool = True, extra: str = "") -> None:
        kind = "Success" if ok else "Error"
        self.write(f"Response: {kind}\r\nActionID: {action['ActionID']}\r\nMessage: {message}\r\n{extra}\r\n")

    def listing(self, action: dict[str, str], items: list[str]) -> None:
        """A whole list: each item is the lines of one event."""
        tag = f"ActionID: {action['ActionID']}\r\n"
        self.answer(action, message="wird folgen", extra="EventList: start\r\n")
        for item in items:
            self.write(item.replace("\r\n", f"\r\n{tag}", 1) + "\r\n")
        self.write(f"Event: {action['Action']}Complete\r\n{tag}EventList: Complete\r\nListItems: {len(items)}\r\n\r\n")

    async def greet(self, *, booted: bool = True) -> dict[str, str]:
        """Let the client in."""
        self.write("Asterisk Call Manager/11.0.0\r\n")
        login = await self.action()
        self.answer(login, message="Authentication accepted")
        if booted:
            self.write(BOOTED)
        return login

    def close(self) -> None:
        self.writer.transport.abort()


class Peer:
    """Listens; each connection is handed to the test."""

    def __init__(self) -> None:
        self.links: asyncio.Queue[Link] = asyncio.Queue()
        self._all: list[Link] = []
        self.server: asyncio.Server

    @property
    def port(self) -> int:
        return int(self.server.sockets[0].getsockname()[1])

    async def link(self) -> Link:
        """The next connection that is made."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.links.get()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer)
        self._all.append(link)
        self.links.put_nowait(link)


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    """A listening peer, closed with all its connections at the end."""
    one = Peer()
    one.server = await asyncio.start_server(one._take, "127.0.0.1", 0)
    try:
        yield one
    finally:
        one.server.close()
        for link in one._all:
            link.close()


@asynccontextmanager
async def running(work: Awaitable[T]) -> AsyncIterator["asyncio.Future[T]"]:
    """The work, in the background until the end of the block. A failure of it fails the test."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()
