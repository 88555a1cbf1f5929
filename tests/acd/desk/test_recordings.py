"""The desk encrypts recordings of calls that are over, tells the line of them, and removes what is destroyed."""

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from acd.config.settings import Settings
from acd.desk.recordings import PLAIN, Player, RecordingKeeper, wave_head
from acd.engine.model.recording_events import RecordingMissed, RecordingStored
from acd.lib.clock import SteadyClock
from console.ports import Refused, Unavailable, UnknownCall
from storage.recordings import Over, Recording, sealed_path
from storage.sealed_files import SealedFile, SealKey

CALL = "ast1-1795755390.0"
SAID = bytes(range(256)) * 125
"""Four seconds."""


class Desk:
    """A folder of recordings, what the database says of them, and what the line was told."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder)
        self.open = self.settings.open_recordings_dir
        self.calls: dict[str, Over] = {}
        self.destroyed: list[str] = []
        self.forgotten: list[str] = []
        self.told: list[Any] = []
        self.waiting: list[int] = []
        self.states: dict[str, str] = {}
        self.looked_at: dict[str, float] = {}
        self.fault: Exception | None = None
        self.journalled = True
        self.keeper = RecordingKeeper(self.settings, self._wish, self.waiting.append)
        self.keeper.prepare()

    async def _wish(self, event: Any) -> bool:
        if self.fault is not None:
            raise self.fault
        self.told.append(event)
        return self.journalled

    def settles(self, call: str = CALL) -> Path:
        """The plain file of a call, as it is when nobody writes to it any more."""
        path = self.open / f"{call}{PLAIN}"
        os.utime(path, (time.time() - 60,) * 2)
        return path

    # --- as Recordings

    async def over(self, before: float) -> list[Over]:
        return list(self.calls.values())

    async def to_remove(self) -> list[str]:
        return list(self.destroyed)

    async def removed(self, call: str, at: float) -> None:
        self.destroyed.remove(call)

    async def of_no_use(self, written: Mapping[str, float]) -> dict[str, str | None]:
        self.looked_at = dict(written)
        return {call: self.states.get(call) for call in written if self.states.get(call) != "recording"}

    async def forget(self, call: str) -> None:
        self.forgotten.append(call)
        del self.calls[call]

    async def get(self, call: str) -> Recording | None:
        state: Any = self.states.get(call)
        none = dict.fromkeys(("size", "seconds", "missing_s", "kept_at", "destroyed_at"))
        row = {"call": call, "state": state, "why": "", "began_at": 0.0, "sha256": "", "pauses": 0, **none}
        return Recording(**row) if state else None

    # --- what happens

    async def look(self) -> None:
        recordings: Any = self
        await self.keeper.look(recordings)

    def over_is(self, call: str = CALL, *, talk_s: float = 4.2, said: bytes | None = SAID) -> Path:
        path = self.open / f"{call}{PLAIN}"
        if said is not None:
            path.write_bytes(said)
        self.calls[call] = Over(call=call, talk_s=talk_s)
        return path

    def sealed(self, call: str = CALL) -> Path:
        return sealed_path(self.settings.recordings_path, call)

    def read(self, call: str = CALL) -> bytes:
        with SealedFile(SealKey.kept_in(self.settings.recordings_key_file), self.sealed(call)) as file:
            return b"".join(file.read())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_recording_is_encrypted_and_told_and_the_plain_file_goes(desk: Desk) -> None:
    plain = desk.over_is()
    await desk.look()
    content = wave_head(len(SAID)) + SAID
    assert desk.read() == content
    (told,) = desk.told
    assert isinstance(told, RecordingStored)
    assert (told.call, told.sha256, told.size) == (CALL, hashlib.sha256(content).hexdigest(), len(content))
    assert (told.seconds, told.missing_s) == (4.0, 0.0)
    assert not plain.exists()
    assert (desk.sealed().stat().st_mode & 0o777, desk.open.stat().st_mode & 0o777) == (0o600, 0o700)
    assert desk.settings.recordings_key_file.stat().st_mode & 0o777 == 0o600
    await desk.look()
    assert len(desk.told) == 1, "the fact is on its way to the database"


async def test_a_line_that_is_away_is_told_later_and_nothing_is_lost(desk: Desk) -> None:
    plain = desk.over_is()
    desk.fault = Unavailable("the line is away")
    with pytest.raises(Unavailable):
        await desk.look()
    assert plain.exists()
    desk.fault = None
    await desk.look()
    assert [type(one) for one in desk.told] == [RecordingStored]
    assert not plain.exists()


async def test_a_line_that_journals_and_answers_too_late_leaves_no_plain_file(desk: Desk) -> None:
    plain = desk.over_is()
    desk.fault = Unavailable("no answer in 4 s")
    with pytest.raises(Unavailable):
        await desk.look()
    desk.settles()
    desk.calls.clear()
    desk.states[CALL] = "kept"  # the fact has come to the database
    with capture_logs() as logs:
        await desk.look()
    assert not plain.exists()
    assert desk.read() == wave_head(len(SAID)) + SAID
    assert [(one["event"], one["state"]) for one in logs] == [("plain_recording_removed", "kept")]


@pytest.mark.parametrize("state", ["destroyed", "lost", "none", None])
async def test_plain_files_of_no_use_are_removed(desk: Desk, state: str | None) -> None:
    desk.over_is()
    desk.calls.clear()
    if state is not None:
        desk.states[CALL] = state
    plain = desk.settles()
    await desk.look()
    assert not plain.exists()
    assert not desk.sealed().exists()


async def test_a_link_is_as_old_as_itself(desk: Desk, tmp_path: Path) -> None:
    """A link that was put there before the talk is there still when the talk begins, also if its target is old."""
    target = tmp_path / "disk"
    target.touch()
    plain = desk.open / f"{CALL}{PLAIN}"
    plain.symlink_to(target)
    desk.settles()  # what it leads to
    await desk.look()
    assert (desk.looked_at, plain.is_symlink()) == ({}, True)


async def test_what_counts_as_kept_and_was_never_encrypted_is_encrypted(desk: Desk) -> None:
    desk.over_is()
    desk.calls.clear()
    desk.states[CALL] = "kept"
    plain = desk.settles()
    await desk.look()
    assert not plain.exists()
    assert desk.read() == wave_head(len(SAID)) + SAID


async def test_while_the_line_cannot_write_its_journal_the_plain_file_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is killed then knows nothing of the recording any more, and is told again."""
    monkeypatch.setattr("acd.desk.recordings.AGAIN_S", 0.0)
    desk.keeper = RecordingKeeper(desk.settings, desk._wish, desk.waiting.append)
    plain = desk.over_is()
    desk.journalled = False
    await desk.look()
    assert plain.exists()
    desk.journalled = True
    await desk.look()
    assert [(type(one), one.sha256) for one in desk.told] == [(RecordingStored, desk.told[0].sha256)] * 2
    assert not plain.exists()
    assert desk.read() == wave_head(len(SAID)) + SAID


async def test_a_talk_that_goes_on_keeps_its_file(desk: Desk) -> None:
    on_hold, spoken = "ast1-1.1", "ast1-1.2"
    for call in (on_hold, spoken):
        desk.over_is(call)
    desk.calls.clear()
    desk.states = {on_hold: "recording", spoken: "recording"}
    desk.settles(on_hold)
    await desk.look()
    assert list(desk.looked_at) == [on_hold], "the other one is being written"
    assert all((desk.open / f"{call}{PLAIN}").exists() for call in (on_hold, spoken))


async def test_while_the_line_s_time_is_years_ahead_a_talk_keeps_its_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files have the machine's time; the database may not know the call yet."""
    clock = SteadyClock()
    clock.not_before(time.time() + 2 * 365 * 86_400)
    monkeypatch.setattr("acd.desk.recordings.clock", clock)
    plain = desk.over_is()
    desk.calls.clear()
    await desk.look()
    assert (desk.looked_at, plain.exists()) == ({}, True)


async def test_a_recording_that_is_shorter_than_its_talk_is_told_so(desk: Desk) -> None:
    desk.over_is(talk_s=10.0)
    with capture_logs() as logs:
        await desk.look()
    assert desk.told[0].missing_s == 6.0
    assert [one["event"] for one in logs] == ["recording_short"]


@pytest.mark.parametrize("said", [None, b""])
async def test_a_recording_that_is_not_there_is_lost(desk: Desk, said: bytes | None) -> None:
    desk.over_is(said=said)
    await desk.look()
    await desk.look()
    (told,) = desk.told
    assert isinstance(told, RecordingMissed)
    assert (told.call, told.why) == (CALL, "no_file")
    assert not list(desk.open.iterdir())


async def test_a_desk_that_died_after_it_told_the_line_tells_nothing_wrong(desk: Desk) -> None:
    desk.over_is()
    await desk.look()
    desk.keeper = RecordingKeeper(desk.settings, desk._wish, desk.waiting.append)
    await desk.look()
    assert len(desk.told) == 1


async def test_after_a_power_cut_that_took_the_line_s_fact_it_is_told_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plain file has gone, and the journal's newest entries with the power."""
    desk.over_is(talk_s=10.0)
    await desk.look()
    monkeypatch.setattr("acd.desk.recordings.AGAIN_S", 0.0)
    desk.keeper = RecordingKeeper(desk.settings, desk._wish, desk.waiting.append)
    await desk.look()
    assert len(desk.told) == 1, "the fact may be on its way to the database"
    await desk.look()
    first, again = desk.told
    assert (first.missing_s, again) == (6.0, msgspec.structs.replace(first, at=again.at))


async def test_of_a_call_that_nobody_answered_nothing_is_kept(desk: Desk) -> None:
    plain = desk.over_is(talk_s=0.0, said=b"")
    await desk.look()
    assert (desk.forgotten, desk.told, plain.exists()) == ([CALL], [], False)


async def test_a_disk_that_is_away_or_full_is_told_once_and_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = desk.over_is()
    away = desk.open.rename(desk.open.with_name("away"))
    with capture_logs() as logs:
        await desk.look()
        await desk.look()
        away.rename(desk.open)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("acd.desk.recordings.seal_copy", full)
            await desk.look()
            await desk.look()
        assert plain.exists()
        await desk.look()
    assert [one["event"] for one in logs] == [
        "recordings_not_stored", "recordings_not_stored", "recordings_stored_again",
    ]  # fmt: skip
    assert [type(one) for one in desk.told] == [RecordingStored]
    assert desk.waiting == [1] * 5


async def test_what_is_destroyed_is_removed_encrypted_or_not(desk: Desk) -> None:
    plain = desk.over_is()
    await desk.look()
    desk.calls.clear()
    plain.write_bytes(SAID)
    desk.destroyed = [CALL, "ast1-never-there"]
    await desk.look()
    assert desk.destroyed == []
    assert not plain.exists()
    assert not desk.sealed().exists()


async def test_it_is_played_from_the_encrypted_file_and_what_is_not_there_says_why(desk: Desk) -> None:
    desk.over_is()
    await desk.look()
    desk.states = {CALL: "kept", "other": "kept", "gone": "destroyed", "goes on": "recording"}
    player = Player(desk.settings, type("Records", (), {"recordings": desk})())
    sound = await player.sound(CALL)
    assert b"".join(sound.read(0, sound.size)) == desk.read()
    assert b"".join(sound.read(100, 110)) == desk.read()[100:110]
    sound.close()
    with pytest.raises(UnknownCall):
        await player.sound("never")
    with pytest.raises(Refused, match="destroyed"):
        await player.sound("gone")
    with pytest.raises(Refused, match="goes on"):
        await player.sound("goes on")
    with pytest.raises(Unavailable, match="cannot be read"):
        await player.sound("other")


def test_the_head_of_a_wave_file_is_that_of_a_law() -> None:
    head = wave_head(1000)
    assert len(head) == 58
    assert head[:4] + head[8:16] == b"RIFFWAVEfmt "
    assert int.from_bytes(head[4:8], "little") == len(head) + 1000 - 8
    assert head[20:22] == b"\x06\x00"
    assert head[-8:-4] == b"data"
