"""Sees to it that a line has one desk of its own: two would both store its entries and send its letters."""

from acd.config.settings import Settings
from acd.lib.folder_lock import LockTaken, take_lock
from acd.lib.serving import StartError


def hold_desk(settings: Settings) -> int:
    """Take the place of the line's own desk in `data_dir`, until this process ends. Returns the lock. Raises
    `StartError` if another process has it, and `OSError`."""
    try:
        return take_lock(settings.desk_lock_file)
    except LockTaken as taken:
        raise StartError(
            f"data_dir = {str(settings.data_dir)!r} has a desk already (pid {taken.owner}): stop that one, or set "
            "another data_dir; a further desk of the same line has follow = redis and a data_dir of its own"
        ) from None
