"""A browser's telephone: who is given one, and the WebSocket, which the relay passes on to Asterisk, here an echo."""

import asyncio
import contextlib
import ssl
import subprocess
import tempfile
import threading
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

from acd.lib.telephone_socket import AWAY, MAX_MESSAGE, REPLACED, SIGNED_OUT
from acd.link.relay_end import RelayEnd
from acd.relay.relay import Relay
from console import standing
from console.telephone import MAX_CITIZENS, Telephones, Tickets
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople, cookie_of
from tests.console.test_access import of_role
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


async def test_messages_are_passed_on_both_ways_and_either_end_ends_both(desk: Desk) -> None:
    async with asterisk(desk) as peer, desk.served() as served:
        given = await phone(served)
        assert (given["user"], given["secret"], given["line"]) == ("1001-web", "secret-1", "4440411")
        async with opened(served, given["socket"]) as page:
            assert page.subprotocol == "sip"
            for message in ("REGISTER sip:cozum SIP/2.0", "ğüşıöç", "x" * (MAX_MESSAGE - 10)):
                await page.send(message)
                assert await page.recv() == message
            assert (peer.open, peer.subprotocols) == (1, ["sip"])
        await until(lambda: peer.open == 0)
        async with opened(served, given["socket"]) as page:  # the same page, again
            await page.send("bye")
            assert await close_code(page) is not None
        await until(lambda: peer.open == 0)


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/ws", {}),
        ("/ws?ticket=guess", {}),
        ("{socket}", {"origin": "https://elsewhere.example"}),
        ("{socket}", {"origin": None}),
        ("{socket}", {"origin": "http://["}),
        ("{socket}", {"subprotocols": ["mqtt"]}),
        ("{socket}", {"subprotocols": None}),
    ],
)
async def test_a_stranger_reaches_no_asterisk(desk: Desk, path: str, more: dict[str, Any]) -> None:
    async with asterisk(desk) as peer, desk.served() as served:
        given = await phone(served)
        assert await refused(served, path.format(socket=given["socket"]), **more) == 403
        assert peer.subprotocols == []


async def test_elsewhere_there_is_no_websocket(desk: Desk) -> None:
    async with desk.served() as served:
        assert await refused(served, "/wall") == 200  # answered as a plain request
        assert await refused(served, "/api/v1/live") == 401


async def test_the_next_page_takes_the_phone_over(desk: Desk) -> None:
    async with asterisk(desk), desk.served() as served:
        first = await phone(served)
        async with opened(served, first["socket"]) as page:
            second = await phone(served)
            assert second["secret"] != first["secret"]
            assert await close_code(page) == REPLACED
        assert await refused(served, first["socket"]) == 403
        async with opened(served, second["socket"]) as page:
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"


async def renewed(served: Any, socket: str) -> httpx.Response:
    """What a page is answered whose ticket opens nothing any more, and which asks for another by itself."""
    async with served.client() as client:
        answer: httpx.Response = await client.post("/api/v1/agents/1001/phone", headers=AUTH, json={"renews": socket})
        return answer


def is_to_ask_again(answer: httpx.Response) -> bool:
    """Whether the page is told that it is not known yet who has the telephone."""
    return (answer.status_code, answer.json()["key"]) == (409, "renews")


async def test_a_page_that_slept_takes_the_phone_back_from_no_other_page(desk: Desk) -> None:
    """It was not told that it is replaced, and finds its ticket spent when it wakes; the other page's agent talks."""
    async with asterisk(desk), desk.served() as served:
        first = await phone(served)
        asleep = await opened(served, first["socket"])
        asleep.transport.abort()
        second = await phone(served)
        assert await refused(served, first["socket"]) == 403
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
            answer = await renewed(served, first["socket"])
            assert (answer.status_code, answer.json()["key"]) == (409, "extension")
            await page.send("INVITE")
            assert await page.recv() == "INVITE", "its talk goes on"
            assert desk.secrets == 2, "its secret is good still"


async def test_a_page_that_slept_waits_for_one_that_is_about_to_open_its_websocket(desk: Desk, later: Later) -> None:
    """The other page has its account and no WebSocket yet. To be refused for good would shut it out."""
    async with asterisk(desk), desk.served() as served:
        first = await phone(served)
        later.seconds += 60.0
        second = await phone(served)
        assert is_to_ask_again(await renewed(served, first["socket"]))
        assert desk.secrets == 2, "the other one's secret is good still"
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
            assert (await renewed(served, first["socket"])).json()["key"] == "extension"
        await until(lambda: desk.relay is not None and not desk.relay.pages, "it is gone")
        later.seconds += 60.0
        assert (await renewed(served, first["socket"])).status_code == 201, "the other one does not come"


async def test_a_page_that_slept_waits_for_those_of_a_relay_that_has_ended(desk: Desk, later: Later) -> None:
    """They come back after some seconds, and their talks go on."""
    async with relay(desk) as before, desk.served() as served:
        assert isinstance(desk.relay, RelayEnd)
        first, second = await phone(served), await phone(served)
        later.seconds += 60.0
        await before.stop()
        await until(lambda: desk.relay is not None and not desk.relay.is_there)
        now = Relay(desk.relay.path, 1, lambda: None)
        now.start()
        try:
            await until(lambda: desk.relay is not None and desk.relay.is_there)
            assert is_to_ask_again(await renewed(served, first["socket"]))
            assert (await renewed(served, second["socket"])).status_code == 201, "whose it is waits for nobody"
        finally:
            await now.stop()


async def test_a_page_renews_its_account_while_no_other_has_the_phone(desk: Desk, later: Later) -> None:
    """A relay that has not noticed that the page is gone holds its old WebSocket still: the page is no other one."""
    async with asterisk(desk) as peer, desk.served() as served:
        first = await phone(served)
        async with opened(served, first["socket"]) as page:
            answer = await renewed(served, first["socket"])
            assert answer.status_code == 201, answer.text
            assert await close_code(page) == REPLACED
        await until(lambda: peer.relay.pages == 0)
        for unknown in (first["socket"], "/ws?ticket=of-an-earlier-desk", "/ws", "no path", "//[", "//\N{ACCOUNT OF}"):
            later.seconds += 60.0
            assert (await renewed(served, unknown)).status_code == 201, unknown


async def test_a_page_that_has_been_open_for_longer_than_its_ticket_has_the_phone_still(
    desk: Desk, later: Later
) -> None:
    """Sessions may last for days. Another agent's page asks for its phone meanwhile."""
    desk.add_agent("1002")
    async with asterisk(desk), desk.served() as served:
        first, second = await phone(served), await phone(served)
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
            later.seconds += 13 * 3600.0
            await phone(served, "1002")
            assert (await renewed(served, first["socket"])).json()["key"] == "extension"
            await page.send("INVITE")
            assert await page.recv() == "INVITE", "its talk goes on"


async def test_of_two_pages_that_ask_at_once_one_has_ticket_and_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secrets are written by threads, which may end in another order than that in which they have written."""
    written, ended = asyncio.Event(), asyncio.Event()
    open_phone = desk._open_phone

    async def first_is_late(extension: str) -> tuple[str, str]:
        given = await open_phone(extension)
        if given[1] == "secret-1":
            written.set()
            await ended.wait()
        return given

    monkeypatch.setattr(desk, "_open_phone", first_is_late)
    async with asterisk(desk), desk.served() as served:
        early = asyncio.create_task(phone(served))
        await written.wait()
        late = asyncio.create_task(phone(served))
        await asyncio.wait((late,), timeout=0.2)  # it overtakes the first if it may
        ended.set()
        first, second = await asyncio.gather(early, late)
        assert second["secret"] == f"secret-{desk.secrets}"
        assert await refused(served, first["socket"]) == 403
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"


async def test_while_an_earlier_secret_may_still_be_written_nobody_is_given_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread goes on when nobody waits for it any more."""
    file: list[str] = []
    begun, may_end = threading.Event(), threading.Event()

    def write(secret: str) -> tuple[str, str]:
        begun.set()
        assert may_end.wait(30)
        file.append(secret)
        return "1001-web", secret

    async def open_phone(extension: str) -> tuple[str, str]:
        desk.secrets += 1
        return await asyncio.to_thread(write, f"secret-{desk.secrets}")

    monkeypatch.setattr(desk, "_open_phone", open_phone)
    async with asterisk(desk), desk.served(timeout_s=0.1) as served, served.client() as client:
        try:
            for _ in range(2):
                answer = await client.post("/api/v1/agents/1001/phone", headers=AUTH, json={})
                assert answer.status_code == 503
                assert begun.is_set()
            assert desk.secrets == 1, "the second one is not begun"
        finally:
            may_end.set()
        await until(lambda: file == ["secret-1"])
    async with desk.served() as served:
        assert (await phone(served))["secret"] == file[-1] == "secret-2"


async def test_an_agents_page_does_not_wait_for_the_secret_of_another_ones(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add_agent("1002")
    asked, ended = asyncio.Event(), asyncio.Event()
    open_phone = desk._open_phone

    async def first_is_late(extension: str) -> tuple[str, str]:
        if extension == "1001":
            asked.set()
            await ended.wait()
        return await open_phone(extension)

    monkeypatch.setattr(desk, "_open_phone", first_is_late)
    async with desk.served() as served:
        early = asyncio.create_task(phone(served))
        await asked.wait()
        await phone(served, "1002")
        assert not early.done()
        ended.set()
        await early


async def test_after_a_restart_of_the_desk_a_page_that_slept_is_told_of_the_other_one(desk: Desk) -> None:
    """The new desk knows no ticket but that of the open page; until it knows the open pages, it gives nobody a phone
    that only renews."""
    async with asterisk(desk):
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            first = await phone(served)
            second = await phone(served)
            page = await opened(served, second["socket"])
        desk.relay = RelayEnd(path)
        async with desk.served() as served:
            assert is_to_ask_again(await renewed(served, first["socket"]))
        async with connected(desk, path), desk.served() as served:
            assert (await renewed(served, first["socket"])).json()["key"] == "extension"
            await page.send("INVITE")
            assert await page.recv() == "INVITE"
            assert (await renewed(served, second["socket"])).status_code == 201


async def test_pages_that_are_torn_away_are_no_fault_and_the_next_one_has_the_phone(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The desk closes a socket whose page has gone, which uvicorn answers with an exception of its own."""
    async with asterisk(desk) as peer, desk.served() as served:
        for _ in range(20):
            given = await phone(served)
            page = await opened(served, given["socket"])
            page.transport.abort()
        await phone(served)
        await until(lambda: peer.open == 0, "all are gone")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_another_agents_page_is_left_alone(desk: Desk) -> None:
    desk.add_agent("1002")
    async with asterisk(desk), desk.served() as served:
        first = await phone(served, "1001")
        async with opened(served, first["socket"]) as page:
            await phone(served, "1002")
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"


async def test_a_message_that_is_too_long_ends_the_socket(desk: Desk) -> None:
    async with asterisk(desk) as peer, desk.served() as served:
        given = await phone(served)
        async with opened(served, given["socket"]) as page:
            await page.send("x" * (MAX_MESSAGE + 1))
            assert await close_code(page) == 1009
        await until(lambda: peer.open == 0)


async def test_without_asterisk_a_page_is_told_to_come_again(desk: Desk) -> None:
    async with relay(desk), desk.served() as served:
        given = await phone(served)
        async with opened(served, given["socket"]) as page:
            assert await close_code(page) == AWAY


async def test_without_the_relay_a_page_is_told_to_come_again(desk: Desk) -> None:
    async with desk.served() as served:
        given = await phone(served)
        async with opened(served, given["socket"]) as page:
            assert await close_code(page) == AWAY
        assert await refused(served, "/ws?ticket=guess") == 403


async def test_a_desk_that_stops_takes_no_page_away_and_the_next_one_knows_it(desk: Desk) -> None:
    async with asterisk(desk) as peer:
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            given = await phone(served)
            page = await opened(served, given["socket"])
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"
        await page.send("while no desk is there")
        assert await page.recv() == "while no desk is there"
        async with connected(desk, path), desk.served() as served:
            await page.send("again")
            assert await page.recv() == "again"
            async with opened(served, given["socket"]) as second:  # the ticket of an open page opens another one
                await second.send("OPTIONS")
                assert await second.recv() == "OPTIONS"
            await phone(served)
            assert await close_code(page) == REPLACED
            assert await refused(served, given["socket"]) == 403
        await until(lambda: peer.relay.pages == 0)


async def test_who_signs_out_while_no_desk_is_there_telephones_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = desk.people = KnownPeople()
    async with asterisk(desk):
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served, served.client() as client:
            del client.headers["authorization"]
            answer = await client.post("/api/v1/agents/1001/phone", json={}, headers=of_role("agent"))
            page = await opened(served, answer.json()["socket"])
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
        await people.sign_out(cookie_of("agent"))
        async with connected(desk, path), desk.served():
            assert await close_code(page) == SIGNED_OUT


async def test_a_page_that_another_replaced_while_the_relay_was_unknown_is_closed(desk: Desk) -> None:
    async with asterisk(desk):
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            page = await opened(served, (await phone(served))["socket"])
        end = desk.relay = RelayEnd(path)
        async with desk.served() as served:
            second = await phone(served)  # before the new desk knows of the first page
            running = asyncio.create_task(end.run())
            assert await close_code(page) == REPLACED
            async with opened(served, second["socket"]) as page:
                await page.send("OPTIONS")
                assert await page.recv() == "OPTIONS"
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_page_that_is_being_closed_shuts_out_nobody_after_a_restart_of_the_desk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sleeps, so it does not answer that its WebSocket is closed, and the relay waits for that for seconds. Its
    place is the next page's all the same."""
    monkeypatch.setattr("acd.relay.page.CLOSE_S", 30.0)
    async with asterisk(desk) as peer:
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            reader, asleep = await asyncio.open_connection("127.0.0.1", served.port)
            asleep.write(asks_for((await phone(served))["socket"], served.port))
            await reader.readuntil(b"\r\n\r\n")
            second = await phone(served)
            page = await opened(served, second["socket"])
            async with asyncio.timeout(60):
                frame = await reader.readexactly(4)
            assert (frame[0], int.from_bytes(frame[2:])) == (0x88, REPLACED), "the first page is told"
            assert peer.relay.pages == 2
        async with connected(desk, path) as end, desk.served() as served:
            await page.send("INVITE")
            assert await page.recv() == "INVITE"
            assert [one.user for one in end.pages.values()] == ["1001-web"]
            asleep.transport.abort()
            await until(lambda: peer.relay.pages == 1)
            await page.send("BYE")
            assert await page.recv() == "BYE"


def asks_for(socket: str, port: int) -> bytes:
    """A page's request for its WebSocket."""
    return (
        f"GET {socket} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: sip\r\n\r\n"
    ).encode()


async def test_what_comes_behind_the_request_is_not_lost(desk: Desk) -> None:
    """No browser sends a message before it has the answer; the bytes may come in one piece with the request."""
    async with asterisk(desk), desk.served() as served:
        given = await phone(served)
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(asks_for(given["socket"], served.port) + b"\x81\x85\0\0\0\0early")
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 101 ")
            assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
            assert await reader.readexactly(7) == b"\x81\x05early"
        writer.close()


async def test_by_tls_with_a_relay_without_certificate_the_desks_end_is_the_pages(desk: Desk, tmp_path: Path) -> None:
    tls, trusting = certified(tmp_path)
    async with asterisk(desk) as peer:
        async with desk.served(tls=tls) as served:
            async with httpx.AsyncClient(base_url=f"https://localhost:{served.port}", verify=trusting) as client:
                given = (await client.post("/api/v1/agents/1001/phone", headers=AUTH, json={})).json()

            def opened_by_tls() -> connect:
                return connect(
                    f"wss://localhost:{served.port}{given['socket']}", ssl=trusting, proxy=None,
                    subprotocols=[websockets.Subprotocol("sip")],
                    origin=websockets.Origin(f"https://localhost:{served.port}"),
                )  # fmt: skip

            async with opened_by_tls() as page:
                for message in ("REGISTER", "x" * (MAX_MESSAGE - 10)):
                    await page.send(message)
                    assert await page.recv() == message
            await until(lambda: peer.open == 0)
            page = await opened_by_tls()
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"
        assert await close_code(page) is not None
        await until(lambda: peer.relay.pages == 0)


async def test_an_agent_there_is_not_has_no_phone(desk: Desk) -> None:
    async with desk.client() as client:
        answer = await client.post("/api/v1/agents/1999/phone", json={})
        assert (answer.status_code, answer.json()["allowed"]) == (404, ["1001"])
        assert (
            await client.post("/api/v1/agents/1001/phone", headers={"authorization": ""}, json={})
        ).status_code == 401
        assert (await client.post("/api/v1/agents/1001/phone", content=b"x")).status_code == 415


async def test_the_demos_caller_is_for_pages_of_this_machine(desk: Desk) -> None:
    async with asterisk(desk), desk.served() as served, served.client() as client:
        answer = await client.post("/phone/line", json={})
        assert (answer.status_code, answer.json()["user"]) == (201, "citizen")
        async with opened(served, answer.json()["socket"]) as page:
            await page.send("INVITE")
            assert await page.recv() == "INVITE"
        for host in ("elsewhere.example", "elsewhere.example:8080", "127.0.0.1.elsewhere.example:80", ""):
            assert (await client.post("/phone/line", json={}, headers={"host": host})).status_code in (400, 403)
        for header in ("forwarded", "via", "x-forwarded-for", "x-real-ip"):
            assert (await client.post("/phone/line", json={}, headers={header: "198.51.100.7"})).status_code == 403
        assert (await client.post("/phone/line", content=b"{}")).status_code == 415  # as a form of another site


def test_a_ticket_ends_with_its_time_and_with_the_next_one() -> None:
    now = 0.0
    tickets = Tickets(lambda: now)
    first = tickets.issue("1001-web")
    second = tickets.issue("1001-web")
    assert tickets.find(first) is None
    assert tickets.find(second) is not None
    assert tickets.find("") is None
    now = 12 * 3600.0
    assert tickets.find(second) is None
    many = [tickets.issue("citizen", most=MAX_CITIZENS) for _ in range(MAX_CITIZENS + 1)]
    assert [tickets.find(one) is not None for one in many] == [False] + [True] * MAX_CITIZENS


async def test_who_is_signed_out_telephones_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "LOOK_AGAIN_S", 0.05)
    people = KnownPeople()
    desk.people = people
    async with asterisk(desk) as peer, desk.served() as served:
        async with served.client() as client:
            del client.headers["authorization"]
            path = "/api/v1/agents/1001/phone"
            answer = await client.post(path, json={}, headers=of_role("agent"))
            assert answer.status_code == 201, answer.text
            socket = answer.json()["socket"]
            async with opened(served, socket) as page:
                await page.send("REGISTER")
                assert await page.recv() == "REGISTER"
                out = await client.delete("/api/v1/session", headers=of_role("agent"))
                assert out.status_code == 204
                assert await close_code(page) == SIGNED_OUT
        await until(lambda: peer.open == 0)
        assert await refused(served, socket) == 403  # nor by the ticket that the page still has


async def test_a_live_stream_ends_with_its_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "LOOK_AGAIN_S", 0.05)
    desk.people = KnownPeople()
    async with desk.served() as served, served.client() as client:
        del client.headers["authorization"]
        async with client.stream("GET", "/api/v1/live", headers=of_role("lead")) as answer, asyncio.timeout(30):
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            while not (await anext(lines)).startswith("data:"):
                pass
            assert (await client.delete("/api/v1/session", headers=of_role("lead"))).status_code == 204
            while True:
                desk.add_waiting(f"ast1-{len(desk.queue_records)}.1")
                desk.changed()
                try:
                    await anext(lines)
                except StopAsyncIteration:
                    break
