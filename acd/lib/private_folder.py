"""Folders that only we can read."""

from pathlib import Path


def private_folder(path: Path) -> None:
    """Make the folder and those above it (mode 700), as far as they are not there; a folder that is keeps its mode.
    Raises `OSError`."""
    for one in (*reversed(path.parents), path):
        if not one.is_dir():
            one.mkdir(mode=0o700, exist_ok=True)
