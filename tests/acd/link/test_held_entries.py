"""Entries are held for a moment, so that those of many turns are one frame; what else is said comes behind them."""

import asyncio
from pathlib import Path

import pytest

import acd.link.line_end
from acd.link.desk_end import LineRefused
from acd.link.frames import Frame, Frames, Kind
from acd.link.line_end import DeskAway, Granted, WishRefused
from acd.link.messages import Question, Wish
from tests.acd.link.both_ends import PATIENT_S, READY, answered, following, joined, listening, raw
from tests.waiting import until


@pytest.fixture
def for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing ends the hold but what the test does."""
    monkeypatch.setattr(acd.link.line_end, "HOLD_S", 3_600.0)


@pytest.fixture
def half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hold lasts so long, and no status ends it."""
    monkeypatch.setattr(acd.link.line_end, "HOLD_S", 0.5)
    monkeypatch.setattr(acd.link.line_end, "STATUS_S", 3_600.0)


async def frames_until(reader: asyncio.StreamReader, last: bytes) -> list[Frame]:
    """All frames that come, up to one that has `last`."""
    frames, found = Frames(), list[Frame]()
    while not any(last in one.payload for one in found):
        found += frames.feed(await asyncio.wait_for(reader.read(65_536), 60.0))
    return found


async def test_the_entries_of_several_turns_come_by_themselves_in_one_frame(
    tmp_path: Path, half_a_second: None
) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        reader, writer = await joined(line, path)
        for group in ((4, 5, 6), (7, 8)):
            for seq in group:
                line.tell(seq)
                await asyncio.sleep(0)  # another turn
            found = await frames_until(reader, raw(group[-1]))
            assert [one.payload for one in found if one.kind is Kind.ENTRIES] == [b"\n".join(map(raw, group))]
        writer.close()


async def test_entries_of_many_bytes_are_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, for_ever: None
) -> None:
    monkeypatch.setattr(acd.link.line_end, "HOLD_BYTES", 2 * len(raw(4)))
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, told):
        await until(lambda: desk.connected and line.end.connected)
        for seq in (4, 5, 6):
            line.tell(seq)
        await until(lambda: told.words[-1] == "entry 5")
        line.tell(7)
        await until(lambda: told.words[-1] == "entry 7")
        assert told.words == ["hello 3", "snapshot S3", *(f"entry {seq}" for seq in (4, 5, 6, 7))]


@pytest.mark.parametrize("answer", ["done", "refused", "failed"])
async def test_the_answer_to_a_wish_comes_behind_its_entries(tmp_path: Path, for_ever: None, answer: str) -> None:
    """A page shows what the live view says as soon as its wish has been answered."""
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, told):
        await until(lambda: desk.connected)

        async def act(wish: Wish) -> Granted:
            line.tell(4)
            if answer == "done":
                return Granted()
            raise WishRefused("not now") if answer == "refused" else ValueError("a fault")

        line.granted = act
        try:
            await desk.wish(READY, PATIENT_S)
        except LineRefused:
            assert answer != "done"
        assert told.words[-1] == "entry 4"


async def test_a_look_a_question_and_a_status_come_behind_the_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, for_ever: None
) -> None:
    """What the desk is asked of a call is answered by somebody who knows that call."""
    monkeypatch.setattr(acd.link.line_end, "STATUS_S", 3_600.0)
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, told):
        knew: list[str] = []

        async def answer(question: Question) -> dict[str, str] | None:
            knew.append(told.words[-1])
            return await answered(question)

        desk._answer = answer
        await until(lambda: desk.connected and told.status is not None)
        line.tell(4)
        await desk.look("surge", PATIENT_S)
        assert told.words[-1] == "entry 4"
        line.tell(5)
        await line.end.ask("ticket", "known", PATIENT_S)
        assert knew == ["entry 5"]
        line.tell(6)
        told.status = None
        line.end.send_status()
        await until(lambda: told.status is not None)
        assert told.words[-1] == "entry 6"


async def test_a_question_that_may_wait_goes_with_the_entries_of_its_moment(
    tmp_path: Path, half_a_second: None
) -> None:
    """Nobody's phone waits for the number of a request: the desk is woken once for it and for the talk's end."""
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        reader, writer = await joined(line, path)
        line.tell(4)
        asking = asyncio.create_task(line.end.ask("opened", "c1", PATIENT_S))
        await asyncio.sleep(0)
        line.tell(5)
        found = await frames_until(reader, b'"kind":"opened"')
        assert [one.payload for one in found if one.kind is Kind.ENTRIES] == [b"\n".join(map(raw, (4, 5)))]
        assert b'"opened"' in found[-1].payload, "the question comes last: the desk knows the call by then"
        asking.cancel()
        writer.close()


async def test_a_question_that_may_wait_needs_no_entries(tmp_path: Path) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, _):
        await until(lambda: desk.connected and line.end.connected)
        assert await line.end.ask("opened", "known", PATIENT_S) == {"state": "new"}


async def test_a_held_question_fails_with_its_desk(tmp_path: Path, for_ever: None) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        _, writer = await joined(line, path)
        asking = asyncio.create_task(line.end.ask("opened", "c1", PATIENT_S))
        await asyncio.sleep(0)
        writer.transport.abort()
        with pytest.raises(DeskAway):
            await asyncio.wait_for(asking, PATIENT_S / 2)
        async with following(path) as (desk, told):
            await until(lambda: desk.connected)
            line.tell(4)
            line.end.send_status()
            await until(lambda: told.words[-1] == "entry 4")


async def test_a_desk_that_joins_gets_no_entry_that_its_state_has(tmp_path: Path, for_ever: None) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (_, first):
        await until(lambda: line.end.connected)
        line.tell(4)
        async with following(path) as (second, told):
            await until(lambda: second.connected)
            line.tell(5)
            line.end.send_status()
            await until(lambda: told.words[-1] == "entry 5")
            assert told.words == ["hello 4", "snapshot S4", "entry 5"]
            await until(lambda: first.words[-1] == "entry 5")
            assert first.words == ["hello 3", "snapshot S3", "entry 4", "entry 5"]


async def test_what_was_held_for_a_desk_that_died_is_not_the_next_ones(tmp_path: Path, for_ever: None) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line:
        _, writer = await joined(line, path)
        line.tell(4)
        writer.transport.abort()
        await until(lambda: not line.end.connected)
        async with following(path) as (desk, told):
            await until(lambda: desk.connected)
            line.tell(5)
            line.end.send_status()
            await until(lambda: told.words[-1] == "entry 5")
            assert told.words == ["hello 4", "snapshot S4", "entry 5"]


async def test_a_line_that_stops_says_its_last_entries(tmp_path: Path, for_ever: None) -> None:
    path = tmp_path / "line.sock"
    async with listening(path) as line, following(path) as (desk, told):
        await until(lambda: desk.connected and line.end.connected)
        line.tell(4)
        await line.end.stop()
        await until(lambda: told.words[-1] == "away")
        assert told.words == ["hello 3", "snapshot S3", "entry 4", "away"]
