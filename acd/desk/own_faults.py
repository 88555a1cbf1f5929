"""Faults of our own in the work on one request: told to the operator, while the work on the others goes on."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()

FRAMES: Final = 4


class OwnFaults:
    """As `storage.requests.faults.Fault`. `count` counts one, by its part of the desk."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count

    def __call__(self, part: str, about: str, error: Exception) -> None:
        """Log a fault and count it. The log has where it was and not its text, which may name what a citizen said."""
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        where = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
        log.error("own_fault", part=part, about=about, error=type(error).__name__, where=where)
        self._count(part)
