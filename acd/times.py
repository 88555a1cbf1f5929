"""The clock that events are stamped with."""

import time


def clock() -> float:
    """Unix seconds, to the millisecond: no duration is told finer."""
    return round(time.time(), 3)
