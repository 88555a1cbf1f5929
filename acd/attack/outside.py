"""The rest of the world, as far as the line can reach it: UDP and TCP sockets on loopback that count what arrives.

`Elsewhere` is where nobody of ours is ever called: whatever arrives there has left the line. `Provider` poses as the
trunk by which callers are called back, where a call is expected for the numbers that were asked for, and for no other.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Self

from acd.attack import sip
from acd.attack.line import CannotAttack, free_ports
from acd.attack.phone import Answer, Phone
from acd.attack.sip import Message

FIRST_TARGET = 900_000_000
TRIES = 20
"""So many ports are tried."""


class Elsewhere(asyncio.DatagramProtocol):
    """One port, UDP and TCP, that no call of ours has any business at. Raises `CannotAttack` where none is free."""

    def __init__(self) -> None:
        self.host, self.port = "127.0.0.1", 0
        self.arrived: list[str] = []
        """The first line of whatever came in, oldest first."""
        self.meant: dict[str, str] = {}
        """The purpose of each target, by its number."""
        self._numbers = itertools.count(FIRST_TARGET)
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        # The port is chosen as it is taken: one that was chosen before the line came up may be the line's by now.
        for _ in range(TRIES):
            (self.port,) = free_ports(1)
            try:
                await self._open()
            except OSError:
                self._close_udp()
                continue
            return self
        raise CannotAttack(f"none of {TRIES} free ports of {self.host} could be opened")

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        self._tcp = await asyncio.start_server(self._connected, self.host, self.port)

    def _close_udp(self) -> None:
        if self._udp is not None:
            self._udp.close()
            self._udp = None

    async def __aexit__(self, *_: object) -> None:
        self._close_udp()
        if self._tcp is not None:
            self._tcp.close()
            await self._tcp.wait_closed()

    def target(self, meant: str) -> str:
        """A number that nobody has and nothing else asks for. If it appears later, this attempt did it."""
        number = f"0{next(self._numbers)}"
        self.meant[number] = meant
        return number

    def explained(self, text: str) -> str:
        """A text, and behind it what the target in it was for."""
        return next((f"{text} ({meant})" for number, meant in self.meant.items() if number in text), text)

    def uri(self, user: str, scheme: str = "sip") -> str:
        """A URI here."""
        return f"{scheme}:{user}@{self.host}:{self.port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Note it. An OPTIONS is answered, as by a gateway that is there for whoever calls; a call finds it busy."""
        first = data.split(b"\r\n", 1)[0][:120].decode("latin-1")
        request = sip.parse(data)
        if request is not None and request.method == "ACK":  # of what we answered
            return
        if first not in self.arrived:  # said again, since our answer was late
            self.arrived.append(first)
        if request is not None and request.method and self._udp is not None:
            names = ("Via", "From", "To", "Call-ID", "CSeq")
            echoed = [(name, value) for name, value in request.headers if name in names]
            status = "486 Busy Here" if request.method == "INVITE" else "200 OK"
            self._udp.sendto(sip.compose(f"SIP/2.0 {status}", echoed), addr)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = (await reader.read(200)).split(b"\r\n", 1)[0][:120].decode("latin-1")
        self.arrived.append(f"TCP {first}")
        writer.close()


class Provider:
    """The outgoing trunk: the numbers that it calls, and their answers."""

    def __init__(self) -> None:
        self.expected: set[str] = set()
        """Numbers that asked to be called back."""
        self.on_call: Callable[[Message], Answer] = lambda _: Answer(486)
        self._phone: Phone | None = None

    async def open(self, port: int, server: tuple[str, int]) -> None:
        """Listen on this port."""
        loop = asyncio.get_running_loop()
        phone = Phone(server, "", "")
        transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=("127.0.0.1", port))
        phone.host, phone.port = transport.get_extra_info("sockname")[:2]
        phone.on_invite = lambda request: self.on_call(request)
        self._phone = phone

    def close(self) -> None:
        if self._phone is not None:
            self._phone.close()

    @property
    def called(self) -> list[Message]:
        """The INVITEs that came."""
        return self._phone.invited if self._phone else []

    def uncalled_for(self, calls: list[Message]) -> list[str]:
        """Calls of numbers that did not ask for it."""
        return [call.first for call in calls if sip.user_of(call.uri) not in self.expected]
