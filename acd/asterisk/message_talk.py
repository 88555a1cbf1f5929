"""A message that a caller leaves: says how, plays the tone, records, measures, and says what follows.

Asterisk writes `<messages>/<call>.wav`. Whatever ends a recording (the key #, a silence, its longest time, the caller
who hangs up), the file is what counts; the desk takes it from there. A session that finds a recording of its call asks
for no other: the one before it died in mid-sentence.
"""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from acd.asterisk.agi_channel import CommandRefused
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.number_talk import number_prompts, without_number
from acd.asterisk.voice import Voice
from acd.engine.model.commands import TakeMessage
from acd.engine.model.ids import CallId
from acd.engine.model.message_events import MessageStep, MessageTalked
from ivr.sound import RATE, spoken_s
from ivr.tones import BEEP

log = structlog.get_logger(__name__)

SILENCE_S: Final = 5.0
"""A message is over after so long a silence."""
SPARE_BYTES: Final = 64 * 1024 * 1024
"""Room that messages leave on the disk: the journal needs it."""
SETTLE_S: Final = 0.1
SETTLES: Final = 10
"""Asterisk has closed the file of a caller who hung up when it stays as long for so many seconds; so often it is looked
at."""


class MessageTalk:
    """One caller's message. Raises what `AgiChannel` raises."""

    def __init__(
        self, call: CallId, voice: Voice, ports: CallerPorts, command: TakeMessage, cause: str, caller: str
    ) -> None:
        """`cause` is the command's id, `caller` the number of the caller's telephone."""
        self._caller = caller
        self._call, self._voice, self._ports = call, voice, ports
        self._command, self._cause = command, cause
        self._path = None if ports.messages is None else ports.messages.absolute() / f"{call}.wav"
        self._open = False
        """Whether a recording has begun of which nothing was reported yet."""

    async def run(self) -> None:
        """Take it."""
        await self._voice.set_language(self._command.language)
        self._voice.keypad.clear()
        if self._path is None:
            await self._fails("no folder")
            return
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            await self._take(self._path)
        except (OSError, CommandRefused) as error:
            await self._fails(str(error))

    async def after_hangup(self) -> None:
        """Report what a caller has left who hung up while speaking."""
        if not self._open or self._path is None:
            return
        self._open = False
        before = -1
        for _ in range(SETTLES):
            if (now := _size(self._path)) == before:
                break
            before = now
            await asyncio.sleep(SETTLE_S)
        spoken = await self._spoken(self._path)
        self._post("kept" if spoken >= self._command.least_s else "none", spoken)

    async def _take(self, path: Path) -> None:
        if (spoken := await self._spoken(path)) >= self._command.least_s:
            await self._kept(spoken)
            return
        for prompts in (self._command.prompts, ("message_short",)):
            if _free(path) < SPARE_BYTES + self._command.most_s * 2 * RATE:
                await self._fails("the disk is full")
                return
            await self._voice.play(prompts)
            self._voice.keypad.clear()
            await self._record(path)
            if (spoken := await self._spoken(path)) >= self._command.least_s:
                await self._kept(spoken)
                return
            if _free(path) < SPARE_BYTES / 2:  # something else has filled it, so this was perhaps said and not written
                await self._fails("the disk has become full")
                return
        _drop(path)
        self._open = False
        self._post("none")

    async def _record(self, path: Path) -> None:
        """Record once."""
        await self._voice.say(BEEP)
        self._open = True
        self._post("began")
        await self._voice.record(str(path)[: -len(path.suffix)], self._command.most_s, SILENCE_S)
        await self._voice.channel.noop()  # whoever hung up is gone here, and the file may not be closed yet

    async def _kept(self, spoken: float) -> None:
        """Say what follows. The desk allots the number; whoever hears none hears how the request is found."""
        self._open = False
        self._post("kept", spoken)
        asked = asyncio.ensure_future(self._ports.message_taken(self._call))
        try:
            await self._voice.say("message_kept")
            taken = await asked
        finally:
            asked.cancel()
        for prompt in _what_follows(taken, self._caller):
            await self._voice.say(prompt)
        self._post("said")

    async def _fails(self, why: str) -> None:
        log.error("message_not_recorded", call=self._call, error=why)
        self._open = False
        await self._voice.say("message_impossible")
        self._post("failed")

    def _post(self, step: MessageStep, spoken: float = 0.0) -> None:
        at = self._ports.clock()
        self._ports.post(MessageTalked(at=at, cause=self._cause, call=self._call, step=step, spoken_s=round(spoken, 3)))

    async def _spoken(self, path: Path) -> float:
        return await asyncio.to_thread(spoken_s, path)


def _what_follows(taken: Mapping[str, str], caller: str) -> tuple[str, ...]:
    """The prompts that say what has become of a message."""
    if "added" in taken:
        return ("message_added",)
    return number_prompts(taken.get("number", "")) or (without_number(caller),)


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)


def _free(path: Path) -> int:
    """Bytes that are free on the disk of a recording."""
    return shutil.disk_usage(path.parent).free


def _size(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
