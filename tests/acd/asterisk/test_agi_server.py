"""The FastAGI server over real loopback sockets: good clients, and all kinds of bad ones beside them."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

import pytest

from acd.asterisk.agi_channel import AgiChannel, CallerHungUp, ChannelClosed
from acd.asterisk.agi_codec import Environment, PeerError
from acd.asterisk.agi_server import AgiServer, ServerLimits, Session
from tests.acd.asterisk.peer import SECRET, Channel, environment
from tests.waiting import until

Serve = Callable[[AgiChannel, Environment], Awaitable[None]]
BAD_CLIENTS = 40
LATENCY_S = 0.25
"""What a command may take at the most while bad clients do their worst, on a machine that others use too."""


async def three_commands(channel: AgiChannel, _: Environment) -> None:
    await channel.set_variable("A", "1")
    assert await channel.get_variable("A") == "1"
    await channel.noop()


@asynccontextmanager
async def serving(*, limits: ServerLimits | None = None, **routes: Session) -> AsyncIterator[AgiServer]:
    server = AgiServer({f"/{name}": session for name, session in routes.items()}, secret=SECRET, limits=limits)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def raw(server: AgiServer, *pieces: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    return reader, writer


async def dropped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, within_s: float = 60.0) -> bytes:
    """Wait until the server has closed; what it sent."""
    async with asyncio.timeout(within_s):
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


# --- the good


async def test_a_session_runs_and_is_closed_at_its_end() -> None:
    async with serving(call=three_commands) as server:
        channel = await Channel.connect(server.port)
        await channel.ends()
        assert channel.commands == ["SET VARIABLE A 1", "GET VARIABLE A", "NOOP"]
        await until(lambda: server.sessions == 0)
        assert server.dropped == 0


async def test_the_path_chooses_the_session() -> None:
    paths: list[str] = []

    async def note(_: AgiChannel, given: Environment) -> None:
        paths.append(given.path)

    server = AgiServer({"/call": note, "/agent/": note}, secret=SECRET)
    await server.start()
    for path in ("/call", "/agent/login", "/agent/pause"):
        await (await Channel.connect(server.port, path)).ends()
    assert paths == ["/call", "/agent/login", "/agent/pause"]
    for path in ("/", "/calls", "/agents/login", "/call/x"):
        await dropped(*await raw(server, environment(path)))
    assert len(paths) == 3
    assert server.dropped == 4
    await server.stop()


@pytest.mark.parametrize("secret", ["", "x", SECRET[:-1], f"{SECRET}x", SECRET.upper(), "ş"])
async def test_who_does_not_know_the_secret_is_dropped_and_counted(secret: str) -> None:
    async with serving(call=three_commands) as server:
        assert await dropped(*await raw(server, environment(secret=secret))) == b""
        assert (server.dropped, server.sessions) == (1, 0)


async def test_sessions_do_not_see_the_secret() -> None:
    seen: list[dict[str, str]] = []

    async def note(_: AgiChannel, given: Environment) -> None:
        seen.append({name: value for name, value in given.variables.items() if "arg" in name})

    async with serving(call=note) as server:
        await (await Channel.connect(server.port, arg_1="17", arg_3="x")).ends()
    assert seen == [{"agi_arg_1": "17", "agi_arg_2": "", "agi_arg_3": "x"}]


async def test_an_environment_in_single_bytes() -> None:
    names: list[str] = []

    async def note(_: AgiChannel, given: Environment) -> None:
        names.append(given.get("calleridname"))

    async with serving(call=note) as server:
        block = environment(calleridname="Şükrü Iğdır")
        connection = await raw(server, *(block[at : at + 1] for at in range(len(block))))
        await dropped(*connection)
    assert names == ["Şükrü Iğdır"]


async def test_it_listens_on_loopback_only() -> None:
    async with serving(call=three_commands) as server:
        assert server._server is not None
        assert {sock.getsockname()[0] for sock in server._server.sockets} == {"127.0.0.1"}


def keepalive_s(server: AgiServer, writer: asyncio.StreamWriter) -> float | None:
    """In how many seconds the kernel probes the peer of the server's end of a connection; None if it never does."""
    ours, theirs = f"0100007F:{server.port:04X}", f"0100007F:{writer.get_extra_info('sockname')[1]:04X}"
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        _, local, remote, _, _, timer, *_ = line.split()
        if (local, remote) == (ours, theirs):
            kind, _, ticks = timer.partition(":")
            return int(ticks, 16) / os.sysconf("SC_CLK_TCK") if kind == "02" else None
    raise AssertionError("no such connection")


async def test_a_peer_that_vanishes_is_probed_for_after_half_a_minute() -> None:
    async with serving(call=three_commands) as server:
        _, writer = await raw(server, b"agi_network: yes\n")
        await until(lambda: len(server._strangers) == 1)
        due_s = keepalive_s(server, writer)
        assert due_s is not None
        assert 25 < due_s <= 30
        writer.close()


# --- the end of a session


@pytest.mark.parametrize(("how", "kind"), [("hangup", CallerHungUp), ("eof", ChannelClosed), ("reset", ChannelClosed)])
async def test_a_caller_who_goes_ends_the_session(how: str, kind: type[ChannelClosed]) -> None:
    seen: list[type[BaseException]] = []

    async def dial(channel: AgiChannel, _: Environment) -> None:
        try:
            await channel.exec("Dial", "PJSIP/1001")
            await channel.noop()
        except ChannelClosed as error:
            seen.append(type(error))
            raise

    async with serving(call=dial) as server:
        channel = await Channel.connect(server.port)
        await until(lambda: channel.dialling != "")
        match how:
            case "hangup":
                await channel.hang_up()
            case "eof":
                await channel.vanish()
            case "reset":
                sock: socket.socket = channel._writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                await channel.vanish()
        await until(lambda: server.sessions == 0)
        assert seen == [kind]


async def test_a_session_that_fails_ends_alone() -> None:
    async def fail(channel: AgiChannel, given: Environment) -> None:
        if given.get("uniqueid") == "bad":
            raise ZeroDivisionError
        await channel.exec("Dial", "x")

    async with serving(call=fail) as server:
        good = [await Channel.connect(server.port, uniqueid=f"good{number}") for number in range(3)]
        await until(lambda: all(channel.dialling for channel in good))
        bad = await Channel.connect(server.port, uniqueid="bad")
        await bad.ends()
        assert server.sessions == 3
        assert not any(channel.closed for channel in good)
        for channel in good:
            channel.dial_ends("ANSWER")
            await channel.ends()


async def test_a_session_that_finds_its_peer_at_fault_is_dropped() -> None:
    async def refuse(_: AgiChannel, __: Environment) -> None:
        raise PeerError("no usable id")

    async with serving(call=refuse) as server:
        await dropped(*await raw(server, environment()))
        assert server.dropped == 1


async def test_stop_cancels_sessions_and_closes_every_connection() -> None:
    cancelled: list[int] = []

    async def wait(channel: AgiChannel, _: Environment) -> None:
        try:
            await channel.exec("Dial", "x")
        except asyncio.CancelledError:
            cancelled.append(1)
            raise

    async with serving(call=wait) as server:
        channels = [await Channel.connect(server.port) for _ in range(5)]
        stranger = await raw(server)
        await until(lambda: all(channel.dialling for channel in channels))
        port = server.port
        await server.stop()
        assert len(cancelled) == 5
        for channel in channels:
            await channel.ends()
        await dropped(*stranger)
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_stop_does_not_wait_for_a_session_that_will_not_end() -> None:
    release = asyncio.Event()

    async def stubborn(channel: AgiChannel, _: Environment) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    server = AgiServer({"/call": stubborn}, secret=SECRET)
    await server.start()
    channel = await Channel.connect(server.port)
    await until(lambda: server.sessions == 1)
    await server.stop(grace_s=0.05)
    await channel.ends()
    release.set()
    await until(lambda: server.sessions == 0)


# --- the bad


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"INVITE sip:4440411@127.0.0.1 SIP/2.0\r\n\r\n",
        b"A" * 100_000,
        b"agi_x: " + b"A" * 100_000,
        b"agi_request: agi://h/call\n" + b"agi_x: y\n" * 20_000,
        b"\n",
        b"\0\0\0\0\n",
        environment() + b"200 result=0\n",
        environment() + b"HANGUP\n" * 100,
        environment() + b"520-usage\n" + b"x\n" * 100_000,
        environment() + b"nonsense\n",
    ],
)
async def test_garbage_is_dropped(data: bytes) -> None:
    async def wait(channel: AgiChannel, _: Environment) -> None:
        await channel.exec("Dial", "x")

    async with serving(call=wait) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(data)
        assert await dropped(reader, writer) == b""
        assert server.dropped == 1
        await until(lambda: server.sessions == 0)


@pytest.mark.alone
async def test_a_silent_client_is_dropped_in_time_and_a_half_open_one_at_once() -> None:
    async with serving(call=three_commands, limits=ServerLimits(environment_s=0.6)) as server:
        silent = await raw(server)
        slow = await raw(server, b"agi_request: agi://h/call\n")
        started = perf_counter()
        half_open = await raw(server, b"agi_request: agi://h/call\n")
        half_open[1].write_eof()
        await dropped(*half_open)
        assert perf_counter() - started < 0.5
        await dropped(*silent, within_s=2.0)
        await dropped(*slow, within_s=2.0)
        assert server.dropped == 3


async def test_too_many_strangers_push_out_the_oldest_and_never_a_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acd.asterisk.agi_server.NEW_S", 60.0)
    async with serving(call=three_commands, limits=ServerLimits(strangers=10, environment_s=60.0)) as server:
        strangers = [await raw(server) for _ in range(10)]
        await until(lambda: len(server._strangers) == 10)
        for _ in range(5):  # a new stranger is not pushed out yet: it may be a caller
            await (await Channel.connect(server.port)).ends()
        assert server.dropped == 0
        monkeypatch.setattr("acd.asterisk.agi_server.NEW_S", 0.0)  # from now on none of them is new
        await (await Channel.connect(server.port)).ends()
        await dropped(*strangers[0])
        assert not strangers[9][0].at_eof()
        for _, writer in strangers:
            writer.close()


async def test_there_is_a_cap_on_sessions() -> None:
    async def wait(channel: AgiChannel, _: Environment) -> None:
        await channel.exec("Dial", "x")

    async with serving(call=wait, limits=ServerLimits(sessions=3)) as server:
        channels = [await Channel.connect(server.port) for _ in range(3)]
        await until(lambda: all(channel.dialling for channel in channels))
        await dropped(*await raw(server, environment()))
        channels[0].dial_ends("ANSWER")
        await channels[0].ends()
        await until(lambda: server.sessions == 2)
        another = await Channel.connect(server.port)
        await until(lambda: another.dialling != "")


@pytest.mark.alone
async def test_bad_clients_do_not_slow_a_good_one() -> None:
    """Silent, half-open, garbage and endless clients all the time, and a good caller's commands are timed."""
    times: list[float] = []

    async def measured(channel: AgiChannel, _: Environment) -> None:
        for _turn in range(10):
            started = perf_counter()
            await channel.noop()
            times.append(perf_counter() - started)

    async def pester(server: AgiServer, number: int) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                match number % 4:
                    case 0:
                        pass
                    case 1:
                        writer.write(b"agi_request: agi://h/call\n")
                        writer.write_eof()
                    case 2:
                        writer.write(b"\xff\0garbage\n" * 100)
                    case 3:
                        writer.write(b"agi_x: " + b"A" * 200_000)
                await dropped(reader, writer)
            except OSError:
                pass
            await asyncio.sleep(0.01)

    async with serving(call=measured, limits=ServerLimits(strangers=20)) as server:
        pests = [asyncio.ensure_future(pester(server, number)) for number in range(BAD_CLIENTS)]
        try:
            for _ in range(10):
                started = perf_counter()
                await (await Channel.connect(server.port)).ends()
                assert perf_counter() - started < 2.0
                await asyncio.sleep(0.02)
            await until(lambda: server.dropped > BAD_CLIENTS)
        finally:
            for pest in pests:
                pest.cancel()
            await asyncio.gather(*pests, return_exceptions=True)
    assert len(times) == 100
    assert sorted(times)[95] < LATENCY_S
