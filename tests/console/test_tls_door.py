"""HTTPS by the desk's own certificate: the relay speaks TLS for it, so that pages outlive the desk."""

import asyncio
import json
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from acd.config.https import keep_fresh, server_context
from acd.lib.telephone_socket import AWAY, REPLACED, RESTART
from acd.link import relay_end
from acd.link.relay_end import RelayEnd
from acd.link.relay_messages import VERSION, AllTold, Speaks, encode
from acd.relay.app import certificate_of
from acd.relay.relay import Relay
from tests.acd.config.test_https import certificate, settings, subject
from tests.console.desk import Desk
from tests.console.raw_clients import GET, answered, to_the_end
from tests.console.telephones import asterisk, close_code, connected, relay
from tests.console.tls_clients import (
    Contexts,
    bare,
    contexts,
    desk,
    echoes,
    https,
    open_sockets,
    opened,
    phone,
    serving,
    tells,
)
from tests.waiting import until

__all__ = ["contexts", "desk"]


async def test_a_page_outlives_its_desk_and_the_next_desk_knows_it(desk: Desk, contexts: Contexts) -> None:
    before = open_sockets()
    tls, trusting = contexts
    async with asterisk(desk, tls) as peer:
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served(tls=tls) as served:
            page = await opened(served, trusting, await phone(served, trusting))
            assert page.subprotocol == "sip"
            assert await echoes(page, "x" * 60_000)
            assert peer.relay.tunnels > 0
        await until(lambda: peer.relay.tunnels == 1, "all but the page's ended with the desk")
        assert await echoes(page, "while no desk is there")
        async with connected(desk, path), desk.served(tls=tls) as served:
            assert await echoes(page)
            await phone(served, trusting)
            assert await close_code(page) == REPLACED
        await until(lambda: peer.relay.tunnels == peer.relay.pages == 0)
    await until(lambda: open_sockets() <= before, "no file is left")


async def test_the_relays_end_tells_pages_to_come_again(desk: Desk, contexts: Contexts) -> None:
    tls, trusting = contexts
    async with asterisk(desk, tls) as peer, desk.served(tls=tls) as served:
        page = await opened(served, trusting, await phone(served, trusting))
        assert await echoes(page)
        await peer.relay.stop()
        assert await close_code(page) == RESTART


@pytest.mark.parametrize("by_relay", [True, False])
async def test_whence_a_client_came_is_known(desk: Desk, contexts: Contexts, *, by_relay: bool) -> None:
    """Many checks are by the client's address, which a pair of sockets does not have."""
    tls, trusting = contexts
    async with relay(desk, certificate=tls if by_relay else None) as one, serving(desk, tls, tells) as port:
        reader, writer = await bare(port, trusting, GET)
        assert (one.tunnels == 1) is by_relay
        async with asyncio.timeout(60):
            told = json.loads((await reader.readuntil(b'"]')).split(b"\r\n")[-1])
        assert told == [list(writer.get_extra_info("sockname")), ["127.0.0.1", port], "https"]
        writer.close()


async def test_the_console_knows_that_it_is_https_and_who_is_from_here(desk: Desk, contexts: Contexts) -> None:
    tls, trusting = contexts
    async with asterisk(desk, tls), desk.served(tls=tls) as served, https(served, trusting) as client:
        answer = await client.get("/wall")
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        answer = await client.post("/phone/line", json={})  # for pages of this machine alone
        assert answer.status_code == 201
        async with opened(served, trusting, answer.json()["socket"]) as page:
            assert await echoes(page, "INVITE")


async def test_without_the_relay_the_desk_speaks_tls_and_pages_come_again(desk: Desk, contexts: Contexts) -> None:
    """A connection of that time does not become a page's: it would end with the desk."""
    tls, trusting = contexts
    async with asterisk(desk, tls) as peer:
        end = desk.relay
        assert isinstance(end, RelayEnd)
        desk.relay = away = RelayEnd(end.path)
        async with desk.served(tls=tls) as served:
            path = await phone(served, trusting)
            early = await bare(served.port, trusting, GET)
            assert await answered(early[0]) == b"HTTP/1.1 200 OK"
            assert peer.relay.tunnels == 0
            async with opened(served, trusting, path) as page:
                assert await close_code(page) == AWAY
            running = asyncio.create_task(away.run())
            await until(lambda: away.speaks_tls)
            early[1].write(
                f"GET {path} HTTP/1.1\r\nHost: localhost:{served.port}\r\nOrigin: https://localhost:{served.port}\r\n"
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n".encode()
            )
            async with asyncio.timeout(60):
                await early[0].readuntil(b"\r\n\r\n")
                frame = await early[0].readexactly(4)
            assert int.from_bytes(frame[2:]) == AWAY
            early[1].close()
            async with opened(served, trusting, path) as page:
                assert await echoes(page)
                assert peer.relay.tunnels > 0
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_relay_that_hangs_stops_https_for_two_seconds_at_most(
    desk: Desk, contexts: Contexts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_end, "ANSWER_S", 0.2)
    tls, trusting = contexts
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(tmp_path / "relay.sock"))
    listener.listen()
    listener.setblocking(False)
    end = desk.relay = RelayEnd(tmp_path / "relay.sock")
    running = asyncio.create_task(end.run())
    hung, _ = await asyncio.get_running_loop().sock_accept(listener)
    hung.send(encode(AllTold(version=VERSION, tls=True)))
    await until(lambda: end.speaks_tls)
    async with desk.served(tls=tls) as served:
        lost = await asyncio.open_connection("127.0.0.1", served.port)
        await until(end._is_late)
        for _ in range(3):
            reader, writer = await bare(served.port, trusting, GET)
            assert await answered(reader) == b"HTTP/1.1 200 OK"
            writer.close()
        hung.send(encode(Speaks()))  # it answers, late
        _, files, _, _ = socket.recv_fds(hung, 1000, 4)
        assert len(files) == 2
        await until(lambda: not end._is_late())
        later = await asyncio.open_connection("127.0.0.1", served.port)
        await until(lambda: bool(_peeked(hung)), "it is handed over again")
        hung.close()  # it dies, and what was on its way with it
        for file in files:
            socket.close(file)
        for reader, writer in (lost, later):
            assert await to_the_end(reader) == b""
            writer.close()
        reader, writer = await bare(served.port, trusting, GET)
        assert await answered(reader) == b"HTTP/1.1 200 OK"
        writer.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    listener.close()


def _peeked(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return b""


async def test_a_renewed_certificate_is_for_new_connections_and_live_ones_go_on(desk: Desk, tmp_path: Path) -> None:
    certificate(tmp_path, "old.example")
    wanted = settings(tmp_path)
    tls = server_context(wanted)
    assert tls is not None
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    one = Relay(tmp_path / "relay.sock", 1, lambda: certificate_of(wanted))
    one.start()
    async with connected(desk, tmp_path / "relay.sock") as end, serving(desk, tls, tells) as port:
        fresh = asyncio.create_task(keep_fresh(wanted, tls, 0.02, end.renew))
        assert await subject(port) == "old.example"
        reader, writer = await bare(port, trusting, GET)
        await reader.readuntil(b'"]')
        (tmp_path / "cert.pem").write_text("half a")
        await asyncio.sleep(0.1)
        assert await subject(port) == "old.example"
        one._tunnels.renew()  # whoever asks for it
        assert await subject(port) == "old.example"
        certificate(tmp_path, "new.example")
        async with asyncio.timeout(60):
            while await subject(port) != "new.example":  # noqa: ASYNC110 (nothing tells)
                await asyncio.sleep(0.02)
        writer.write(GET)
        assert await reader.readuntil(b'"]')
        assert one.tunnels > 0
        writer.close()
        fresh.cancel()
    await one.stop()


async def test_large_bodies_pass_both_ways_whole(desk: Desk, contexts: Contexts) -> None:
    tls, trusting = contexts

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": body})

    whole = bytes(range(256)) * 20_000
    async with relay(desk, certificate=tls) as one, serving(desk, tls, app) as port:
        async with httpx.AsyncClient(base_url=f"https://localhost:{port}", verify=trusting, trust_env=False) as client:
            answer = await client.post("/api/v1/tickets/26-000001-1/files", content=whole)
        assert answer.content == whole
        await until(lambda: one.tunnels == 0)
