"""A Unix socket address holds 107 bytes; a data folder whose path is longer is named by its open descriptor."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 107


@contextlib.contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A name of the socket that is short enough, valid inside the block. Raises `OSError` if its folder does not
    exist."""
    if len(os.fsencode(path.absolute())) <= MOST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
