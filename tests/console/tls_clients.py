"""Pages and bare connections that come by TLS to the relay."""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect

from console.server import HttpServer, Limits
from tests.console.desk import Desk
from tests.console.served import Served
from tests.console.telephones import certified
from tests.console.tokens import AUTH

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.add_agent("1001")
    return desk


@pytest.fixture
def contexts(tmp_path: Path) -> Contexts:
    """What serves, and what trusts it."""
    return certified(tmp_path)


def https(served: Served, trusting: ssl.SSLContext) -> httpx.AsyncClient:
    """A client with the token."""
    return httpx.AsyncClient(
        base_url=f"https://localhost:{served.port}", verify=trusting, headers=AUTH, timeout=60, trust_env=False
    )


async def phone(served: Served, trusting: ssl.SSLContext) -> str:
    """The path of a page's WebSocket."""
    async with https(served, trusting) as client:
        answer = await client.post("/api/v1/agents/1001/phone", json={})
    return str(answer.json()["socket"])


def opened(served: Served, trusting: ssl.SSLContext, path: str, **more: Any) -> connect:
    """A page's WebSocket."""
    origin = websockets.Origin(f"https://localhost:{served.port}")
    return connect(
        f"wss://localhost:{served.port}{path}", ssl=trusting, proxy=None, origin=origin,
        subprotocols=[websockets.Subprotocol("sip")], **more,
    )  # fmt: skip


async def echoes(page: ClientConnection, message: str = "OPTIONS") -> bool:
    """Whether a message comes back."""
    async with asyncio.timeout(60):
        await page.send(message)
        return await page.recv() == message


async def bare(
    port: int, trusting: ssl.SSLContext, data: bytes = b"", **more: Any
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client of bytes."""
    reader, writer = await asyncio.open_connection("localhost", port, ssl=trusting, **more)
    writer.write(data)
    return reader, writer


@asynccontextmanager
async def serving(desk: Desk, tls: ssl.SSLContext, app: Any, limits: Limits | None = None) -> AsyncIterator[int]:
    """Another application over HTTPS."""
    server = HttpServer(app, limits=limits)
    port = await server.start("127.0.0.1", 0, tls, desk.relay)
    try:
        yield port
    finally:
        await server.stop(grace_s=1)


def open_sockets() -> int:
    return sum(os.readlink(one).startswith("socket:") for one in Path("/proc/self/fd").iterdir() if one.is_symlink())


async def tells(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what it knows of the connection."""
    told = json.dumps([scope["client"], scope["server"], scope["scheme"]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
    await send({"type": "http.response.body", "body": told})
