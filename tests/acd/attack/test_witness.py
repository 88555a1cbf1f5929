"""The witness never takes a caller's text for a header of Asterisk, and misses no forged header."""

import asyncio

import pytest

from acd.attack.witness import Witness, block
from tests.waiting import until

WHOLE = b"Event: Newchannel\r\nCallerIDNum: %s\r\nUniqueid: a-1.1\r\n\r\n"


def test_every_line_end_ends_a_header() -> None:
    assert dict(block("Event: A\r\nX: 1\nY: 2\rZ: 3")) == {"Event": "A", "X": "1", "Y": "2", "Z": "3"}


@pytest.mark.parametrize(
    ("number", "forged"),
    [
        (b"05321234567", False),
        (b"0532\\r\\nDevice: PJSIP/7001", False),
        (b"0532%0D%0ADevice: PJSIP/7001", False),
        (b"0532\r\nDevice: PJSIP/7001", True),
        (b"0532\nDevice: PJSIP/7001", True),
        (b"0532\rDevice: PJSIP/7001", True),
        (b"0532\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/7001\r\nState: INVALID", True),
    ],
)
@pytest.mark.parametrize("cut", [1, 7, 1000])
async def test_a_forged_header_is_seen_however_it_was_cut(number: bytes, forged: bool, cut: int) -> None:
    async def manager(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"Response: Success\r\nActionID: witness1\r\n\r\n")
        data = WHOLE % number + b"Event: End\r\n\r\n"
        for place in range(0, len(data), cut):
            writer.write(data[place : place + cut])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(manager, "127.0.0.1", 0)
    async with server, Witness(server.sockets[0].getsockname()[1], "u", "s") as witness:
        await until(lambda: witness.events(0, "End"), "all is read")
        assert witness.has_line(0, "Device", "PJSIP/7001") is forged
