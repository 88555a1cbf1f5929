"""Recordings of messages: taken when the line asks or the call is over, destroyed when the request has them."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from acd.desk.messages import LOST_S, CallersMessages
from console.ports import Unavailable
from ivr.tones import as_wav, sine
from storage.requests.attachments import Attachments
from storage.requests.faults import reraise
from tickets.files import NewFile
from tickets.opening import NewTicket

CALL = "ast1-1764025361.42"
RECORD = {"service": "request", "caller": "05321112233", "language": "en"}


class Desk:
    """A folder of recordings, and what the database has taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "messages"
        self.folder.mkdir()
        self.files = Attachments(folder / "files", folder / "key")
        self.live: dict[str, dict[str, Any]] = {}
        self.stored: dict[str, dict[str, Any]] = {}
        self.over: dict[str, bool] = {}
        self.taken: list[tuple[NewTicket, NewFile]] = []
        self.own, self.kept = True, True
        self.fault: Exception | None = None
        settings: Any = SimpleNamespace(messages_dir=self.folder, model_dump=lambda: {"message_least_s": 2.0})
        records: Any = SimpleNamespace(messages=self, get_call=self._get_call, fault=reraise)
        self.messages = CallersMessages(settings, records, self.files, self.live.get)

    async def _get_call(self, call: str) -> dict[str, Any] | None:
        return self.stored.get(call)

    async def is_over(self, call: str) -> bool | None:
        return self.over.get(call)

    async def take(self, new: NewTicket, file: NewFile) -> Any:
        if self.fault is not None:
            raise self.fault
        self.taken.append((new, file))
        return SimpleNamespace(ticket=SimpleNamespace(number="26-000123-3"), kept=self.kept, own=self.own)

    def recorded(self, seconds: float = 3.0, level: float = 0.5) -> Path:
        path = self.folder / f"{CALL}.wav"
        path.write_bytes(as_wav(sine(440, seconds, level)))
        return path

    async def look(self) -> None:
        await self.messages.look()

    def kept_files(self) -> list[Path]:
        return [one for one in (self.folder.parent / "files").rglob("*") if one.is_file()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_the_line_asks_while_the_caller_is_there(desk: Desk) -> None:
    desk.live[CALL] = RECORD
    path = desk.recorded()
    assert await desk.messages.answer(CALL) == {"number": "26-000123-3"}
    [(new, file)] = desk.taken
    assert (new.service, new.caller, new.language, new.call) == ("request", "05321112233", "en", CALL)
    assert (file.media_type, file.about) == ("audio/wav", "request")
    assert not path.exists()
    [kept] = desk.kept_files()
    assert b"WAVE" not in kept.read_bytes(), "it is encrypted"
    assert desk.files.get(kept.name) == as_wav(sine(440, 3.0, 0.5))


async def test_the_number_of_an_open_request_is_not_said(desk: Desk) -> None:
    desk.live[CALL], desk.own = RECORD, False
    desk.recorded()
    assert await desk.messages.answer(CALL) == {"added": "1"}


async def test_there_is_nothing_to_say_of_a_message_that_is_none(desk: Desk) -> None:
    desk.live[CALL] = RECORD
    assert await desk.messages.answer(CALL) is None
    desk.recorded(1.0)
    assert await desk.messages.answer(CALL) is None
    assert desk.taken == []


async def test_a_recording_is_left_alone_while_its_call_is_up(desk: Desk) -> None:
    desk.stored[CALL], desk.over[CALL] = RECORD, False
    path = desk.recorded()
    await desk.look()
    assert path.exists()
    assert desk.taken == []


async def test_it_is_taken_when_the_call_is_over(desk: Desk) -> None:
    desk.stored[CALL], desk.over[CALL] = RECORD, True
    path = desk.recorded()
    await desk.look()
    assert len(desk.taken) == 1
    assert not path.exists()


async def test_a_header_that_no_one_has_completed_loses_nothing(desk: Desk) -> None:
    """Asterisk died: the lengths in the header are 0."""
    desk.stored[CALL], desk.over[CALL] = RECORD, True
    path = desk.recorded()
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = bytes(4)
    path.write_bytes(bytes(content))
    await desk.look()
    [(_, file)] = desk.taken
    assert file.size == 44 + 3 * 16_000


async def test_silence_is_destroyed_when_the_call_is_over(desk: Desk) -> None:
    desk.stored[CALL], desk.over[CALL] = RECORD, True
    path = desk.recorded(level=0.0)
    await desk.look()
    assert (desk.taken, path.exists(), desk.kept_files()) == ([], False, [])


async def test_a_database_that_is_away_loses_nothing(desk: Desk) -> None:
    desk.stored[CALL], desk.over[CALL], desk.fault = RECORD, True, Unavailable("away")
    path = desk.recorded()
    with pytest.raises(Unavailable):
        await desk.look()
    assert (path.exists(), desk.kept_files()) == (True, [])


async def test_one_that_was_taken_before_leaves_no_second_file(desk: Desk) -> None:
    desk.stored[CALL], desk.over[CALL], desk.kept = RECORD, True, False
    path = desk.recorded()
    await desk.look()
    assert (path.exists(), desk.kept_files()) == (False, [])


async def test_a_recording_of_no_call_is_destroyed_in_the_end(desk: Desk) -> None:
    path = desk.recorded()
    await desk.look()
    assert path.exists()
    before = time.time() - LOST_S - 60
    os.utime(path, (before, before))
    await desk.look()
    assert not path.exists()
