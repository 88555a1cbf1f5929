"""Encrypts the recordings of talks that are over, plays them, and removes those that are destroyed.

Asterisk writes a plain file while the talk goes on. When the call is over the file is encrypted, the line journals its
hash, and the plain file goes; a death in between repeats what came before it. A line that cannot write its journal is
told again, and the plain file stays. A line that has lost the fact, by a power cut, is told again of the encrypted
file. Each look also removes plain files of recordings that are encrypted already, or of no use. A call of which there
is no file is told as lost. A disk that is full or away is told once, and tried again."""

import asyncio
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from acd.config.settings import Settings
from acd.desk.answers import asked
from acd.desk.database import Records
from acd.desk.wishes import Said, Wish, look_for_ever
from acd.engine.model.ids import CallId
from acd.engine.model.recording_events import RecordingMissed, RecordingStored
from acd.lib.clock import clock
from acd.lib.private_folder import private_folder
from console.ports import Refused, Sound, Unavailable, UnknownCall
from storage.recordings import Over, Recording, Recordings, sealed_path
from storage.sealed_files import Sealed, SealedFile, SealError, SealKey, seal_copy

log = structlog.get_logger(__name__)

LOOK_S: Final = 2.0
SETTLED_S: Final = 3.0
"""Asterisk has written the last of a recording so long after the call's end."""
AGAIN_S: Final = 30.0
"""After so long without the line's fact in the database it is told again."""
MOST_SWEPT: Final = 500
"""So many plain files are looked at in one look."""
RATE: Final = 8_000
"""Bytes of A-law a second."""
FEW_S: Final = 2.0
FEW_PART: Final = 0.05
"""A recording that is shorter than its talk by less than this is whole: the talk begins and ends a moment apart."""
PLAIN: Final = ".alaw"


class RecordingKeeper:
    """The recordings of one line. `waiting` is told how many are still to be encrypted."""

    def __init__(self, settings: Settings, wish: Wish, waiting: Callable[[int], None]) -> None:
        self._folder, self._open = settings.recordings_path, settings.open_recordings_dir
        self._key_file = settings.recordings_key_file
        self._wish, self._waiting = wish, waiting
        self._said = Said(AGAIN_S)
        self._told = ""

    def prepare(self) -> None:
        """Make the folder, for us alone."""
        try:
            private_folder(self._open)
        except OSError as error:
            self._tell(f"{self._open}: {error.strerror}")

    async def run(self, records: Records) -> None:
        """Look, until cancelled."""
        self.prepare()
        await look_for_ever(lambda: self.look(records.recordings), every_s=LOOK_S, failing="recordings_not_looked_for")

    async def look(self, recordings: Recordings) -> None:
        """Store what is over, and remove what is destroyed. Raises `Unavailable` and `DatabaseError`: try again."""
        over = await recordings.over(clock() - SETTLED_S)
        self._said.keep(one.call for one in over)
        self._waiting(len(over))
        for call in await recordings.to_remove():
            await self._remove(call, recordings)
        await self._sweep(recordings)
        if not over:
            return
        if not self._open.is_dir():  # with the disk the recordings may come back
            self._tell(f"{self._open} is not there")
            return
        fault = ""
        for one in over:
            if self._said.is_due(one.call):
                try:
                    await self._take(one, recordings)
                except (OSError, SealError) as error:
                    fault = fault or str(error)
        self._tell(fault)

    def _tell(self, fault: str) -> None:
        """Log a fault once, as long as it is the same."""
        if fault and fault != self._told:
            log.error("recordings_not_stored", error=fault)
        elif self._told and not fault:
            log.info("recordings_stored_again")
        self._told = fault

    async def _sweep(self, recordings: Recordings) -> None:
        """Remove plain files that nobody needs: the line journalled that a recording is kept, and answered too late, or
        we died before we removed it."""
        try:
            written = await asyncio.to_thread(_written, self._open, time.time() - SETTLED_S)  # as files' times
            found = await recordings.of_no_use(written) if written else {}
            for call, state in found.items():
                plain, sealed = self._open / f"{call}{PLAIN}", sealed_path(self._folder, call)
                if state == "kept" and not await asyncio.to_thread(sealed.exists):
                    log.error("recording_sealed_again", call=call)
                    await asyncio.to_thread(_seal, self._key_file, plain, sealed, _size(plain))
                log.warning("plain_recording_removed", call=call, state=state or "unknown")
                await asyncio.to_thread(plain.unlink, True)
        except (OSError, SealError) as error:
            self._tell(str(error))

    async def _take(self, one: Over, recordings: Recordings) -> None:
        plain, sealed = self._open / f"{one.call}{PLAIN}", sealed_path(self._folder, one.call)
        size = await asyncio.to_thread(_size, plain)
        at = clock()
        if not one.talk_s:
            await asyncio.to_thread(plain.unlink, True)
            await recordings.forget(one.call)
            return
        if size:
            done = await asyncio.to_thread(_seal, self._key_file, plain, sealed, size)
            kept = await self._wish(_stored(one, at, done))
        elif await asyncio.to_thread(sealed.exists):
            if not self._said.knows(one.call):  # an earlier desk has told the line, and its fact may be on the way
                self._said.note(one.call)
                return
            log.warning("recording_told_again", call=one.call)
            done = await asyncio.to_thread(_read_sealed, self._key_file, sealed)
            kept = await self._wish(_stored(one, at, done))
        else:
            log.error("recording_lost", call=one.call)
            kept = await self._wish(RecordingMissed(at=at, call=CallId(one.call), why="no_file"))
        self._said.note(one.call)
        if kept:
            await asyncio.to_thread(plain.unlink, True)

    async def _remove(self, call: str, recordings: Recordings) -> None:
        try:
            for path in (self._open / f"{call}{PLAIN}", sealed_path(self._folder, call)):
                await asyncio.to_thread(path.unlink, True)
        except OSError as error:
            self._tell(str(error))
        else:
            await recordings.removed(call, clock())


class Player:
    """Plays recordings from the encrypted files."""

    def __init__(self, settings: Settings, records: Records) -> None:
        self._settings, self._records = settings, records

    async def sound(self, call: str) -> Sound:
        """The recording of a call. Raises `UnknownCall`, `Refused` where there is none, `Unavailable` where it cannot
        be read."""
        found = await asked(self._records.recordings.get(call))
        if found is None:
            raise UnknownCall(call)
        if found.state != "kept":
            raise Refused(f"there is no recording to play: {_why(found)}", key="call", value=call)
        return await asyncio.to_thread(self._open, call)

    def _open(self, call: str) -> Sound:
        try:
            key = SealKey.kept_in(self._settings.recordings_key_file)
            file = SealedFile(key, sealed_path(self._settings.recordings_path, call))
        except SealError as error:
            log.error("recording_unreadable", call=call, error=str(error))
            raise Unavailable(f"recordings: {error}") from error
        return Sound(size=file.size, read=file.read, close=file.close)


def wave_head(samples: int) -> bytes:
    """What stands before so many samples of A-law in a wave file."""
    form = struct.pack("<HHIIHHH", 6, 1, RATE, RATE, 1, 8, 0)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, samples)
    return (
        b"RIFF" + struct.pack("<I", 4 + len(chunks) + 8 + samples) + b"WAVE" + chunks
        + b"data" + struct.pack("<I", samples)
    )  # fmt: skip


def _stored(one: Over, at: float, done: Sealed) -> RecordingStored:
    length_s = round((done.size - len(wave_head(0))) / RATE, 3)
    missing_s = round(one.talk_s - length_s, 3)
    if missing_s <= max(FEW_S, FEW_PART * one.talk_s):
        missing_s = 0.0
    else:
        log.error("recording_short", call=one.call, missing_s=missing_s)
    return RecordingStored(
        at=at, call=CallId(one.call), sha256=done.sha256, size=done.size, seconds=length_s, missing_s=missing_s
    )


def _read_sealed(key_file: Path, sealed: Path) -> Sealed:
    with SealedFile(SealKey.kept_in(key_file), sealed) as file:
        return Sealed(size=file.size, sha256=file.sha256())


def _seal(key_file: Path, plain: Path, sealed: Path, size: int) -> Sealed:
    private_folder(sealed.parent)
    return seal_copy(SealKey.kept_in(key_file), plain, sealed, wave_head(size))


def _written(folder: Path, before: float) -> dict[str, float]:
    """The calls whose plain files were last written before this time, and when; the oldest, if there are many. A link
    is as old as itself: what it leads to may be older than the call."""
    found = {}
    for path in folder.glob(f"*{PLAIN}") if folder.is_dir() else ():
        try:
            found[path.stem] = path.lstat().st_mtime
        except FileNotFoundError:
            continue
    return dict(sorted(((call, at) for call, at in found.items() if at < before), key=lambda one: one[1])[:MOST_SWEPT])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


_WHY: Final = {
    "recording": "the call goes on, or was over a moment ago",
    "destroyed": "it has been destroyed",
    "no_notice": "the caller had not heard that the call would be recorded",
    "callback": "the line called them, and no notice was said",
    "refused": "Asterisk did not begin to record",
    "no_file": "Asterisk wrote nothing; its disk was full, or away",
}


def _why(found: Recording) -> str:
    return _WHY.get(found.why or found.state, found.state)
