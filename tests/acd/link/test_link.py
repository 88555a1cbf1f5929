"""Both ends over a real socket."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

import acd.link.desk_end
import acd.link.frames
import acd.link.line_end
from acd.engine.model.facts import SurgeEnded
from acd.link.desk_end import LineAway, LineRefused
from acd.link.frames import Frames, Kind, frame
from acd.link.line_end import DeskAway, Granted, WishRefused
from acd.link.messages import VERSION, Hello, Wish
from tests.acd.link.both_ends import PATIENT_S, READY, following, joined, listening, raw
from tests.waiting import until

LARGE = b"S" * (40 * 1024 * 1024)
hang = time.sleep
"""Both ends stand still for so long: they share the loop."""


async def test_a_desk_begins_with_a_snapshot_and_follows(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, told):
        await until(lambda: desk.connected and line.end.connected)
        line.tell(4)
        line.tell(5)
        await until(lambda: len(told.words) == 4 and told.status is not None)
        assert told.words == ["hello 3", "snapshot S3", "entry 4", "entry 5"]


async def test_entries_that_only_memory_holds_come_before_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are: several frames of them may be needed."""
    monkeypatch.setattr(acd.link.line_end, "ENTRIES_BYTES", 1)
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        line.unwritten = [raw(2), raw(3)]
        async with following(path) as (desk, told):
            await until(lambda: desk.connected)
            assert told.words == ["hello 3", "entry 2", "entry 3", "snapshot S3"]


async def test_a_line_that_comes_back_is_followed_anew(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with following(path) as (desk, told):
        with pytest.raises(LineAway, match="not connected"):
            await desk.wish(READY, PATIENT_S)
        async with listening(path):
            await until(lambda: desk.connected)
        await until(lambda: not desk.connected)
        async with listening(path) as line:
            line.seq = 9
            await until(lambda: desk.connected)
            assert (
                told.words == ["hello 3", "snapshot S3", "away", "hello 9", "snapshot S9"]
                or told.words[-1] == "snapshot S9"
            )


async def test_a_desk_waits_for_a_line_of_its_own_version_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade replaces one process after the other: whichever comes first serves alone until the other is there."""
    path = tmp_path / "line.sock"
    async with following(path) as (desk, told):
        with monkeypatch.context() as older:
            older.setattr(acd.link.line_end, "VERSION", VERSION - 1)
            async with listening(path) as line:
                await until(lambda: f"the line speaks version {VERSION - 1} of the link" in desk.why)
                line.tell(4)  # the line goes on with nobody who follows
                with pytest.raises(LineAway, match=f"this desk {VERSION}"):
                    await desk.wish(READY, PATIENT_S)
                assert told.words == []
                assert line.openings == 0, "no state is made for a desk that cannot read it"
        async with listening(path) as line:
            line.seq = 9
            await until(lambda: desk.connected)
            assert told.words == ["hello 9", "snapshot S9"]


async def test_a_wish_is_granted_refused_or_not_heard(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, _):
        await until(lambda: desk.connected)
        done = await desk.wish(READY, PATIENT_S)
        assert [type(fact) for fact in done.facts] == [SurgeEnded]
        assert done.journalled
        assert await desk.look("surge", PATIENT_S) == {"id": "surge"}

        async def full(wish: Wish) -> Granted:
            return Granted(journalled=False)

        line.granted = full
        assert not (await desk.wish(READY, PATIENT_S)).journalled

        async def fails(wish: Wish) -> Granted:
            raise ValueError("no such agent")

        line.granted = fails
        with pytest.raises(LineRefused, match="no such agent"):
            await desk.wish(READY, PATIENT_S)

        async def refuses(wish: Wish) -> Granted:
            raise WishRefused("not now")

        line.granted = refuses
        with capture_logs() as logs, pytest.raises(LineRefused, match=r"^not now$"):
            await desk.wish(READY, PATIENT_S)
        assert logs == []

        async def never(wish: Wish) -> Granted:
            await asyncio.Event().wait()
            return Granted()

        line.granted = never
        with pytest.raises(LineAway, match="no answer"):
            await desk.wish(READY, 0.05)


async def test_a_wish_that_has_been_given_up_is_not_acted_on(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, _):
        await until(lambda: desk.connected)
        wished = asyncio.create_task(desk.wish(READY, 0.05))
        await asyncio.sleep(0)  # it is written to the socket
        hang(0.1)
        with pytest.raises(LineAway):
            await wished
        await desk.look("surge", PATIENT_S)  # what was behind it has been read
        assert line.wishes == []


async def test_a_wish_to_a_line_that_was_given_up_as_silent_is_not_acted_on(tmp_path: Path) -> None:
    """The desk has said that the line is away before the wish's own time is over. A line that goes on then reads it."""
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path, silent_s=1.5) as (desk, _):
        await until(lambda: desk.connected)
        wished = asyncio.create_task(desk.wish(READY, PATIENT_S))
        await asyncio.sleep(0)  # it is written to the socket
        hang(1.7)
        with pytest.raises(LineAway, match="said nothing"):
            await wished
        await until(lambda: desk.connected)
        await desk.look("surge", PATIENT_S)
        assert line.wishes == []


async def test_the_line_asks_the_desk_and_never_waits_for_long(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        with pytest.raises(DeskAway, match="no desk"):
            await line.end.ask("ticket", "known", PATIENT_S)
        async with following(path) as (desk, _):
            await until(lambda: line.end.connected and desk.connected)
            assert await line.end.ask("ticket", "known", PATIENT_S) == {"state": "new"}
            assert await line.end.ask("ticket", "unknown", PATIENT_S) is None
            with pytest.raises(DeskAway, match="database is away"):
                await line.end.ask("ticket", "broken", PATIENT_S)
            desk.stored(7, {"journal": 90, "cel": 30})
            await until(lambda: line.end.stored_seq == 7)
            assert line.end.keep_days == {"journal": 90, "cel": 30}


async def test_a_desk_that_dies_leaves_no_question_open(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        _, writer = await joined(line, path)
        asked = asyncio.create_task(line.end.ask("ticket", "known", 5.0))
        await asyncio.sleep(0)
        writer.transport.abort()
        with pytest.raises(DeskAway):
            await asked


@pytest.mark.alone  # it measures for how long the line is held up
@pytest.mark.parametrize("state", [b"S", LARGE])
async def test_a_desk_that_does_not_read_is_cut_off(tmp_path: Path, state: bytes) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        line.state = state
        _, writer = await joined(line, path)
        entry, began = b"x" * 1_000_000, time.monotonic()
        for _ in range(60):
            line.end.send_entries([entry])
        assert time.monotonic() - began < 2.0
        await until(lambda: not line.end.connected)
        writer.close()


async def test_a_state_of_any_size_is_followed(tmp_path: Path) -> None:
    """100,000 waiting callers make 100 MB: what waits to be sent behind it counts, not the state itself."""
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, told):
        told.reads = lambda state: str(len(state))
        line.state, line.unwritten = LARGE, [raw(2), raw(3)]
        await until(lambda: desk.connected and told.status is not None)
        line.tell(4)
        await until(lambda: told.words[-1] == "entry 4")
        assert told.words == ["hello 3", "entry 2", "entry 3", f"snapshot {len(LARGE)}", "entry 4"]
        assert line.openings == 1


async def test_a_state_that_no_frame_holds_is_said_and_costs_the_line_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acd.link.frames, "MAX_PAYLOAD", 1_000)
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        line.state = b"S" * 2_000
        with capture_logs() as logs:
            async with following(path) as (desk, _):
                await until(lambda: line.openings == 2 and "closed" in desk.why)
        assert ("desk_refused", "a payload of 2000 bytes; at most 1000 are allowed") in [
            (one["event"], one.get("why")) for one in logs
        ]
        assert not line.end.connected


async def test_a_desk_that_cannot_read_the_state_asks_for_it_less_and_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time costs the line a snapshot. A line that another one follows is joined at once."""
    waits: list[float] = []
    sleep = asyncio.sleep

    class Time:
        def __getattr__(self, name: str) -> Any:
            return getattr(asyncio, name)

        @staticmethod
        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            await sleep(0.01)

    def unreadable(state: bytes) -> str:
        raise msgspec.ValidationError("of an older version")

    monkeypatch.setattr(acd.link.desk_end, "asyncio", Time())
    path = tmp_path / "line.sock"
    async with contextlib.AsyncExitStack() as stack:
        line = await stack.enter_async_context(listening(path))
        async with following(path) as (desk, told):
            told.reads = unreadable
            await until(lambda: len(waits) >= 6)
            assert waits[:6] == [pytest.approx(one) for one in (0.05, 0.2, 0.8, 3.2, 5.0, 5.0)]
            assert line.openings <= len(waits) + 1
            monkeypatch.setattr(os, "getpid", lambda: -1)  # another line, without a moment between
            del waits[:]
            await until(lambda: 0.05 in waits)
            await stack.aclose()
            await until(lambda: "line.sock" in desk.why)
            del waits[:]
            await until(lambda: len(waits) >= 4)
            assert max(waits) <= 0.25, "a line that is away is looked for as often as ever"


async def test_a_desk_that_says_nothing_is_told_the_version_and_costs_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Desks of older versions wait for the line's first word; those said what they read in it."""
    monkeypatch.setattr(acd.link.line_end, "JOIN_S", 0.05)
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        reader, writer = await asyncio.open_unix_connection(str(path))
        (one,) = Frames().feed(await asyncio.wait_for(reader.read(), 60.0))
        assert msgspec.json.decode(one.payload, type=Hello).version == VERSION
        assert (line.openings, line.end.connected) == (0, False)
        writer.close()


async def test_a_refusal_is_not_taken_for_another_journal(tmp_path: Path) -> None:
    """A line that was held up may refuse a desk of its own version, whose first word it has not read yet."""
    path = tmp_path / "line.sock"
    refusal = frame(Kind.MESSAGE, msgspec.json.encode(Hello(version=VERSION, journal="", seq=0, at=0.0)))

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(refusal)
        writer.close()

    listener = await asyncio.start_unix_server(refuse, str(path))
    async with following(path) as (desk, told):
        await until(lambda: "has not heard our version" in desk.why)
        assert told.words == []
    listener.close()


async def test_a_line_that_hangs_is_away(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    listener = await asyncio.start_unix_server(lambda reader, writer: asyncio.sleep(60), str(path))
    async with following(path, silent_s=0.2) as (desk, _):
        await until(lambda: "said nothing" in desk.why)
        assert not desk.connected
    listener.close()


async def test_junk_on_the_socket_ends_that_connection_alone(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, told):
        await until(lambda: desk.connected)
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await asyncio.wait_for(reader.read(), 60.0)
        writer.close()
        line.tell(4)
        await until(lambda: told.words[-1] == "entry 4")


async def test_a_data_folder_with_a_long_name_serves_as_well(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 100) / ("b" * 100)
    folder.mkdir(parents=True)
    async with listening(folder / "line.sock"), following(folder / "line.sock") as (desk, _):
        await until(lambda: desk.connected)
        assert (folder / "line.sock").is_socket()


async def test_the_line_is_told_of_its_first_desk_and_of_the_last_ones_end(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        async with following(path):
            await until(lambda: line.seen == [True])
            async with following(path) as (second, _):
                await until(lambda: second.connected)
            assert line.seen == [True]
        await until(lambda: line.seen == [True, False])
        async with following(path):
            await until(lambda: line.seen == [True, False, True])
            await line.end.stop()
        assert line.seen == [True, False, True], "a line that stops is no desk that is gone"
