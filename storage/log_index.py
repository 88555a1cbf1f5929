"""Reads from SQLite's index of a write-ahead log (`-shm`) how much of the log is committed.

A writer first writes a transaction into the log and then says so in the index. If it is killed in between, whoever has
the journal open goes on with the index and never sees that transaction, though the log has it whole. That is no damage:
the transaction was not over. https://www.sqlite.org/walformat.html describes the index and its locks.
"""

import fcntl
import struct
from pathlib import Path

_HEADER_BYTES = 48
_MOST_FRAME, _SALT = 16, slice(32, 40)
_IS_SET = 12
_LOG_SALT = slice(16, 24)
_HELD_BYTE = 128
"""Locked by each process that has the index open."""
_FLOCK = "hhqqi4x"
"""`struct flock` of a 64-bit Linux: kind, whence, start, length, process."""


def committed_frames(index: Path, log: bytes) -> int | None:
    """How many frames of the log are committed, as the processes know that have it open. None if there is none, or if
    their index is not whole: SQLite then reads the log itself, to its last whole transaction.

    Call it before this process opens the journal: it would lose its locks."""
    try:
        with index.open("r+b") as file:
            if not _is_held(file.fileno()):
                return None
            first, second = file.read(_HEADER_BYTES), file.read(_HEADER_BYTES)
    except OSError:
        return None
    if len(second) < _HEADER_BYTES or first != second or not first[_IS_SET]:
        return None
    frames: int = struct.unpack_from("=I", first, _MOST_FRAME)[0]
    if frames and first[_SALT] != log[_LOG_SALT]:  # the index is of another generation of the log
        return None
    return frames


def _is_held(file: int) -> bool:
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, _HELD_BYTE, 1, 0)
    kind: int = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))[0]
    return kind != fcntl.F_UNLCK
