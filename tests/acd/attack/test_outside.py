"""Everything that arrives outside is counted, with the attack that caused it."""

import asyncio
import socket

import pytest

from acd.attack import outside
from acd.attack.line import free_ports
from acd.attack.outside import Elsewhere
from acd.attack.phone import Phone
from tests.waiting import until


async def test_what_arrives_is_noted_once_and_answered_as_a_gateway_does() -> None:
    async with Elsewhere() as there:
        phone = await Phone.opened((there.host, there.port), "127.0.0.1", "x")
        number = there.target("302 sip")
        assert await phone.dial(there.uri(number)).begin() == 486
        reply = await phone.request("OPTIONS", there.uri("x"))
        assert reply is not None
        assert reply.status == 200
        phone.close()
        assert [there.explained(one) for one in there.arrived] == [
            f"INVITE sip:{number}@{there.host}:{there.port} SIP/2.0 (302 sip)",
            f"OPTIONS sip:x@{there.host}:{there.port} SIP/2.0",
        ]


async def test_tcp_and_what_is_no_sip_are_noted_too() -> None:
    async with Elsewhere() as there:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.sendto(b"\x00\xff", (there.host, there.port))
        _, writer = await asyncio.open_connection(there.host, there.port)
        writer.write(b"INVITE sip:0900@x SIP/2.0\r\n\r\n")
        await until(lambda: len(there.arrived) == 2, "both have arrived")
        writer.close()
        assert set(there.arrived) == {"\x00\xff", "TCP INVITE sip:0900@x SIP/2.0"}


async def test_it_takes_another_port_where_somebody_has_taken_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = int(taken.getsockname()[1])
        offered = iter([(first,), free_ports(1)])
        monkeypatch.setattr(outside, "free_ports", lambda _: next(offered))
        async with Elsewhere() as there:
            assert there.port != first
            await asyncio.open_connection(there.host, there.port)
