"""TLS for the desk: the page's side is spoken here, and the desk gets the plain bytes.

The state of a TLS connection cannot be handed over from process to process. It is therefore here from the beginning,
for every connection to the desk's port: the desk may die, and the page's WebSocket, whose plain end came here too,
goes on.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from acd.lib.networks import client_of
from acd.link.packets import close_all
from acd.relay.turns import Turn, Turns

log = structlog.get_logger(__name__)

HANDSHAKE_S: Final = 10.0
READ_S: Final = 20.0
"""Seconds for which a client may leave what was sent unread, also the last of it."""
MOST: Final = 1024
"""Connections at once: those that a desk holds open, those of 400 pages, and those that are ending."""
PIECE: Final = 64 * 1024
"""Bytes that wait, either way, beside what the kernel keeps."""


class Tunnels:
    """The connections on which TLS is spoken. Call all methods on the loop's thread."""

    def __init__(self, load: Callable[[], ssl.SSLContext | None]) -> None:
        """`load` reads the certificate; None: there is none, or it cannot be used."""
        self._load = load
        self._context: ssl.SSLContext | None = None
        self._turns = Turns()
        self._open: set[asyncio.Task[None]] = set()
        self._ending: dict[asyncio.Task[None], None] = {}
        """Those whose desk has closed its side, longest first. They go first when all places are taken."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._open)

    def renew(self) -> bool:
        """Read the certificate again, for new connections. One that cannot be used leaves the old one in place. Returns
        whether TLS can be spoken."""
        self._context = self._load() or self._context
        return self._context is not None

    def begin(self, files: Sequence[int]) -> None:
        """Speak TLS with the client on the first file and pass the plain bytes on to the second; both are ours."""
        if len(files) != 2 or self._context is None or not self._has_room():
            close_all(files)
            return
        try:
            client, plain = _sockets(files)
        except OSError as error:
            log.warning("tls_not_begun", error=str(error))
            return
        task = asyncio.get_running_loop().create_task(self._serve(self._context, client, plain))
        self._open.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._forget(task)
            client.close()  # after its transport
            plain.close()

        task.add_done_callback(done)

    async def stop(self) -> None:
        """Close all at once."""
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _has_room(self) -> bool:
        if len(self._open) < MOST:
            return True
        oldest = next(iter(self._ending), None)
        if oldest is None:
            return False
        oldest.cancel()
        self._forget(oldest)
        return True

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._open.discard(task)
        self._ending.pop(task, None)

    async def _serve(self, context: ssl.SSLContext, client: socket.socket, plain: socket.socket) -> None:
        task = asyncio.current_task()
        assert task is not None
        with contextlib.suppress(OSError, TimeoutError):
            # The desk says nothing before the client has: what comes first is the word that it has given the client up.
            first = asyncio.create_task(asyncio.get_running_loop().sock_recv(plain, PIECE))
            try:
                opened = await self._admitted(context, client, first)
                if opened is not None:
                    await _pumped(*opened, plain, first, lambda: self._ending.setdefault(task))
            finally:
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)

    async def _admitted(
        self, context: ssl.SSLContext, client: socket.socket, first: asyncio.Task[bytes]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The client's side once the handshake is done, which begins when the client has said something and it is its
        address's turn; None if the desk gives the client up before. Raises `OSError`."""
        coming = asyncio.create_task(self._coming(client))
        try:
            await asyncio.wait((coming, first), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
        if coming.cancelled():
            return None
        turn = coming.result()
        try:
            return None if first.done() else await _shaken(context, client, first)
        finally:
            turn.end()

    async def _coming(self, client: socket.socket) -> Turn:
        address = client.getpeername()[0] if client.family != socket.AF_UNIX else ""
        await _readable(client)
        return await self._turns.come(client_of(str(address)))


async def _readable(connection: socket.socket) -> None:
    """Wait until there is something to read, which stays unread."""
    loop = asyncio.get_running_loop()
    there: asyncio.Future[None] = loop.create_future()

    def told() -> None:
        if not there.done():
            there.set_result(None)

    loop.add_reader(connection, told)
    try:
        await there
    finally:
        loop.remove_reader(connection)


def _sockets(files: Sequence[int]) -> tuple[socket.socket, socket.socket]:
    """The client's connection and the desk's side. Raises `OSError`; then both are closed."""
    made: list[socket.socket] = []
    try:
        for file in files:
            made.append(socket.socket(fileno=file))
            made[-1].setblocking(False)
    except OSError:
        for one in made:
            one.close()
        close_all(files[len(made) :])
        raise
    client, plain = made
    return client, plain


async def _shaken(
    context: ssl.SSLContext, client: socket.socket, first: asyncio.Task[bytes]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """The client's side once the handshake is done; None if the desk gives the client up before. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=PIECE)
    protocol = asyncio.StreamReaderProtocol(reader)
    shaking = asyncio.create_task(
        loop.connect_accepted_socket(
            lambda: protocol,
            client,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_S,
            ssl_shutdown_timeout=READ_S,
        )
    )
    try:
        await asyncio.wait((shaking, first), return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not shaking.done():
            shaking.cancel()
            await asyncio.gather(shaking, return_exceptions=True)
    if shaking.cancelled():
        return None
    transport, _ = shaking.result()
    transport.set_write_buffer_limits(high=PIECE)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _pumped(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    plain: socket.socket,
    first: asyncio.Task[bytes],
    ending: Callable[[], object],
) -> None:
    """Copy both ways until the client ends, or the desk does (`ending` is called) and the client has its last bytes.
    Raises `OSError` or `TimeoutError`."""
    up = asyncio.create_task(_to_desk(reader, plain))
    down = asyncio.create_task(_to_client(plain, first, writer))
    try:
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        if up.done() and up.result():
            return
        ending()
        await down  # the desk reads no more: what it has said before is for the client still
        up.cancel()
        writer.close()
        await writer.wait_closed()
    finally:
        writer.transport.abort()
        for one in (up, down):
            one.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


async def _to_desk(reader: asyncio.StreamReader, plain: socket.socket) -> bool:
    """Returns whether it is the client that has ended."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            data = await reader.read(PIECE)
        except OSError:
            return True
        if not data:
            return True
        try:
            await loop.sock_sendall(plain, data)
        except OSError:
            return False


async def _to_client(plain: socket.socket, first: asyncio.Task[bytes], writer: asyncio.StreamWriter) -> None:
    """Returns when the desk has ended. Raises `OSError`, or `TimeoutError` if the client does not read."""
    loop = asyncio.get_running_loop()
    data = await first
    while data:
        writer.write(data)
        async with asyncio.timeout(READ_S):
            await writer.drain()
        try:
            data = await loop.sock_recv(plain, PIECE)
        except ConnectionResetError:  # it has left something unread, and said all that it will say
            return
