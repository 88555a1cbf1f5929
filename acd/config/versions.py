"""Writes configuration files so that nothing is lost: every version is kept, a file is replaced whole or not at all.

A version is a file `<folder>/<name>/<number>.json` that only its owner can read, since a list of agents has secrets.
Its number begins at 1 and grows by one."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

FOUND: Final = ""
"""The author of a version that was found in the file: an editor or git wrote it."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a file."""

    number: int
    at: float
    """When it was kept, Unix seconds."""
    who: str
    """The user who made it, or `FOUND`."""
    why: str
    text: str


class ChangedMeanwhile(Exception):
    """The file is no longer what its editor has read: an editor or git has changed it. Nothing was written."""


def digest_of(text: str) -> str:
    """A text's digest, by which a change of the file is noticed."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Versions:
    """The kept versions of some files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def numbers(self, name: str) -> list[int]:
        """The numbers of a file's versions, the oldest first."""
        folder = self._folder / name
        if not folder.is_dir():
            return []
        return sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal())

    def get(self, name: str, number: int) -> Version | None:
        """One version; None if there is none of this number. Raises `OSError`."""
        path = self._folder / name / f"{number}.json"
        return msgspec.json.decode(path.read_bytes(), type=Version) if path.is_file() else None

    def newest(self, name: str) -> Version | None:
        """The newest version, if there is one."""
        numbers = self.numbers(name)
        return self.get(name, numbers[-1]) if numbers else None

    def keep(self, name: str, text: str, *, at: float, who: str, why: str) -> Version:
        """Keep a text as the next version. Raises `OSError`."""
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = (self.numbers(name) or [0])[-1] + 1
        version = Version(number=number, at=at, who=who, why=why, text=text)
        path = folder / f"{number}.json"
        draft = _draft(path, msgspec.json.encode(version), 0o600)
        try:
            os.link(draft, path)  # fails if another process has just kept this number
        finally:
            draft.unlink(missing_ok=True)
        _flush(folder)
        return version

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other editors out, in this process and in others."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def replace_file(path: Path, text: str, *, digest: str | None) -> None:
    """Replace a file whole; a reader sees the old text or the new one. The file keeps its mode and owner, and a link to
    it stays one. `digest` is that of the text that must still be there; None: there must be no file.

    Raises `ChangedMeanwhile`, or `OSError`; the file is then as it was."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = path.stat() if path.exists() else None
    draft = _draft(path, text.encode(), 0o600 if before is None else before.st_mode & 0o777)
    try:
        if before is not None and os.geteuid() == 0:
            os.chown(draft, before.st_uid, before.st_gid)
        now = digest_of(path.read_text("utf-8")) if path.exists() else None
        if now != digest:
            raise ChangedMeanwhile
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _flush(path.parent)


def _draft(path: Path, content: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _flush(folder: Path) -> None:
    """Have a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
