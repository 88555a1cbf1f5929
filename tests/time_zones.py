"""Time zones for tests of what goes by the local day, so that no day ends in the midst of one."""

from datetime import UTC, datetime


def noon() -> str:
    """A time zone in which it is about noon."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}"
