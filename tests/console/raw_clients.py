"""Clients that speak to the server byte by byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from console.server import Limits
from tests.console.desk import Desk
from tests.console.tokens import TOKEN

QUICK = Limits(connections=400, head_s=1.0, body_s=1.0, read_s=1.0, idle_s=30)
PATIENT = Limits(head_s=60, body_s=60, read_s=60, idle_s=60)
FULL = replace(PATIENT, connections=20)
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
POST = (
    b"POST /api/v1/agents/1001/state HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Authorization: Bearer %b\r\n" % TOKEN.encode()
)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.add_agent("1001")
    return desk


async def to_the_end(reader: asyncio.StreamReader) -> bytes:
    """All that still comes, until the other side closes or resets. Whoever is closed by a `PATIENT` limit is closed too
    late."""
    async with asyncio.timeout(25):
        received = b""
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                received += data
        return received


async def answered(reader: asyncio.StreamReader) -> bytes:
    """The next answer's status line."""
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        return head.split(b"\r\n")[0]


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    """Every test must end with as many tasks as it began with."""
    before = asyncio.all_tasks()
    yield
    async with asyncio.timeout(60):
        while left := asyncio.all_tasks() - before - {asyncio.current_task()}:
            await asyncio.wait(left, timeout=0.05)
