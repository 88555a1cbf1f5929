"""The connection against a scripted manager on a real socket."""

import asyncio
import dataclasses
import functools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from acd.asterisk.ami import (
    AmiConnection,
    AmiDisconnected,
    AmiProtocolError,
    AmiRefused,
    AmiTimeout,
    BadAction,
    Message,
    Timings,
)
from tests.acd.asterisk.ami_peer import BOOTED, Link, Peer, peer, running
from tests.waiting import until

PATIENT = Timings(connect_s=60.0, ping_s=60.0, dead_s=120.0, first_retry_s=0.01, last_retry_s=0.05)
"""This process may stand still for a minute: none of these times takes that for a peer that is silent or late."""
QUICK = dataclasses.replace(PATIENT, ping_s=0.1, dead_s=0.4)


class Seen:
    """What the connection told, in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.events: list[Message] = []
        self.lost: list[str] = []

    def event(self, message: Message) -> None:
        self.events.append(message)
        self.log.append(message["Event"])

    def up(self) -> None:
        self.log.append("up")

    def gone(self, reason: str) -> None:
        self.lost.append(reason)
        self.log.append("lost")


def connection(port: int, seen: Seen, timings: Timings = PATIENT) -> AmiConnection:
    return AmiConnection(
        host="127.0.0.1",
        port=port,
        user="cozum",
        secret="geheim",
        on_event=seen.event,
        on_connected=seen.up,
        on_lost=seen.gone,
        timings=timings,
    )


def up_for(ami: AmiConnection, turn: int) -> bool:
    return ami.connects == turn


@asynccontextmanager
async def connected(timings: Timings = PATIENT) -> AsyncIterator[tuple[Peer, Link, AmiConnection, Seen]]:
    """A connection that is up."""
    seen = Seen()
    async with peer() as there:
        ami = connection(there.port, seen, timings)
        async with running(ami.run()):
            link = await there.link()
            await link.greet()
            await until(lambda: ami.connected, "connected")
            yield there, link, ami, seen


async def test_it_logs_in_waits_for_the_boot_and_then_believes_events() -> None:
    seen = Seen()
    async with peer() as there:
        ami = connection(there.port, seen, dataclasses.replace(PATIENT, ping_s=0.1))
        with pytest.raises(AmiDisconnected, match="not connected yet"):
            await ami.send("Ping")
        async with running(ami.run()):
            link = await there.link()
            login = await link.greet(booted=False)
            assert login["Username"] == "cozum"
            assert login["Secret"] == "geheim"
            link.write("Event: Hangup\r\n\r\n")
            await link.action()  # a ping: the connection lives while Asterisk boots
            assert not ami.connected
            link.write(BOOTED + "Event: Newchannel\r\n\r\n")
            await until(lambda: seen.events, "the first event")
            assert ami.connected
    assert seen.log == ["up", "Newchannel", "lost"]
    assert ami.connects == 1


@pytest.mark.parametrize(("said", "uptime_s"), [("41", 41.0), ("", None), ("-3", None), ("٣", None), ("9" * 20, None)])
async def test_since_when_asterisk_runs_is_told_when_the_connection_comes_up(said: str, uptime_s: float | None) -> None:
    seen = Seen()
    async with peer() as there:
        ami = connection(there.port, seen)
        async with running(ami.run()):
            link = await there.link()
            await link.greet(booted=False)
            link.write(BOOTED.replace("Status:", f"Uptime: {said}\r\nStatus:"))
            await until(lambda: ami.connected, "connected")
            assert ami.uptime_s == uptime_s


async def test_events_cut_at_every_byte_come_whole_and_in_order() -> None:
    async with connected() as (_, link, _, seen):
        told = "".join(f"Event: Newchannel\r\nNumber: {n}\r\nCallerIDName: Çiğdem Işık\r\n\r\n" for n in range(20))
        for byte in told.encode():
            link.write(bytes([byte]))
            await link.writer.drain()
            await asyncio.sleep(0)
        await until(lambda: len(seen.events) == 20, "20 events")
    assert [event["Number"] for event in seen.events] == [str(n) for n in range(20)]
    assert {event["CallerIDName"] for event in seen.events} == {"Çiğdem Işık"}


async def test_answers_are_matched_by_id_not_by_order() -> None:
    async with connected() as (_, link, ami, seen):
        first = asyncio.ensure_future(ami.send("Hangup", {"Channel": "PJSIP/1001-1"}, action_id="7.1"))
        second = asyncio.ensure_future(ami.send("Hangup", {"Channel": "PJSIP/1002-1"}, action_id="7.2"))
        a, b = await link.action(), await link.action()
        assert (a["ActionID"], a["Channel"]) == ("7.1", "PJSIP/1001-1")
        link.answer(b, message="No such channel", ok=False)
        link.write("Event: Hangup\r\nActionID: 99.9\r\n\r\n")
        link.answer(a, message="Channel Hungup")
        assert (await second).success is False
        assert (await second).message == "No such channel"
        assert (await first).success is True
    assert seen.log[1] == "Hangup"


async def test_a_list_ends_by_its_header_and_not_by_english() -> None:
    async with connected() as (_, link, ami, seen):
        order: list[str] = []
        listing = ami.start_list("CoreShowChannels", on_list=lambda items: order.append(f"list of {len(items)}"))
        action = await link.action()
        link.write("Event: Before\r\n\r\n")
        link.listing(action, ["Event: CoreShowChannel\r\nChannel: a\r\n", "Event: QueueComplete\r\nChannel: b\r\n"])
        link.write("Event: Behind\r\n\r\n")
        items = await listing
        await until(lambda: len(seen.events) == 2, "both events")
    assert [item["Channel"] for item in items] == ["a", "b"]
    assert order == ["list of 2"]
    assert [event["Event"] for event in seen.events] == ["Before", "Behind"]


async def test_a_list_nobody_waits_for_is_not_taken_for_events() -> None:
    async with connected() as (_, link, ami, seen):
        with pytest.raises(AmiTimeout, match="DeviceStateList was not answered"):
            await ami.send_list("DeviceStateList", timeout_s=0.05)
        link.listing(await link.action(), ["Event: DeviceStateChange\r\nDevice: PJSIP/1001\r\n"])
        link.write("Event: Hangup\r\n\r\n")
        await until(lambda: seen.events, "an event")
    assert [event["Event"] for event in seen.events] == ["Hangup"]


async def test_a_refused_list_fails_with_asterisks_words() -> None:
    async with connected() as (_, link, ami, _):
        listing = ami.start_list("DeviceStateList")
        link.answer(await link.action(), message="Permission denied", ok=False)
        with pytest.raises(AmiRefused, match="DeviceStateList: Permission denied"):
            await listing
        listing = ami.start_list("Ping")
        link.answer(await link.action(), message="Pong")
        with pytest.raises(AmiProtocolError, match="without a list"):
            await listing


async def test_an_unanswered_action_fails_with_the_connection_and_is_never_sent_again() -> None:
    async with connected() as (there, link, ami, seen):
        answer = asyncio.ensure_future(ami.send("Originate", {"Channel": "PJSIP/1001"}, action_id="1.1"))
        listing = asyncio.ensure_future(ami.send_list("CoreShowChannels"))
        assert (await link.action())["Action"] == "Originate"
        await link.action()
        link.close()
        with pytest.raises(AmiDisconnected, match=r"Originate.*before it was answered"):
            await answer
        with pytest.raises(AmiDisconnected):
            await listing
        again = await there.link()
        await again.greet()
        await until(lambda: ami.connects == 2, "connected again")
        with pytest.raises(AmiTimeout):
            await ami.send("Hangup", {"Channel": "x"}, timeout_s=0.05)
        assert (await again.action())["Action"] == "Hangup"
    assert seen.log == ["up", "lost", "up", "lost"]


async def test_what_must_not_be_written_is_refused_and_nothing_is_written() -> None:
    async with connected() as (_, link, ami, _):
        for value in ("x\r\nAction: Originate", "x\nVariable: y", "x\0", "x" * 1100):
            with pytest.raises(BadAction, match="Channel"):
                await ami.send("Hangup", {"Channel": value})
        waiting = ami.start("Ping", action_id="1.1")
        with pytest.raises(BadAction, match=r"'1\.1' is under way"):
            ami.start("Ping", action_id="1.1")
        assert (await link.action())["Action"] == "Ping"
        link.write("Response: Success\r\nActionID: 1.1\r\n\r\n")
        assert (await waiting).success


async def test_a_wrong_password_is_told_and_not_hammered() -> None:
    seen = Seen()
    async with peer() as there:
        ami = connection(there.port, seen, dataclasses.replace(PATIENT, first_retry_s=0.1, last_retry_s=30.0))
        async with running(ami.run()):
            link = await there.link()
            link.write("Asterisk Call Manager/11.0.0\r\n")
            link.answer(await link.action(), message="Authentication failed", ok=False)
            await until(lambda: ami.last_error, "the reason")
            assert "refused AMI user 'cozum': Authentication failed (ami_user and ami_secret" in ami.last_error
            assert "geheim" not in ami.last_error
            await asyncio.sleep(0.2)  # at the first back-off (0.1 s) it would be here by now
            assert there.links.empty()
    assert seen.log == []


async def test_an_asterisk_that_ends_has_nothing_against_the_password() -> None:
    seen = Seen()
    async with peer() as there:
        ami = connection(there.port, seen, dataclasses.replace(PATIENT, first_retry_s=0.1, last_retry_s=30.0))
        async with running(ami.run()):
            for _ in range(2):  # it is asked again at once: another one may be there soon
                link = await there.link()
                link.write("Asterisk Call Manager/11.0.0\r\n")
                link.answer(await link.action(), message="Asterisk is shutting down", ok=False)
            await until(lambda: ami.last_error == f"127.0.0.1:{there.port}: Asterisk is shutting down", "the reason")


async def test_it_comes_back_by_itself_after_refusals_and_falls() -> None:
    seen = Seen()
    async with peer() as there:
        port = there.port
    ami = connection(port, seen)
    async with running(ami.run()):
        await until(lambda: "Connect call failed" in ami.last_error or "refused" in ami.last_error, "a refusal")
        back = Peer()
        back.server = await asyncio.start_server(back._take, "127.0.0.1", port)
        try:
            for turn in range(1, 4):
                link = await back.link()
                await link.greet()
                await until(functools.partial(up_for, ami, turn), f"connection {turn}")
                link.close()
                await until(lambda: not ami.connected, "the loss")
        finally:
            back.server.close()
    assert seen.log == ["up", "lost"] * 3


@pytest.mark.alone  # it measures after how much silence a peer is dropped
async def test_a_half_open_peer_is_noticed_and_replaced() -> None:
    async with connected(QUICK) as (there, link, ami, seen):
        began = time.monotonic()
        assert (await link.action())["Action"] == "Ping"  # it is never answered, and no FIN ever comes
        await until(lambda: seen.lost, "the loss")
        assert time.monotonic() - began < 2.0
        assert "nothing heard for 0." in seen.lost[0]
        await (await there.link()).greet()
        await until(lambda: ami.connects == 2, "connected again")


@pytest.mark.alone  # 0.4 s is little time for an answer
async def test_a_quiet_peer_that_answers_pings_is_kept() -> None:
    async with connected(QUICK) as (there, link, ami, seen):
        for _ in range(8):  # twice the time after which a dead one is dropped
            link.answer(await link.action(), message="Pong")
        assert ami.connected
        assert seen.lost == []
        assert there.links.empty()


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"x" * 200_000, "a message goes on"),
        (b"Event: X\r\nA: " + b"y" * 100_000 + b"\r\n\r\n", "a message"),
        (b"A: b\r\n" * 40_000, "a message goes on"),
    ],
)
async def test_an_endless_message_is_cut_off(sent: bytes, reason: str) -> None:
    async with connected() as (there, link, ami, seen):
        link.write(sent)
        await until(lambda: seen.lost, "the loss")
        assert reason in seen.lost[0]
        await (await there.link()).greet()
        await until(lambda: ami.connects == 2, "connected again")


@pytest.mark.parametrize("sent", [b"SSH-2.0-OpenSSH_9\r\n", b"\0" * 5000, b""])
async def test_a_peer_that_is_no_manager_is_left(sent: bytes) -> None:
    seen = Seen()
    async with peer() as there:
        ami = connection(there.port, seen, PATIENT if sent else dataclasses.replace(PATIENT, connect_s=0.3))
        async with running(ami.run()):
            for _ in range(3):  # left, tried again, left again
                (await there.link()).write(sent)
            reason = "no Asterisk manager" if sent else "not the login"
            await until(lambda: reason in ami.last_error, reason)
    assert seen.log == []


async def test_garbage_that_is_well_framed_disturbs_nothing() -> None:
    async with connected() as (_, link, _, seen):
        link.write(
            b"\r\n\r\n\r\nno header at all\r\n\r\nFoo: bar\r\n\r\nResponse: Success\r\n\r\nEvent: Hangup\r\n\r\n"
        )
        await until(lambda: seen.events, "the event")
    assert seen.log == ["up", "Hangup", "lost"]


async def test_a_mistake_in_our_callback_costs_one_event_only() -> None:
    told: list[str] = []

    def careless(message: Message) -> None:
        told.append(message["Channel"])

    async with peer() as there:
        ami = AmiConnection(host="127.0.0.1", port=there.port, user="a", secret="b", on_event=careless, timings=PATIENT)
        async with running(ami.run()):
            link = await there.link()
            await link.greet()
            link.write("Event: NoChannel\r\n\r\nEvent: Hangup\r\nChannel: c\r\n\r\n")
            await until(lambda: told, "the second event")
            assert ami.connected
    assert told == ["c"]


async def test_an_asterisk_that_says_it_goes_is_gone() -> None:
    async with connected() as (_, link, ami, seen):
        link.write("Event: Shutdown\r\nShutdown: Cleanly\r\n\r\nEvent: Hangup\r\n\r\n")
        await until(lambda: seen.lost, "the loss")
        assert seen.lost == ["Asterisk is shutting down"]
        assert not ami.connected
        with pytest.raises(AmiDisconnected, match="Ping"):
            ami.start("Ping")
    assert seen.log == ["up", "Shutdown", "lost"]


async def test_never_fully_booted_names_the_class_that_is_missing() -> None:
    seen = Seen()
    async with peer() as there:
        ami = connection(there.port, seen, dataclasses.replace(PATIENT, boot_s=0.1))
        async with running(ami.run()):
            await (await there.link()).greet(booted=False)
            await until(lambda: ami.last_error, "the reason")
            assert "read class system" in ami.last_error
    assert seen.log == []


async def test_stopped_while_it_connects_it_leaves_nothing_open() -> None:
    async with peer() as there:
        for _ in range(20):
            ami = connection(there.port, Seen())
            task = asyncio.ensure_future(ami.run())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,))
        while not there.links.empty():
            link = there.links.get_nowait()
            async with asyncio.timeout(60):
                await link.reader.read()
