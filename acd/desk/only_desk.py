"""Sees to it that a line has one desk of its own: two would both store its entries and send its letters."""

import contextlib
import fcntl
import os
from pathlib import Path

from acd.lib.serving import StartError


def hold_desk(folder: Path) -> int:
    """Take the place of the line's own desk in `data_dir`, until this process ends. Returns the lock. Raises
    `StartError` if another process has it, and `OSError`."""
    handle = os.open(folder / "desk.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(handle)
        raise StartError(
            f"data_dir = {str(folder)!r} has a desk already (pid {owner}): stop that one, or set another data_dir; "
            "a further desk of the same line has follow = redis and a data_dir of its own"
        ) from None
    with contextlib.suppress(OSError):  # the pid is only information; a full disk must not stop a start
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
