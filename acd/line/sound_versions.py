"""Names the versions of sound files, so that it is on record what a caller heard, and has those of notices kept."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from acd.asterisk.flow_runner import NOTICES
from acd.config.notices import KeptNotices, version_of
from acd.config.rules import prompts_dir
from acd.config.settings import Settings
from ivr.catalogue import LANGUAGES

Keep = Callable[[str, str, Path], None]
"""Keeps the version that a prompt's file has: prompt, version, file."""


class SoundVersions:
    """The versions of prompts in the folder that callers hear. A file is read when it is asked for first or has
    changed: who puts another one there by hand says nothing to the line. `keep` gets each version that is asked for."""

    def __init__(self, folder: Callable[[], Path], keep: Keep = lambda prompt, version, path: None) -> None:
        self._folder, self._keep = folder, keep
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def __call__(self, prompt: str, language: str) -> str:
        """The language and the first digits of the file's SHA-256, `tr-1f0c…`; empty if it cannot be read."""
        path = self._folder() / language / f"{prompt}.wav"
        try:
            there = path.stat()
            mark = (there.st_ino, there.st_size, there.st_mtime_ns)
            known = self._known.get(path)
            if known is None or known[0] != mark:
                known = mark, version_of(language, path.read_bytes())
                self._known[path] = known
        except OSError:
            return ""
        self._keep(prompt, known[1], path)
        return known[1]


def notice_versions(settings: Callable[[], Settings], clock: Callable[[], float]) -> SoundVersions:
    """The versions of notices, each of which is kept: the present ones now, a later one when it is first heard.

    The disk is used on another thread once the line serves: no caller waits for it."""
    kept = KeptNotices(settings().notices_dir)

    def keep(prompt: str, version: str, path: Path) -> None:
        if kept.is_kept(prompt, path.parent.name, version):
            return
        what = (prompt, path, settings().prompts_path, clock())
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            kept.keep(*what)
        else:
            loop.run_in_executor(None, kept.keep, *what)

    versions = SoundVersions(lambda: prompts_dir(settings()), keep)
    for language in LANGUAGES:
        for prompt in NOTICES:
            versions(prompt, language)
    return versions
