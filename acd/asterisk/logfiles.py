"""Rotates Asterisk's own log files, so that they do not fill the disk. Asterisk rotates them on command only, and never
deletes one. So we rename them and have Asterisk open new ones."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 32 * 1024 * 1024
KEPT = 3
"""Earlier files kept of each: `messages.1` is the newest."""


def turn_over(files: Iterable[Path], *, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> list[Path]:
    """Rename each file that has grown beyond `most_bytes`, and delete the oldest; returns the renamed files. A program
    goes on writing to a renamed file until it opens the file anew. Raises `OSError`."""
    turned = []
    for path in files:
        try:
            too_long = path.stat().st_size > most_bytes
        except FileNotFoundError:
            continue
        if too_long:
            for number in range(kept, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(numbered(path, number - 1), numbered(path, number))
            turned.append(path)
    return turned


def numbered(path: Path, number: int) -> Path:
    """The file, or one of its earlier ones: 1 is the newest of these."""
    return path.with_name(f"{path.name}.{number}") if number else path
