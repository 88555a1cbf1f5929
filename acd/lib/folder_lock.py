"""Locks that let one process of a kind have a folder. A lock ends with its process, however that ends."""

import contextlib
import fcntl
import os
from pathlib import Path


class LockTaken(Exception):
    """Another process has the lock. `owner` is its pid, as text."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


def take_lock(file: Path) -> int:
    """Take the lock of a file until this process, and all that it forks, has ended. Returns the open file, which has
    our pid. Raises `LockTaken`, and `OSError` if the file cannot be opened."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
        os.close(handle)
        raise LockTaken(owner or "unknown") from None
    with contextlib.suppress(OSError):  # the pid is only information; a full disk must not stop a start
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
