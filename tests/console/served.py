"""A console on a port of this machine, and how a test reaches it there."""

import asyncio

import httpx

from console.server import HttpServer
from tests.console.tokens import AUTH


class Served:
    """A console on a port."""

    def __init__(self, port: int, server: HttpServer, refusals: list[str]) -> None:
        self.port = port
        self.server = server
        self.refusals = refusals
        """Why clients were dropped, in order."""
        self.url = f"http://127.0.0.1:{port}"

    def client(self) -> httpx.AsyncClient:
        """A client over a real socket, with the token."""
        return httpx.AsyncClient(base_url=self.url, headers=AUTH, timeout=60)

    async def connect(
        self, data: bytes = b"", address: str = "127.0.0.1"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare socket from an address of this machine, `data` sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        writer.write(data)
        await writer.drain()
        return reader, writer
