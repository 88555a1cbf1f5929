"""Recordings of prompts that the administrator's page makes: checked, levelled, kept in every version, and played by
the line without a restart.

A recording is put where prompts are looked for: `prompts_dir`, or without that setting the folder `prompts` in
`data_dir`, which the first recording makes."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import structlog

from acd.config.own_prompts import begin_own_prompts, link_to_shipped
from acd.config.rules import prompts_dir
from acd.config.settings import Settings
from acd.config.versions import FOUND, Versions
from acd.desk.config_files import settings_now
from acd.engine.model.errors import BadConfig
from acd.lib import shipped
from acd.lib.clock import clock
from console.admin_ports import Author, FaultyChange, Record, StaleFile, UnknownItem
from console.ports import OnlyAtTheLine, Refused, Unavailable
from ivr.catalogue import Prompt, load_catalogues
from ivr.sound import NotAPrompt, seconds_in
from ivr.speak import SpeakError, longer_by, put_recording, read_manifest, write_manifest
from ivr.studio import BadRecording, prepared

log = structlog.get_logger(__name__)


class PromptRecordings:
    """As `console.admin_ports.PromptRecordings`. Call all methods on the desk's loop.

    `have_line_read` asks the line to read its files again and tells how it took them: Asterisk is led to the folder of
    one's own, and a menu that is heard while a phone rings is made anew of its prompts."""

    def __init__(self, settings: Settings, *, have_line_read: Callable[[], Awaitable[Record]]) -> None:
        self._settings = settings
        self._have_line_read = have_line_read
        self._versions = Versions(settings.versions_dir)

    async def check(self, language: str, name: str, recording: bytes) -> bytes:
        """A recording as callers would hear it."""
        await asyncio.to_thread(self._prompt, language, name)
        return await asyncio.to_thread(_prepared, recording)

    async def keep(self, language: str, name: str, recording: bytes, author: Author) -> Record:
        """Put a recording in place of a prompt."""
        await asyncio.to_thread(self._prompt, language, name)
        audio = await asyncio.to_thread(_prepared, recording)
        saved = await asyncio.to_thread(self._put, language, name, audio, author)
        return {**saved, "reload": await self._have_line_read()}

    async def versions(self, language: str, name: str) -> Sequence[Record]:
        """The kept versions, newest first."""
        return await asyncio.to_thread(self._list, language, name)

    def _list(self, language: str, name: str) -> list[Record]:
        self._prompt(language, name)
        now = sound_of(prompts_dir(settings_now(self._settings)) / language / f"{name}.wav")
        found: list[Record] = []
        of = _folder(language, name)
        for number in self._versions.numbers(of):
            version = self._versions.get(of, number)
            if version is not None:
                audio = base64.b64decode(version.text)
                told = {"number": version.number, "at": version.at, "who": version.who}
                found.append({**told, "seconds": seconds_in(audio), "holds": audio == now})
        return found[::-1]

    async def version(self, language: str, name: str, number: int) -> bytes:
        """The audio of a version."""
        return await asyncio.to_thread(self._version, language, name, number)

    def _version(self, language: str, name: str, number: int) -> bytes:
        self._prompt(language, name)
        version = self._versions.get(_folder(language, name), number)
        if version is None:
            raise UnknownItem("version", number)
        return base64.b64decode(version.text)

    async def go_back(self, language: str, name: str, number: int, author: Author) -> Record:
        """Make an earlier version the present one."""
        audio = await asyncio.to_thread(self._version, language, name, number)
        saved = await asyncio.to_thread(self._put, language, name, audio, author)
        return {**saved, "reload": await self._have_line_read()}

    # --- off the loop

    def _prompt(self, language: str, name: str) -> Prompt:
        """The prompt, which has a text. Raises `UnknownItem`."""
        try:
            found = load_catalogues(settings_now(self._settings).prompts_dir).get(language, {}).get(name)
        except BadConfig as error:
            raise Unavailable(str(error)) from None
        if found is None:
            raise UnknownItem("prompt", name)
        return found

    def _put(self, language: str, name: str, audio: bytes, author: Author) -> dict[str, Any]:
        try:
            with self._versions.alone():
                return self._write(language, name, audio, author)
        except OSError as error:
            raise Unavailable(f"{error.filename or name}: {error.strerror or error}; nothing was changed") from None

    def _write(self, language: str, name: str, audio: bytes, author: Author) -> dict[str, Any]:
        settings, prompt = settings_now(self._settings), self._prompt(language, name)
        key, of = f"{language}/{name}", _folder(language, name)
        before = sound_of(prompts_dir(settings) / f"{key}.wav")
        if sound_etag(before) != author.etag:
            raise StaleFile(sound_etag(before))
        folder = self._own_folder(settings)
        newest = self._versions.newest(of)
        at = clock()
        if before and (newest is None or base64.b64decode(newest.text) != before):
            newest = self._versions.keep(of, base64.b64encode(before).decode(), at=at, who=FOUND, why="")
        if newest is None or audio != before:
            text = base64.b64encode(audio).decode()
            newest = self._versions.keep(of, text, at=at, who=author.who, why=author.why)
            _replace(settings, prompt, folder, key, audio)
            log.info("prompt_recorded", prompt=key, version=newest.number, who=author.who)
        return {
            "version": newest.number,
            "seconds": seconds_in(audio),
            "longer_s": longer_by(folder).get(key),
            "etag": sound_etag(audio),
        }

    def _own_folder(self, settings: Settings) -> Path:
        """The folder that is written to. Raises `Refused` where Asterisk would not play from it."""
        if settings.prompts_dir is not None:
            return settings.prompts_dir
        if not (settings.data_dir / "asterisk" / "data" / "sounds").is_dir():
            detail = (
                "prompts_dir: none, and this line has an Asterisk of your own, which plays from a folder that is not "
                "known here; name that folder, with tr/ and en/ in it, in the settings"
            )
            raise Refused(detail, key="prompts_dir", value=None, allowed="the folder that Asterisk plays from")
        return begin_own_prompts(settings)


def _replace(settings: Settings, prompt: Prompt, folder: Path, key: str, audio: bytes) -> None:
    """Have the prompt be this audio. The shipped one is linked to, so that it follows an upgrade."""
    spoken = shipped.prompts() / f"{key}.wav"
    if settings.prompts_dir is None and audio == sound_of(spoken):
        manifest = read_manifest(folder)
        link_to_shipped(folder, key)
        if manifest.pop(key, None) is not None:
            write_manifest(folder, manifest)
    else:
        put_recording(prompt, folder, key, audio)


def _folder(language: str, name: str) -> str:
    """Where the versions of a prompt are kept."""
    return f"prompts/{language}/{name}"


def _prepared(recording: bytes) -> bytes:
    try:
        return prepared(recording)
    except BadRecording as error:
        fault = {"text": str(error), "key": error.key, "value": error.value, "allowed": error.allowed}
        raise FaultyChange([fault]) from None
    except NotAPrompt as error:
        raise FaultyChange([{"text": str(error), "key": "body", "value": None, "allowed": "a recording"}]) from None
    except (SpeakError, OSError) as error:
        raise Unavailable(f"recording: {error}") from None


def sound_of(path: Path) -> bytes:
    """A sound file; empty if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def sound_etag(audio: bytes) -> str:
    """By this a change of a prompt's audio is noticed."""
    return hashlib.sha256(audio).hexdigest()[:32]


class RecordingsElsewhere:
    """As `PromptRecordings`, at a desk that follows the line of another machine: its prompts are there."""

    async def check(self, language: str, name: str, recording: bytes) -> NoReturn:
        """Refuse."""
        _refuse()

    async def keep(self, language: str, name: str, recording: bytes, author: Author) -> NoReturn:
        """Refuse."""
        _refuse()

    async def versions(self, language: str, name: str) -> NoReturn:
        """Refuse."""
        _refuse()

    async def version(self, language: str, name: str, number: int) -> NoReturn:
        """Refuse."""
        _refuse()

    async def go_back(self, language: str, name: str, number: int, author: Author) -> NoReturn:
        """Refuse."""
        _refuse()


def _refuse() -> NoReturn:
    raise OnlyAtTheLine(
        "this desk follows the line of another machine (follow = redis), and its prompts are there: use the line's own "
        "desk"
    )
