"""Names the versions of sound files, so that it is on record what a caller heard."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

DIGITS: Final = 16
"""So many of the digest's digits tell one version from another."""


class SoundVersions:
    """The versions of prompts in the folder that callers hear. A file is read when it is asked for first or has
    changed: who puts another one there by hand says nothing to the line."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def __call__(self, prompt: str, language: str) -> str:
        """The language and the first digits of the file's SHA-256, `tr-1f0c…`; empty if it cannot be read."""
        path = self._folder() / language / f"{prompt}.wav"
        try:
            there = path.stat()
            mark = (there.st_ino, there.st_size, there.st_mtime_ns)
            known = self._known.get(path)
            if known is None or known[0] != mark:
                known = mark, f"{language}-{hashlib.sha256(path.read_bytes()).hexdigest()[:DIGITS]}"
                self._known[path] = known
        except OSError:
            return ""
        return known[1]
