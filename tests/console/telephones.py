"""Pages that telephone, the relay behind the desk, and Asterisk behind the relay, here an echo."""

import asyncio
import contextlib
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from acd.link.relay_end import RelayEnd
from acd.relay.relay import Relay
from console.telephone import Telephones
from tests.console.desk import Desk
from tests.console.tokens import AUTH
from tests.waiting import until


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.add_agent("1001")
    return desk


class Later:
    """The clock of the tickets, which goes before the machine's."""

    seconds = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.seconds


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    clock = Later()
    monkeypatch.setattr("console.api.Telephones", partial(Telephones, clock=clock))
    return clock


class Asterisk:
    """Says each message back."""

    def __init__(self) -> None:
        self.open = 0
        self.subprotocols: list[str | None] = []
        self.relay: Relay

    async def serve(self, page: ServerConnection) -> None:
        self.open += 1
        self.subprotocols.append(page.subprotocol)
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in page:
                if message == "bye":
                    await page.close()
                await page.send(message)
        self.open -= 1


@asynccontextmanager
async def relay(desk: Desk, port: int = 1, certificate: ssl.SSLContext | None = None) -> AsyncIterator[Relay]:
    """A relay to Asterisk at this port, where by default is none, and the desk's end of it. With a certificate it
    speaks TLS."""
    with tempfile.TemporaryDirectory() as folder:
        one = Relay(Path(folder) / "relay.sock", port, lambda: certificate)
        one.start()
        try:
            async with connected(desk, Path(folder) / "relay.sock"):
                yield one
        finally:
            await one.stop()


@asynccontextmanager
async def connected(desk: Desk, path: Path) -> AsyncIterator[RelayEnd]:
    """A desk's end of the relay."""
    end = desk.relay = RelayEnd(path)
    running = asyncio.create_task(end.run())
    await until(lambda: end.is_there, "the relay has told of its pages")
    try:
        yield end
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def asterisk(desk: Desk, certificate: ssl.SSLContext | None = None) -> AsyncIterator[Asterisk]:
    """One, and the relay to it."""
    peer = Asterisk()
    async with (
        serve(peer.serve, "127.0.0.1", 0, subprotocols=[websockets.Subprotocol("sip")]) as server,
        relay(desk, next(iter(server.sockets)).getsockname()[1], certificate) as one,
    ):
        peer.relay = one
        yield peer


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What serves with a certificate of its own, and what trusts that."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out",
         str(certificate)], check=True, capture_output=True,
    )  # fmt: skip
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, key)
    return serving, ssl.create_default_context(cafile=str(certificate))


async def phone(served: Any, extension: str = "1001") -> dict[str, str]:
    """What a page is given."""
    async with served.client() as client:
        answer = await client.post(f"/api/v1/agents/{extension}/phone", headers=AUTH, json={})
    assert answer.status_code == 201, answer.text
    given: dict[str, str] = answer.json()
    return given


def opened(served: Any, path: str, **more: Any) -> connect:
    """A page's WebSocket."""
    more = {"subprotocols": ["sip"], "origin": f"http://127.0.0.1:{served.port}", "proxy": None, **more}
    return connect(f"ws://127.0.0.1:{served.port}{path}", **more)


async def refused(served: Any, path: str, **more: Any) -> int:
    """The status by which a WebSocket is refused."""
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with opened(served, path, **more):
            pass
    return caught.value.response.status_code


async def close_code(socket: ClientConnection) -> int | None:
    """The code by which the other side ends it."""
    async with asyncio.timeout(60):
        await socket.wait_closed()
    return socket.close_code


async def renewed(served: Any, socket: str) -> httpx.Response:
    """What a page is answered whose ticket opens nothing any more, and which asks for another by itself."""
    async with served.client() as client:
        answer: httpx.Response = await client.post("/api/v1/agents/1001/phone", headers=AUTH, json={"renews": socket})
        return answer


def is_to_ask_again(answer: httpx.Response) -> bool:
    """Whether the page is told that it is not known yet who has the telephone."""
    return (answer.status_code, answer.json()["key"]) == (409, "renews")


def asks_for(socket: str, port: int) -> bytes:
    """A page's request for its WebSocket."""
    return (
        f"GET {socket} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: sip\r\n\r\n"
    ).encode()
