"""Time zones for tests of what goes by the local day, so that no day ends in the midst of one."""

from datetime import UTC, datetime


def noon() -> str:
    """A time zone in which it is about noon."""
    return where_it_is(12)


def three_at_night() -> str:
    """A time zone in which it is between three and four in the morning."""
    return where_it_is(3)


def where_it_is(hour: int) -> str:
    """A time zone in which the clock shows this hour. There are zones from 12 hours behind UTC to 14 before it."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"
