"""Sound files of what automatic calls say of outcomes: a unit's words to a citizen, so somebody's words.

A file's name begins with the number of its request, so that all files of a request are found by it."""

from pathlib import Path
from typing import Final

KEPT_S: Final = 2 * 86_400.0
"""A file is destroyed so long after it was last needed."""


class SpokenWords:
    """The folder, with one for each language in it. Everything blocks and raises `OSError`; a folder that is not there
    has no files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, number: str, language: str, name: str) -> Path:
        """The file of a request's words, which need not be there; `name` tells the words apart."""
        return self._folder.absolute() / language / f"{number}.{name}.wav"

    def destroy(self, number: str) -> None:
        """Destroy the files of one request."""
        for path in self._folder.glob(f"*/{number}.*"):
            path.unlink(missing_ok=True)

    def sweep(self, now: float) -> int:
        """Destroy the files that were not needed for `KEPT_S` at `now` (Unix seconds); how many there were."""
        old = [path for path in self._folder.glob("*/*.wav") if _needed_at(path) < now - KEPT_S]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _needed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
