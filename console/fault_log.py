"""How many of our own faults are logged. Each has a traceback, and whoever finds a request that leads to one could fill
the disk with it."""

import logging
from collections.abc import Callable
from typing import Final

from console.rates import Rate, Rates

LOGGED: Final = Rate(burst=20, per_s=1 / 30)
"""Faults with their tracebacks. The same one is in the log many times before one is left out."""


class FewFaults(logging.Filter):
    """Lets no more of them into the log than `LOGGED`; the next one says how many were left out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._rates = Rates(LOGGED, clock)
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this is logged."""
        if not record.exc_info:
            return True
        if self._rates.take("faults"):
            self._left_out += 1
            return False
        if self._left_out:
            record.msg = f"{str(record.msg).rstrip()} ({self._left_out} more were not logged)"
            self._left_out = 0
        return True
