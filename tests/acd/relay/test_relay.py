"""The relay, with a desk and pages of the test's own: what is handed over, forwarded, bounded and given up."""

import asyncio
import contextlib
import os
import resource
import secrets
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from acd.lib.telephone_socket import AWAY, MAX_EARLY, MAX_MESSAGE, MAX_SOCKETS, REPLACED, RESTART, Page
from acd.link.relay_end import RelayEnd
from acd.link.relay_messages import VERSION, AllTold, Renew, Speak, Take, encode
from acd.relay import page as page_module
from acd.relay.relay import Relay
from tests.waiting import until

SIP = websockets.Subprotocol("sip")


class Asterisk:
    """Says each message back; a "flood" is answered with large ones without end."""

    def __init__(self) -> None:
        self.open = 0
        self.flooded = 0

    async def serve(self, page: ServerConnection) -> None:
        self.open += 1
        try:
            with contextlib.suppress(websockets.ConnectionClosed):
                async for message in page:
                    while message == "flood":
                        await page.send("x" * 32_000)
                        self.flooded += 1
                    await page.send(message)
        finally:
            self.open -= 1


class Scene:
    """A relay with Asterisk behind it, and a desk that hands over whoever connects."""

    def __init__(self, relay: Relay, peer: Asterisk, path: Path) -> None:
        self.relay, self.peer, self.path = relay, peer, path
        self.end = RelayEnd(path)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)

    async def asked(self) -> tuple[asyncio.Task[ClientConnection], socket.socket, str]:
        """A page that asks for a WebSocket, the desk's end of its connection, and the key of its request."""
        port = self.listener.getsockname()[1]
        client = asyncio.create_task(_connected(port))
        loop = asyncio.get_running_loop()
        connection, _ = await loop.sock_accept(self.listener)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await loop.sock_recv(connection, 4096)
        (key,) = (line[19:] for line in head.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key: "))
        return client, connection, key

    async def page(self, user: str = "1001-web") -> tuple[ClientConnection, Page]:
        """An open page, and what the desk told of it."""
        client, connection, key = await self.asked()
        told = page_of(user)
        assert await self.end.take(told, connection.fileno(), key, b"")
        connection.close()
        return await client, told


async def _connected(port: int) -> ClientConnection:
    return await connect(f"ws://127.0.0.1:{port}/", subprotocols=[SIP], proxy=None, ping_interval=None)


def page_of(user: str = "1001-web") -> Page:
    """What a desk tells of a page."""
    return Page(id=secrets.token_hex(8), user=user, digest="00", until=1e9, most=1, right="session:1")


@asynccontextmanager
async def followed(end: RelayEnd) -> AsyncIterator[RelayEnd]:
    """A desk's end, connected."""
    running = asyncio.create_task(end.run())
    await until(lambda: end.is_there, "the relay has told")
    try:
        yield end
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """One, in order."""
    peer = Asterisk()
    async with serve(peer.serve, "127.0.0.1", 0, subprotocols=[SIP]) as server:
        relay = Relay(folder / "relay.sock", next(iter(server.sockets)).getsockname()[1])
        relay.start()
        one = Scene(relay, peer, folder / "relay.sock")
        try:
            async with followed(one.end):
                yield one
        finally:
            one.listener.close()
            await relay.stop()


async def echoes(page: ClientConnection, message: str = "OPTIONS") -> bool:
    """Whether a message comes back through the relay."""
    async with asyncio.timeout(60):
        await page.send(message)
        return await page.recv() == message


async def close_code(page: ClientConnection) -> int | None:
    """The code by which the relay ends it."""
    async with asyncio.timeout(60):
        await page.wait_closed()
    return page.close_code


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_page_is_handed_over_forwarded_and_told_of(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        assert stat.S_IMODE((tmp_path / "relay.sock").stat().st_mode) == 0o600
        page, told = await one.page()
        assert page.subprotocol == "sip"
        for message in ("REGISTER", "ğüşıöç", "x" * MAX_MESSAGE):
            assert await echoes(page, message)
        assert dict(one.end.pages) == {told.id: told}
        async with followed(RelayEnd(tmp_path / "relay.sock")) as second:  # a desk that comes later
            assert dict(second.pages) == {told.id: told}
            other, of_other = await one.page("1002-web")
            await until(lambda: set(second.pages) == {told.id, of_other.id})
            second.close([told.id], REPLACED, "another page has the phone now")
            assert await close_code(page) == REPLACED
            await until(lambda: set(one.end.pages) == set(second.pages) == {of_other.id})
            assert await echoes(other)
        await other.close()
        await until(lambda: one.relay.pages == 0 and not one.end.pages and one.peer.open == 0)


async def test_pages_outlive_their_desk_and_end_with_the_relay(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        async with followed(RelayEnd(tmp_path / "relay.sock")) as desk:
            one.end, kept = desk, one.end
            page, told = await one.page()
            one.end = kept
        assert await echoes(page)
        assert told.id in one.end.pages
    assert await close_code(page) == RESTART
    assert not (tmp_path / "relay.sock").exists()


async def test_a_desk_that_dies_before_the_answer_leaves_the_page_to_the_relay(tmp_path: Path) -> None:
    """It is killed with the connection on its way: nobody else has it, and no file is left open."""
    async with scene(tmp_path) as one:
        client, connection, key = await one.asked()
        before, told = open_files(), page_of()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as desk:
            desk.connect(str(tmp_path / "relay.sock"))
            wanted = encode(Take(page=told, key=key, early=b""))
            socket.send_fds(desk, [wanted], [connection.fileno()])
        connection.close()
        page = await client
        assert await echoes(page)
        assert told.id in one.end.pages
        await page.close()
        await until(lambda: one.relay.pages == 0)
        await until(lambda: open_files() <= before - 1, "no file is left")


async def test_nothing_is_taken_without_a_relay_and_all_that_was_is_lost_with_it(tmp_path: Path) -> None:
    end = RelayEnd(tmp_path / "relay.sock")
    changes: list[bool] = []
    end.on_change(lambda: changes.append(end.is_there))
    ours, theirs = socket.socketpair()
    assert not await end.take(page_of(), ours.fileno(), "x", b"")
    async with scene(tmp_path) as one, followed(end):
        await one.page()
        await until(lambda: len(end.pages) == 1)
        await one.relay.stop()
        await until(lambda: not end.is_there and not end.pages)
        assert not await end.take(page_of(), ours.fileno(), "x", b"")
    assert changes == [True, False]
    ours.close()
    theirs.close()


async def test_a_relay_that_ends_with_a_connection_in_hand_has_taken_it_with_it(tmp_path: Path) -> None:
    """The desk must not answer the page: the relay may have begun to."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(tmp_path / "relay.sock"))
    listener.listen()
    listener.setblocking(False)
    end = RelayEnd(tmp_path / "relay.sock")
    running = asyncio.create_task(end.run())
    relay, _ = await asyncio.get_running_loop().sock_accept(listener)
    relay.send(encode(AllTold(version=VERSION)))
    await until(lambda: end.is_there)
    ours, theirs = socket.socketpair()
    taking = asyncio.create_task(end.take(page_of(), ours.fileno(), "x", b""))
    await until(lambda: len(end.pages) == 1)
    relay.close()
    assert await taking is True
    assert not end.is_there
    for one in (ours, theirs, listener):
        one.close()
    running.cancel()


async def test_what_cannot_be_a_page_is_refused_and_closed(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        before = open_files()
        ours, theirs = socket.socketpair()
        assert not await one.end.take(page_of(), ours.fileno(), "x", b"x" * (MAX_EARLY + 1))
        for key in ("not a key", "short", "x\r\nEvil: 1", ""):  # taken, and then dropped
            assert await one.end.take(page_of(), ours.fileno(), key, b"")
        pipe = os.pipe()
        assert await one.end.take(page_of(), pipe[0], "dGhlIHNhbXBsZSBub25jZQ==", b"")
        for file in pipe:
            os.close(file)
        await until(lambda: one.relay.pages == 0)
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)  # nothing was answered
        ours.close()
        theirs.close()
        stranger = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stranger.connect(str(tmp_path / "relay.sock"))
        for count in (0, 1, 2, 3):  # and two are too many for a relay without a certificate
            socket.send_fds(stranger, [encode(Speak())], [0] * count)
        socket.send_fds(stranger, [encode(Renew())], [0])
        socket.send_fds(stranger, [b"garbage"], [0])
        await asyncio.get_running_loop().run_in_executor(None, lambda: [*iter(lambda: stranger.recv(9000), b"")])
        stranger.close()
        await until(lambda: open_files() == before, "no file is left")


async def test_garbage_ends_that_page_alone(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        page, _ = await one.page()
        other, _ = await one.page("1002-web")
        page.transport.write(b"\xff" * 100)
        assert await close_code(page) == 1002
        page, _ = await one.page()
        await page.send("x" * (MAX_MESSAGE + 1))
        assert await close_code(page) == 1009
        assert await echoes(other)


async def test_a_page_that_does_not_read_is_bounded_dropped_and_slows_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "READ_S", 1.0)
    async with scene(tmp_path) as one:
        page, _ = await one.page()
        other, _ = await one.page("1002-web")
        page.transport.pause_reading()
        await page.send("flood")
        assert await echoes(other)
        await until(lambda: one.peer.flooded > 10)
        await until(lambda: one.relay.pages == 1, "it is dropped")
        await until(lambda: one.peer.open == 1, "at Asterisk too")
        assert one.peer.flooded * 32_000 < 32 * 1024 * 1024, "what waits for it is bounded, by the kernel's buffers too"
        assert await echoes(other)


async def test_without_asterisk_pages_are_told_to_come_again(tmp_path: Path) -> None:
    relay = Relay(tmp_path / "relay.sock", 1)
    relay.start()
    one = Scene(relay, Asterisk(), tmp_path / "relay.sock")
    async with followed(one.end):
        page, _ = await one.page()
        assert await close_code(page) == AWAY
    one.listener.close()
    await relay.stop()


async def test_four_hundred_pages_and_no_more(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    try:
        async with scene(tmp_path) as one:
            pages = [(await one.page(f"{number}-web"))[0] for number in range(MAX_SOCKETS)]
            client, connection, key = await one.asked()
            assert not await one.end.take(page_of(), connection.fileno(), key, b"")
            connection.close()
            with pytest.raises((OSError, EOFError, websockets.WebSocketException)):
                await client
            async with followed(RelayEnd(tmp_path / "relay.sock")) as desk:
                assert len(desk.pages) == MAX_SOCKETS
            assert all(await asyncio.gather(*(echoes(page) for page in pages)))
            one.end.close([*one.end.pages], REPLACED, "")
            assert set(await asyncio.gather(*(close_code(page) for page in pages))) == {REPLACED}
            await until(lambda: one.relay.pages == 0 and not one.end.pages)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_relay_without_room_for_files_refuses_and_serves_on(tmp_path: Path) -> None:
    async with scene(tmp_path) as one:
        page, _ = await one.page()
        client, connection, key = await one.asked()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(int(one) for one in os.listdir("/proc/self/fd")), hard))
        filled: list[int] = []
        try:
            with contextlib.suppress(OSError):
                while True:
                    filled.append(os.dup(0))
            assert not await one.end.take(page_of(), connection.fileno(), key, b"")
            assert await echoes(page)
        finally:
            for file in filled:
                os.close(file)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert await one.end.take(page_of(), connection.fileno(), key, b"")
        connection.close()
        assert await echoes(await client)
