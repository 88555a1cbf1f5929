"""Destroys old rows of Asterisk's log of channels.

Asterisk appends to the file and the supervisor renames it, each in a process of its own. So a row is overwritten with
blanks where it stands: no file is replaced or cut, and neither of the two can lose a new row by it. The file goes with
the next rotations. A row that cannot be read goes with the older row behind it."""

import contextlib
import os
from pathlib import Path
from typing import BinaryIO, Final

from acd.asterisk.channel_log import time_in
from acd.asterisk.logfiles import KEPT, numbered

_BLOCK_BYTES: Final = 1024 * 1024
_BLANK: Final = bytes(byte if byte == ord("\n") else ord(" ") for byte in range(256))
"""Turns every byte but the end of a line into a blank."""


def blank_before(path: Path, older_than: float) -> tuple[int, float]:
    """Destroy the rows from before `older_than` (Unix seconds) in the log and its earlier files. Returns how many, and
    the time of the newest of them (0: none). Raises `OSError`."""
    count, newest = 0, 0.0
    for number in range(KEPT, -1, -1):
        with contextlib.suppress(FileNotFoundError), numbered(path, number).open("r+b") as file:
            rows, at = _blank(file, older_than)
            count, newest = count + rows, max(newest, at)
    return count, newest


def _blank(file: BinaryIO, older_than: float) -> tuple[int, float]:
    begin: int | None = None
    end = place = seen = count = 0
    newest = 0.0
    for line in file:
        at = time_in(line)
        if (at is not None and at >= older_than) or not line.endswith(b"\n"):
            break
        if not line.isspace():
            begin, seen = place if begin is None else begin, seen + 1
        place += len(line)
        if at is not None:
            end, count, newest = place, seen, max(newest, at)
    if begin is not None and end > begin:
        _overwrite(file, begin, end)
    return count, newest


def _overwrite(file: BinaryIO, begin: int, end: int) -> None:
    while begin < end:
        file.seek(begin)
        block = file.read(min(_BLOCK_BYTES, end - begin))
        file.seek(begin)
        file.write(block.translate(_BLANK))
        begin += len(block)
    file.flush()
    os.fsync(file.fileno())
