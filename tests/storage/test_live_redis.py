"""The live view in another process: all of it, always, whatever Redis does meanwhile."""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import AsyncIterator

import pytest

from acd.engine.model.ids import CallId
from phones.ports import free_tcp_port
from storage.live import LiveView
from storage.live_redis import REPORT_EVERY_S, RedisPublisher, RedisReader, Report
from storage.redis_connection import Address, LiveStoreError, Timing, check
from storage.view import View
from tests.services import Redis
from tests.storage.samples import Story
from tests.waiting import until

TIMING = Timing(heartbeat_s=0.1, deadline_s=0.4, retry_first_s=0.01, retry_last_s=0.1)
PATIENT = Timing(heartbeat_s=0.1, deadline_s=60.0)
"""No machine is so slow that one side takes the other for dead."""
UNHURRIED = Timing(heartbeat_s=60.0, deadline_s=60.0)
"""Nor so slow that a heartbeat comes between two changes."""


class Both:
    """A view, what keeps Redis in line with it, and a reader elsewhere."""

    def __init__(self, server: Redis, seed: int, prefix: str, timing: Timing = TIMING) -> None:
        self.story = Story(seed)
        self.view = LiveView()
        self.publisher = RedisPublisher(server.url, self.view, f"epoch{seed}", prefix, timing)
        self.reader = RedisReader(server.url, prefix, timing)

    def feed(self, steps: int) -> None:
        for one in self.story.tell(steps):
            self.view.apply(one)

    async def agree(self) -> None:
        await until(lambda: self.reader.connected and self.reader.seq == self.view.seq, "the reader has caught up")
        same(self.view, self.reader)


def same(here: View, there: View) -> None:
    assert there.calls() == here.calls()
    assert there.queue() == here.queue()
    assert there.outside() == here.outside()
    assert there.agents() == here.agents()
    assert (there.seq, there.at) == (here.seq, here.at)
    for record in here.calls():
        assert there.call(record["id"]) == record
    for record in here.agents():
        assert there.agent(record["extension"]) == record


@contextlib.asynccontextmanager
async def running(*parts: RedisPublisher | RedisReader) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield tasks
        assert not any(task.done() for task in tasks), "run() ended by itself"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("seed", range(5))
async def test_a_reader_shows_what_the_view_shows(redis: Redis, seed: int) -> None:
    both = Both(redis, seed, f"same{seed}")
    both.feed(50)
    async with running(both.publisher, both.reader):
        await both.agree()
        for _ in range(10):
            both.feed(both.story.random.randrange(1, 30))
            await both.agree()


async def test_changes_arrive_while_readers_come_and_go(redis: Redis) -> None:
    both = Both(redis, 11, "come-and-go")
    async with running(both.publisher):
        for _ in range(10):
            reader = both.reader = RedisReader(redis.url, "come-and-go", TIMING)
            async with running(reader):
                for _ in range(20):
                    both.feed(3)
                    await asyncio.sleep(0)
                await both.agree()
            assert not reader.connected


async def test_subscribers_elsewhere_are_told_of_changes_but_not_of_heartbeats(redis: Redis) -> None:
    both = Both(redis, 3, "subscribers", PATIENT)
    both.feed(30)
    async with running(both.publisher, both.reader):
        await both.agree()
        told: list[int] = []
        both.reader.subscribe(lambda: told.append(both.reader.seq))
        beats = both.publisher.beats
        await until(lambda: both.publisher.beats > beats + 3, "three heartbeats have passed")
        assert told == []
        both.feed(5)
        await both.agree()
        assert told[-1] == both.view.seq


@pytest.mark.parametrize("fault", ["killed", "terminated", "frozen", "flushed", "scripts lost", "clients killed"])
async def test_all_is_right_again_after_redis_was_away(own_redis: Redis, fault: str) -> None:
    both = Both(own_redis, 5, "away")
    both.feed(60)
    async with running(both.publisher, both.reader):
        await both.agree()
        match fault:
            case "killed" | "terminated":
                own_redis.stop(signal.SIGKILL if fault == "killed" else signal.SIGTERM)
            case "frozen":
                own_redis.freeze()
            case "flushed":
                await command(own_redis, b"FLUSHALL")
            case "scripts lost":
                await command(own_redis, b"SCRIPT FLUSH")
            case _:
                await command(own_redis, b"CLIENT KILL SKIPME yes")
        both.feed(40)  # the line goes on
        if fault in ("killed", "terminated", "frozen"):
            await until(lambda: not both.publisher.connected, "the publisher has noticed")
            await until(lambda: not both.reader.connected, "the reader has noticed")
            assert both.publisher.error
            assert both.reader.error
            both.feed(40)
            own_redis.thaw() if fault == "frozen" else own_redis.start()
        await both.agree()
        both.feed(40)
        await both.agree()


async def command(server: Redis, line: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(line + b"\r\n")
    answer = await reader.readline()
    assert answer[:1] in b"+:", answer
    writer.close()


async def test_a_reader_knows_that_the_publisher_is_gone_and_takes_the_next_one(redis: Redis) -> None:
    both = Both(redis, 7, "next")
    both.feed(60)
    async with running(both.reader):
        async with running(both.publisher):
            await both.agree()
        await until(lambda: not both.reader.connected, "the reader has noticed")
        other = Both(redis, 8, "next")  # as after a restart with another journal: numbers may even be lower
        other.feed(10)
        async with running(other.publisher):
            other.reader = both.reader
            await other.agree()


async def test_a_reader_waits_for_the_first_publisher(redis: Redis) -> None:
    both = Both(redis, 9, "first")
    async with running(both.reader):
        await until(lambda: "no desk has published" in both.reader.error, "the reader says why it shows nothing")
        both.feed(10)
        async with running(both.publisher):
            await both.agree()


async def test_a_reader_that_comes_late_shows_the_last_state_and_says_that_it_is_old(redis: Redis) -> None:
    both = Both(redis, 10, "late")
    both.feed(60)
    report = Report(
        as_of=1000.0, checks=(("line", True, ""),), services={"funeral": "urgent"}, statistics={"cut": False}
    )
    both.publisher = RedisPublisher(redis.url, both.view, "late", "late", TIMING, report=lambda: report)
    async with running(both.publisher):
        await until(lambda: both.publisher.published_seq == both.view.seq, "all is published")
    changes = []
    both.reader.subscribe(lambda: changes.append(both.reader.seq))
    async with running(both.reader):
        await until(lambda: "is silent" in both.reader.error, "the reader says that nobody publishes")
        same(both.view, both.reader)
        assert both.reader.report == report
        tries, seen = both.reader.tries, len(changes)
        await until(lambda: both.reader.tries > tries + 2, "the reader goes on trying")
        assert not both.reader.connected
        assert len(changes) == seen, "an old state is shown once"
        async with running(both.publisher):
            await both.agree()


async def test_a_heartbeat_carries_the_newest_report_and_is_no_change(redis: Redis) -> None:
    both = Both(redis, 13, "report", PATIENT)
    both.feed(20)
    told = [1.0]
    both.publisher = RedisPublisher(
        redis.url,
        both.view,
        "e",
        "report",
        PATIENT,
        report=lambda: Report(as_of=told[0], services={"agent": "routine"}),
    )
    async with running(both.publisher, both.reader):
        await both.agree()
        changes = []
        both.reader.subscribe(lambda: changes.append(1))
        told[0] = 2.0
        await until(lambda: both.reader.report and both.reader.report.as_of == 2.0, "the next heartbeat has it")
        assert changes == []


async def test_a_busy_line_reports_at_most_twice_a_second(redis: Redis) -> None:
    both = Both(redis, 14, "busy", UNHURRIED)
    both.feed(20)
    made = []

    def report() -> Report:
        made.append(1)
        return Report(as_of=float(len(made)))

    both.publisher = RedisPublisher(redis.url, both.view, "e", "busy", UNHURRIED, report=report)
    async with running(both.publisher, both.reader):
        await both.agree()
        before, beats, began = len(made), both.publisher.beats, time.monotonic()
        while both.publisher.beats < beats + 20:
            both.feed(2)
            await both.agree()
        assert len(made) - before <= 1 + (time.monotonic() - began) / REPORT_EVERY_S


async def test_nothing_is_remembered_for_a_redis_that_is_not_there() -> None:
    view = LiveView()
    publisher = RedisPublisher(f"redis://127.0.0.1:{free_tcp_port()}/0", view, "e", "none", TIMING)
    async with running(publisher):
        await until(lambda: bool(publisher.error), "the publisher says what is wrong")
        for one in Story(1).tell(200):
            view.apply(one)
        assert view._touched_calls == set()


async def test_two_databases_are_kept_apart(redis: Redis) -> None:
    one, other = Both(redis, 1, "db"), Both(redis, 2, "db")
    url = redis.url.replace("/0", "/1")
    other.publisher = RedisPublisher(url, other.view, "o", "db", TIMING)
    other.reader = RedisReader(url, "db", TIMING)
    one.feed(30)
    other.feed(50)
    async with running(one.publisher, other.publisher):
        async with running(other.reader):
            await other.agree()
        async with running(one.reader):
            await one.agree()


@pytest.mark.alone
async def test_a_change_goes_through_in_milliseconds(redis: Redis) -> None:
    both = Both(redis, 12, "speed")
    both.feed(200)
    async with running(both.publisher, both.reader):
        await both.agree()
        loop = asyncio.get_running_loop()
        took: list[float] = []
        for _ in range(100):
            started = loop.time()
            both.feed(1)
            while both.reader.seq != both.view.seq:  # noqa: ASYNC110  the time is measured
                await asyncio.sleep(0)
            took.append(loop.time() - started)
        assert sorted(took)[50] < 0.05


async def test_check_tells_what_is_there(redis: Redis) -> None:
    assert (await check(redis.url)).split()[0] in ("redis", "valkey")
    port = free_tcp_port()
    with pytest.raises(LiveStoreError, match=rf"live store 127.0.0.1:{port}/0 cannot be reached"):
        await check(f"redis://127.0.0.1:{port}")
    with pytest.raises(LiveStoreError, match="out of range"):
        await check(redis.url.replace("/0", "/99"))


@pytest.mark.parametrize("url", ["", "http://host", "redis://", "redis://host/x", "redis://user:secret@/0"])
def test_a_bad_address_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="redis_url") as caught:
        Address.parse(url)
    assert "secret" not in str(caught.value)


def test_an_address_is_read() -> None:
    assert Address.parse("redis://:p%40ss@host:1234/3") == Address("host", 1234, 3, b"p@ss")
    assert Address.parse("redis://host") == Address("host", 6379, 0, b"")


def test_the_order_of_calls_does_not_depend_on_redis(redis: Redis) -> None:
    # Hashes have no order: a view built from shuffled content answers the same.
    story, view, shuffled = Story(21), LiveView(), View()
    for one in story.tell(300):
        view.apply(one)
    calls, agents = view.everything()
    mixed = [*calls]
    random.Random(1).shuffle(mixed)
    shuffled._calls = {CallId(call.id): call for call in mixed}
    shuffled._agents = {agent.extension: agent for agent in reversed([*agents])}
    shuffled.seq, shuffled.at = view.seq, view.at
    same(view, shuffled)
