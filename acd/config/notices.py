"""What the notices that callers hear said, in every version, so that it can be read years later (law 6698).

A version is named by its language and the digest of its sound, and a call's row has that name.
The line keeps each version when it first sees it: `<folder>/<version>.wav` is the sound, and a line of
`<folder>/versions.jsonl` says which prompt it is, in which language, what it says, and from when on it was heard.
Another line follows when the prompt changes, also back to what it was. Nobody's data is in it, and nothing is removed.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final

import msgspec
import structlog

from acd.lib.file_checks import BadFile
from ivr.catalogue import load_catalogues
from ivr.speak import audio_hash, read_manifest, text_hash

log = structlog.get_logger(__name__)

LOG: Final = "versions.jsonl"
DIGITS: Final = 16
"""So many of the digest's digits tell one version from another."""
COLUMNS: Final = ("privacy_notice_version", "recording_notice_version", "monitoring_notice_version")
"""Where a call's row has the versions that its caller heard."""


class NoticeVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a notice, from when on callers heard it."""

    version: str
    prompt: str
    language: str
    since: float
    """Unix seconds."""
    text: str
    """Empty if the line could not read the texts."""
    of_text: bool
    """Whether the sound is known to have been made of this text. Else somebody has put a file there: it should say the
    text, and only the sound is certain."""


class NoticeSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A version, and until when it was heard; None: it still is."""

    notice: NoticeVersion
    until: float | None


def version_of(language: str, content: bytes) -> str:
    """The name of a version: the language and the first digits of the sound's SHA-256, `tr-1f0c…`."""
    return f"{language}-{hashlib.sha256(content).hexdigest()[:DIGITS]}"


class KeptNotices:
    """The kept versions in a folder. `keep` may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        self._kept: dict[tuple[str, str], str] | None = None
        """By prompt and language, the newest version."""
        self._said: dict[tuple[str, str], str] = {}
        """By prompt and language, the trouble that the log has: callers have it tried again and again."""

    def is_kept(self, prompt: str, language: str, version: str) -> bool:
        """Whether this is known to be the newest that is kept. Reads no file."""
        return self._kept is not None and self._kept.get((prompt, language)) == version

    def keep(self, prompt: str, sound: Path, prompts_dir: Path | None, at: float) -> None:
        """Keep the version that is in a prompt's sound file, in its folder of a language, unless it is the newest one.
        `prompts_dir` has texts of one's own. What cannot be kept is logged, and may be tried again."""
        language = sound.parent.name
        try:
            with self._lock:
                if self._kept is None:
                    self._kept = {(one.prompt, one.language): one.version for one in self.read()}
                content = sound.read_bytes()
                version = version_of(language, content)
                if self._kept.get((prompt, language)) == version:
                    return
                text, of_text = _text_of(prompt, sound, prompts_dir)
                new = NoticeVersion(
                    version=version, prompt=prompt, language=language, since=round(at, 3), text=text, of_text=of_text
                )
                self._write(new, content)
                self._kept[prompt, language] = version
                self._said.pop((prompt, language), None)
        except OSError as error:
            if self._said.get((prompt, language)) != str(error):
                self._said[prompt, language] = str(error)
                log.error("notice_not_kept", prompt=f"{language}/{prompt}", error=str(error))

    def read(self) -> list[NoticeVersion]:
        """All versions, the oldest first. Raises `OSError`."""
        path = self._folder / LOG
        found = []
        for line in path.read_bytes().splitlines() if path.exists() else ():
            try:
                found.append(msgspec.json.decode(line, type=NoticeVersion))
            except msgspec.DecodeError:
                continue  # the machine stopped while it was written; it was written again
        return found

    def sound(self, version: str) -> Path:
        """Where a version's sound is."""
        return self._folder / f"{version}.wav"

    def _write(self, new: NoticeVersion, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sound = self.sound(new.version)
        if not sound.exists():
            draft = sound.with_suffix(".new")
            draft.write_bytes(content)
            draft.replace(sound)
        path = self._folder / LOG
        torn = path.exists() and not path.read_bytes().endswith(b"\n")
        with path.open("ab") as file:
            file.write((b"\n" if torn else b"") + msgspec.json.encode(new) + b"\n")
            file.flush()
            os.fsync(file.fileno())


def spans(kept: Iterable[NoticeVersion]) -> list[NoticeSpan]:
    """The versions, the oldest first, each until the next one of its prompt and language."""
    found: list[NoticeSpan] = []
    until: dict[tuple[str, str], float] = {}
    for one in reversed(list(kept)):
        of = (one.prompt, one.language)
        found.append(NoticeSpan(notice=one, until=until.get(of)))
        until[of] = one.since
    return found[::-1]


def with_texts(calls: Iterable[Mapping[str, Any]], kept: Iterable[NoticeVersion]) -> list[dict[str, Any]]:
    """The rows of calls, with the text beside each version that their callers heard. None: it is not kept."""
    texts = {one.version: one.text for one in kept}
    found = []
    for call in calls:
        more: dict[str, Any] = {}
        for key, value in call.items():
            more[key] = value
            if key in COLUMNS:
                more[key.replace("_version", "_text")] = texts.get(value or "") or None
        found.append(more)
    return found


def _text_of(prompt: str, sound: Path, prompts_dir: Path | None) -> tuple[str, bool]:
    """What a sound file says, and whether that is certain by the manifest beside it, or beside the file that a link
    leads to."""
    language, there = sound.parent.name, sound.resolve().parents[1]
    try:
        known = load_catalogues(prompts_dir).get(language, {}).get(prompt)
        made = read_manifest(there).get(f"{language}/{prompt}")
    except (BadFile, msgspec.DecodeError):
        return "", False
    if known is None:
        return "", False
    certain = made is not None and made.text_sha256 == text_hash(known.text) and made.audio_sha256 == audio_hash(sound)
    return known.text, certain
