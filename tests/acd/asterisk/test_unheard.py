"""Events of the time without a connection: from when on the log is read, and for what the reader waits."""

import asyncio
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk import channel_log, unheard
from acd.asterisk.unheard import Unheard
from acd.engine.model.events import CallerGone, Told
from acd.engine.model.ids import AgentId, CallId
from tests.acd.asterisk.test_channel_log import CALL, CALLER, a_call, hangup

AGENTS = {"PJSIP/1001": AgentId("1001")}


def one(log: Path | None, believed: Collection[CallId] = (), heard_s_ago: float = 60.0) -> Unheard:
    return Unheard(log, time.time() - heard_s_ago, lambda: believed, time.time)


def ago(seconds: float, now: float) -> Any:
    """So long before `now`, as told at a moment between `now` and this one: a busy machine may stand still."""
    passed = time.time() - now
    return pytest.approx(seconds + passed / 2, abs=passed / 2 + 0.002)


def ends(told: tuple[Told, ...]) -> dict[CallId, float]:
    """By call: how long ago its caller's channel ended."""
    return {event.call: event.late_s for event in told if isinstance(event, CallerGone)}


def test_at_the_start_all_is_read_since_the_engine_was_alive_and_somewhat_before(tmp_path: Path) -> None:
    log, now = tmp_path / "Master.csv", time.time()
    log.write_text(a_call(now - 3600) + a_call(now - 70) + a_call(now - 20))
    told = one(log).at_start(AGENTS, time.time())
    assert [event.late_s for event in told if isinstance(event, CallerGone)] == [ago(64.5, now), ago(14.5, now)]
    assert one(None).at_start(AGENTS, now) == ()
    assert one(tmp_path / "nowhere").at_start(AGENTS, now) == ()


async def test_an_end_that_is_not_written_yet_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unheard, "WRITTEN_S", 60.0)
    log, now = tmp_path / "Master.csv", time.time()
    log.write_text(a_call(now - 20).partition('"HANGUP"')[0])

    def write() -> None:
        with log.open("a") as file:
            file.write(hangup(now - 1, CALL, CALL, CALLER, CALLER))

    asyncio.get_running_loop().call_later(0.1, write)
    assert ends(await one(log, {CALL}).told([], AGENTS)) == {CALL: ago(1.0, now)}


async def test_while_an_end_is_waited_for_only_what_is_new_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute of a busy line is thousands of rows, and callers wait."""
    log, now = tmp_path / "Master.csv", time.time()
    other, name = "ast1-3.3", "PJSIP/trunk-00000003"
    log.write_text(
        hangup(now - 50, other, other, name, name)
        + a_call(now - 20).partition('"HANGUP"')[0]
        + hangup(now - 2, "ast1-5.5", "ast1-5.5", name, name)
    )
    read: list[float] = []
    read_since = channel_log.read_since

    def reading(path: Path, since: float) -> list[channel_log.Row] | None:
        read.append(since)
        return read_since(path, since)

    def write() -> None:
        with log.open("a") as file:
            file.write(hangup(now - 3, CALL, CALL, CALLER, CALLER))  # later than a row that is newer

    monkeypatch.setattr(channel_log, "read_since", reading)
    monkeypatch.setattr(unheard, "WRITTEN_S", 60.0)
    asyncio.get_running_loop().call_later(0.1, write)
    told = ends(await one(log, {CALL}).told([], AGENTS))
    assert told == {other: ago(50.0, now), CALL: ago(3.0, now), "ast1-5.5": ago(2.0, now)}
    assert read[0] - now == ago(-90.0, now)
    assert read[1:] == [pytest.approx(now - 7, abs=0.1)] * (len(read) - 1)
    assert len(read) > 1


async def test_who_is_up_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unheard, "WRITTEN_S", 60.0)
    log = tmp_path / "Master.csv"
    log.touch()
    up = {"Channel": CALLER, "Uniqueid": CALL, "Linkedid": CALL, "ChannelStateDesc": "Up"}
    async with asyncio.timeout(30):
        assert await one(log, {CALL}).told([up], AGENTS) == ()


async def test_who_comes_while_we_wait_has_not_died(tmp_path: Path) -> None:
    """They are not in the list, which is older than they are."""
    log = tmp_path / "Master.csv"
    log.touch()
    believed = {CALL}
    asyncio.get_running_loop().call_later(0.1, believed.add, CallId("ast1-9.9"))
    assert set(ends(await one(log, believed).told([], AGENTS))) == {CALL}


async def test_what_died_with_asterisk_ended_when_the_connection_went(tmp_path: Path) -> None:
    log, now = tmp_path / "Master.csv", time.time()
    log.touch()
    without = one(log, {CALL})
    without.lost(now - 7)
    assert ends(await without.told([], AGENTS)) == {CALL: ago(7.0, now)}


async def test_what_died_with_asterisk_while_no_engine_was_there_ended_with_the_last_word_of_either(
    tmp_path: Path,
) -> None:
    log, now = tmp_path / "Master.csv", time.time()
    log.write_text(hangup(now - 40, "ast1-5.5", "ast1-5.5", CALLER, CALLER))
    assert ends(await one(log, {CALL}).told([], AGENTS))[CALL] == ago(40.0, now)


async def test_an_end_is_no_earlier_because_the_machine_stops_us_between_two_clocks(tmp_path: Path) -> None:
    def stopped() -> float:
        now = time.time()
        time.sleep(0.3)
        return now

    log, now = tmp_path / "Master.csv", time.time()
    log.write_text(hangup(now - 40, CALL, CALL, CALLER, CALLER))
    told = await Unheard(log, now - 60, lambda: (), stopped).told([], AGENTS)
    assert [event.at - event.late_s for event in told if isinstance(event, CallerGone)] == [
        pytest.approx(now - 40, abs=0.002)
    ]


async def test_without_a_log_nobody_is_said_to_have_died(tmp_path: Path) -> None:
    assert await one(tmp_path / "nowhere", {CALL}).told([], AGENTS) == ()


async def test_a_log_that_cannot_be_read_is_said_and_lived_without(tmp_path: Path) -> None:
    (tmp_path / "Master.csv").mkdir()
    assert await one(tmp_path / "Master.csv", {CALL}).told([], AGENTS) == ()
