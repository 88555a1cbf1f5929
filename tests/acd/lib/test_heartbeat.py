"""Heartbeats: seen, missed, and not missed while nobody could look."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.lib.heartbeat import NOTIFY, Heartbeat, beat


class Watch:
    """A heartbeat and the clock it goes by."""

    def __init__(self, silent_s: float, first_s: float | None = None) -> None:
        self.now = 100.0
        self.heartbeat = Heartbeat(silent_s, first_s=first_s, clock=lambda: self.now)

    def beat(self) -> None:
        os.write(self.heartbeat.handle, b".")

    def hangs_within(self, seconds: float) -> bool:
        """Look as often as is asked for."""
        until = self.now + seconds
        while self.now < until:
            self.now += self.heartbeat.due_in_s
            if self.heartbeat.hangs():
                return True
        return False


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch(silent_s=4.0, first_s=20.0)
    yield watch
    watch.heartbeat.close()


def test_silence_is_a_hang_within_a_quarter_more_than_is_set(watch: Watch) -> None:
    watch.beat()
    assert not watch.hangs_within(4.0)
    assert watch.hangs_within(2.0)


def test_signs_of_life_are_seen(watch: Watch) -> None:
    for _ in range(50):
        watch.beat()
        assert not watch.hangs_within(2.0)
    assert watch.heartbeat.lived_s == pytest.approx(99.0, abs=2)


def test_the_first_sign_may_take_longer_and_only_the_first(watch: Watch) -> None:
    assert not watch.hangs_within(20.0)
    watch.beat()
    assert not watch.hangs_within(4.0)
    assert watch.hangs_within(2.0)


def test_one_that_never_comes_to_life_hangs_too(watch: Watch) -> None:
    assert watch.hangs_within(22.0)


def test_a_time_in_which_we_stood_still_ourselves_is_not_counted(watch: Watch) -> None:
    watch.beat()
    assert not watch.hangs_within(1.0)
    watch.now += 3600  # the machine was suspended
    assert not watch.heartbeat.hangs()
    assert watch.hangs_within(6.0)


def test_zero_is_never() -> None:
    watch = Watch(silent_s=0)
    assert not watch.hangs_within(1e6)
    watch.heartbeat.close()


async def test_a_loop_gives_signs_and_one_that_is_held_up_gives_none() -> None:
    heartbeat = Heartbeat(1.0)
    living = asyncio.create_task(beat(heartbeat.handle, 0.01))
    await asyncio.sleep(0.1)
    assert not heartbeat.hangs()
    lived_s = heartbeat.lived_s
    assert lived_s > 0.05
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    heartbeat.hangs()
    heartbeat.hangs()
    assert heartbeat.lived_s < lived_s + 0.1
    heartbeat.close()


async def test_nobody_who_reads_is_no_reason_to_stop() -> None:
    heartbeat = Heartbeat(1.0)
    os.set_blocking(heartbeat.handle, False)
    living = asyncio.create_task(beat(heartbeat.handle, 0.0))
    await asyncio.sleep(0.5)  # the pipe is full long before
    assert not living.done()
    living.cancel()
    heartbeat.close()


@pytest.mark.parametrize("abstract", [False, True])
async def test_a_service_manager_is_told_by_its_own_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    name = f"@cozum-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        manager.settimeout(60)
        monkeypatch.setenv(NOTIFY, name)
        living = asyncio.create_task(beat(None, 0.01))
        told = [await asyncio.to_thread(manager.recv, 100) for _ in range(2)]
        living.cancel()
    assert told == [b"READY=1\nWATCHDOG=1"] * 2


async def test_without_anybody_who_listens_it_is_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NOTIFY, raising=False)
    await asyncio.wait_for(beat(None), 30)
