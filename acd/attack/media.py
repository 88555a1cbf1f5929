"""RTP of one call: a little silence, keys (RFC 4733), and how much was heard."""

import asyncio
import struct
from typing import cast

from acd.attack.sip import MediaAddress

FRAME = 160
"""Samples of 20 ms at 8 kHz."""
KEYS = "0123456789*#ABCD"
KEY_FRAMES = 4
GAP_S = 0.06


class Media(asyncio.DatagramProtocol):
    """One RTP socket. It sends to `towards`, once that is known."""

    def __init__(self) -> None:
        self.towards: MediaAddress | None = None
        self.heard = 0
        """Packets that came in."""
        self._transport: asyncio.DatagramTransport | None = None
        self._sequence = 1
        self._stamp = FRAME

    @classmethod
    async def opened(cls, host: str) -> "Media":
        """One on a free port of this address."""
        loop = asyncio.get_running_loop()
        _, media = await loop.create_datagram_endpoint(cls, local_addr=(host, 0))
        return media

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard += 1

    def error_received(self, exc: Exception) -> None:
        """The other side has closed its port: the call is over, and its signalling says so."""

    def silence(self, frames: int = 5) -> None:
        """Send some frames of silence: Asterisk waits for a caller's first sound before it goes on."""
        for _ in range(frames):
            self._send(0, b"\xff" * FRAME, marker=False)
            self._stamp += FRAME

    async def press(self, keys: str) -> None:
        """Press keys, each some 150 ms."""
        for key in keys:
            code = KEYS.index(key)
            payload = self.towards.keys_payload if self.towards else 0
            for frame in range(1, KEY_FRAMES + 1):
                self._send(payload, struct.pack("!BBH", code, 10, frame * FRAME), marker=frame == 1)
                await asyncio.sleep(0.02)
            for _ in range(3):
                self._send(payload, struct.pack("!BBH", code, 0x8A, KEY_FRAMES * FRAME), marker=False)
            self._stamp += (KEY_FRAMES + 4) * FRAME
            await asyncio.sleep(GAP_S)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _send(self, payload: int, data: bytes, *, marker: bool) -> None:
        if self.towards is None or self._transport is None:
            return
        header = struct.pack("!BBHII", 0x80, payload | marker << 7, self._sequence & 0xFFFF, self._stamp, 0x0C0511E6)
        self._sequence += 1
        self._transport.sendto(header + data, (self.towards.host, self.towards.port))
