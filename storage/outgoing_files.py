"""Mails and text messages that are files in a folder, where no server sends them: written, and destroyed again.

A file's name begins with the number of its request, so that all files of a request are found by it."""

import os
from collections.abc import Collection
from pathlib import Path


class OutgoingFiles:
    """The folder. Everything blocks and raises `OSError`; a folder that is not there has no files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, key: str, text: str) -> None:
        """A file that only we can read; written again it is the same. `key` is that of the outbox's row."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{plain(key)}.txt"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)

    def older_than(self, at: float) -> list[Path]:
        """The files that were written before `at` (Unix seconds)."""
        return [path for path in self._all() if _written(path) < at]

    def by_request(self) -> dict[str, list[Path]]:
        """All files, by the number of their request."""
        found: dict[str, list[Path]] = {}
        for path in self._all():
            found.setdefault(path.name.partition(".")[0], []).append(path)
        return found

    def of(self, number: str) -> list[Path]:
        """The files of one request."""
        return sorted(self._folder.glob(f"{number}.*.txt"))

    @staticmethod
    def destroy(paths: Collection[Path]) -> None:
        """Destroy files."""
        for path in paths:
            path.unlink(missing_ok=True)

    def _all(self) -> list[Path]:
        return sorted(self._folder.glob("*.txt"))


def plain(key: str) -> str:
    """A key as part of a name."""
    return "".join(letter if letter.isalnum() or letter in "-." else "." for letter in key)


def _written(path: Path) -> float:
    """When a file was written (Unix seconds); never, for one that is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
