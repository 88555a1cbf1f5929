"""Folders in data_dir in which files are checked, or prepared before they are put in place.

A desk that is killed leaves its drafts there; the next one removes them."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from acd.config.settings import Settings

PREFIX: Final = ".draft-"
"""Nobody gives a folder of their own such a name."""


@contextlib.contextmanager
def draft(settings: Settings) -> Iterator[Path]:
    """A new folder, which only our user may enter. It is removed at the block's end unless the block has renamed it.
    Raises `OSError`."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.data_dir, ignore_cleanup_errors=True) as name:
        yield Path(name)


def remove_drafts(settings: Settings) -> None:
    """Remove what a killed desk has left. Call it before the desk serves, when no other one can work in data_dir."""
    for left in settings.data_dir.glob(f"{PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
