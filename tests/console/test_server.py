"""The server against clients that mean no good, over real sockets; its start and its stop."""

import asyncio
import logging
import socket
import time
from contextlib import suppress

import pytest
from starlette.types import Receive, Scope, Send

from console.fault_log import LOGGED, FewFaults
from console.server import BindError, HttpServer, Limits, serve
from tests.console.desk import Desk
from tests.console.raw_clients import GET, PATIENT, POST, QUICK, answered, desk, no_task_is_left, to_the_end
from tests.console.tokens import TOKEN
from tests.waiting import until

__all__ = ["desk", "no_task_is_left"]


async def test_one_connection_serves_many_requests_with_a_date(desk: Desk) -> None:
    async with desk.served() as served:
        reader, writer = await served.connect()
        for _ in range(3):
            writer.write(GET)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"\r\ndate: " in head
            assert b"\r\nserver: " not in head
            await reader.readexactly(len(b'{"status":"ok"}'))
        writer.close()


@pytest.mark.parametrize(
    ("sent", "why", "status"),
    [
        (b"", "slow_head", b""),
        (b"GET / HTTP/1.1\r\nHost:", "slow_head", b"HTTP/1.1 408"),
        (POST + b"Content-Length: 20\r\n\r\n{", "slow_body", b"HTTP/1.1 408"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "slow_body", b"HTTP/1.1 408"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "garbage", b"HTTP/1.1 400"),
        (b"INVITE sip:4440411@x SIP/2.0\r\n\r\n", "garbage", b"HTTP/1.1 400"),
        (b"GET / HTTP/9.9\r\n\r\n", "garbage", b"HTTP/1.1 400"),
        (b"CONNECT evil:443 HTTP/1.1\r\nHost: x\r\n\r\n", "garbage", b"HTTP/1.1 400"),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", "garbage", b"HTTP/1.1 400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", "large_head", b"HTTP/1.1 431"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "large_head", b"HTTP/1.1 431"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 4000 + b"\r\n", "large_head", b"HTTP/1.1 431"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000, "large_head", b"HTTP/1.1 431"),
        (GET * 40, "garbage", b"HTTP/1.1"),
    ],
    ids=lambda value: value[:12].decode("latin-1").strip() if isinstance(value, bytes) else None,
)
async def test_a_client_that_breaks_a_rule_is_dropped_and_counted(
    desk: Desk, sent: bytes, why: str, status: bytes
) -> None:
    async with desk.served(QUICK) as served:
        reader, writer = await served.connect(sent)
        received = await to_the_end(reader)
        writer.close()
        assert served.refusals == [why]
        assert received.startswith(status)
        assert (received == b"") == (status == b"")


async def test_a_head_that_trickles_is_late_however_busy_it_looks(desk: Desk) -> None:
    async with desk.served(QUICK) as served:
        reader, writer = await served.connect(b"GET / HTTP/1.1\r\n")

        async def trickle() -> None:
            with suppress(ConnectionError):
                while True:
                    writer.write(b"X: a\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.02)

        task = asyncio.create_task(trickle())
        assert (await to_the_end(reader)).startswith(b"HTTP/1.1 408")
        task.cancel()
        assert served.refusals == ["slow_head"]


async def test_bytes_between_requests_that_begin_none_do_not_keep_a_place(desk: Desk) -> None:
    async with desk.served(QUICK) as served:
        reader, writer = await served.connect(GET)
        assert await answered(reader) == b"HTTP/1.1 200 OK"
        writer.write(b"\r\n\r\n")
        await to_the_end(reader)
        assert served.refusals == ["slow_head"]
        writer.close()


async def test_an_endless_body_is_cut_off(desk: Desk) -> None:
    async with desk.served(PATIENT) as served:  # it is the bytes that are too many
        for head in (
            POST + b"Transfer-Encoding: chunked\r\n\r\n",
            POST.replace(b"a-token", b"no-token") + b"Transfer-Encoding: chunked\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        ):
            reader, writer = await served.connect(head)
            with suppress(ConnectionError):
                async with asyncio.timeout(30):
                    while True:
                        writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
                        await writer.drain()
                        await asyncio.sleep(0)
            await to_the_end(reader)
            writer.close()


async def test_a_body_in_the_middle_of_limits_is_read(desk: Desk) -> None:
    async with desk.served() as served:
        body = b'{"state":"paused","reason":"meal"}'
        reader, writer = await served.connect(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body[:10])
        writer.write(body[10:] + GET)  # and a pipelined request behind it
        assert await answered(reader) == b"HTTP/1.1 200 OK"
        assert await answered(reader) == b"HTTP/1.1 200 OK"
        writer.close()
    assert desk.wishes == [("1001", "paused", "meal")]


@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /api/v1/agents HTTP/1.1\r\nAuthorization: Bearer %b\r\n" % TOKEN.encode(), b"405"),
        (b"POST /api/v1/agents/1001/state HTTP/1.1\r\n", b"401"),
        (b"POST /nowhere HTTP/1.1\r\n", b"404"),
    ],
    ids=["405", "401", "404"],
)
async def test_who_is_refused_before_the_body_has_come_reads_why(
    desk: Desk, head: bytes, status: bytes, connection: bytes
) -> None:
    """A reset would take the answer from a client who writes head and body apart, as many HTTP libraries do."""
    async with desk.served() as served:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", served.port)) as client:
                client.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(
                    client, head + b"Host: x\r\nConnection: %b\r\nContent-Length: 20000\r\n\r\n" % connection
                )
                await asyncio.sleep(0.005)  # what an early answer would take
                await loop.sock_sendall(client, b"x" * 10_000)
                await asyncio.sleep(0.005)
                await loop.sock_sendall(client, b"x" * 10_000)
                received = b""
                async with asyncio.timeout(60):
                    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
                        received += await loop.sock_recv(client, 65536)
                assert received.startswith(b"HTTP/1.1 " + status)
        assert served.refusals == []


async def test_who_is_refused_and_never_ends_the_body_is_answered_all_the_same(desk: Desk) -> None:
    async with desk.served() as served:
        reader, writer = await served.connect(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n{")
        assert await answered(reader) == b"HTTP/1.1 404 Not Found"
        assert await reader.read() == b""
        writer.close()


@pytest.mark.alone
async def test_who_asks_before_writing_the_body_is_refused_at_once(desk: Desk) -> None:
    async with desk.served() as served:
        begun = time.monotonic()
        reader, writer = await served.connect(
            b"POST /nowhere HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 20000\r\n\r\n"
        )
        assert await answered(reader) == b"HTTP/1.1 404 Not Found"
        assert time.monotonic() - begun < 0.8
        writer.close()


async def test_a_client_that_never_reads_is_dropped() -> None:
    sent = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(4):
            await send({"type": "http.response.body", "body": b"x" * 4_000_000, "more_body": True})
        sent.append("all")

    refusals: list[str] = []
    server = HttpServer(app, limits=QUICK, refused=refusals.append)
    port = await server.start("127.0.0.1", 0)
    clients = []
    for _ in range(3):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(GET)
        clients.append(client)
    await until(lambda: refusals == ["not_reading"] * 3)
    await until(lambda: sent == ["all"] * 3)  # the tasks ended too, told that nobody listens
    for client in clients:
        client.close()
    await server.stop()


# --- start and stop


async def test_a_taken_port_names_the_setting(desk: Desk) -> None:
    async with desk.served() as served:
        other = HttpServer(desk.app())
        with pytest.raises(BindError, match=f"http_port {served.port} on 127.0.0.1: .*COZUM_HTTP_PORT"):
            await other.start("127.0.0.1", served.port)
        await other.stop()


async def test_stopping_lets_an_answer_finish_and_refuses_new_ones() -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.set()
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})

    server = HttpServer(app, limits=PATIENT)
    port = await server.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET)
    await reached.wait()
    stopping = asyncio.create_task(server.stop(grace_s=60))
    assert await to_the_end(idle_reader) == b""
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.1", port)
    go_on.set()
    assert (await to_the_end(reader)).endswith(b"done")
    await stopping
    writer.close()
    idle_writer.close()


async def test_stopping_does_not_wait_for_one_who_never_ends() -> None:
    reached = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        reached.set()
        while (await receive())["type"] != "http.disconnect":
            pass

    server = HttpServer(app, limits=PATIENT)
    port = await server.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET)
    await reached.wait()
    begun = time.monotonic()
    await server.stop(grace_s=0.1)
    assert time.monotonic() - begun < 5
    await to_the_end(reader)
    writer.close()


async def test_serve_tells_its_port_and_stops_when_cancelled(desk: Desk) -> None:
    told: asyncio.Queue[int] = asyncio.Queue()
    app = desk.app()
    task = asyncio.create_task(
        serve(app, "127.0.0.1", 0, limits=PATIENT, started=told.put_nowait, stopping=app.state.live.close, grace_s=1)
    )
    port = await told.get()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET)
    assert await answered(reader) == b"HTTP/1.1 200 OK"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await to_the_end(reader) == b""
    assert app.state.live.full
    writer.close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/durum/request", b"application/json"),
        ("/api/v1/session", b"application/json"),
        ("/api/v1/tickets/26-000001-9/files", b"image/png"),
    ],
)
@pytest.mark.parametrize("leaves", [True, False])
async def test_a_body_that_does_not_come_whole_is_no_fault_of_ours(
    desk: Desk, caplog: pytest.LogCaptureFixture, path: str, kind: bytes, leaves: bool
) -> None:
    """A photo from a street does so each day, and whoever likes can do it four hundred times in a second."""
    begun = b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\nContent-Type: %b\r\n"
    limits = Limits(body_s=0.2, file_s=0.2)
    async with desk.served(limits) as served:
        reader, writer = await served.connect()
        head = begun % (path.encode(), TOKEN.encode(), kind)
        writer.write(head + b"If-Match: *\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        if leaves:
            writer.write_eof()
        assert (await to_the_end(reader))[:13] == (b"" if leaves else b"HTTP/1.1 408 ")
        writer.close()
    assert not caplog.records


async def test_whoever_finds_a_fault_of_ours_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("a fault of ours")

    server = HttpServer(app, limits=PATIENT)
    port = await server.start("127.0.0.1", 0)
    for _ in range(3 * int(LOGGED.burst)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        assert (await to_the_end(reader)).startswith(b"HTTP/1.1 500 ")
        writer.close()
    await server.stop(grace_s=1)
    logged = [record for record in caplog.records if record.exc_info]
    assert LOGGED.burst <= len(logged) < 2 * LOGGED.burst


def test_the_log_says_how_many_faults_it_lacks() -> None:
    now = 0.0
    few = FewFaults(lambda: now)

    def logged() -> str:
        fault = (ValueError, ValueError("a fault"), None)
        record = logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, "A fault\n", (), fault)
        return record.getMessage() if few.filter(record) else ""

    assert [logged() for _ in range(23)] == ["A fault\n"] * 20 + [""] * 3
    now += 30
    assert [logged(), logged()] == ["A fault (3 more were not logged)", ""]
    plain = logging.LogRecord("uvicorn.error", logging.WARNING, __file__, 1, "no fault", (), None)
    assert few.filter(plain)
